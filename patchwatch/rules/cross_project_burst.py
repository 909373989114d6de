# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule cross-project-burst."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.history import Posting
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level, Skipped
from patchwatch.rules._history import SHOWN, cite_posting, history_of
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class CrossProjectBurst(Rule):
    """
    One submitter posts to many projects within a few days.

    Projects are counted, not lists: all lists whose mail falls under one project's policy are one project, and so
    are lists of one domain that no policy knows. A series that goes to several lists at once counts once.
    Distribution and toolchain developers work like this all the time; a reviewer learns from it only that answers
    may take longer.
    """

    id: ClassVar[str] = "cross-project-burst"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "series to many projects within a few days"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/generated-content.html",)
    reads: ClassVar[tuple[str, ...]] = ("postings",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="one-more.eml", flagged=True, policy="linux@7.3", history="four-projects.mbox"),
        Example(file="one-more.eml", flagged=False, policy="linux@7.3", history="four-lists-of-one-project.mbox"),
    )

    projects: int = field(default=5, metadata={"description": "Number of projects, this one included, to be told of."})
    days: int = field(default=7, metadata={"description": "Length of the window before the mail, in whole days."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit that shows the newest series to each other project."""
        history = history_of(self.id, context)
        if isinstance(history, Skipped):
            yield history
            return
        newest: dict[str, Posting] = {}
        for posting in history.recent(self.days):
            if posting.project and posting.project != history.project:
                newest.setdefault(posting.project, posting)
        if history.project and len(newest) + 1 >= self.projects:
            yield Hit(
                message=f"series to {len(newest) + 1} projects in {self.days} days:"
                f" {', '.join(sorted((history.project, *newest))[:SHOWN])}",
                evidence=(cite_subject(series.head), *map(cite_posting, list(newest.values())[: SHOWN - 1])),
                cap=Effect.ASK,
            )
