# SPDX-License-Identifier: GPL-2.0-or-later
"""Opening, creating and upgrading; every fault is one clear line and leaves the database as it was."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from builders_store import dump, make_message, reached, store, tell
from patchwatch.errors import DatabaseError, InputError, PatchwatchError, UsageError
from patchwatch.store import database
from patchwatch.store.database import SCHEMA_REVISION, Database, open_database, upgrade
from patchwatch.store.read import list_series
from patchwatch.store.writer import Writer


def set_revision(path: Path, revision: str) -> None:
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def one_line(error: pytest.ExceptionInfo[PatchwatchError]) -> str:
    words = str(error.value)
    assert "\n" not in words
    assert "sqlalche.me" not in words
    return words


@pytest.fixture
def copy(tmp_path: Path, empty_database: Path) -> Path:
    return Path(shutil.copy(empty_database, tmp_path / "patchwatch.db"))


def test_a_new_database_is_private_and_set_up(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "p%20w ?#.db"
    with open_database(str(path), create=True) as db, db.reading() as conn:
        settings = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "page_size")}
        assert settings == {"journal_mode": "wal", "page_size": 8192}
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [child.name for child in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}", "sqlite+pysqlite:///{}"])
def test_a_path_and_a_url_name_the_same_database(copy: Path, form: str) -> None:
    open_database(form.format(copy)).close()


def test_a_relative_path_and_a_tilde_are_understood(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy.parent)
    monkeypatch.setenv("HOME", str(copy.parent))
    for name in ("patchwatch.db", "sqlite:///patchwatch.db", "~/patchwatch.db"):
        open_database(name).close()


def test_a_missing_or_empty_database_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    for _ in range(2):
        for use in (open_database, upgrade):
            if path.exists() and use is upgrade:
                continue
            with pytest.raises(InputError, match=r"no database at .*none.db: run `patchwatch ingest DIR` first") as e:
                use(str(path))
            one_line(e)
        path.touch()
    assert path.stat().st_size == 0


def test_an_empty_file_is_filled_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    open_database(str(path), create=True).close()
    open_database(str(path)).close()


def test_an_older_schema_asks_for_an_upgrade(copy: Path) -> None:
    set_revision(copy, "0000")
    for create in (False, True):
        with pytest.raises(DatabaseError, match="run `patchwatch db upgrade`") as error:
            open_database(str(copy), create=create)
        one_line(error)


@pytest.mark.parametrize("use", [open_database, upgrade])
def test_a_newer_schema_is_left_alone(copy: Path, use: Callable[[str], object]) -> None:
    set_revision(copy, "0999")
    before = copy.read_bytes()
    with pytest.raises(DatabaseError, match="was written by a newer patchwatch") as error:
        use(str(copy))
    one_line(error)
    assert copy.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(tmp_path: Path, copy: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE t (a)")
    set_revision(copy, "9f3c")
    for other in (path, copy):
        with pytest.raises(DatabaseError, match="of another program") as error:
            open_database(str(other), create=True)
        one_line(error)


@pytest.mark.parametrize("content", [b"not a database at all, but text\n" * 200, b"\0" * 9000])
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match=r"notes\.txt: is not a database") as error:
        open_database(str(path), create=True)
    one_line(error)
    assert path.read_bytes() == content


def test_a_damaged_database_is_reported(copy: Path) -> None:
    data = bytearray(copy.read_bytes())
    data[8192 * 2 :] = b"\xa5" * (len(data) - 8192 * 2)
    copy.write_bytes(data)
    with pytest.raises(DatabaseError, match="damaged") as error, open_database(str(copy)) as db:
        store(db, make_message("a"))
    one_line(error)


@pytest.mark.parametrize("create", [False, True])
def test_a_folder_is_no_database(tmp_path: Path, create: bool) -> None:
    with pytest.raises(DatabaseError) as error:
        open_database(str(tmp_path), create=create)
    one_line(error)


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite:///:memory:", ":memory:", "mysql://u:secret@h/d", "nonsense://x", "postgresql+no://x"],
)
def test_an_address_that_cannot_work_is_a_usage_error_without_its_password(url: str) -> None:
    with pytest.raises(UsageError) as error:
        open_database(url)
    assert "secret" not in one_line(error)


def test_a_server_that_is_not_there_is_one_line_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(DatabaseError) as error:
        open_database(f"postgresql+psycopg://u:secret@/d?host={tmp_path}")
    assert "secret" not in one_line(error)


def test_a_locked_database_is_reported_and_keeps_its_content(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    with open_database(str(copy)) as db, closing(sqlite3.connect(copy, isolation_level=None)) as other:
        before = dump(db)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match="locked by another process") as error:
            store(db, make_message("a"))
        one_line(error)
        other.execute("ROLLBACK")
        assert dump(db) == before
        store(db, make_message("a"))


def test_a_row_without_its_owner_is_refused_and_takes_the_whole_transaction_back(any_db: Database) -> None:
    before = dump(any_db)
    orphan = text("INSERT INTO defect VALUES (99, 0, 'date', 'x')")

    def work() -> None:
        with any_db.writing() as conn:
            conn.execute(text("INSERT INTO pending VALUES (1)"))
            conn.execute(orphan)

    with pytest.raises(DatabaseError) as error:
        work()
    one_line(error)
    assert dump(any_db) == before


def test_readers_go_on_while_somebody_writes(copy: Path) -> None:
    with open_database(str(copy)) as db, open_database(str(copy)) as other, db.writing() as conn:
        conn.execute(text("INSERT INTO pending VALUES (1)"))
        with other.reading() as reader:
            assert reader.execute(text("SELECT count(*) FROM pending")).scalar() == 0


def test_a_full_disk_is_reported_and_keeps_the_old_content(db: Database) -> None:
    writer = store(db, make_message("a"))
    before = dump(db)
    with db.reading() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DatabaseError, match="no space left") as error:
        fill(writer)
    one_line(error)
    assert dump(db) == before
    assert writer.cursor().tip("0") == "t1"


def fill(writer: Writer) -> None:
    from builders_store import added

    many = [make_message(f"m{n}", text="x" * 300) for n in range(2000)]
    tell(writer, *(added(n, mail) for n, mail in enumerate(many, 1)), reached(2001))


_LIMITED = """
import resource, signal, sys
sys.path[:0] = {tests!r}
from patchwatch.errors import DatabaseError
from patchwatch.store.database import open_database
import test_store_database
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    with open_database({path!r}, create=True) as db:
        test_store_database.fill(test_store_database.Writer(db, "public-inbox", "/archive"))
