# SPDX-License-Identifier: GPL-2.0-or-later
"""Read many messages at once: one SELECT per table over a temporary list of rows, never a query per mail."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlalchemy import Column, Connection, Integer, MetaData, Select, Table, select

from patchwatch.model.followup import Speech
from patchwatch.model.mail import Message, MessageKind, Person, Subject
from patchwatch.store import schema
from patchwatch.store.bulk import insert_rows
from patchwatch.store.message_rows import (
    build_defect,
    build_delivery,
    build_disclosure,
    build_file,
    build_mark,
    build_predecessor,
    build_speech,
    build_trailer,
    split,
    to_time,
)

_KINDS = {kind.value: kind for kind in MessageKind}
_Part = TypeVar("_Part")
_UNKNOWN = (("", None),)  # stored by an older version

_scope = Table(
    "scope", MetaData(), Column("id", Integer, primary_key=True, autoincrement=False), prefixes=["TEMPORARY"]
)
# IN, not a join: SQLite knows nothing of the size of a temporary table and would scan the large one.
_in_scope = select(_scope.c.id)


def load_messages(conn: Connection, rows: "Iterable[int] | Select[int]") -> dict[int, Message]:
    """Return the messages of these rows (ids, or a select of ids), keyed by row, in row order."""
    _scope.drop(conn, checkfirst=True)
    _scope.create(conn, checkfirst=False)
    if isinstance(rows, Select):
        conn.execute(_scope.insert().from_select(["id"], rows))
    else:
        insert_rows(conn, _scope, [(row,) for row in sorted(set(rows))])
    found = _messages(conn)
    _scope.drop(conn, checkfirst=False)
    return found


def _messages(conn: Connection) -> dict[int, Message]:
    replies, references, aliases = _ids(conn, is_reply_to=True), _ids(conn, is_reply_to=False), _aliases(conn)
    trailers = _parts(conn, schema.trailer, build_trailer)
    files = _parts(conn, schema.file, build_file)
    disclosures = _parts(conn, schema.disclosure, build_disclosure)
    defects = _parts(conn, schema.defect, build_defect)
    speech = _speeches(conn)
    predecessors = _parts(conn, schema.predecessor, build_predecessor)
    marks = _parts(conn, schema.mark, build_mark)
    deliveries = _parts(conn, schema.delivery, build_delivery)
    table = schema.message
    columns = [schema.msgid.c.mid, *table.c]
    query = select(*columns).join_from(table, schema.msgid).where(table.c.id.in_(_in_scope)).order_by(table.c.id)
    found: dict[int, Message] = {}
    for mid, row, blob, _, kind, subject, title, *rest in conn.execute(query):
        prefix, people, facts = rest[:11], rest[11:16], rest[16:]
        sender = Person(people[0], people[1])
        text_key, arrived = deliveries.get(row, _UNKNOWN)[0]
        date, list_id, recipients, is_automatic, has_diff, patch_id, change_id, prose_lines = facts
        found[row] = Message(
            blob=blob,
            message_id=mid,
            aliases=tuple(aliases.get(row, ())),
            kind=_KINDS[kind],
            subject=subject,
            prefix=_prefix(subject if title is None else title, *prefix),
            sender=sender,
            author=sender if people[4] is None else Person(people[3], people[4]),
            date=to_time(date),
            in_reply_to=tuple(replies.get(row, ())),
            references=tuple(references.get(row, ())),
            list_id=list_id,
            recipients=split(recipients),
            is_automatic=is_automatic,
            trailers=tuple(trailers.get(row, ())),
            disclosures=tuple(disclosures.get(row, ())),
            files=tuple(files.get(row, ())),
            has_diff=has_diff,
            patch_id=patch_id,
            change_id=change_id,
            predecessors=tuple(predecessors.get(row, ())),
            prose_lines=prose_lines,
            speech=speech.get(row),
            marks=tuple(marks.get(row, ())),
            defects=tuple(defects.get(row, ())),
            text_key=text_key,
            arrived=arrived,
        )
    return found


# One parameter per column of the table, in its order.
def _prefix(
    title: str,
    is_reply: bool,
    is_patch: bool,
    is_pull: bool,
    is_patchset: bool,
    position: int | None,
    total: int | None,
    revision: int | None,
    title_revision: int | None,
    flags: str,
    tags: str,
    doubled: bool,
) -> Subject:
    return Subject(
        title=title,
        is_reply=is_reply,
        is_patch=is_patch,
        is_pull=is_pull,
        is_patchset=is_patchset,
        position=position,
        total=total,
        revision=revision,
        title_revision=title_revision,
        flags=frozenset(split(flags)),
        tags=split(tags),
        doubled=doubled,
    )


def _ids(conn: Connection, *, is_reply_to: bool) -> dict[int, list[str]]:
    """Return the Message-IDs of one header by row of the mail."""
    table, ids = schema.reference, schema.msgid
    query = select(table.c.message_id, ids.c.mid).join_from(table, ids).where(table.c.message_id.in_(_in_scope))
    wanted = table.c.is_reply_to == is_reply_to
    return _grouped(conn, query.where(wanted).order_by(table.c.message_id, table.c.position))


def _aliases(conn: Connection) -> dict[int, list[str]]:
    table, ids = schema.alias, schema.msgid
    query = select(table.c.message_id, ids.c.mid).join_from(table, ids).where(table.c.message_id.in_(_in_scope))
    return _grouped(conn, query.order_by(table.c.message_id, table.c.seq))


def _grouped(conn: Connection, query: "Select[int, str]") -> dict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row, mid in conn.execute(query):
        found[row].append(mid)
    return found


def _parts(conn: Connection, table: Table, build: Callable[..., _Part]) -> dict[int, list[_Part]]:
    """Return what *build* makes of the columns after owner and order, by row of the mail."""
    query = select(table).where(table.c.message_id.in_(_in_scope))
    found: defaultdict[int, list[_Part]] = defaultdict(list)
    for row, _, *columns in conn.execute(query.order_by(table.c.message_id, table.c.seq)):
        found[row].append(build(*columns))
    return found


def _speeches(conn: Connection) -> dict[int, Speech]:
    query = select(schema.speech).where(schema.speech.c.message_id.in_(_in_scope))
    return {row: build_speech(*columns) for row, *columns in conn.execute(query)}
