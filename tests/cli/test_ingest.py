# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch ingest`: archives into the database, again, later, after deletions and after a crash."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from builders_archive import write_archive, write_epoch
from builders_cli import LIST_ID, Result, added, dump, example_archive, example_mails, list_mail, run, spawn
from builders_mail import mail_bytes
from patchwatch.model.mail import Message, RawMessage
from patchwatch.parse.mail import read_message
from patchwatch.parse.words import ReadText


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "patchwatch.db"


def ingest(db: Path, *archives: Path) -> str:
    """Ingest and return what was said, without the name of the program and plural endings."""
    result = run("--db", db, "ingest", *archives)
    assert result.code == 0
    assert result.out == ""
    return plain(result.err)


def plain(said: str) -> str:
    return said.replace("patchwatch: ", "").replace("messages", "message").replace("deletions", "deletion")


def listed(db: Path) -> list[str]:
    result = run("--db", db, "list", "--all", "--json", "--limit", "0")
    return [one["id"] for one in json.loads(result.out)["series"]]


def test_ingest_reads_all_epochs_and_makes_a_private_database(tmp_path: Path) -> None:
    db = tmp_path / "deep" / "er" / "patchwatch.db"
    assert ingest(db, example_archive(tmp_path / "foo")) == "foo: 7 new message, 4 series judged\n"
    assert db.stat().st_mode & 0o777 == 0o600
    assert db.parent.stat().st_mode & 0o777 == 0o700
    assert len(listed(db)) == 4


def test_a_second_run_says_nothing_new_and_changes_nothing(tmp_path: Path, db: Path) -> None:
    archive = example_archive(tmp_path / "foo")
    ingest(db, archive)
    before = dump(db)
    assert ingest(db, archive) == "foo: nothing new\n"
    assert dump(db) == before


def test_quiet_says_nothing(tmp_path: Path, db: Path) -> None:
    result = run("--db", db, "-q", "ingest", example_archive(tmp_path / "foo"))
    assert result == Result(0, "", "")


def test_the_default_database_lies_below_xdg_data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert run("ingest", example_archive(tmp_path / "foo")).code == 0
    assert (tmp_path / "data" / "patchwatch" / "patchwatch.db").is_file()
    assert "hw/baz: no name" in run("list").out


def test_mail_that_came_later_is_read_alone(tmp_path: Path, db: Path) -> None:
    mails = example_mails()
    archive = write_archive(tmp_path / "foo", {0: added(*mails[:2])})
    ingest(db, archive)
    (series,) = json.loads(run("--db", db, "list", "--json").out)["series"]
    assert (series["found"], series["outcome"]) == (1, "undetermined")
    write_archive(archive, {0: added(*mails[:2], mails[2])})
    assert ingest(db, archive) == "foo: 1 new message, 1 series judged\n"
    (series,) = json.loads(run("--db", db, "list", "--json").out)["series"]
    assert (series["found"], series["outcome"]) == (2, "ready")


def test_a_new_epoch_continues_the_archive(tmp_path: Path, db: Path) -> None:
    mails = example_mails()
    archive = write_archive(tmp_path / "foo", {0: added(*mails[:4])})
    ingest(db, archive)
    write_archive(archive, {1: added(*mails[4:])})
    assert ingest(db, archive).startswith("foo: 3 new message, ")
    whole = tmp_path / "whole.db"
    ingest(whole, example_archive(tmp_path / "bar"))
    assert listed(db) == listed(whole)


def test_a_newer_revision_supersedes_what_was_judged_before(tmp_path: Path, db: Path) -> None:
    first = list_mail("v1@example.org", date="Thu, 01 Oct 2026 10:00:00 +0000")
    second = list_mail("v2@example.org", "[PATCH v2] hw/foo: fix overflow", date="Thu, 08 Oct 2026 10:00:00 +0000")
    archive = write_archive(tmp_path / "foo", {0: added(first)})
    ingest(db, archive)
    write_archive(archive, {0: added(first, second)})
    ingest(db, archive)
    states = {one["id"]: one["state"] for one in json.loads(run("--db", db, "list", "--all", "--json").out)["series"]}
    assert states == {"v1@example.org": "superseded", "v2@example.org": "open"}
    assert "v1@example.org" not in run("--db", db, "list", "--json").out.replace('"superseded_by"', "")


