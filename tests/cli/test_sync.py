# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch sync`: what it reads, what it says, and what it leaves alone."""

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from builders_archive import write_archive
from builders_cli import Result, added, command, example_archive, example_mails, list_mail, run, spawn_raw
from builders_imap import dovecot
from builders_inbox import Inbox, inbox
from builders_web import Page, manifest, served
from patchwatch import __version__

LATER = list_mail("later@example.org", "[PATCH] hw/new: later", date="Thu, 08 Oct 2026 10:00:00 +0000")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Inbox, str]]:
    """A real public-inbox with three mails, and its URL."""
    with inbox() as box:
        for mail in example_mails()[:3]:
            box.add(mail)
        with box.served() as url:
            yield box, url


def configure(place: Path, *, head: str = "", **archives: str | Path | list[str]) -> None:
    """Write a configuration with these lists."""
    lists = "".join(f"[list.{name}]\narchive = {json.dumps(where if isinstance(where, list) else str(where))}\n"
                    for name, where in archives.items())  # fmt: skip
    (place / "config.toml").write_text(head + lists, encoding="utf-8")


def patchwatch(place: Path, *arguments: str | Path) -> Result:
    return run("--config", place / "config.toml", "--db", place / "x.db", *arguments)


def sync(place: Path, *arguments: str) -> Result:
    return patchwatch(place, "sync", *arguments)


def ids(place: Path) -> list[str]:
    return sorted(one["id"] for one in json.loads(patchwatch(place, "list", "--json").out)["series"])


def test_archives_on_disk_are_read_judged_and_then_silent(place: Path) -> None:
    configure(place, foo=example_archive(place / "foo"))
    first = sync(place)
    assert (first.code, first.out) == (0, "")
    assert first.complaint == "7 new messages, 4 series judged (foo)"
    again = sync(place)
    assert (again.code, again.out, again.err) == (0, "", "")


def test_the_options_for_talk_may_stand_behind_the_command(place: Path) -> None:
    configure(place, foo=example_archive(place / "foo"))
    assert sync(place, "-q").err == ""
    assert sync(place, "-v").complaint.startswith("foo: nothing new in ")


def test_a_quiet_sync_says_nothing_at_all(place: Path) -> None:
    configure(place, foo=example_archive(place / "foo"))
    first = patchwatch(place, "-q", "sync")
    assert (first.code, first.out, first.err) == (0, "", "")
    assert "20261004.unsigned@example.org" in ids(place)


def test_only_the_news_are_told(place: Path) -> None:
    archive = example_archive(place / "foo")
    configure(place, foo=archive, bar=write_archive(place / "bar", {0: added(LATER)}))
    assert sync(place).code == 0
    write_archive(archive, {1: added(*example_mails()[4:], list_mail("new@example.org", "[PATCH] hw/new: newer"))})
    told = sync(place).complaint
    assert told.startswith("1 new message, ")
    assert told.endswith(" (foo)")


def test_verbose_names_each_place(place: Path) -> None:
    archive = example_archive(place / "foo")
    configure(place, foo=archive)
    assert f"patchwatch: foo: 7 new messages in {archive}\n" in patchwatch(place, "-v", "sync").err
    assert patchwatch(place, "-v", "sync").complaint == f"foo: nothing new in {archive}"


def test_names_choose_lists(place: Path) -> None:
    configure(place, foo=example_archive(place / "foo"), bar=write_archive(place / "bar", {0: added(LATER)}))
    assert sync(place, "bar").complaint == "1 new message, 1 series judged (bar)"
    wrong = sync(place, "ba")
    assert wrong.code == 2
    assert wrong.complaint == "no list 'ba' in the configuration; did you mean bar?"


def test_a_configuration_without_archives_says_what_to_do(place: Path) -> None:
    (place / "config.toml").write_text("[list.foo]\naddress = 'foo@example.org'\n")
    assert sync(place).code == 2
    assert "patchwatch init" in sync(place).complaint
    assert "list.foo: has no archive" in sync(place, "foo").complaint


def test_a_list_may_have_several_archives_of_any_kind(place: Path) -> None:
    mbox = place / "more.mbox"
    mbox.write_bytes(b"From a@example.org Thu Oct  8 10:00:00 2026\n" + LATER)
    configure(place, foo=[str(example_archive(place / "foo")), f"mbox:{mbox}"])
    assert sync(place).complaint == "8 new messages, 5 series judged (foo)"
    assert sync(place).err == ""
    assert "later@example.org" in ids(place)


