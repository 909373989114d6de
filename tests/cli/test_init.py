# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch init` and `patchwatch config`: a file that works at once, and never over one that is there."""

import re
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from builders_archive import write_archive
from builders_cli import Result, added, example_archive, list_mail, run
from builders_inbox import ADDRESS, LIST_ID, inbox
from builders_web import Page, served
from patchwatch.config import Config, DraftConfig, ImapConfig, ListConfig, QueryConfig


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments: str | Path) -> Result:
    return run("init", *arguments)


def written(home: Path) -> dict[str, Any]:
    return tomllib.loads((home / ".config" / "patchwatch" / "config.toml").read_text(encoding="utf-8"))


def identify(home: Path) -> None:
    (home / ".gitconfig").write_text('[user]\n\tname = "Jo \\"D\\" Doe"\n\temail = jo@example.org\n')


def test_what_can_be_found_out_is_written(home: Path) -> None:
    identify(home)
    (home / "Mail" / "Drafts" / "cur").mkdir(parents=True)
    example_archive(home / "lore" / "foo")
    done = init("lore/foo", "--address", "qemu-devel@nongnu.org")
    assert done.code == 0
    assert written(home) == {
        "me": ["jo@example.org"],
        "list": {"foo": {"archive": "~/lore/foo", "address": "qemu-devel@nongnu.org", "policy": "qemu"}},
        "drafts": {"to": "maildir:~/Mail/Drafts", "name": 'Jo "D" Doe', "email": "jo@example.org"},
    }
    assert (home / ".config" / "patchwatch" / "config.toml").stat().st_mode & 0o777 == 0o600
    assert "draft new - --to maildir:~/Mail/Drafts<enter>" in done.out
    assert ":pipe -m patchwatch show -<Enter>" in done.out


def test_sync_works_at_once(home: Path) -> None:
    init(example_archive(home / "foo"), "--policy", "linux")
    assert run("sync").complaint == "7 new messages, 4 series judged (foo)"


def test_options_go_before_what_is_found(home: Path) -> None:
    identify(home)
    (home / "Mail" / "Drafts" / "cur").mkdir(parents=True)
    write_archive(home / "a", {0: added(list_mail("a@example.org"))})
    init(
        "a", "--name", "my list", "--list-id", "x.example.org",
        "--policy", "none", "--to", "eml:~/drafts", "--email", "other@example.org", "--contact", "https://example.org/me",
    )  # fmt: skip
    found = written(home)
    assert found["list"] == {"my list": {"archive": "~/a", "list_id": "x.example.org", "policy": "none"}}
    assert found["drafts"]["to"] == "eml:~/drafts"
    assert found["drafts"]["email"] == "other@example.org"
    assert found["contact"] == "https://example.org/me"


def test_the_archive_is_asked_for_its_names(home: Path) -> None:
    with inbox() as box:
        box.add(list_mail("a@example.org"))
        with box.served() as url:
            done = init(url)
            assert done.code == 0, done.err
            assert written(home)["list"] == {"list": {"archive": url, "address": ADDRESS, "list_id": LIST_ID}}
            assert "list: no policy is known for it" in done.err


def test_offline_asks_no_archive(home: Path) -> None:
    with served({}) as server:
        assert init(f"{server.url}/qemu-devel/", "--offline").code == 0
        assert server.asked == []
    assert written(home)["list"]["qemu-devel"] == {"archive": f"{server.url}/qemu-devel/"}


@pytest.mark.parametrize(
    "answer", [b"\xff\xfe", b"address =", b"address = a b\n", b'address = "\x1b]0;x"\n', b"listid\n", b"= x\n"]
)
def test_what_an_archive_says_oddly_is_left_out(home: Path, answer: bytes) -> None:
    with served({"/foo/_/text/config/raw": Page(answer, "text/plain")}) as server:
        assert init(f"{server.url}/foo/").code == 0
    assert written(home)["list"]["foo"] in (
        {"archive": f"{server.url}/foo/"},
        {"archive": f"{server.url}/foo/", "address": ""},
    )


