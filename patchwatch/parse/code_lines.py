# SPDX-License-Identifier: GPL-2.0-or-later
"""
Which changed lines are code: neither blank nor comment only.

A hunk shows a few lines of a file, so only what they tell themselves counts: marks at the start of a line,
and block comments that open or close inside the hunk. Strings over several lines, Python docstrings among
them, count as code. A language we do not know, and text (rst, md, txt), counts all lines, blank ones too.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """Marks of comment lines, and what opens and closes a block comment ("" for none)."""

    marks: tuple[str, ...]
    opener: str = ""
    closer: str = ""


class Body(NamedTuple):
    """The lines of one hunk without its `@@` line, and how many of them are added and removed."""

    lines: Sequence[str]
    added: int
    removed: int


_REACH = 500  # so far back in a line a string or a comment mark is looked for
_C = Language(("//",), "/*", "*/")
_CSS = Language((), "/*", "*/")
_HASH = Language(("#",))
_DASH = Language(("--",))
_SQL = Language(("--",), "/*", "*/")
_LISP = Language((";",))
_INI = Language(("#", ";"))
_PHP = Language(("//", "#"), "/*", "*/")
_PERCENT = Language(("%",))
_XML = Language((), "<!--", "-->")

_SUFFIXES: dict[Language, str] = {
    _C: "c h cc cpp cxx c++ hh hpp hxx inl inc ino m mm java js jsx mjs cjs ts tsx go rs swift kt kts scala cs d dart "
    "groovy gradle proto cl cu glsl vert frag scss less v sv vh svh dts dtsi dtso y l lex S zig",
    _CSS: "css",
    _HASH: "py pyi pyx sh bash zsh ksh rb pl pm t mk mak cmake yaml yml toml tcl r R jl nix awk sed ps1 ex exs cr nim "
    "bzl bb bbappend bbclass spec gn gni service conf",
    _DASH: "lua hs elm adb ads vhd vhdl",
    _SQL: "sql",
    _LISP: "el lisp lsp clj cljs scm rkt asm nasm",
    _INI: "ini",
    _PHP: "php",
    _PERCENT: "erl hrl",
    _XML: "xml html htm xsl svg",
}
_NAMES: dict[str, Language] = {
    "Makefile": _HASH,
    "makefile": _HASH,
    "GNUmakefile": _HASH,
    "Kbuild": _HASH,
    "Kconfig": _HASH,
    "CMakeLists.txt": _HASH,
    "meson.build": _HASH,
    "meson_options.txt": _HASH,
    "Dockerfile": _HASH,
    "configure.ac": Language(("#", "dnl ")),
}
_BY_SUFFIX = {suffix: language for language, names in _SUFFIXES.items() for suffix in names.split()}


@lru_cache(maxsize=4096)
def language_of(path: str) -> Language | None:
    """Return the language of *path* by its name or suffix, None when all its lines count."""
    name = path.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    if name in _NAMES:
        return _NAMES[name]
    if dot and suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    # Makefile.am, Kconfig.debug; never *_defconfig: "# CONFIG_X is not set" is a setting there.
    return _NAMES.get(name.partition(".")[0]) if stem else None


def count_sound(whole: str, language: Language, added: int, removed: int) -> tuple[int, int] | None:
    """
    Return how many lines of one file are code, None if `count_code` has to look at each hunk.

    *whole* are the lines of all hunks with a line end before and after each; *added* and *removed* of them start with
    plus and minus. Blank lines and comments are fewer than lines of code, so they are counted.
    """
    if language.opener:
        opened, closed = whole.count(language.opener), whole.count(language.closer)
        starred = opened > 0 or closed > 0
        if starred and (language.opener != "/*" or not _is_starred(whole, opened, closed)):
            return None
    else:
        starred = False
    signs = _no_code(language, starred).findall(whole)
    minus = signs.count("-")
    return added - len(signs) + minus, removed - minus


@cache
def _no_code(language: Language, starred: bool) -> re.Pattern[str]:
    """Match the sign of each changed line that is blank or a comment."""
    return re.compile(rf"\n([+-])[ \t\r\v\f]*+(?={_starred(language) if starred else _plain(language, stars=True)})")


def count_code(hunks: Sequence[Body], language: Language) -> tuple[int, int]:
    """Return how many added and removed lines of one file are code."""
    lines = hunks[0].lines if len(hunks) == 1 else list(chain.from_iterable([hunk.lines for hunk in hunks]))
    whole = "\n".join(["", *lines, ""])
    if not language.opener or (language.opener not in whole and language.closer not in whole):
        return _by_mark(whole, language, "\n+" in whole, "\n-" in whole)
    if language.opener == "/*" and _is_starred(whole, whole.count("/*"), whole.count("*/")):
        signs = _starred_pattern(language).findall(whole)
        return signs.count("+"), signs.count("-")
    return count_by_hunk(hunks, whole, language)


def count_by_hunk(hunks: Sequence[Body], whole: str, language: Language) -> tuple[int, int]:
    """Return how many added and removed lines of one file are code where block comments are not all in sight."""
    if whole.count(language.opener) > 2 * whole.count("\n") + _MAX_OPENERS:
        return _by_mark(whole, language, "\n+" in whole, "\n-" in whole)  # no code looks like this
    added = removed = 0
    unmarked: defaultdict[tuple[bool, bool], list[str]] = defaultdict(list)
    for hunk in hunks:
        text = whole if len(hunks) == 1 else "\n".join(["", *hunk.lines, ""])
        if language.opener in text or language.closer in text:
            plus, minus = _without_blocks(hunk, text, language)
            added += plus
            removed += minus
        else:
            unmarked[hunk.added > 0, hunk.removed > 0].append(text)
    for (has_added, has_removed), texts in unmarked.items():
        plus, minus = _by_mark("".join(texts), language, has_added, has_removed)
        added += plus
        removed += minus
    return added, removed


@cache
def _pattern(language: Language, sign: str, stars: bool) -> re.Pattern[str]:
    """Return what matches the start of each line with *sign* that is neither blank nor begins with a comment mark."""
    # As in "\n+\tx = 1;", not "\n+\t// x"; between the signs only blanks of one line, taken once and for all.
    return re.compile(rf"\n[{sign}][ \t\r\v\f]*+(?!{_plain(language, stars=stars)})")


def _plain(language: Language, *, stars: bool) -> str:
    comments = ["\n", *map(re.escape, language.marks)]
    if stars and language.opener == "/*":
        comments.append(r"[*][ \t\n]")
    return "|".join(comments)


_MAX_OPENERS = 50  # each is followed to the end of its line


def _is_starred(text: str, opened: int, closed: int) -> bool:
    """
    Whether the lines of all block comments can be told by their star, as in nearly all C.

    Then one pass does. What opens must close, and no comment goes on in a line without a star.
    """
    return opened <= _MAX_OPENERS and opened == closed and _starless().search(text) is None


@cache
def _starless() -> re.Pattern[str]:
    """Match a comment that runs over its line end into a line that does not start with a star."""
    return re.compile(r"/[*](?:[^*\n]|[*](?!/))*+\n[ +-][ \t]*+(?![*])")


@cache
def _starred_pattern(language: Language) -> re.Pattern[str]:
    """Return what matches the sign of each changed line of code, where comments have stars."""
    return re.compile(rf"\n([+-])[ \t\r\v\f]*+(?!{_starred(language)})")


def _starred(language: Language) -> str:
    marks = "".join(f"{re.escape(mark)}|" for mark in language.marks)
    opening = r"/[*](?!(?:[^*\n]|[*](?!/))*+[*]/[ \t]*+[^ \t\n])"  # unless code follows the comment
    return rf"\n|{marks}[*][ \t\n/]|{opening}"


def _by_mark(text: str, language: Language, added: bool, removed: bool) -> tuple[int, int]:
    """
    Count without block comments; *text* has a line end before and after each line.

    In the middle of a C comment, its ends out of sight, lines still start with a star.
    """
    return (
        _count(text, language, "+", True) if added else 0,
        _count(text, language, "-", True) if removed else 0,
    )


def _count(text: str, language: Language, sign: str, stars: bool) -> int:
    return len(_pattern(language, sign, stars).findall(text))


def _without_blocks(hunk: Body, text: str, language: Language) -> tuple[int, int]:
    """Count one hunk, each side for itself: a removed line closes no comment of the new side."""
    opened, closed = text.find(language.opener), text.find(language.closer)
    inside = closed >= 0 and (opened < 0 or closed < opened)
    added = removed = 0
    if hunk.added:
        new = "\n".join(["", *[line for line in hunk.lines if line[:1] != "-"], ""]) if hunk.removed else text
        added = _count(_cut_blocks(new, language, inside=inside), language, "+", False)
    if hunk.removed:
        old = "\n".join(["", *[line for line in hunk.lines if line[:1] != "+"], ""]) if hunk.added else text
        removed = _count(_cut_blocks(old, language, inside=inside), language, "-", False)
    return added, removed


def _cut_blocks(text: str, language: Language, *, inside: bool) -> str:
    """Return *text* without its block comments and the lines that are wholly inside one."""
    opener, closer = language.opener, language.closer
    kept = []
    position = opened = 0
    while True:
        if not inside:
            opened = text.find(opener, opened)
            if opened < 0:
                kept.append(text[position:])
                return "".join(kept)
            inside = not _is_quoted(text, opened, language)
            if not inside:
                opened += len(opener)
                continue
            kept.append(text[position:opened])
            position = opened + len(opener)
        closed = text.find(closer, position)
        if closed < 0:
            return "".join([*kept, "\n"])
        line = text.rfind("\n", opened, closed)
        if line >= 0:
            kept.append(text[line : line + 2])
        position = opened = closed + len(closer)
        inside = False


def _is_quoted(text: str, opened: int, language: Language) -> bool:
    """Tell whether the opener at *opened* is in a string, or behind a comment mark, of its line."""
    reach = max(opened - _REACH, 0)
    start = max(text.rfind("\n", reach, opened), reach)
    before = text[start:opened]
    if before.count('"') % 2:
        return True
    return any(mark in before for mark in language.marks)
