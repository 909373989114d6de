# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule missing-model-name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._tags import by_value, models_in, tagged
from patchwatch.rules.base import Context, Example, Hit, Rule


@dataclass(frozen=True, kw_only=True)
class MissingModelName(Rule):
    """
    A disclosure tag names an AI tool, but no model, where the policy wants one.

    Looked at are the tags that the policy says shall name a model, or the keys given here. A value that names
    a person, or nothing that is known, is not looked at. Words that nobody listed stand for a model when they
    stand where a model would, behind a colon or in brackets: which models exist is not for this rule to know.
    """

    id: ClassVar[str] = "missing-model-name"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a disclosure tag names no model"
    sources: ClassVar[tuple[str, ...]] = ("https://git.kernel.org/pub/scm/utils/b4/b4.git/tree/CONTRIBUTING.rst",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="bare-name.eml", flagged=True, policy="b4@2026-03"),
        Example(file="with-model.eml", flagged=False, policy="b4@2026-03"),
        Example(file="a-person.eml", flagged=False, policy="b4@2026-03"),
    )

    keys: tuple[str, ...] = field(
        default=(), metadata={"description": "Trailer keys to look at; none means the tags that shall name a model."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct value without a model."""
        keys = self.keys or tuple(tag.key for tag in context.tags if tag.names_model == "require")
        found = (one for one in tagged(series, context, keys) if one.agent is not None and not models_in(one))
        for one, evidence in by_value(found):
            name = one.agent.name if one.agent is not None else ""
            yield Hit(message=f"`{one.trailer.key}:` names {name}, but no model", evidence=evidence)
