# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule growth-without-deletion."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.diff import Role
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Skipped
from patchwatch.rules._facts import lines_by_role, patches_of
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class GrowthWithoutDeletion(Rule):
    """
    The series adds many lines of code and removes not a single line.

    Somebody will maintain what is added. New drivers and new features look like this as they should, so the
    finding is a prompt to ask what the code replaces, and means nothing alone: one series in seven removes
    nothing. Lines of tests, documentation and generated files are not counted as growth.
    """

    id: ClassVar[str] = "growth-without-deletion"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "code is added and nothing is removed"
    sources: ClassVar[tuple[str, ...]] = ("https://fastapi.tiangolo.com/contributing/#automated-code-and-ai",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example("one-hundred-and-one-lines.eml", flagged=True, policy="none"),
        Example("one-line-removed.eml", flagged=False, policy="none"),
        Example("one-hundred-and-one-lines-of-docs.eml", flagged=False, policy="none"),
    )

    min: int = field(default=100, metadata={"description": "Lines of growth up to which nothing is said."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit for the whole series."""
        patches = patches_of(series)
        lines = lines_by_role(patches, context)
        growth = lines[Role.CODE][0] + lines[Role.BUILD][0]
        if growth <= self.min or any(removed for _, removed in lines.values()):
            return
        if not series.complete or any(patch.unreadable for patch in patches):
            yield Skipped(rule=self.id, reason="what is missing or unreadable may remove lines")
            return
        text = f"{growth} lines of code are added and none is removed"
        yield Hit(message=text, evidence=(cite_subject(series.head),))
