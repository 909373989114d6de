# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask a query of the database: rows in an order, how many there are, and the SQL for people."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from patchwatch.errors import UsageError
from patchwatch.store.query.context import Condition
from patchwatch.store.read import all_ids, series_rows
from patchwatch.store.rows import SeriesRow
from patchwatch.store.schema import series, waits

MAX_COUNTED = 10_000
_SORTED: dict[str, ColumnElement[Any]] = {
    "date": series.c.posted_at,
    "last": series.c.last_at,
    "since": select(waits.c.since_at).where(waits.c.series_id == series.c.id).correlate(series).scalar_subquery(),
    "rev": series.c.revision,
    "patches": series.c.patches,
    "code": series.c.added_code,
    "tests": series.c.added_tests,
    "author": func.lower(series.c.author_email),
    "subject": series.c.subject,
    "outcome": series.c.outcome,
    "list": series.c.list_id,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: the first *rows*, and the *total*, of which no more than `MAX_COUNTED` are counted."""

    rows: list[SeriesRow]
    total: int


def find(conn: Connection, condition: Condition, *, sort: str = "", limit: int = 0) -> Found:
    """Return the series that fit, newest first or in the order of *sort*; *limit* 0 for all."""
    query = statement(condition, sort=sort, limit=limit + 1 if limit else 0)
    rows = series_rows(conn, query)
    if not limit or len(rows) <= limit:
        return Found(rows, len(rows))
    some = select(series.c.id).where(condition).limit(MAX_COUNTED + 1).subquery()
    return Found(rows[:limit], conn.execute(select(func.count()).select_from(some)).scalar() or 0)


def statement(condition: Condition, *, sort: str = "", limit: int = 0) -> Select[Any]:
    """Return the statement; undated series come last, of equals the one whose id is smaller first."""
    name = sort.removeprefix("-")
    if sort and name not in _SORTED:
        raise UsageError(f"--sort: {sort!r} is none of {', '.join(_SORTED)}; a - before it turns the order round")
    by = _SORTED[name] if sort else series.c.posted_at
    order = by.asc() if sort and not sort.startswith("-") else by.desc()
    query = select(series).where(condition).order_by(order.nulls_last(), series.c.id)
    return query.limit(limit) if limit else query


def sql_of(conn: Connection, query: Select[Any]) -> tuple[str, dict[str, object]]:
    """Return a statement as text, and its values by their names."""
    compiled = query.compile(dialect=conn.dialect, compile_kwargs={"render_postcompile": True})
    return str(compiled), dict(compiled.params)


def neighbours(conn: Connection, ids: Collection[str]) -> list[str]:
    """Return *ids* and of each those that come before and after it: enough to tell how much of it is unique."""
    if conn.dialect.name != "sqlite" or len(ids) > 1_000:
        return all_ids(conn)  # a server may sort text as a language does, which keeps no beginnings together
    found = set(ids)
    for one in ids:
        before = select(func.max(series.c.id)).where(series.c.id < one)
        after = select(func.min(series.c.id)).where(series.c.id > one)
        found.update(other for other in (conn.execute(before).scalar(), conn.execute(after).scalar()) if other)
    return sorted(found)
