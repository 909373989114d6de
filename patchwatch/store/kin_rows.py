# SPDX-License-Identifier: GPL-2.0-or-later
"""
Postings of different addresses that speak of each other: an equal change-id, or a link to a former revision.

What one address posts changes notes on the other's series, and under one name also which of them stands: so whoever
assembles the one needs the mails of the other (`assemble/kin.py`).
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from patchwatch.assemble.replies import plain_name
from patchwatch.model.mail import MessageKind
from patchwatch.store.bulk import chunks
from patchwatch.store.schema import message, msgid, predecessor

_own = message.alias("own")
_other = message.alias("other")
_own_id = msgid.alias("own_id")
_other_id = msgid.alias("other_id")


class Kin(NamedTuple):
    """A mail of somebody else that speaks of one of *own_name*, or of which that speaks."""

    own_name: str
    sender: str
    name: str
    thread: int


def kin_of(conn: Connection, senders: Collection[str]) -> set[Kin]:
    """Return the mails of others that speak of mails of *senders* (addresses in lower case), and the reverse."""
    return {kin for part in chunks(sorted(senders)) for kin in _kin(conn, _own.c.sender_key.in_(part))}


def kin_of_threads(conn: Connection, threads: Collection[int]) -> set[Kin]:
    """Return those of the mails in *threads*."""
    return {kin for part in chunks(sorted(threads)) for kin in _kin(conn, _own_id.c.thread.in_(part))}


def kin_of_mails(conn: Connection, rows: Collection[int]) -> set[Kin]:
    """Return those of the mails in *rows*."""
    return {kin for part in chunks(sorted(rows)) for kin in _kin(conn, _own.c.id.in_(part))}


def with_namesakes(conn: Connection, senders: Collection[str]) -> frozenset[str]:
    """Return *senders* and all addresses under the same names that are tied to them, step by step."""
    found, new = set(senders), set(senders)
    while new:
        kin = kin_of(conn, new)
        new = {one.sender for one in kin if (name := plain_name(one.name)) and name == plain_name(one.own_name)} - found
        found |= new
    return frozenset(found)


def _kin(conn: Connection, chosen: ColumnElement[bool]) -> Iterator[Kin]:
    posted = [_own.c.kind != MessageKind.REPLY.value, _other.c.kind != MessageKind.REPLY.value]
    apart = _own.c.sender_key != _other.c.sender_key
    columns = select(_own.c.sender_name, _other.c.sender_key, _other.c.sender_name, _other_id.c.thread)
    own = _own.join(_own_id, _own.c.msgid_id == _own_id.c.id)
    alike = own.join(_other, _own.c.change_id == _other.c.change_id)
    linked = own.join(predecessor, predecessor.c.message_id == _own.c.id)
    linking = own.join(predecessor, predecessor.c.mid == _own_id.c.mid)
    for source in (
        alike.join(_other_id, _other.c.msgid_id == _other_id.c.id),
        linked.join(_other_id, predecessor.c.mid == _other_id.c.mid).join(_other, _other.c.msgid_id == _other_id.c.id),
        linking.join(_other, predecessor.c.message_id == _other.c.id).join(
            _other_id, _other.c.msgid_id == _other_id.c.id
        ),
    ):
        for row in conn.execute(columns.select_from(source).where(chosen, apart, *posted)):
            yield Kin(*row)
