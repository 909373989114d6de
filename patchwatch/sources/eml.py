# SPDX-License-Identifier: GPL-2.0-or-later
"""One mail in a file or on standard input."""

from collections.abc import Iterator

from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Cursor, Unreadable
from patchwatch.sources.base import MAIL_CAP, PlainSource, raw_message
from patchwatch.sources.looks import looks_like, mail_start, starts_mail
from patchwatch.sources.stream import BLOCK, Supply

_SEVERAL = "a second header block follows the mail: several mails without separators? Pipe them one by one or as mbox"


class MailSource(PlainSource):
    """A file with one mail or, with kind "stdin", a piped one."""

    def __init__(self, supply: Supply, kind: str = "eml") -> None:
        self.kind = kind
        self.name = supply.name
        self._supply = supply

    def items(self) -> Iterator[RawMessage | Unreadable]:
        """Yield the mail."""
        raw, problem = read_mail(self._supply)
        if raw is not None:
            yield raw
            if self.kind == "stdin" and holds_second_mail(raw.data):
                yield self.unreadable(self.name, _SEVERAL)
        if problem:
            yield self.unreadable(self.name, problem)

    def count(self, since: Cursor) -> int | None:
        """Return 1, or None when the mail may have been read before."""
        return None if since.tips else 1


def read_mail(supply: Supply) -> tuple[RawMessage | None, str]:
    """Return the one mail of a file, None when there is none, and what is wrong with it. Never raises."""
    try:
        stream = supply.open()
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    try:
        data = stream.read_full(MAIL_CAP + BLOCK)
    finally:
        stream.close()
    begin = mail_start(data[:BLOCK])
    if not starts_mail(data[begin : begin + BLOCK]):
        return None, stream.problem or f"no mail: looks like {looks_like(data[:BLOCK])}"
    problem = f"{stream.problem}; only its beginning was read" if stream.problem else ""
    return raw_message(data[begin:], supply.name, truncated=bool(problem)), problem


def holds_second_mail(data: bytes) -> bool:
    """
    Whether the body holds a run of lines with Message-ID, From and Date up to an empty line.

    mutt pipes tagged mails so, without separators. Multipart mails are left alone: a forwarded mail
    in a part has such a block by right.
    """
    text = data.replace(b"\r\n", b"\n").lower()
    head_end = text.find(b"\n\n")
    if (
        head_end < 0
        or b"\ncontent-type: multipart/" in text[:head_end]
        or b"\ncontent-type: message/" in text[:head_end]
    ):
        return False
    at = head_end
    while (at := text.find(b"\nmessage-id:", at)) >= 0:
        begin = text.rfind(b"\n\n", head_end, at) + 1
        end = text.find(b"\n\n", at)
        block = text[begin : end if end >= 0 else len(text)]
        if end >= 0 and b"\nfrom:" in block and b"\ndate:" in block:
            return True
        at = end if end >= 0 else len(text)
    return False
