# SPDX-License-Identifier: GPL-2.0-or-later
"""A mail program on a terminal of its own, with drafts for it to resume and a look at what it handed to be sent."""

import email
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from email.header import decode_header, make_header
from email.utils import getaddresses, parseaddr
from pathlib import Path

from builders_drafts import ME, NOW, evidence, finding, message, series, target, verdict
from patchwatch.drafts.compose import compose
from patchwatch.model.draft import Draft
from patchwatch.model.mail import Person

PATIENCE = 30  # seconds until a silent program is taken for stuck
LONG = "o" * 88 + "@example.org"


def _take_terminal() -> None:
    """Make stdin the terminal of the new session, for programs that open /dev/tty."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A program on a terminal of its own; reads what it shows until the awaited words come."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            cwd=folder,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.close(slave)
        self.shown = b""

    def wait_for(self, words: bytes) -> None:
        while words not in self.shown:
            ready, _, _ = select.select([self._master], [], [], PATIENCE)
            assert ready, self.shown[-2000:]
            try:
                self.shown += os.read(self._master, 65536)
            except OSError:
                raise AssertionError(f"the program ended: {self.shown[-2000:]!r}") from None

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


def assert_sent_as_drafted(draft: Draft, folder: Path) -> None:
    ours, sent = email.message_from_bytes(draft.data), email.message_from_bytes((folder / "sent.eml").read_bytes())
    for field in ("To", "Cc"):
        assert addresses(sent[field]) == addresses(ours[field])
    for field in ("In-Reply-To", "References", "Message-ID"):
        assert sent[field].split() == ours[field].split()
    assert _decoded(sent["Subject"]) == _decoded(ours["Subject"])
    assert parseaddr(_decoded(sent["From"])) == parseaddr(_decoded(ours["From"]))
    envelope = [word for word in (folder / "arguments").read_text().split() if "@" in word]
    assert sorted(envelope) == sorted(addresses(ours["To"]) + addresses(ours["Cc"]))
    assert sent.get_payload(decode=True) == ours.get_payload(decode=True)


def _decoded(value: str) -> str:
    return str(make_header(decode_header(" ".join(value.split()))))


def addresses(value: str) -> list[str]:
    """Return the addresses of a field."""
    return [address for _, address in getaddresses([value.replace("\n", "")])]
