# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule borderline-size."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level
from patchwatch.rules._facts import measured
from patchwatch.rules._readings import Fit
from patchwatch.rules._scenarios import place
from patchwatch.rules.base import Context, Example, Hit, Rule


class BorderlineSize(Rule):
    """
    Ways to count the lines of a patch with AI content disagree about the limit of the policy.

    The limit is that of the scenario which the patch fits, or one that the policy sets for everything. No text
    says whether added or changed lines count, or whether comments and documentation do. The nine readings are
    shown and a person decides. If all of them are within the limit, or all over it, there is nothing to report
    here. It is at most a question, whatever the policy says.
    """

    id: ClassVar[str] = "borderline-size"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "ways of counting disagree about the limit"
    sources: ClassVar[tuple[str, ...]] = (
        "https://lore.kernel.org/qemu-devel/20260529094619.1034458-1-pbonzini@redhat.com/",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="eighteen-or-twenty-four.eml", flagged=True, policy="qemu@2026-05-v2"),
        Example(file="five-lines.eml", flagged=False, policy="qemu@2026-05-v2"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each patch whose scenario is sure but for its size, then those of other limits."""
        for placed in place(series, context):
            branch = placed.branches[-1]
            if branch.scenario is None or branch.size is None or not branch.borderline:
                continue
            title = placed.patch.prefix.title or placed.patch.subject
            limit = branch.size.measure.limit
            text = f'"{title}" is at the limit of {limit} lines for {branch.scenario.id}: {branch.size}'
            evidence = tuple(declared.evidence for declared in placed.declared)
            yield Hit(message=text, evidence=evidence, cap=Effect.ASK)
        in_scenarios = {scenario.measure for scenario in context.scenarios}
        for measure in context.measures:
            if measure.limit and measure.name not in in_scenarios:
                for part in measured(measure, series, context):
                    if part.size.fit is Fit.BORDERLINE:
                        yield part.hit("at the limit", context, asks=True)
