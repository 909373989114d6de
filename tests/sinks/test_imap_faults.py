# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that drop the line, refuse, are full or slow: one line, exit 4, nothing lost, nothing doubled."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_cli import Result, example_archive, run
from builders_imap import Dovecot, dovecot
from builders_proxy import proxy
from builders_shelves import ImapShelf
from patchwatch.adapters import imap as adapter
from peers import require

UNSIGNED = "20261004.unsigned@example.org"
QUOTA = (
    "mail_plugins = quota\nprotocol imap {\n  mail_plugins = quota imap_quota\n}\n"
    "plugin {\n  quota = count:User quota\n  quota_rule = *:bytes=10\n  quota_vsizes = yes\n}\n"
)
# All that a sink of drafts may say, and what any client says to come and go.
VERBS = {
    "CAPABILITY", "LOGIN", "LOGOUT", "LIST", "SELECT", "EXAMINE", "APPEND", "UID FETCH", "UID STORE", "UID EXPUNGE",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    require("dovecot", "dovecot-imapd")
    with dovecot(drafts="Entwürfe") as running:
        yield running


@pytest.fixture
def shelf(server: Dovecot) -> ImapShelf:
    return ImapShelf(server, "Entwürfe")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    assert run("--db", tmp_path / "p.db", "ingest", example_archive(tmp_path / "foo")).code == 0
    return tmp_path


def write(work: Path, port: int, *options: str, word: str = "secret", drafts: str = "", tls: str = "false") -> Result:
    (work / "config.toml").write_text(
        '[drafts]\nname = "Pat Maintainer"\nemail = "pat@example.com"\nto = "imap:work"\n'
        f'[imap.work]\nhost = "127.0.0.1"\nport = {port}\nuser = "alice"\ntls = {tls}\n'
        f'password_command = "printf {word}"\ndrafts = "{drafts}"\n'
    )
    words: tuple[str | Path, ...] = (
        "--db",
        work / "p.db",
        "--config",
        work / "config.toml",
        "draft",
        *(options or ("write", UNSIGNED)),
    )
    return run(*words)


def test_the_folder_that_the_server_marks_is_taken_whatever_its_name(
    work: Path, server: Dovecot, shelf: ImapShelf
) -> None:
    assert write(work, server.port).complaint == "draft created: imap:work/Entwürfe"
    assert len(shelf.mails()) == 1
    with server.open() as imap:
        imap.open("Entwürfe")
        (flags,) = [flags for _, flags in imap.threading().values()]
    assert {"\\draft", "\\seen"} <= flags
    assert write(work, server.port).complaint == "draft unchanged: imap:work/Entwürfe"
    assert write(work, server.port, "drop", UNSIGNED).complaint == "draft dropped: imap:work/Entwürfe"
    assert shelf.mails() == []


@pytest.mark.parametrize(("fails", "there"), [("at-append", 0), ("mid-append", 0), ("after-append", 1)])
def test_a_dropped_line_is_one_line_and_the_next_run_leaves_one_copy(
    work: Path, server: Dovecot, shelf: ImapShelf, fails: str, there: int
) -> None:
    with proxy(server.port, fails) as network:
        result = write(work, network.port)
    assert result.code == 4, result.err
    assert "imap:work (127.0.0.1): " in result.complaint
    assert len(shelf.mails()) == there
    assert ("unchanged" if there else "created") in write(work, server.port).complaint
    assert len(shelf.mails()) == 1


def test_a_silent_server_is_given_up(
    work: Path, server: Dovecot, shelf: ImapShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "_SECONDS", 1.0)
    with proxy(server.port, "silent") as network:
        result = write(work, network.port)
    assert (result.code, "no answer within" in result.complaint) == (4, True)
    assert shelf.mails() == []
    assert "created" in write(work, server.port).complaint


def test_a_refused_login_is_one_line_without_the_password(work: Path, server: Dovecot, shelf: ImapShelf) -> None:
    result = write(work, server.port, word="wr0ng")
    assert result.code == 4
    assert "login of alice was refused" in result.complaint
    assert "wr0ng" not in result.err
    assert shelf.mails() == []


def test_nobody_there_is_one_line(work: Path, server: Dovecot) -> None:
    with proxy(server.port) as network:
        port = network.port
    result = write(work, port)
    assert (result.code, "refused" in result.complaint) == (4, True)


def test_a_full_account_is_one_line_and_nothing_is_lost(work: Path) -> None:
    require("dovecot", "dovecot-imapd")
    with dovecot(extra=QUOTA) as full:
        result = write(work, full.port)
        assert result.code == 4
        assert "cannot store a mail in Drafts" in result.complaint
        assert "uota" in result.complaint
        again = write(work, full.port)
        assert (again.code, "uota" in again.complaint) == (4, True)
        assert ImapShelf(full).mails() == []


def test_a_server_that_marks_no_folder_and_has_none_is_told_what_to_set(work: Path) -> None:
    require("dovecot", "dovecot-imapd")
    with dovecot(drafts="") as plain:
        result = write(work, plain.port)
        assert (result.code, "INBOX" in result.complaint) == (2, True)
        result = write(work, plain.port, drafts="Nowhere")
        assert (result.code, "'Nowhere'" in result.complaint) == (2, True)
        assert "created: imap:work/INBOX" in write(work, plain.port, drafts="INBOX").complaint


def test_only_the_drafts_folder_is_opened_and_only_these_verbs_are_said(
    work: Path, server: Dovecot, shelf: ImapShelf
) -> None:
    with proxy(server.port) as network:
        for options in (("write", UNSIGNED), ("write", UNSIGNED), ("list",), ("show", UNSIGNED), ("drop", UNSIGNED)):
            assert write(work, network.port, *options).code == 0
    said = b"".join(network.said).decode("utf-8", "replace")
    verbs = set(re.findall(r"^[A-Z]{4}\d+ ((?:UID )?[A-Z]+)", said, re.MULTILINE))
    assert {"APPEND", "UID STORE", "UID EXPUNGE"} <= verbs <= VERBS
    assert set(re.findall(r"(?:SELECT|EXAMINE|APPEND) \"([^\"]*)\"", said)) == {"Entw&APw-rfe"}
    assert "BODY[" not in said, "reading must not mark as read"


def test_a_dry_run_opens_the_folder_for_reading_only(work: Path, server: Dovecot, shelf: ImapShelf) -> None:
    with proxy(server.port) as network:
        assert "created (dry run)" in write(work, network.port, "write", UNSIGNED, "--dry-run").complaint
    said = b"".join(network.said)
    assert b"EXAMINE" in said
    assert not re.search(rb"APPEND|SELECT|STORE|EXPUNGE", said)
    assert shelf.mails() == []


def test_a_password_never_crosses_a_network_in_the_clear(work: Path) -> None:
    (work / "config.toml").write_text("")
    result = write(work, 993, "write", UNSIGNED)
    assert result.code in (2, 4)
    text = (work / "config.toml").read_text().replace("127.0.0.1", "imap.example.org")
    (work / "config.toml").write_text(text)
    result = run("--db", work / "p.db", "--config", work / "config.toml", "draft", "write", UNSIGNED)
    assert (result.code, "in the clear" in result.complaint) == (2, True)
