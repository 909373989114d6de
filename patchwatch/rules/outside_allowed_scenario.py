# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule outside-allowed-scenario."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level
from patchwatch.rules._scenarios import Placed, place
from patchwatch.rules.base import Context, Example, Hit, Rule


class OutsideAllowedScenario(Rule):
    """
    A patch with AI content is none of the changes for which the policy allows it without a question.

    The policy's scenarios are tried in order for each patch that a declaration speaks about; the first
    that matches decides. Sizes are counted in nine ways and all are shown. Where the answer hangs on
    something the mail does not say (is this a bug fix?), both possible scenarios are named and it is at
    most a question. Patches without declared AI content are not looked at.
    """

    id: ClassVar[str] = "outside-allowed-scenario"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "AI content outside what the policy allows without asking"
    sources: ClassVar[tuple[str, ...]] = (
        "https://lore.kernel.org/qemu-devel/20260529094619.1034458-1-pbonzini@redhat.com/",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="new-feature.eml", flagged=True, policy="qemu@2026-05-v2"),
        Example(file="large-fix.eml", flagged=True, policy="qemu@2026-05-v2"),
        Example(file="small-fix.eml", flagged=False, policy="qemu@2026-05-v2"),
        Example(file="tests-only.eml", flagged=False, policy="qemu@2026-05-v2"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each patch whose scenario asks for something."""
        for placed in place(series, context):
            if placed.effect is not Effect.NONE:
                evidence = tuple(declared.evidence for declared in placed.declared)
                yield Hit(message=_say(placed), evidence=evidence, cap=placed.effect)


def _say(placed: Placed) -> str:
    names = " or ".join(str(branch) for branch in placed.branches)
    title = placed.patch.prefix.title or placed.patch.subject
    text = f'"{title}" ' + (
        f"depends on what the mail does not say: {names}" if placed.depends else f"falls under {names}"
    )
    for scenario, size in placed.over:
        text += f"; over the limit of {size.measure.limit} lines for {scenario.id} ({size})"
    for branch in placed.branches:
        if branch.scenario is not None and branch.size is not None:
            text += f"; size for {branch.scenario.id}, limit {branch.size.measure.limit}: {branch.size}"
    return text
