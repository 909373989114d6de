# SPDX-License-Identifier: GPL-2.0-or-later
"""`db check` finds what does not hold, in databases of both engines; copies are whole and replace nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from builders_store import later, make_message, make_series, make_verdict, store
from patchwatch.errors import DatabaseError, InputError, UsageError
from patchwatch.model.followup import Party, Waits
from patchwatch.store.check import check_database
from patchwatch.store.database import Database, open_database
from patchwatch.store.triage_rows import pending_neighbourhood, replace_series
from patchwatch.store.upkeep import back_up, vacuum, view_rows


def fill(db: Database) -> None:
    """Store two mails and their series, and the words of one."""
    mails = [make_message("a"), make_message("b", date=later(5))]
    store(db, *mails)
    waits = Waits(party=Party.REVIEWERS, since=later(5), message_id="b@example.org")
    series = [make_series([mail], waits=waits) for mail in mails]
    with db.writing() as conn:
        near = pending_neighbourhood(conn)
        assert near is not None
        replace_series(conn, near, [(one, make_verdict(one)) for one in series])


def spoil(db: Database, *statements: str) -> None:
    with db.engine.connect() as plain:
        conn = plain.execution_options(isolation_level="AUTOCOMMIT") if plain.dialect.name == "postgresql" else plain
        off = "PRAGMA foreign_keys=OFF" if plain.dialect.name == "sqlite" else "SET session_replication_role=replica"
        if plain.dialect.name == "sqlite":
            plain.connection.driver_connection.execute(off)  # type: ignore[union-attr]  # open
        else:
            conn.execute(text(off))
        for statement in statements:
            conn.execute(text(statement))
        conn.commit()
        conn.invalidate()


def test_a_good_database_has_no_faults_and_tells_what_it_holds(any_db: Database) -> None:
    fill(any_db)
    found = check_database(any_db)
    assert found.faults == ()
    assert (found.messages, found.series) == (2, 2)
    assert found.checks > 40


BROKEN = [
    ("delete from series_message where series_id = 'a@example.org'", "have a patch or a cover letter"),
    ("update series set patches = 7 where id = 'a@example.org'", "as many patches as they say"),
    ("update series set complete = false where id = 'a@example.org'", "complete when no slot is empty"),
    ("update series set root = 'x'", "one posting of each work is the latest"),
    ("update series set state = 'superseded' where id = 'a@example.org'", "name the posting that replaced"),
    ("update series set state = 'merged' where id = 'a@example.org'", "merged series name a commit"),
    ("delete from waits where series_id = 'a@example.org'", "say who owes the next mail"),
    ("update patch_size set message_row = 2 where series_id = 'a@example.org'", "sizes are those of patches"),
    ("update msgid set thread = 2 where mid = 'a@example.org'", "smallest Message-ID row"),
    ("update series set thread = 77 where id = 'a@example.org'", "series belong to a thread"),
    ("insert into pending values (77)", "threads that are to be judged are known"),
    ("update cursor set count = 1", "cursors stand behind all events"),
    ("delete from event where position = 0", "mails are in the log of a source"),
    ("insert into unindexed values (1)", "only of mails that are gone"),
    ("delete from message where id = 2", "rows of series_message have their message"),
    ("insert into indexed values (2)", "index of words"),
    ("drop view v_author", "all tables and views are there"),
]


@pytest.mark.parametrize(("statement", "rule"), BROKEN, ids=[rule for _, rule in BROKEN])
def test_each_contradiction_is_found_and_left_as_it_is(any_db: Database, statement: str, rule: str) -> None:
    fill(any_db)
    spoil(any_db, statement)
    for _ in range(2):
        faults = check_database(any_db).faults
        assert any(rule in fault.rule and fault.count and fault.example for fault in faults), faults


def test_damaged_pages_are_named_and_nothing_is_written(db: Database) -> None:
    fill(db)
    path = Path(db.label)
    db.close()
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_message_patch_id'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * 8192)
        file.write(b"\xff" * 200)
    before = path.read_bytes()
    with open_database(str(path)) as damaged, pytest.raises(DatabaseError, match="is damaged"):
        check_database(damaged)
    assert path.read_bytes() == before


def test_a_copy_is_made_while_somebody_writes_and_holds_what_was_finished(db: Database, tmp_path: Path) -> None:
    fill(db)
    with open_database(db.label) as other, other.writing() as conn:
        conn.execute(text("update message set subject = 'unfinished'"))
        back_up(db, tmp_path / "copy.db")
    with open_database(str(tmp_path / "copy.db")) as copy:
        found = check_database(copy)
        assert (found.faults, found.messages) == ((), 2)
        with copy.reading() as conn:
            assert conn.execute(text("select count(*) from message where subject = 'unfinished'")).scalar() == 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_copy_replaces_nothing_and_leaves_nothing_behind(db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "to"
    folder.mkdir()
    (folder / "there").write_bytes(b"mine")
    (folder / "link").symlink_to(folder / "nowhere")
    for name in ("there", "link"):
        with pytest.raises(UsageError, match="exists"):
            back_up(db, folder / name)
    with pytest.raises(InputError, match="cannot be written"):
        back_up(db, folder / "none" / "copy.db")
    assert sorted(path.name for path in folder.iterdir()) == ["link", "there"]
    assert (folder / "there").read_bytes() == b"mine"


def test_a_database_on_a_server_names_the_program_that_copies_it(postgresql_copy: str, tmp_path: Path) -> None:
    with open_database(postgresql_copy) as db, pytest.raises(UsageError, match="pg_dump"):
        back_up(db, tmp_path / "copy")


def test_room_of_removed_rows_is_given_back(any_db: Database) -> None:
    with any_db.writing() as conn:
        conn.execute(text("insert into pending_sender values (:s)"), [{"s": f"{n}" * 200} for n in range(2000)])
    with any_db.writing() as conn:
        conn.execute(text("delete from pending_sender"))
    before, after = vacuum(any_db)
    assert before > 0
    assert after < before or any_db.engine.dialect.name == "postgresql"
    assert check_database(any_db).faults == ()


def test_the_rows_of_all_views_are_of_one_moment(db: Database) -> None:
    fill(db)
    views = view_rows(db)
    counts = {}
    for view, rows in views:
        if view.name == "v_series":
            with open_database(db.label) as other, other.writing() as conn:
                conn.execute(text("delete from series"))
        counts[view.name] = len(list(rows))
    assert (counts["v_series"], counts["v_patch"]) == (2, 2)
