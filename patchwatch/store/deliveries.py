# SPDX-License-Identifier: GPL-2.0-or-later
"""How mails reached us: each through one list or several, from one source or several, in copies that may differ."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from patchwatch.assemble.copies import contents
from patchwatch.model.mail import Message
from patchwatch.store.bulk import chunks
from patchwatch.store.load import load_messages
from patchwatch.store.log import last_added
from patchwatch.store.message_rows import to_seconds
from patchwatch.store.schema import message, msgid, source


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    One copy of a mail in one source: the *list_id* it bears ("" without one), its *blob*, kind and location of the
    source; *arrived* is UTC, None when its headers do not tell.
    """

    message_id: str
    list_id: str
    kind: str
    location: str
    blob: str
    arrived: datetime | None


def deliveries_of(conn: Connection, messages: Iterable[Message]) -> list[Delivery]:
    """Return where each of these mails is live, in all its copies; in order of the mails, then of arrival."""
    wanted = {mail.message_id: mail for mail in messages}
    rows: list[int] = []
    for part in chunks(wanted):
        rows += conn.execute(select(message.c.id).join(msgid).where(msgid.c.mid.in_(part))).scalars()
    found = list(load_messages(conn, rows).values())
    content = contents(found)
    copies: defaultdict[str, list[Message]] = defaultdict(list)
    for one in found:
        own = wanted[one.message_id]
        if one.blob == own.blob or (one.blob in content and content[one.blob] == content.get(own.blob)):
            copies[one.message_id].append(one)
    places = last_added(conn, [one.blob for several in copies.values() for one in several])
    sources = {row: (kind, location) for row, kind, location in conn.execute(select(*list(source.c)[:3]))}
    deliveries = [
        Delivery(
            message_id=one.message_id,
            list_id=one.list_id,
            kind=sources[row][0],
            location=sources[row][1],
            blob=one.blob,
            arrived=one.arrived,
        )
        for mid in wanted
        for one in copies[mid]
        for row in places.get(one.blob, [])
    ]
    order = {mid: number for number, mid in enumerate(wanted)}
    return sorted(
        deliveries, key=lambda one: (order[one.message_id], to_seconds(one.arrived) or 0, one.location, one.blob)
    )
