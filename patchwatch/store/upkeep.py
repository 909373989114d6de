# SPDX-License-Identifier: GPL-2.0-or-later
"""Copies of the database, of its views, and a smaller file."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from patchwatch.errors import DatabaseError, InputError, UsageError
from patchwatch.store.database import Database
from patchwatch.store.faults import translated
from patchwatch.store.view import View
from patchwatch.store.views import VIEWS

Rows = Iterator[tuple[object, ...]]


def back_up(db: Database, to: Path) -> None:
    """
    Copy a database that may be in use into a new file, as of one moment.

    Nothing bears the name *to* before the copy is whole. Raises UsageError when something does already.
    """
    if db.engine.dialect.name != "sqlite":
        raise UsageError(f"{db.label}: is on a server: pg_dump --format=custom makes a copy while it is in use")
    with new_file(to) as made, translated(db.label), db.engine.connect() as outer:
        # Any: the driver's own connection, which SQLAlchemy does not type.
        source: Any = outer.connection.driver_connection
        with closing(sqlite3.connect(made)) as copy:
            source.backup(copy)  # in one step: a writer goes on in the WAL meanwhile, and does not restart it
            if copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise DatabaseError(f"{db.label}: is damaged: no copy was made; db check says more")


def vacuum(db: Database) -> tuple[int, int]:
    """Give room of removed rows back; return the bytes before and after."""
    before = _size(db)
    with translated(db.label), db.engine.connect() as plain:
        if plain.dialect.name == "sqlite":
            # Any: the driver's own connection: SQLAlchemy's would begin a transaction, which VACUUM cannot have.
            conn: Any = plain.connection.driver_connection
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                conn.execute(statement).fetchall()
        else:
            plain.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM (ANALYZE)")
    return before, _size(db)


def view_rows(db: Database) -> Iterator[tuple[View, Rows]]:
    """Give each view and its rows, all as of one moment; rows are read as they are asked for."""
    with db.reading() as plain:
        conn = plain.execution_options(stream_results=True)
        for view in VIEWS:
            result = conn.exec_driver_sql(f"SELECT * FROM {view.name}")  # noqa: S608 - our own name
            yield view, (tuple(row) for row in result.yield_per(1000))


class new_file:  # noqa: N801 - used like a function, as contextlib's are
    """A file that gets its name when all is written, readable for its owner only; nothing is ever replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made: Path | None = None

    def __enter__(self) -> Path:
        """Make the file, under another name."""
        if self._path.exists() or self._path.is_symlink():
            raise UsageError(f"{self._path}: exists; name a new file")
        try:
            handle, name = tempfile.mkstemp(prefix=".patchwatch-", dir=self._path.parent)
        except OSError as error:
            raise InputError(f"{self._path}: cannot be written: {error.strerror}") from error
        os.close(handle)
        self._made = Path(name)
        return self._made

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Give it its name, or take it away after a failure."""
        assert self._made is not None  # noqa: S101 - entered before
        try:
            if kind is None:
                with self._made.open("rb") as file:
                    os.fsync(file.fileno())
                os.link(self._made, self._path)  # unlike a rename, fails where there is something by now
        except FileExistsError:
            raise UsageError(f"{self._path}: exists; name a new file") from None
        except OSError as error:
            raise InputError(f"{self._path}: cannot be written: {error.strerror}") from error
        finally:
            for suffix in ("", "-journal", "-wal", "-shm"):
                with suppress(OSError):
                    self._made.with_name(self._made.name + suffix).unlink(missing_ok=True)


def _size(db: Database) -> int:
    with db.reading() as conn:
        if conn.dialect.name == "postgresql":
            return int(conn.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)
        pages, size = (conn.exec_driver_sql(f"PRAGMA {name}").scalar() or 0 for name in ("page_count", "page_size"))
        return int(pages) * int(size)
