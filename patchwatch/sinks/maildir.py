# SPDX-License-Identifier: GPL-2.0-or-later
"""
A Maildir of drafts, as mutt (`postponed`), aerc (`postpone`) and many servers keep them.

Written as maildir(5) asks: into `tmp/`, then under a unique name in `cur/` with the flags D (draft) and S (seen).
"""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from patchwatch.errors import UsageError
from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Stored, StoredState, make_folder, publish, readable_errors, write_new
from patchwatch.sinks.compare import content_hash, header_ids

_FOLDERS = ("cur", "new", "tmp")
_FLAGS = ":2,DS"
_MAX_SIZE = 10 * 1024 * 1024


class MaildirSink:
    """
    Stores drafts in the Maildir *path*, which is created when missing (folders 0700, files 0600).

    A draft is known by its exact Message-ID and nothing else. What a person edited, or another reply of
    theirs to the same message, stays as it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0

    def put(self, draft: Draft, *, dry_run: bool = False) -> Stored:
        """See `Sink.put`."""
        with readable_errors(self._path, "write"):
            self._check()
            found = self._find(draft)
            if found is not None:
                return found
            if dry_run:
                return Stored(StoredState.CREATED, str(self._path))
            for name in _FOLDERS:
                make_folder(self._path / name)
            return Stored(StoredState.CREATED, str(self._create(draft)))

    def _check(self) -> None:
        """Refuse a place that is something else than a Maildir, before anything is created in it."""
        path = self._path
        if not path.exists():
            return
        if not path.is_dir():
            raise UsageError(f"maildir:{path}: is not a folder; name a Maildir (for a file use eml:PATH)")
        if not any((path / name).is_dir() for name in _FOLDERS) and any(path.iterdir()):
            raise UsageError(f"maildir:{path}: is no Maildir (no cur, new, tmp) and not empty; name another folder")

    def _find(self, draft: Draft) -> Stored | None:
        """Return what is there already: this draft, a changed one, or another reply; None when nothing is."""
        found: list[tuple[Path, bytes]] = []
        foreign: Path | None = None
        for path, data in self._mails():
            if draft.message_id in header_ids(data, "Message-ID"):
                found.append((path, data))
            elif draft.in_reply_to in header_ids(data, "In-Reply-To") and "T" not in _flags(path):
                foreign = foreign or path
        if found:
            wanted = content_hash(draft.data)
            # A client that postpones again leaves a second copy; the one a person changed is what counts.
            changed = next((p for p, data in found if "T" in _flags(p) or content_hash(data) != wanted), None)
            state = StoredState.UNCHANGED if changed is None else StoredState.KEPT
            return Stored(state, str(changed or found[0][0]))
        return None if foreign is None else Stored(StoredState.EXISTS_FOREIGN, str(foreign))

    def _mails(self) -> Iterator[tuple[Path, bytes]]:
        """Yield all mails of `cur` and `new`, sorted by name; one that just went away is passed over."""
        for folder in (self._path / "cur", self._path / "new"):
            if not folder.is_dir():
                continue
            for path in sorted(folder.iterdir()):
                if path.name.startswith(".") or not path.is_file():
                    continue
                try:
                    with path.open("rb") as stream:
                        yield path, stream.read(_MAX_SIZE)
                except FileNotFoundError:
                    continue  # a mail client renamed it

    def _create(self, draft: Draft) -> Path:
        name = self._unique()
        temporary, final = self._path / "tmp" / name, self._path / "cur" / f"{name}{_FLAGS}"
        write_new(temporary, draft.data)
        try:
            publish(temporary, final)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        return final

    def _unique(self) -> str:
        """Return a new file name: time, process, count and host (maildir(5)); `/` and `:` are written in octal."""
        self._count += 1
        host = socket.gethostname().replace("/", r"\057").replace(":", r"\072") or "localhost"
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        return f"{seconds}.M{nanoseconds // 1000}P{os.getpid()}Q{self._count}.{host}"


def _flags(path: Path) -> str:
    return path.name.rpartition(":2,")[2] if ":2," in path.name else ""
