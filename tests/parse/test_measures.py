# SPDX-License-Identifier: GPL-2.0-or-later
"""Moved, re-indented and repeated lines of a diff."""

from hypothesis import given
from hypothesis import strategies as st

from patchwatch.parse.measures import Measures, measure_changes


def diff(*hunks: str, path: str = "a.c") -> list[str]:
    """Return a diff of one file; each hunk is its body, the counts are made."""
    lines = [f"diff --git a/{path} b/{path}", f"--- a/{path}", f"+++ b/{path}"]
    for body in hunks:
        rows = body.split("\n")
        old = sum(row[:1] != "+" for row in rows)
        new = sum(row[:1] != "-" for row in rows)
        lines += [f"@@ -10,{old} +10,{new} @@", *rows]
    return ["A log.", "", "---", *lines, "-- ", "2.39", ""]


def test_a_block_that_only_moved_is_moved() -> None:
    found = measure_changes(diff(" a\n-int first;\n-int second;\n b", " c\n+int first;\n+int second;\n d"))
    assert found == Measures(total=4, moved=4)


def test_a_changed_indentation_is_whitespace() -> None:
    found = measure_changes(diff(" a\n-int first;\n-int second;\n+\tint first;\n+\tint  second;\n b"))
    assert found == Measures(total=4, whitespace=4)


def test_the_same_edit_in_three_places_is_repeated() -> None:
    hunks = [f" x\n-\tret = old_name({n}, p);\n+\tret = new_name({n}, p);\n y" for n in range(3)]
    assert measure_changes(diff(*hunks)) == Measures(total=6, repeated=6)
    assert measure_changes(diff(*hunks[:2])) == Measures(total=4)


def test_different_edits_are_none_of_these() -> None:
    found = measure_changes(diff(" a\n-int one = 1;\n+int one = compute(2);\n-x();\n+return y(z);\n b"))
    assert found is not None
    assert found.rest == found.total == 4


def test_short_lines_are_equal_by_chance() -> None:
    assert measure_changes(diff(" a\n-}\n b", " c\n+}\n d")) == Measures(total=2)


def test_a_line_counts_once() -> None:
    found = measure_changes(diff(" a\n-int first;\n+\tint first;\n b", " c\n+int first;\n d"))
    assert found == Measures(total=3, whitespace=2)


def test_what_cannot_be_read_is_none_not_a_guess() -> None:
    assert measure_changes(["No diff at all."]) is None
    assert measure_changes(diff(" a\n-b\n+c\n d")[:-5]) is None


LINES = st.lists(
    st.sampled_from([" ctx", "-int a;", "+int a;", "+\tint a;", "-x(1);", "+y(1);", "+}", "-", "+"]),
    min_size=1,
    max_size=30,
)


@given(st.lists(LINES, min_size=1, max_size=4))
def test_parts_never_exceed_the_whole(hunks: list[list[str]]) -> None:
    bodies = ["\n".join([" start", *hunk, " end"]) for hunk in hunks]
    found = measure_changes(diff(*bodies))
    changed = sum(row[:1] in "+-" for hunk in hunks for row in hunk)
    if found is not None:
        assert found.total == changed
        assert min(found.whitespace, found.moved, found.repeated, found.rest) >= 0
