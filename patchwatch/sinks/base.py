# SPDX-License-Identifier: GPL-2.0-or-later
"""A sink is a place that takes drafts; nothing in it is ever overwritten or sent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from patchwatch.errors import PatchwatchError
from patchwatch.model.draft import Draft

_FILE_MODE = 0o600
_FOLDER_MODE = 0o700


class StoredState(StrEnum):
    """What became of a draft; only CREATED writes anything."""

    CREATED = "created"
    UNCHANGED = "unchanged"  # the same draft is there already
    KEPT = "kept"  # an older or edited version, or something else, is there and stays
    EXISTS_FOREIGN = "exists-foreign"  # another reply to the same message is there


@dataclass(frozen=True, slots=True)
class Stored:
    """The result of one `put`: *where* is the path, for people."""

    state: StoredState
    where: str


class Sink(Protocol):
    """A configured place for drafts."""

    def put(self, draft: Draft, *, dry_run: bool = False) -> Stored:
        """
        Store *draft*, or say why nothing is written; with *dry_run* only say what would be done.

        PatchwatchError when the place cannot be read or written; nothing half-written stays behind.
        """
        ...


@contextmanager
def readable_errors(path: Path, verb: str) -> Iterator[None]:
    """Turn an OSError into one line for the user: what could not be done, to which path, and why."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise PatchwatchError(f"cannot {verb} {path}: {reason}; nothing was stored") from error


def write_new(path: Path, data: bytes) -> None:
    """Create *path* (mode 0600, never an existing file) with *data* on disk; on failure it is gone again."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def publish(temporary: Path, final: Path) -> None:
    """
    Give *temporary* its *final* name without ever replacing a file; FileExistsError when there is one.

    A hard link does not overwrite, a rename does; file systems without links (FAT, some network mounts)
    get the rename after a look.
    """
    try:
        os.link(temporary, final)
    except FileExistsError:
        temporary.unlink()
        raise
    except OSError:
        if final.exists():
            temporary.unlink()
            raise FileExistsError(str(final)) from None
        temporary.rename(final)
    else:
        temporary.unlink()
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in *folder* survive a power cut, where the file system can."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError:
        # Some network and FUSE file systems cannot; the file itself was synced.
        return
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Create *folder* and missing parents, each for the user alone."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    for path in reversed(missing):
        path.mkdir(mode=_FOLDER_MODE, exist_ok=True)
