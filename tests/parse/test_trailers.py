# SPDX-License-Identifier: GPL-2.0-or-later
"""Trailers: as git reads them, and where git does not look."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders_archive import ENV
from patchwatch.model.mail import Place
from patchwatch.parse.trailers import MAX_VALUE, log_trailers, loose_trailers, split_trailer


def read(log: str) -> list[tuple[str, str, int, str]]:
    lines = log.split("\n")
    return [(t.key, t.value, t.line, t.place.value) for t in log_trailers(lines, 0, len(lines))]


def git_reads(log: str) -> list[str]:
    """Return what git-interpret-trailers finds; it wants a title line first."""
    command = ["git", "interpret-trailers", "--parse"]
    done = subprocess.run(command, input=f"x\n\n{log}", capture_output=True, text=True, check=True, env=ENV)
    return done.stdout.splitlines()


def test_the_last_paragraph_is_a_block() -> None:
    assert read("Why.\n\nFixes: 12ab (x)\nSigned-off-by: A <a@b>") == [
        ("Fixes", "12ab (x)", 3, "trailers"),
        ("Signed-off-by", "A <a@b>", 4, "trailers"),
    ]


def test_a_tag_in_an_earlier_paragraph_is_found_with_its_place() -> None:
    found = read("Why.\n\nAssisted-by: Claude:claude-opus-4-6\n\nSigned-off-by: A <a@b>")
    assert found[0] == ("Assisted-by", "Claude:claude-opus-4-6", 3, "body")
    assert found[1][3] == "trailers"


def test_blanks_around_the_colon_do_not_matter() -> None:
    assert [t[:2] for t in read("Acked-by : A <a@b>\nTested-by:B <b@c>")] == [
        ("Acked-by", "A <a@b>"),
        ("Tested-by", "B <b@c>"),
    ]


def test_folded_values_and_an_address_on_the_next_line_are_joined() -> None:
    assert read("Reviewed-by: A\n <a@b>\nAcked-by: B\n<b@c>")[0][1] == "A <a@b>"
    assert loose_trailers(["Acked-by: B", "<b@c>"], 0, 2, Place.REPLY)[0].value == "B <b@c>"


@pytest.mark.parametrize(
    "log",
    [
        "https://example.org/x",
        "Note: this is prose\nthat goes on",
        "eth0: link up\neth1: link down\nand more text",
        "> Signed-off-by: A <a@b>",
        "    Signed-off-by: sample in an indented text",
        "Signed-off-by:",
        "mm: a subject-like line",
    ],
)
def test_what_is_no_trailer(log: str) -> None:
    assert read(f"{log}\n\nlast paragraph of prose") == []


def test_a_comment_in_a_value_stays() -> None:
    assert read("Cc: stable@vger.kernel.org # v5.10+")[0][1] == "stable@vger.kernel.org # v5.10+"


def test_a_value_of_a_megabyte_is_cut() -> None:
    trailer = log_trailers(["Fixes: " + "a" * 1_000_000], 0, 1)[0]
    assert len(trailer.value) <= MAX_VALUE
    assert len(trailer.quote) <= MAX_VALUE


def test_quoted_lines_never_count_in_replies() -> None:
    lines = ["> Reviewed-by: X <x@y>", "  > Acked-by: X <x@y>", "Reviewed-by: A <a@b>"]
    assert [t.value for t in loose_trailers(lines, 0, 3, Place.REPLY)] == ["A <a@b>"]


LINES = st.sampled_from(
    [
        "Signed-off-by: A <a@b>",
        "Fixes: 12 (x)",
        "Foo: bar",
        "prose here",
        "prose: with colon",
        "",
        " folded",
        "[a: b]",
        "(cherry picked from commit 12)",
        "Key : x",
        "# comment",
        "Cc:x",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=8))
def test_the_last_paragraph_equals_git(lines: list[str]) -> None:
    """Our block is git's; we drop trailers without a value and fold as git does."""
    log = "\n".join(lines).strip("\n")
    ours = [f"{key}: {value}" for key, value, _, place in read(log) if place == "trailers"]
    theirs = [
        line for line in git_reads(log) if not line.startswith("(cherry") and line.rstrip() != line.split(":")[0] + ":"
    ]
    assert [" ".join(line.split()) for line in ours] == [" ".join(line.split()) for line in theirs]


@given(st.text(max_size=300))
def test_no_line_raises(line: str) -> None:
    pair = split_trailer(line)
    assert pair is None or (pair[0] and pair[1])
