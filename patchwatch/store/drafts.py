# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remembered of drafts, and what the archives tell about them: sent, answered by hand, out of date."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, insert, select, update

from patchwatch.model.draft import Draft
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Verdict
from patchwatch.sinks.values import Record, StoredState
from patchwatch.store.bulk import storable_text
from patchwatch.store.message_rows import to_seconds, to_time
from patchwatch.store.schema import draft as table
from patchwatch.store.schema import message, msgid, reference, series

_KEPT_HASHES = 50
_PATIENCE = timedelta(days=14)  # what has not come back by then was not sent
_INTENDED, _DROPPED = "intended", "dropped"


class Standing(StrEnum):
    """How a draft stands, for `draft list`."""

    OPEN = "open"
    EDITED = "edited"
    STALE = "stale"  # a newer revision came
    SENT = "sent"  # the archive has it, or another answer of ours to the same mail
    GONE = "gone"  # no longer where it was written; not seen in the archive so far
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """One draft in one sink, as the last run left it; *sent_as* is the Message-ID of the mail that came of it."""

    message_id: str
    sink: str
    place: str
    series_id: str
    root: str
    revision: int
    target: str
    hashes: tuple[str, ...]
    findings: str
    intended_at: datetime
    written_at: datetime | None
    seen_at: datetime | None
    state: str
    subject: str = ""
    superseded: bool = False
    sent_as: str = ""

    @property
    def record(self) -> Record:
        """What the re-run states need of it."""
        return Record(
            hashes=self.hashes,
            written=self.written_at is not None or bool(self.sent_as),
            edited=self.state == StoredState.KEPT_EDITED,
        )


class About(NamedTuple):
    """What a draft is about: its series, and a digest of the findings that it speaks of."""

    series_id: str
    root: str
    revision: int
    findings: str


def about(conn: Connection, found: Series, verdict: Verdict) -> About:
    """Return what a draft on *found* is about."""
    root = conn.execute(select(series.c.root).where(series.c.id == found.id)).scalar() or found.id
    said = [
        f"{one.rule}\0{one.message}\0{one.clause}"
        for one in verdict.findings
        if one.effect is not Effect.NONE and not one.waived
    ]
    return About(found.id, root, found.revision, sha256("\n".join(sorted(said)).encode("utf-8", "replace")).hexdigest())


def recall(conn: Connection, message_id: str, sink: str, me: Collection[str]) -> DraftRow | None:
    """Return what is remembered of a draft in *sink*, None when it was never written there."""
    rows = _read(conn, select(table).where(_is(message_id, sink)), me)
    return rows[0] if rows else None


def drafts(conn: Connection, me: Collection[str]) -> tuple[DraftRow, ...]:
    """Return all drafts, oldest first; *me* are the user's addresses in lower case."""
    return _read(conn, select(table), me)


def others_about(conn: Connection, made: Draft, sink: str, series_id: str) -> tuple[DraftRow, ...]:
    """Return further drafts of ours about the same posting in the same place: they answer another mail of it."""
    query = select(table).where(
        table.c.series_id == series_id,
        table.c.sink == storable_text(sink, nul=True),
        table.c.message_id != made.message_id,
        table.c.state != _DROPPED,
    )
    return _read(conn, query, ())


def drafts_about(conn: Connection, wanted: str, me: Collection[str]) -> tuple[DraftRow, ...]:
    """Return the drafts with this Message-ID, or that are about the series of this id."""
    query = select(table).where((table.c.message_id == wanted) | (table.c.series_id == wanted))
    return _read(conn, query, me)


def is_in_archive(conn: Connection, message_id: str) -> bool:
    """Whether a mail with this Message-ID came back through an archive: the draft was sent."""
    query = select(message.c.id).join(msgid, msgid.c.id == message.c.msgid_id).where(msgid.c.mid == message_id)
    return conn.execute(query.limit(1)).first() is not None


def intend(conn: Connection, made: Draft, sink: str, what: About, digest: str, now: datetime) -> None:
    """Record that a text is about to be written."""
    key = _is(made.message_id, sink)
    old = conn.execute(select(table.c.hashes).where(key)).scalar()
    if old is None:
        _insert(conn, made, sink, what, _INTENDED, digest, now)
        return
    values = {"hashes": _with(old, digest), "findings": what.findings, "intended_at": to_seconds(now)}
    conn.execute(update(table).where(key).values(**values))


def confirm(
    conn: Connection, made: Draft, sink: str, what: About, state: StoredState, where: str, digest: str, now: datetime
) -> None:
    """Record how writing, or looking, ended; a lost record is made anew."""
    key = _is(made.message_id, sink)
    row = conn.execute(select(table.c.hashes, table.c.state, table.c.written_at).where(key)).first()
    there = state in (StoredState.CREATED, StoredState.UNCHANGED, StoredState.REFRESHED)
    if row is None:
        _insert(conn, made, sink, what, state.value, digest if there else "", now)
    values: dict[str, object] = {"state": state.value}
    if state is StoredState.KEPT_GONE and row is not None and row.state == _DROPPED:
        values = {}  # we took it out ourselves: it stays what it is
    if there:
        old = "" if row is None else row.hashes
        values |= {"hashes": _with(old, digest), "findings": what.findings}
    if there or state is StoredState.KEPT_EDITED:
        values |= {"seen_at": to_seconds(now), "place": storable_text(where, nul=True)}
        # The first time counts: an answer of the user's after it is what became of the draft.
        if row is None or row.written_at is None or state is StoredState.CREATED:
            values["written_at"] = to_seconds(now)
    if values:
        conn.execute(update(table).where(key).values(**values))


