# SPDX-License-Identifier: GPL-2.0-or-later
"""
A mirror of a public-inbox archive that we keep ourselves: epochs cloned and fetched as the server's manifest says.

The manifest's fingerprints tell what is new, its dates never do. Newest epochs come first, so that a first download
can be bounded, and each is taken whole or not at all: an interrupted run goes on with the epochs it did not finish.
Of the manifest only the numbers of epochs and their fingerprints are taken; where they are follows from the list's URL.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from urllib.parse import unquote, urlsplit

from patchwatch.errors import InputError, ServerError
from patchwatch.sources.mirror_git import Git
from patchwatch.sources.web import MEBIBYTE, WAIT_CAP, AskedToWait, Web

_MANIFEST_CAP = 8 * MEBIBYTE
_STATE = "patchwatch-mirror.json"
_LOCK = "patchwatch-mirror.lock"
_EVERY = 6 * 3600  # a manifest may be stale: so often the newest epoch is asked although it says that nothing changed
_MAX_EPOCHS = 10_000
_FAILURES = 2  # so many epochs may fail before the server is left alone
_FIRST_MAILS = 100  # the middle one of their times says when an epoch begins: single ones may be far off


@dataclass(frozen=True, slots=True)
class Remote:
    """One epoch as the server's manifest has it."""

    number: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """
    What a first download is bounded to; without either all epochs come.

    *newest*: so many epochs, 0 for all. *since* (UTC seconds): no epoch older than the one in which that moment falls.
    Whole epochs only, and those that are here already are always kept up to date.
    """

    newest: int | None = None
    since: float | None = None

    def __bool__(self) -> bool:
        return self.newest is not None or self.since is not None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one run did, or would do: epochs that are new here, that had news, and that are left out on purpose."""

    cloned: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    left: tuple[int, ...] = ()


@dataclass(slots=True)
class _State:
    """What is remembered between runs, in a file of the mirror; a damaged one counts as none."""

    fingerprints: dict[str, str] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    looked: float = 0
    wait_until: float = 0

    def waiting(self, now: float) -> int:
        """Return how many seconds the server still wants to be left alone; a clock that was set back ends it."""
        left = self.wait_until - now
        return int(left) + 1 if 0 < left <= 1.1 * WAIT_CAP else 0


def mirror_folder(url: str, mirrors: Path) -> Path:
    """Return the place of a list's mirror below *mirrors*: HOST/LIST. InputError when *url* names no list."""
    parts = urlsplit(url)
    names = [parts.netloc.lower(), *unquote(parts.path).strip("/").split("/")]
    if any(not name or name.startswith(".") or not name.isprintable() or len(name) > 200 for name in names):
        raise InputError(f"{url}: names no list; write https://HOST/LIST/")
    return mirrors.joinpath(*names)


