# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad databases and bad luck with good ones: one clear line, exit 5, and the database as it was."""

import resource
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest

from builders_archive import write_archive
from builders_cli import Result, added, bound, command, dump, example_archive, example_mails, list_mail, run
from patchwatch.store.database import SCHEMA_REVISION


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def set_revision(db: Path, revision: str) -> None:
    with sqlite3.connect(db) as conn:
        conn.execute("UPDATE alembic_version SET version_num = ?", (revision,))


COMMANDS = [("list",), ("show", "x"), ("draft", "new", "x"), ("ingest",)]


@pytest.mark.parametrize("words", [*COMMANDS, ("db", "upgrade")])
def test_a_database_of_a_newer_schema_is_exit_5(filled: Path, archive: Path, words: tuple[str, ...]) -> None:
    set_revision(filled, f"{int(SCHEMA_REVISION) + 1:04}")
    before = dump(filled)
    result = run("--db", filled, *words, *([archive] if words == ("ingest",) else []))
    assert (result.code, result.out) == (5, "")
    assert "newer patchwatch" in result.complaint
    assert dump(filled) == before


@pytest.mark.parametrize("words", COMMANDS)
def test_a_database_of_an_older_schema_is_exit_5_and_names_the_upgrade(
    filled: Path, archive: Path, words: tuple[str, ...]
) -> None:
    set_revision(filled, "0000")
    before = dump(filled)
    result = run("--db", filled, *words, *([archive] if words == ("ingest",) else []))
    assert (result.code, result.out) == (5, "")
    assert "patchwatch db upgrade" in result.complaint
    assert dump(filled) == before


def test_an_upgrade_from_a_schema_that_never_was_is_exit_5(filled: Path) -> None:
    set_revision(filled, "0000")
    before = dump(filled)
    result = run("--db", filled, "db", "upgrade")
    assert (result.code, result.out) == (5, "")
    assert "0000" in result.complaint
    assert dump(filled) == before


@pytest.mark.parametrize("words", [*COMMANDS, ("db", "upgrade")])
@pytest.mark.parametrize("data", [b"garbage\n" * 500, b"SQLite format 3\0" + b"\xff" * 5000], ids=["text", "damaged"])
def test_a_file_that_is_no_database_is_exit_5_and_stays(
    tmp_path: Path, archive: Path, words: tuple[str, ...], data: bytes
) -> None:
    path = tmp_path / "garbage.db"
    path.write_bytes(data)
    before = files(tmp_path)
    result = run("--db", path, *words, *([archive] if words == ("ingest",) else []))
    assert (result.code, result.out) == (5, "")
    assert str(path) in result.complaint
    assert files(tmp_path) == before


def test_a_database_of_another_program_is_exit_5_and_stays(tmp_path: Path, archive: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE bookmarks (url)")
    for words in (["list"], ["ingest", str(archive)], ["db", "upgrade"]):
        result = run("--db", path, *words)
        assert (result.code, result.out) == (5, "")
        assert "another program" in result.complaint
    assert len(dump(path)) == 3


@pytest.mark.parametrize("words", [("list",), ("show", "x"), ("draft", "new", "x"), ("db", "upgrade")])
def test_a_missing_database_is_exit_3_and_not_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = run("--db", tmp_path / "p.db", *words)
    assert (result.code, result.out) == (3, "")
    assert "patchwatch ingest" in result.complaint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_as_database_is_exit_5(tmp_path: Path, archive: Path) -> None:
    for words in (["list"], ["ingest", str(archive)]):
        result = run("--db", tmp_path, *words)
        assert (result.code, result.out) == (5, "")
        assert str(tmp_path) in result.complaint


def test_a_locked_database_is_exit_5_for_writers_and_open_to_readers(
    filled: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patchwatch.store.database._BUSY_SECONDS", 0.01)
    holder = sqlite3.connect(filled, isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        result = run("--db", filled, "ingest", archive)
        assert (result.code, result.out) == (5, "")
        assert "locked" in result.complaint
        assert len(run("--db", filled, "list").out.splitlines()) == 4
    finally:
        holder.close()
    assert "later@example.org" not in "".join(dump(filled))
    assert run("--db", filled, "ingest", archive).code == 0


@pytest.mark.parametrize("folder_too", [False, True], ids=["file", "file and folder"])
def test_a_read_only_database_is_listed_but_not_written(tmp_path: Path, folder_too: bool) -> None:
    mails = example_mails()
    archive = write_archive(tmp_path / "foo", {0: added(*mails[:4])})
    db = tmp_path / "store" / "p.db"
    assert run("--db", db, "ingest", archive).code == 0
    write_archive(archive, {1: added(*mails[4:])})
    before = dump(db)
    assert list(db.parent.iterdir()) == [db]  # nothing is left that a reader could use instead
    db.chmod(0o444)
    db.parent.chmod(0o555 if folder_too else 0o777)
    listed = bound("--db", db, "list")
    assert (listed.code, listed.err) == (0, "")
    assert "hw/foo: two fixes" in listed.out
    refused = bound("--db", db, "ingest", archive)
    assert (refused.code, refused.out) == (5, "")
    assert refused.complaint.startswith(f"{db}: ")
    assert "read-only" in refused.complaint
    db.parent.chmod(0o755)
    assert stat.S_IMODE(db.stat().st_mode) == 0o444
    assert dump(db) == before


def test_a_place_where_no_database_can_be_made_is_exit_5(tmp_path: Path) -> None:
    archive = example_archive(tmp_path / "foo")
    tmp_path.chmod(0o555)
    result = bound("--db", tmp_path / "p.db", "ingest", archive)
    tmp_path.chmod(0o755)
    assert (result.code, result.out) == (5, "")
    assert str(tmp_path / "p.db") in result.complaint
    assert not (tmp_path / "p.db").exists()


def test_a_full_disk_is_exit_5_and_the_database_as_it_was(filled: Path, archive: Path) -> None:
    long = "word " * 100
    many = [list_mail(f"{n}@example.org", f"[PATCH] hw/many: {n} {long}") for n in range(400)]
    write_archive(archive, {2: added(*many)})
    before = dump(filled)
    limit = filled.stat().st_size + 16_384

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    words = command("--db", filled, "ingest", archive)
    done = subprocess.run(words, capture_output=True, check=False, preexec_fn=limited)
    result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert (result.code, result.out) == (5, "")
    assert str(filled) in result.complaint
    assert dump(filled) == before
    assert "401 new messages" in run("--db", filled, "ingest", archive).err


def test_a_full_disk_at_the_first_run_is_exit_5(tmp_path: Path, archive: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    words = command("--db", tmp_path / "new.db", "ingest", archive)
    done = subprocess.run(words, capture_output=True, check=False, preexec_fn=limited)
    result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert (result.code, result.out) == (5, "")
    assert "new.db" in result.complaint
    assert not list(tmp_path.glob("new.db*"))
    assert run("--db", tmp_path / "new.db", "ingest", archive).code == 0


def test_ctrl_c_while_series_are_written_leaves_the_old_ones(
    filled: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from patchwatch import triage

    before = run("--db", filled, "list", "--all").out

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(triage, "replace_series", interrupted)
        result = run("--db", filled, "ingest", archive)
    assert (result.code, result.out) == (130, "")
    assert run("--db", filled, "list", "--all").out == before
    assert run("--db", filled, "ingest", archive).code == 0
    assert "hw/new: later" in run("--db", filled, "list").out
