# SPDX-License-Identifier: GPL-2.0-or-later
"""Forget mails that their archives took back: every row that holds a word of them."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from patchwatch.store.bulk import chunks
from patchwatch.store.schema import message, msgid, series, series_message
from patchwatch.store.threads import mark_senders, split_threads

_POSTED = ("patch", "cover")


def forget(conn: Connection, rows: Collection[int]) -> None:
    """
    Forget these mails, and all series of their threads with their quotes.

    What is left of the threads, and all series of the people concerned, is marked for triage: a revision
    elsewhere may have been linked to what went.
    """
    if not rows:
        return
    threads, senders = set[int](), set[str]()
    for part in chunks(rows):
        query = select(msgid.c.thread, message.c.kind, message.c.sender_key).join_from(message, msgid)
        for thread, kind, sender in conn.execute(query.where(message.c.id.in_(part))):
            threads.add(thread)
            if kind in _POSTED:
                senders.add(sender)
    for part in chunks(threads):
        senders.update(conn.execute(select(series.c.sender).where(series.c.thread.in_(part))).scalars())
        conn.execute(delete(series).where(series.c.thread.in_(part)))
    for part in chunks(rows):
        # Patches sent without a thread: their series goes by the thread of its first mail.
        holders = select(series_message.c.series_id).where(series_message.c.message_id.in_(part))
        senders.update(conn.execute(select(series.c.sender).where(series.c.id.in_(holders))).scalars())
        conn.execute(delete(series).where(series.c.id.in_(holders)))
        conn.execute(delete(message).where(message.c.id.in_(part)))
    split_threads(conn, threads)
    mark_senders(conn, senders)
