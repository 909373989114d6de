# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unwanted-model-name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._tags import by_value, models_in, tagged
from patchwatch.rules.base import Context, Example, Hit, Rule


@dataclass(frozen=True, kw_only=True)
class UnwantedModelName(Rule):
    """
    A disclosure tag names a model where the policy wants none.

    Some projects want to know what a tool was used for, not whose product it is. Looked at are the tags that
    the policy says shall not name a model, or the keys given here. A model is known by its id, such as a name
    with a version; the name of a tool alone is none, and an address of a person is never taken for one.
    """

    id: ClassVar[str] = "unwanted-model-name"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a disclosure tag names a model where none is wanted"
    sources: ClassVar[tuple[str, ...]] = (
        "https://lore.kernel.org/qemu-devel/20260529094619.1034458-1-pbonzini@redhat.com/",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="model-in-note.eml", flagged=True, policy="qemu@2026-05-v2"),
        Example(file="use-without-model.eml", flagged=False, policy="qemu@2026-05-v2"),
    )

    keys: tuple[str, ...] = field(
        default=(),
        metadata={"description": "Trailer keys to look at; none means the tags that shall name no model."},
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct value that names a model."""
        keys = self.keys or tuple(tag.key for tag in context.tags if tag.names_model == "forbid")
        found = (one for one in tagged(series, context, keys) if models_in(one))
        for one, evidence in by_value(found):
            names = ", ".join(models_in(one))
            yield Hit(message=f"`{one.trailer.key}:` names no model in this project ({names})", evidence=evidence)
