# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unadopted-policy."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


class UnadoptedPolicy(Rule):
    """
    The text that judged this series is not in force: a proposal, an unwritten habit, or withdrawn.

    Everything is shown as it would be under that text, and nothing has an effect. This rule belongs to every
    policy; it says something about the policy, never about the series.
    """

    id: ClassVar[str] = "unadopted-policy"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "judged by a text that is not in force"
    sources: ClassVar[tuple[str, ...]] = (
        "https://lore.kernel.org/qemu-devel/20260529094619.1034458-1-pbonzini@redhat.com/",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="plain-patch.eml", flagged=True, policy="qemu@2026-05-v2"),
        Example(file="plain-patch.eml", flagged=False, policy="qemu@2025-06"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit when the policy does not bind."""
        if context.status not in ("in-force", "superseded"):
            text = f"the text is {context.status}: what follows informs and has no effect"
            yield Hit(message=text, evidence=(cite_subject(series.head),))
