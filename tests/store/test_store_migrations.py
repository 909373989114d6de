# SPDX-License-Identifier: GPL-2.0-or-later
"""The alembic revisions and `schema.py` say the same, in a checkout and from a wheel."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from alembic import command
from patchwatch.store.database import SCHEMA_REVISION, Database, open_database
from patchwatch.store.schema import metadata
from patchwatch.store.views import VIEWS

ROOT = Path(__file__).resolve().parents[2]


def ours(name: str | None, type_: str, parents: object) -> bool:
    """Leave out the index of words, which each engine has in a way of its own."""
    return not (type_ == "table" and str(name).startswith("mail_words"))


OURS = {"include_name": ours}


def config() -> Config:
    found = Config()
    found.set_main_option("script_location", str(ROOT / "alembic"))
    return found


def test_the_code_knows_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(config()).get_heads() == [SCHEMA_REVISION]


def test_the_revisions_make_exactly_the_schema(any_db: Database) -> None:
    with any_db.reading() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True, **OURS})
        assert compare_metadata(context, metadata) == []
        names = [name for name in inspect(conn).get_table_names() if not name.startswith("mail_words")]
        assert set(names) == {*metadata.tables, "alembic_version"}
        assert set(inspect(conn).get_view_names()) == {view.name for view in VIEWS}


def test_the_revisions_make_the_same_statements_as_the_schema(db: Database, tmp_path: Path) -> None:
    """What alembic does not compare: checks, clustering, the bodies of views."""
    with db.writing() as conn:
        made = statements(conn)
        for view in VIEWS:
            conn.execute(text(f"DROP VIEW {view.name}"))
        metadata.drop_all(conn)
        metadata.create_all(conn)
        for view in VIEWS:
            conn.execute(text(view.create))
        assert statements(conn) == made


def statements(conn: Connection) -> dict[str, list[str]]:
    """All of a schema; the pieces of a statement are sorted, since constraints may stand in another order."""
    rows = conn.execute(
        text(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"
            " AND name NOT LIKE 'mail_words%'"
        )
    )
    return {name: sorted(line.strip().rstrip(",") for line in sql.splitlines()) for name, sql in rows}


def test_all_columns_are_described_and_link_by_real_foreign_keys(any_db: Database) -> None:
    assert [str(column) for table in metadata.tables.values() for column in table.c if not column.comment] == []
    with any_db.reading() as conn:
        for name in ("message", "reference", "trailer", "series_message", "finding", "evidence"):
            assert inspect(conn).get_foreign_keys(name), name


def test_the_schema_can_be_taken_back_and_made_again(any_db: Database) -> None:
    again = config()
    for step, revision in ((command.downgrade, "base"), (command.upgrade, "head")):
        with any_db.writing() as conn:
            again.attributes["connection"] = conn
            step(again, revision)
    with any_db.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts=OURS), metadata) == []


def test_the_folder_of_revisions_is_no_package() -> None:
    assert list((ROOT / "alembic").rglob("__init__.py")) == []


@pytest.fixture(scope="module")
def unpacked_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and unpack it where no checkout is near."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_a_wheel_creates_and_upgrades_databases_without_the_checkout(unpacked_wheel: Path, tmp_path: Path) -> None:
    code = (
        "import sys, patchwatch; from patchwatch.store.database import open_database, upgrade;"
        "open_database(sys.argv[1], create=True).close(); print(upgrade(sys.argv[1])); print(patchwatch.__file__)"
    )
    path = tmp_path / "new.db"
    env = {**os.environ, "PYTHONPATH": str(unpacked_wheel)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=tmp_path, env=env, check=True, capture_output=True, text=True
    )
    said = done.stdout.splitlines()
    assert said == [f"('{SCHEMA_REVISION}', '{SCHEMA_REVISION}')", str(unpacked_wheel / "patchwatch" / "__init__.py")]
    assert not (unpacked_wheel / "alembic").exists()
    with open_database(str(path)) as db, db.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts=OURS), metadata) == []