except DatabaseError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [100, 100_000, 600_000])
def test_a_write_that_the_system_refuses_is_one_line(tmp_path: Path, empty_database: Path, limit: int) -> None:
    path = tmp_path / "limited.db"
    if limit > 500_000:
        shutil.copy(empty_database, path)
    code = _LIMITED.format(
        tests=[str(Path(__file__).parent), str(Path(__file__).parents[1])], path=str(path), limit=limit
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{path}: ")
    assert len(done.stdout.splitlines()) == 1
    if limit > 500_000:
        with open_database(str(path)) as db:
            assert dump(db)["message"] == []
    else:
        assert list(tmp_path.iterdir()) == []


@pytest.fixture
def public_folder(empty_database: Path) -> Iterator[Path]:
    """Make a database that another user may read, in a folder where that user may not write."""
    folder = Path(tempfile.mkdtemp(prefix="pw-ro-"))
    with open_database(shutil.copy(empty_database, f"{folder}/patchwatch.db")) as db:
        store(db, make_message("a"))
    folder.chmod(0o555)
    (folder / "patchwatch.db").chmod(0o444)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def as_another_user(work: Callable[[], str]) -> str:
    """Run *work* in a child that has no rights of root; return what it returns."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            os.write(write, work().encode())
        except BaseException as error:  # noqa: BLE001  # a child must not go on with the tests
            os.write(write, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def test_a_read_only_folder_can_be_read_and_refuses_writing(public_folder: Path) -> None:
    path = str(public_folder / "patchwatch.db")
    before = Path(path).read_bytes()

    def work() -> str:
        with open_database(path) as db:
            with db.reading() as conn:
                count = len(list_series(conn)), conn.exec_driver_sql("SELECT count(*) FROM v_message").scalar()
            with pytest.raises(DatabaseError) as error:
                store(db, make_message("b"))
            return f"{count} {error.value}"

    assert as_another_user(work) == f"(0, 1) {path}: is read-only"
    assert Path(path).read_bytes() == before


def test_a_read_only_file_in_a_writable_folder_refuses_writing(public_folder: Path) -> None:
    public_folder.chmod(0o777)
    path = str(public_folder / "patchwatch.db")

    def work() -> str:
        with open_database(path) as db, db.reading() as conn:
            list_series(conn)
        with open_database(path) as db:
            store(db, make_message("b"))
        return "stored"

    assert as_another_user(work) == f"DatabaseError: {path}: is read-only"


def test_unfinished_changes_in_a_read_only_folder_are_not_passed_over(public_folder: Path) -> None:
    path = public_folder / "patchwatch.db"
    wal = path.with_name("patchwatch.db-wal")
    wal.write_bytes(b"x" * 100)
    said = as_another_user(lambda: str(open_database(str(path))))
    assert said == f"DatabaseError: {path}: has unfinished changes in patchwatch.db-wal and its folder is read-only"


def test_a_database_in_a_folder_that_cannot_be_made_is_reported(public_folder: Path) -> None:
    said = as_another_user(lambda: str(open_database(str(public_folder / "new" / "x.db"), create=True)))
    assert said.startswith(f"DatabaseError: {public_folder / 'new' / 'x.db'}: cannot be created:")


def test_opening_does_not_import_alembic(copy: Path) -> None:
    code = (
        "import sys; from patchwatch.store.database import open_database; open_database(sys.argv[1]).close();"
        "print([name for name in sys.modules if name.startswith(('alembic', 'mako'))])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(copy)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_upgrade_tells_both_revisions(tmp_path: Path, copy: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    assert upgrade(str(empty)) == (None, SCHEMA_REVISION)
    assert upgrade(str(copy)) == (SCHEMA_REVISION, SCHEMA_REVISION)


def test_postgresql_is_created_checked_and_upgraded(postgresql_url: str) -> None:
    with pytest.raises(InputError, match="no database at"):
        open_database(postgresql_url)
    open_database(postgresql_url, create=True).close()
    assert upgrade(postgresql_url) == (SCHEMA_REVISION, SCHEMA_REVISION)
    with open_database(postgresql_url) as db, db.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(DatabaseError, match="newer patchwatch"):
        open_database(postgresql_url)
