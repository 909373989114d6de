# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever a mail says, a terminal is never told to do anything, and JSON is valid UTF-8."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders_hostile import diff, judged_mails, mail, policies, raw
from patchwatch.drafts.compose import compose, target_message
from patchwatch.drafts.refuse import NoDraft
from patchwatch.model.draft import Identity
from patchwatch.model.mail import Person
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.parse.target import read_target
from patchwatch.reports.check_json import render_json, render_jsonl
from patchwatch.reports.text import Style, check_lines, show_lines

NOW = datetime(2026, 2, 1, 10, 0, tzinfo=UTC)
ME = Identity(person=Person("Pat Maintainer", "pat@example.com"))
_FILE = "diff --git a/{0} b/{0}\nindex 1..2 100644\n--- a/{0}\n+++ b/{0}\n@@ -1 +1 @@\n-a\n+{0}\n"

# C0 but tab and newline, DEL, C1, bidi controls, zero-width marks, lone surrogates.
FORBIDDEN = frozenset(
    map(chr, (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
) | frozenset(map(chr, range(0xD800, 0xE000)))

_ODD = st.sampled_from(sorted(FORBIDDEN - set(map(chr, range(0xD800, 0xE000)))))
_PIECES = st.one_of(
    _ODD,
    st.sampled_from(
        ["\x1b[31m", "\x1b]0;t\x07", "\x9b2J", "\u202e", "[net]", "[/net]", "Jo", " ", "\t", "<", ">", '"', "é", "::"]
    ),
    st.sampled_from(["=?utf-8?q?=1B=5B2J?=", "=?utf-8?q?=0A=0Dx?=", "=?utf-8?b?2z8=?=", "=?utf-16?b?2AA=?=", "%0A"]),
)
_TEXT = st.lists(_PIECES, max_size=6).map("".join)


def _harmless(lines: Iterable[str]) -> None:
    for line in lines:
        assert not FORBIDDEN.intersection(line), ascii(line)
        assert "\n" not in line, ascii(line)


@st.composite
def hostile_mails(draw: st.DrawFn) -> list[bytes]:
    """Draw a cover, a patch and a reply with odd text wherever text can stand."""
    one = draw(_TEXT).replace("\n", " ").replace("\r", " ")
    two = draw(_TEXT).replace("\n", " ")
    name = draw(_TEXT).replace("\n", "").replace("\r", "")
    body = draw(_TEXT)
    tag = f"Assisted-by: Claude:claude-opus-4-5 {one}\nAI-used-for: {two}\nWritten with Claude Code {body}.\n"
    ids = f"In-Reply-To: <c{name}@example.org>\nList-Id: {one} <l{name}.example.org>\nTo: {one} <l{name}@example.org>\n"
    patch = mail(diff(_FILE.format(f"x{name}.c")).replace("Log.", f"{body}\n\n{tag}"), ids, f"[PATCH 1/2 {one}] {two}")
    cover = mail(f"{body}\n{tag}", ids, f"[PATCH 0/2 {two}] {one}", f"c{name}")
    reply = mail(f"> {body}\n{tag}Acked-by: {one} <a{two}@example.org>\n", ids, f"Re: {one}", f"r{name}")
    found = [cover, patch, reply]
    sender = f"{one} <jo{name}@example.org>".encode()
    return [data.replace(b"Jo <jo@example.org>", sender, 1) for data in found] if draw(st.booleans()) else found


def _judged(mails: list[bytes]) -> list[tuple[Series, Verdict]]:
    return judged_mails(map(raw, mails))[1]


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(hostile_mails())
def test_text_reports_carry_no_control_character(mails: list[bytes]) -> None:
    judged = _judged(mails)

    assert judged
    _harmless(check_lines(judged, Style()))
    for one in judged:
        _harmless(show_lines(*one, Style()))


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(hostile_mails())
def test_json_is_valid_utf_8(mails: list[bytes]) -> None:
    messages, judged = judged_mails(map(raw, mails))

    whole = render_json(judged, messages, policies().get("none", None).ref).encode("utf-8")

    assert len(json.loads(whole)["series"]) == len(judged)
    for line in render_jsonl(judged):
        assert line.count("\n") == 1
        assert json.loads(line.encode("utf-8"))


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(hostile_mails())
def test_a_draft_carries_no_control_character_and_one_line_per_header(mails: list[bytes]) -> None:
    by_blob = {raw(data).blob: data for data in mails}
    for series, verdict in _judged(mails):
        target = read_target(raw(by_blob[target_message(series, verdict).blob]))
        try:
            draft = compose(target, series, verdict, ME, now=NOW)
        except NoDraft:
            continue
        _harmless(draft.data.decode("utf-8").replace("\t", " ").split("\n"))
