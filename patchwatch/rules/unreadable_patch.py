# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unreadable-patch."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject

_SHOWN = 3


class UnreadablePatch(Rule):
    """
    The text or the diff of a mail of the series could not be read in full.

    Broken encodings, diffs that do not fit their hunk headers, HTML without a plain part, patches packed
    into other mails: what they say is not guessed, and the series is never ready. This rule belongs to every
    policy and cannot be switched off. An odd charset or date alone does not count.
    """

    id: ClassVar[str] = "unreadable-patch"
    level: ClassVar[Level] = Level.UNKNOWN
    title: ClassVar[str] = "a mail of the series cannot be read in full"
    sources: ClassVar[tuple[str, ...]] = ("https://git-scm.com/docs/git-mailinfo",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="short-hunk.eml", flagged=True, policy="none"),
        Example(file="readable.eml", flagged=False, policy="none"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each mail with defects that make its facts unsure."""
        for message in series.messages:
            if message.unreadable:
                text = f"could not be read in full ({_reasons(message)})"
                yield Hit(message=text, evidence=(cite_subject(message),))


def _reasons(message: Message) -> str:
    reasons = list(dict.fromkeys(f"{defect.kind}: {defect.detail}" for defect in message.unreadable))
    more = f"; and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    return "; ".join(reasons[:_SHOWN]) + more
