# SPDX-License-Identifier: GPL-2.0-or-later
"""aerc and notmuch resume what we stored, git and b4 read it; mutt and neomutt are in test_mutt."""

import email
import os
import subprocess
from pathlib import Path

import pytest

from builders_shelves import NotmuchShelf
from builders_terminal import Terminal, addresses, assert_sent_as_drafted, draft_for
from patchwatch.adapters.b4 import harvested_trailers
from patchwatch.sinks.mbox import plain_mail
from patchwatch.sinks.open import open_sink
from peers import require


def aerc_settings(folder: Path) -> None:
    transport = folder / "transport"
    transport.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/arguments\ncat > {folder}/sent.eml\n')
    transport.chmod(0o700)
    config = folder / ".config" / "aerc"
    config.mkdir(parents=True)
    account = config / "accounts.conf"
    account.write_text(
        f"[me]\nsource = maildir://{folder}/Mail\ndefault = Drafts\npostpone = Drafts\n"
        f"from = Pat Maintainer <pat@example.com>\noutgoing = {transport}\n"
    )
    account.chmod(0o600)
    (config / "aerc.conf").write_text("[compose]\neditor = true\naddress-book-cmd =\n")
    (config / "binds.conf").write_text(
        "[messages]\nR = :recall<Enter>\n[compose::editor]\n$noinherit = true\n$ex = <C-x>\n"
        "[compose::review]\ny = :send<Enter>\n"
    )


@pytest.mark.parametrize("name", ["plain", "hard"])
def test_aerc_recalls_a_draft_and_takes_it_out(name: str, tmp_path: Path) -> None:
    aerc = require("aerc", "aerc")
    draft = draft_for(name)
    for folder in ("INBOX", "Drafts"):
        for part in ("cur", "new", "tmp"):
            (tmp_path / "Mail" / folder / part).mkdir(parents=True)
    stored = open_sink(f"maildir:{tmp_path}/Mail/Drafts").put(draft)
    aerc_settings(tmp_path)
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    terminal = Terminal([aerc], environment, tmp_path)
    try:
        terminal.wait_for(b"PATCH")  # the draft, in the list of its folder
        terminal.type(b"R")
        terminal.wait_for(b"Send this email?")
        terminal.type(b"y")
        terminal.wait_for(b"deleted")  # "Recalled message deleted", after it was sent
        terminal.type(b":quit\r")
        terminal.finish()
    finally:
        terminal.close()
    assert_sent_as_drafted(draft, tmp_path)
    assert not Path(stored.where).exists()


@pytest.mark.parametrize("name", ["plain", "hard"])
def test_notmuch_shows_the_draft_as_we_wrote_it(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require("notmuch", "notmuch")
    monkeypatch.setenv("NOTMUCH_CONFIG", "")
    store = NotmuchShelf(tmp_path)
    draft = draft_for(name)
    open_sink("notmuch").put(draft)
    found = store.run("search", "--output=messages", "tag:draft and not tag:unread and not tag:inbox").strip()
    assert found == f"id:{draft.message_id}"
    raw = store.run("show", "--format=raw", found).encode()
    mark, _, rest = raw.partition(b"\n")
    assert (mark, rest) == (b"X-Notmuch-Emacs-Draft: True", draft.data)


@pytest.mark.parametrize("name", ["plain", "hard"])
def test_git_reads_people_and_thread_and_adds_nobody(name: str, tmp_path: Path) -> None:
    require("git", "git")
    draft = draft_for(name)
    path = tmp_path / "draft.eml"
    open_sink(f"eml:{path}").put(draft)
    command = ["git", "send-email", "--dry-run", "--confirm=never", "--suppress-cc=self", "--smtp-server=/bin/false"]
    done = subprocess.run(
        [*command, str(path)],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={
            **os.environ,
            "GIT_AUTHOR_NAME": "Pat Maintainer",
            "GIT_COMMITTER_NAME": "Pat Maintainer",
            "EMAIL": "pat@example.com",
        },
        cwd=tmp_path,
    )
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    assert "(body)" not in said
    mail = email.message_from_bytes(draft.data)
    assert f"In-Reply-To: {mail['In-Reply-To']}" in said
    wanted = [word.strip("<>,") for name in ("To", "Cc") for word in mail[name].split() if "@" in word]
    (envelope,) = [line.split()[3:] for line in said.splitlines() if line.startswith("Sendmail: ")]
    assert sorted(envelope) == sorted(wanted)


@pytest.mark.parametrize("name", ["plain", "hard"])
@pytest.mark.parametrize("kind", ["eml", "maildir", "mbox"])
def test_b4_reads_a_reply_without_trailers_from_what_lies_there(name: str, kind: str, tmp_path: Path) -> None:
    where = open_sink(f"{kind}:{tmp_path}/d").put(draft_for(name)).where
    data = Path(where).read_bytes()
    assert harvested_trailers(plain_mail(data) if kind == "mbox" else data) == []


RESUME_AND_SEND = """\
(progn (require 'notmuch)
 (setq user-mail-address "pat@example.com" user-full-name "Pat Maintainer" mail-host-address "example.com"
  message-confirm-send nil notmuch-fcc-dirs nil
  message-send-mail-function (lambda () (write-region (point-min) (point-max) "{folder}/sent.eml")))
 (notmuch-draft-resume "id:{message_id}")
 (notmuch-mua-send))
"""


@pytest.mark.parametrize("name", ["plain", "hard"])
def test_notmuch_in_emacs_resumes_and_sends_the_draft(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("notmuch", "notmuch")
    emacs = require("emacs", "emacs-nox elpa-notmuch")
    monkeypatch.setenv("NOTMUCH_CONFIG", "")
    NotmuchShelf(tmp_path)
    draft = draft_for(name)
    open_sink("notmuch").put(draft)
    lisp = RESUME_AND_SEND.format(folder=tmp_path, message_id=draft.message_id)
    subprocess.run([emacs, "--batch", "--eval", lisp], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    # emacs marks where its own view of a mail has the headers end
    data = (tmp_path / "sent.eml").read_bytes().replace(b"--text follows this line--\n", b"\n", 1)
    ours, sent = email.message_from_bytes(draft.data), email.message_from_bytes(data)
    for field in ("To", "Cc"):
        assert addresses(sent[field]) == addresses(ours[field])
    for field in ("In-Reply-To", "References"):
        assert sent[field].split() == ours[field].split()
    assert not [key for key in sent.keys() if key.startswith("X-")]  # noqa: SIM118 - a mail's keys may repeat
    assert str(sent.get_payload()).split() == str(ours.get_payload()).split()
    assert sent["Message-ID"] != ours["Message-ID"], "why an answer of mine under another id counts as sent"
    assert open_sink("notmuch").put(draft).state == "kept-gone"
