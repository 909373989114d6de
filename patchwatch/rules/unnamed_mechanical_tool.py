# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unnamed-mechanical-tool."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.mail import MarkKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._facts import marks, patches_of, title_of
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class UnnamedMechanicalTool(Rule):
    """
    The same edit over and over, and no word about the tool that made it.

    Rewrites by coccinelle, sed or a formatter are welcome and no AI content, but a reviewer who knows the
    command checks the command instead of a hundred hunks. Two hunks make the same edit when their changed
    lines are equal after what stays is cut off and names that are carried over are replaced. A tool named
    anywhere in the log or the cover letter is enough, and a revert needs none. Many such patches are made by
    hand: this is a hint to ask "how was it made?", nothing else.
    """

    id: ClassVar[str] = "unnamed-mechanical-tool"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "repeated identical edits without a named tool"
    sources: ClassVar[tuple[str, ...]] = (
        "https://www.qemu.org/docs/master/devel/code-provenance.html",
        "https://docs.kernel.org/process/generated-content.html",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example("twelve-renames.eml", flagged=True, policy="none"),
        Example("twelve-renames-by-coccinelle.eml", flagged=False, policy="none"),
        Example("twelve-different-edits.eml", flagged=False, policy="none"),
    )

    ratio: float = field(
        default=0.7, metadata={"description": "Share of hunks with one and the same edit, 0.7 or more."}
    )
    hunks: int = field(default=10, metadata={"description": "Fewest hunks of a patch, 10 or more."})

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each patch."""
        if series.cover is not None and marks(series.cover, MarkKind.TOOL_NAMED):
            return
        for patch in patches_of(series):
            same = next(iter(marks(patch, MarkKind.REPEATED_EDIT)), None)
            if same is None or same.of < self.hunks or same.count < self.ratio * same.of:
                continue
            if not marks(patch, MarkKind.TOOL_NAMED) and not patch.prefix.title.startswith('Revert "'):
                text = f'{same.count} of {same.of} hunks of "{title_of(patch)}" make the same edit; no tool is named'
                yield Hit(message=text, evidence=(cite_subject(patch),))