class Mirror:
    """The mirror of the list at *url* (`https://HOST/LIST/`) in *folder*, laid out as public-inbox does."""

    def __init__(self, url: str, folder: Path, *, bounds: Bounds | None = None, contact: str = "") -> None:
        parts = urlsplit(url)
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
        self.folder = folder
        self._list = unquote(parts.path).strip("/")
        self._bounds = bounds or Bounds()
        self._contact = contact
        self._git = Git(self.url, contact)
        if not self._list:
            raise InputError(f"{url}: names no list; write https://HOST/LIST/")

    def update(self, now: float, told: Callable[[str], None] | None = None) -> Fetched:
        """
        Bring the mirror up to date; *now* is the time in seconds, *told* hears what is being fetched.

        ServerError when the server cannot be reached or asks to wait: what was fetched until then stays.
        """
        state = self._rested(now)
        with self._locked():
            try:
                return self._taken(self._remotes(), state, now, told or (lambda _: None))
            except AskedToWait as asked:
                spread = secrets.randbelow(asked.seconds // 10 + 1)  # so that not everybody comes back at once
                state.wait_until = now + asked.seconds + spread
                self._remember(state)
                raise

    def plan(self, now: float) -> Fetched:
        """Ask the server what `update` would do; write nothing. What a bound by time leaves out shows only later."""
        state = self._rested(now)
        remotes = self._remotes()
        here = [one for one in remotes if self._epoch(one).exists()]
        absent = [one for one in remotes if not self._epoch(one).exists()]
        left = [one for one in absent if self._is_left(one, remotes, state)]
        return Fetched(
            tuple(one.number for one in absent if one not in left),
            tuple(one.number for one in here if state.fingerprints.get(str(one.number)) != one.fingerprint),
            tuple(one.number for one in left),
        )

    def _rested(self, now: float) -> _State:
        state = self._state()
        if seconds := state.waiting(now):
            raise ServerError(f"{self.url}: asked to be left alone for another {seconds} seconds")
        return state

    def _remotes(self) -> list[Remote]:
        """Return the epochs of the list on the server, newest first. InputError when there is no such list."""
        with Web(self.url, self._contact) as web:
            answer = web.get(f"{urlsplit(self.url).path}manifest.js.gz", cap=_MANIFEST_CAP, gzip=True)
        if answer is None:
            raise InputError(f"{self.url}: there is no archive here, or it cannot be mirrored (no manifest.js.gz)")
        try:
            found = json.loads(answer.data)
        except (ValueError, RecursionError):
            raise ServerError(f"{self.url}: its manifest cannot be read") from None
        remotes = dict(self._named(found)) if isinstance(found, dict) else {}
        if not remotes:
            raise InputError(f"{self.url}: its manifest names no epochs of {self._list} (public-inbox v2)")
        return [remotes[number] for number in sorted(remotes, reverse=True)]

    def _named(self, manifest: dict[object, object]) -> Iterator[tuple[int, Remote]]:
        for path, entry in list(manifest.items())[:_MAX_EPOCHS]:
            head, _, name = str(path).rpartition("/git/")
            number = name.removesuffix(".git")
            plain = number != name and number.isascii() and number.isdigit() and len(number) < 9
            if head.strip("/") != self._list or not plain or str(int(number)) != number:
                continue
            fingerprint = entry.get("fingerprint") if isinstance(entry, dict) else None
            yield int(number), Remote(int(number), fingerprint[:100] if isinstance(fingerprint, str) else "")

    def _epoch(self, one: Remote) -> Path:
        return self.folder / "git" / f"{one.number}.git"

    def _is_left(self, one: Remote, remotes: list[Remote], state: _State) -> bool:
        """Whether an epoch that is not here is left out: as asked now, else as it was decided before."""
        bounds = self._bounds
        if bounds.newest:
            return remotes.index(one) >= bounds.newest
        return not bounds and one.number in state.left

    def _taken(self, remotes: list[Remote], state: _State, now: float, told: Callable[[str], None]) -> Fetched:
        due = not 0 <= now - state.looked <= _EVERY  # also after a clock that jumped
        done = Fetched()
        left: list[int] = []
        failures: list[ServerError] = []
        if self._bounds:  # a run that is killed must not be followed by one that takes all
            absent = [one for one in remotes if not self._epoch(one).exists()]
            bound = self._bounds.newest or (len(remotes) if self._bounds.newest == 0 else 1)
            self._remember(replace(state, left=[one.number for one in absent if remotes.index(one) >= bound]))
        enough = False  # an epoch reaches back beyond the time asked for: older ones are left out
        for one in remotes:
            here = self._epoch(one)
            is_new = not here.exists()
            if is_new and (enough or self._is_left(one, remotes, state)):
                left.append(one.number)
                continue
            if is_new or one.fingerprint != state.fingerprints.get(str(one.number), "") or (due and one is remotes[0]):
                told(f"{self._list}: epoch {one.number}")
                try:
                    done = _with(done, one.number, is_new=is_new, came=self._git.fetch(here, f"git/{here.name}"))
                    state.fingerprints[str(one.number)] = one.fingerprint
                    self._remember(state)
                except AskedToWait:
                    raise
                except ServerError as error:
                    failures.append(error)
                    if len(failures) >= _FAILURES:
                        break
                    continue
            enough = enough or self._reaches(here)
        if failures:
            raise failures[0]
        if due or left != state.left or state.wait_until:
            self._remember(replace(state, left=left, looked=now if due else state.looked, wait_until=0))
        return replace(done, left=tuple(left))

    def _reaches(self, here: Path) -> bool:
        """Whether this epoch begins before the time that is asked for."""
        since = self._bounds.since
        if since is None:
            return False
        times = self._git.first_times(here, _FIRST_MAILS)
        return bool(times) and median(times) < since

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let only one process write a mirror; another one finds it busy and says so."""
        import fcntl

        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InputError(f"{self.folder}: cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise ServerError(f"{self.folder}: another process is mirroring this list") from None
        except OSError as error:
            raise InputError(f"{self.folder}: cannot be written: {error.strerror}") from None
        finally:
            os.close(handle)

    def _state(self) -> _State:
        try:
            found = json.loads((self.folder / _STATE).read_text(encoding="utf-8"))
            return _State(
                {str(key): str(value) for key, value in found["fingerprints"].items()},
                [int(number) for number in found["left"]],
                float(found["looked"]),
                float(found["wait_until"]),
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return _State()

    def _remember(self, state: _State) -> None:
        """Write the state beside and rename it: it is whole or the old one."""
        beside = self.folder / f".{_STATE}.{os.getpid()}"
        known = {name: getattr(state, name) for name in ("fingerprints", "left", "looked", "wait_until")}
        beside.write_text(json.dumps(known), encoding="utf-8")
        beside.replace(self.folder / _STATE)


def _with(done: Fetched, number: int, *, is_new: bool, came: bool) -> Fetched:
    if is_new:
        return replace(done, cloned=(*done.cloned, number))
    return replace(done, updated=(*done.updated, number)) if came else done
