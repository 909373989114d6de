# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule missing-sign-off."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.mail import Message, Trailer
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level
from patchwatch.parse.trailers import MAX_TRAILERS
from patchwatch.rules._signers import IN_LOG, people_signed, sign_offs
from patchwatch.rules.base import Context, Example, Hit, Rule, cite, cite_subject

# Words of a subject's brackets, lower case: what they mark is shown, not submitted.
_SHOWN_ONLY = frozenset(
    """interdiff range-diff rangediff hack test testing test-only debug dnm dontmerge donotmerge
    donotapply not-for-merge notformerge""".split()
)
_SHOWN_PHRASES = ("do not merge", "do not apply", "not for merge", "not for merging", "not for upstream", "don't merge")


class MissingSignOff(Rule):
    """
    A patch has no Signed-off-by of a person in its commit log.

    Counted are sign-offs anywhere above the `---` line, in any case and any paragraph. One that stands only
    below the cut is quoted: git-am(1) drops it. An agent's sign-off is none. Whose name it is does not
    matter here, and a patch that could not be read is unknown, not missing. A key that is nearly the one
    that is meant is quoted too, since no tool reads it. A diff that is only shown is told, but nothing is asked:
    in a mail without any patch prefix, in an interdiff, or under a subject such as "TEST CODE" or "do not merge".
    """

    id: ClassVar[str] = "missing-sign-off"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "no sign-off of a person"
    sources: ClassVar[tuple[str, ...]] = (
        "https://developercertificate.org/",
        "https://docs.kernel.org/process/submitting-patches.html#sign-your-work-the-developer-s-certificate-of-origin",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="unsigned.eml", flagged=True, policy="linux@7.3"),
        Example(file="signed-below-the-cut.eml", flagged=True, policy="linux@7.3"),
        Example(file="misspelt.eml", flagged=True, policy="linux@7.3"),
        Example(file="signed.eml", flagged=False, policy="linux@7.3"),
        Example(file="signed-in-another-paragraph.eml", flagged=False, policy="linux@7.3"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each patch without a sign-off."""
        for message in (patch.message for patch in series.patches):
            people = list(people_signed(message))
            if any(trailer.place in IN_LOG for trailer in people):
                continue
            near = _nearly(message)
            if message.unreadable or len(message.trailers) >= MAX_TRAILERS:
                text = "no sign-off was found, but the mail could not be read in full"
                yield Hit(message=text, evidence=(cite_subject(message),), level=Level.UNKNOWN)
            elif people:
                text = "the only sign-off stands below the cut, where git am drops it"
                yield Hit(message=text, evidence=(cite(message, people[0]),), cap=_cap(message))
            elif near is not None:
                text = f"no Signed-off-by of a person; `{near.key}:` is not read as one"
                yield Hit(message=text, evidence=(cite(message, near),), cap=_cap(message))
            else:
                yield Hit(message=_absence(message), evidence=(cite_subject(message),), cap=_cap(message))


def _cap(message: Message) -> Effect | None:
    """Nothing is asked where the diff is for discussion only, as far as the subject says so."""
    prefix = message.prefix
    words = {tag.casefold().strip(":,") for tag in prefix.tags} | {flag.casefold() for flag in prefix.flags}
    title = prefix.title.casefold()
    shown = not words.isdisjoint(_SHOWN_ONLY) or prefix.title.isupper()
    if shown or any(phrase in title or phrase in " ".join(prefix.tags).casefold() for phrase in _SHOWN_PHRASES):
        return Effect.NONE
    return None if prefix.is_patch or prefix.total is not None else Effect.NONE


def _nearly(message: Message) -> Trailer | None:
    """Return a line of the log whose key is a misspelt Signed-off-by."""
    for trailer in message.trailers:
        key = trailer.key.casefold()
        if trailer.place in IN_LOG and key != "signed-off-by" and key.startswith("sign") and key.endswith("-by"):
            return trailer
    return None


def _absence(message: Message) -> str:
    count = sum(trailer.place in IN_LOG for trailer in message.trailers)
    among = f"among the {count} trailer lines of the commit log" if count > 1 else "in the commit log"
    agents = "; a sign-off of an agent is none" if any(sign_offs(message)) else ""
    return f"no Signed-off-by of a person {among}{agents}"
