# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule replaced-template."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.mail import MarkKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Skipped
from patchwatch.rules._facts import marks
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class ReplacedTemplate(Rule):
    """
    Headings of the project's description template are not in the description.

    Some projects ask submitters to keep their template, because it holds the questions a reviewer would ask
    next. The description is the cover letter, or the log of a single patch. A heading is a line with `#` before
    it or a line underlined as in reStructuredText; case, `#` and a colon at the end do not matter. What is
    written below the headings is not looked at. A description that cannot be read is skipped.
    """

    id: ClassVar[str] = "replaced-template"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "headings of the template are missing"
    sources: ClassVar[tuple[str, ...]] = ("https://github.com/jazzband/pip-tools/blob/main/CONTRIBUTING.md",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example("own-headings.eml", flagged=True, policy="none", params=(("headings", ("What changes", "Checklist")),)),
        Example(
            "template-kept.eml", flagged=False, policy="none", params=(("headings", ("What changes", "Checklist")),)
        ),
    )

    headings: tuple[str, ...] = field(metadata={"description": "Headings that a description must keep."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:  # noqa: ARG002 - same for every policy
        """Yield one hit that names the missing headings."""
        head = series.head
        if head.unreadable:
            yield Skipped(rule=self.id, reason="the description cannot be read in full")
            return
        there = {_plain(mark.quote) for mark in marks(head, MarkKind.HEADING)}
        missing = [heading for heading in self.headings if _plain(heading) not in there]
        if missing:
            names = ", ".join(f'"{heading}"' for heading in missing)
            yield Hit(
                message=f"the description lacks headings of the template: {names}", evidence=(cite_subject(head),)
            )


def _plain(text: str) -> str:
    return " ".join(text.casefold().strip("#*= \t:").split())
