# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch db check`, `export`, `vacuum` and `backup`."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from builders_cli import dump, run
from patchwatch.store.views import VIEWS

NAMES = [view.name for view in VIEWS]


def test_a_good_database_is_ok_and_stays_as_it_is(filled: Path) -> None:
    before = dump(filled)
    result = run("--db", filled, "db", "check")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("ok: ")
    assert "7 messages, 4 series" in result.out
    assert dump(filled) == before


def test_a_contradiction_is_named_with_an_example_and_exits_1(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as conn:
        conn.execute("update series set patches = 9 where id = '20261001.1-0@example.org'")
        conn.commit()
    result = run("--db", filled, "db", "check")
    assert result.code == 1
    assert (
        result.out == "wrong: series have as many patches as they say: not so for 1, such as 20261001.1-0@example.org\n"
    )
    assert "nothing was changed" in result.complaint


def test_views_are_exported_alike_in_three_forms(filled: Path, tmp_path: Path) -> None:
    folder, file = tmp_path / "out", tmp_path / "out.db"
    for form, to in (("csv", folder), ("jsonl", folder), ("sqlite", file)):
        result = run("--db", filled, "db", "export", "--format", form, "--output", to)
        assert (result.code, result.out) == (0, "")
        assert result.complaint.startswith(f"{to}: ")
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{name}.{form}" for name in NAMES for form in ("csv", "jsonl")
    )
    with closing(sqlite3.connect(file)) as conn:
        conn.row_factory = sqlite3.Row
        for view in VIEWS:
            rows = [dict(row) for row in conn.execute(f"select * from {view.name}")]  # noqa: S608 - ours
            assert [json.loads(line) for line in (folder / f"{view.name}.jsonl").read_text().splitlines()] == rows
            with (folder / f"{view.name}.csv").open(newline="") as lines:
                table = list(csv.reader(lines))
            assert table[0] == list(view.columns)
            assert len(table) == len(rows) + 1
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in [file, *folder.iterdir()]} == {0o600}


def test_an_export_replaces_nothing(filled: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_bytes(b"mine")
    result = run("--db", filled, "db", "export", "--format", "sqlite", "--output", there)
    assert (result.code, there.read_bytes()) == (2, b"mine")
    assert "exists" in result.complaint
    result = run("--db", filled, "db", "export", "--output", there)
    assert (result.code, there.read_bytes()) == (3, b"mine")


def test_a_backup_is_the_same_database_and_vacuum_changes_no_row(filled: Path, tmp_path: Path) -> None:
    before = dump(filled)
    assert run("--db", filled, "db", "backup", tmp_path / "b.db").code == 0
    assert dump(tmp_path / "b.db") == before
    result = run("--db", filled, "db", "vacuum")
    assert (result.code, result.out) == (0, "")
    assert "MB now" in result.complaint
    assert sorted(dump(filled)) == sorted(before)


def test_a_file_that_is_no_database_is_exit_5_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "garbage.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    before = path.read_bytes()
    for words in (["check"], ["vacuum"], ["backup", tmp_path / "b"], ["export", "--output", tmp_path / "e"]):
        result = run("--db", path, "db", *words)
        assert (result.code, result.out) == (5, "")
        assert str(path) in result.complaint
    assert [one.name for one in tmp_path.iterdir()] == ["garbage.db"]
    assert path.read_bytes() == before