def test_a_deleted_mail_takes_its_series_along(tmp_path: Path, db: Path) -> None:
    mails = example_mails()
    archive = write_archive(tmp_path / "foo", {0: added(*mails)})
    ingest(db, archive)
    write_archive(archive, {0: [*added(*mails), ("d", mails[5])]})
    said = ingest(db, archive)
    assert "1 deletion" in said
    assert "20261004.unsigned@example.org" not in listed(db)
    assert len(listed(db)) == 3
    assert not [row for row in dump(db) if "hw/baz" in row]


def test_a_rewritten_epoch_makes_the_database_forget(tmp_path: Path, db: Path) -> None:
    mails = example_mails()
    archive = write_archive(tmp_path / "foo", {0: added(*mails)})
    ingest(db, archive)
    write_epoch(archive / "git" / "0.git", added(*mails[:5]), when=1_700_500_000)
    assert "forgotten" in ingest(db, archive)
    fresh = tmp_path / "fresh.db"
    ingest(fresh, archive)
    assert listed(db) == listed(fresh)
    assert not [row for row in dump(db) if "hw/baz" in row]


def test_two_archives_share_a_cross_posted_series(tmp_path: Path, db: Path) -> None:
    cover, first, second = example_mails()[:3]
    one = write_archive(tmp_path / "one", {0: added(cover, first)})
    two = write_archive(tmp_path / "two", {0: added(cover, second)})
    assert ingest(db, one, two).splitlines()[0] == "one: 2 new message, 1 series judged"
    (series,) = json.loads(run("--db", db, "list", "--json").out)["series"]
    assert (series["found"], series["complete"]) == (2, True)


def test_what_could_not_be_read_is_counted_and_listed_with_its_reason(tmp_path: Path, db: Path) -> None:
    good = example_mails()[5]
    archive = write_archive(tmp_path / "foo", {0: [("x", b"odd"), *added(good), ("120000 m", b"/etc/passwd")]})
    said = ingest(db, archive).splitlines()
    assert said[0].startswith("foo: 1 new message, 1 series judged, ")
    assert said[0].endswith(f"{len(said) - 1} could not be read")
    assert len(said) > 1
    for line in said[1:]:
        where, colon, reason = line.partition(": ")
        assert where.strip()
        assert colon
        assert reason.strip()
    assert listed(db) == ["20261004.unsigned@example.org"]


def test_of_many_unreadable_things_ten_are_shown_and_verbose_shows_all(tmp_path: Path, db: Path) -> None:
    archive = write_archive(tmp_path / "foo", {0: [("120000 m", b"%d" % n) for n in range(15)]})
    short = ingest(db, archive).splitlines()
    assert len(short) == 12
    assert short[-1].strip() == "and 5 more (-v lists all)"
    db.unlink()
    assert len(run("--db", db, "-v", "ingest", archive).err.splitlines()) == 16


