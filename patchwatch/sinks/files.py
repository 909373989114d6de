# SPDX-License-Identifier: GPL-2.0-or-later
"""Writing files that nobody else reads and nothing replaces, for sinks that are files or folders."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from patchwatch.errors import PatchwatchError, UsageError

MAX_MAIL = 10 * 1024 * 1024
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700


def real_path(kind: str, rest: str) -> Path:
    """Return the absolute path of `KIND:REST`; `~` is the home folder. Raises UsageError."""
    if not rest or "\0" in rest:
        raise UsageError(f"{f'{kind}:{rest}'!r} names no path; write {kind}:PATH")
    try:
        return Path(rest).expanduser().absolute()
    except RuntimeError as error:
        raise UsageError(f"{kind}:{rest}: {error}") from error


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
