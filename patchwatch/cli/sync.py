# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch sync`: all configured archives, fetched side by side, read by one writer, judged once."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from patchwatch.cli.bars import Bars
from patchwatch.cli.settings import Settings
from patchwatch.config import day_seconds, mirrors_folder
from patchwatch.errors import InputError, ServerError, UsageError
from patchwatch.reports.clean import one_line, several
from patchwatch.sources.lore import read_url
from patchwatch.sources.mirror import Bounds, Fetched, Mirror, mirror_folder
from patchwatch.syncing import Busy, Place, Ready, Seen, database_file, made_ready, offline, only_sync, places_of

if TYPE_CHECKING:
    from patchwatch.ingest import Ingested
    from patchwatch.model.mail import Message
    from patchwatch.sources.base import Source
    from patchwatch.store.database import Database

_SHOWN = 10
_FRESH = 20_000  # so many new mails are kept in memory for judging; others are read back


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options of `sync` ask for."""

    names: Sequence[str] = ()
    offline: bool = False
    dry_run: bool = False
    epochs: int | None = None
    since: str = ""

    @property
    def bounds(self) -> Bounds:
        """How much of an archive is downloaded at first."""
        return Bounds(newest=self.epochs, since=day_seconds(self.since, "--since") if self.since else None)


def run_sync(settings: Settings, asked: Asked) -> int:
    """Bring what is configured up to date; return the exit code: 4 when a source failed."""
    places = places_of(settings.config.list, mirrors_folder(), asked.names)
    bounds = asked.bounds
    if asked.offline or settings.offline:
        places, far = offline(places)
        for place in far:
            _tell(settings, f"{place.name}: {place.where}: left out: --offline")
    if asked.dry_run:
        from patchwatch.cli.sync_plan import tell_plan

        return tell_plan(settings, places, lambda place: _mirror(settings, place, bounds))
    try:
        with _alone(settings) as (seen, db):
            run = _Run(settings, seen, db, bounds)
            return run.all(places)
    except Busy:
        _tell(settings, f"{_label(settings)}: another sync is at work; nothing to do")
        return 0


@contextmanager
def _alone(settings: Settings) -> "Iterator[tuple[Seen | None, Database | None]]":
    """Hold the lock of the database; a server's is its own, and dies with the connection."""
    file = database_file(settings.database)
    if file is not None:
        with only_sync(file) as seen:
            yield seen, None
        return
    from sqlalchemy import text

    from patchwatch.store.database import open_database

    with open_database(settings.database, create=True) as db, db.engine.connect() as conn:
        if not conn.execute(text("SELECT pg_try_advisory_lock(4967, 1)")).scalar():
            raise Busy
        try:
            conn.commit()
            yield None, db
        finally:
            conn.execute(text("SELECT pg_advisory_unlock(4967, 1)"))


