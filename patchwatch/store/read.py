# SPDX-License-Identifier: GPL-2.0-or-later
"""Read what is stored: lists of series, one series in full, and where its mails can be read again."""

from collections import defaultdict
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, RowMapping, Select, case, func, select, union

from patchwatch.errors import InputError
from patchwatch.model.followup import Waits
from patchwatch.model.series import State
from patchwatch.model.verdict import Effect, Outcome
from patchwatch.store.bulk import chunks, storable_text
from patchwatch.store.log import last_added
from patchwatch.store.message_rows import to_time
from patchwatch.store.read_series import build_waits
from patchwatch.store.rows import SeriesRow, StoredBlob, UnreadableRow
from patchwatch.store.schema import alias, finding, message, msgid, series, series_message, source, unreadable, waits

_SHOWN = 10
_ROLE_RANK = case(
    (series_message.c.role.in_(["cover", "patch"]), 0),
    (series_message.c.role == "followup", 1),
    else_=2,
)


def list_series(
    conn: Connection, *, latest_only: bool = True, outcome: Outcome | None = None, limit: int | None = None
) -> list[SeriesRow]:
    """Return series, newest first, undated last; of equals by id. *latest_only*: no superseded nor merged ones."""
    query = select(series).order_by(series.c.posted_at.is_(None), series.c.posted_at.desc(), series.c.id)
    if latest_only:
        query = query.where(series.c.latest, series.c.state != State.MERGED.value)
    if outcome is not None:
        query = query.where(series.c.outcome == outcome.value)
    return series_rows(conn, query.limit(limit))


def series_rows(conn: Connection, query: Select[Any]) -> list[SeriesRow]:
    """Return the rows that *query* selects of the table of series, each with what other tables say of it."""
    found = conn.execute(query).mappings().all()
    ids = [row["id"] for row in found]
    rules, waiting = _effective_rules(conn, ids), _waits(conn, ids)
    return [_series_row(row, tuple(sorted(rules.get(row["id"], ()))), waiting.get(row["id"])) for row in found]


def all_ids(conn: Connection) -> list[str]:
    """Return the ids of all series."""
    return list(conn.execute(select(series.c.id)).scalars())


def policies_used(conn: Connection) -> set[str]:
    """Return the ids of the policies that stored series were judged by."""
    return set(conn.execute(select(series.c.policy_id).distinct()).scalars())


def resolve_series(conn: Connection, text: str) -> str:
    """
    Return the id of the series that *text* names.

    *text* is a Message-ID with or without `<>` of any of its mails, an archive URL that holds one, or the
    beginning of a series id. Raises InputError when no series or several fit.
    """
    wanted = _message_id(storable_text(text, nul=True))
    if not wanted:
        raise InputError(f"no series {text!r}: give a Message-ID, an archive URL or the beginning of an id")
    if conn.execute(select(series.c.id).where(series.c.id == wanted)).scalar() is not None:
        return wanted
    found = _by_member(conn, wanted) or _by_prefix(conn, wanted)
    if not found:
        raise InputError(f"no series {wanted}: `patchwatch list` shows what there is")
    if len(found) > 1:
        more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        raise InputError("\n  ".join([f"several series fit {wanted}:", *found[:_SHOWN], *more]))
    return found[0]


def blob_of(conn: Connection, message_id: str) -> list[StoredBlob]:
    """Return where the mails with this Message-ID can be read again; empty when none is known."""
    mails = message.join(msgid, msgid.c.id == message.c.msgid_id)
    also = message.join(alias).join(msgid, msgid.c.id == alias.c.msgid_id)
    wanted = msgid.c.mid == storable_text(message_id, nul=True)
    blobs = conn.execute(
        union(
            select(message.c.blob).select_from(mails).where(wanted),
            select(message.c.blob).select_from(also).where(wanted),
        )
    ).scalars()
    live = last_added(conn, blobs)
    sources = {row: (kind, location) for row, kind, location in conn.execute(select(*list(source.c)[:3]))}
    places = [(blob, *sources[row]) for blob, rows in sorted(live.items()) for row in rows]
    return [StoredBlob(blob=blob, kind=kind, location=location) for blob, kind, location in places]


