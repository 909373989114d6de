# SPDX-License-Identifier: GPL-2.0-or-later
"""
Small facts about the text and the diff of a mail, kept because the text itself is not.

Most mails have none: each kind is looked for only where a cheap question says that it may matter, because every
mail of an archive comes through here. Everything is linear and capped.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from patchwatch.model.diff import Diff, Role
from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import Mark, MarkKind, MessageKind, Subject
from patchwatch.parse.changed_tests import marks_of_tests
from patchwatch.parse.declared import declared_marks
from patchwatch.parse.edits import MEAN_LINES, MIN_HUNKS, repeated_edit
from patchwatch.parse.layout import Layout, is_quoted
from patchwatch.parse.roles import DEFAULT_ROLES

MAX_HEADINGS = 30
MAX_LINES = 5_000  # of one text; people write some hundred
_MAX_LINE = 2_000
_MAX_TEXT = 400_000
_MAX_QUOTE = 512
_SEVERAL = 3  # lines of one kind that are kept

_UNDERLINES = frozenset("=-~^\"'`*+#")
# Words of the names of deterministic tools that rewrite code. One too many only makes a rule say less.
_TOOLS = frozenset(
    """coccinelle coccicheck spatch cocci sed awk perl xargs script scripts scripted checkpatch clang-format clang-tidy
    rustfmt gofmt fmt --fix --fix-inplace codespell ruff pyupgrade 2to3 lindent uncrustify astyle automated
    automatically mechanical mechanically search-and-replace find-and-replace""".split()
)
_SIGNS = ".,:;()`'\"/"
_SHOWN = (
    "reproduc",
    "poc",
    "proof of concept",
    "trigger",
    "crash",
    "oops",
    "panic",
    "trace",
    "splat",
    "kasan",
    "kmsan",
    "kcsan",
    "ubsan",
    "lockdep",
    "sanitizer",
    "valgrind",
    "warning:",
    "bug:",
    "general protection",
    "segfault",
    "segmentation fault",
    "null pointer dereference",
    "syzbot",
    "syzkaller",
    "test",
    "observed",
    "seen on",
    "dmesg",
)


def marks_of(
    kind: MessageKind,
    prefix: Subject,
    lines: Sequence[str],
    layout: Layout,
    spans: Sequence[tuple[int, int]],
    diff: Diff,
    disclosures: Sequence[Disclosure],
) -> tuple[Mark, ...]:
    """
    Read the marks of one mail.

    *lines* are those of the decoded body, *layout* says which are its text, *spans* are the half-open ranges of its
    diffs, *disclosures* is what its text declares. Of other mails than patches the text above the first diff counts.
    """
    if kind is not MessageKind.PATCH and kind is not MessageKind.COVER and not disclosures:
        return ()
    start, stop = layout.log
    parts = ((start, stop), layout.below) if kind is MessageKind.PATCH else ((start, _above(stop, spans)),)
    if kind is not MessageKind.PATCH and kind is not MessageKind.COVER:
        return _declared(lines, parts)
    found: list[Mark] = []
    if kind is MessageKind.PATCH and diff.files:
        found += _of_diff(lines, spans, diff)
    if kind is MessageKind.COVER or prefix.position in (None, 1):
        found += _headings(lines, *parts[0])
    if disclosures or kind is MessageKind.COVER or any(mark.kind is MarkKind.REPEATED_EDIT for mark in found):
        found += _naming_tools(lines, parts)
    if disclosures:
        found += _showing(lines, parts)
    if disclosures or kind is MessageKind.COVER:  # a cover letter tells of what its patches declare
        found += _declared(lines, parts)
    return tuple(found)


def _above(stop: int, spans: Sequence[tuple[int, int]]) -> int:
    return min(stop, spans[0][0]) if spans else stop


def _declared(lines: Sequence[str], parts: Sequence[tuple[int, int]]) -> tuple[Mark, ...]:
    first: dict[MarkKind, Mark] = {}
    for start, stop in parts:
        for mark in declared_marks(lines, start, stop):
            first.setdefault(mark.kind, mark)
    return tuple(first.values())


def _of_diff(lines: Sequence[str], spans: Sequence[tuple[int, int]], diff: Diff) -> Iterator[Mark]:
    # All globs for tests but `t/` have "test" in them.
    tests = [f for f in diff.files if "test" in f.path or f.path[:2] == "t/"]
    if tests:
        tests = [f for f in tests if DEFAULT_ROLES.role(f.path) is Role.TESTS]
        added = sum(change.added for change in tests)
        if added:
            yield from marks_of_tests(lines, spans, frozenset(change.path for change in tests), added=added)
    if diff.hunks >= MIN_HUNKS and sum([f.added + f.removed for f in diff.files]) <= MEAN_LINES * diff.hunks:
        same = repeated_edit(lines, spans)
        if same is not None:
            yield same


def _headings(lines: Sequence[str], start: int, stop: int) -> Iterator[Mark]:
    """Yield lines with `#` before them, and lines that are underlined."""
    found = 0
    for at in range(start, min(stop, start + MAX_LINES)):
        line = lines[at]
        if line[:1] not in _UNDERLINES:
            continue
        heading = at
        if line[0] == "#" and line.lstrip("#")[:1] == " ":
            pass
        elif at > start and _is_underline(line, lines[at - 1]):
            heading = at - 1
        else:
            continue
        yield Mark(MarkKind.HEADING, line=heading + 1, quote=lines[heading][:_MAX_QUOTE])
        found += 1
        if found == MAX_HEADINGS:
            return


def _is_underline(line: str, above: str) -> bool:
    mark = line[0]
    return len(line) >= 3 and not line[:_MAX_LINE].strip(mark + " ") and above[:1].isalnum() and above[:1] != mark


def _naming_tools(lines: Sequence[str], parts: Iterable[tuple[int, int]]) -> Iterator[Mark]:
    """Yield the first lines that name a tool and are nobody else's."""
    for start, end in parts:
        stop = min(end, start + MAX_LINES)
        if not _TOOLS.isdisjoint(_words("\n".join(lines[start:stop])[:_MAX_TEXT])):
            yield from _first(
                lines, [at for at in range(start, stop) if not _TOOLS.isdisjoint(_words(lines[at][:_MAX_LINE]))]
            )


def _words(text: str) -> list[str]:
    text = text.lower()
    for sign in _SIGNS:
        text = text.replace(sign, " ")
    return text.split()


def _showing(lines: Sequence[str], parts: Iterable[tuple[int, int]]) -> Iterator[Mark]:
    """Yield the first lines that tell how a bug shows itself and are nobody else's."""
    for start, end in parts:
        wanted = range(start, min(end, start + MAX_LINES))
        lower = ((at, lines[at][:_MAX_LINE].lower()) for at in wanted)
        yield from _first(
            lines, (at for at, line in lower if any(word in line for word in _SHOWN)), MarkKind.REPRODUCER
        )


def _first(lines: Sequence[str], found: Iterable[int], kind: MarkKind = MarkKind.TOOL_NAMED) -> Iterator[Mark]:
    for at in islice((at for at in found if not is_quoted(lines[at])), _SEVERAL):
        yield Mark(kind, line=at + 1, quote=lines[at][:_MAX_QUOTE])
