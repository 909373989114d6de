# SPDX-License-Identifier: GPL-2.0-or-later
"""
A Maildir of drafts, as mutt (`postponed`), aerc (`postpone`) and many servers keep them.

Written as maildir(5) asks: into `tmp/`, then under a unique name in `cur/` with the flags D (draft) and S (seen).
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from patchwatch.errors import UsageError
from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Sink
from patchwatch.sinks.compare import MAX_HEADERS, header_ids
from patchwatch.sinks.files import MAX_MAIL, make_folder, publish, readable_errors, real_path, write_new
from patchwatch.sinks.values import Entry, Place

_FOLDERS = ("cur", "new", "tmp")
_FLAGS = ":2,DS"


class MaildirSink(Sink):
    """
    Stores drafts in a Maildir, which is created when missing (folders 0700, files 0600).

    A draft is known by its exact Message-ID and nothing else. What a person edited, or another reply of
    theirs to the same message, stays as it is.
    """

    def __init__(self, rest: str) -> None:
        self._path = real_path("maildir", rest)
        self.name = f"maildir:{self._path}"
        self.where = str(self._path)

    @contextmanager
    def opened(self, *, write: bool = True) -> Iterator[Place]:
        """See `Sink.opened`."""
        del write
        with readable_errors(self._path, "write"):
            self._check()
            yield _MaildirPlace(self._path)

    def _check(self) -> None:
        """Refuse a place that is something else than a Maildir, before anything is created in it."""
        path = self._path
        if not path.exists():
            return
        if not path.is_dir():
            raise UsageError(f"maildir:{path}: is not a folder; name a Maildir (for a file use eml:PATH)")
        if not any((path / name).is_dir() for name in _FOLDERS) and any(path.iterdir()):
            raise UsageError(f"maildir:{path}: is no Maildir (no cur, new, tmp) and not empty; name another folder")


class _MaildirPlace(Place):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._count = 0

    def scan(self) -> list[Entry]:
        """Read the headers of all mails of `cur` and `new`, sorted by name; one that just went away is passed over."""
        found = []
        for folder in (self._path / "cur", self._path / "new"):
            if not folder.is_dir():
                continue
            for path in sorted(folder.iterdir()):
                if path.name.startswith(".") or not path.is_file():
                    continue
                head = _bytes(path, MAX_HEADERS)
                if head is not None:
                    found.append(_entry(path, head))
        return found

    def read(self, entry: Entry) -> bytes | None:
        return _bytes(Path(entry.ref), MAX_MAIL)

    def store(self, draft: Draft) -> Entry:
        for name in _FOLDERS:
            make_folder(self._path / name)
        name = self._unique()
        temporary, final = self._path / "tmp" / name, self._path / "cur" / f"{name}{_FLAGS}"
        write_new(temporary, draft.data)
        try:
            publish(temporary, final)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        return _entry(final, draft.data)

    def remove(self, entry: Entry) -> None:
        # A client may have renamed it a moment ago: then it stays, and the next run finds both and sweeps up.
        Path(entry.ref).unlink(missing_ok=True)

    def _unique(self) -> str:
        """Return a new file name: time, process, count and host (maildir(5)); `/` and `:` are written in octal."""
        self._count += 1
        host = socket.gethostname().replace("/", r"\057").replace(":", r"\072") or "localhost"
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        return f"{seconds}.M{nanoseconds // 1000}P{os.getpid()}Q{self._count}.{host}"


def _bytes(path: Path, limit: int) -> bytes | None:
    try:
        with path.open("rb") as stream:
            return stream.read(limit)
    except FileNotFoundError:
        return None  # a mail client renamed it


def _entry(path: Path, head: bytes) -> Entry:
    return Entry(
        ref=str(path),
        where=str(path),
        message_ids=header_ids(head, "Message-ID"),
        in_reply_to=header_ids(head, "In-Reply-To"),
        deleted="T" in (path.name.rpartition(":2,")[2] if ":2," in path.name else ""),
    )
