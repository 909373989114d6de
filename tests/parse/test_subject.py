# SPDX-License-Identifier: GPL-2.0-or-later
"""The grammar of subjects: every shape that real lists show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwatch.parse.subject import match_key, parse_subject


@pytest.mark.parametrize(
    ("text", "title", "position", "total", "revision", "tags"),
    [
        ("[PATCH net-next v2 3/7] x: y", "x: y", 3, 7, 2, ("net-next",)),
        ("[LTP] [PATCH] a", "a", None, None, None, ("LTP",)),
        ("[PATCH][next] b", "b", None, None, None, ("next",)),
        ("[PATCHv3] c", "c", None, None, 3, ()),
        ("[PATCH v6,19/24] e", "e", 19, 24, 6, ()),
        ("[PATCH 1 of 2] f", "f", 1, 2, None, ()),
        ("[[PATCH v3] 4/4] i", "i", 4, 4, 3, ()),
        ("PATCH 2/3: j", "j", 2, 3, None, ()),
        ("[PATCH 5.10/5.15] k", "k", None, None, None, ("5.10/5.15",)),
        ("[PATCH 1.1/15] l", "l", None, 15, None, ()),
        ("[PATCH v6.15 1/2] m", "m", 1, 2, None, ("v6.15",)),
        ("[PATCH net]3/4 zz", "zz", 3, 4, None, ("net",)),
        ("[patch V2 1/9] x", "x", 1, 9, 2, ()),
        ("[PATCH -v2 1/3] x", "x", 1, 3, 2, ()),
        ("[PATCH-next 1/3] x", "x", 1, 3, None, ("next",)),
        ("[PATCH nf-next,v2 1/3] x", "x", 1, 3, 2, ("nf-next",)),
        ("[for-next 04/16] x", "x", 4, 16, None, ("for-next",)),
        ("[PATCH 00/12] x", "x", 0, 12, None, ()),
        ("[PATCH 12345/99999] x", "x", None, None, None, ("12345/99999",)),
    ],
)
def test_prefix_shapes(
    text: str, title: str, position: int | None, total: int | None, revision: int | None, tags: tuple[str, ...]
) -> None:
    found = parse_subject(text)
    assert (found.title, found.position, found.total, found.revision, found.tags) == (
        title,
        position,
        total,
        revision,
        tags,
    )


@pytest.mark.parametrize(
    "text",
    [
        "Re: x",
        "RE: [PATCH] x",
        "AW: x",
        "Re[2]: x",
        "回复：x",
        "Fwd: x",
        "Re: Re: x",
        "[f2fs-dev] Re: [PATCH] x",
        "SV: x",
    ],
)
def test_reply_marks(text: str) -> None:
    assert parse_subject(text).is_reply


@pytest.mark.parametrize("text", ["[PATCH] x", "Reverse: x", "Subject: [PATCH] x", "regmap: fix x"])
def test_no_reply_marks(text: str) -> None:
    assert not parse_subject(text).is_reply


def test_flags_stand_anywhere_and_are_upper_case() -> None:
    assert parse_subject("[rfc PATCH] x").flags == {"RFC"}
    assert parse_subject("[PATCH][RESEND] x").flags == {"RESEND"}
    assert parse_subject("[RFCv2] x").revision == 2
    assert parse_subject("[PATCH AUTOSEL 6.17 1/4] x").flags == {"AUTOSEL"}


def test_pulls_and_patchsets() -> None:
    assert parse_subject("[GIT PULL] x").is_pull
    assert parse_subject("[PULL 3/7] x").is_pull
    assert parse_subject("[PATCHSET v4 3/6] x").is_patchset


def test_a_doubled_prefix_keeps_the_first_value_and_says_so() -> None:
    found = parse_subject("[PATCH v4 0/9] [PATCH v3 0/9] x")
    assert (found.revision, found.total, found.doubled) == (4, 9, True)


def test_a_revision_in_the_title_is_kept_apart() -> None:
    assert parse_subject("[PATCH] x (v2)").title_revision == 2
    assert parse_subject("kill some typedefs v3").title_revision == 3
    assert match_key("Kill  some typedefs (v3)") == match_key("kill some typedefs v4") == "kill some typedefs"


def test_an_unclosed_bracket_is_title() -> None:
    assert parse_subject("[PATCH foo").title == "[PATCH foo"
    assert parse_subject("[" * 40_000).title == "[" * 40_000


@given(
    st.lists(
        st.sampled_from(["[", "]", "PATCH", "v2", "1/2", " ", "Re:", "of", "RFC", ",", "(", ")", "x", "０/１"]),
        max_size=40,
    ).map("".join)
)
def test_any_text_gives_a_subject_whose_title_is_its_end(text: str) -> None:
    found = parse_subject(text)
    assert " ".join(text.split()).endswith(" ".join(found.title.split()))
    assert found.position is None or found.position >= 0
