# SPDX-License-Identifier: GPL-2.0-or-later
"""What is known of lists: who began which series when, how long logs are; of mails at hand and of stored rows."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, Text, func, select

from patchwatch.assemble.evidence import stable_tags
from patchwatch.model.diff import Role
from patchwatch.model.history import ODD, SLACK, YOUNG, Figures, ListFacts, Start, window_of
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.parse.roles import RoleGlobs
from patchwatch.policy.profile import Policy
from patchwatch.rules._history import is_backport
from patchwatch.store import schema
from patchwatch.store.bulk import chunks, insert_rows
from patchwatch.store.message_rows import split
from patchwatch.store.series_rows import key_of

_AHEAD = timedelta(days=31)  # before a window, for the bursts at its start
_UNCOUNTED = frozenset({Role.TESTS, Role.GENERATED})

_replaced = Table("replaced", MetaData(), Column("sender", Text, primary_key=True), prefixes=["TEMPORARY"])


@contextmanager
def leaving_out(conn: Connection, senders: Collection[str]) -> Iterator[None]:
    """Have `is_kept` leave out the stored series of *senders*: those at hand are about to replace them."""
    _replaced.drop(conn, checkfirst=True)
    _replaced.create(conn, checkfirst=False)
    insert_rows(conn, _replaced, [(sender,) for sender in sorted(senders)])
    yield
    _replaced.drop(conn, checkfirst=False)


@dataclass(slots=True)
class ListKnown:
    """What is known of one list, and since when."""

    since: datetime | None
    facts: ListFacts
    figures: dict[datetime, Figures] = field(default_factory=dict)


def added_lines(message: Message, roles: RoleGlobs) -> int:
    """Return the added lines of a patch outside tests and generated files."""
    return sum(change.added for change in message.files if roles.role_of(change) not in _UNCOUNTED)


def oldest_mails(conn: Connection, senders: Collection[str]) -> dict[str, int]:
    """Return when each address first wrote a mail of any kind."""
    mail, found = schema.message, dict[str, int]()
    for part in chunks(sorted(senders)):
        query = select(mail.c.sender_key, func.min(mail.c.sent_at)).where(mail.c.sender_key.in_(part))
        found.update((who, at) for who, at in conn.execute(query.group_by(mail.c.sender_key)) if at is not None)
    return found


def known_lists(
    conn: Connection | None,
    dated: Sequence[tuple[Series, Policy]],
    oldest_by: Callable[[str], int | None],
    reads: Collection[str],
) -> dict[str, ListKnown]:
    """Return what is known of the list of each of *dated*, as far as some rule reads it."""
    by_list: defaultdict[str, list[tuple[Series, datetime, Policy]]] = defaultdict(list)
    for one, policy in dated:
        if one.head.list_id and one.date is not None:
            by_list[one.head.list_id].append((one, one.date, policy))
    found = {}
    for list_id, here in by_list.items():
        dates = [date for _, date, _ in here]
        since = _known_since(conn, list_id, dates)
        facts = ListFacts()
        if "list" in reads:
            period = (window_of(min(dates))[0] - _AHEAD, window_of(max(dates))[1])
            rows = None if conn is None else _Rows(conn, list_id, *(int(at.timestamp()) for at in period))
            facts = ListFacts(
                tuple(_starts(here, rows, oldest_by, since)), tuple(_logs(here, rows)) if "logs" in reads else ()
            )
        found[list_id] = ListKnown(since, facts)
    return found


def _known_since(conn: Connection | None, list_id: str, dates: Sequence[datetime]) -> datetime | None:
    """Return the date of the oldest posting known on a list, passing over a few, which a wrong clock may have dated."""
    oldest = sorted(dates)[: ODD + 1]
    if conn is not None:
        row = schema.series
        query = select(row.c.posted_at).where(row.c.list_id == list_id, row.c.posted_at.is_not(None), is_kept())
        rows = conn.execute(query.order_by(row.c.posted_at).limit(ODD + 1)).scalars()
        oldest = sorted([*oldest, *(datetime.fromtimestamp(at, UTC) for at in rows)])
    return oldest[min(ODD, len(oldest) - 1)] if oldest else None


@dataclass(frozen=True, slots=True)
class _Rows:
    """The stored series of one list and period that are not about to be replaced."""

    conn: Connection
    list_id: str
    since: int
    until: int

    def starts(self) -> Sequence[tuple[str, int, int]]:
        """Return sender, time and size of all first revisions."""
        row = schema.series
        added = row.c.added_code + row.c.added_docs + row.c.added_build
        columns = (row.c.sender, row.c.posted_at, added, row.c.tags, row.c.label)
        found = self.conn.execute(select(*columns).where(*self._here(), row.c.root == row.c.id))
        return [(sender, at, size) for sender, at, size, tags, label in found if not stable_tags(split(tags), label)]

    def logs(self) -> Iterator[tuple[float, int, int]]:
        """Give time, changed lines and lines of the log of all patches."""
        row, size, mail = schema.series, schema.patch_size, schema.message
        columns = [size.c[f"{how}_{role}"] for role in schema.ROLES for how in ("added", "removed")]
        changed = sum(columns[1:], columns[0])
        query = (
            select(row.c.posted_at, changed, mail.c.prose_lines, row.c.tags, row.c.label)
            .join_from(row, size, size.c.series_id == row.c.id)
            .join(mail, mail.c.id == size.c.message_row)
            .where(*self._here(), changed > 0)
        )
        for at, lines, log, tags, label in self.conn.execute(query):
            if not stable_tags(split(tags), label):
                yield float(at), lines, log

    def _here(self) -> tuple[ColumnElement[bool], ...]:
        at = schema.series.c.posted_at
        return (schema.series.c.list_id == self.list_id, at >= self.since, at < self.until, is_kept())


def is_kept() -> ColumnElement[bool]:
    """Return the condition for stored series that stay as they are; inside `leaving_out`."""
    return schema.series.c.sender.not_in(select(_replaced.c.sender))


def _starts(
    here: Iterable[tuple[Series, datetime, Policy]],
    rows: _Rows | None,
    oldest_by: Callable[[str], int | None],
    since: datetime | None,
) -> list[Start]:
    """Return the first revisions of a list, oldest first."""
    found = [
        (key_of(one), int(date.timestamp()), sum(added_lines(patch.message, policy.roles) for patch in one.patches))
        for one, date, policy in here
        if not one.earlier and not is_backport(one)
    ]
    oldest: Mapping[str, int] = {}
    if rows is not None:
        stored = rows.starts()
        oldest = oldest_mails(rows.conn, {sender for sender, _, _ in stored})
        found += stored
    from_then = None if since is None else (since + YOUNG).timestamp()

    def is_new(sender: str, at: int) -> bool:
        first = oldest_by(sender) if sender not in oldest else oldest[sender]
        return from_then is not None and at >= from_then and (first is None or first >= at - SLACK.total_seconds())

    starts = [Start(at=at, sender=sender, added=size, newcomer=is_new(sender, at)) for sender, at, size in found]
    return sorted(starts, key=lambda start: (start.at, start.sender))


def _logs(here: Iterable[tuple[Series, datetime, Policy]], rows: _Rows | None) -> list[tuple[float, int, int]]:
    """Return the patches of a list, oldest first."""
    found = [
        (date.timestamp(), changed, patch.message.prose_lines)
        for one, date, _ in here
        if not is_backport(one)
        for patch in one.patches
        if (changed := sum(change.added + change.removed for change in patch.message.files))
    ]
    if rows is not None:
        found += rows.logs()
    return sorted(found)