def test_a_series_spread_over_two_archives_is_judged_as_one(place: Path) -> None:
    mails = example_mails()[:3]
    write_archive(place / "a", {0: added(mails[0], mails[1])})
    write_archive(place / "b", {0: added(mails[2])})
    configure(place, foo=place / "a", bar=place / "b")
    assert sync(place).complaint == "3 new messages, 1 series judged (bar, foo)"


def test_what_ingest_read_is_not_read_again(place: Path) -> None:
    archive = example_archive(place / "foo")
    configure(place, foo=archive)
    assert patchwatch(place, "ingest", archive).code == 0
    assert patchwatch(place, "-v", "sync").complaint == f"foo: nothing new in {archive}"


def test_one_that_fails_stops_no_other(place: Path) -> None:
    configure(place, gone=place / "nowhere", foo=example_archive(place / "foo"), web="http://127.0.0.1:1/x/")
    done = sync(place)
    assert done.code == 4
    lines = done.err.splitlines()
    assert lines[0] == "patchwatch: 7 new messages, 4 series judged (foo)"
    assert sorted(lines[1:]) == [
        f"patchwatch: {place}/nowhere: No such file or directory",
        "patchwatch: web: http://127.0.0.1:1: refuses connections",
    ]
    quiet = patchwatch(place, "-q", "sync")
    assert quiet.code == 4
    assert len(quiet.err.splitlines()) == 2


def test_what_cannot_be_read_is_told_once(place: Path) -> None:
    archive = example_archive(place / "foo")
    configure(place, foo=archive)
    assert sync(place).code == 0
    shutil.rmtree(archive / "git" / "0.git")
    first = sync(place)
    assert "git/0.git: the epoch is gone; its mails are kept" in first.err
    assert sync(place).err == ""


def test_a_second_sync_leaves_at_once(place: Path) -> None:
    configure(place, foo=example_archive(place / "foo"))
    with (place / "x.db.sync").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        quiet = sync(place)
        told = patchwatch(place, "-v", "sync")
    assert (quiet.code, quiet.err) == (0, "")
    assert told.complaint == f"{place}/x.db: another sync is at work; nothing to do"
    assert not (place / "x.db").exists()
    assert sync(place).complaint.startswith("7 new")


def test_a_dry_run_writes_nothing(place: Path) -> None:
    archive = example_archive(place / "foo")
    with served({"/web/manifest.js.gz": manifest({"0": "a", "1": "b"}, "web")}) as server:
        configure(place, foo=archive, web=f"{server.url}/web/")
        before = sorted(place.rglob("*"))
        done = sync(place, "--dry-run")
        assert sorted(place.rglob("*")) == before
        assert (done.code, done.err) == (0, "")
        assert sorted(done.out.splitlines()) == [
            f"foo: {archive}: would read 7 new messages",
            f"web: {server.url}/web/: would clone epochs 0, 1",
        ]
        bounded = sync(place, "--dry-run", "--epochs", "1")
        assert "would clone epoch 1, leaves out epoch 0" in bounded.out
    assert sync(place, "foo").code == 0
    assert sync(place, "--dry-run", "foo").out == f"foo: {archive}: nothing new\n"


def test_a_list_on_a_server_is_mirrored_and_read(place: Path, shared: tuple[Inbox, str]) -> None:
    box, url = shared
    configure(place, foo=url)
    first = sync(place)
    assert first.complaint == "3 new messages, 1 series judged (foo)"
    host = url.split("/")[2]
    assert (place / "data" / "patchwatch" / "mirrors" / host / "list" / "git" / "0.git").is_dir()
    assert sync(place).err == ""
    box.add(LATER)
    assert sync(place, "--offline").err == ""
    assert sync(place).complaint == "1 new message, 2 series judged (foo)"
    box.purge(LATER)
    assert "1 forgotten message" in sync(place).complaint
    assert ids(place) == ["20261001.1-0@example.org"]


def test_offline_asks_no_server(place: Path) -> None:
    with served({}) as server:
        configure(place, foo=f"{server.url}/foo/", bar=write_archive(place / "bar", {0: added(LATER)}))
        done = patchwatch(place, "-v", "sync", "--offline")
        assert done.code == 0
        assert server.asked == []
    assert f"foo: {server.url}/foo/: left out: --offline" in done.err
    assert "1 new message, 1 series judged (bar)" in done.err


def test_a_server_that_fails_later_leaves_what_was_read(place: Path) -> None:
    archive = example_archive(place / "data" / "patchwatch" / "mirrors" / "127.0.0.1:1" / "foo")
    configure(place, foo="http://127.0.0.1:1/foo/")
    done = sync(place)
    assert done.code == 4
    assert "7 new messages, 4 series judged (foo)" in done.err
    assert archive.is_dir()


