# SPDX-License-Identifier: GPL-2.0-or-later
"""Statements over many rows: inserts of tuples compiled once from the Core tables, and lists of keys in chunks."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Table

Value = str | int | bool | None
Row = tuple[Value, ...]

_T = TypeVar("_T")
_CHUNK = 500  # keys in one IN list; SQLite takes 32,766 parameters, older ones 999
_INT64 = 1 << 63


def insert_rows(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    """
    Insert tuples that hold all columns of *table* in order.

    Text that no database takes (lone surrogates, NUL on PostgreSQL) and numbers beyond 64 bits come from
    broken mail: they are replaced, so that one mail never stops a run.
    """
    if not rows:
        return
    statement = str(table.insert().compile(dialect=conn.dialect))
    if conn.dialect.name != "sqlite":
        conn.exec_driver_sql(statement, [storable(row, nul=True) for row in rows])
        return
    try:
        with conn.begin_nested():
            conn.exec_driver_sql(statement, list(rows))
    except (UnicodeEncodeError, OverflowError):
        conn.exec_driver_sql(statement, [storable(row) for row in rows])


def storable(row: Row, *, nul: bool = False) -> Row:
    """Return the row with what cannot be stored replaced by U+FFFD or the nearest number."""
    return tuple(_storable(value, nul=nul) for value in row)


def _storable(value: Value, *, nul: bool) -> Value:
    if isinstance(value, str):
        return storable_text(value, nul=nul)
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return _INT64 - 1 if value > 0 else -_INT64
    return value


def storable_text(value: str, *, nul: bool = False) -> str:
    """Replace lone surrogates, and NUL where asked, by U+FFFD."""
    if not value.isascii():
        value = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return value.replace("\0", "\ufffd") if nul else value


def chunks(keys: Collection[_T]) -> Iterator[list[_T]]:
    """Cut *keys* into lists that fit one statement."""
    items = list(keys)
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
