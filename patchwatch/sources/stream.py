# SPDX-License-Identifier: GPL-2.0-or-later
"""
Bytes of a file or pipe, inflated when they are gzip (RFC 1952), read in steps and never raising.

gzip is recognised by its first two bytes. Inflation stops at an absurd ratio: deflate reaches about
1000:1, mail about 4:1.
"""

import os
import stat
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

GZIP = b"\x1f\x8b"
BLOCK = 1 << 16
SPOOL = 16 << 20  # a pipe is kept in memory up to here, then in a temporary file
BOMB_SIZE, BOMB_RATIO = 64 << 20, 100


class Readable(Protocol):
    """What of a file is needed here."""

    def read(self, size: int, /) -> bytes | None:
        """Return up to *size* bytes, none at the end."""

    def close(self) -> None:
        """Let go of the file."""


class Supply:
    """
    Something that can be opened again and again; *open_raw* raises OSError when it is gone.

    Raises nothing itself; an error while reading ends the stream with a `problem`. *path* is that of a regular file.
    """

    def __init__(self, name: str, open_raw: Callable[[], Readable], path: Path | None = None) -> None:
        self.name = name
        self.path = path
        self._open_raw = open_raw

    def open(self) -> "Stream":
        """Return a stream from the first byte, inflated if it is gzip. Raises OSError."""
        return Stream(self._open_raw())


class Stream:
    """A byte stream; after its end *problem* says why it ended early, "" when it did not."""

    def __init__(self, raw: Readable) -> None:
        self.problem = ""
        self._raw = raw
        self._head = self._raw_read(2)
        if len(self._head) == 1:
            self._head += self._raw_read(1)
        self._gunzip = _Gunzip(self._raw_read) if self._head == GZIP else None
        if self._gunzip is not None:
            self._gunzip.feed(self._head)
        self.is_gzip = self._gunzip is not None

    def _raw_read(self, size: int) -> bytes:
        try:
            return self._raw.read(size) or b""
        except OSError as error:
            self.problem = f"read error: {error.strerror or error}"
            return b""

    def read(self, size: int) -> bytes:
        """Return 1 to *size* bytes, b"" at the end."""
        if self._gunzip is not None:
            data = self._gunzip.read(size)
            self.problem = self.problem or self._gunzip.problem
            return data
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        return self._raw_read(size)

    def read_full(self, size: int) -> bytes:
        """Return *size* bytes, fewer only at the end."""
        parts, left = [], size
        while left and (data := self.read(left)):
            parts.append(data)
            left -= len(data)
        return b"".join(parts)

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()


class _Gunzip:
    """Inflate one or more gzip members with bounded memory."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        import zlib

        self.problem = ""
        self._zlib = zlib
        self._read = read
        self._inflater = zlib.decompressobj(wbits=31)
        self._input = b""
        self._taken = self._given = 0
        self._end = False

    def feed(self, data: bytes) -> None:
        self._input += data
        self._taken += len(data)

    def read(self, size: int) -> bytes:
        while not self._end:
            if not self._input:
                self.feed(self._read(BLOCK))
            at_end = not self._input
            try:
                data = self._inflater.decompress(self._input, size)
            except self._zlib.error:
                return self._stop("damaged gzip data")
            self._input = self._inflater.unconsumed_tail
            self._given += len(data)
            if self._given > BOMB_SIZE and self._given > BOMB_RATIO * self._taken:
                return self._stop(f"gzip that inflates to more than {BOMB_RATIO} times its size")
            if self._inflater.eof:
                self._next_member()
            elif at_end and not data:
                return self._stop("the gzip data ends early")
            if data:
                return data
        return b""

    def _next_member(self) -> None:
        """Go on with a further member; zero padding and garbage after the last one are left alone, as gzip(1) does."""
        self._input = self._inflater.unused_data
        if len(self._input) < len(GZIP):
            self.feed(self._read(BLOCK))
        if self._input.startswith(GZIP):
            self._inflater = self._zlib.decompressobj(wbits=31)
        else:
            self._end = True

    def _stop(self, problem: str) -> bytes:
        self.problem, self._end = problem, True
        return b""


def open_regular(path: Path | str) -> BinaryIO:
    """Open a regular file without waiting on pipes or devices. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a regular file")
    return os.fdopen(handle, "rb", buffering=0)


def read_small(path: Path, cap: int) -> bytes | None:
    """Return a whole small file, None when it is absent. Raises OSError, also when it is over *cap* bytes."""
    try:
        with open_regular(path) as file:
            data = file.read(cap + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(data) > cap:
        raise OSError(0, f"over {cap} bytes")
    return data


class _Pipe(Protocol):
    def read(self, size: int, /) -> bytes: ...


def spooled(pipe: "_Pipe", head: bytes) -> Callable[[], Readable]:
    """Keep all of *pipe* (of which *head* was read already) and return what opens it from its first byte."""
    parts, size = [head], len(head)
    while size <= SPOOL and (data := pipe.read(BLOCK)):
        parts.append(data)
        size += len(data)
    head = b"".join(parts)
    if size <= SPOOL:
        return lambda: BytesIO(head)

    import tempfile

    with tempfile.NamedTemporaryFile(prefix="patchwatch-", delete=False) as file:
        file.write(head)
        while data := pipe.read(1 << 20):
            file.write(data)
    keep = os.open(file.name, os.O_RDONLY)
    Path(file.name).unlink()
    return lambda: _Spool(keep)


class _Spool:
    """Reads an unlinked temporary file from its start; the descriptor lives as long as the process."""

    def __init__(self, handle: int) -> None:
        self._handle, self._at = handle, 0

    def read(self, size: int, /) -> bytes:
        data = os.pread(self._handle, size, self._at)
        self._at += len(data)
        return data

    def close(self) -> None:
        """Keep the descriptor for the next reader."""
