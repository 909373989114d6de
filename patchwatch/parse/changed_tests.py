# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a diff does to tests: new test functions that are alike, and tests that are skipped from now on.

Only files whose path says that they are tests are looked at, and only what the lines of the hunks tell.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from patchwatch.model.mail import Mark, MarkKind
from patchwatch.parse.edits import hunk_ranges
from patchwatch.parse.hunks import heads_of

MIN_ALIKE = 5
MAX_LINES = 5_000  # of the test files of one mail
MAX_SKIPS = 20
_MAX_QUOTE = 512
_MAX_LINE = 300
_MAX_BODY = 200

# How a test begins in a language, after the blanks of its line.
_JAVASCRIPT = ("it(", "test(", "it.skip(", "it.only(", "it.each(", "test.skip(", "test.only(", "test.each(", "xit(")
_STARTS = {
    "py": ("def test", "async def test"),
    "rs": ("fn test", "pub fn test", "async fn test"),
    "go": ("func Test",),
    **dict.fromkeys(("js", "jsx", "mjs", "cjs", "ts", "tsx"), _JAVASCRIPT),
    **dict.fromkeys(("sh", "t"), ("test_expect_",)),
}
# In C and its kin: a macro at the very start of a line, or a name with the word in it.
_C_SUFFIXES = frozenset("c h cc cpp cxx hpp".split())
_MACROS = ("TEST(", "TEST_F(", "TEST_P(", "START_TEST(", "BOOST_AUTO_TEST_CASE(", "SCENARIO(", "TEST_CASE(")
_SKIPS = (
    "pytest.mark.skip",
    "pytest.mark.xfail",
    "pytest.skip(",
    "pytest.xfail(",
    "unittest.skip",
    "unittest.SkipTest",
    "unittest.expectedFailure",
    "self.skipTest(",
    "#[ignore",
    "t.Skip(",
    "t.Skipf(",
    "t.SkipNow(",
    "it.skip(",
    "test.skip(",
    "describe.skip(",
    "test.failing(",
    "xit(",
    "xdescribe(",
    "@Ignore",
    "@Disabled",
    "DISABLED_",
    "GTEST_SKIP(",
    "g_test_skip(",
    "kunit_skip(",
    "kunit_mark_skipped(",
    "test_expect_failure",
    "skip_all=",
    "SKIP_TESTS=",
)
_ABOVE = ("@", "#[")  # decorators and attributes stand above what they speak about


class Part(NamedTuple):
    """A hunk of a test file: half-open line range without the `@@` line; *is_new*: no old lines; the file's suffix."""

    start: int
    stop: int
    is_new: bool
    suffix: str


