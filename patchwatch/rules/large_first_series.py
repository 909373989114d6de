# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule large-first-series."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.history import ENOUGH_TO_COMPARE
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Skipped
from patchwatch.rules._history import history_of, is_backport, own_lines_added
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class LargeFirstSeries(Rule):
    """
    The first series that is known from an address adds many lines outside tests.

    It is a hint to a reviewer to plan time, to help with splitting, and to say what the project expects; many good
    first series are large (one in five on some lists has more than 150 lines). Lines in tests and in generated
    files do not count, copies for stable trees neither. Who wrote any mail before is not new. When the database
    knows less than 90 days of the list before the mail, when the revision is above 1 or when the same name posted
    from another address, nobody can tell, and the rule is skipped. The submitter may be known to you all the same.
    """

    id: ClassVar[str] = "large-first-series"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "the first series known from this address is large"
    sources: ClassVar[tuple[str, ...]] = ("https://llvm.org/docs/AIToolPolicy.html",)
    reads: ClassVar[tuple[str, ...]] = ("list",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            file="sixty-lines.eml",
            flagged=True,
            policy="linux@7.3",
            params=(("lines", 50),),
            history="half-a-year-of-the-list.mbox",
        ),
        Example(
            file="ten-lines.eml",
            flagged=False,
            policy="linux@7.3",
            params=(("lines", 50),),
            history="half-a-year-of-the-list.mbox",
        ),
        Example(
            file="known-for-months.eml",
            flagged=False,
            policy="linux@7.3",
            params=(("lines", 50),),
            history="half-a-year-of-the-list.mbox",
        ),
    )
    among: ClassVar[str] = "first series"

    lines: int = field(default=500, metadata={"description": "Added lines outside tests that are not yet many."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit with the number of lines, and how usual that is among first series of the list."""
        history = history_of(self.id, context)
        if isinstance(history, Skipped):
            yield history
            return
        added = own_lines_added(series, context)
        if is_backport(series):
            return
        if history.first_time is None and added > self.lines:
            young = "the database knows less than 90 days of this list before the mail"
            known = "the revision, or the name with another address, says that there is older mail"
            yield Skipped(rule=self.id, reason=known if history.known_else else young)
        if history.first_time and added > self.lines:
            message = f"{added} added lines outside tests in the first series known from this address"
            others = history.figures.first_series()
            if len(others) >= ENOUGH_TO_COMPARE:
                as_large = sum(other >= added for other in others)
                message += f"; {as_large} of {len(others)} first series on this list in the year before were as large"
            yield Hit(message=message, evidence=(cite_subject(series.head),))
