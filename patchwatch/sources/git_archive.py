# SPDX-License-Identifier: GPL-2.0-or-later
"""
Public-inbox archives: v2 has epochs `INBOX/git/N.git`, v1 is one bare repository; one commit per mail.

New is what is reachable from HEAD and not from the commit of the cursor; dates are never asked, as
committer dates run backwards. When the cursor's commit is no ancestor, history was rewritten
(public-inbox-purge, public-inbox-edit) and the whole epoch is given anew.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Added, Cursor, Deleted, Event, Reached, Rewritten, Unreadable
from patchwatch.sources.base import BATCH, ONLY_EPOCH
from patchwatch.sources.git_env import BorrowedObjects, GitProblem, is_object_id, refusal, resolve_head
from patchwatch.sources.git_v1 import walk_v1
from patchwatch.sources.git_walk import BlobReader, Step, read_blobs, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One repository of an archive; *name* is its number as written in its directory's name, "0" in v1."""

    name: str
    path: Path
    is_v1: bool = False

    @property
    def label(self) -> str:
        """The place inside the archive, for people."""
        return self.path.name if self.is_v1 else f"git/{self.path.name}"

    def walk(self, git: BorrowedObjects, since: str | None, until: str) -> list[Step]:
        """Return what the commits after *since* up to *until* do. Raises GitProblem."""
        return (walk_v1 if self.is_v1 else walk)(git, since, until)


def epochs_of(archive: Path) -> list[Epoch]:
    """Return the epochs of *archive*, ascending; names other than `[0-9]+.git` do not count. Raises OSError."""
    found = []
    for path in (archive / "git").iterdir():
        name = path.name.removesuffix(".git")
        if name != path.name and name.isascii() and name.isdigit() and len(name) < 10 and path.is_dir():
            found.append(Epoch(name=name, path=path))
    return sorted(found, key=lambda epoch: (int(epoch.name), epoch.name))


