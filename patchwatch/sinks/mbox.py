# SPDX-License-Identifier: GPL-2.0-or-later
"""
Drafts in one mbox file, as mutt keeps them when `postponed` names a file.

Writers take turns as mail programs do: a dot lock beside the file, and `lockf` on it. Mails of others keep every byte.
"""

import errno
import fcntl
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from patchwatch.errors import PatchwatchError, UsageError
from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Sink
from patchwatch.sinks.compare import header_ids
from patchwatch.sinks.files import readable_errors, real_path, sync_folder, write_new
from patchwatch.sinks.values import Entry, Place

PATIENCE = 10.0  # seconds until a lock of somebody else is reported
_PAUSE = 0.1
_MAX_SIZE = 256 * 1024 * 1024
_START = b"From "


class MboxSink(Sink):
    """Appends drafts to an mbox (mode 0600 when it is made); its folder must exist."""

    def __init__(self, rest: str) -> None:
        self._path = real_path("mbox", rest)
        self.name = f"mbox:{self._path}"
        self.where = str(self._path)

    @contextmanager
    def opened(self, *, write: bool = True) -> Iterator[Place]:
        """See `Sink.opened`; the locks are held only while the file is read or written."""
        with readable_errors(self._path, "write"):
            path = self._path.resolve()  # a link stays a link, and what it points to is replaced
            if not path.parent.is_dir():
                raise UsageError(f"{self.name}: there is no folder {path.parent}; create it or name another file")
            if path.exists() and not path.is_file():
                raise UsageError(f"{self.name}: is not a plain file; name a file (for a folder use maildir:PATH)")
            yield _MboxPlace(path, write=write)


