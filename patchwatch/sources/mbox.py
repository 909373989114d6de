# SPDX-License-Identifier: GPL-2.0-or-later
"""
Mailbox files: many mails in one file, each after a `From ` line.

The style of the first separator (public-inbox's `mboxrd@z`, a commit id as of git format-patch, a
dated or a bare one) is that of all others; a separator stands after an empty line and before a header
line. Without that a pasted `From <commit> Mon Sep 17 00:00:00 2001` would split a mail.

A plain file that only grew is read from where the last run ended; the rest is the same as in a file that was
written anew, of which all is given again.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO, NamedTuple

from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Added, Cursor, Deleted, Event, Reached, Unreadable
from patchwatch.sources import base
from patchwatch.sources.base import KEPT, MAIL_CAP, ONLY_EPOCH, PlainSource, raw_message
from patchwatch.sources.looks import is_header_line, mail_start, starts_mbox
from patchwatch.sources.stream import GZIP, Stream, Supply, open_regular

_CHUNK = 1 << 18
_LINE = 1_000  # a longer line is no separator
_PEEK = 200  # of the line after it
_HEX = b"0123456789abcdef"
_NONE = "-"
_TAIL = 4_096  # bytes before the place reached: if they are the same, so is the rest
# What mail programs write into a mail of theirs, and change: with it a mail would be another after each reading.
_LOCAL = (b"status:", b"x-status:", b"x-keywords:", b"x-uid:", b"x-imapbase:", b"content-length:", b"lines:")


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
    """
    One mail, still quoted; *cut* when it is over the size cap, *last* at the file's end.

    *start* and *end* are the places in the stream where its separator and what follows it begin.
    """

    data: bytes
    cut: bool
    last: bool
    start: int
    end: int


class Place(NamedTuple):
    """
    How far a file was read: the number of its last mail, where that begins and ends, the digest of what stands before
    the end, and the blob id of that mail ("-" for none).
    """

    number: int
    start: int
    end: int
    digest: str
    blob: str

    @classmethod
    def parse(cls, tip: str | None) -> "Place | None":
        """Read a cursor's tip, None when it is of another kind."""
        words = (tip or "").split(":")
        if len(words) != 5 or not all(word.isdecimal() and len(word) < 19 for word in words[:3]):
            return None
        number, start, end = map(int, words[:3])
        return cls(number, start, end, words[3], words[4])

    def tip(self) -> str:
        """Return it as a cursor's tip."""
        return ":".join(map(str, self))


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

    def events(self, since: Cursor) -> Iterator[Event]:
        """Yield what is new; see `Source.events`. A plain file is read from where the last run ended."""
        path = self._supply.path
        if path is None:
            yield from super().events(since)
            return
        try:
            with open_regular(path) as file:
                if file.read(2) == GZIP:
                    yield from super().events(since)
                elif _is_locked(file):
                    yield self.unreadable(self.name, "another program is writing to it; it is read the next time")
                else:
                    yield from self._grown(file, since)
        except OSError as error:
            yield self.unreadable(self.name, f"cannot be read: {error.strerror or error}")

    def _grown(self, file: BinaryIO, since: Cursor) -> Iterator[Event]:
        """Yield what a plain file holds beyond the place that was reached, all of it when that is not there."""
        position = reached = since.count(ONLY_EPOCH) or 0
        place = Place.parse(since.tip(ONLY_EPOCH))
        size, start, number = os.fstat(file.fileno()).st_size, 0, 0
        cut = ""  # somebody was writing that mail: what we took for it was its beginning
        if place is not None and place.end <= size and place.digest == _digest(file, place.end):
            if place.end == size:
                return
            start, number = place.end, place.number
            if not starts_mbox(os.pread(file.fileno(), _LINE + _PEEK, start)):
                start, number, cut = place.start, number - 1, place.blob
        style = separator_style(os.pread(file.fileno(), _LINE, 0).partition(b"\n")[0])
        file.seek(start)
        place = None
        for item, piece in self._pieces(Splitter(Stream(file), start, style), number):
            blob = item.blob if isinstance(item, RawMessage) else _NONE
            told = list(self._told(item, cut, position))
            yield from told
            position += sum(not isinstance(event, Unreadable) for event in told)
            cut = ""
            if piece is None:  # damaged: the cursor stays before it
                continue
            number += 1
            place = Place(number, piece.start, piece.end, "", blob)
            if position - reached >= base.BATCH:
                reached = position
                yield _reached(file, place, position)
                place = None
        if place is not None:
            yield _reached(file, place, position)

    def _told(self, item: RawMessage | Unreadable, cut: str, position: int) -> Iterator[Event]:
        """Yield one mail; *cut* is the blob id of what was taken for it before, "" if it is new."""
        if isinstance(item, RawMessage) and item.blob == cut:
            return
        if cut not in ("", _NONE):
            yield Deleted(epoch=ONLY_EPOCH, position=position, blob=cut)
            position += 1
        yield item if isinstance(item, Unreadable) else Added(epoch=ONLY_EPOCH, position=position, raw=item)

    def _mails(self, stream: Stream) -> Iterator[RawMessage | Unreadable]:
        for item, _ in self._pieces(Splitter(stream), 0):
            yield item

    def _pieces(self, splitter: "Splitter", before: int) -> Iterator[tuple[RawMessage | Unreadable, Piece | None]]:
        """Yield each mail with its piece (None when it was damaged); *before* of the file come earlier."""
        stream = splitter.stream
        for number, piece in enumerate(splitter.pieces(), before + 1):
            origin = f"{self.name}#{number}"
            damaged = piece.last and bool(stream.problem)
            whole = None if damaged else piece
            if piece.last and not _has_body(piece.data):
                yield self.unreadable(origin, "the file ends inside the header block of its last mail"), whole
            elif not (data := unframe(piece.data, splitter.style)):
                yield self.unreadable(origin, "an empty mail"), whole
            else:
                yield raw_message(data, origin, truncated=piece.cut or damaged), whole
        if stream.problem:
            yield self.unreadable(self.name, f"{stream.problem}; the rest was not read"), None


