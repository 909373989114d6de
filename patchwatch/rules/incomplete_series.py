# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule incomplete-series."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject

_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class IncompleteSeries(Rule):
    """
    Patches of the series are not there, or nobody can tell how many there should be.

    What is missing could hold anything, so such a series is never ready. On one list alone a fifth of all
    series look like this, because patches go to different lists; more archives often fill the gap.
    This rule belongs to every policy and cannot be switched off.
    """

    id: ClassVar[str] = "incomplete-series"
    level: ClassVar[Level] = Level.UNKNOWN
    title: ClassVar[str] = "patches of the series are missing"
    sources: ClassVar[tuple[str, ...]] = ("https://git-scm.com/docs/git-format-patch#_description",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="two-of-three.mbox", flagged=True, policy="none"),
        Example(file="complete.mbox", flagged=False, policy="none"),
    )

    wait_hours: int = field(default=24, metadata={"description": "Hours in which missing patches may still arrive."})

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit when a slot is empty or the total is unknown."""
        if series.complete:
            return
        where = "on the known lists" if context.known else "in what was read"
        if series.expected is None:
            text = "the number of patches cannot be known"
        else:
            shown = ", ".join(str(n) for n in series.missing[:_SHOWN])
            more = f" and {len(series.missing) - _SHOWN} more" if len(series.missing) > _SHOWN else ""
            verb = "is" if len(series.missing) == 1 else "are"
            text = f"of {series.expected} patches, number {shown}{more} {verb} not {where}"
        age = context.as_of - series.date if context.as_of is not None and series.date is not None else None
        if age is not None and age < timedelta(hours=self.wait_hours):
            text += "; they may still arrive"
        yield Hit(message=text, evidence=(cite_subject(series.head),))
