# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch query`: SQL as text, CSV and JSON, and what else may stand there."""

import csv
import io
import json
from pathlib import Path

import pytest

from builders_archive import write_archive
from builders_cli import added, dump, list_mail, run

HOSTILE = "[PATCH] =cmd|'/c calc'!A0 \x1b[31m red"


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A database with a subject that wants to be a formula and to colour the terminal."""
    archive = write_archive(tmp_path / "odd", {0: added(list_mail("odd@example.org", HOSTILE))})
    assert run("--db", tmp_path / "odd.db", "ingest", archive).code == 0
    return tmp_path / "odd.db"


def test_rows_stand_in_columns_with_numbers_to_the_right(filled: Path) -> None:
    sql = "select author_email, count(*) as n from v_message group by author_email order by author_email"
    result = run("--db", filled, "query", sql)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == ["author_email     n", "jo@example.org   6", "pat@example.com  1"]


def test_words_of_sql_need_no_quotes_and_now_and_me_are_bound(filled: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text('me = ["Jo@Example.org", "other@example.org"]\n', encoding="utf-8")
    words = "select distinct author_email from v_series where author_email = :me and posted_at < :now".split()
    result = run("--config", config, "--db", filled, "query", "--csv", *words)
    assert (result.code, result.out) == (0, "author_email\njo@example.org\n")


def test_json_holds_objects_and_says_when_there_is_more(filled: Path) -> None:
    sql = "select series_id, complete from v_series order by series_id"
    result = run("--db", filled, "query", sql, "--json", "--limit", "1")
    assert json.loads(result.out) == {
        "schema": "patchwatch.query/1",
        "columns": ["series_id", "complete"],
        "rows": [{"series_id": "20261001.1-0@example.org", "complete": 1}],
        "cut": True,
    }
    assert "--limit N" in result.complaint


def test_what_is_in_a_subject_harms_neither_terminal_nor_spreadsheet(odd: Path) -> None:
    sql = "select substr(subject, 9) as s, -1 as n from v_message"
    text, table = (run("--db", odd, "query", sql, *more).out for more in ((), ("--csv",)))
    assert "\x1b" not in text + table
    assert "\\x1b[31m red" in text
    assert list(csv.reader(io.StringIO(table)))[1] == ["'=cmd|'/c calc'!A0 \\x1b[31m red", "-1"]


@pytest.mark.parametrize(
    "sql", ["select 1; drop table message", "select * from nowhere", "with x as (delete from file)"]
)
def test_what_cannot_be_answered_is_one_line_and_exit_2(filled: Path, sql: str) -> None:
    before = dump(filled)
    result = run("--db", filled, "query", sql)
    assert (result.code, result.out) == (2, "")
    assert result.complaint.startswith("query: ")
    assert dump(filled) == before


def test_a_saved_search_may_be_sql_or_a_query(filled: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(
        '[query.count]\nq = "select count(*) as n from v_message"\n[query.bar]\nq = "hw/bar"\n', encoding="utf-8"
    )
    assert run("--config", config, "--db", filled, "query", "count").out == "n\n7\n"
    found = run("--config", config, "--db", filled, "query", "bar", "--json")
    assert [one["id"] for one in json.loads(found.out)["series"]] == ["20261003.tagged@example.org"]
    unknown = run("--config", config, "--db", filled, "query", "selection")
    assert unknown.code == 2
    assert "bar, count" in unknown.complaint


def test_the_plan_is_shown_for_sql_only(filled: Path) -> None:
    assert "SCAN" in run("--db", filled, "query", "--explain", "select * from v_series").out
    assert run("--db", filled, "query", "--explain", "mine").code == 2


def test_a_missing_database_is_exit_3_and_not_made(tmp_path: Path) -> None:
    assert run("--db", tmp_path / "none.db", "query", "select 1").code == 3
    assert not (tmp_path / "none.db").exists()
