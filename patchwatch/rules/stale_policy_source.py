# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule stale-policy-source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.terms import Source
from patchwatch.model.verdict import Level
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class StalePolicySource(Rule):
    """
    Nobody has read the policy's text for a long time, so it may say something else by now.

    Each policy file states where its text stands and when it was last read. Projects changed such texts
    every few months lately, and an old copy judges by what is no longer asked. It says something about the
    policy file, never about the series: effects stay. A run says it once on its own, by the day of the
    run; a policy that uses the rule also has it as a finding, by the newest mail of the run.
    """

    id: ClassVar[str] = "stale-policy-source"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "the policy's text was read too long ago"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/generated-content.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example("long-after.eml", flagged=True, policy="linux@7.3"),
        Example("soon-after.eml", flagged=False, policy="linux@7.3"),
    )

    days: int = field(default=180, metadata={"description": "Days after which a text should be read again."})

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for the policy's oldest reading, at the time of judging or else of the series."""
        at = context.as_of or series.date
        note = None if at is None else _note(context.sources, at.date(), self.days)
        if note is not None:
            yield Hit(message=note, evidence=(cite_subject(series.head),))


def _note(sources: Sequence[Source], today: date, days: int) -> str | None:
    """Say in a sentence that a text is due for reading again, None when it is not or nobody knows."""
    read = min(((source.retrieved, source.url) for source in sources if source.retrieved), default=None)
    if read is None:
        return None
    age = today - date.fromisoformat(read[0])
    if age <= timedelta(days=days):
        return None
    return f"the policy's text was last read on {read[0]}, {age.days} days before: {read[1]} may have changed"