@dataclass(slots=True)
class _Run:
    """One run: what it needs, and what came of it."""

    settings: Settings
    seen: Seen | None
    db: "Database | None"
    bounds: Bounds
    news: dict[str, "Ingested"] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def all(self, places: Sequence[Place]) -> int:
        """Fetch and read all places, then judge; return the exit code."""
        shown = not self.settings.quiet and sys.stderr.isatty()
        own = self.db is None
        written = 0
        try:
            with Bars(shown=shown) as bars:
                for ready in made_ready(places, lambda place: self._fetch(place, bars)):
                    self._take(ready, bars)
                if self.db is not None or self._needs_more():
                    written = self._judge(bars)
        finally:
            if own and self.db is not None:
                self.db.close()
        self._summary(written)
        for problem in self.problems:
            sys.stderr.write(f"patchwatch: {problem}\n")
        return ServerError.exit_code if self.problems else 0

    def _needs_more(self) -> bool:
        """Whether there may be something to judge though no archive has news."""
        config = self.settings.config
        return self.seen is None or not self.seen.is_settled or bool(config.lists_by_tree())

    def _fetch(self, place: Place, bars: Bars) -> Fetched:
        name = f"fetch {place.url}"
        bars.begin(name, f"fetch {place.name}")
        try:
            mirror = _mirror(self.settings, place, self.bounds)
            return mirror.update(datetime.now(UTC).timestamp(), lambda text: bars.begin(name, f"fetch {text}"))
        finally:
            bars.end(name)

    def _take(self, ready: Ready, bars: Bars) -> None:
        """Read one place that was made ready; what fails is noted and stops nothing."""
        place = ready.place
        if ready.failed is not None:
            self._failed(place, ready.failed)
            if not (Path(place.source) / "git").is_dir():
                return
        elif ready.fetched is not None and ready.fetched.left and ready.fetched.cloned:
            _tell(self.settings, f"{place.name}: left out: {several(len(ready.fetched.left), 'older epoch')}")
        if self.seen is not None and self.seen.is_unchanged(place):
            _tell(self.settings, f"{place.name}: nothing new in {place.where}")
            return
        try:
            self._read(place, bars)
        except (InputError, ServerError, UsageError) as error:
            self._failed(place, error)

    def _read(self, place: Place, bars: Bars) -> None:
        from patchwatch.ingest import Ingested, ingest, location_of
        from patchwatch.sources.detect import open_source

        source = open_source(place.source, None, self.settings.config.imap)
        location, db = location_of(place.source, source), self._database()
        known = _known_problems(db, location)
        bars.begin(location, place.name, lambda: _expected(db, source, location))
        done = Ingested()
        try:
            ingest(source, db, location=location, list_name=place.name, done=done, spool=self.settings.spool,
                   index=self.settings.config.index,
                   progress=lambda number: bars.advance(location, number))  # fmt: skip
        finally:
            bars.end(location)
            _close(source)
            done.unreadable = [one for one in done.unreadable if (one.origin, one.reason) not in known]
            self._add(place, done)

    def _add(self, place: Place, done: "Ingested") -> None:
        counts = done.counts
        if not (counts.new or counts.deleted or counts.forgotten or done.unreadable):
            _tell(self.settings, f"{place.name}: nothing new in {place.where}")
            return
        _tell(self.settings, f"{place.name}: {several(counts.new, 'new message')} in {place.where}")
        before = self.news.get(place.name)
        if before is None:
            self.news[place.name] = done
            return
        before.counts += counts
        before.fresh.update(done.fresh)
        before.unreadable += done.unreadable

    def _database(self) -> "Database":
        if self.db is None:
            from patchwatch.store.database import open_database

            # What a run makes holds no cycles, and looking for them costs 8 %.
            gc.disable()
            self.db = open_database(self.settings.database, create=True)
        if self.seen is not None:
            self.seen.clear()
        return self.db

    def _judge(self, bars: Bars) -> int:
        from patchwatch.cli.trees import update_trees
        from patchwatch.judging import chooser
        from patchwatch.triage import triage

        settings, db = self.settings, self._database()
        trees = update_trees(settings, db) if settings.config.lists_by_tree() else None
        fresh: dict[str, Message] = {}
        for done in self.news.values():
            if len(fresh) < _FRESH:
                fresh.update(done.fresh)
            done.fresh = {}
        written = 0
        if _is_pending(db):
            bars.begin("judge", "judge")
            choose = chooser(settings.policies, None, settings.config.policy_by_list())
            written = triage(db, choose, trees, settings.config.own_addresses(), fresh, datetime.now(UTC))
        if self.seen is not None:
            self.seen.mark()
        return written

    def _failed(self, place: Place, error: BaseException) -> None:
        text = str(error)
        self.problems.append(one_line(text if place.where in text else f"{place.name}: {text}"))

    def _summary(self, written: int) -> None:
        """Say in one line what is new; nothing when nothing is."""
        if not self.news and not written:
            return
        counts = [done.counts for done in self.news.values()]
        parts = [several(sum(one.new for one in counts), "new message"), f"{written} series judged"]
        for number, what in (
            (sum(one.deleted for one in counts), "deletion"),
            (sum(one.forgotten for one in counts), "forgotten message"),
        ):
            parts += [several(number, what)] if number else []
        unreadable = [one for done in self.news.values() for one in done.unreadable]
        parts += [f"{len(unreadable)} could not be read"] if unreadable else []
        names = f" ({', '.join(sorted(self.news))})" if self.news else ""
        self.settings.say(one_line(f"{', '.join(parts)}{names}"))
        shown = unreadable if self.settings.verbose else unreadable[:_SHOWN]
        for bad in shown:
            self.settings.say(one_line(f"  {bad.origin}: {bad.reason}"))
        if len(shown) < len(unreadable):
            self.settings.say(f"  and {len(unreadable) - len(shown)} more (-v lists all)")


def mirrored(settings: Settings, url: str) -> str:
    """Return the folder of the mirror of the list at *url*, brought up to date; *url* itself when it names a thread."""
    if read_url(url).mid:
        return url
    place = Place(name=url, where=url, source=str(mirror_folder(url, mirrors_folder())), url=url)
    with Bars(shown=not settings.quiet and sys.stderr.isatty()) as bars:
        _mirror(settings, place, Bounds()).update(datetime.now(UTC).timestamp(), lambda text: bars.begin(url, text))
    return place.source


def _mirror(settings: Settings, place: Place, bounds: Bounds) -> Mirror:
    return Mirror(place.url, Path(place.source), bounds=bounds, contact=settings.config.contact)


def _known_problems(db: "Database", location: str) -> set[tuple[str, str]]:
    """Return what could not be read in runs before: that is told once."""
    from sqlalchemy import select

    from patchwatch.store.schema import source, unreadable

    query = select(unreadable.c.origin, unreadable.c.reason).join(source).where(source.c.location == location)
    with db.reading() as conn:
        return {(origin, reason) for origin, reason in conn.execute(query)}


def _expected(db: "Database", source: "Source", location: str) -> int | None:
    from patchwatch.cli.sync_plan import cursor_of

    return source.count(cursor_of(db, location))


def _is_pending(db: "Database") -> bool:
    from sqlalchemy import select

    from patchwatch.store.schema import pending, pending_sender

    with db.reading() as conn:
        tables = (select(pending.c.thread), select(pending_sender.c.sender))
        return any(conn.execute(query.limit(1)).first() is not None for query in tables)


def _close(source: "Source") -> None:
    close = getattr(source, "close", None)
    if close is not None:
        close()


def _label(settings: Settings) -> str:
    return str(database_file(settings.database) or "the database")


def _tell(settings: Settings, text: str) -> None:
    if settings.verbose:
        settings.say(one_line(text))
