# SPDX-License-Identifier: GPL-2.0-or-later
"""Build the mails of a thread: patches, covers and replies by Jo Doe, minutes after 10:00 on 1 January 2026."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zlib import crc32

from builders_mail import DIFF, LOG, mail_bytes, read
from patchwatch.assemble.series import assemble
from patchwatch.model.mail import Message
from patchwatch.model.series import Series

JO = "Jo Doe <jo@example.org>"
ANN = "Ann Onym <ann@example.net>"


def when(minute: int) -> str:
    """Return a Date of so many minutes after the beginning."""
    return f"{datetime(2026, 1, 1, 10, tzinfo=UTC) + timedelta(minutes=minute):%a, %d %b %Y %H:%M:%S +0000}"


def patch_text(mark: str = "1", log: str = LOG, below: str = "") -> str:
    """Return the body of a patch whose diff, and so its patch id, depends on *mark*."""
    return f"{log}---\n{below} hw/foo.c | 3 ++-\n\n{DIFF.replace('= 1', f'= {mark}')}-- \n2.39\n"


def post(
    subject: str,
    mid: str,
    parent: str = "",
    *,
    minute: int = 0,
    sender: str = JO,
    body: str | None = None,
    headers: str = "",
) -> bytes:
    """Return a mail; without *body* a patch, which differs from those with another Message-ID."""
    text = patch_text(str(crc32(mid.encode()))) if body is None else body
    return mail_bytes(subject, text, mid=mid, sender=sender, date=when(minute), reply_to=parent, headers=headers)


def talk(
    subject: str, mid: str, parent: str = "", *, minute: int = 0, sender: str = JO, body: str = "Text.\n"
) -> bytes:
    """Return a mail without a diff: a cover letter or a reply, as the subject says."""
    return post(subject, mid, parent, minute=minute, sender=sender, body=body)


FOOTER = "_______________________________________________\nfoo mailing list\nhttps://lists.example.com/foo\n"
FOO = "foo.lists.example.com"


def via_list(mail: bytes, *, munged: bool = False, footer: str = FOOTER) -> bytes:
    """Return a mail as another list passes it on: with List-Id, subject tag, footer and, if *munged*, its own From."""
    head, _, text = mail.decode().partition("\n\n")
    lines = [f"Received: by lists.example.com; {when(600)}", f"List-Id: Foo <{FOO}>", *head.split("\n")]
    for number, line in enumerate(lines):
        if line.startswith("Subject: "):
            lines[number] = f"Subject: [foo] {line[9:]}"
        elif munged and line.startswith("From: "):
            name = line[6:].partition(" <")[0]
            lines[number] = f'From: "{name} via foo" <foo@lists.example.com>'
    return "\n".join([*lines, "", text + footer]).encode()


def series_of(*mails: bytes) -> dict[str, Series]:
    """Assemble mails; series by id."""
    return {one.id: one for one in assemble(messages_of(mails))}


def messages_of(mails: Sequence[bytes]) -> list[Message]:
    """Parse mails."""
    return [read(mail) for mail in mails]


def slots(series: Series) -> dict[int | None, str]:
    """Return the Message-IDs of a series by position."""
    return {patch.position: patch.message.message_id for patch in series.patches}
