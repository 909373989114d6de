# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a stored mail still says what we wrote, although clients re-encode, re-order and re-date drafts."""

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message

MAX_HEADERS = 64 * 1024
_MAX_IDS = 1000


def content_hash(data: bytes) -> str:
    """
    Return a hash of what a person would change in a draft: Subject, recipients and text.

    Subject decoded on one line; the addresses of To, Cc and Bcc as sorted lower-case sets; the lines of
    the text without blanks at their ends. Date, header order, encoding and added headers do not count:
    mutt rewrites all of these when it postpones a draft again.
    """
    import email

    mail = email.message_from_bytes(data)
    people = [f"{name}:{' '.join(_addresses(mail, name))}" for name in ("to", "cc", "bcc")]
    lines = [line.rstrip() for line in _text(mail).splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return sha256("\n".join([_decoded(mail.get("Subject")), *people, *lines]).encode("utf-8", "replace")).hexdigest()


def _decoded(value: object) -> str:
    """Return a raw header as text on one line; what cannot be decoded stays as it is."""
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    text = " ".join(str(value or "").split())
    try:
        return " ".join(str(make_header(decode_header(text))).split())
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return text


def _addresses(mail: "Message[str, str]", name: str) -> list[str]:
    from email.utils import getaddresses

    values = [" ".join(str(v).split()) for v in mail.get_all(name, [])]
    return sorted({address.lower() for _, address in getaddresses(values) if address})


def _text(mail: "Message[str, str]") -> str:
    """Return the first text/plain part, decoded with its charset or as UTF-8; all parts when there is none."""
    parts = [part for part in mail.walk() if not part.is_multipart()]
    plain = next((part for part in parts if part.get_content_type() == "text/plain"), None)
    chosen = [plain] if plain is not None and len(parts) == 1 else parts
    return "\n".join(_part(part) for part in chosen)


def _part(part: "Message[str, str]") -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(payload)
    try:
        return payload.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeError):
        return payload.decode("utf-8", "replace")


def header_ids(data: bytes, name: str) -> tuple[str, ...]:
    """Return the bare Message-IDs of all *name* fields at the start of *data*; they are compared exactly."""
    head = data[:MAX_HEADERS].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    wanted = name.lower().encode() + b":"
    ids: list[str] = []
    for line in head.replace(b"\n ", b" ").replace(b"\n\t", b" ").split(b"\n"):
        if line[: len(wanted)].lower() == wanted:
            value = line[len(wanted) :].decode("utf-8", "replace")
            ids.extend(token.strip("<>") for token in value.split(None, _MAX_IDS)[:_MAX_IDS])
    return tuple(ids)
