# SPDX-License-Identifier: GPL-2.0-or-later
"""Putting drafts where they belong, one or many, with what earlier runs did kept in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from patchwatch.adapters.imap import Account
from patchwatch.cli.settings import Settings
from patchwatch.errors import InputError, UsageError
from patchwatch.identity import find_identity
from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Sink
from patchwatch.sinks.compare import content_hash
from patchwatch.sinks.imap import ImapDrafts
from patchwatch.sinks.open import PLACES, open_sink
from patchwatch.sinks.states import settle
from patchwatch.sinks.values import Entry, Memory, Place, Record, Stored, StoredState
from patchwatch.store import drafts as rows
from patchwatch.store.database import Database


def my_addresses(settings: Settings) -> frozenset[str]:
    """Return the user's addresses in lower case: configured, and those that git knows."""
    mine = settings.config.own_addresses()
    try:
        identity = find_identity(settings.config)
    except UsageError:
        return mine
    return mine | {address.lower() for address in (identity.person.email, *identity.own)}


def sink_for(settings: Settings, where: str) -> Sink:
    """Return the sink that `--to` or the configuration means."""
    return open_sink(where, _accounts(settings))


def chosen_place(settings: Settings, to: str) -> str:
    """Return *to*, else the configured place. Raises UsageError."""
    where = to or settings.config.drafts.to
    if not where:
        raise UsageError(f"where to? --to with one of {PLACES}, or set drafts.to in the configuration")
    return where


def _accounts(settings: Settings) -> dict[str, ImapDrafts]:
    return {
        name: ImapDrafts(
            account=Account(
                name=name,
                host=one.host,
                port=one.port,
                user=one.user,
                tls=one.tls,
                password_command=one.password_command,
            ),
            folder=one.drafts,
        )
        for name, one in settings.config.imap.items()
    }


@dataclass
class _Remembered(Memory):
    """The memory of one draft: each step is a transaction of its own, so that a crash leaves what was done."""

    db: Database
    draft: Draft
    sink: str
    about: rows.About
    me: frozenset[str]

    def recall(self) -> Record | None:
        with self.db.reading() as conn:
            row = rows.recall(conn, self.draft.message_id, self.sink, self.me)
            if row is not None:
                return row.record
            # The database was lost, or the draft was kept elsewhere, but the list has the mail: it was sent.
            sent = rows.is_in_archive(conn, self.draft.message_id)
        return Record(hashes=(), written=True) if sent else None

    def intend(self, digest: str) -> None:
        with self.db.writing() as conn:
            rows.intend(conn, self.draft, self.sink, self.about, digest, datetime.now(UTC))

    def confirm(self, state: StoredState, where: str, digest: str) -> None:
        with self.db.writing() as conn:
            now = datetime.now(UTC)
            rows.confirm(conn, self.draft, self.sink, self.about, state, where, digest, now)


class Storing:
    """An opened sink and the database beside it; each draft is stored, and remembered, on its own."""

    def __init__(  # the parts that the one function below puts together
        self, db: Database, sink: Sink, place: Place, me: frozenset[str], *, dry_run: bool, force: bool
    ) -> None:
        self._db, self._sink, self._place, self._me = db, sink, place, me
        self._dry_run, self._force = dry_run, force

    def put(self, draft: Draft, about: rows.About) -> Stored:
        """
        Store a draft that b4 itself reads no trailer from: a draft must change nothing but the reader's mind.

        Raises InputError for one that b4 would read a trailer from.
        """
        from patchwatch.adapters.b4 import harvested_trailers

        taken = harvested_trailers(draft.data)
        if taken:
            raise InputError(f"the draft is not stored: b4 would take {taken[0]!r} as a trailer of yours")
        if not self._sink.keeps:
            done = settle(self._place, draft, None, dry_run=self._dry_run)
            return Stored(done.state, done.where or self._sink.where)
        former = self._former(draft, about)
        edited = next((copies for _, copies, state in former if state is StoredState.KEPT_EDITED), None)
        if edited and not self._force:
            return Stored(StoredState.EXISTS_FOREIGN, edited[0].where)
        memory = _Remembered(self._db, draft, self._sink.name, about, self._me)
        done = settle(self._place, draft, memory, dry_run=self._dry_run, force=self._force)
        state = self._drop(former) if done.state in (StoredState.CREATED, StoredState.UNCHANGED) else None
        return Stored(state or done.state, done.where or self._sink.where)

    def _former(self, draft: Draft, about: rows.About) -> list[tuple[rows.DraftRow, list[Entry], StoredState]]:
        """
        Return our drafts about the same posting that answer another mail of it and are still there.

        Findings come and go, and with them the mail that is answered; but one posting gets one reply.
        """
        with self._db.reading() as conn:
            others = rows.others_about(conn, draft, self._sink.name, about.series_id)
        looked = [(row, *look(self._place, row)) for row in others]
        return [(row, copies, state) for row, copies, state in looked if copies]

    def _drop(self, former: list[tuple[rows.DraftRow, list[Entry], StoredState]]) -> StoredState | None:
        """Take out those that are ours to the letter, now that the new one is there."""
        gone = [(row, copies) for row, copies, state in former if state is StoredState.UNCHANGED]
        for row, copies in gone if not self._dry_run else ():
            for entry in copies:
                self._place.drop(entry)
            with self._db.writing() as conn:
                rows.mark_dropped(conn, row)
        return StoredState.REFRESHED if gone else None


def look(place: Place, row: rows.DraftRow) -> tuple[list[Entry], StoredState]:
    """Return the copies there are, and UNCHANGED for ours to the letter, KEPT_EDITED or KEPT_GONE."""
    live = [
        (entry, content_hash(data))
        for entry in place.copies(row.message_id)
        if not entry.deleted and (data := place.read(entry)) is not None
    ]
    copies = [entry for entry, _ in live]
    if not live:
        return copies, StoredState.KEPT_GONE
    if row.record.edited or any(digest not in row.hashes for _, digest in live):
        return copies, StoredState.KEPT_EDITED
    return copies, StoredState.UNCHANGED


@contextmanager
def storing(
    settings: Settings, db: Database, where: str, *, dry_run: bool = False, force: bool = False
) -> Iterator[Storing]:
    """Open the sink *where* for as many drafts as there are; with *dry_run* nothing at all is written."""
    sink = sink_for(settings, where)
    with sink.opened(write=not dry_run) as place:
        yield Storing(db, sink, place, my_addresses(settings), dry_run=dry_run, force=force)


def say_stored(settings: Settings, stored: Stored, *, dry_run: bool) -> None:
    """Tell what became of a draft."""
    settings.say(f"draft {stored.state}{' (dry run)' if dry_run else ''}: {stored.where}")
