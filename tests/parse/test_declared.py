# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines that tell more of a declared use: what a tool was given, what it made, how that was tested."""

import pytest

from patchwatch.model.mail import MarkKind
from patchwatch.parse.declared import MAX_LINES, MAX_QUOTE, declared_marks

PROMPT, PORTION, TESTING = MarkKind.PROMPT, MarkKind.PORTION, MarkKind.TESTING


def read(*lines: str) -> dict[MarkKind, tuple[int | None, str]]:
    return {mark.kind: (mark.line, mark.quote) for mark in declared_marks(lines, 0, len(lines))}


def test_each_kind_is_told_once_by_its_first_line() -> None:
    lines = ("Claude Code wrote the helper functions.", "Prompts: see below.", "Boot-tested.", "Tested again.")
    assert read(*lines) == {PORTION: (1, lines[0]), PROMPT: (2, lines[1]), TESTING: (3, lines[2])}


def test_lines_count_in_the_whole_body_and_only_the_range_is_read() -> None:
    lines = ["Tested.", "", "Tested on a board.", "Untested."]
    assert [(mark.line, mark.quote) for mark in declared_marks(lines, 1, 3)] == [(3, "Tested on a board.")]
    assert next(declared_marks(lines, 3, 99)).line == 4
    assert list(declared_marks([], 0, 0)) == []


@pytest.mark.parametrize(
    "line",
    [
        "> Tested on a board.",
        " > Claude Code wrote the tests; the prompts follow.",
        "Tested-by: Ann Onym <ann@example.net>",
        "Assisted-by: Claude:claude-opus-4-6 tested all code",
        " tests/claude-code.c | 9 +++",
        "",
    ],
)
def test_quotes_trailers_and_diffstats_tell_nothing(line: str) -> None:
    assert read(line) == {}


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        (("The parser was made with", "Claude Code; I wrote the tests."), {PORTION}),
        (("All functions are new.",), set()),
        (("All functions are new.", "", "Claude Code helped."), set()),
        (("I asked Claude to check the pointer.",), {PROMPT}),
        (("I asked Ann to check the pointer.",), set()),
        (("The boot prompt appears.", "The command prompts are gone."), set()),
        (("Prompt: check the pointer",), {PROMPT}),
        (("I instructed it with my prompts.",), {PROMPT}),
        (("Compile-tested only.",), {TESTING}),
        (("kselftest/kunit pass.",), {TESTING}),
        (("The testsuite is old.",), set()),
    ],
)
def test_words_count_where_they_tell_of_the_tool(lines: tuple[str, ...], kinds: set[MarkKind]) -> None:
    assert set(read(*lines)) == kinds


def test_long_lines_and_long_texts_are_read_up_to_a_cap() -> None:
    assert read("x " * 900_000 + "tested") == {}
    assert read("tested " + "x" * 900_000)[TESTING] == (1, ("tested " + "x" * 900_000)[:MAX_QUOTE])
    assert read(*["x"] * MAX_LINES, "Tested.") == {}
    assert read(*["x"] * (MAX_LINES - 1), "Tested.") != {}