def test_a_bug_on_one_mail_costs_that_mail_only(tmp_path: Path, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = example_archive(tmp_path / "foo")
    _break_on(monkeypatch, b"hw/bar", ZeroDivisionError)
    said = ingest(db, archive)
    assert "6 new message, 3 series judged, 1 could not be read" in said
    assert "a bug" in said
    assert len(listed(db)) == 3


def _break_on(monkeypatch: pytest.MonkeyPatch, part: bytes, error: type[BaseException]) -> None:
    """Make the parser of `ingest` fail on mails that hold *part*."""

    def read(raw: RawMessage, texts: list[ReadText]) -> Message:
        if part in raw.data:
            raise error
        return read_message(raw, texts)

    monkeypatch.setattr("patchwatch.ingest.read_message", read)


def test_a_run_that_died_between_batches_is_continued(
    tmp_path: Path, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = example_archive(tmp_path / "foo")
    with monkeypatch.context() as broken:
        broken.setattr("patchwatch.ingest.BATCH", 1)  # an epoch is a batch then
        _break_on(broken, b"hw/baz", KeyboardInterrupt)
        assert run("--db", db, "ingest", archive).code == 130
    with sqlite3.connect(db) as conn:
        assert conn.execute("SELECT count(*) FROM message").fetchone() == (4,)
    assert ingest(db, archive) == "foo: 3 new message, 4 series judged\n"
    whole = tmp_path / "whole.db"
    ingest(whole, archive)
    assert listed(db) == listed(whole)


def test_a_run_that_died_inside_its_first_batch_leaves_no_mail(
    tmp_path: Path, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = example_archive(tmp_path / "foo")
    with monkeypatch.context() as broken:
        _break_on(broken, b"hw/baz", KeyboardInterrupt)
        assert run("--db", db, "ingest", archive).code == 130
    assert listed(db) == []
    assert ingest(db, archive) == "foo: 7 new message, 4 series judged\n"


def test_progress_is_silent_off_a_terminal(tmp_path: Path, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = example_archive(tmp_path / "foo")
    result = spawn("--db", db, "ingest", archive, FORCE_COLOR="1", TERM="xterm")
    assert (result.code, result.out) == (0, "")
    assert plain(result.err) == "foo: 7 new message, 4 series judged\n"


def test_a_policy_may_be_forced_for_all_series(tmp_path: Path, db: Path) -> None:
    archive = example_archive(tmp_path / "foo")
    assert run("--db", db, "ingest", "--policy", "qemu@2025-06", archive).code == 0
    series = json.loads(run("--db", db, "list", "--json").out)["series"]
    assert {one["policy"]["id"] for one in series} == {"qemu"}
    assert {one["id"]: one["outcome"] for one in series}["20261003.tagged@example.org"] == "decline"


def test_the_list_of_the_configuration_chooses_the_policy(tmp_path: Path, db: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[list.foo]\nlist_id = "linux-foo.vger.kernel.org"\npolicy = "none"\n')
    assert run("--db", db, "--config", config, "ingest", example_archive(tmp_path / "foo")).code == 0
    series = json.loads(run("--db", db, "list", "--json").out)["series"]
    assert {one["policy"]["id"] for one in series} == {"none"}


def test_a_second_bad_archive_stops_the_run_before_anything_is_written(tmp_path: Path, db: Path) -> None:
    archive = example_archive(tmp_path / "foo")
    result = run("--db", db, "ingest", archive, tmp_path / "missing")
    assert result.code == 3
    assert "missing" in result.complaint
    assert not db.exists()


def test_two_names_of_one_archive_are_one_archive(tmp_path: Path, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = example_archive(tmp_path / "foo")
    ingest(db, archive)
    monkeypatch.chdir(tmp_path)
    assert ingest(db, Path("foo/../foo")) == "foo: nothing new\n"


def test_an_archive_without_mail_is_fine(tmp_path: Path, db: Path) -> None:
    archive = write_archive(tmp_path / "foo", {0: []})
    assert ingest(db, archive) == "foo: nothing new\n"
    result = run("--db", db, "list")
    assert (result.code, result.out, result.complaint) == (0, "", "no series")


def test_a_damaged_archive_is_said_and_the_rest_is_read(tmp_path: Path, db: Path) -> None:
    archive = example_archive(tmp_path / "foo")
    shutil.rmtree(archive / "git" / "1.git" / "objects")
    (archive / "git" / "1.git" / "objects").mkdir()
    result = run("--db", db, "ingest", archive)
    assert result.code == 0
    assert "could not be read" in result.err
    assert "1.git" in result.err
    assert listed(db) == ["20261001.1-0@example.org"]


def test_a_mail_without_list_is_judged_by_no_text(tmp_path: Path, db: Path) -> None:
    ingest(
        db,
        write_archive(tmp_path / "foo", {0: added(mail_bytes(), list_mail("2@example.org", "[PATCH] hw/bar: other"))}),
    )
    policies = {
        one["list_id"]: one["policy"]["id"] for one in json.loads(run("--db", db, "list", "--json").out)["series"]
    }
    assert policies == {None: "none", LIST_ID.split("<")[1].split(">")[0]: "linux"}
