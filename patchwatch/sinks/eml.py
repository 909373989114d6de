# SPDX-License-Identifier: GPL-2.0-or-later
"""One draft in one file, for `mutt -H FILE` or `git send-email FILE`."""

import os
import stat
from pathlib import Path

from patchwatch.errors import UsageError
from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Stored, StoredState, publish, readable_errors, write_new
from patchwatch.sinks.compare import content_hash, header_ids

_MAX_SIZE = 10 * 1024 * 1024


class EmlSink:
    """
    Writes a draft to *path* (LF line ends, mode 0600): beside it first, then under its name.

    The folder must exist. A file that is there is never replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, draft: Draft, *, dry_run: bool = False) -> Stored:
        """See `Sink.put`; KEPT when the file holds anything but this very draft."""
        path = self._path
        with readable_errors(path, "write"):
            if not path.parent.is_dir():
                raise UsageError(f"eml:{path}: there is no folder {path.parent}; create it or name another file")
            state = self._look(draft)
            if state is None and not dry_run:
                state = self._create(draft)
        return Stored(state or StoredState.CREATED, str(path))

    def _look(self, draft: Draft) -> StoredState | None:
        """Return what the present file means for *draft*, None when there is none."""
        try:
            info = self._path.stat()
        except FileNotFoundError:
            if self._path.is_symlink():
                raise UsageError(f"eml:{self._path}: is a link to nothing; remove it or name another file") from None
            return None
        if not stat.S_ISREG(info.st_mode):
            raise UsageError(f"eml:{self._path}: is not a plain file; name a file (for a folder use maildir:PATH)")
        with self._path.open("rb") as stream:
            data = stream.read(_MAX_SIZE)
        ours = draft.message_id in header_ids(data, "Message-ID")
        same = ours and content_hash(data) == content_hash(draft.data)
        return StoredState.UNCHANGED if same else StoredState.KEPT

    def _create(self, draft: Draft) -> StoredState:
        temporary = self._path.with_name(f".{self._path.name[:200]}.{os.getpid()}.tmp")
        write_new(temporary, draft.data)
        try:
            publish(temporary, self._path)
        except FileExistsError:
            return StoredState.KEPT  # somebody was faster
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        return StoredState.CREATED