def test_the_server_hears_who_we_are(place: Path) -> None:
    with served({"/foo/manifest.js.gz": Page(b"<html>wait</html>")}) as server:
        configure(place, head='contact = "me@example.org"\n', foo=f"{server.url}/foo/")
        done = sync(place)
        assert (agent := server.agents.pop()).startswith("patchwatch/")
        assert agent.endswith(" (+me@example.org)")
    assert done.code == 4
    assert "asks for a browser check" in done.complaint


def test_a_sync_without_news_loads_no_database_library(place: Path) -> None:
    configure(place, foo=example_archive(place / "foo"))
    assert sync(place).code == 0
    code = (
        "import sys, patchwatch.cli\n"
        "try: patchwatch.cli.main()\n"
        "finally: print([name for name in ('sqlalchemy', 'alembic', 'requests', 'rich', 'b4', 'liblore') "
        "if name in sys.modules])\n"
    )
    words = ["--config", str(place / "config.toml"), "--db", str(place / "x.db"), "sync"]
    assert spawn_raw([sys.executable, "-c", code, *words]).out == "[]\n"
    write_archive(place / "foo", {1: added(*example_mails()[4:], LATER)})
    assert "sqlalchemy" in spawn_raw([sys.executable, "-c", code, *words]).out


def test_a_run_that_was_killed_before_it_judged_is_ended_by_the_next(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = example_archive(place / "foo")
    configure(place, foo=archive)
    assert sync(place).code == 0
    assert (place / "x.db.sync").read_text() == __version__
    write_archive(archive, {1: added(*example_mails()[4:], LATER)})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("patchwatch.triage.triage", killed)
        assert sync(place).code == 130
    assert (place / "x.db.sync").read_text() == ""  # the next run looks closely
    assert sync(place).complaint.startswith("0 new messages, ")
    assert sync(place).err == ""
    assert "later@example.org" in ids(place)


def test_syncs_at_the_same_time_and_killed_ones_end_with_the_same_tables(place: Path) -> None:
    """Ten runs are started into each other, and each is killed a little later than the one before."""
    configure(place, foo=example_archive(place / "foo"))
    words = command("--config", place / "config.toml", "--db", place / "x.db", "sync")
    for number in range(10):
        started = [subprocess.Popen(words, stderr=subprocess.PIPE) for _ in range(2)]
        for one in started:
            with suppress(subprocess.TimeoutExpired):
                one.wait(0.1 * (number + 1))
            one.kill()
            one.communicate()
    assert sync(place).code == 0
    (place / "y").mkdir()
    shutil.copy(place / "config.toml", place / "y")
    assert sync(place / "y").code == 0
    assert patchwatch(place, "list", "--all", "--json").out == patchwatch(place / "y", "list", "--all", "--json").out
    assert sync(place).err == ""


def test_an_inbox_on_a_server_is_read_like_an_archive(place: Path) -> None:
    with dovecot() as server:
        with server.open() as imap:
            for mail in example_mails()[:3]:
                imap.append("INBOX", mail, "")
        account = server.config("INBOX")
        head = (
            f'[imap.work]\nhost = "{account.host}"\nport = {account.port}\nuser = "{account.user}"\ntls = false\n'
            f"password_command = {json.dumps(account.password_command)}\n"
        )
        configure(place, head=head, inbox="imap:work", foo=write_archive(place / "foo", {0: added(LATER)}))
        assert sync(place, "--dry-run").out.splitlines()[0] == "inbox: imap:work: would be asked for new mail"
        assert "inbox: imap:work: left out: --offline" in patchwatch(place, "-v", "sync", "--offline").err
        assert sync(place).complaint.startswith("3 new messages, ")
        assert sync(place).err == ""
        configure(place, head=head.replace("printf ", "printf wrong"), inbox="imap:work", foo=place / "foo")
        failed = sync(place)
        assert failed.code == 4
        assert failed.complaint
    assert sync(place).code == 4


def test_what_another_command_left_unjudged_is_judged(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = example_archive(place / "foo")
    configure(place, foo=archive)
    assert sync(place).code == 0
    write_archive(archive, {1: added(*example_mails()[4:], LATER)})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("patchwatch.cli.ingest.triage", killed)
        assert patchwatch(place, "ingest", archive).code == 130
    assert sync(place).complaint.startswith("0 new messages, ")
    assert "later@example.org" in ids(place)
    assert sync(place).err == ""
