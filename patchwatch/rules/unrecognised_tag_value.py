# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unrecognised-tag-value."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._grammar import fits
from patchwatch.rules._tags import Tagged, by_value, tagged
from patchwatch.rules.base import Context, Example, Hit, Rule

# Deterministic tools and review bots that such tags credit too; every text knows them.
_TOOLS = frozenset(
    """coccinelle spatch checkpatch sparse smatch clang-tidy coverity syzkaller syzbot lkp sed awk pre-commit.ci
    cppcheck codeql ghidra bpftrace cscope perf valgrind sashiko sashiko-bot coderabbitai gemini-code-assist""".split()
)
_NAME_MARKS = frozenset(" .'-’")
_MOST_NAMES = 5
_READ = 512


@dataclass(frozen=True, kw_only=True)
class UnrecognisedTagValue(Rule):
    """
    A disclosure tag has a value that is neither a listed AI tool, a model, a person nor "none".

    It may be a nickname, a joke, a new tool or a mistake: what it means is for a person to find out, and
    nothing is concluded from it. Letters that only look like those of a known name are not corrected, and
    characters that cannot be seen are told. A name of a person needs no address here, words that a policy
    lists for its tag are known, and so are the usual deterministic tools.
    """

    id: ClassVar[str] = "unrecognised-tag-value"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "the value of a disclosure tag is not known"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/coding-assistants.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="nickname.eml", flagged=True, policy="linux@7.3"),
        Example(file="look-alike-letters.eml", flagged=True, policy="linux@7.3"),
        Example(file="agent-and-model.eml", flagged=False, policy="linux@7.3"),
        Example(file="a-person-without-address.eml", flagged=False, policy="linux@7.3"),
        Example(file="none.eml", flagged=False, policy="linux@7.3"),
        Example(file="a-tool-that-is-no-ai.eml", flagged=False, policy="linux@7.3"),
    )

    keys: tuple[str, ...] = field(
        default=(), metadata={"description": "Trailer keys to look at; none means the tags of the policy."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct value."""
        keys = self.keys or tuple(tag.key for tag in context.tags)
        for one, evidence in by_value(one for one in tagged(series, context, keys) if not _is_known(one)):
            unseen = _unseen(one.trailer.value)
            more = f"; it holds characters that cannot be seen ({unseen})" if unseen else ""
            text = f"`{one.trailer.key}:` names neither a listed AI tool or model nor a person{more}"
            yield Hit(message=text, evidence=evidence)


def _is_known(one: Tagged) -> bool:
    value = one.trailer.value
    if one.agent is not None or "@" in value:
        return True
    if (one.tag.items or one.tag.grammar == "person") and fits(one.tag, value):
        return True
    plain = value.partition(" #")[0].strip("[]() ")
    words = plain.replace(",", " ").split()
    return all(_is_tool(word) for word in words) or _may_be_person(plain)


def _is_tool(word: str) -> bool:
    return word.partition("/")[0].partition("[")[0].casefold() in _TOOLS


def _may_be_person(text: str) -> bool:
    """
    Whether words may be the name of a person: letters alone, the first and the last word not in lower case.

    One word is a name where names have no blanks; in ASCII it may be anything. Letters of two scripts in one
    word are no name: they are how one name is made to look like another.
    """
    words = text.split()
    if not words or len(words) > _MOST_NAMES or len(text) > _READ:
        return False
    if not all(char.isalpha() or char in _NAME_MARKS or unicodedata.combining(char) for char in text):
        return False
    if len(words) == 1 and text.isascii():
        return False
    return not (words[0][0].islower() or words[-1][0].islower() or any(map(_mixes_scripts, words)))


def _mixes_scripts(word: str) -> bool:
    scripts = {unicodedata.name(char, "?").partition(" ")[0] for char in word if char.isalpha()}
    return len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) > 1


def _unseen(value: str) -> str:
    """Name the characters of *value* that a reader cannot see: format controls and other controls."""
    found = dict.fromkeys(char for char in value[:_READ] if unicodedata.category(char) in ("Cf", "Cc"))
    return ", ".join(f"U+{ord(char):04X}" for char in found)
