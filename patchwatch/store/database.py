# SPDX-License-Identifier: GPL-2.0-or-later
"""Open, create and upgrade the database; every fault of it becomes one DatabaseError with one clear line."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.exc import DatabaseError as EngineError
from sqlalchemy.pool import QueuePool

from patchwatch.errors import DatabaseError, InputError, UsageError
from patchwatch.store.faults import is_unopenable, translated

SCHEMA_REVISION = "0009"

_BUSY_SECONDS = 5.0
_PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA cache_size=-65536",  # kilobytes
    "PRAGMA temp_store=MEMORY",
)
# Any number will do, if all writers take the same: PostgreSQL has no lock on "the database".
_PG_LOCK = "SELECT pg_advisory_xact_lock(4967)"


class Database:
    """
    An open database of the current schema; a context manager.

    *label* names it in messages (no password). Work happens inside `reading()` or `writing()`, each one
    transaction; `writing()` holds the write lock from its start, so what it has read cannot change under it.
    """

    def __init__(self, engine: Engine, label: str) -> None:
        self.engine = engine
        self.label = label

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back all connections."""
        with translated(self.label):
            self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database."""
        level = {"isolation_level": "REPEATABLE READ"} if self.engine.dialect.name == "postgresql" else {}
        with translated(self.label), self.engine.connect() as plain:
            conn = plain.execution_options(**level)
            with conn.begin():
                yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction with the write lock; an exception rolls all of it back."""
        with translated(self.label), _write_transaction(self.engine) as conn:
            yield conn


def open_database(url_or_path: str, *, create: bool = False) -> Database:
    """
    Open the database at a path, `sqlite:///PATH` or `postgresql+psycopg://...`.

    With *create* a missing or empty one is made (folders 0700, file 0600). Raises InputError when there is
    none, DatabaseError when it is of another schema, damaged, locked or not ours. A database in a read-only
    place opens for reading.
    """
    path = _sqlite_path(url_or_path)
    if path is None:
        return _open_server(url_or_path, create=create)
    if not create and not path.exists():
        raise _missing(str(path))
    made = create and _make_file(path)
    try:
        return _open_file(path, create=create)
    except BaseException:
        if made:
            _remove(path)
        raise


def upgrade(url_or_path: str) -> tuple[str | None, str]:
    """Bring a database to the current schema; return the revisions before (None: it was empty) and after."""
    path = _sqlite_path(url_or_path)
    if path is None:
        engine, label = _server_engine(url_or_path)
    else:
        if not path.exists():
            raise _missing(str(path))
        engine, label = _file_engine(path), str(path)
    try:
        with translated(label):
            with engine.connect() as conn:
                old = _revision(conn, label)
            if old != SCHEMA_REVISION:
                _refuse_newer(old, label)
                _migrate(engine, label)
    finally:
        engine.dispose()
    return old, SCHEMA_REVISION


def _open_file(path: Path, *, create: bool) -> Database:
    engine = _file_engine(path)
    with translated(str(path)):
        try:
            return _checked(engine, str(path), create=create)
        except EngineError as error:
            engine.dispose()
            if not is_unopenable(error):
                raise
            return _open_immutable(path)


def _open_immutable(path: Path) -> Database:
    """
    Open a database whose folder cannot be written.

    WAL needs a shared-memory file beside the database, which cannot be made there. `immutable=1` reads without
    one, but would silently miss what is only in a left-over `-wal` file: then we refuse.
    """
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise DatabaseError(f"{path}: has unfinished changes in {wal.name} and its folder is read-only")
    return _checked(_file_engine(path, query="mode=ro&immutable=1"), str(path), create=False)


def _open_server(url: str, *, create: bool) -> Database:
    engine, label = _server_engine(url)
    with translated(label):
        return _checked(engine, label, create=create)


def _checked(engine: Engine, label: str, *, create: bool) -> Database:
    """Check the schema by reading alembic's one row; alembic itself is slow to import."""
    with engine.connect() as conn:
        revision = _revision(conn, label)
    if revision is None:
        if not create:
            raise _missing(label)
        _migrate(engine, label)
    elif revision != SCHEMA_REVISION:
        _refuse_newer(revision, label)
        raise DatabaseError(f"{label}: schema {revision} is older than {SCHEMA_REVISION}: run `patchwatch db upgrade`")
    return Database(engine, label)


