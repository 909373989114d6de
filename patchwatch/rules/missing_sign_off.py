# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule missing-sign-off."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level
from patchwatch.rules._ai import named_in
from patchwatch.rules._signers import IN_LOG, sign_offs
from patchwatch.rules.base import Context, Example, Hit, Rule, cite, cite_subject


class MissingSignOff(Rule):
    """
    A patch has no Signed-off-by of a person in its commit log.

    Counted are sign-offs anywhere above the `---` line, in any case and any paragraph. One that stands only
    below the cut is quoted: git-am(1) drops it. An agent's sign-off is none. Whose name it is does not
    matter here, and a patch that could not be read is unknown, not missing. In a mail without any patch
    prefix the diff may be meant for discussion only: that is told, but nothing is asked.
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
        Example(file="signed.eml", flagged=False, policy="linux@7.3"),
        Example(file="signed-in-another-paragraph.eml", flagged=False, policy="linux@7.3"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each patch without a sign-off."""
        for message in (patch.message for patch in series.patches):
            people = [trailer for trailer in sign_offs(message) if named_in(message, trailer) is None]
            if any(trailer.place in IN_LOG for trailer in people):
                continue
            if message.unreadable:
                text = "no sign-off was found, but the mail could not be read in full"
                yield Hit(message=text, evidence=(cite_subject(message),), level=Level.UNKNOWN)
            elif people:
                text = "the only sign-off stands below the cut, where git am drops it"
                yield Hit(message=text, evidence=(cite(message, people[0]),), cap=_cap(message))
            else:
                yield Hit(message=_absence(message), evidence=(cite_subject(message),), cap=_cap(message))


def _cap(message: Message) -> Effect | None:
    """A diff in a mail without any patch prefix may be meant for discussion only: nothing is asked then."""
    return None if message.prefix.is_patch or message.prefix.total is not None else Effect.NONE


def _absence(message: Message) -> str:
    count = sum(trailer.place in IN_LOG for trailer in message.trailers)
    agents = "; a sign-off of an agent is none" if any(sign_offs(message)) else ""
    return f"no Signed-off-by of a person among the {count} trailer lines of the commit log{agents}"