def _is_locked(file: BinaryIO) -> bool:
    """Whether a mail program holds the file for writing, as all of them do with fcntl(2)."""
    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EAGAIN)
    with suppress(OSError):
        fcntl.lockf(file, fcntl.LOCK_UN)  # held no longer: mail that is delivered should not wait for us
    return False


def _digest(file: BinaryIO, end: int) -> str:
    from hashlib import sha1

    start = max(0, end - _TAIL)
    return sha1(os.pread(file.fileno(), end - start, start), usedforsecurity=False).hexdigest()


def _reached(file: BinaryIO, place: Place, count: int) -> Reached:
    place = place._replace(digest=_digest(file, place.end))
    return Reached(epoch=ONLY_EPOCH, tip=place.tip(), count=count)


def _has_body(data: bytes) -> bool:
    return b"\n\n" in data or b"\n\r\n" in data


def unframe(data: bytes, style: Style) -> bytes:
    """
    Return the mail without what mbox adds: an empty line, stray `From ` lines, `>From ` quoting, flags as headers.

    One `>` of `>+From ` goes, as mboxrd has it; git format-patch does not quote, so there nothing does.
    """
    if data.endswith(b"\n\n"):
        data = data[:-1]
    elif data.endswith(b"\n\r\n"):
        data = data[:-2]
    data = _without_local(data[mail_start(data[:_CHUNK]) :])
    if style is not Style.COMMIT and b">From " in data:
        data = b"\n".join(line[1:] if _is_quoted(line) else line for line in data.split(b"\n"))
    return data


def _without_local(data: bytes) -> bytes:
    """Take the headers out that mail programs keep their own notes in."""
    ends = [at for gap in (b"\n\n", b"\n\r\n") if (at := data.find(gap)) >= 0]
    head = data[: min(ends, default=0)]
    lower = b"\n" + head.lower()
    if not any(b"\n" + name in lower for name in _LOCAL):
        return data
    kept, drop = [], False
    for line in head.split(b"\n"):
        drop = line.lower().startswith(_LOCAL) or (drop and line[:1] in (b" ", b"\t"))
        if not drop:
            kept.append(line)
    return b"\n".join(kept) + data[len(head) :]


def _is_quoted(line: bytes) -> bool:
    return line.startswith(b">") and line.lstrip(b">").startswith(b"From ")


class Splitter:
    """
    Cuts a stream into mails, holding one of them (at most `MAIL_CAP` bytes and a chunk) at a time.

    *start* is the place of the stream in its file, *style* that of the file when the stream begins further on.
    """

    def __init__(self, stream: Stream, start: int = 0, style: Style | None = None) -> None:
        self.style = Style.BARE
        self._given = style
        self.stream = stream
        self._buffer = b""  # from the first byte of the current mail, or of what is left to scan of it
        self._at = start  # where the buffer begins
        self._from = 0  # all before was scanned for separators
        self._end = False

    def pieces(self) -> Iterator[Piece]:
        """Yield the mails; the first line of the stream is a separator."""
        start = self._at
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
            yield Piece(data, head is not None, found is None, start, self._at + until)
            if found is None:
                return
            start = self._at + until
            self._cut(begin)
            self._from, head = 0, None

    def _cut(self, size: int) -> None:
        self._buffer, self._at = self._buffer[size:], self._at + size

    def _skip_first_separator(self) -> None:
        while b"\n" not in self._buffer and not self._end and len(self._buffer) < MAIL_CAP:
            self._fill()
        first = self._buffer.partition(b"\n")[0]
        self._cut(len(first) + 1)
        self.style = self._given or separator_style(first)

    def _fill(self) -> None:
        chunk = self.stream.read(_CHUNK)
        self._buffer += chunk
        self._end = not chunk

    def _drop_scanned(self) -> None:
        keep = max(0, self._from - 2)  # the two bytes before tell whether a line is empty
        self._cut(keep)
        self._from -= keep

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
