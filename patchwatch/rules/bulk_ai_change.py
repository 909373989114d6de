# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule bulk-ai-change."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.diff import Role
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._facts import declared_patches, evidence_of, lines_by_role
from patchwatch.rules.base import Context, Example, Hit, Rule


@dataclass(frozen=True, kw_only=True)
class BulkAiChange(Rule):
    """
    How much of a series is declared as made with an AI tool, for texts that speak of size but give no number.

    Some texts decline or question "large" AI changes without saying what is large. No limit is invented:
    the lines of the declared patches are shown by role, and a person decides. Patches of the same series
    that are not declared do not count. Half of the declared patches on kernel lists add or remove up to 24
    lines, one in ten more than 377. This is information about effort, never a reproach for declaring.
    """

    id: ClassVar[str] = "bulk-ai-change"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "the size of the declared AI content"
    sources: ClassVar[tuple[str, ...]] = (
        "https://git-scm.com/docs/SubmittingPatches#ai",
        "https://www.kubernetes.dev/docs/guide/pull-requests/#ai-guidance",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example("two-of-three-declared.mbox", flagged=True, policy="none"),
        Example("a-person-assisted.eml", flagged=False, policy="none"),
        Example("six-lines.eml", flagged=False, policy="none", params=(("limit", 10),)),
    )

    limit: int = field(
        default=0, metadata={"description": "Show the size only above this many changed lines; 0 shows it always."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit with the size of the declared patches."""
        declared = declared_patches(series, context)
        lines = lines_by_role((patch for patch, _ in declared), context)
        total = sum(added + removed for added, removed in lines.values())
        if not declared or total <= self.limit:
            return
        shown = ", ".join(f"{role} {_signed(*lines[role])}" for role in Role if any(lines[role]))
        where = f"{len(declared)} of {len(series.patches)} patches" if len(series.patches) > 1 else "the patch"
        yield Hit(
            message=f"AI content is declared for {where}: {shown or 'no lines'}",
            evidence=evidence_of(one for _, said in declared for one in said),
        )


def _signed(added: int, removed: int) -> str:
    return f"+{added} -{removed}"
