# SPDX-License-Identifier: GPL-2.0-or-later
"""A mail read as what a draft answers: its addresses, ids and text."""

from patchwatch.model.draft import Target
from patchwatch.model.mail import RawMessage
from patchwatch.parse.addresses import message_ids, parse_people, parse_person
from patchwatch.parse.dates import parse_date
from patchwatch.parse.headers import Headers, split_headers
from patchwatch.parse.mime import read_body

_ROBOT_SENDERS = ("mailer-daemon@", "postmaster@")


def read_target(raw: RawMessage) -> Target:
    """Read headers and decoded text of the mail to be answered; any bytes give a Target."""
    headers = split_headers(raw.data)
    ids = message_ids(headers.plain("message-id"))
    original = headers.plain("x-original-from")
    return Target(
        message_id=ids[0] if ids else "",
        sender=parse_person(headers.plain("from")),
        original_from=parse_person(original) if original else None,
        reply_to=parse_people(headers.plain("reply-to")),
        to=parse_people(headers.plain("to")),
        cc=parse_people(headers.plain("cc")),
        subject=headers.text("subject"),
        in_reply_to=tuple(message_ids(headers.plain("in-reply-to"))),
        references=tuple(dict.fromkeys(message_ids(headers.plain("references")))),
        date=parse_date(headers.plain("date")),
        lines=tuple(read_body(raw.data, headers).text.split("\n")),
        list_id=headers.plain("list-id").rpartition("<")[2].partition(">")[0].strip().lower(),
        automatic=_automatic(headers),
    )


def _automatic(headers: Headers) -> str:
    """Return the header that marks an automatic mail (RFC 3834), "" for a person's."""
    submitted = headers.plain("auto-submitted")
    if submitted and submitted.lower() != "no":
        return f"Auto-Submitted: {submitted[:60]}"
    if headers.plain("return-path").strip() == "<>":
        return "Return-Path: <>"
    if headers.plain("content-type").lower().startswith("multipart/report"):
        return "Content-Type: multipart/report"
    for name in ("x-autoreply", "x-auto-response-suppress"):
        if headers.raw(name):
            return f"{name}: {headers.plain(name)[:60]}"
    sender = parse_person(headers.plain("from")).email.lower()
    return f"From: {sender}" if sender.startswith(_ROBOT_SENDERS) else ""