def _revision(conn: Connection, label: str) -> str | None:
    """Return the schema's revision, None for an empty database."""
    tables = inspect(conn).get_table_names()
    if "alembic_version" not in tables:
        if tables:
            raise DatabaseError(f"{label}: is a database of another program")
        return None
    rows = conn.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    if not rows:
        return None
    if len(rows) > 1 or not str(rows[0]).isdecimal():
        raise DatabaseError(f"{label}: is a database of another program")
    return str(rows[0])


def _refuse_newer(revision: str | None, label: str) -> None:
    if revision is not None and int(revision) > int(SCHEMA_REVISION):
        raise DatabaseError(f"{label}: schema {revision} was written by a newer patchwatch")


def _migrate(engine: Engine, label: str) -> None:
    """Run alembic's revisions in one transaction."""
    from alembic.config import Config
    from alembic.util import CommandError

    from alembic import command

    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    try:
        with _write_transaction(engine) as conn:
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
    except CommandError as error:  # a revision that no patchwatch ever wrote
        raise DatabaseError(f"{label}: cannot be upgraded: {error}") from error


def _scripts() -> Path:
    """`_alembic` lies in the package of a wheel, `alembic` beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_alembic"
    return packed if packed.is_dir() else package.parent / "alembic"


@contextmanager
def _write_transaction(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as plain:
        conn = plain.execution_options(patchwatch_write=True)
        with conn.begin():
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql(_PG_LOCK)
            yield conn


def _file_engine(path: Path, query: str = "mode=rw") -> Engine:
    uri = f"{path.as_uri()}?{query}"

    def connect() -> sqlite3.Connection:
        # isolation_level=None: the driver starts no transactions, the hook below does.
        conn = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        for pragma in _PRAGMAS:
            conn.execute(pragma)
        return conn

    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(conn: Connection) -> None:
    """Take the write lock at once where we shall write: a read lock cannot be raised later without a race."""
    write = conn.get_execution_options().get("patchwatch_write")
    conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _server_engine(url: str) -> tuple[Engine, str]:
    try:
        # Positional parameters: bulk statements take tuples on both engines.
        engine = create_engine(url, paramstyle="format")
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise UsageError(
            f"{_hidden(url)}: not a database URL: write a path, sqlite:///PATH or postgresql+psycopg://..."
        ) from error
    except ImportError as error:
        if not url.startswith("postgresql"):
            raise UsageError(f"{_hidden(url)}: only SQLite and PostgreSQL are supported") from error
        raise UsageError(f"{_hidden(url)}: needs a driver that is not installed: {error.name}") from error
    if engine.dialect.name != "postgresql":
        raise UsageError(f"{_hidden(url)}: only SQLite and PostgreSQL are supported")
    return engine, engine.url.render_as_string(hide_password=True)


def _hidden(url: str) -> str:
    """Return the URL without what stands between its scheme and host."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _sqlite_path(url_or_path: str) -> Path | None:
    """Return the file of a path or sqlite URL, None for another URL."""
    scheme, mark, rest = url_or_path.partition("://")
    if not mark:
        name = url_or_path
    elif scheme in ("sqlite", "sqlite+pysqlite"):
        name = rest.removeprefix("/")
    else:
        return None
    if name in ("", ":memory:") or "\0" in name:
        raise UsageError(f"{url_or_path!r}: name a file for the database")
    return Path(name).expanduser().absolute()


def _missing(label: str) -> InputError:
    return InputError(f"no database at {label}: run `patchwatch ingest DIR` first")


def _make_file(path: Path) -> bool:
    """Make an empty database with its page size and journal fixed; say False when there is a file already."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        if path.is_file():
            return False
        raise DatabaseError(f"{path}: is not a file") from None
    except OSError as error:
        raise DatabaseError(f"{path}: cannot be created: {error.strerror}") from error
    try:
        with translated(str(path)):
            conn = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                conn.execute("PRAGMA page_size=8192")
                conn.execute("PRAGMA journal_mode=WAL")
            finally:
                conn.close()
    except BaseException:
        _remove(path)
        raise
    return True


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
