# SPDX-License-Identifier: GPL-2.0-or-later
"""What reading real archives beside the oracles brought up; the mails are invented."""

import pytest

from builders_mail import DIFF, LOG, mail_bytes, raw_of, read, read_mail
from patchwatch.model.mail import DefectKind, Place
from patchwatch.parse.prose import tools_said
from patchwatch.parse.subject import parse_subject
from patchwatch.parse.target import read_target


def agents_in(text: str) -> list[str]:
    lines = text.split("\n")
    return [said.agent for said in tools_said(lines, 0, len(lines))]


@pytest.mark.parametrize(
    "text", ["I used GPT to help me set up the mailer.", "We used GPT\nto help us with the wording."]
)
def test_gpt_that_helped_somebody_is_a_tool(text: str) -> None:
    assert agents_in(text) == ["GPT"]


@pytest.mark.parametrize(
    "text",
    [
        "I used GPT on that disk.",
        "When using GPT to boot, the backup header moves.",
        "This board is set up using GPT to help firmware find the partition.",
        "I used GPT to help me align the partitions of this disk.",
        "I have not used GPT to help me.",
    ],
)
def test_gpt_that_is_a_partition_table_is_none(text: str) -> None:
    assert agents_in(text) == []


def test_placeholder_in_a_reply_is_an_example_and_no_disclosure() -> None:
    body = "It should be marked as:\n\nAssisted-by: AGENT_NAME:GPT-5.4\n\nfor example.\n"
    reply = read_mail("Re: [PATCH] hw/foo: fix overflow", body, mid="2@example.org", reply_to="1@example.org")
    assert [t.value for t in reply.trailers] == ["AGENT_NAME:GPT-5.4"]
    assert reply.disclosures == ()


def test_placeholder_in_a_patch_is_still_its_submitters_word() -> None:
    patch = read_mail(body=f"Assisted-by: AGENT_NAME:GPT-5.4\n{LOG}".replace("It overflows.\n\n", ""))
    assert [d.model for d in patch.disclosures] == ["GPT-5.4"]


def test_bytes_that_are_not_utf8_count_as_they_came_in_the_patch_id() -> None:
    changed = DIFF.replace("+int c = 2;", "+// caf\xe9").encode("latin-1")
    for charset in ("", "; charset=UTF-8", "; charset=y"):
        data = mail_bytes(body="", headers=f"Content-Type: text/plain{charset}\nContent-Transfer-Encoding: 8bit\n")
        assert read(data + changed).patch_id == "c89b389919a0ce60b57ba94ec34d8b731b12b0b2"


def test_comment_before_a_folded_line_ends_the_trailer_as_for_git() -> None:
    log = "It overflows.\n\nFixes: 12 (x)\n# comment\n folded\n"
    assert [t.place for t in read_mail(body=f"{log}---\n{DIFF}").trailers] == [Place.BODY]


@pytest.mark.parametrize("title", ["use one lock", "replace [l]stat64 by [l]stat"])
def test_bracket_too_many_does_not_hide_the_prefix(title: str) -> None:
    subject = parse_subject(f"[[PATCH v2 1/3] {title}")
    assert (subject.title, subject.revision, subject.position, subject.total) == (title, 2, 1, 3)


def test_charset_by_its_registered_name_is_no_defect() -> None:
    mail = read_mail(headers="Content-Type: text/plain; charset=ANSI_X3.4-1968\n")
    assert mail.defects == ()


def test_one_odd_byte_in_the_diff_does_not_garble_the_log() -> None:
    data = mail_bytes(body="", headers="Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n")
    log = "It overflows.\n\nSigned-off-by: Zoë Doe <zoe@example.org>\n---\n"
    changed = DIFF.replace("+int c = 2;", "+// caf\xe9").encode("latin-1")
    mail = read(data + log.encode() + changed)
    assert [t.value for t in mail.trailers] == ["Zoë Doe <zoe@example.org>"]
    assert mail.patch_id == read(data + changed).patch_id
    assert [d.kind for d in mail.defects] == [DefectKind.CHARSET]
    assert "// caf\xe9" in "\n".join(read_target(raw_of(data + log.encode() + changed)).lines)


def test_recalled_mail_is_no_second_patch() -> None:
    subject = parse_subject("撤回: [PATCH 2/2] frob: use one lock")
    assert (subject.is_reply, subject.title, subject.position) == (True, "frob: use one lock", 2)
