# SPDX-License-Identifier: GPL-2.0-or-later
"""
Threads: Message-IDs that are connected by In-Reply-To and References, in any order of arrival.

A thread is named by its smallest row in `msgid`; an unknown parent has a row too and so groups its children.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, Select, delete, select, union_all, update

from patchwatch.store.bulk import chunks, insert_rows
from patchwatch.store.schema import alias, message, msgid, pending, pending_sender, reference, series


class Threads:
    """Disjoint sets of row ids; the smallest of a set stands for it."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, item: int) -> int:
        """Return the smallest member of the set of *item*."""
        parent = self._parent
        while (up := parent.get(item, item)) != item:
            top = parent.get(up, up)
            parent[item] = top
            item = top
        return item

    def unite(self, items: Iterable[int]) -> int:
        """Join the sets of all items (at least one); return the smallest member."""
        roots = {self.find(item) for item in items}
        top = min(roots)
        for root in roots:
            if root != top:
                self._parent[root] = top
        return top


class MsgidRows:
    """The rows of all Message-IDs of one batch, known and new ones, and the threads they end in."""

    def __init__(self, conn: Connection, mids: Collection[str], first_free: int) -> None:
        self.id_of: dict[str, int] = {}
        self._thread: dict[int, int] = {}
        self._sets = Threads()
        for part in chunks(mids):
            for row, mid, thread in conn.execute(select(msgid).where(msgid.c.mid.in_(part))):
                self.id_of[mid] = row
                self._thread[row] = thread
        self._old = set(self._thread.values())
        self._new: list[tuple[int, str]] = []
        for mid in mids:
            if mid not in self.id_of:
                row = first_free + len(self._new)
                self.id_of[mid] = self._thread[row] = row
                self._new.append((row, mid))

    def unite(self, mids: Iterable[str]) -> int:
        """Put these Message-IDs into one thread; return a member of it."""
        return self._sets.unite(self._thread[self.id_of[mid]] for mid in mids)

    def write(self, conn: Connection, touched: Iterable[int]) -> None:
        """Store new Message-IDs, rename threads that were joined, and mark the *touched* ones for triage."""
        find = self._sets.find
        # In order of rows: a thread's name is its smallest row, so each row's target is there before it.
        insert_rows(conn, msgid, [(row, mid, find(self._thread[row])) for row, mid in self._new])
        for old in sorted(self._old):
            new = find(old)
            if new != old:
                conn.execute(update(msgid).where(msgid.c.thread == old).values(thread=new))
                conn.execute(update(series).where(series.c.thread == old).values(thread=new))
                conn.execute(delete(pending).where(pending.c.thread == old))
        mark_threads(conn, {find(thread) for thread in touched})


def mark_threads(conn: Connection, threads: Collection[int]) -> None:
    """Mark threads for triage."""
    for part in chunks(sorted(threads)):
        known = set(conn.execute(select(pending.c.thread).where(pending.c.thread.in_(part))).scalars())
        insert_rows(conn, pending, [(thread,) for thread in part if thread not in known])


def mark_senders(conn: Connection, senders: Collection[str]) -> None:
    """Mark all series of these senders for triage."""
    for part in chunks(sorted(senders)):
        known = set(conn.execute(select(pending_sender.c.sender).where(pending_sender.c.sender.in_(part))).scalars())
        insert_rows(conn, pending_sender, [(sender,) for sender in part if sender not in known])


def split_threads(conn: Connection, threads: Collection[int]) -> None:
    """
    Compute threads anew after mails of them went, and mark what is left of them.

    Message-IDs that nothing bears or names any more are forgotten too.
    """
    sets, members, used, present = Threads(), dict[int, int](), set[int](), set[int]()
    for part in chunks(sorted(threads)):
        rows = select(msgid.c.id, msgid.c.thread).where(msgid.c.thread.in_(part))
        members.update((row, thread) for row, thread in conn.execute(rows))
        for own, other in conn.execute(_links(part)):
            sets.unite((own, other))
            used.update((own, other))
            present.add(own)
        conn.execute(delete(pending).where(pending.c.thread.in_(part)))
    for row, old in sorted(members.items()):
        new = sets.find(row)
        if new != old:
            conn.execute(update(msgid).where(msgid.c.id == row).values(thread=new))
    for part in chunks(sorted(members.keys() - used)):
        conn.execute(delete(msgid).where(msgid.c.id.in_(part)))
    mark_threads(conn, {sets.find(row) for row in present})


def _links(threads: list[int]) -> "Select[int, int]":
    """Pairs of a mail's own Message-ID and each that it bears or names, itself included."""
    mails = select(message.c.id, message.c.msgid_id).join(msgid).where(msgid.c.thread.in_(threads)).cte("mails")
    pairs = union_all(
        select(mails.c.msgid_id, mails.c.msgid_id.label("other")),
        select(mails.c.msgid_id, reference.c.msgid_id).join(reference, reference.c.message_id == mails.c.id),
        select(mails.c.msgid_id, alias.c.msgid_id).join(alias, alias.c.message_id == mails.c.id),
    ).subquery()
    return select(pairs.c[0], pairs.c[1])
