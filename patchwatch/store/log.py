# SPDX-License-Identifier: GPL-2.0-or-later
"""
The log of a source, epoch by epoch, as it was last told.

A batch replaces what is stored from where the last one ended up to its own highest position; `Reached` cuts
what lies beyond. So a repeated batch changes nothing, and re-reading a rewritten epoch touches only what differs
(a purge or edit keeps the number of commits).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select

from patchwatch.model.source import Reached
from patchwatch.store.bulk import chunks, insert_rows
from patchwatch.store.schema import event

Entry = tuple[str, str]  # op ("m" or "d") and blob


@dataclass(slots=True, kw_only=True)
class EpochLog:
    """What one batch tells of one epoch: *events* by position, *unreadable* reasons by origin."""

    rewritten: bool = False
    events: dict[int, Entry] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    reached: Reached | None = None

    def end(self, before: int) -> int:
        """Return the position after the last one told, where all below *before* was told earlier."""
        return max((0 if self.rewritten else before, *(position + 1 for position in self.events)))


@dataclass(slots=True, kw_only=True)
class Doubts:
    """Blobs that may no longer be live: *deleted* ones, and those of events that were *dropped* from the log."""

    deleted: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)


def store_log(
    conn: Connection, source_id: int, epoch: str, log: EpochLog, told: int, *, keep_rest: bool = False
) -> Doubts:
    """
    Store one epoch's part of a batch; positions below *told* were told before.

    *keep_rest*: what lies beyond the batch is known already and being told again, so `Reached` cuts nothing.
    """
    here = and_(event.c.source_id == source_id, event.c.epoch == epoch)
    stored = {
        position: (op, blob)
        for position, op, blob in conn.execute(
            select(event.c.position, event.c.op, event.c.blob).where(here, _retold(log, told, keep_rest=keep_rest))
        )
    }
    gone = {position: entry for position, entry in stored.items() if log.events.get(position) != entry}
    new = {position: entry for position, entry in log.events.items() if stored.get(position) != entry}
    for part in chunks(gone):
        conn.execute(delete(event).where(here, event.c.position.in_(part)))
    rows = [(source_id, epoch, position, op, blob) for position, (op, blob) in sorted(new.items())]
    insert_rows(conn, event, rows)
    return Doubts(deleted={blob for op, blob in new.values() if op == "d"}, dropped={blob for _, blob in gone.values()})


def unpublished(conn: Connection, dropped: Iterable[str]) -> set[str]:
    """Return which of these blobs no archive has in its history any more, not even as a mail deleted later."""
    left = set(dropped)
    for part in chunks(sorted(left)):
        left.difference_update(
            conn.execute(select(event.c.blob).where(event.c.blob.in_(part), event.c.op == "m")).scalars()
        )
    return left


def _retold(log: EpochLog, told: int, *, keep_rest: bool) -> ColumnElement[bool]:
    """Say which positions this batch tells all about."""
    told = 0 if log.rewritten else told
    end = log.end(told)
    span = event.c.position.between(min((told, *log.events)), end - 1)
    return span if log.reached is None or keep_rest else or_(span, event.c.position >= end)


def live_blobs(conn: Connection, added: set[str], doubtful: set[str]) -> set[str]:
    """
    Return which of the blobs are live in any source: their last event there is an add.

    *added* ones have an add in the log; they are looked at closely only when a delete is known, too.
    """
    close = set(doubtful)
    for part in chunks(added - doubtful):
        close.update(conn.execute(select(event.c.blob).where(event.c.blob.in_(part), event.c.op == "d")).scalars())
    return (added - close) | last_added(conn, close).keys()


def last_added(conn: Connection, blobs: Iterable[str]) -> dict[str, list[int]]:
    """Return, for the blobs that are live, the sources where they are."""
    last: dict[tuple[str, int], tuple[tuple[int, str, int], str]] = {}
    columns = (event.c.blob, event.c.source_id, event.c.epoch, event.c.position, event.c.op)
    for part in chunks(set(blobs)):
        for blob, source_id, epoch, position, op in conn.execute(select(*columns).where(event.c.blob.in_(part))):
            entry = ((_epoch_number(epoch), epoch, position), op)
            key = (blob, source_id)
            if key not in last or last[key] < entry:
                last[key] = entry
    return _sources(last)


def _sources(last: Mapping[tuple[str, int], tuple[tuple[int, str, int], str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for (blob, source_id), (_, op) in sorted(last.items()):
        if op == "m":
            found.setdefault(blob, []).append(source_id)
    return found


def _epoch_number(epoch: str) -> int:
    """Epochs are ordered as integers; names that are none come first, by name."""
    return int(epoch) if epoch.isascii() and epoch.isdecimal() else -1
