# SPDX-License-Identifier: GPL-2.0-or-later
"""IMAP folders as a source, with a real server."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from builders_archive import make_mail
from builders_imap import Dovecot, dovecot
from patchwatch.adapters.imap import Imap
from patchwatch.config import ImapConfig
from patchwatch.errors import ServerError, UsageError
from patchwatch.model.source import Added, Cursor, Event, Reached, Unreadable
from patchwatch.sources import base
from patchwatch.sources.detect import open_source

A, B, C = (make_mail(name) for name in "abc")


@pytest.fixture(scope="module")
def running() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@pytest.fixture
def server(running: Dovecot) -> Dovecot:
    """A server whose INBOX and folder Lists are empty, with new UIDs."""
    folder = "Lists/Grüße &c"
    with running.open() as imap:
        there = folder in [one.name for one in imap.folders()]
    if there:
        running.empty(folder)
    else:
        running.make(folder)
    running.clear("INBOX")
    return running


def put(server: Dovecot, *mails: bytes, folder: str = "INBOX") -> None:
    with server.open() as imap:
        for mail in mails:
            imap.append(folder, mail, "")


def after(config: ImapConfig, since: Cursor, where: str = "imap:work") -> tuple[list[bytes], Cursor]:
    """Return the new mails and the cursor after them."""
    tips, counts = dict(since.tips), dict(since.counts)
    events: list[Event] = list(open_source(where, accounts={"work": config}).events(since))
    for event in events:
        if isinstance(event, Reached):
            tips[event.epoch], counts[event.epoch] = event.tip, event.count
    cursor = Cursor(tips=tuple(tips.items()), counts=tuple(counts.items()))
    return [event.raw.data for event in events if isinstance(event, Added)], cursor


def test_new_mail_of_all_folders_comes_once(server: Dovecot) -> None:
    config = server.config("INBOX", "Lists/Grüße &c")
    put(server, A)
    put(server, B, folder="Lists/Grüße &c")
    found, cursor = after(config, Cursor())
    assert found == [A, B]
    assert {epoch for epoch, _ in cursor.tips} == {"INBOX", "Lists/Grüße &c"}
    assert after(config, cursor) == ([], cursor)
    put(server, C)
    found, cursor = after(config, cursor)
    assert found == [C]
    assert dict(cursor.counts)["INBOX"] == 2


def test_one_folder_can_be_named_and_the_inbox_is_what_nobody_names(server: Dovecot) -> None:
    put(server, A)
    put(server, B, folder="Lists/Grüße &c")
    assert after(server.config(), Cursor())[0] == [A]
    assert after(server.config(), Cursor(), "imap:work/Lists/Grüße &c")[0] == [B]


def test_reading_leaves_no_trace(server: Dovecot) -> None:
    put(server, A, B)
    before = sorted(path.name for path in server.home.rglob("mail/**/*.*") if path.is_file())
    after(server.config(), Cursor())
    assert server.flags("INBOX") == {}
    assert [name for name in before if ":2," in name] == []


def test_expunged_mail_is_passed_over_and_never_taken_back(server: Dovecot) -> None:
    put(server, A, B)
    _, cursor = after(server.config(), Cursor())
    server.clear("INBOX")
    put(server, C)
    found, cursor = after(server.config(), cursor)
    assert found == [C]
    assert after(server.config(), cursor) == ([], cursor)


def test_a_folder_whose_uids_start_anew_is_read_whole(server: Dovecot) -> None:
    folder = "Lists/Grüße &c"
    put(server, A, B, C, folder=folder)
    _, cursor = after(server.config(folder), Cursor())
    server.empty(folder)
    put(server, B, folder=folder)
    found, again = after(server.config(folder), cursor)
    assert found == [B]
    assert again.tips != cursor.tips
    assert dict(again.counts)[folder] == 4


def test_an_empty_folder_is_nothing(server: Dovecot) -> None:
    found, cursor = after(server.config(), Cursor())
    assert found == []
    assert after(server.config(), cursor) == ([], cursor)


def test_two_thousand_mails_come_in_few_commands(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    mails = [make_mail(n, f"Body {n}.\n") for n in range(2_000)]
    server.deliver(mails)
    commands: list[str] = []
    uid = Imap._uid

    def noted(self: Imap, *words: str) -> Sequence[object]:
        commands.append(words[0])
        return uid(self, *words)

    monkeypatch.setattr(Imap, "_uid", noted)
    found, cursor = after(server.config(), Cursor())
    assert sorted(found) == sorted(mails)
    assert len(commands) <= 22
    assert after(server.config(), cursor) == ([], cursor)
    assert len(commands) <= 23


def test_a_mail_over_the_cap_is_not_fetched_whole(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patchwatch.sources.imap.MAIL_CAP", 500_000)
    fetched = 0
    read = Imap._read

    def counted(self: Imap, uids: list[int], what: str) -> dict[int, bytes]:
        nonlocal fetched
        found = read(self, uids, what)
        fetched += sum(map(len, found.values()))
        return found

    monkeypatch.setattr(Imap, "_read", counted)
    huge = make_mail("huge", "x" * 70 + "\n") + b"y" * 1_000_000 + b"\n"
    put(server, A, huge, B)
    assert after(server.config(), Cursor())[0] == [A, huge[: base.KEPT], B]
    assert fetched < 500_000


def test_what_is_no_mail_is_told_once(server: Dovecot) -> None:
    put(server, b"just words, no header\n", A)
    source = open_source("imap:work", accounts={"work": server.config()})
    events = list(source.events(Cursor()))
    odd = [event for event in events if isinstance(event, Unreadable)]
    assert [one.origin.rpartition(";")[0] for one in odd] == ["imap:work/INBOX"]
    assert [event.raw.data for event in events if isinstance(event, Added)] == [A]
    assert after(server.config(), after(server.config(), Cursor())[1])[0] == []


def test_a_refused_login_a_missing_folder_and_account_are_one_line(server: Dovecot) -> None:
    wrong = replace(server.config(), password_command="printf expired")  # noqa: S106 - a command
    with pytest.raises(ServerError, match=r"imap:work \(127\.0\.0\.1\): the login of alice was refused"):
        after(wrong, Cursor())
    with pytest.raises(ServerError, match="cannot open Nowhere"):
        after(server.config("Nowhere"), Cursor())
    with pytest.raises(UsageError, match=r"imap:home: no account imap\.home in the configuration; there are work"):
        after(server.config(), Cursor(), "imap:home")
    with pytest.raises(UsageError, match=r"imap\.work\.host: is missing"):
        after(replace(server.config(), host=""), Cursor())
    with pytest.raises(UsageError, match=r"imap\.work\.tls: false sends the password in the clear"):
        after(replace(server.config(), host="imap.example.org"), Cursor())


def test_a_server_that_goes_away_midway_leaves_a_cursor_to_go_on_from(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "BATCH", 10)
    mails = [make_mail(n, "x" * 70 + "\n" * 200) for n in range(300)]
    server.deliver(mails)
    events: list[Event] = []
    with through(server.port, 120_000) as port:
        source = open_source("imap:work", accounts={"work": replace(server.config(), port=port)})
        with pytest.raises(ServerError, match=r"imap:work \(127\.0\.0\.1\): "):
            events.extend(source.events(Cursor()))  # keeps what came before the failure
    found = [event.raw.data for event in events if isinstance(event, Added)]
    reached = [event for event in events if isinstance(event, Reached)]
    assert 0 < len(found) < 300
    assert reached
    since = Cursor(tips=(("INBOX", reached[-1].tip),), counts=(("INBOX", reached[-1].count),))
    rest, _ = after(server.config(), since)
    assert found[: reached[-1].count] + rest == list(dict.fromkeys([*found, *rest]))
    assert sorted(found[: reached[-1].count] + rest) == sorted(mails)


class through:  # noqa: N801 - used as a function
    """A port behind which the server is, up to so many bytes of its answers; then the line goes dead."""

    def __init__(self, port: int, size: int) -> None:
        self._port, self._left = port, size
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with closing(client), closing(socket.create_connection(("127.0.0.1", self._port))) as there:
            threading.Thread(target=self._forward, args=(client, there), daemon=True).start()
            while self._left > 0 and (data := there.recv(4096)):
                client.sendall(data[: self._left])
                self._left -= len(data)
            client.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _forward(client: socket.socket, there: socket.socket) -> None:
        try:
            while data := client.recv(4096):
                there.sendall(data)
        except OSError:
            return


def test_no_verb_that_changes_anything_is_ever_said(server: Dovecot) -> None:
    put(server, A, B)
    said: list[bytes] = []
    with listening(server.port, said) as port:
        after(replace(server.config(), port=port), Cursor())
    verbs = {line.split()[1].upper() + (b" " + line.split()[2].upper() if b" UID " in line.upper() else b"")
             for line in b"".join(said).split(b"\r\n") if len(line.split()) > 1}  # fmt: skip
    assert verbs == {b"CAPABILITY", b"LOGIN", b"EXAMINE", b"UID FETCH", b"LOGOUT"}
    assert b"BODY[" not in b"".join(said)


class listening(through):  # noqa: N801 - used as a function
    """The same without an end; what the client says is noted."""

    def __init__(self, port: int, said: list[bytes]) -> None:
        super().__init__(port, 1 << 30)
        self._said = said

    def _forward(self, client: socket.socket, there: socket.socket) -> None:  # type: ignore[override] # needs its list
        try:
            while data := client.recv(4096):
                self._said.append(data)
                there.sendall(data)
        except OSError:
            return
