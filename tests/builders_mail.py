# SPDX-License-Identifier: GPL-2.0-or-later
"""Mails as bytes, small and invented."""

from hashlib import sha1

from patchwatch.model.mail import Message, RawMessage
from patchwatch.parse.mail import read_message

DIFF = """\
diff --git a/hw/foo.c b/hw/foo.c
index 1111111..2222222 100644
--- a/hw/foo.c
+++ b/hw/foo.c
@@ -1,3 +1,4 @@
 int a;
-int b;
+int b = 1;
+int c = 2;
 int d;
"""
LOG = "It overflows.\n\nSigned-off-by: Jo Doe <jo@example.org>\n"


def mail_bytes(
    subject: str = "[PATCH] hw/foo: fix overflow",
    body: str | None = None,
    *,
    mid: str = "1@example.org",
    sender: str = "Jo Doe <jo@example.org>",
    date: str = "Thu, 01 Jan 2026 10:00:00 +0000",
    reply_to: str = "",
    headers: str = "",
) -> bytes:
    """Return a mail; without *body* it is a signed patch. *headers* are further lines, each with its LF."""
    text = f"{LOG}---\n hw/foo.c | 3 ++-\n\n{DIFF}-- \n2.39\n" if body is None else body
    answered = f"In-Reply-To: <{reply_to}>\nReferences: <{reply_to}>\n" if reply_to else ""
    head = f"From: {sender}\nTo: list@example.com\nSubject: {subject}\nDate: {date}\nMessage-ID: <{mid}>\n"
    return f"{head}{answered}{headers}\n{text}".encode()


def raw_of(data: bytes) -> RawMessage:
    """Return bytes as a source would give them."""
    blob = sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    return RawMessage(blob=blob, data=data, origin="test")


def read(data: bytes) -> Message:
    """Parse a mail."""
    return read_message(raw_of(data))


def read_mail(
    subject: str = "[PATCH] hw/foo: fix overflow",
    body: str | None = None,
    *,
    mid: str = "1@example.org",
    sender: str = "Jo Doe <jo@example.org>",
    date: str = "Thu, 01 Jan 2026 10:00:00 +0000",
    reply_to: str = "",
    headers: str = "",
) -> Message:
    """Build and parse a mail."""
    return read(mail_bytes(subject, body, mid=mid, sender=sender, date=date, reply_to=reply_to, headers=headers))
