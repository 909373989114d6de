# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing is ever sent: no code that could, no program that would, and a tripwire where mail would go out."""

import ast
import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import patchwatch
from builders_cli import example_archive, run
from builders_imap import dovecot
from builders_shelves import ImapShelf, NotmuchShelf
from peers import require

PACKAGE = Path(patchwatch.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
UNSIGNED = "20261004.unsigned@example.org"
SENDERS = ("sendmail", "msmtp", "send-email", "send_email", "b4 send", "mailx", "smtp", "lei send", "swaks")
STARTERS = (
    "subprocess",
    "os.system",
    "os.popen",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "pty.spawn",
    "create_subprocess",
)


def starts_programs(tree: ast.Module) -> bool:
    """Whether a file starts programs at all."""
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(call.startswith(STARTERS) or "create_subprocess" in call for call in calls)


def words_of_code(tree: ast.Module) -> Iterator[str]:
    """Yield all strings of a file but docstrings, so also those that reach a process by way of a variable."""
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.value.lower()


def faults_of(source: str) -> list[str]:
    """Return the words of a file that starts programs which name a way to send."""
    tree = ast.parse(source)
    if not starts_programs(tree):
        return []
    words = list(words_of_code(tree))
    sending = [word for word in words if any(sender in word for sender in SENDERS)]
    # ["b4", "send"] and ["git", "send-email"] as separate words of one list
    lists = [node for node in ast.walk(tree) if isinstance(node, ast.List | ast.Tuple)]
    pairs = [[leaf.value for leaf in node.elts if isinstance(leaf, ast.Constant)] for node in lists]
    return sending + [str(pair) for pair in pairs if "b4" in pair and "send" in pair]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_that_starts_programs_names_one_that_sends(path: Path) -> None:
    # `git config sendemail.*` is read to learn who the user is; nothing else of it is
    faults = faults_of(path.read_text(encoding="utf-8"))
    assert [word for word in faults if "sendemail" not in word] == []


@pytest.mark.parametrize(
    "code",
    [
        "import subprocess\nsubprocess.run(['git', 'send-email', 'x'])",
        "import subprocess\nCMD = ('b4', 'send')\nsubprocess.Popen(CMD)",
        "import os\nos.system('/usr/sbin/sendmail -t')",
        "import subprocess\nwhat = 'msmtp'\nsubprocess.call([what])",
    ],
)
def test_the_check_above_finds_what_it_is_for(code: str) -> None:
    assert faults_of(code)


class Tripwire:
    """A port on which a mail server would listen."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])

    def touched(self) -> bool:
        """Whether somebody connected."""
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def tripwire() -> Iterator[Tripwire]:
    wire = Tripwire()
    yield wire
    wire.close()


@pytest.fixture
def home(tmp_path: Path, tripwire: Tripwire, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user whose git sends to the tripwire, and in whose PATH every program that sends leaves a mark."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name in ("sendmail", "msmtp", "mail", "mailx", "git-send-email", "b4"):
        (bin_folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/started\n')
        (bin_folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/sbin:/usr/bin:/bin")
    (tmp_path / ".gitconfig").write_text(
        "[user]\n\tname = Pat Maintainer\n\temail = pat@example.com\n[sendemail]\n\tsmtpserver = 127.0.0.1\n"
        f"\tsmtpserverport = {tripwire.port}\n\tconfirm = never\n\tfrom = Pat Maintainer <pat@example.com>\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("mail was about to be sent")

    for name in ("SMTP", "SMTP_SSL", "LMTP"):
        monkeypatch.setattr(smtplib, name, refuse)
    return tmp_path


def test_the_tripwire_is_one(tripwire: Tripwire) -> None:
    assert not tripwire.touched()
    socket.create_connection(("127.0.0.1", tripwire.port)).close()
    assert tripwire.touched()


def test_no_command_about_drafts_sends_anything(home: Path, tripwire: Tripwire) -> None:
    require("dovecot", "dovecot-imapd")
    require("notmuch", "notmuch")
    base = ("--db", home / "p.db", "--config", home / "config.toml")
    with dovecot() as server, pytest.MonkeyPatch.context() as patched:
        patched.setenv("NOTMUCH_CONFIG", "")
        NotmuchShelf(home)
        (home / "config.toml").write_text('me = ["pat@example.com"]\n' + ImapShelf(server).config)
        assert run(*base, "ingest", example_archive(home / "foo")).code == 0
        places = (f"eml:{home}/a.eml", f"maildir:{home}/b", f"mbox:{home}/c", "imap:test", "notmuch", "stdout")
        for to in places:
            for words in (("new", UNSIGNED, "--to", to), ("write", UNSIGNED, "--to", to, "--force")):
                result = run(*base, "draft", *words)
                assert result.code == 0, (words, result.err)
        for line in ("list", f"show {UNSIGNED}", f"show {UNSIGNED} --lore", f"drop {UNSIGNED}"):
            result = run(*base, "draft", *line.split())
            assert result.code == 0, (line, result.err)
    assert not tripwire.touched()
    assert not (home / "started").exists()


def test_every_way_to_write_a_draft_can_be_tried_without_writing(home: Path) -> None:
    require("dovecot", "dovecot-imapd")
    require("notmuch", "notmuch")
    base = ("--db", home / "p.db", "--config", home / "config.toml")
    with dovecot() as server, pytest.MonkeyPatch.context() as patched:
        patched.setenv("NOTMUCH_CONFIG", "")
        store, shelf = NotmuchShelf(home), ImapShelf(server)
        (home / "config.toml").write_text('me = ["pat@example.com"]\n' + shelf.config)
        assert run(*base, "ingest", example_archive(home / "foo")).code == 0
        for to in (f"eml:{home}/a.eml", f"maildir:{home}/b", f"mbox:{home}/c", "imap:test", "notmuch"):
            result = run(*base, "draft", "write", UNSIGNED, "--to", to, "--dry-run")
            assert (result.code, "created (dry run)" in result.complaint) == (0, True)
            result = run(*base, "draft", "new", UNSIGNED, "--to", to, "--dry-run")
            assert (result.code, "created (dry run)" in result.complaint) == (0, True)
        assert (shelf.mails(), store.mails()) == ([], [])
        result = run(*base, "draft", "write", UNSIGNED, "--to", "stdout", "--dry-run")
        assert (result.code, result.out) == (0, "")
        assert run(*base, "draft", "list").complaint == "no drafts"
    assert [path.name for path in home.iterdir() if path.name in ("a.eml", "b", "c")] == []
