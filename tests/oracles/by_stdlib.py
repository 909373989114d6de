# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers, decoded subject, body text and charset, beside the standard library's email package (compat32)."""

import codecs
import email
from collections.abc import Iterator, Sequence
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

from oracles.corpus import Mail
from oracles.verdicts import UNEXPLAINED, Finding, same
from patchwatch.model.mail import DefectKind

NAME = "email (compat32)"
CLASSES = {
    "html": "there is no plain text; we show the HTML without its tags and note a defect",
    "attached-diff": "we add parts that hold a diff, of any type or as an attachment, after the plain text",
    "charset": "the text is not in the charset that its mail names, or in none Python knows; we note a defect",
    "base64": "the base64 is broken; Python keeps it as it is, we decode what decodes and note a defect",
}
FIELDS = (
    *("message-id", "in-reply-to", "references", "from", "sender", "to", "cc", "reply-to", "subject", "date"),
    *("list-id", "x-original-from", "content-type", "content-transfer-encoding", "auto-submitted"),
)


def compare(mails: Sequence[Mail]) -> Iterator[Finding]:
    """Compare what every mail has."""
    for mail in mails:
        theirs = email.message_from_bytes(mail.data, policy=policy.compat32)
        raw: dict[str, str] = {}
        for name, value in theirs.raw_items():
            raw.setdefault(name.lower().rstrip(), value)
        for name in FIELDS:
            if name in raw or mail.headers.raw(name):
                value = raw.get(name, "").replace("\r\n", "").replace("\n", "").strip()
                equal = value.encode("utf-8", "surrogateescape") == mail.headers.raw(name)
                yield same(mail.where, "header", equal=equal, hint=name)
        yield _subject(mail, raw.get("subject", ""))
        yield from _body(mail, theirs)


def _subject(mail: Mail, raw: str) -> Finding:
    plain = raw.replace("\r", "").replace("\n", "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    reason = UNEXPLAINED
    words = []
    try:
        for chunk, charset in decode_header(plain):
            words.append(chunk if isinstance(chunk, str) else chunk.decode(charset or "ascii"))
    except (HeaderParseError, LookupError, UnicodeError):
        reason = "charset"
    equal = " ".join("".join(words).replace("\0", " ").split()) == mail.message.subject
    return same(mail.where, "subject", equal=equal, reason=reason, hint=f"{len(mail.message.subject)} characters")


def _body(mail: Mail, theirs: Message) -> Iterator[Finding]:
    parts = [part for part in _leaves(theirs) if part.get_content_type() == "text/plain"]
    parts = [part for part in parts if part.get_content_disposition() != "attachment"]
    texts, wrong = [], False
    for part in parts:
        text, known = _decoded(part)
        texts.append(text)
        wrong = wrong or not known
    whole, ours = "\n".join(texts), "\n".join(mail.lines)
    kinds = {defect.kind for defect in mail.body.defects}
    reason = UNEXPLAINED
    if DefectKind.HTML_ONLY in kinds:
        reason = "html"
    elif ours.startswith(whole) and mail.headers.plain("content-type").lower().startswith("multipart/"):
        reason = "attached-diff"
    elif wrong and DefectKind.CHARSET in kinds:
        reason = "charset"
    elif kinds & {DefectKind.ENCODING, DefectKind.CHARSET}:
        reason = "base64"
    yield same(mail.where, "body", equal=whole == ours, reason=reason, hint=f"{len(whole)} and {len(ours)} characters")
    if len(parts) == 1 and whole == ours:
        named = parts[0].get_content_charset() or "utf-8"
        reason = "charset" if DefectKind.CHARSET in kinds else UNEXPLAINED
        yield same(mail.where, "charset", equal=_codec(named) == _codec(mail.body.encoding), reason=reason, hint=named)


def _leaves(message: Message) -> Iterator[Message]:
    """Give the parts that hold something; mails inside mails are nobody's text."""
    content = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(content, list):
        for part in content:
            if isinstance(part, Message):
                yield from _leaves(part)
    elif not message.get_content_type().startswith("message/"):
        yield message


def _decoded(part: Message) -> tuple[str, bool]:
    """Return the text of a part with LF line ends, and whether it was in the charset that it names."""
    data = part.get_payload(decode=True)
    data = data if isinstance(data, bytes) else b""
    known = True
    try:
        text = data.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeError):
        known = False
        text = data.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\0", "\ufffd"), known


def _codec(name: str) -> str:
    """Return one name for all spellings of a charset; ASCII is UTF-8."""
    try:
        found = codecs.lookup(name.strip('"')).name
    except LookupError:
        return name
    return "utf-8" if found == "ascii" else found
