# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole mails: kinds, people, text, places of what is said, defects."""

import base64
import quopri
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders_mail import DIFF, LOG, mail_bytes, raw_of, read, read_mail
from patchwatch.model.mail import DefectKind, Message, MessageKind, Person, Place
from patchwatch.parse.mail import read_message

DUCK = Person("Jo Doe", "jo@example.org")


def defects(message: Message) -> set[DefectKind]:
    return {defect.kind for defect in message.defects}


def test_an_ordinary_patch() -> None:
    message = read_mail(headers="List-Id: <dev.example.com>\nCc: A <A@x.org>\n")
    assert message.kind is MessageKind.PATCH
    assert (message.message_id, message.list_id) == ("1@example.org", "dev.example.com")
    assert message.sender == message.author == DUCK
    assert message.date == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert message.recipients == ("list@example.com", "a@x.org")
    assert [(f.path, f.added, f.removed) for f in message.files] == [("hw/foo.c", 2, 1)]
    assert [(t.key, t.line, t.place) for t in message.trailers] == [("Signed-off-by", 3, Place.TRAILERS)]
    assert message.patch_id is not None
    assert message.defects == ()


@pytest.mark.parametrize(
    ("subject", "body", "headers", "kind"),
    [
        ("Re: [PATCH] x", None, "", MessageKind.REPLY),
        ("[PATCH 0/2] x", "Cover.\n", "", MessageKind.COVER),
        ("[PATCH] x", "No diff.\n", "", MessageKind.PATCH),
        ("[GIT PULL] x", "The following changes since commit 12 are available\n", "", MessageKind.PULL),
        ("please pull", "The following changes since commit 12:\n\nare available\n", "", MessageKind.PULL),
        ("question", "Hello?\n", "", MessageKind.OTHER),
        ("found a bug", f"Try this:\n\n{DIFF}", "", MessageKind.PATCH),
        ("was: something", f"Try this:\n\n{DIFF}", "In-Reply-To: <0@example.org>\n", MessageKind.REPLY),
        ("[PATCH] x", "> quoted\n\nI agree.\n", "In-Reply-To: <0@example.org>\n", MessageKind.REPLY),
        ("[PATCH v2] x", None, "In-Reply-To: <0@example.org>\n", MessageKind.PATCH),
        ("[tip: x86/urgent] x", None, "", MessageKind.OTHER),
        ('Patch "x" has been added to the 6.1-stable tree', None, "", MessageKind.OTHER),
        ("FAILED: Patch x", None, "", MessageKind.OTHER),
        ("[PATCH] x", None, "Auto-Submitted: auto-generated\n", MessageKind.OTHER),
        ("[RFC 5/7] x", None, "", MessageKind.PATCH),
    ],
)
def test_kinds(subject: str, body: str | None, headers: str, kind: MessageKind) -> None:
    assert read_mail(subject, body, headers=headers).kind is kind


def test_a_patch_subject_without_a_diff_is_a_defect_not_a_guess() -> None:
    assert DefectKind.NO_DIFF in defects(read_mail(body="No diff here.\n"))


def test_an_in_body_from_is_the_author_and_the_header_stays_the_sender() -> None:
    message = read_mail(body=f"From: Ann Onym <ann@example.net>\n\n{LOG}---\n{DIFF}")
    assert message.author == Person("Ann Onym", "ann@example.net")
    assert message.sender == DUCK
    assert message.trailers[0].line == 5


@pytest.mark.parametrize(
    ("sender", "headers", "body"),
    [
        ("Jo Doe via Dev <dev@example.com>", "Reply-To: Jo Doe <jo@example.org>\n", None),
        ("Jo Doe via Dev <dev@example.com>", "X-Original-From: Jo Doe <jo@example.org>\n", None),
        (
            "Jo Doe via B4 Relay <devnull+jo.example.org@kernel.org>",
            "",
            f"From: Jo Doe <jo@example.org>\n\n{LOG}---\n{DIFF}",
        ),
        ("Jo Doe via GitGitGadget <gitgitgadget@gmail.com>", "", f"From: Jo Doe <jo@example.org>\n\n{LOG}---\n{DIFF}"),
    ],
)
def test_relays_and_lists_that_rewrite_from_are_undone(sender: str, headers: str, body: str | None) -> None:
    assert read_mail(body=body, sender=sender, headers=headers).sender == DUCK


def test_a_reply_to_that_is_the_list_is_nobody() -> None:
    headers = "Reply-To: Dev <dev@example.com>\nList-Id: <dev.example.com>\n"
    body = f"From: Jo Doe <jo@example.org>\n\n{LOG}---\n{DIFF}"
    message = read_mail(body=body, sender="Jo Doe via Dev <bounces@lists.example.com>", headers=headers)
    assert message.sender == DUCK


def test_trailers_below_the_cut_keep_their_place() -> None:
    body = f"Why.\n\n---\nSigned-off-by: Jo Doe <jo@example.org>\n\n{DIFF}"
    message = read_mail(body=body)
    assert [(t.key, t.place, t.line) for t in message.trailers] == [("Signed-off-by", Place.BELOW_CUT, 4)]


