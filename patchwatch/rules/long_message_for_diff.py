# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule long-message-for-diff."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Skipped
from patchwatch.rules._history import SHOWN, history_of, is_backport
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject

_TOO_FEW = "the database knows fewer than 200 patches of about this size on this list in the year before"


@dataclass(frozen=True, kw_only=True)
class LongMessageForDiff(Rule):
    """
    The log of a patch is longer than nearly all logs of patches of that size on the list.

    Lines of the commit log that are not blank are compared with those of patches on the same list that change about
    as many lines, in the 365 days before the month of the mail. Copies for stable trees are left out. By design it
    holds for about one patch in a hundred. A long log is often the best part of a patch (a trace, a measurement,
    the story of a race); it is more to read, and no more than that is said.
    """

    id: ClassVar[str] = "long-message-for-diff"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "the log is long for the size of the diff"
    sources: ClassVar[tuple[str, ...]] = ("https://git-scm.com/docs/SubmittingPatches#describe-changes",)
    reads: ClassVar[tuple[str, ...]] = ("list", "logs")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="thirty-lines.eml", flagged=True, policy="linux@7.3", history="ordinary-year.daily.eml"),
        Example(file="two-lines.eml", flagged=False, policy="linux@7.3", history="ordinary-year.daily.eml"),
    )

    percentile: int = field(
        default=99, metadata={"description": "So many percent of the list's logs must not exceed what is usual."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit about the patch that exceeds its limit most, with the subjects of all that do."""
        history = history_of(self.id, context)
        if isinstance(history, Skipped):
            yield history
            return
        if is_backport(series):
            return
        found: list[tuple[int, int, int, Message]] = []
        unknown = False
        for message in (patch.message for patch in series.patches if not patch.message.unreadable):
            changed = sum(change.added + change.removed for change in message.files)
            if not changed:
                continue
            usual = history.figures.log_lines(changed, self.percentile)
            if usual is None:
                unknown = True
            elif message.prose_lines > usual:
                found.append((message.prose_lines, changed, usual, message))
        if found:
            lines, changed, usual, _ = max(found, key=lambda one: one[0] - one[2])
            more = "" if len(found) == 1 else f" (the longest of {len(found)} such patches)"
            yield Hit(
                message=f"{lines} lines of log for {changed} changed lines{more}; on this list {self.percentile} % of"
                f" patches of about that size have at most {usual}",
                evidence=tuple(cite_subject(message) for *_, message in found[:SHOWN]),
            )
        elif unknown:
            yield Skipped(rule=self.id, reason=_TOO_FEW)
