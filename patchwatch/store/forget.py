# SPDX-License-Identifier: GPL-2.0-or-later
"""
Forget mails that their archives took back: every row that holds a word of them.

Rows that belong to a mail or a series (a foreign key that cascades) go with it. For every other table `OUTSIDE` says
why nothing of a forgotten mail is left in it; a test fails until a new table is named there.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from patchwatch.store.bulk import chunks
from patchwatch.store.kin_rows import kin_of_mails
from patchwatch.store.schema import message, msgid, series, series_message
from patchwatch.store.text_index import forget_words
from patchwatch.store.threads import mark_senders, split_threads
from patchwatch.store.waivers import keep_waivers

_POSTED = ("patch", "cover")
OUTSIDE = {
    "source": "what the user calls an archive",
    "cursor": "commits",
    "event": "blob ids only: without them an older epoch would bring a deleted mail back",
    "unreadable": "paths in the archive and reasons of ours; told anew with a rewritten epoch",
    "msgid": "here: goes when nothing bears or names it any more",
    "text_index": "names of the parts that are indexed",
    "unindexed": "row numbers, until `sweep` has taken their words out of the index",
    "pending": "rows of msgid, taken out here",
    "pending_sender": "the submitter's address, until the next triage",
    "waiver": "what a maintainer decided, in that person's words",
    "draft": "digests and Message-IDs; the draft itself is the user's file",
    "tree": "a git tree of the user",
    "tree_commit": "what a git tree of the user holds",
    "commit_link": "what a git tree of the user holds",
}


def forget(conn: Connection, rows: Collection[int]) -> None:
    """
    Forget these mails, and all series of their threads with their quotes.

    What is left of the threads, and all series of the people concerned, is marked for triage: a revision
    elsewhere may have been linked to what went.
    """
    if not rows:
        return
    keep_waivers(conn, rows)
    forget_words(conn, rows)
    threads, senders = set[int](), {kin.sender for kin in kin_of_mails(conn, rows)}
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
