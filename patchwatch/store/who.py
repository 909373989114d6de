# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the database knows of one address: facts to start a conversation from.

No figure weighs a person: nothing counts findings, outcomes or disclosures, which belong to series.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from patchwatch.errors import InputError
from patchwatch.reports.clean import one_line
from patchwatch.store.message_rows import sender_key, to_time
from patchwatch.store.schema import message, msgid, series, series_message, waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail of that address."""

    message_id: str
    subject: str
    date: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The newest known posting of a work; *waits_for* is empty when nobody owes a mail on it."""

    id: str
    subject: str
    list_id: str
    revision: int
    date: datetime | None
    state: str
    disclosed: bool
    waits_for: str
    since: datetime | None
    since_message: str
    is_question: bool
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """
    Facts on one address.

    *works* are newest first; *postings* counts all revisions. *lists* counts mails of any kind. *answers* are mails
    in threads of own series that others began or joined, *replies_to_others* those on series of others.
    """

    email: str
    names: tuple[str, ...]
    messages: int
    first: Mail | None
    last: Mail | None
    lists: tuple[tuple[str, int], ...]
    works: tuple[Work, ...]
    postings: int
    answers: int
    replies_to_others: int

    @property
    def owed(self) -> tuple[Work, ...]:
        """Works on which others wait for this person, the longest first."""
        return _by_age(work for work in self.works if work.waits_for == "author")

    @property
    def waiting(self) -> tuple[Work, ...]:
        """Works on which this person waits for others, the longest first."""
        return _by_age(work for work in self.works if work.waits_for not in ("", "author", "nobody"))

    @property
    def applied(self) -> int:
        """How many works are merged."""
        return sum(work.state == "merged" for work in self.works)


def about(conn: Connection, address: str) -> About:
    """Collect what is known. Raises InputError when no mail of *address* is here."""
    key = sender_key(address)
    mine = message.c.sender_key == key
    total = conn.execute(select(func.count()).select_from(message).where(mine)).scalar() or 0
    if not total:
        raise InputError(f"no mail of {one_line(address)} here")
    by_list = select(message.c.list_id, func.count()).where(mine).group_by(message.c.list_id)
    works, postings = _works(conn, key)
    return About(
        email=key,
        names=_names(conn, key),
        messages=total,
        first=_mail(conn, key, newest=False),
        last=_mail(conn, key, newest=True),
        lists=tuple(sorted(((name, n) for name, n in conn.execute(by_list)), key=lambda row: (-row[1], row[0]))),
        works=works,
        postings=postings,
        answers=_replies(conn, key, own=True),
        replies_to_others=_replies(conn, key, own=False),
    )


def _names(conn: Connection, key: str) -> tuple[str, ...]:
    query = select(message.c.sender_name, func.count()).where(message.c.sender_key == key, message.c.sender_name != "")
    rows = conn.execute(query.group_by(message.c.sender_name)).all()
    return tuple(name for name, _ in sorted(rows, key=lambda row: (-row[1], row[0])))


def _mail(conn: Connection, key: str, *, newest: bool) -> Mail | None:
    at = message.c.sent_at
    query = select(msgid.c.mid, message.c.subject, at).join_from(message, msgid)
    order = (at.desc(), message.c.id.desc()) if newest else (at, message.c.id)
    row = conn.execute(query.where(message.c.sender_key == key, at.is_not(None)).order_by(*order).limit(1)).first()
    date = None if row is None else to_time(row.sent_at)
    return None if row is None or date is None else Mail(message_id=row.mid, subject=row.subject, date=date)


def _works(conn: Connection, key: str) -> tuple[tuple[Work, ...], int]:
    """Return the newest posting of each work, newest first, and the number of all postings."""
    query = (
        select(series, waits.c.waits_for, waits.c.since_at, waits.c.message_id, waits.c.is_question, waits.c.quote)
        .outerjoin_from(series, waits, waits.c.series_id == series.c.id)
        .where(series.c.sender == key)
    )
    found: dict[str, Work] = {}
    rows = sorted(conn.execute(query), key=lambda row: (row.posted_at or 0, row.revision, row.id), reverse=True)
    for row in sorted(rows, key=lambda row: not row.latest):
        open_ = row.latest and row.state == "open" and row.waits_for is not None
        work = Work(
            id=row.id, subject=row.subject, list_id=row.list_id, revision=row.revision, date=to_time(row.posted_at),
            state=row.state, disclosed=row.disclosed, waits_for=row.waits_for if open_ else "",
            since=to_time(row.since_at) if open_ else None, since_message=row.message_id if open_ else "",
            is_question=bool(open_ and row.is_question), quote=(row.quote or "") if open_ else "",
        )  # fmt: skip
        found.setdefault(row.root, work)
    works = sorted(found.values(), key=lambda work: -work.date.timestamp() if work.date else 0.0)
    return tuple(works), len(rows)


def _replies(conn: Connection, key: str, *, own: bool) -> int:
    """Count the mails of that person that answer on series, own ones or those of others."""
    whose = series.c.sender == key if own else series.c.sender != key
    query = (
        select(func.count(message.c.id.distinct()))
        .join_from(message, series_message, series_message.c.message_id == message.c.id)
        .join(series, series.c.id == series_message.c.series_id)
        .where(message.c.sender_key == key, message.c.kind == "reply", series_message.c.role == "followup", whose)
    )
    return conn.execute(query).scalar() or 0


def _by_age(works: Iterable[Work]) -> tuple[Work, ...]:
    return tuple(sorted(works, key=lambda work: work.since.timestamp() if work.since else 0.0))