class _MboxPlace(Place):
    def __init__(self, path: Path, *, write: bool) -> None:
        super().__init__()
        self._path = path
        self._write = write

    def scan(self) -> list[Entry]:
        # A dry run makes no lock file: it may then see half of somebody else's writing, and writes nothing.
        with self._locked() if self._write else _nothing():
            return [self._entry(mail) for mail in split_mbox(self._content())]

    def read(self, entry: Entry) -> bytes | None:
        for mail in split_mbox(self._content()):
            if _digest(mail) == entry.ref:
                return plain_mail(mail)
        return None

    def store(self, draft: Draft) -> Entry:
        mail = mbox_mail(draft.data)
        with self._locked():
            content = self._content()  # also refuses what is no mbox
            if content:
                self._append(_gap(content) + mail, len(content))
            else:
                self._rewrite(mail)
        return self._entry(mail)

    def remove(self, entry: Entry) -> None:
        self._without([entry.ref], b"")

    def replace(self, old: Collection[Entry], draft: Draft) -> str:
        if not old:
            return self.add(draft)
        mail = mbox_mail(draft.data)
        self._without([entry.ref for entry in old], mail)
        self._seen = None
        return str(self._path)

    def _without(self, digests: Collection[str], more: bytes) -> None:
        """Write the file anew, and under its name in one step, without some mails and with *more* at its end."""
        with self._locked():
            kept = b"".join(mail for mail in split_mbox(self._content()) if _digest(mail) not in digests)
            self._rewrite(kept + (_gap(kept) if kept and more else b"") + more)

    def _content(self) -> bytes:
        try:
            size = self._path.stat().st_size
            if size > _MAX_SIZE:
                raise UsageError(f"mbox:{self._path}: is larger than {_MAX_SIZE} bytes; name a folder for drafts only")
            data = self._path.read_bytes()
        except FileNotFoundError:
            return b""
        if data and not data.startswith(_START):
            raise UsageError(f"mbox:{self._path}: is no mbox (it does not begin with `From `); name another file")
        return data

    def _append(self, data: bytes, size: int) -> None:
        """Write at the end; what cannot be written whole is cut off again."""
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            with os.fdopen(handle, "wb", closefd=False) as stream:
                stream.write(data)
            os.fsync(handle)
        except BaseException:
            os.ftruncate(handle, size)
            raise
        finally:
            os.close(handle)

    def _rewrite(self, data: bytes) -> None:
        temporary = self._path.with_name(f".{self._path.name[:200]}.{os.getpid()}.tmp")
        write_new(temporary, data)
        try:
            if self._path.exists():
                temporary.chmod(self._path.stat().st_mode & 0o7777)
            temporary.replace(self._path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(self._path.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with _dot_lock(self._path), _file_lock(self._path):
            yield

    def _entry(self, mail: bytes) -> Entry:
        head = plain_mail(mail)
        return Entry(
            ref=_digest(mail),
            where=str(self._path),
            message_ids=header_ids(head, "Message-ID"),
            in_reply_to=header_ids(head, "In-Reply-To"),
            deleted=_is_deleted(head),
        )


def split_mbox(data: bytes) -> list[bytes]:
    """
    Cut an mbox into mails, each from its `From ` line on, losing no byte.

    A separator is a `From ` line at the start or after an empty line; a Content-Length that leads to one is believed.
    """
    if not data:
        return []
    cuts, start = [0], 0
    while start < len(data):
        found = _announced_end(data, start)
        if found is None:
            after = data.find(b"\n\nFrom ", start)
            found = len(data) if after < 0 else after + 2
        start = found
        if start < len(data):
            cuts.append(start)
    return [data[a:b] for a, b in zip(cuts, [*cuts[1:], len(data)], strict=True)]


def _announced_end(data: bytes, start: int) -> int | None:
    """Return where the next mail begins if a Content-Length says so and a separator, or the end, is there."""
    body = data.find(b"\n\n", start)
    if body < 0:
        return None
    for line in data[start:body].split(b"\n"):
        if line[:15].lower() == b"content-length:" and line[15:].strip().isdigit() and len(line) < 40:
            end = body + 2 + int(line[15:])
            rest = data[end : end + 7]
            if not rest.strip(b"\n"):
                return len(data)
            if rest.startswith((b"\nFrom ", b"From ")) and data[end - 1 : end] == b"\n":
                return end + rest.index(b"F")
    return None


def mbox_mail(data: bytes) -> bytes:
    """Return a mail as it stands in an mbox: separator, `From ` in its lines escaped, an empty line at its end."""
    lines = [b">" + line if line.lstrip(b">").startswith(_START) else line for line in data.split(b"\n")]
    day = time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime())
    end = b"\n" if data.endswith(b"\n") else b"\n\n"
    return f"From patchwatch@localhost {day}\n".encode() + b"\n".join(lines) + end


def plain_mail(mail: bytes) -> bytes:
    """Undo `mbox_mail`."""
    lines = mail.partition(b"\n")[2].split(b"\n")
    lines = [line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(_START) else line for line in lines]
    return b"\n".join(lines).removesuffix(b"\n")


def _gap(content: bytes) -> bytes:
    """Return what must stand between *content* and the next separator."""
    return b"" if content.endswith(b"\n\n") else b"\n" if content.endswith(b"\n") else b"\n\n"


def _digest(mail: bytes) -> str:
    # Without the empty lines at its end: they are the separator's, and change when another mail follows.
    return sha256(mail.rstrip(b"\n")).hexdigest()


def _is_deleted(mail: bytes) -> bool:
    """Whether a client that keeps flags in the file marked it so (`X-Status: D`)."""
    head = mail.partition(b"\n\n")[0].split(b"\n")
    return any(line[:9].lower() == b"x-status:" and b"D" in line[9:] for line in head)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _dot_lock(path: Path) -> Iterator[None]:
    lock = path.with_name(path.name + ".lock")
    until = time.monotonic() + PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            break
        except FileExistsError:
            if time.monotonic() >= until:
                raise PatchwatchError(
                    f"mbox:{path}: is locked by another program ({lock.name} is there); nothing was stored"
                ) from None
            time.sleep(_PAUSE)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield  # there is nothing to lock yet but the name, which the dot lock holds
        return
    try:
        _lockf(handle, path)
        yield
    finally:
        os.close(handle)


def _lockf(handle: int, path: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            if time.monotonic() >= until:
                raise PatchwatchError(f"mbox:{path}: is locked by another program; nothing was stored") from None
            time.sleep(_PAUSE)
        else:
            return