def list_unreadable(conn: Connection) -> list[UnreadableRow]:
    """Return what could not be read, by source, epoch and origin."""
    columns = (source.c.location, unreadable.c.epoch, unreadable.c.origin, unreadable.c.reason)
    query = select(*columns).join_from(unreadable, source).order_by(*columns[:3])
    return [
        UnreadableRow(location=location, epoch=epoch, origin=origin, reason=reason)
        for location, epoch, origin, reason in conn.execute(query)
    ]


def _effective_rules(conn: Connection, ids: list[str]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    counts = (finding.c.effect != Effect.NONE.value) & ~finding.c.waived
    for part in chunks(ids):
        query = select(finding.c.series_id, finding.c.rule).where(finding.c.series_id.in_(part), counts)
        for id_, rule in conn.execute(query):
            found[id_].add(rule)
    return found


def _waits(conn: Connection, ids: list[str]) -> dict[str, Waits]:
    found: dict[str, Waits] = {}
    for part in chunks(ids):
        query = select(waits).where(waits.c.series_id.in_(part))
        found.update((row["series_id"], build_waits(row)) for row in conn.execute(query).mappings())
    return found


def _message_id(text: str) -> str:
    """Take the Message-ID out of `<...>` or an archive URL (its last path part with an `@`, else its last)."""
    text = text.strip()
    if text.startswith(("http://", "https://")):
        try:
            parts = [unquote(part) for part in urlsplit(text).path.split("/") if part]
        except ValueError:
            return ""
        ids = [part for part in parts if "@" in part] or parts
        text = ids[-1] if ids else ""
    return text.removeprefix("<").removesuffix(">").strip()


def _by_member(conn: Connection, mid: str) -> list[str]:
    """Return the series with a mail of this Message-ID: those it belongs to before those it only answers."""
    own = select(message.c.id).join(msgid).where(msgid.c.mid == mid)
    also = select(alias.c.message_id).join(msgid).where(msgid.c.mid == mid)
    rows = union(own, also).subquery()
    query = (
        select(series_message.c.series_id, func.min(_ROLE_RANK))
        .join(rows, rows.c.id == series_message.c.message_id)
        .group_by(series_message.c.series_id)
        .order_by(series_message.c.series_id)
    )
    ranks: dict[str, int] = dict(conn.execute(query).all())
    best = min(ranks.values(), default=0)
    return [id_ for id_, rank in ranks.items() if rank == best]


def _by_prefix(conn: Connection, start: str) -> list[str]:
    query: Select[str] = select(series.c.id).where(func.substr(series.c.id, 1, len(start)) == start)
    return list(conn.execute(query.order_by(series.c.id)).scalars())


def _series_row(row: RowMapping, rules: tuple[str, ...], waiting: Waits | None) -> SeriesRow:
    return SeriesRow(
        id=row["id"],
        list_id=row["list_id"],
        subject=row["subject"],
        author_name=row["author_name"],
        author_email=row["author_email"],
        posted_at=to_time(row["posted_at"]),
        revision=row["revision"],
        expected=row["expected"],
        found=row["found"],
        patches=row["patches"],
        complete=row["complete"],
        label=row["label"],
        state=State(row["state"]),
        superseded_by=row["superseded_by"],
        root=row["root"],
        previous_id=row["previous_id"],
        latest=row["latest"],
        added_code=row["added_code"],
        removed_code=row["removed_code"],
        added_tests=row["added_tests"],
        removed_tests=row["removed_tests"],
        added_docs=row["added_docs"],
        removed_docs=row["removed_docs"],
        disclosed=row["disclosed"],
        agents=tuple(row["agents"].split(",")) if row["agents"] else (),
        last_name=row["last_name"],
        last_email=row["last_email"],
        last_at=to_time(row["last_at"]),
        policy_id=row["policy_id"],
        policy_version=row["policy_version"],
        policy_status=row["policy_status"],
        outcome=Outcome(row["outcome"]),
        rules=rules,
        waits=waiting,
    )