def test_diff_lines_are_never_trailers_or_disclosures() -> None:
    added = DIFF.replace("+int c = 2;", "+Assisted-by: Claude:claude-opus-4-6")
    message = read_mail(body=f"{LOG}---\n{added}")
    assert [t.key for t in message.trailers] == ["Signed-off-by"]
    assert message.disclosures == ()


def test_a_tag_is_disclosed_once_with_line_and_quote() -> None:
    body = f"Why.\n\nAssisted-by: Claude:claude-opus-4-5 sparse\nSigned-off-by: Jo Doe <jo@example.org>\n---\n{DIFF}"
    found = read_mail(body=body).disclosures
    assert [(d.agent, d.model, d.tools, d.place, d.line) for d in found] == [
        ("Claude", "claude-opus-4-5", ("sparse",), Place.TRAILERS, 3)
    ]
    assert found[0].quote == body.split("\n")[2]


def test_agents_as_sender_and_signer_are_identities() -> None:
    body = f"Why.\n\nSigned-off-by: Claude <noreply@anthropic.com>\n---\n{DIFF}"
    message = read_mail(body=body, sender="Claude <noreply@anthropic.com>")
    assert [(d.kind.value, d.key, d.line) for d in message.disclosures] == [
        ("identity", "From", None),
        ("identity", "Signed-off-by", 3),
    ]


@pytest.mark.parametrize(
    "sender", ["Claude Martin <claude@example.org>", "Cody <cody@example.org>", "Jo <jo@openai.com>"]
)
def test_people_with_an_agents_name_are_people(sender: str) -> None:
    body = f"Why.\n\nSigned-off-by: {sender}\nReviewed-by: Devin Doe <devin@example.org>\n---\n{DIFF}"
    assert read_mail(body=body, sender=sender).disclosures == ()


def encoded(text: str, encoding: str, charset: str) -> bytes:
    data = text.encode(charset)
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}[encoding](data)
    head = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n"
    return mail_bytes(body="", headers=head) + body


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "gb18030"])
def test_transfer_encodings_and_charsets_change_nothing(encoding: str, charset: str) -> None:
    body = f"größer.\n\nSigned-off-by: Jö Doe <jo@example.org>\n---\n{DIFF}"
    message = read(encoded(body, encoding, charset))
    assert message.trailers[0].value == "Jö Doe <jo@example.org>"
    assert (message.files[0].added, message.defects) == (2, ())


def test_a_soft_break_does_not_split_a_tag() -> None:
    body = "Why.\n\nAssisted-by: Claude:claude-=\nopus-4-6\nSigned-off-by: Jo Doe <jo@example.org>\n---\n"
    message = read(mail_bytes(body=body, headers="Content-Transfer-Encoding: quoted-printable\n"))
    assert message.disclosures[0].model == "claude-opus-4-6"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ("Content-Type: text/plain; charset=yes\n", DefectKind.CHARSET),
        ("Content-Type: text/plain; charset=unicode_escape\n", DefectKind.CHARSET),
        ("Content-Transfer-Encoding: x-uuencode\n", DefectKind.ENCODING),
        ("Content-Type: multipart/mixed\n", DefectKind.MIME),
        ("Content-Type: text/html\n", DefectKind.HTML_ONLY),
    ],
)
def test_odd_bodies_are_read_and_noted(headers: str, kind: DefectKind) -> None:
    assert kind in defects(read(mail_bytes(body="größe\n", headers=headers)))


