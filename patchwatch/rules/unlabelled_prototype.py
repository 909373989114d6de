# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unlabelled-prototype."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.disclosure import DisclosureKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._ai import by_quote, declarations
from patchwatch.rules.base import Context, Example, Hit, Rule


@dataclass(frozen=True, kw_only=True)
class UnlabelledPrototype(Rule):
    """
    A disclosure calls the change a prototype, but the subject has no label that says so.

    With a label reviewers discuss the direction and not the lines. Only the declaring line is looked at:
    the word elsewhere in a commit log (a function prototype) means nothing. A policy without prototype
    labels never has this finding.
    """

    id: ClassVar[str] = "unlabelled-prototype"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "called a prototype, but not in the subject"
    sources: ClassVar[tuple[str, ...]] = (
        "https://lore.kernel.org/qemu-devel/20260529094619.1034458-1-pbonzini@redhat.com/",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="prototype-in-tag.eml", flagged=True, policy="qemu@2026-05-v2"),
        Example(file="prototype-labelled-rfc.eml", flagged=False, policy="qemu@2026-05-v2"),
    )

    labels: tuple[str, ...] = field(
        default=(), metadata={"description": "Subject labels that mark a prototype; none: the policy's."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct line that says prototype."""
        labels = self.labels or context.labels
        if not labels or (series.label or "").casefold() in {label.casefold() for label in labels}:
            return
        said = [
            declared
            for declared in declarations(series, context)
            if "(prototype)" in declared.disclosure.value.casefold()
            or (
                declared.disclosure.kind is DisclosureKind.PROSE and "prototype" in declared.disclosure.quote.casefold()
            )
        ]
        for group in by_quote(said):
            text = f"called a prototype here, but the subject has none of the labels {', '.join(labels)}"
            yield Hit(message=text, evidence=tuple(declared.evidence for declared in group))
