# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule author-without-sign-off."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.assemble.evidence import stable_tree
from patchwatch.model.mail import Message, Person
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.parse.addresses import parse_person
from patchwatch.parse.agents import agent_of_address
from patchwatch.parse.trailers import MAX_TRAILERS
from patchwatch.rules._signers import IN_LOG, people_signed
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject

_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class AuthorWithoutSignOff(Rule):
    """
    A patch is signed off, but not by its author.

    Compared are the addresses of the author and of the sender with those of all sign-offs above the `---`
    line, then, if the policy wants it, their names without case, accents and order. There are good reasons
    for a difference, such as a relay or a maintainer who took over old work, so nothing is asked. A patch
    without any sign-off, and one whose author is an agent, are told by other rules. Postings for stable trees
    are left out: they carry commits of others, and name the author in their text.
    """

    id: ClassVar[str] = "author-without-sign-off"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "the author is not among those who signed off"
    sources: ClassVar[tuple[str, ...]] = (
        "https://developercertificate.org/",
        "https://docs.kernel.org/process/submitting-patches.html#sign-your-work-the-developer-s-certificate-of-origin",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="signed-by-another.eml", flagged=True, policy="linux@7.3"),
        Example(file="signed-from-another-address.eml", flagged=False, policy="linux@7.3"),
        Example(
            file="signed-from-another-address.eml",
            flagged=True,
            policy="linux@7.3",
            params=(("match_name", False),),
        ),
        Example(file="relayed.eml", flagged=False, policy="linux@7.3"),
    )

    match_name: bool = field(
        default=True, metadata={"description": "The same name with another address is the same person."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each patch whose author did not sign off."""
        if stable_tree(series):
            return
        for message in (patch.message for patch in series.patches):
            signers = [parse_person(t.value) for t in people_signed(message) if t.place in IN_LOG]
            unread = message.unreadable or len(message.trailers) >= MAX_TRAILERS
            if not signers or unread or agent_of_address(message.author):
                continue
            if not any(self._same(signer, person) for person in _writers(message) for signer in signers):
                names = list(dict.fromkeys(signer.name or signer.email for signer in signers))
                more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
                who = message.author.name or message.author.email
                text = f"the author, {who}, is not among the sign-offs of the commit log"
                yield Hit(
                    message=f"{text} ({', '.join(names[:_SHOWN])}{more})",
                    evidence=(cite_subject(message),),
                )

    def _same(self, signer: Person, person: Person) -> bool:
        if signer.email and _address(signer.email) == _address(person.email):
            return True
        words = _words(person.name)
        return self.match_name and bool(words) and words == _words(signer.name)


def _writers(message: Message) -> tuple[Person, ...]:
    return (message.author,) if message.author == message.sender else (message.author, message.sender)


def _address(email: str) -> str:
    """Return an address without case and without what stands behind a plus sign (RFC 5233)."""
    local, _, domain = email.casefold().partition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def _words(name: str) -> frozenset[str]:
    """Return the words of a name without case, accents and order: "Doe, José" is "Jose Doe"."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return frozenset("".join(char if char.isalnum() else " " for char in plain.casefold()).split())
