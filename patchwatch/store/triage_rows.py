# SPDX-License-Identifier: GPL-2.0-or-later
"""
What triage needs from the database and gives back.

Take the neighbourhood, assemble and judge, and replace the series inside one `Database.writing()` block, or inside a
later one in which `state_of` still is what it was: what is marked meanwhile by another process then stays marked.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, union

from patchwatch.model.mail import Message, MessageKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.store.bulk import chunks
from patchwatch.store.kin_rows import kin_of, kin_of_threads, with_namesakes
from patchwatch.store.load import load_messages
from patchwatch.store.message_rows import to_time
from patchwatch.store.schema import cursor, message, msgid, pending, pending_sender, series, tree, waiver
from patchwatch.store.series_rows import SeriesRows, key_of
from patchwatch.store.threads import mark_threads

_POSTED = message.c.kind.in_([MessageKind.PATCH.value, MessageKind.COVER.value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """
    All mail that can change the series of some people.

    *senders* (addresses in lower case): their series are to be assembled anew, all of them, since revisions are
    linked across threads. *messages* are the whole threads concerned, in order of arrival; they hold parts of
    other people's series too, which are not to be replaced. *rows* gives the row of each mail by blob id,
    *thread_of* the thread of each row. *threads* are the marked ones.
    """

    senders: frozenset[str]
    threads: frozenset[int]
    messages: tuple[Message, ...]
    rows: Mapping[str, int]
    thread_of: Mapping[int, int]


def pending_neighbourhood(conn: Connection, fresh: Mapping[str, Message] | None = None) -> Neighbourhood | None:
    """
    Return what must be assembled again, None when nothing is marked.

    *fresh* holds mails by blob id as they were just stored: those need not be read back.
    """
    threads = frozenset(conn.execute(select(pending.c.thread)).scalars())
    marked = select(pending.c.thread)
    senders = frozenset(
        conn.execute(
            union(
                select(pending_sender.c.sender),
                select(message.c.sender_key).join(msgid).where(_POSTED, msgid.c.thread.in_(marked)),
                select(series.c.sender).where(series.c.thread.in_(marked)),
            )
        ).scalars()
    )
    if not threads and not senders:
        return None
    told = frozenset(kin.sender for kin in kin_of_threads(conn, threads))
    return neighbourhood(conn, senders | told, threads, fresh)


def neighbourhood(
    conn: Connection,
    senders: frozenset[str],
    threads: frozenset[int] = frozenset(),
    fresh: Mapping[str, Message] | None = None,
) -> Neighbourhood:
    """
    Return all mail that can change the series of *senders*, and that of *threads*.

    To the senders come their other addresses that revisions may tie to them. Of other people who speak of them only the
    threads are there in which they do.
    """
    fresh = fresh or {}
    senders = with_namesakes(conn, senders)
    near = {*threads, *(kin.thread for kin in kin_of(conn, senders))}
    for part in chunks(senders):
        query = select(msgid.c.thread).join(message).where(_POSTED, message.c.sender_key.in_(part)).distinct()
        near.update(conn.execute(query).scalars())
    thread_of: dict[int, int] = {}
    found: dict[int, Message] = {}
    for group in chunks(near):
        mails = select(message.c.id, msgid.c.thread, message.c.blob).join(msgid).where(msgid.c.thread.in_(group))
        for row, thread, blob in conn.execute(mails):
            thread_of[row] = thread
            if blob in fresh:
                found[row] = fresh[blob]
    unread = thread_of.keys() - found.keys()
    if unread:
        found.update(load_messages(conn, unread))
        found = dict(sorted(found.items()))
    return Neighbourhood(
        senders=senders,
        threads=threads,
        messages=tuple(found.values()),
        rows={mail.blob: row for row, mail in found.items()},
        thread_of=thread_of,
    )


def replace_series(
    conn: Connection,
    near: Neighbourhood,
    judged: Iterable[tuple[Series, Verdict]],
    list_of: Callable[[Series], str] = lambda found: found.head.list_id,
) -> int:
    """
    Store the series of `near.senders` in place of all they had, and take back the marks; return how many.

    Series by other people are passed over: *near* holds only part of their mail. Of several with one id (a
    Message-ID used twice) the first is kept.
    """
    rows, ids = SeriesRows(), set[str]()
    for found, verdict in judged:
        if key_of(found) in near.senders and found.id not in ids:
            ids.add(found.id)
            thread = near.thread_of[near.rows[found.head.blob]]
            rows.add(found, verdict, list_of(found), thread, near.rows)
    for part in chunks(near.senders):
        conn.execute(delete(series).where(series.c.sender.in_(part)))
        conn.execute(delete(pending_sender).where(pending_sender.c.sender.in_(part)))
    for group in chunks(ids):
        conn.execute(delete(series).where(series.c.id.in_(group)))
    rows.insert(conn)
    for marked in chunks(near.threads):
        conn.execute(delete(pending).where(pending.c.thread.in_(marked)))
    return len(ids)


def state_of(conn: Connection) -> tuple[object, ...]:
    """Return what differs when anything was stored that judging looks at: whoever stores moves one of these."""
    small = (pending, pending_sender, cursor, tree)
    rows = [conn.execute(select(table).order_by(*table.primary_key.columns)).all() for table in small]
    newest = conn.execute(select(func.max(message.c.id))).scalar()
    decided = conn.execute(select(func.count(), func.max(waiver.c.id)).select_from(waiver)).one()
    return *(tuple(map(tuple, found)) for found in rows), newest, tuple(decided)


def newest_of_lists(conn: Connection, found: Iterable[Series]) -> dict[str, datetime]:
    """Return for each list of series at hand the newest date that the database or they have of it."""
    newest: dict[str, datetime] = {}
    for one in found:
        if one.date is not None:
            newest[one.head.list_id] = max(newest.get(one.head.list_id, one.date), one.date)
    for part in chunks(sorted(newest)):
        query = select(series.c.list_id, func.max(series.c.posted_at)).where(series.c.list_id.in_(part))
        for list_id, seconds in conn.execute(query.group_by(series.c.list_id)):
            stored = to_time(seconds)
            if stored is not None:
                newest[list_id] = max(newest[list_id], stored)
    return newest


def mark_all(conn: Connection) -> None:
    """Mark every thread with a mail, so that all is assembled and judged again."""
    mark_threads(conn, set(conn.execute(select(msgid.c.thread).join(message).distinct()).scalars()))
