# SPDX-License-Identifier: GPL-2.0-or-later
"""
The mail of sources that keep none for us: an own bare git repository beside the database, blobs only.

An inbox moves, flags and expunges; the database holds facts, not text. So each such mail is a blob here, under the id
that names it everywhere. It is written before the rows that name it and never the other way round: after a crash
there may be a blob too many, never one too few. Nothing refers to the blobs; the repository is marked so that git
itself never throws any away (`preciousObjects`).
"""

import fcntl
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path
from typing import IO

from patchwatch.errors import DatabaseError, UsageError
from patchwatch.sources.git_env import BorrowedObjects, GitProblem, is_object_id
from patchwatch.sources.git_walk import BlobReader

_CONFIG = """[core]
\trepositoryformatversion = 1
\tbare = true
[extensions]
\tpreciousObjects = true
[gc]
\tauto = 0
\tpruneExpire = never
[receive]
\tautogc = false
"""
_ID = 40
_SMALL = 100  # so few blobs are written one by one, as fast-import does by itself
_LOOSE = 6_000  # so many files of single blobs are packed: git slows down with them
_FSYNC = ("-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync", "-c", f"fastimport.unpackLimit={_SMALL}")


def spool_path(database: str, data_home: Path) -> Path:
    """
    Return where the mail of a database is kept: beside its file, else below *data_home*.

    A database on a server has no place beside it: its mail stays on the machine that read it.
    """
    scheme, mark, rest = database.partition("://")
    if not mark or scheme.startswith("sqlite"):
        path = Path(rest.removeprefix("/") if mark else database).expanduser().absolute()
        return path.with_name(f"{path.name}.mail.git")
    where = rest.rpartition("@")[2]  # the same database for every user name and password
    digest = sha1(where.encode(), usedforsecurity=False).hexdigest()[:12]
    return data_home / "patchwatch" / f"{digest}.mail.git"