@cache
def _token() -> re.Pattern[str]:
    # As in: assert_eq("a \"b\"", c_2) - strings first, then names and numbers; lines are cut before
    return re.compile(r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|\w+")


def marks_of_tests(
    lines: Sequence[str], spans: Sequence[tuple[int, int]], tests: frozenset[str], *, added: int
) -> Iterator[Mark]:
    """
    Yield the marks of the files *tests* (paths as `FileChange.path`), which gain *added* lines.

    *lines* are those of the decoded body, *spans* the half-open ranges of its diffs.
    """
    parts = list(_parts(lines, spans, tests))
    yield from _skips(lines, parts)
    if added >= 2 * MIN_ALIKE:
        alike = _alike(lines, parts)
        if alike is not None:
            yield alike


def _parts(lines: Sequence[str], spans: Sequence[tuple[int, int]], tests: frozenset[str]) -> Iterator[Part]:
    """Give the hunks of test files in a language that we know, up to the cap on lines."""
    read = 0
    for first, last in spans:
        heads = heads_of(lines[first:last])
        path = suffix = ""
        for start, stop in hunk_ranges(heads):
            before = lines[first + start - 2] if start >= 2 else ""
            if before.startswith("+++ "):
                path = _test_path(before, tests)
                suffix = path.rpartition("/")[2].rpartition(".")[2]
            if path and (suffix in _STARTS or suffix in _C_SUFFIXES):
                body = heads[start:stop]
                kept = min(stop, start + MAX_LINES - read)
                yield Part(first + start, first + kept, not (" " in body or "-" in body), suffix)
                read += kept - start
                if read >= MAX_LINES:
                    return


def _test_path(line: str, tests: frozenset[str]) -> str:
    """Return the path of a `+++` line where it is one of *tests*, with or without its `b/`; else ""."""
    name = line[4:].partition("\t")[0].strip()
    return next((path for path in (name, name.partition("/")[2]) if path in tests), "")


def _indent(line: str) -> int:
    """Count the blanks before the text of a diff line, its sign left out."""
    text = line[1:_MAX_LINE]
    return len(text) - len(text.lstrip())


def _begins_test(line: str, suffix: str) -> bool:
    """Whether a diff line begins a test function, whatever its sign."""
    text = line[1:_MAX_LINE]
    if suffix not in _C_SUFFIXES:
        return text.lstrip().startswith(_STARTS[suffix])
    if not text[:1].isalpha() or "(" not in text or text.rstrip().endswith((";", ",", "\\")):
        return False
    return text.startswith(_MACROS) or "test" in text.partition("(")[0].lower()


def _skips(lines: Sequence[str], parts: Sequence[Part]) -> Iterator[Mark]:
    """Yield the added lines that have a test skipped that was there before."""
    found = 0
    for part in parts:
        text = "" if part.is_new else "\n".join(lines[part.start : part.stop])
        there = [word for word in _SKIPS if word in text]
        if not there:
            continue
        gone = {lines[at][1:].strip() for at in range(part.start, part.stop) if lines[at][:1] == "-"}
        begun = _new_test_at(lines, part)
        for at in range(part.start, part.stop):
            line = lines[at]
            if line[:1] != "+" or not any(word in line for word in there) or line[1:].strip() in gone:
                continue
            if _is_comment(line) or _speaks_of_new(lines, part, at, begun):
                continue
            yield Mark(MarkKind.TEST_SKIP, line=at + 1, quote=line[:_MAX_QUOTE])
            found += 1
            if found == MAX_SKIPS:
                return


def _is_comment(line: str) -> bool:
    text = line[1:_MAX_LINE].lstrip()
    return text.startswith(("//", "/*", "* ", "# "))


def _new_test_at(lines: Sequence[str], part: Part) -> dict[int, bool]:
    """Return for each added line of a hunk whether the test it stands in is new itself."""
    new, inside = {}, False
    for at in range(part.start, part.stop):
        line = lines[at]
        if line[:1] != "-" and _begins_test(line, part.suffix):
            inside = line[:1] == "+"
        elif line[:1] == " " and line[1:2].isalnum():
            inside = False  # something else begins at the left edge
        new[at] = inside
    return new


def _speaks_of_new(lines: Sequence[str], part: Part, at: int, begun: dict[int, bool]) -> bool:
    """Whether the skip at line *at* is that of a test which the diff brings."""
    text = lines[at][1:_MAX_LINE].lstrip()
    if text.startswith(_ABOVE):
        following = range(at + 1, min(at + 10, part.stop))
        start = next((n for n in following if lines[n][:1] != "-" and _is_start(lines[n], part.suffix)), None)
        return start is None or lines[start][:1] == "+"
    if _begins_test(lines[at], part.suffix):
        # The line that begins a test now begins it in another way: one that began a test is gone.
        before = range(max(part.start, at - 10), at)
        return not any(lines[n][:1] == "-" and _begins_test(lines[n], part.suffix) for n in before)
    return begun[at]


def _is_start(line: str, suffix: str) -> bool:
    return _begins_test(line, suffix) or line[1:_MAX_LINE].lstrip().startswith(
        ("def ", "class ", "fn ", "async ", "pub fn ")
    )


def _alike(lines: Sequence[str], parts: Sequence[Part]) -> Mark | None:
    """Find the largest group of new test functions that are the same but for names, numbers and strings."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for part in parts:
        for start, body in _functions(lines, part):
            groups.setdefault(body, []).append(start)
    largest = max(groups.values(), key=len, default=[])
    if len(largest) < MIN_ALIKE:
        return None
    whole = sum(map(len, groups.values()))
    return Mark(MarkKind.ALIKE_TESTS, len(largest), whole, largest[0] + 1, lines[largest[0]][:_MAX_QUOTE])


def _functions(lines: Sequence[str], part: Part) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Give the new test functions of a hunk: their first line and their lines without names."""
    text = "\n".join(lines[part.start : part.stop])
    if not any(word in text for word in (_STARTS.get(part.suffix) or ("est", "EST"))):
        return
    at = part.start
    while at < part.stop:
        if lines[at][:1] != "+" or not _begins_test(lines[at], part.suffix):
            at += 1
            continue
        start, body = at, [_skeleton(lines[at])]
        at = _end_of(lines, start, part.stop)
        body += [_skeleton(lines[n]) for n in range(start + 1, min(at, start + _MAX_BODY)) if lines[n][1:].strip()]
        yield start, tuple(body)


def _end_of(lines: Sequence[str], start: int, stop: int) -> int:
    """Return the line after a function: the first that is not added, or stands no deeper and is no brace."""
    depth = _indent(lines[start])
    for at in range(start + 1, stop):
        line = lines[at]
        if line[:1] != "+":
            return at
        text = line[1:_MAX_LINE].strip()
        if text and _indent(line) <= depth and text[0] not in "{})'":
            return at
    return stop


def _skeleton(line: str) -> str:
    """Return a line with each name, number and string replaced."""
    return _token().sub("w", line[1:_MAX_LINE].strip())
