# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines that programs act on are found; what b4, liblore and git see is the measure."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from liblore.utils import find_trailers

from patchwatch.drafts.safety import unsafe_line

KEYS = ["Acked-by", "Cc", "Link", "Fixes", "hw/foo.c", "x", "Change-Id", "Assisted-by", "To", "über", "a:b", "Closes"]
VALUES = ["pat@x.example", "Pat <pat@x.example>", "1234567890ab", "https://x.example/y@z.w", "Pat", "abc (long", "#1"]
LINES = st.one_of(
    st.builds(
        "{}{}:{}{}".format,
        st.sampled_from(["", " ", "\t", "> ", "- ", '"', "`", "\u00a0"]),
        st.sampled_from(KEYS),
        st.sampled_from(["", " ", "  ", "\t"]),
        st.sampled_from(VALUES),
    ),
    st.sampled_from(
        ["", "prose about pat@x.example", "<pat@x.example>", "def) <a@b.c>", "def)", "-- ", "> x", "[for this]"]
    ),
)


@pytest.mark.parametrize(
    "line",
    [
        "Acked-by: Pat <pat@example.com>",
        "  Acked-by: Pat <pat@example.com>",
        "hw/foo.c: ask pat@example.com",
        "Link: https://example.org/x",
        'Fixes: 1234567890ab ("hw/foo: x")',
        "cc: nobody",
        "Assisted-By: nothing",
        "pw-bot: changes-requested",
        "#syz invalid",
        "#regzbot monitor",
        "diff --git a/x b/x",
        "---",
        "--- a/x",
        "-- >8 --",
        "8< ---",
    ],
)
def test_lines_a_program_would_act_on(line: str) -> None:
    assert unsafe_line(f"Hello,\n{line}\nbye\n") == line


@pytest.mark.parametrize(
    "line",
    [
        '"Acked-by: Pat <pat@example.com>" is one',
        "`Acked-by:` pat@example.com",
        "- Acked-by: Pat <pat@example.com>",
        "> Acked-by: Pat <pat@example.com>",
        ">Fixes: 1234567890ab",
        "> diff --git a/x b/x",
        "> ---",
        "  hw/foo.c +23 -1",
        "On Sun, Nov 01, 2026 at 10:00:00AM +0100, a@example.org wrote:",
        "Note: nothing follows",
        "https://example.org/Cc:",
    ],
)
def test_lines_that_only_people_read(line: str) -> None:
    assert unsafe_line(f"Hello,\n{line}\nbye\n") is None


def test_below_the_signature_mark_only_git_send_email_looks() -> None:
    assert unsafe_line("x\n-- \nPhone: pat@example.com\n") is None
    assert unsafe_line("x\n-- \nCc: pat@example.com\n") == "Cc: pat@example.com"


def test_a_trailer_that_b4_would_join_from_two_lines_is_seen() -> None:
    assert unsafe_line("x\nAcked-by-all: Pat\n<pat@example.com>\n") == "Acked-by-all: Pat"
    assert unsafe_line("x\nnote: 12ab (so\nfar) pat@example.com\n") == "note: 12ab (so"
    assert unsafe_line("x\n`a: abc (b\nnote: 12ab\nfar)\n<pat@example.com>\n") == "note: 12ab"


@settings(max_examples=1000, deadline=None)
@given(st.lists(LINES, max_size=8))
def test_what_liblore_finds_is_always_found(lines: list[str]) -> None:
    body = "\n".join(["Hello there,", *lines, ""])
    if unsafe_line(body) is None:
        assert find_trailers(body, followup=True)[0] == []