class Spool:
    """The blobs of one database; the repository is made when the first mail comes. A context manager by `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader: BlobReader | None = None
        self._using: IO[bytes] | None = None  # a lock that says: mails may be here whose rows are still to come

    def add(self, mails: Iterable[tuple[str, bytes]]) -> int:
        """
        Store mails by blob id; return how many were new. They are on the disk when this returns.

        Raises DatabaseError when that fails: the caller then must not store rows that name them.
        """
        wanted = dict(mails)
        if not wanted:
            return 0
        with self._told("stored"):
            self._make()
            self._use(fcntl.LOCK_SH)
            with self._locked(), BorrowedObjects([self._objects], _ID) as git:
                new = {blob: wanted[blob] for blob in _absent(git, list(wanted))}
                if new:
                    _import(git, new.values())
                    self._sync(new)
                if _loose_count(self._objects) > _LOOSE:
                    self._rewrite(git, frozenset())
        return len(new)

    def read(self, blob: str) -> bytes | None:
        """Return a mail by blob id, None when it is not here."""
        if not is_object_id(blob) or len(blob) != _ID or not self._objects.is_dir():
            return None
        for _ in range(2):  # a process that read before the packs were rewritten is started again
            try:
                if self._reader is None:
                    self._reader = BlobReader(BorrowedObjects([self._objects], _ID))
                return self._reader.get(blob)
            except (GitProblem, OSError):
                self.close()
        return None

    def blobs(self) -> set[str]:
        """Return the ids of all mails kept."""
        if not self._objects.is_dir():
            return set()
        with self._told("listed"), BorrowedObjects([self._objects], _ID) as git:
            return set(_all_blobs(git))

    def drop(self, blobs: Collection[str]) -> int:
        """
        Forget these mails: all others are packed anew, then the old packs and files go. Return how many went.

        A killed run leaves the old packs, so that nothing is lost; the next call ends the work.
        """
        self.close()
        if not blobs or not self._objects.is_dir():
            return 0
        with self._told("rewritten"), self._locked(), BorrowedObjects([self._objects], _ID) as git:
            gone = set(blobs) & set(_all_blobs(git))
            if gone:
                self._rewrite(git, gone)
        return len(gone)

    def keep_only(self, live: Callable[[set[str]], Collection[str]]) -> int:
        """
        Forget all mails but those that *live* picks from the ids it is given; return how many went.

        Raises DatabaseError while another process adds mail, as the rows for it may still be to come.
        """
        if not self._objects.is_dir():
            return 0
        with self._told("cleaned up"):
            self._use(fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            there = self.blobs()
            return self.drop(there - set(live(there)))
        finally:
            self.release()

    def release(self) -> None:
        """Say that all rows for the mails that were added are stored."""
        if self._using is not None:
            self._using.close()
            self._using = None

    def _use(self, how: int) -> None:
        if self._using is None:
            self._using = (self.path / "patchwatch.users").open("ab")
        fcntl.flock(self._using, how)

    def close(self) -> None:
        """End the process that `read` keeps."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    @property
    def _objects(self) -> Path:
        return self.path / "objects"

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        try:
            yield
        except UsageError as error:
            raise DatabaseError(f"{self.path}: mail could not be {done}: {error}") from None
        except (GitProblem, OSError) as error:
            reason = (error.strerror or error) if isinstance(error, OSError) else error
            raise DatabaseError(f"{self.path}: mail could not be {done}: {reason}") from None

    def _make(self) -> None:
        """Make the repository, private like the database; files of a killed run are written again."""
        if (self.path / "HEAD").is_file():
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700, exist_ok=True)
        for name in ("refs", "objects/pack", "objects/info"):
            (self.path / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.path / "config").write_text(_CONFIG)
        # Last: with it the repository counts as made.
        (self.path / "HEAD").write_text("ref: refs/heads/none\n")
        _sync_folder(self.path)
        _sync_folder(self.path.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep writers apart: one must not take packs away while another looks what is there."""
        handle = os.open(self.path / "patchwatch.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _sync(self, blobs: Iterable[str]) -> None:
        """Make names durable: git syncs the files, not the folders they are in."""
        folders = {self._objects / blob[:2] for blob in blobs}
        for folder in (self._objects, self._objects / "pack", *sorted(folders)):
            if folder.is_dir():
                _sync_folder(folder)

    def _rewrite(self, git: BorrowedObjects, without: Collection[str]) -> None:
        old = [path for path in (self._objects / "pack").iterdir() if path.name.startswith(("pack-", "tmp_"))]
        loose = list(_loose(self._objects))
        keep = [blob for blob in _all_blobs(git) if blob not in without]
        kept = f"pack-{_pack(git, keep, self._objects / 'pack' / 'pack')}" if keep else "-"
        _sync_folder(self._objects / "pack")
        for path in (*old, *loose):
            if path.name.partition(".")[0] != kept:
                path.unlink(missing_ok=True)
        self._sync(f"{n:02x}" for n in range(256))


def _absent(git: BorrowedObjects, blobs: Sequence[str]) -> list[str]:
    output = _answer(git, blobs, "cat-file", "--batch-check=%(objectname)", "--buffer").split(b"\n")
    return [blob for blob, line in zip(blobs, output, strict=False) if line.endswith(b"missing")]


def _all_blobs(git: BorrowedObjects) -> list[str]:
    code, output = git.ask("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--buffer")
    if code:
        raise GitProblem(git.complaint())
    return output.decode("ascii").split()


def _import(git: BorrowedObjects, mails: Iterable[bytes]) -> None:
    def lines() -> Iterator[bytes]:
        for data in mails:
            yield b"blob\ndata %d\n%s\n" % (len(data), data)
        yield b"done\n"

    _answer(git, lines(), *_FSYNC, "fast-import", "--quiet", "--done")


def _pack(git: BorrowedObjects, blobs: Iterable[str], base: Path) -> str:
    """Pack these blobs and return the name of the pack; no deltas are looked for, which for mail gains little."""
    output = _answer(git, blobs, *_FSYNC, "pack-objects", "--quiet", "--window=0", str(base))
    return output.decode("ascii").strip()


def _answer(git: BorrowedObjects, wanted: Iterable[str] | Iterable[bytes], *arguments: str) -> bytes:
    """Run git with lines (or bytes as they are) as its input, through a file: no pipe can fill up."""
    path = git.directory / "wanted"
    with path.open("wb") as file:
        file.writelines(f"{one}\n".encode() if isinstance(one, str) else one for one in wanted)
    with path.open("rb") as file:
        process = git.start(*arguments, stdin=file)
        output, _ = process.communicate()
    path.unlink()
    if process.returncode:
        raise GitProblem(git.complaint())
    return output


def _loose(objects: Path) -> Iterator[Path]:
    for n in range(256):
        folder = objects / f"{n:02x}"
        if folder.is_dir():
            yield from folder.iterdir()


def _loose_count(objects: Path) -> int:
    """Guess the number of files of single blobs from one of the 256 folders, as git does."""
    folder = objects / "17"
    return 256 * len(os.listdir(folder)) if folder.is_dir() else 0  # noqa: PTH208 - names are enough


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
