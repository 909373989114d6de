# SPDX-License-Identifier: GPL-2.0-or-later
"""
Store what a source tells: its log of events, the facts of its mails, and how far it was read.

One batch is one transaction: mails, deletions, threads, what triage has to look at, and the cursor. A killed
run repeats its last batch and ends with the same tables.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Self

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from patchwatch.errors import DatabaseError
from patchwatch.model.mail import Message
from patchwatch.model.source import Added, Cursor, Deleted, Reached, Unreadable
from patchwatch.store.bulk import chunks, insert_rows, storable_text
from patchwatch.store.database import Database
from patchwatch.store.forget import forget
from patchwatch.store.log import EpochLog, live_blobs, store_log
from patchwatch.store.message_rows import MessageRows, message_ids, speech_row
from patchwatch.store.schema import cursor, message, msgid, source, speech, unreadable
from patchwatch.store.threads import MsgidRows, mark_threads

_MAX_ID = 660  # characters of a Message-ID that is not ASCII: PostgreSQL indexes at most 2,704 bytes


@dataclass(slots=True, kw_only=True)
class Counts:
    """What a run did: mails *new* to the database, *known* before, *deleted* events, mails *forgotten*."""

    new: int = 0
    known: int = 0
    deleted: int = 0
    forgotten: int = 0
    unreadable: int = 0

    def __iadd__(self, other: "Counts") -> Self:
        for name in (field.name for field in fields(Counts)):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass(frozen=True, slots=True)
class _Progress:
    tip: str
    count: int


class Writer:
    """
    One run over one source, which is made if it is new.

    *location* is its identity. *counts* grows with each batch that was stored.
    """

    def __init__(self, db: Database, kind: str, location: str, list_name: str = "") -> None:
        self._db = db
        self.location = location
        self.counts = Counts()
        with db.writing() as conn:
            self._source = _source_row(conn, kind, location, list_name)
            self._reached = _progress(conn, self._source)
        # An upgrade takes the tip out of a cursor to have all mail read again: none of it is gone meanwhile.
        self._again = {epoch for epoch, progress in self._reached.items() if not progress.tip}
        self._next = {epoch: progress.count for epoch, progress in self._reached.items()}

    def cursor(self) -> Cursor:
        """Return how far the source has been read and stored."""
        reached = sorted(self._reached.items(), key=lambda item: item[0])
        return Cursor(
            tips=tuple((epoch, progress.tip) for epoch, progress in reached),
            counts=tuple((epoch, progress.count) for epoch, progress in reached),
        )

    @contextmanager
    def batch(self) -> Iterator["Batch"]:
        """Collect events; store all of them in one transaction when the block ends without an exception."""
        batch = Batch()
        yield batch
        with self._db.writing() as conn:
            if _progress(conn, self._source) != self._reached:
                raise DatabaseError(f"{self._db.label}: another run has read {self.location} meanwhile: run again")
            counts = self._store(conn, batch)
            reached = _progress(conn, self._source)
        self.counts += counts
        self._reached = reached
        for epoch, log in batch.logs.items():
            self._next[epoch] = log.end(self._next.get(epoch, 0))

    def _store(self, conn: Connection, batch: "Batch") -> Counts:
        doubtful: set[str] = set()
        for epoch, log in batch.logs.items():
            again = epoch in self._again
            doubtful |= store_log(conn, self._source, epoch, log, self._next.get(epoch, 0), keep_rest=again)
        for epoch, log in batch.logs.items():
            self._note(conn, epoch, log)
        added = [blob for log in batch.logs.values() for op, blob in log.events.values() if op == "m"]
        live = live_blobs(conn, set(added), doubtful)
        known = stored_blobs(conn, added)
        new = [found for blob, found in batch.messages.items() if blob in live and blob not in known]
        _insert_messages(conn, new)
        _complete(conn, {known[blob]: found for blob, found in batch.messages.items() if blob in known})
        dead = stored_blobs(conn, [blob for blob in doubtful if blob not in live])
        forget(conn, dead.values())
        return Counts(
            new=len(new),
            known=sum(blob in live for blob in added) - len(new),
            deleted=sum(op == "d" for log in batch.logs.values() for op, _ in log.events.values()),
            forgotten=len(dead),
            unreadable=sum(len(log.unreadable) for log in batch.logs.values()),
        )

    def _note(self, conn: Connection, epoch: str, log: EpochLog) -> None:
        """Store what was unreadable, and the cursor."""
        here = (unreadable.c.source_id == self._source) & (unreadable.c.epoch == epoch)
        if log.rewritten:
            conn.execute(delete(unreadable).where(here))
            conn.execute(delete(cursor).where(cursor.c.source_id == self._source, cursor.c.epoch == epoch))
        for part in chunks(log.unreadable):
            conn.execute(delete(unreadable).where(here, unreadable.c.origin.in_(part)))
        rows = [(self._source, epoch, origin, reason) for origin, reason in log.unreadable.items()]
        insert_rows(conn, unreadable, rows)
        if log.reached is not None:
            conn.execute(delete(cursor).where(cursor.c.source_id == self._source, cursor.c.epoch == epoch))
            insert_rows(conn, cursor, [(self._source, epoch, log.reached.tip, log.reached.count)])


class Batch:
    """What one batch tells, in the order of the source; nothing is stored before it ends."""

    def __init__(self) -> None:
        self.logs: dict[str, EpochLog] = {}
        self.messages: dict[str, Message] = {}

    def _log(self, epoch: str) -> EpochLog:
        return self.logs.setdefault(epoch, EpochLog())

    def add(self, event: Added, message: Message) -> None:
        """Take a mail; *message* is what was read from `event.raw`."""
        self._log(event.epoch).events[event.position] = ("m", event.raw.blob)
        self.messages.setdefault(event.raw.blob, _with_storable_ids(message))

    def delete(self, event: Deleted) -> None:
        """Take the deletion of a mail, known or not."""
        self._log(event.epoch).events[event.position] = ("d", event.blob)

    def rewrite(self, epoch: str) -> None:
        """Begin *epoch* anew: what it says from now on replaces what it said, up to `reached`."""
        self.logs[epoch] = EpochLog(rewritten=True)

    def reached(self, event: Reached) -> None:
        """Set the cursor of an epoch: all its events up to here were given."""
        self._log(event.epoch).reached = event

    def unreadable(self, event: Unreadable) -> None:
        """Remember what could not be read."""
        self._log(event.epoch).unreadable[storable_text(event.origin)] = storable_text(event.reason)


def stored_blobs(conn: Connection, blobs: list[str]) -> dict[str, int]:
    """Return the rows of those mails that are stored, by blob id."""
    found: dict[str, int] = {}
    for part in chunks(blobs):
        query = select(message.c.blob, message.c.id).where(message.c.blob.in_(part))
        found.update((blob, row) for blob, row in conn.execute(query))
    return found


def _insert_messages(conn: Connection, messages: list[Message]) -> None:
    if not messages:
        return
    mids = {mid: None for found in messages for mid in message_ids(found)}
    ids = MsgidRows(conn, mids, _first_free(conn, msgid.c.id))
    touched = [ids.unite(message_ids(found)) for found in messages]
    ids.write(conn, touched)
    rows = MessageRows()
    for row, found in enumerate(messages, _first_free(conn, message.c.id)):
        rows.add(row, found, ids.id_of)
    rows.insert(conn)


def _complete(conn: Connection, known: dict[int, Message]) -> None:
    """Add what mails say where they were stored before that was read, and mark their threads for triage."""
    saying = {row: found.speech for row, found in known.items() if found.speech is not None}
    for part in chunks(saying):
        have = set(conn.execute(select(speech.c.message_id).where(speech.c.message_id.in_(part))).scalars())
        lacking = [row for row in part if row not in have]
        insert_rows(conn, speech, [speech_row(row, said) for row in lacking if (said := saying[row]) is not None])
        threads = select(msgid.c.thread).join(message).where(message.c.id.in_(lacking))
        mark_threads(conn, set(conn.execute(threads).scalars()))


def _with_storable_ids(message: Message) -> Message:
    """Message-IDs are looked up before they are stored: take out here what no database takes."""
    text = "".join(message_ids(message))
    if text.isascii() and "\0" not in text:
        return message

    def clean(mids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(storable_text(mid, nul=True)[:_MAX_ID] for mid in mids)

    return replace(
        message,
        message_id=clean((message.message_id,))[0],
        aliases=clean(message.aliases),
        in_reply_to=clean(message.in_reply_to),
        references=clean(message.references),
    )


def _first_free(conn: Connection, column: ColumnElement[int]) -> int:
    return (conn.execute(select(func.max(column))).scalar() or 0) + 1


def _source_row(conn: Connection, kind: str, location: str, list_name: str) -> int:
    """Return the row of a source; make it, or bring its kind and list up to date."""
    found = conn.execute(select(source.c.id).where(source.c.location == location)).scalar()
    if found is None:
        found = _first_free(conn, source.c.id)
        conn.execute(insert(source).values(id=found, kind=kind, location=location, list_name=list_name))
    else:
        conn.execute(update(source).where(source.c.id == found).values(kind=kind, list_name=list_name))
    return found


def _progress(conn: Connection, source_id: int) -> dict[str, _Progress]:
    query = select(cursor.c.epoch, cursor.c.tip, cursor.c.count).where(cursor.c.source_id == source_id)
    return {epoch: _Progress(tip, count) for epoch, tip, count in conn.execute(query)}
