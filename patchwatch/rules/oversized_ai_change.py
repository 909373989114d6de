# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule oversized-ai-change."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Skipped
from patchwatch.rules._facts import measured
from patchwatch.rules._readings import Fit
from patchwatch.rules.base import Context, Example, Hit, Rule


@dataclass(frozen=True, kw_only=True)
class OversizedAiChange(Rule):
    """
    A patch, or the declared part of a series, is larger than the policy takes from AI tools.

    This is for a text that gives one limit for everything; a text with kinds of changes has scenarios
    instead. Lines are counted in nine ways and all are shown; it is flagged only when every one of them is
    over the limit. Where they disagree `borderline-size` asks. Patches that nobody declared are not looked
    at, whatever their size, and files of the roles that the measure excludes do not count.
    """

    id: ClassVar[str] = "oversized-ai-change"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "declared AI content is over the limit of the policy"
    sources: ClassVar[tuple[str, ...]] = (
        "https://gcc.gnu.org/ai-policy.html",
        "https://sourceware.org/binutils/wiki/LLM_Generated_Content",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example("thirty-lines.eml", flagged=True, policy="qemu@2026-05-v2", params=(("measure", "small-fix"),)),
        Example(
            "thirty-lines-of-tests.eml", flagged=False, policy="qemu@2026-05-v2", params=(("measure", "small-fix"),)
        ),
        Example(
            "thirty-lines-undeclared.eml", flagged=False, policy="qemu@2026-05-v2", params=(("measure", "small-fix"),)
        ),
    )

    measure: str = field(metadata={"description": "Name of the policy's measure that holds the limit."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit for each patch that is over, or one for the series when the measure counts it whole."""
        measure = context.measure(self.measure)
        if measure is None:
            yield Skipped(rule=self.id, reason=f"the policy has no measure {self.measure!r}")
            return
        for part in measured(measure, series, context):
            if part.size.fit is Fit.OVER:
                yield part.hit("over the limit", context)
            elif part.size.fit is Fit.UNKNOWN:
                yield Skipped(rule=self.id, reason="what the submitter declared before is not known here")
