# SPDX-License-Identifier: GPL-2.0-or-later
"""
SQL that somebody typed: it can read, for a few seconds, and nothing else, whatever it says.

SQLite asks a function of ours about all that a statement would do; only reading is granted (`mode=ro` still lets
ATTACH and VACUUM INTO write files, and a query can switch `query_only` off). On PostgreSQL the statement is that of a
cursor, which can only be a SELECT, in a read-only transaction.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from patchwatch.errors import DatabaseError, UsageError
from patchwatch.store.database import Database
from patchwatch.store.faults import translated

SECONDS = 5.0
MAX_ROWS = 100_000
_MAX_SQL = 100_000  # characters of a statement
_MAX_VALUE = 10_000_000  # bytes of one value
_MAX_TOTAL = 64_000_000  # characters of all values of an answer
_STEPS = 20_000  # of SQLite's machine between two looks at the clock
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
_LIMITS = (
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 4 * _MAX_SQL),
    (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
)
_NOT_ITS_FAULT = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_NOMEM,
)
# What may hold a colon that is no parameter: quoted text, names, comments, casts.
_PIECES = re.compile(
    # What is never closed goes to the end, or each of many openings would be looked at up to there.
    r"""'[^']*'|"[^"]*"|--[^\n]*|/\*.*?(?:\*/|\Z)|\$\w*\$.*?(?:\$\w*\$|\Z)|::|%|:(?P<name>[A-Za-z_]\w*)""",
    re.DOTALL,
)

Value = str | int | float | None
Parameters = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave; *cut* says that there is more."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]
    cut: bool


def run_sql(
    db: Database, sql: str, parameters: Parameters, *, limit: int, seconds: float = SECONDS, explain: bool = False
) -> Answer:
    """
    Answer one query with at most *limit* rows. Raises UsageError when it is no query, would write or takes too long.

    `:name` stands for one of *parameters*. With *explain* the answer is how the engine would go about it.
    """
    if len(sql) > _MAX_SQL or "\0" in sql:
        raise UsageError(f"query: takes at most {_MAX_SQL} characters, and no NUL")
    most = min(limit or MAX_ROWS, MAX_ROWS)
    if db.engine.dialect.name == "sqlite":
        return _on_sqlite(db, f"EXPLAIN QUERY PLAN {sql}" if explain else sql, parameters, most, seconds)
    return _on_postgresql(db, f"EXPLAIN {sql}" if explain else sql, parameters, most, seconds, explain=explain)


def _on_sqlite(db: Database, sql: str, parameters: Parameters, most: int, seconds: float) -> Answer:
    with translated(db.label), _guarded(db, seconds) as conn:
        try:
            cursor = conn.execute(sql, dict(parameters))
            return _collected([column[0] for column in cursor.description or ()], cursor, most)
        except (sqlite3.Error, sqlite3.Warning) as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_ITS_FAULT:
                raise
            raise UsageError(f"query: {_reason(error, seconds)}") from error


@contextmanager
def _guarded(db: Database, seconds: float) -> Iterator[sqlite3.Connection]:
    """Give a connection that can only read, until the time is over; it serves no other purpose afterwards."""
    with db.engine.connect() as outer:
        # Any: the driver's own connection, which SQLAlchemy does not type.
        conn: Any = outer.connection.driver_connection
        outer.detach()  # no other user of the pool gets it, and it is closed at the end
        assert isinstance(conn, sqlite3.Connection)  # noqa: S101 - what the engine was made with
        conn.execute("PRAGMA query_only=ON")
        conn.execute("PRAGMA temp_store=DEFAULT")  # a sort of anything may not fill the memory
        for kind, most in _LIMITS:
            conn.setlimit(kind, most)
        end = time.monotonic() + seconds
        conn.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        conn.set_authorizer(_authorize)
        try:
            yield conn
        finally:
            conn.set_authorizer(None)
            conn.set_progress_handler(None, 0)


def _authorize(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _reason(error: Exception, seconds: float) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_AUTH or str(error) == "not authorized":  # the latter from within table functions
        return "may only read: one `select`, over the views of docs/views.rst"
    if code == sqlite3.SQLITE_INTERRUPT:
        return f"takes longer than {seconds:g} s: narrow it down"
    return " ".join(str(error).split())


def _on_postgresql(
    db: Database, sql: str, parameters: Parameters, most: int, seconds: float, *, explain: bool
) -> Answer:
    import psycopg

    with translated(db.label), db.engine.connect() as outer:
        # Any: the driver's own connection, which SQLAlchemy does not type.
        conn: Any = outer.connection.driver_connection
        outer.detach()
        conn.read_only = True
        try:
            conn.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
            # A cursor by name is declared on the server, which takes nothing but a SELECT there.
            with conn.cursor() if explain else conn.cursor(name="patchwatch_query") as cursor:
                # With parameters the server takes exactly one statement.
                cursor.execute(_for_psycopg(sql, parameters), dict(parameters))
                names = [column.name for column in cursor.description or ()]
                return _collected(names, _in_time(cursor, seconds), most)
        except psycopg.errors.QueryCanceled as error:
            raise UsageError(f"query: takes longer than {seconds:g} s: narrow it down") from error
        except psycopg.Error as error:
            if conn.closed:
                raise DatabaseError(f"{db.label}: {' '.join(str(error).split())}") from error
            raise UsageError(f"query: {error.diag.message_primary or ' '.join(str(error).split())}") from error
        finally:
            if not conn.closed:
                conn.rollback()


def _in_time(rows: Iterable[Sequence[object]], seconds: float) -> Iterator[Sequence[object]]:
    """Give *rows* while there is time: the server limits each fetch, this all of them."""
    end = time.monotonic() + seconds
    for row in rows:
        if time.monotonic() > end:
            raise UsageError(f"query: takes longer than {seconds:g} s: narrow it down")
        yield row


def _for_psycopg(sql: str, parameters: Parameters) -> str:
    """Write `:name` as the driver wants it, outside quotes and comments."""

    def written(piece: re.Match[str]) -> str:
        name = piece["name"]
        if name is None:
            return piece[0].replace("%", "%%")
        if name not in parameters:
            raise UsageError(f"query: You did not supply a value for binding :{name}")
        return f"%({name})s"

    return _PIECES.sub(written, sql)


def _collected(names: Sequence[str], rows: Iterable[Sequence[object]], most: int) -> Answer:
    if not names:
        raise UsageError("query: is no query: write one `select`")
    found: list[tuple[Value, ...]] = []
    left = _MAX_TOTAL
    for row in rows:
        if len(found) >= most or left < 0:
            return Answer(_distinct(names), found, cut=True)
        values = tuple(map(plain, row))
        left -= sum(len(value) if isinstance(value, str) else 8 for value in values)
        found.append(values)
    return Answer(_distinct(names), found, cut=False)


def plain(value: object) -> Value:
    """Return what both engines give alike: truth as 0 and 1, bytes as hex, decimals as numbers."""
    convert: dict[type, Callable[[Any], Value]] = {
        bool: int,
        Decimal: lambda number: int(number) if number == int(number) else float(number),
        bytes: bytes.hex,
    }
    if value is None or type(value) in (str, int, float):
        return value  # type: ignore[return-value]  # just looked at
    return convert.get(type(value), str)(value)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Number names that occur twice: rows become objects with these keys."""
    found: list[str] = []
    for name in names:
        again, number = name, 1
        while again in found:
            number += 1
            again = f"{name}_{number}"
        found.append(again)
    return tuple(found)