class GitArchive:
    """A public-inbox archive on disk. Both versions are of one kind: an archive may be converted in its place."""

    kind = "public-inbox"

    def __init__(self, where: Path, name: str, *, version: int = 2) -> None:
        self.name = name
        self._where = where
        self._is_v1 = version == 1
        self._reader: BlobReader | None = None
        self._reader_for: tuple[Path, ...] = ()

    def events(self, since: Cursor) -> Iterator[Event]:
        """Yield the events of all epochs after *since*; see `Source.events`. Deletions are given as they come."""
        try:
            epochs = self._epochs()
        except OSError as error:
            yield Unreadable(epoch="0", origin=self.name, reason=f"git/ cannot be listed: {error.strerror}")
            return
        for epoch in epochs:
            try:
                yield from _epoch_events(epoch, since)
            except GitProblem as problem:
                yield Unreadable(epoch=epoch.name, origin=epoch.label, reason=str(problem))
        present = {epoch.name for epoch in epochs}
        for name, _ in since.tips:
            if name not in present:
                yield Unreadable(epoch=name, origin=f"git/{name}.git", reason="the epoch is gone; its mails are kept")

    def count(self, since: Cursor) -> int | None:
        """Return the number of commits after *since*: about the number of mails, for a progress bar."""
        total = 0
        for epoch, tip in self._born():
            old = since.tip(epoch.name)
            if tip != old:
                total += _count_commits(epoch, old, tip)
        return total

    def deletions(self) -> Iterable[Deleted]:
        """Yield all deletions of all epochs; reads commits and trees only."""
        for epoch, tip in self._born():
            try:
                with BorrowedObjects([epoch.path / "objects"], len(tip)) as git:
                    steps = epoch.walk(git, None, tip)
            except GitProblem:
                continue  # `events` tells
            position = 0
            for step in steps:
                if step.kind == "d":
                    yield Deleted(epoch=epoch.name, position=position, blob=step.value)
                position += step.kind != "!"

    def read(self, blob: str) -> bytes | None:
        """Return one mail by blob id from whatever epoch has it, None when none has."""
        if not is_object_id(blob):
            return None
        for fresh in (False, True):
            try:
                data = self._open_reader(len(blob), fresh=fresh).get(blob)
            except (GitProblem, OSError):
                self.close()
                continue
            if data is not None:
                return data
        return None

    def close(self) -> None:
        """End the process that `read` keeps; it is started again when needed."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open_reader(self, id_length: int, *, fresh: bool) -> BlobReader:
        """Return the running reader, or with *fresh* one that knows epochs which appeared since."""
        if self._reader is not None and not fresh:
            return self._reader
        objects = tuple(epoch.path / "objects" for epoch, tip in self._born() if len(tip) == id_length)
        if not objects:
            raise GitProblem("no epoch to read from")
        if self._reader is None or objects != self._reader_for:
            self.close()
            self._reader = BlobReader(BorrowedObjects(objects[::-1], id_length))
            self._reader_for = objects
        return self._reader

    def _epochs(self) -> list[Epoch]:
        """Return what there is to read. Raises OSError."""
        if self._is_v1:
            return [Epoch(name=ONLY_EPOCH, path=self._where.absolute(), is_v1=True)]
        return epochs_of(self._where)

    def _born(self) -> Iterator[tuple[Epoch, str]]:
        """Yield the epochs that can be read, with their tips."""
        try:
            epochs = self._epochs()
        except OSError:
            return
        for epoch in epochs:
            try:
                tip = resolve_head(epoch.path)
            except GitProblem:
                continue
            if tip is not None and not refusal(epoch.path):
                yield epoch, tip


def _count_commits(epoch: Epoch, old: str | None, tip: str) -> int:
    with BorrowedObjects([epoch.path / "objects"], len(tip)) as git:
        for exclude in [[f"^{old}"], []] if old is not None and is_object_id(old) else [[]]:
            code, output = git.ask("rev-list", "--count", tip, *exclude, "--")
            if code == 0:
                return int(output)
    return 0


def _epoch_events(epoch: Epoch, since: Cursor) -> Iterator[Event]:
    """Yield what is new in one epoch. Raises GitProblem; then the last `Reached` stays the place to go on from."""
    tip = resolve_head(epoch.path)
    old = since.tip(epoch.name)
    if tip is None or tip == old:
        return
    if reason := refusal(epoch.path):
        raise GitProblem(reason)
    with BorrowedObjects([epoch.path / "objects"], len(tip)) as git:
        goes_on = old is not None and _is_ancestor(git, old, tip)
        steps = epoch.walk(git, old if goes_on else None, tip)
        used = 0
        if goes_on:
            known = since.count(epoch.name)
            used = _count_events(epoch.walk(git, None, old or "")) if known is None else known
        elif old is not None:
            yield Rewritten(epoch=epoch.name)
        yield from _step_events(epoch, git, steps, used)
        yield Reached(epoch=epoch.name, tip=tip, count=used + _count_events(steps))


def _is_ancestor(git: BorrowedObjects, old: str, tip: str) -> bool:
    """Whether *old* is a commit of the history of *tip*; False as well when it is no object here."""
    return is_object_id(old) and len(old) == len(tip) and git.ask("merge-base", "--is-ancestor", old, tip)[0] == 0


def _count_events(steps: list[Step]) -> int:
    return sum(step.kind != "!" for step in steps)


def _step_events(epoch: Epoch, git: BorrowedObjects, steps: list[Step], position: int) -> Iterator[Event]:
    """Yield the event of each step, and `Reached` between two commits after every `BATCH` events."""
    name, label = epoch.name, epoch.label
    blobs = read_blobs(git, [step.value for step in steps if step.kind == "m"])
    reached, last = position, ""
    for commit, kind, value in steps:
        if position - reached >= BATCH and commit != last:
            reached = position
            yield Reached(epoch=name, tip=last, count=position)
        last = commit
        problem = ""
        if kind == "m":
            data, truncated, problem = next(blobs)
            if not problem:
                raw = RawMessage(blob=value, data=data, origin=f"{label}:{commit}", truncated=truncated)
                yield Added(epoch=name, position=position, raw=raw)
        elif kind == "d":
            yield Deleted(epoch=name, position=position, blob=value)
        if problem or kind == "!":
            yield Unreadable(epoch=name, origin=f"{label}:{commit}", reason=problem or value)
        position += kind != "!"  # by the walk alone, so that every way of counting agrees
