# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule basic-tool-in-tag."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._tags import Tagged, by_value, tagged
from patchwatch.rules.base import Context, Example, Hit, Rule

_BASIC = ("git", "gcc", "make", "vim", "emacs")
# Words of a sentence: what follows the agent then is a remark, not a list of tools.
_OF_SENTENCE = frozenset("for to with the a in on of via using used as by from help and or this".split())


@dataclass(frozen=True, kw_only=True)
class BasicToolInTag(Rule):
    """
    A disclosure tag lists a tool that everybody uses: git, a compiler, make, an editor.

    The tag is meant for what a reviewer would not expect, such as a coding assistant or a special analysis
    tool; a list of basic tools makes it longer and tells nothing. Only whole words of a value that is a list
    are looked at, a version behind the name does not matter, and a value with a remark in words is left alone.
    """

    id: ClassVar[str] = "basic-tool-in-tag"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a disclosure tag lists a basic tool"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/coding-assistants.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="git-and-gcc.eml", flagged=True, policy="linux@7.3"),
        Example(file="sparse.eml", flagged=False, policy="linux@7.3"),
        Example(file="a-person-who-maintains-git.eml", flagged=False, policy="linux@7.3"),
    )

    tools: tuple[str, ...] = field(
        default=_BASIC, metadata={"description": "Tools that the tag does not list; compared without case."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct value."""
        basic = {tool.casefold() for tool in self.tools}
        keys = tuple(tag.key for tag in context.tags)
        found = (one for one in tagged(series, context, keys) if _basic_in(one, basic))
        for one, evidence in by_value(found):
            names = ", ".join(_basic_in(one, basic))
            yield Hit(message=f"`{one.trailer.key}:` does not list basic tools ({names})", evidence=evidence)


def _basic_in(one: Tagged, basic: set[str]) -> list[str]:
    """Return the basic tools that a value lists, in its order."""
    if one.agent is not None:
        words = " ".join(one.agent.tools).replace(",", " ").split()
    elif one.tag.means == "ai":
        words = one.trailer.value.replace(",", " ").split()
    else:
        return []
    if not _OF_SENTENCE.isdisjoint(word.casefold() for word in words):
        return []
    names = [_without_version(word.strip("[]();.")) for word in words]
    listed = list(dict.fromkeys(name for name in names if name.casefold() in basic))
    # Without an agent before it, a list of tools is one only when nothing else is in it.
    return listed if one.agent is not None or len(listed) == len(set(names)) else []


def _without_version(word: str) -> str:
    """Cut `gcc-14`, `git/2.51` and `make:4.4` down to the name."""
    for mark in "/:-":
        head, found, tail = word.partition(mark)
        if found and tail[:1].isdigit():
            return head
    return word
