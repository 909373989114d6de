# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch doctor`: what is wrong is found, said with what to do, and left as it is."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from builders_archive import git, write_archive
from builders_cli import Result, added, bound, example_archive, list_mail, run


class Usage(NamedTuple):
    """What `shutil.disk_usage` tells."""

    free: int


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set-up in which nothing is wrong."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Jo Doe\n\temail = jo@example.org\n")
    example_archive(tmp_path / "foo")
    for name in ("cur", "new", "tmp"):
        (tmp_path / "Drafts" / name).mkdir(parents=True)
    (tmp_path / "Drafts").chmod(0o700)
    configure(tmp_path)
    assert doctor_command(tmp_path, "sync").code == 0
    return tmp_path


def configure(home: Path, *, policy: str = "linux", to: str = "maildir:~/Drafts", more: str = "") -> None:
    (home / "config.toml").write_text(
        f'[list.foo]\narchive = "~/foo"\nlist_id = "linux-foo.vger.kernel.org"\npolicy = "{policy}"\n{more}\n'
        f'[drafts]\nto = "{to}"\n'
    )


def doctor_command(home: Path, *arguments: str) -> Result:
    return run("--config", home / "config.toml", *arguments)


def doctor(home: Path) -> Result:
    return doctor_command(home, "doctor")


def odd(home: Path) -> list[str]:
    """Return the lines of what is not ok."""
    return [line for line in doctor(home).out.splitlines() if not line.startswith("ok ")]


def test_nothing_wrong_is_exit_code_0(home: Path) -> None:
    done = doctor(home)
    assert (done.code, done.err) == (0, "")
    assert odd(home) == []
    for subject in ("configuration", "git", "foo", "database", "clock", "disk", "drafts", "identity", "b4"):
        assert f"\nok       {subject}: " in f"\n{done.out}"


def test_doctor_changes_nothing(home: Path) -> None:
    def state() -> list[tuple[str, int]]:
        return sorted((str(path), path.stat().st_mtime_ns) for path in home.rglob("*") if path.is_file())

    before = state()
    doctor(home)
    assert state() == before


def test_a_fresh_machine_has_warnings_and_no_faults(tmp_path: Path) -> None:
    done = run("doctor")
    assert done.code == 0
    told = {line.split()[1] for line in done.out.splitlines() if line.startswith("warning")}
    assert told == {"lists:", "database:", "drafts:", "identity:"}


def test_json_has_the_same(home: Path) -> None:
    (home / "foo" / "git" / "0.git" / "shallow").write_text("")
    done = doctor_command(home, "doctor", "--json")
    document = json.loads(done.out)
    assert document["schema"] == "patchwatch.doctor/1"
    assert done.code == 1
    assert [one for one in document["checks"] if one["status"] == "fault"] == [
        {"status": "fault", "subject": "foo", "advice": "",
         "text": f"{home}/foo/git/0.git: a shallow clone; `git fetch --unshallow` completes it"},
    ]  # fmt: skip


def test_quiet_shows_only_what_is_wrong(home: Path) -> None:
    assert doctor_command(home, "-q", "doctor").out == ""
    (home / ".gitconfig").unlink()
    assert doctor_command(home, "-q", "doctor").out.startswith("warning  identity: ")


def test_a_faulty_configuration_is_named_and_the_rest_still_looked_at(home: Path) -> None:
    (home / "config.toml").write_text("polices = 1\n")
    done = doctor(home)
    assert done.code == 1
    assert done.out.startswith(f"fault    configuration: {home}/config.toml: polices: ")
    assert "ok       git: " in done.out


def test_gaps_between_epochs_are_named(home: Path) -> None:
    shutil.move(home / "foo" / "git" / "1.git", home / "foo" / "git" / "4.git")
    assert odd(home) == [
        "warning  foo: ~/foo: epochs are not here: 1 to 3, 3 in all; series in them are not known",
    ]


def test_an_epoch_without_commits_is_told(home: Path) -> None:
    git(home / "foo" / "git" / "2.git", "init", "-q", "--bare")
    assert odd(home) == [f"warning  foo: {home}/foo/git/2.git: has no commits yet"]


def test_an_archive_that_is_not_there_is_a_fault(home: Path) -> None:
    shutil.rmtree(home / "foo")
    assert doctor(home).code == 1
    assert odd(home) == [f"fault    foo: {home}/foo: No such file or directory; correct list.foo.archive"]


def test_an_archive_that_cannot_be_read_is_a_fault(home: Path) -> None:
    (home / "foo" / "git" / "0.git" / "objects").chmod(0)
    try:
        done = bound("--config", home / "config.toml", "doctor")
    finally:
        (home / "foo" / "git" / "0.git" / "objects").chmod(0o755)
    assert done.code == 1
    assert f"fault    foo: {home}/foo/git/0.git: cannot be read: Permission denied\n" in done.out


