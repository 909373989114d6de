# SPDX-License-Identifier: GPL-2.0-or-later
"""Databases for the tests: SQLite always, PostgreSQL where its server is installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from patchwatch.store.database import Database, open_database
from peers import missing

_APT = "apt-get install --no-install-recommends postgresql"


def _server_tools() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Start a private server on a Unix socket; yield its URL without a database name."""
    tools = _server_tools()
    if tools is None:
        missing(f"PostgreSQL is not installed: {_APT}")
    if find_spec("psycopg") is None:
        missing("psycopg is not installed: pip install 'psycopg[binary]'")
    folder = Path(tempfile.mkdtemp(prefix="pw-pg-"))
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=user, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=folder)

    try:
        run(f"{tools}/initdb", "-D", f"{data}", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run(f"{tools}/pg_ctl", "-D", f"{data}", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://tester@/{{}}?host={folder}"
        finally:
            run(f"{tools}/pg_ctl", "-D", f"{data}", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(server: str, name: str, template: str) -> str:
    import psycopg

    with closing(psycopg.connect(server.format("postgres").replace("+psycopg", ""), autocommit=True)) as conn:
        conn.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return server.format(name)


def _name(request: pytest.FixtureRequest) -> str:
    return f"t{abs(hash(request.node.nodeid))}"


@pytest.fixture
def postgresql_url(postgresql: str, request: pytest.FixtureRequest) -> str:
    """Make an empty database on the server; return its URL."""
    return _make(postgresql, _name(request), "template0")


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str) -> str:
    """Make one database with the schema; tests take copies of it. Return its name."""
    open_database(_make(postgresql, "made", "template0"), create=True).close()
    return "made"


@pytest.fixture
def postgresql_copy(postgresql: str, postgresql_template: str, request: pytest.FixtureRequest) -> str:
    """Make a database with the schema; return its URL."""
    return _make(postgresql, _name(request), postgresql_template)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one SQLite database; tests take copies of it."""
    path = tmp_path_factory.mktemp("empty") / "patchwatch.db"
    open_database(str(path), create=True).close()
    return path


@pytest.fixture
def db(tmp_path: Path, empty_database: Path) -> Iterator[Database]:
    """Open a fresh SQLite database."""
    with open_database(shutil.copy(empty_database, f"{tmp_path}/patchwatch.db")) as opened:
        yield opened


@pytest.fixture(params=["db", "postgresql_copy"])
def any_db(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Open a fresh database of each engine."""
    found: Database | str = request.getfixturevalue(request.param)
    if isinstance(found, Database):
        yield found
        return
    with open_database(found) as opened:
        yield opened
