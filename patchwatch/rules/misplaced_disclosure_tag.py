# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule misplaced-disclosure-tag."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._signers import IN_LOG
from patchwatch.rules._tags import Tagged, by_value, tagged
from patchwatch.rules.base import Context, Example, Hit, Rule


@dataclass(frozen=True, kw_only=True)
class MisplacedDisclosureTag(Rule):
    """
    A disclosure tag stands on the other side of the sign-off than the policy says.

    Texts disagree: one wants the tag above Signed-off-by, since the sign-off covers it, another shows it
    below. A patch may carry several sign-offs, so a tag that is to stand before them is only told when none
    follows, and one that is to stand after them when none comes before. Without any sign-off in the commit
    log there is no order to speak of. The order has no effect on what a tag means.
    """

    id: ClassVar[str] = "misplaced-disclosure-tag"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a disclosure tag stands on the other side of the sign-off"
    sources: ClassVar[tuple[str, ...]] = ("https://git.kernel.org/pub/scm/utils/b4/b4.git/tree/CONTRIBUTING.rst",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="tag-after-sign-off.eml", flagged=True, policy="qemu@2026-05-v2"),
        Example(file="tag-before-sign-off.eml", flagged=False, policy="qemu@2026-05-v2"),
        Example(file="tag-between-two-sign-offs.eml", flagged=False, policy="qemu@2026-05-v2"),
    )

    keys: tuple[str, ...] = field(
        default=(),
        metadata={"description": "Trailer keys to look at; none means all tags of the policy with a place."},
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct tag."""
        keys = self.keys or tuple(tag.key for tag in context.tags if tag.before or tag.after)
        found = [one for one in tagged(series, context, keys) if _may_be_placed(one)]
        lines = _Lines()
        for one, evidence in by_value(one for one in found if lines.too_late(one) or lines.too_early(one)):
            side, mark = ("before", one.tag.before) if lines.too_late(one) else ("after", one.tag.after)
            yield Hit(message=f"`{one.trailer.key}:` stands {side} `{mark}:` in this project", evidence=evidence)


def _may_be_placed(one: Tagged) -> bool:
    return one.trailer.place in IN_LOG and (one.agent is not None or one.tag.means == "ai")


class _Lines:
    """The first and the last line of a key in the log of each patch, looked for once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[int, int] | None] = {}

    def too_late(self, one: Tagged) -> bool:
        """Whether the tag is to stand before a key, and every line with that key stands above it."""
        ends = self._of(one.message, one.tag.before)
        return ends is not None and one.trailer.line > ends[1]

    def too_early(self, one: Tagged) -> bool:
        """Whether the tag is to stand after a key, and every line with that key stands below it."""
        ends = self._of(one.message, one.tag.after)
        return ends is not None and one.trailer.line < ends[0]

    def _of(self, message: Message, key: str) -> tuple[int, int] | None:
        place = (id(message), key.casefold())
        if place not in self._known:
            lines = [t.line for t in message.trailers if t.place in IN_LOG and t.key.casefold() == place[1]]
            self._known[place] = (min(lines), max(lines)) if lines else None
        return self._known[place]
