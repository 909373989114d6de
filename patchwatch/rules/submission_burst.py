# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule submission-burst."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.history import MOST
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level, Skipped
from patchwatch.rules._history import SHOWN, cite_posting, history_of, is_backport, too_few
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class SubmissionBurst(Rule):
    """
    One submitter began more series on this list, in a few days, than is usual there.

    Series are counted, not patches; a new revision is no new series, nor is a copy for a stable tree. The
    comparison is with the list itself: its series of the 365 days before the month of the mail, for each the number
    that its submitter began in as many days. Maintainers often stand at the top of such a list, and a flood of
    small cleanups looks the same as one of good work: the number helps to plan reviews and says nothing about the
    submitter.
    """

    id: ClassVar[str] = "submission-burst"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "more new series in a few days than is usual on this list"
    sources: ClassVar[tuple[str, ...]] = (
        "https://docs.kernel.org/process/submitting-patches.html#don-t-get-discouraged-or-impatient",
    )
    reads: ClassVar[tuple[str, ...]] = ("list",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="three-in-three-days.mbox", flagged=True, policy="linux@7.3", history="ordinary-year.daily.eml"),
        Example(file="three-revisions.mbox", flagged=False, policy="linux@7.3", history="ordinary-year.daily.eml"),
    )

    days: int = field(default=7, metadata={"description": "Length of the window before the mail, in whole days."})
    percentile: int = field(
        default=99, metadata={"description": "So many percent of the list's series must not exceed what is usual."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit that shows the submitter's other series of the window."""
        history = history_of(self.id, context)
        if isinstance(history, Skipped):
            yield history
            return
        if history.root != series.id or is_backport(series):
            return
        here = [one for one in history.recent(self.days) if one.first and one.list_id == history.list_id]
        usual = history.figures.burst(self.days, self.percentile)
        if usual is None:
            yield too_few(self.id)
        elif len(here) + 1 > usual:
            least = "at least " if len(here) >= MOST else ""
            yield Hit(
                message=f"{least}{len(here) + 1} series in {self.days} days; on this list {self.percentile} % of series"
                f" come from people with at most {usual}",
                evidence=(cite_subject(series.head), *map(cite_posting, here[: SHOWN - 1])),
                cap=Effect.ASK,
            )