def mark_dropped(conn: Connection, row: DraftRow) -> None:
    """Record that we took a draft out ourselves."""
    key = _is(row.message_id, row.sink)
    conn.execute(update(table).where(key).values(state=_DROPPED))


def standing(row: DraftRow, now: datetime, *, found: StoredState | None = None) -> Standing:
    """
    Say how a draft stands; *found* is what looking into its sink gave: UNCHANGED, KEPT_EDITED, KEPT_GONE.

    None: nobody looked, so what the last run saw counts.
    """
    if row.sent_as:
        return Standing.SENT
    state = found.value if found is not None else row.state
    if row.state == _DROPPED and found is not StoredState.UNCHANGED:
        return Standing.DROPPED
    if state == StoredState.KEPT_GONE:
        return Standing.DROPPED if now - (row.seen_at or row.intended_at) > _PATIENCE else Standing.GONE
    if row.superseded:
        return Standing.STALE
    if state == StoredState.KEPT_EDITED or row.state == StoredState.KEPT_EDITED:
        return Standing.EDITED
    return Standing.OPEN


def _insert(conn: Connection, made: Draft, sink: str, what: About, state: str, digest: str, now: datetime) -> None:
    conn.execute(
        insert(table).values(
            message_id=made.message_id,
            sink=storable_text(sink, nul=True),
            place="",
            series_id=what.series_id,
            root=what.root,
            revision=what.revision,
            target=made.in_reply_to,
            hashes=digest,
            findings=what.findings,
            intended_at=to_seconds(now),
            written_at=None,
            seen_at=None,
            state=state,
        )
    )


def _is(message_id: str, sink: str) -> "ColumnElement[bool]":
    # A path need not be text; the database takes only text.
    return (table.c.message_id == message_id) & (table.c.sink == storable_text(sink, nul=True))


def _with(hashes: str, digest: str) -> str:
    """Return the list with *digest* as its newest."""
    known = [one for one in hashes.split("\n") if one and one != digest]
    return "\n".join([*known, digest][-_KEPT_HASHES:])


def _read(conn: Connection, query: "Select[object]", me: Collection[str]) -> tuple[DraftRow, ...]:
    rows = conn.execute(query.order_by(table.c.intended_at, table.c.message_id, table.c.sink)).mappings().all()
    return tuple(_with_news(conn, _row(row), me) for row in rows)


def _row(row: RowMapping) -> DraftRow:
    intended = to_time(row["intended_at"])
    assert intended is not None  # noqa: S101 - the column is not nullable
    return DraftRow(
        message_id=row["message_id"],
        sink=row["sink"],
        place=row["place"],
        series_id=row["series_id"],
        root=row["root"],
        revision=row["revision"],
        target=row["target"],
        hashes=tuple(one for one in row["hashes"].split("\n") if one),
        findings=row["findings"],
        intended_at=intended,
        written_at=to_time(row["written_at"]),
        seen_at=to_time(row["seen_at"]),
        state=row["state"],
    )


def _with_news(conn: Connection, row: DraftRow, me: Collection[str]) -> DraftRow:
    """Add what the archives know by now."""
    found = conn.execute(select(series.c.subject, series.c.latest).where(series.c.id == row.series_id)).first()
    sent = row.message_id if is_in_archive(conn, row.message_id) else _answer(conn, row, me)
    return replace(
        row,
        subject="" if found is None else found.subject,
        superseded=found is not None and not found.latest,
        sent_as=sent,
    )


def _answer(conn: Connection, row: DraftRow, me: Collection[str]) -> str:
    """
    Return the Message-ID of a mail of the user's that answers the same mail and came after the draft was written.

    Some clients (notmuch-emacs, web mail) give what they send a Message-ID of their own.
    """
    if row.written_at is None or not me:
        return ""
    parent = msgid.alias("parent")
    query = (
        select(msgid.c.mid)
        .select_from(message)
        .join(msgid, msgid.c.id == message.c.msgid_id)
        .join(reference, reference.c.message_id == message.c.id)
        .join(parent, parent.c.id == reference.c.msgid_id)
        .where(
            parent.c.mid == row.target,
            reference.c.is_reply_to,
            message.c.sender_key.in_(sorted(me)),
            message.c.sent_at >= int(row.written_at.timestamp()),
        )
        .order_by(message.c.sent_at, msgid.c.mid)
        .limit(1)
    )
    return conn.execute(query).scalar() or ""
