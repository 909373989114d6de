# SPDX-License-Identifier: GPL-2.0-or-later
"""
Store what a source tells: its log of events, the facts of its mails, and how far it was read.

One batch is one transaction: mails, deletions, threads, what triage has to look at, and the cursor. A killed
run repeats its last batch and ends with the same tables.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Self

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update

from patchwatch.errors import DatabaseError
from patchwatch.model.mail import Message
from patchwatch.model.source import Added, Cursor, Deleted, Reached, Unreadable
from patchwatch.parse.words import PROSE
from patchwatch.store.bulk import Row, chunks, insert_rows, storable, storable_text
from patchwatch.store.database import Database
from patchwatch.store.forget import forget
from patchwatch.store.log import EpochLog, live_blobs, store_log, unpublished
from patchwatch.store.message_rows import MessageRows, message_ids
from patchwatch.store.schema import alias, cursor, event, message, msgid, reference, source, unreadable
from patchwatch.store.scrub import mark_for_scrub
from patchwatch.store.text_index import add_words, first_free, settle
from patchwatch.store.threads import MsgidRows, mark_threads

_IDENTITY = (message, reference, alias)
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

    *location* is its identity. *counts* grows with each batch that was stored. *index*: parts of the text whose words
    are found.
    """

    def __init__(
        self, db: Database, kind: str, location: str, list_name: str = "", index: Collection[str] = (PROSE,)
    ) -> None:
        self._db = db
        self.location = location
        self.counts = Counts()
        with db.writing() as conn:
            settle(conn, index)
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

    def known_here(self, blobs: list[str] | None = None) -> set[str]:
        """Return which of these mails (None: of all) this source has given before, and not taken back since."""
        here: dict[str, bool] = {}
        told = select(event.c.blob, event.c.op).where(event.c.source_id == self._source).order_by(event.c.position)
        queries = [told] if blobs is None else [told.where(event.c.blob.in_(part)) for part in chunks(set(blobs))]
        with self._db.reading() as conn:
            for query in queries:
                here.update((blob, op == "m") for blob, op in conn.execute(query))
        return {blob for blob, is_there in here.items() if is_there}

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
        doubtful, dropped = set[str](), set[str]()
        for epoch, log in batch.logs.items():
            again = epoch in self._again
            doubts = store_log(conn, self._source, epoch, log, self._next.get(epoch, 0), keep_rest=again)
            doubtful |= doubts.deleted | doubts.dropped
            dropped |= doubts.dropped
        for epoch, log in batch.logs.items():
            self._note(conn, epoch, log)
        added = [blob for log in batch.logs.values() for op, blob in log.events.values() if op == "m"]
        live = live_blobs(conn, set(added), doubtful)
        known = stored_blobs(conn, list(dict.fromkeys([*added, *batch.messages])))
        new = [found for blob, found in batch.messages.items() if blob in live and blob not in known]
        rows = _insert_messages(conn, new)
        add_words(conn, {row: batch.words[blob] for blob, row in (rows | known).items() if blob in batch.words})
        _complete(conn, {known[blob]: found for blob, found in batch.messages.items() if blob in known})
        dead = stored_blobs(conn, [blob for blob in doubtful if blob not in live])
        forget(conn, dead.values())
        if unpublished(conn, dropped):
            mark_for_scrub(conn)
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
        self.words: dict[str, str] = {}

    def _log(self, epoch: str) -> EpochLog:
        return self.logs.setdefault(epoch, EpochLog())

    def add(self, event: Added, message: Message, words: str | None = None) -> None:
        """Take a mail; *message* is what was read from `event.raw`, *words* what it is to be found by."""
        self._log(event.epoch).events[event.position] = ("m", event.raw.blob)
        self.reread(message, words)

    def reread(self, message: Message, words: str | None = None) -> None:
        """Take the facts of a mail whose place in the log is known already."""
        self.messages.setdefault(message.blob, _with_storable_ids(message))
        if words is not None:
            self.words.setdefault(message.blob, words)

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


def _insert_messages(conn: Connection, messages: list[Message]) -> dict[str, int]:
    """Store new mails; return their rows by blob id."""
    if not messages:
        return {}
    mids = {mid: None for found in messages for mid in message_ids(found)}
    ids = MsgidRows(conn, mids, _first_free(conn, msgid.c.id))
    touched = [ids.unite(message_ids(found)) for found in messages]
    ids.write(conn, touched)
    rows = MessageRows()
    first = max(_first_free(conn, message.c.id), first_free(conn))
    for row, found in enumerate(messages, first):
        rows.add(row, found, ids.id_of)
    rows.insert(conn)
    return {found.blob: row for row, found in enumerate(messages, first)}


def _complete(conn: Connection, known: dict[int, Message]) -> None:
    """
    Bring the facts of mails that were stored by an older version up to date, and mark their threads for triage.

    Ids and references stay: they are what threads are made of.
    """
    made = MessageRows()
    for row, found in known.items():
        made.add(row, found, defaultdict(int))
    changed: set[int] = set()
    for table, rows in made.tables:
        if table not in _IDENTITY:
            changed |= _replace_facts(conn, table, rows, known)
    for part in chunks(sorted(changed)):
        threads = select(msgid.c.thread).join(message).where(message.c.id.in_(part))
        mark_threads(conn, set(conn.execute(threads).scalars()))


def _replace_facts(conn: Connection, table: Table, rows: list[Row], known: Collection[int]) -> set[int]:
    """Make *rows* all that *table* has of the mails *known*; return those for which it had something else."""
    owner = table.c.message_id
    wanted: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        wanted[int(row[0] or 0)].append(storable(row, nul=conn.dialect.name != "sqlite"))
    changed: set[int] = set()
    for part in chunks(known):
        stored: defaultdict[int, list[Row]] = defaultdict(list)
        for row in conn.execute(select(table).where(owner.in_(part)).order_by(*table.primary_key.columns)):
            stored[row[0]].append(tuple(row))
        changed.update(one for one in part if stored.get(one, []) != wanted.get(one, []))
    for part in chunks(sorted(changed)):
        conn.execute(delete(table).where(owner.in_(part)))
    insert_rows(conn, table, [row for one in sorted(changed) for row in wanted.get(one, [])])
    return changed


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
