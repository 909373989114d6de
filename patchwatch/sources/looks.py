# SPDX-License-Identifier: GPL-2.0-or-later
"""Tell by its first bytes whether something is a mail, an mbox or neither, and then what it looks like."""

_FIELDS = frozenset(
    b"from to cc date subject message-id received return-path delivered-to mime-version list-id sender reply-to"
    b" in-reply-to x-mailing-list content-type dkim-signature envelope-to x-original-to".split()
)
_PRINTABLE = bytes(range(33, 127))
_STRAY = 5  # leading `From ` / `>From ` lines that are skipped
_MAGIC = (
    (b"\x1f\x8b", "gzip data"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x7fELF", "a program"),
    (b"\xfd7zXZ", "xz data"),
    (b"BZh", "bzip2 data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"SQLite format 3", "an SQLite database"),
    (b"# v2 git bundle", "a git bundle"),
    (b"# v3 git bundle", "a git bundle"),
    (b"diff ", "a bare diff without mail headers"),
    (b"--- ", "a bare diff without mail headers"),
    (b"Index: ", "a bare diff without mail headers"),
    (b"<!doctype html", "an HTML page"),
    (b"<!DOCTYPE html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"{", "JSON"),
    (b"[{", "JSON"),
)


def is_header_line(line: bytes) -> bool:
    """Whether *line* begins with a header field's name and colon (RFC 5322, 2.2)."""
    name, colon, _ = line[:200].partition(b":")
    name = name.rstrip(b" \t")
    return bool(colon and name) and not name.translate(None, _PRINTABLE)


def mail_start(data: bytes) -> int:
    """Return where the headers begin: after a byte order mark, empty lines and stray `From ` or `>From ` lines."""
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while data[at : at + 1] in (b"\r", b"\n"):
        at += 1
    for _ in range(_STRAY):
        if not data.startswith((b"From ", b">From "), at):
            break
        at = data.find(b"\n", at) + 1 or len(data)
    return at


def starts_mbox(block: bytes) -> bool:
    """Whether *block* begins with a `From ` separator and a header line after it."""
    if not block.startswith(b"From "):
        return False
    rest = block[block.find(b"\n") + 1 :][:200]
    return b"\n" in block and (rest.startswith(b">From ") or is_header_line(rest))


def starts_mail(block: bytes) -> bool:
    """Whether *block* begins with a header line and its header block has a field that mails have."""
    lines = block[mail_start(block) :].split(b"\n", 2_000)
    if not is_header_line(lines[0]):
        return False
    for line in lines:
        if not line.strip():
            return False
        if line[:200].partition(b":")[0].rstrip(b" \t").lower() in _FIELDS:
            return True
    return False


def looks_like(block: bytes) -> str:
    """Say what *block*, which is no mail, looks like."""
    if not block.strip(b"\r\n"):
        return "an empty file"
    for magic, what in _MAGIC:
        if block.startswith(magic):
            return what
    if b"\0" in block:
        return "a binary file"
    if is_header_line(block):
        return "text with `key: value` lines, but none of From, Date, Subject or Message-ID"
    return "text without mail headers"
