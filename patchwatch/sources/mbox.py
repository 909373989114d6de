# SPDX-License-Identifier: GPL-2.0-or-later
"""
Mailbox files: many mails in one file, each after a `From ` line.

The style of the first separator (public-inbox's `mboxrd@z`, a commit id as of git format-patch, a
dated or a bare one) is that of all others; a separator stands after an empty line and before a header
line. Without that a pasted `From <commit> Mon Sep 17 00:00:00 2001` would split a mail.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Unreadable
from patchwatch.sources.base import KEPT, MAIL_CAP, PlainSource, raw_message
from patchwatch.sources.looks import is_header_line, mail_start
from patchwatch.sources.stream import Stream, Supply

_CHUNK = 1 << 18
_LINE = 1_000  # a longer line is no separator
_PEEK = 200  # of the line after it
_HEX = b"0123456789abcdef"


class Style(Enum):
    """How separators of a file look."""

    MBOXRD = "mboxrd"  # `From mboxrd@z Thu Jan  1 00:00:00 1970`
    COMMIT = "commit"  # `From <40 or 64 hex digits> Mon Sep 17 00:00:00 2001`
    DATED = "dated"  # `From somebody@example.org Thu Jan  1 00:00:00 1970`
    BARE = "bare"  # any other


def separator_style(line: bytes) -> Style:
    """Return the style of a `From ` line."""
    words = line[:_LINE].split()[1:]
    if not words:
        return Style.BARE
    if words[0] == b"mboxrd@z":
        return Style.MBOXRD
    if len(words[0]) in (40, 64) and not words[0].strip(_HEX):
        return Style.COMMIT
    has_time = any(word[2:3] == b":" for word in words[1:])
    has_year = any(len(word) == 4 and word.isdigit() for word in words[1:])
    return Style.DATED if has_time and has_year else Style.BARE


@dataclass(slots=True)
class Piece:
    """One mail, still quoted; *cut* when it is over the size cap, *last* at the file's end."""

    data: bytes
    cut: bool
    last: bool


class MboxSource(PlainSource):
    """An mbox file or, with kind "stdin", a piped one."""

    def __init__(self, supply: Supply, kind: str = "mbox") -> None:
        self.kind = kind
        self.name = supply.name
        self._supply = supply

    def items(self) -> Iterator[RawMessage | Unreadable]:
        """Yield the mails of the file."""
        try:
            stream = self._supply.open()
        except OSError as error:
            yield self.unreadable(self.name, f"cannot be read: {error.strerror}")
            return
        try:
            yield from self._mails(stream)
        finally:
            stream.close()

    def _mails(self, stream: Stream) -> Iterator[RawMessage | Unreadable]:
        splitter = Splitter(stream)
        for number, piece in enumerate(splitter.pieces(), 1):
            origin = f"{self.name}#{number}"
            damaged = piece.last and bool(stream.problem)
            if piece.last and not _has_body(piece.data):
                yield self.unreadable(origin, "the file ends inside the header block of its last mail")
            elif not (data := unframe(piece.data, splitter.style)):
                yield self.unreadable(origin, "an empty mail")
            else:
                yield raw_message(data, origin, truncated=piece.cut or damaged)
        if stream.problem:
            yield self.unreadable(self.name, f"{stream.problem}; the rest was not read")


def _has_body(data: bytes) -> bool:
    return b"\n\n" in data or b"\n\r\n" in data


def unframe(data: bytes, style: Style) -> bytes:
    """
    Return the mail without the empty line that mbox adds, stray `From ` lines and `>From ` quoting.

    One `>` of `>+From ` goes, as mboxrd has it; git format-patch does not quote, so there nothing does.
    """
    if data.endswith(b"\n\n"):
        data = data[:-1]
    elif data.endswith(b"\n\r\n"):
        data = data[:-2]
    data = data[mail_start(data[:_CHUNK]) :]
    if style is not Style.COMMIT and b">From " in data:
        data = b"\n".join(line[1:] if _is_quoted(line) else line for line in data.split(b"\n"))
    return data


def _is_quoted(line: bytes) -> bool:
    return line.startswith(b">") and line.lstrip(b">").startswith(b"From ")


class Splitter:
    """Cuts a stream into mails, holding one of them (at most `MAIL_CAP` bytes and a chunk) at a time."""

    def __init__(self, stream: Stream) -> None:
        self.style = Style.BARE
        self._stream = stream
        self._buffer = b""  # from the first byte of the current mail, or of what is left to scan of it
        self._from = 0  # all before was scanned for separators
        self._end = False

    def pieces(self) -> Iterator[Piece]:
        """Yield the mails; the first line of the stream is a separator."""
        self._skip_first_separator()
        head: bytes | None = None
        while True:
            found = self._find()
            if found is None and not self._end:
                if len(self._buffer) > MAIL_CAP:
                    head = self._buffer[:KEPT] if head is None else head
                    self._drop_scanned()
                self._fill()
                continue
            until, begin = found or (len(self._buffer), len(self._buffer))
            data = self._buffer[:until] if head is None else head
            yield Piece(data, head is not None, found is None)
            if found is None:
                return
            self._buffer, self._from, head = self._buffer[begin:], 0, None

    def _skip_first_separator(self) -> None:
        while b"\n" not in self._buffer and not self._end and len(self._buffer) < MAIL_CAP:
            self._fill()
        first, _, self._buffer = self._buffer.partition(b"\n")
        self.style = separator_style(first)

    def _fill(self) -> None:
        chunk = self._stream.read(_CHUNK)
        self._buffer += chunk
        self._end = not chunk

    def _drop_scanned(self) -> None:
        keep = max(0, self._from - 2)  # the two bytes before tell whether a line is empty
        self._buffer, self._from = self._buffer[keep:], self._from - keep

    def _find(self) -> tuple[int, int] | None:
        """Return where the current mail ends and the next begins, None when that is not in the buffer."""
        buffer, at = self._buffer, self._from
        while (at := buffer.find(b"\nFrom ", at)) >= 0:
            line_end = buffer.find(b"\n", at + 1, at + _LINE)
            known = len(buffer) >= at + _LINE + _PEEK or self._end
            if not known and (line_end < 0 or len(buffer) < line_end + 1 + _PEEK):
                self._from = at
                return None
            if line_end >= 0 and self._separates(at, line_end):
                return at + 1, line_end + 1
            at += 1
        self._from = max(0, len(buffer) - len(b"\nFrom "))
        return None

    def _separates(self, at: int, line_end: int) -> bool:
        buffer = self._buffer
        before = buffer[max(0, at - 2) : at]
        if at and not before.endswith(b"\n") and before != b"\n\r" and not (at == 1 and before == b"\r"):
            return False
        style = separator_style(buffer[at + 1 : line_end])
        if style is not self.style and not (self.style is Style.BARE and style is Style.DATED):
            return False
        after = buffer[line_end + 1 : line_end + 1 + _PEEK]
        return after.startswith(b">From ") or is_header_line(after)