def test_a_mirror_on_disk_knows_its_names(home: Path) -> None:
    write_archive(home / "q", {0: added(list_mail("a@example.org"))})
    (home / "q" / "inbox.config.example").write_text('[publicinbox "q"]\n\taddress = qemu-devel@nongnu.org\n')
    init("q")
    assert written(home)["list"]["q"] == {"archive": "~/q", "address": "qemu-devel@nongnu.org", "policy": "qemu"}


def test_a_file_that_is_there_stays(home: Path) -> None:
    init()
    file = home / ".config" / "patchwatch" / "config.toml"
    file.write_text("# mine\n")
    again = init()
    assert (again.code, again.out) == (2, "")
    assert again.complaint.startswith(f"{file}: is there already; --force replaces it")
    assert file.read_text() == "# mine\n"
    file.write_text("broken [")
    assert init("--force").code == 0
    assert written(home) == {}
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_the_file_may_lie_elsewhere(home: Path) -> None:
    assert run("--config", home / "x" / "mine.toml", "--db", "/tmp/my.db", "init").code == 0
    assert tomllib.loads((home / "x" / "mine.toml").read_text()) == {"db": "/tmp/my.db"}
    assert not (home / ".config").exists()


def test_an_unknown_policy_writes_nothing(home: Path) -> None:
    done = init("https://example.org/x/", "--offline", "--policy", "qemuu")
    assert done.code == 2
    assert "qemu" in done.complaint
    assert not (home / ".config").exists()


def test_faults_of_the_command_line_are_named(home: Path) -> None:
    assert "the same name" in init("a/x", "b/x", "--offline").complaint
    assert "for one archive" in init("a", "b", "--name", "n").complaint
    assert "signs in it that cannot be typed" in init("a", "--name", "a\x1bb").complaint
    assert not (home / ".config").exists()


def test_lines_for_b4_are_commands_that_git_takes(home: Path) -> None:
    done = init("--b4", "--policy", "qemu")
    assert done.err == ""
    assert not (home / ".config").exists()
    subprocess.run(["sh", "-ec", done.out], check=True)
    said = subprocess.run(["git", "config", "--global", "--list"], check=True, capture_output=True, text=True).stdout
    assert said.splitlines() == [
        "b4.review-perpatch-check-cmd=patchwatch check --format b4 -",
        "b4.review-series-check-cmd=patchwatch check --format b4 -",
        "b4.prep-perpatch-check-cmd=patchwatch check --format checkpatch --policy qemu -",
        "b4.am-perpatch-check-cmd=patchwatch check --format checkpatch -",
    ]


def test_config_shows_what_holds_and_where_it_is_said(home: Path) -> None:
    file = home / "c.toml"
    file.write_text('me = ["jo@example.org"]\n\n[ list."a b" ]\naddress = "x@example.org"\n[drafts]\nto = "eml:x"\n')
    plain = run("--config", file, "config")
    assert [line for line in plain.out.splitlines() if not line.startswith("index = ")] == [
        f'db = "{home}/.local/share/patchwatch/patchwatch.db"',
        'me = ["jo@example.org"]',
        'list.a b.address = "x@example.org"',
        'drafts.to = "eml:x"',
    ]
    shown = run("--config", file, "--db", "/x.db", "config", "--show-origin").out.splitlines()
    assert [line for line in shown if "index = " not in line] == [
        '--db\tdb = "/x.db"',
        f'{file}:1\tme = ["jo@example.org"]',
        f'{file}:4\tlist.a b.address = "x@example.org"',
        f'{file}:6\tdrafts.to = "eml:x"',
    ]


def test_every_key_of_the_configuration_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.rst").read_text(encoding="utf-8")
    named = {word.strip(",") for quoted in re.findall(r"``([^`]+)``", page) for word in quoted.split()}
    tables = {"list", "drafts", "imap", "query"}
    wanted = {one.name for part in (Config, ListConfig, DraftConfig, ImapConfig, QueryConfig) for one in fields(part)}
    assert wanted - tables <= named
    assert {f"[{name}" for name in tables} <= {word.partition(".")[0].rstrip("]") for word in named}


def test_a_file_that_is_made_meanwhile_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home / ".config" / "patchwatch" / "config.toml"
    monkeypatch.setattr("patchwatch.cli.init.load_config", lambda _: file.write_text("# theirs\n"))
    assert init().code == 2
    assert file.read_text() == "# theirs\n"
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]
