# SPDX-License-Identifier: GPL-2.0-or-later
"""SQL that somebody typed reads and does nothing else, on both engines."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from builders_store import dump, make_message, store
from patchwatch.errors import DatabaseError, UsageError
from patchwatch.store.database import Database, open_database
from patchwatch.store.sql_console import Answer, run_sql

FOREVER = "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r"


def ask(db: Database, sql: str, limit: int = 100, **more: float) -> Answer:
    return run_sql(db, sql, {"now": 1000, "me": "anna@example.org"}, limit=limit, **more)  # type: ignore[arg-type]  # seconds


def test_a_query_gives_names_and_rows_alike_on_both_engines(any_db: Database) -> None:
    store(any_db, make_message("a", subject="100% :now"), make_message("b"))
    answer = ask(
        any_db,
        "select message_id, is_bot, :now - 1 as at, 5 * 1.5 as n, :me as me, null as none, 'a:now %' as kept, 1 as at"
        " from v_message where subject like '100%' -- :nothing, 100 %s",
    )
    assert answer.columns == ("message_id", "is_bot", "at", "n", "me", "none", "kept", "at_2")
    assert answer.rows == [("a@example.org", 0, 999, 7.5, "anna@example.org", None, "a:now %", 1)]
    assert not answer.cut


THREE = ["select 1 union select 2 union select 3", "with x as (select 1) select * from x, v_message"]


@pytest.mark.parametrize("sql", THREE)
def test_rows_above_the_limit_are_cut_and_it_says_so(any_db: Database, sql: str) -> None:
    store(any_db, *(make_message(name) for name in "abc"))
    assert (len(ask(any_db, sql, limit=2).rows), ask(any_db, sql, limit=2).cut) == (2, True)
    assert (len(ask(any_db, sql, limit=3).rows), ask(any_db, sql, limit=3).cut) == (3, False)


WRITES = [
    "delete from message",
    "select 1; delete from message",
    "with x as (select 1) delete from message",
    "with gone as (delete from message returning id) select * from gone",
    "insert into pending values (1)",
    "update message set subject = 'x'",
    "drop view v_message",
    "create table other (a integer)",
    "create temp table other (a integer)",
    "select * into other from message",
    "begin",
    "commit",
    "set transaction read write",
    "copy (select 1) to program 'touch {file}'",
    "copy (select 1) to '{file}'",
    "attach '{file}' as other",
    "vacuum into '{file}'",
    "vacuum",
    "pragma query_only = off",
    "select * from pragma_table_info('message')",
    "select load_extension('{file}')",
    "select set_config('transaction_read_only', 'off', false), lo_import('{file}')",
    "do $$ begin delete from message; end $$",
    "",
    "-- nothing",
    "select",
    "select :unknown",
    "select 'open",
    "\0",
    "select " + "(" * 20_000 + "1" + ")" * 20_000,
    "select '" + "x" * 100_000 + "'",
]


@pytest.mark.parametrize("sql", WRITES, ids=range(len(WRITES)))
def test_what_is_no_query_is_refused_and_nothing_is_changed(any_db: Database, tmp_path: Path, sql: str) -> None:
    store(any_db, make_message("a"))
    before, files = dump(any_db), sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match=r"^query: \S"):
        ask(any_db, sql.replace("{file}", str(tmp_path / "made")))
    assert dump(any_db) == before
    assert sorted(tmp_path.iterdir()) == files


def test_a_query_without_end_is_stopped_and_the_database_goes_on(any_db: Database) -> None:
    with pytest.raises(UsageError, match=r"takes longer than 0\.2 s"):
        ask(any_db, FOREVER, seconds=0.2)
    store(any_db, make_message("a"))
    assert ask(any_db, "select count(*) from v_message").rows == [(1,)]


def test_an_answer_has_a_size_that_fits_into_memory(any_db: Database) -> None:
    nines = " union all ".join(["select 1"] * 30)
    body = "replace('" + "x" * 1000 + "', 'x', '" + "y" * 4000 + "')"
    answer = ask(any_db, f"select {body} from ({nines}) t")  # noqa: S608 - ours
    assert answer.cut
    assert len(answer.rows) < 20


def test_a_damaged_query_names_the_word(db: Database) -> None:
    with pytest.raises(UsageError, match="no such column: nowhere"):
        ask(db, "select nowhere from v_series")


def test_a_damaged_file_is_not_the_fault_of_the_query(db: Database) -> None:
    store(db, make_message("a"))
    with db.reading() as conn:
        root = conn.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'trailer'").scalar()
    db.close()
    with closing(sqlite3.connect(db.label)) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with Path(db.label).open("r+b") as file:
        file.seek((int(root or 0) - 1) * 8192)
        file.write(b"\xff" * 200)
    with pytest.raises(DatabaseError, match="is damaged"):
        ask(db, "select * from trailer")


def test_a_server_that_goes_away_is_not_the_fault_of_the_query(postgresql_copy: str) -> None:
    with open_database(postgresql_copy) as db, pytest.raises(DatabaseError):
        ask(db, "select pg_terminate_backend(pg_backend_pid())")


def test_the_plan_of_a_query_is_shown_and_the_query_is_not_run(any_db: Database) -> None:
    assert run_sql(any_db, FOREVER, {}, limit=0, explain=True).rows


def test_the_connection_of_a_query_is_not_used_again(db: Database) -> None:
    ask(db, "select 1")
    with db.writing() as conn:
        conn.exec_driver_sql("insert into pending values (1)")
    assert ask(db, "select count(*) from pending").rows == [(1,)]
