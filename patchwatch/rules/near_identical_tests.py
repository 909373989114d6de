# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule near-identical-tests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.mail import MarkKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Part
from patchwatch.rules._facts import cite_mark, marks, patches_of, title_of
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class NearIdenticalTests(Rule):
    """
    Most test functions that a patch adds are the same but for names and numbers.

    Such tests cost a reader as much as real ones and check one thing many times; a table of cases or a
    parametrised test often says it better. Two functions are alike when they have the same lines after
    identifiers, numbers and strings are replaced. Some frameworks want it that way (one small function for
    each case that is registered), so this informs only.
    """

    id: ClassVar[str] = "near-identical-tests"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "many new test functions are alike"
    sources: ClassVar[tuple[str, ...]] = (
        "https://blog.scientific-python.org/scientific-python/community-considerations-around-ai/",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example("six-alike.eml", flagged=True, policy="none"),
        Example("six-different.eml", flagged=False, policy="none"),
        Example("four-alike.eml", flagged=False, policy="none"),
    )

    count: int = field(default=5, metadata={"description": "Fewest functions alike, 5 or more."})
    ratio: float = field(default=0.9, metadata={"description": "Share of a patch's new test functions that are alike."})

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each patch."""
        for patch in patches_of(series):
            for mark in marks(patch, MarkKind.ALIKE_TESTS):
                if mark.count >= self.count and mark.count >= self.ratio * mark.of:
                    text = f'{mark.count} of {mark.of} new test functions of "{title_of(patch)}" are alike'
                    evidence = cite_subject(patch) if mark.line is None else cite_mark(patch, mark, Part.DIFF)
                    yield Hit(message=text, evidence=(evidence,))
