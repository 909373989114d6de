# SPDX-License-Identifier: GPL-2.0-or-later
"""mutt resumes a draft and sends it with our recipients and thread; a script stands in for the mail transport."""

import email
import os
import pty
import select
import subprocess
from email.header import decode_header, make_header
from email.utils import getaddresses
from pathlib import Path

import pytest

from builders_drafts import ME, NOW, evidence, finding, message, series, target, verdict
from patchwatch.drafts.compose import compose
from patchwatch.model.draft import Draft
from patchwatch.model.mail import Person
from patchwatch.sinks.open import open_sink
from peers import require

PATIENCE = 30  # seconds until a silent mutt is taken for stuck
LONG = "o" * 88 + "@example.org"


class Terminal:
    """A program on a terminal of its own; reads what it shows until the awaited words come."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder, start_new_session=True
        )
        os.close(slave)
        self.shown = b""

    def wait_for(self, words: bytes) -> None:
        while words not in self.shown:
            ready, _, _ = select.select([self._master], [], [], PATIENCE)
            assert ready, self.shown[-2000:]
            self.shown += os.read(self._master, 65536)

    def type(self, keys: bytes) -> None:
        self.shown = b""
        os.write(self._master, keys)

    def finish(self) -> int:
        try:
            while select.select([self._master], [], [], PATIENCE)[0] and os.read(self._master, 65536):
                continue
        except OSError:
            pass  # the terminal is closed: the program has ended
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)


def mutt_settings(folder: Path) -> str:
    transport = folder / "transport"
    transport.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/arguments\ncat > {folder}/sent.eml\n')
    transport.chmod(0o700)
    return (
        "set resume_draft_files=yes\n"
        f"set sendmail={transport}\nset sendmail_wait=0\n"
        "set editor=true\nset realname='Pat Maintainer'\nset from=pat@example.com\nset use_from=yes\n"
        "set use_envelope_from=no\nset edit_headers=no\nset copy=no\nset abort_unmodified=no\nset fast_reply=yes\n"
        "set ssl_force_tls=no\nset charset=utf-8\nset send_charset='us-ascii:utf-8'\nset header_cache=''\n"
        f"set folder={folder}\nset spoolfile={folder}/inbox\nset record=''\n"
    )


def draft_for(name: str) -> Draft:
    if name == "plain":
        return compose(target(), series(), verdict(finding()), ME, now=NOW)
    mail = target(
        LONG,
        subject="[PATCH] hw/foo: réparer la file",
        cc=(Person("Reviewer, Max", "max@example.net"), Person("山田太郎", "yamada@example.net")),
        references=(f"root.{LONG}", f"in.{LONG}"),
    )
    judged = verdict(finding("undisclosed-ai", evidence(LONG)))
    return compose(mail, series(message(LONG)), judged, ME, now=NOW)


def send_with_mutt(arguments: list[str], folder: Path, settings: str = "") -> None:
    """Start mutt with *arguments* in its compose menu and say y."""
    mutt = require("mutt", "mutt")
    (folder / "muttrc").write_text(mutt_settings(folder) + settings)
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "TERM": "vt100", "LC_ALL": "C.UTF-8"}
    terminal = Terminal([mutt, "-n", "-F", str(folder / "muttrc"), *arguments], environment, folder)
    try:
        terminal.wait_for(b"y:Send")
        terminal.type(b"y")
        assert terminal.finish() == 0, terminal.shown
    finally:
        terminal.close()


def assert_sent_as_drafted(draft: Draft, folder: Path) -> None:
    ours, sent = email.message_from_bytes(draft.data), email.message_from_bytes((folder / "sent.eml").read_bytes())
    for field in ("To", "Cc"):
        assert _addresses(sent[field]) == _addresses(ours[field])
    for field in ("In-Reply-To", "References", "Message-ID"):
        assert sent[field].split() == ours[field].split()
    for field in ("From", "Subject"):
        assert _decoded(sent[field]) == _decoded(ours[field])
    envelope = [word for word in (folder / "arguments").read_text().split() if "@" in word]
    assert sorted(envelope) == sorted(_addresses(ours["To"]) + _addresses(ours["Cc"]))
    assert sent.get_payload(decode=True) == ours.get_payload(decode=True)


@pytest.mark.parametrize("name", ["plain", "hard"])
def test_mutt_sends_the_file_that_we_wrote(name: str, tmp_path: Path) -> None:
    draft = draft_for(name)
    path = tmp_path / "draft.eml"
    open_sink(f"eml:{path}").put(draft)
    send_with_mutt(["-H", str(path)], tmp_path)
    assert_sent_as_drafted(draft, tmp_path)


@pytest.mark.parametrize("name", ["plain", "hard"])
def test_mutt_recalls_a_draft_from_the_maildir_and_takes_it_out(name: str, tmp_path: Path) -> None:
    draft = draft_for(name)
    stored = open_sink(f"maildir:{tmp_path}/Drafts").put(draft)
    send_with_mutt(["-p"], tmp_path, f"set postponed={tmp_path}/Drafts\nset recall=yes\n")
    assert_sent_as_drafted(draft, tmp_path)
    assert not Path(stored.where).exists()
    assert list((tmp_path / "Drafts" / "cur").iterdir()) == []


def _decoded(value: str) -> str:
    return str(make_header(decode_header(" ".join(value.split()))))


def _addresses(value: str) -> list[str]:
    return [address for _, address in getaddresses([value.replace("\n", "")])]