def test_a_list_that_is_not_mirrored_yet_is_told_without_asking_its_server(home: Path) -> None:
    configure(
        home, more='[list.web]\narchive = "http://127.0.0.1:1/web/"\npolicy = "none"\nlist_id = "web.example.org"\n'
    )
    assert odd(home) == ["warning  web: http://127.0.0.1:1/web/: not mirrored yet; `patchwatch sync web` does it"]


def test_lists_without_policy_are_told(home: Path) -> None:
    configure(home, policy="")
    assert "ok       foo: policy linux, found by the name of the list\n" in doctor(home).out
    configure(home, more='[list.bar]\naddress = "bar@example.org"\n')
    assert odd(home) == [
        "warning  bar: has no archive to read; set list.bar.archive",
        'warning  bar: no policy is known for it; set list.bar.policy, to "none" if it has none',
    ]


def test_an_unknown_policy_is_a_fault(home: Path) -> None:
    configure(home, policy="linus")
    done = doctor(home)
    assert done.code == 1
    assert done.out.count("fault ") == 1
    assert "fault    foo: policy: " in done.out
    assert "linux" in done.out.partition("fault    foo: policy: ")[2].partition("\n")[0]


def test_policies_whose_source_was_read_long_ago_are_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATCHWATCH_TODAY", "2031-01-01")
    assert any(line.startswith("warning  policy: linux@") and " days ago" in line for line in odd(home))


@pytest.mark.parametrize("name", ["patchwatch.db", "patchwatch.db.sync"])
def test_a_database_that_others_can_read_is_told(home: Path, name: str) -> None:
    path = home / ".local" / "share" / "patchwatch" / name
    path.touch()
    path.chmod(0o644)
    assert odd(home) == [f"warning  database: {path}: other users may use it (mode 644); `chmod 600 {path}`"]


def test_a_database_of_another_program_is_a_fault(home: Path) -> None:
    path = home / ".local" / "share" / "patchwatch" / "patchwatch.db"
    path.write_bytes(b"no database" * 1000)
    assert doctor(home).code == 1
    assert [line.split(":")[0] for line in odd(home)] == ["fault    database"]


def test_many_mails_from_the_future_mean_a_slow_clock(home: Path) -> None:
    mails = [list_mail(f"{n}@example.org", date="Thu, 01 Oct 2099 10:00:00 +0000") for n in range(5)]
    write_archive(home / "foo", {2: added(*mails[:4])})
    doctor_command(home, "sync")
    assert odd(home) == []
    write_archive(home / "foo", {2: added(*mails)})
    doctor_command(home, "sync")
    (line,) = odd(home)
    assert line.startswith("warning  clock: ")
    assert "5 mails are dated more than a day later; check this computer's clock" in line


@pytest.mark.parametrize(("free", "status"), [(500 << 20, "warning"), (50 << 20, "fault")])
def test_little_room_is_told(home: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free))
    (line,) = odd(home)
    assert line.startswith(f"{status:8} disk: ")
    assert line.endswith(f"{free >> 20} MiB free; make room")


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("maildir:~/foo", "is no Maildir (cur, new, tmp); correct drafts.to"),
        ("maildir:~/no/where", "is not there or cannot be written; correct drafts.to"),
        ("imap:work", "there is no account imap.work; add it, or correct drafts.to"),
        ("pigeon:home", "is no place for drafts"),
    ],
)
def test_a_place_for_drafts_that_is_none_is_a_fault(home: Path, to: str, told: str) -> None:
    configure(home, to=to)
    assert doctor(home).code == 1
    (line,) = odd(home)
    assert line.startswith("fault    drafts: ")
    assert told in line


def test_drafts_that_others_can_read_are_told(home: Path) -> None:
    (home / "Drafts").chmod(0o755)
    assert odd(home) == [
        f"warning  drafts: {home}/Drafts: other users may use it (mode 755); `chmod 700 {home}/Drafts`"
    ]


@pytest.mark.parametrize(("said", "status"), [("git version 2.30.2", "warning"), ("gut", "warning"), (None, "fault")])
def test_an_old_or_absent_git_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, status: str
) -> None:
    tools = home / "bin"
    tools.mkdir()
    if said is not None:
        (tools / "git").write_text(f"#!/bin/sh\necho {said}\n")
        (tools / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    assert any(line.startswith(f"{status:8} git: ") for line in odd(home))


def test_a_program_that_is_needed_and_absent_is_a_fault(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(home, to="notmuch")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert doctor(home).code == 1
    assert "fault    notmuch: is not installed, and the configuration needs it; install notmuch" in odd(home)


def test_a_database_that_a_group_can_read_is_told(home: Path) -> None:
    path = home / ".local" / "share" / "patchwatch" / "patchwatch.db"
    path.chmod(0o640)
    assert odd(home) == [f"warning  database: {path}: other users may use it (mode 640); `chmod 600 {path}`"]
