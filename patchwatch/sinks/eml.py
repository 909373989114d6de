# SPDX-License-Identifier: GPL-2.0-or-later
"""One draft in one file, for `mutt -H FILE` or `git send-email FILE`."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from patchwatch.errors import UsageError
from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Sink
from patchwatch.sinks.compare import header_ids
from patchwatch.sinks.files import MAX_MAIL, publish, readable_errors, real_path, sync_folder, write_new
from patchwatch.sinks.values import Entry, Place


class EmlSink(Sink):
    """
    Writes a draft to one file (LF line ends, mode 0600): beside it first, then under its name.

    The folder must exist. Only a file with our own untouched draft is ever replaced.
    """

    def __init__(self, rest: str) -> None:
        self._path = real_path("eml", rest)
        self.name = f"eml:{self._path}"
        self.where = str(self._path)

    @contextmanager
    def opened(self, *, write: bool = True) -> Iterator[Place]:
        """See `Sink.opened`."""
        del write
        with readable_errors(self._path, "write"):
            if not self._path.parent.is_dir():
                raise UsageError(f"{self.name}: there is no folder {self._path.parent}; create it or name another file")
            yield _EmlPlace(self._path)


class _EmlPlace(Place):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def scan(self) -> list[Entry]:
        try:
            info = self._path.stat()
        except FileNotFoundError:
            if self._path.is_symlink():
                raise UsageError(f"eml:{self._path}: is a link to nothing; remove it or name another file") from None
            return []
        if not stat.S_ISREG(info.st_mode):
            raise UsageError(f"eml:{self._path}: is not a plain file; name a file (for a folder use maildir:PATH)")
        return [self._entry(self._bytes())]

    def foreign(self, draft: Draft) -> Entry | None:
        """Whatever else the file holds stays."""
        return next((entry for entry in self.entries() if draft.message_id not in entry.message_ids), None)

    def read(self, entry: Entry) -> bytes | None:
        del entry
        try:
            return self._bytes()
        except FileNotFoundError:
            return None

    def store(self, draft: Draft) -> Entry:
        temporary = self._beside(draft)
        try:
            publish(temporary, self._path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        return self._entry(draft.data)

    def replace(self, old: Sequence[Entry], draft: Draft) -> str:
        if not old:
            return self.add(draft)
        temporary = self._beside(draft)
        try:
            temporary.replace(self._path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(self._path.parent)
        self._seen = [self._entry(draft.data)]
        return str(self._path)

    def remove(self, entry: Entry) -> None:
        del entry
        self._path.unlink(missing_ok=True)

    def _beside(self, draft: Draft) -> Path:
        temporary = self._path.with_name(f".{self._path.name[:200]}.{os.getpid()}.tmp")
        write_new(temporary, draft.data)
        return temporary

    def _bytes(self) -> bytes:
        with self._path.open("rb") as stream:
            return stream.read(MAX_MAIL)

    def _entry(self, data: bytes) -> Entry:
        where = str(self._path)
        ids, parents = header_ids(data, "Message-ID"), header_ids(data, "In-Reply-To")
        return Entry(ref=where, where=where, message_ids=ids, in_reply_to=parents)
