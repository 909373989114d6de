# SPDX-License-Identifier: GPL-2.0-or-later
"""
Which places a sync reads, the fetching of mirrors side by side, and one sync a database.

Nothing here needs SQLAlchemy: most runs of a timer find nothing new, and can tell so from the archives' refs and one
look into the database file.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from urllib.parse import urlsplit

from patchwatch import __version__
from patchwatch.config import ListConfig
from patchwatch.errors import DatabaseError, InputError, PatchwatchError, UsageError
from patchwatch.sources.mirror import Fetched, mirror_folder

_WEB = ("http://", "https://")
_FAR = (*_WEB, "imap:")
_ASKED = ("imap:", "notmuch:", "lei:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    One archive of the list *name*: *where* as it is configured, *source* what is opened.

    A *url* is mirrored into the folder *source* first.
    """

    name: str
    where: str
    source: str
    url: str = ""

    @property
    def is_far(self) -> bool:
        """Whether the network is needed to look there."""
        return self.where.lower().startswith(_FAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A place whose mail can be read now, or why not (*failed*); *fetched* is what a mirror got."""

    place: Place
    fetched: Fetched | None = None
    failed: BaseException | None = None


def places_of(lists: Mapping[str, ListConfig], mirrors: Path, names: Sequence[str] = ()) -> list[Place]:
    """Return the archives of the lists *names* (all without any), each place once. Raises UsageError, InputError."""
    for name in names:
        if name not in lists:
            near = get_close_matches(name, lists, 1)
            known = f"; did you mean {near[0]}?" if near else f"; configured: {', '.join(sorted(lists)) or 'none'}"
            raise UsageError(f"no list {name!r} in the configuration{known}")
    found: dict[str, Place] = {}
    for name in dict.fromkeys(names or lists):
        archives = lists[name].archive
        wanted = [one for one in ([archives] if isinstance(archives, str) else archives) if one]
        if names and not wanted:
            raise UsageError(f'list.{name}: has no archive to read; add `archive = "..."` to it')
        for where in wanted:
            place = _place(name, where, mirrors)
            found.setdefault(place.source, place)
    if not found:
        raise UsageError("no list with an archive in the configuration; `patchwatch init` writes one")
    return list(found.values())


def _place(name: str, where: str, mirrors: Path) -> Place:
    if where.lower().startswith(_WEB):
        return Place(name=name, where=where, source=str(mirror_folder(where, mirrors)), url=where)
    if where.startswith(_ASKED) and not os.path.lexists(where):
        return Place(name=name, where=where, source=where)
    kind, colon, rest = where.partition(":")
    path = rest if colon and kind in ("maildir", "mbox") and not os.path.lexists(where) else where
    return Place(name=name, where=where, source=str(Path(path).expanduser().resolve()))


def made_ready(places: Iterable[Place], fetch: Callable[[Place], Fetched]) -> Iterator[Ready]:
    """
    Yield each place when its mail can be read: local ones at once, mirrors as *fetch* is done with them.

    One thread a host, so that every server sees one connection of ours.
    """
    hosts: dict[str, list[Place]] = {}
    local: list[Place] = []
    for place in places:
        if place.url:
            hosts.setdefault(urlsplit(place.url).netloc.lower(), []).append(place)
        else:
            local.append(place)
    done: SimpleQueue[Ready] = SimpleQueue()

    def work(group: list[Place]) -> None:
        for place in group:
            try:
                done.put(Ready(place=place, fetched=fetch(place)))
            except BaseException as error:  # noqa: BLE001 - raised again where it can be told
                done.put(Ready(place=place, failed=error))

    for group in hosts.values():
        Thread(target=work, args=(group,), daemon=True).start()
    for place in local:
        yield Ready(place=place)
    for _ in range(sum(map(len, hosts.values()))):
        ready = done.get()
        if ready.failed is not None and not isinstance(ready.failed, PatchwatchError):
            raise ready.failed
        yield ready


def database_file(database: str) -> Path | None:
    """Return the file of an SQLite database (a path or URL), None for a server's."""
    scheme, mark, rest = database.partition("://")
    if mark and not scheme.startswith("sqlite"):
        return None
    return Path(rest.removeprefix("/") if mark else database).expanduser().absolute()


class Busy(Exception):  # noqa: N818 - reads as what happened
    """Another sync works on the same database."""


@contextmanager
def only_sync(file: Path) -> Iterator["Seen"]:
    """Hold the lock beside a database file, or raise Busy at once; gives what runs before have seen."""
    path = file.with_name(f"{file.name}.sync")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield Seen(file, handle)
    finally:
        os.close(handle)


class Seen:
    """
    What a look into the database file tells: whether an archive has something that was not read.

    Only after a whole run by this version of patchwatch, whose mark stands in the lock file: another one may read mail
    in another way, or need an upgrade of the database, and says so itself.
    """

    def __init__(self, file: Path, handle: int) -> None:
        self._handle = handle
        self._tips: dict[str, dict[str, str]] | None = None
        if os.pread(handle, 100, 0).decode("ascii", "replace") == __version__ and file.is_file():
            self._tips = _tips_in(file)

    @property
    def is_settled(self) -> bool:
        """Whether all mail that was read has been judged."""
        return self._tips is not None

    def is_unchanged(self, place: Place) -> bool:
        """Whether a public-inbox archive (version 2) has exactly the tips that were read; False for all else."""
        if self._tips is None or not place.source.startswith("/"):
            return False
        tips = self._tips.get(str(Path(place.source).resolve()))
        return bool(tips) and tips == _tips_of(Path(place.source))

    def mark(self) -> None:
        """Note that a whole run has ended well."""
        os.pwrite(self._handle, __version__.encode(), 0)
        os.ftruncate(self._handle, len(__version__))

    def clear(self) -> None:
        """Take the mark away while a run changes something."""
        os.ftruncate(self._handle, 0)


def _tips_in(file: Path) -> dict[str, dict[str, str]] | None:
    """Return the tips that were read, by location and epoch; None when something waits to be judged."""
    query = "SELECT location, epoch, tip FROM source JOIN cursor ON cursor.source_id = source.id"
    found: dict[str, dict[str, str]] = {}
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as conn:
            for table in ("pending", "pending_sender"):
                if conn.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608 - two words of ours
                    return None
            for location, epoch, tip in conn.execute(query):
                found.setdefault(str(location), {})[str(epoch)] = str(tip)
    except sqlite3.Error:
        return None
    return found


def _tips_of(archive: Path) -> dict[str, str]:
    """Return the tip of each epoch of an archive; {} for what is none."""
    from patchwatch.sources.git_archive import epochs_of
    from patchwatch.sources.git_env import GitProblem, resolve_head

    try:
        tips = {epoch.name: resolve_head(epoch.path) for epoch in epochs_of(archive)}
    except (OSError, GitProblem):
        return {}
    return {name: tip for name, tip in tips.items() if tip is not None}


def offline(places: Iterable[Place]) -> tuple[list[Place], list[Place]]:
    """Return the places that can be read without the network (a mirror that is here counts), and those that cannot."""
    near: list[Place] = []
    far: list[Place] = []
    for place in places:
        if place.url and (Path(place.source) / "git").is_dir():
            near.append(replace(place, url=""))
        elif place.is_far:
            far.append(place)
        else:
            near.append(place)
    return near, far


def list_of(url: str) -> str:
    """Return what to call the list at a URL: the last word of its path. Raises InputError."""
    word = urlsplit(url).path.strip("/").rpartition("/")[2]
    if not word:
        raise InputError(f"{url}: names no list; write https://HOST/LIST/")
    return word
