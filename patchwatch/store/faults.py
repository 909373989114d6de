# SPDX-License-Identifier: GPL-2.0-or-later
"""What went wrong in a database, in one line for people."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from patchwatch.errors import DatabaseError

# Primary result codes of SQLite (the low byte of the extended ones).
_SENTENCES = {
    sqlite3.SQLITE_BUSY: "is locked by another process (waited 5 s)",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_FULL: "no space left to write it; nothing was changed",
    sqlite3.SQLITE_IOERR: "cannot be read or written (I/O error); nothing was changed",
    sqlite3.SQLITE_READONLY: "is read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_PERM: "may not be opened",
    sqlite3.SQLITE_CORRUPT: "is damaged: restore a copy, or remove it and ingest again",
    sqlite3.SQLITE_NOTADB: "is not a database",
    sqlite3.SQLITE_NOMEM: "not enough memory to read it",
}


@contextmanager
def translated(label: str) -> Iterator[None]:
    """Turn every fault of the engine or driver into a DatabaseError that begins with *label*."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise DatabaseError(f"{label}: {_sentence(error)}") from error


def is_unopenable(error: SQLAlchemyError) -> bool:
    """Say whether SQLite could not open the file or the shared memory beside it."""
    return _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def _origin(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _code(error: BaseException) -> int | None:
    code: object = getattr(_origin(error), "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def _sentence(error: BaseException) -> str:
    # SQLite takes back the whole transaction on a full disk: what follows then fails too and hides the reason.
    cause: BaseException | None = error
    known = None
    while cause is not None:
        known = _SENTENCES.get(_code(cause) or 0, known)
        cause = cause.__context__
    if known is not None:
        return known
    lines = str(_origin(error)).strip().splitlines()
    return lines[0] if lines else type(error).__name__