def multipart(*parts: str, subtype: str = "mixed", boundary: str = "b1") -> bytes:
    body = "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"
    return mail_bytes(body=body, headers=f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n')


def test_an_attached_patch_of_any_type_is_read() -> None:
    part = f"Content-Type: application/octet-stream; name=x.patch\nContent-Disposition: attachment\n\n{DIFF}"
    message = read(multipart(f"Content-Type: text/plain\n\n{LOG}", part))
    assert message.files[0].path == "hw/foo.c"
    assert message.trailers[0].key == "Signed-off-by"


def test_signatures_and_html_alternatives_are_left_out() -> None:
    signed = read(multipart(f"\n{LOG}---\n{DIFF}", "Content-Type: application/pgp-signature\n\nx", subtype="signed"))
    both = read(
        multipart(
            f"Content-Type: text/plain\n\n{LOG}---\n{DIFF}",
            "Content-Type: text/html\n\n<b>x</b>",
            subtype="alternative",
        )
    )
    assert signed.defects == both.defects == ()
    assert signed.files == both.files != ()


def test_a_diff_in_a_forwarded_mail_is_a_defect_not_a_patch() -> None:
    inner = f"Content-Type: message/rfc822\n\nFrom: x@y\nSubject: [PATCH] z\n\n{LOG}---\n{DIFF}"
    message = read(multipart("Content-Type: text/plain\n\nsee below\n", inner))
    assert DefectKind.NESTED_PATCH in defects(message)
    assert message.files == ()


def test_a_second_block_after_the_closing_boundary_is_ignored() -> None:
    data = (
        multipart("Content-Type: text/plain\n\nhello\n")
        + f"--b1\nContent-Type: text/plain\n\n{DIFF}\n--b1--\n".encode()
    )
    assert read(data).files == ()


def test_a_date_after_the_arrival_gives_way_to_it() -> None:
    message = read_mail(
        date="Thu, 01 Jan 2032 10:00:00 +0000", headers="Received: by x; Fri, 2 Jan 2026 10:00:00 +0000\n"
    )
    assert message.date == datetime(2026, 1, 2, 10, tzinfo=UTC)
    assert DefectKind.DATE in defects(message)


def test_no_message_id_means_the_blob_is_the_name() -> None:
    data = mail_bytes().replace(b"Message-ID: <1@example.org>\n", b"")
    message = read(data)
    assert message.message_id == f"blob:{raw_of(data).blob}"
    assert DefectKind.NO_MESSAGE_ID in defects(message)


def test_several_message_ids_are_aliases() -> None:
    assert read_mail(headers="Message-ID: <2@z>\n").aliases == ("2@z",)


def test_flowed_text_keeps_its_lines_and_a_stuffed_diff_is_read() -> None:
    stuffed = "\n".join(f" {line}" if line[:1] == " " else line for line in DIFF.split("\n"))
    message = read_mail(body=f"{LOG}---\n{stuffed}", headers="Content-Type: text/plain; format=flowed\n")
    assert [(f.added, f.removed) for f in message.files] == [(2, 1)]
    assert message.trailers[0].line == 3


def test_a_cut_off_diff_is_a_defect() -> None:
    body = f"{LOG}---\n{DIFF}"
    assert DefectKind.DIFF in defects(read_mail(body=body[:-20]))


@pytest.mark.parametrize(("body", "cut"), [(DIFF, False), (DIFF[:-1], True), (DIFF[:-3], True), (DIFF + "-- ", False)])
def test_a_diff_cut_inside_its_last_line_is_a_defect_though_its_counts_fit(body: str, cut: bool) -> None:
    message = read_mail(body=f"{LOG}---\n\n{body}")
    assert message.files != ()
    assert (DefectKind.DIFF in defects(message)) is cut
    # git sees the same: a line of a hunk without its end is corrupt.
    applied = subprocess.run(["git", "apply", "--numstat"], input=body, text=True, capture_output=True, check=False)
    assert (applied.returncode != 0) is cut


def test_a_part_of_a_multipart_may_end_without_a_line_end() -> None:
    message = read(multipart(f"Content-Type: text/plain\n\n{LOG}---\n\n{DIFF[:-1]}"))
    assert message.files != ()
    assert DefectKind.DIFF not in defects(message)


@pytest.mark.parametrize("arrival", ["Fri, 31 Dec 9999 10:00:00 +0000", "Mon, 1 Jan 0001 00:00:00 +0100"])
def test_an_arrival_at_the_end_of_all_days_is_none(arrival: str) -> None:
    message = read_mail("Re: x", "Text.\n", headers=f"Received: from a by b; {arrival}\n")
    assert message.date == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert message.speech is not None
    assert message.speech.received is None


def test_a_mail_over_the_cap_gives_headers_only() -> None:
    message = read_message(raw_of(mail_bytes(body="x" * (17 << 20))))
    assert (message.subject, defects(message)) == (
        "[PATCH] hw/foo: fix overflow",
        {DefectKind.TOO_LARGE},
    )
    assert message.unreadable


TOKENS = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"\0",
        b"--b1",
        b"--b1--",
        b"Content-Type: multipart/mixed; boundary=b1\n",
        b"Content-Type: ",
        b"=?x?b?!!?=",
        b"; x*",
        b"---\n",
        b"diff --git a/x b/x\n",
        b"@@ -1 +1 @@\n",
        b"Signed-off-by: ",
        b"Claude",
        b"<",
        b">",
        b"\xff",
        b"Subject: [PATCH 1/",
        b"From: ",
        b":",
        b" ",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TOKENS | st.binary(max_size=12), max_size=60).map(b"".join))
def test_any_bytes_give_a_message(data: bytes) -> None:
    message = read(data)
    assert message.message_id
    assert all(trailer.line >= 1 for trailer in message.trailers)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 400))
def test_damage_anywhere_in_a_patch_never_raises(junk: bytes, at: int) -> None:
    data = mail_bytes()
    read(data[:at] + junk + data[at:])
    read(data[:at])


def test_quotes_stand_on_their_lines_in_the_decoded_body() -> None:
    log = f"From: Ann <ann@example.net>\n\nWhy.\n\nGenerated with Claude Code\n\nAcked-by: B <b@c>\n\n{LOG}"
    body = f"{log}---\nchange-id: 20260101-x-12\n\n{DIFF}"
    message = read_mail(body=body)
    lines = body.split("\n")
    quoted = [(t.line, t.quote) for t in message.trailers] + [(d.line or 0, d.quote) for d in message.disclosures]
    assert len(quoted) == 4
    assert all(quote == lines[line - 1] for line, quote in quoted)
    assert message.change_id == "20260101-x-12"
