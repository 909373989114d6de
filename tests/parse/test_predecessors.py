# SPDX-License-Identifier: GPL-2.0-or-later
"""Which former revisions a posting names, in which forms, and what names none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_mail import read_mail
from builders_posting import patch_text
from patchwatch.parse.predecessors import MAX_NAMED, predecessors

URL = "https://lore.example.org/list/a@x/"


def named(text: str) -> tuple[str, ...]:
    lines = text.split("\n")
    return predecessors(lines, [(0, len(lines))], ())


@pytest.mark.parametrize(
    "line",
    [
        f"- Link to v1: {URL}",
        "- Link to v1: https://patch.msgid.link/a@x",
        f"- Link to RFC v1: {URL}",
        f"Link to previous version: {URL}",
        f"Previous version: {URL}",
        f"v1: {URL}",
        f"V2:{URL}",
        f"[v2]: {URL}",
        f" * [RFC] {URL}",
        f"RFC: <{URL}>",
        f"v1: {URL}T/#u",
        "v1: https://lore.example.org/all/a%40x/raw",
        "v1: http://list.example.org:8080/r/a@x.",
        "v1: <a@x>",
        "v1 <https://list.example.org/a@x>",
        f"Link: {URL} # v1",
        f"Link: {URL} # RFC",
    ],
)
def test_a_line_names_a_former_revision(line: str) -> None:
    assert named(f"Changes in v3:\n- one thing\n{line}\n") == ("a@x",)


@pytest.mark.parametrize(
    "line",
    [
        f"Link: {URL}",
        f"Link: {URL} [1]",
        f"[1] {URL}",
        f"mkfs v2: {URL}",
        f"v2: also see {URL}",
        f"> v1: {URL}",
        f"- Link to the discussion: {URL}",
        f"Closes: {URL}",
        f"v1.2: {URL}",
        f"v²: {URL}",
        "v1: http://localhost/list/a@x/",
        "v1: http://127.0.0.1:8080/list/a@x/",
        "v1: ftp://list.example.org/a@x",
        "v1: https://ann@list.example.org/tree/",
        "v1: https://list.example.org/?id=a@x",
        "v1: https://list.example.org/a@x@y/",
        "v1: https://list.example.org/%00a@x/",
        "v1: https://list.example.org/ä@x/",
        "Cc: <a@x>",
        "Ann <a@x>",
    ],
)
def test_other_links_name_none(line: str) -> None:
    assert named(f"Changes in v3:\n- one thing\n{line}\n") == ()


def test_the_newest_stands_first_and_an_rfc_last() -> None:
    text = "v1: <a@x>\nRFC v2: <f@x>\nv3: <c@x>\nRFC: <e@x>\nv2: <b@x>\nv1: <a@x>\n"
    assert named(text) == ("c@x", "b@x", "a@x", "f@x", "e@x")


def test_trailers_name_what_they_supersede_and_only_so_much_is_kept() -> None:
    mail = read_mail("[PATCH v2 0/1] x", "Text.\n\nSupersedes: <b@x>\nObsoletes: https://list.example.org/a@x\n")
    assert mail.predecessors == ("b@x", "a@x")
    assert len(named("".join(f"v{n}: <{n}@x>\n" for n in range(100)))) == MAX_NAMED


def test_log_and_changelog_of_a_patch_count_but_neither_its_diff_nor_a_reply() -> None:
    mail = read_mail("[PATCH v2] x", patch_text(below=f"- Link to v1: {URL}\n"))
    assert mail.predecessors == ("a@x",)
    in_diff = patch_text().replace("+int c = 2;", "+v1: <a@x>")
    assert "+v1: <a@x>" in in_diff
    assert read_mail("[PATCH v2] x", in_diff).predecessors == ()
    assert read_mail("Re: [PATCH v2] x", f"v1: {URL}\n").predecessors == ()


@given(st.text("v1:/@<> hts.#[]%40RFCLinkto\n", max_size=300))
def test_any_text_gives_ids_that_a_database_takes(text: str) -> None:
    for mid in named(text):
        assert mid.isascii()
        assert mid.isprintable()
        assert "@" in mid
        assert len(mid) <= 250
