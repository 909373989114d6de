# SPDX-License-Identifier: GPL-2.0-or-later
"""What maintainers decided: recorded, read, taken back. These rows are nobody's facts: no forgetting touches them."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import (
    Column,
    CompoundSelect,
    Connection,
    RowMapping,
    Select,
    delete,
    func,
    insert,
    select,
    union,
    update,
)

from patchwatch.model.mail import Person
from patchwatch.model.verdict import Finding, Waiver
from patchwatch.store.bulk import chunks, storable_text
from patchwatch.store.message_rows import to_seconds, to_time
from patchwatch.store.schema import message, msgid, revision_link, series, series_message, waiver
from patchwatch.waiving import deciding

_OWN = ("cover", "patch")


def add_waiver(conn: Connection, decided: Waiver) -> Waiver:
    """Record a decision and return it with its number."""
    number = (conn.execute(select(func.max(waiver.c.id))).scalar() or 0) + 1
    conn.execute(
        insert(waiver).values(
            id=number,
            series_id=decided.series_id,
            rule=decided.rule,
            who_name=storable_text(decided.who.name, nul=True),
            who_email=storable_text(decided.who.email, nul=True),
            decided_at=to_seconds(decided.at),
            reason=storable_text(decided.reason, nul=True),
            until_at=to_seconds(decided.until),
        )
    )
    (stored,) = _read(conn, select(waiver).where(waiver.c.id == number))
    return stored


def drop_waiver(conn: Connection, number: int) -> Waiver | None:
    """Take a decision back; return it, None when there is none of this number."""
    found = _read(conn, select(waiver).where(waiver.c.id == number))
    conn.execute(delete(waiver).where(waiver.c.id == number))
    return found[0] if found else None


def all_waivers(conn: Connection) -> tuple[Waiver, ...]:
    """Return all decisions, oldest first."""
    return _read(conn, select(waiver))


def waivers_about(conn: Connection, message_ids: Collection[str]) -> tuple[Waiver, ...]:
    """Return the decisions about postings with one of these Message-IDs, oldest first."""
    found = [
        one for part in chunks(message_ids) for one in _read(conn, select(waiver).where(waiver.c.series_id.in_(part)))
    ]
    return tuple(sorted(found, key=lambda one: one.number))


def waivers_of_work(conn: Connection, root: str) -> tuple[Waiver, ...]:
    """Return the decisions about the postings whose first known revision is *root*, oldest first."""
    return _read(conn, select(waiver).where(waiver.c.series_id.in_(_ids_of_work(root))))


def with_waivers(conn: Connection, root: str, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Give the waived ones of stored *findings* the decision behind it; it may have ended since they were judged."""
    if not any(finding.waived for finding in findings):
        return findings
    waivers = waivers_of_work(conn, root)
    return tuple(
        replace(finding, waiver=deciding(waivers, finding.rule)) if finding.waived else finding for finding in findings
    )


def work_of(conn: Connection, message_id: str) -> str | None:
    """Return the first revision of the work that a posting with this Message-ID belongs to, None for no series."""
    own = select(series.c.root).where(series.c.id == message_id)
    return conn.execute(own).scalar() or conn.execute(_member(series.c.root, message_id)).scalar()


def senders_of_work(conn: Connection, root: str) -> set[str]:
    """Return whose series the revisions of a work are (addresses in lower case)."""
    return set(conn.execute(select(series.c.sender).where(series.c.root == root)).scalars())


def _member(wanted: "Column[str]", message_id: str) -> "Select[str]":
    return (
        select(wanted)
        .join(series_message, series_message.c.series_id == series.c.id)
        .join(message, message.c.id == series_message.c.message_id)
        .join(msgid, msgid.c.id == message.c.msgid_id)
        .where(msgid.c.mid == message_id, series_message.c.role.in_(_OWN))
        .order_by(series.c.posted_at, series.c.id)
        .limit(1)
    )


def keep_waivers(conn: Connection, rows: Collection[int]) -> None:
    """
    Before these mails are forgotten, let decisions name a posting of the same work that stays, if one does.

    The link between the revisions goes with the mails; the decision was about the work.
    """
    for decided in all_waivers(conn):
        root = conn.execute(select(series.c.root).where(series.c.id == decided.series_id)).scalar()
        gone = _rows_of(conn, decided.series_id)
        if root is None or not gone or not gone <= set(rows):
            continue
        others = conn.execute(select(series.c.id).where(series.c.root == root).order_by(series.c.id.desc())).scalars()
        stays = next((one for one in others if not _rows_of(conn, one) <= set(rows)), None)
        if stays is not None:
            conn.execute(update(waiver).where(waiver.c.id == decided.number).values(series_id=stays))


def _rows_of(conn: Connection, series_id: str) -> set[int]:
    """Return the mails of the Message-ID that names a series."""
    query = select(message.c.id).join(msgid, msgid.c.id == message.c.msgid_id).where(msgid.c.mid == series_id)
    return set(conn.execute(query).scalars())


def _ids_of_work(root: str) -> "CompoundSelect[str]":
    """All Message-IDs of the postings of a work, and those that they call their former revisions."""
    mine = series.c.root == root
    members = (
        select(msgid.c.mid)
        .join(message, message.c.msgid_id == msgid.c.id)
        .join(series_message, series_message.c.message_id == message.c.id)
        .join(series, series.c.id == series_message.c.series_id)
        .where(mine, series_message.c.role.in_(_OWN))
    )
    former = select(revision_link.c.other_id).join(series, series.c.id == revision_link.c.series_id).where(mine)
    return union(select(series.c.id).where(mine), members, former)


def _read(conn: Connection, query: "Select[object]") -> tuple[Waiver, ...]:
    return tuple(_waiver(row) for row in conn.execute(query.order_by(waiver.c.id)).mappings())


def _waiver(row: RowMapping) -> Waiver:
    at = to_time(row["decided_at"])
    assert at is not None  # noqa: S101 - the column is not nullable
    return Waiver(
        number=row["id"],
        series_id=row["series_id"],
        rule=row["rule"],
        who=Person(row["who_name"], row["who_email"]),
        at=at,
        reason=row["reason"],
        until=to_time(row["until_at"]),
    )
