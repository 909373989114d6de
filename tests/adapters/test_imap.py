# SPDX-License-Identifier: GPL-2.0-or-later
"""The IMAP connection and its secrets, with a real server and real helpers."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_archive import make_mail
from builders_imap import Dovecot, dovecot
from patchwatch.adapters.imap import Account, Folder, Imap, decode_folder, drafts_folder, encode_folder
from patchwatch.adapters.secrets import password_for
from patchwatch.errors import ServerError, UsageError

KEY = "imap.work.password_command"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot(drafts="Entwürfe & mehr") as running:
        yield running


def test_folders_are_ordinary_text_with_their_marks(server: Dovecot) -> None:
    with server.open() as imap:
        listed = imap.folders()
        assert Folder("Entwürfe & mehr", frozenset({"\\drafts", "\\hasnochildren"})) in [
            Folder(one.name, one.flags & {"\\drafts", "\\hasnochildren"}) for one in listed
        ]
        assert drafts_folder(listed, "") == "Entwürfe & mehr"
        assert imap.open(drafts_folder(listed, "")).validity > 0


def test_a_mail_is_stored_found_read_and_removed_alone(server: Dovecot) -> None:
    with server.open() as imap:
        folder = drafts_folder(imap.folders(), "")
        first, second = make_mail("one", "A line\n"), make_mail("two", "Grüße\n")
        uids = [imap.append(folder, mail) for mail in (first, second)]
        imap.open(folder, write=True)
        assert imap.find("Message-ID", "one@example.org") == uids[:1]
        assert uids[0] is not None
        assert uids[1] is not None
        assert imap.read(uids[0]) == first
        assert imap.read(uids[0], headers=True) == first.partition(b"\n\n")[0] + b"\n\n"
        assert imap.read_many([uids[1], 4_000_000, uids[0]]) == {uids[1]: second, uids[0]: first}
        assert imap.remove(uids[0])
        assert imap.read(uids[0]) is None
        assert list(imap.sizes(1)) == uids[1:]


def test_a_read_only_folder_takes_nothing(server: Dovecot) -> None:
    with server.open() as imap:
        uid = imap.append("INBOX", make_mail("kept"))
        imap.open("INBOX")
        assert uid is not None
        with pytest.raises(ServerError, match="is open for reading only"):
            imap.remove(uid)
        assert imap.read(uid) == make_mail("kept")


@pytest.mark.parametrize("command", ["printf wrong", "printf wr\u00f6ng"])
def test_a_refused_login_is_one_line_without_the_password(server: Dovecot, command: str) -> None:
    with pytest.raises(ServerError, match=r"imap:test \(127\.0\.0\.1\): the login of alice was refused") as caught:
        Imap(server.account(command=command))
    assert "ng" not in str(caught.value).rpartition("refused: ")[2].split()


def test_nobody_there_and_no_tls_there_are_one_line(server: Dovecot) -> None:
    with pytest.raises(ServerError, match="Connection refused"):
        Imap(replace(server.account(), port=1))
    with pytest.raises(ServerError, match=r"imap:test \(127\.0\.0\.1\): "):
        Imap(replace(server.account(), tls=True))


def test_a_password_never_crosses_a_network_in_the_clear() -> None:
    with pytest.raises(UsageError, match=r"imap\.work\.tls: false sends the password in the clear"):
        Imap(Account(name="work", host="imap.example.org", tls=False))


def test_the_folder_for_drafts_is_the_configured_the_marked_or_a_usual_one() -> None:
    plain = [Folder(name, frozenset()) for name in ("INBOX", "INBOX.Drafts", "Sent")]
    assert drafts_folder(plain, "") == "INBOX.Drafts"
    assert drafts_folder([*plain, Folder("Brouillons", frozenset({"\\drafts"}))], "") == "Brouillons"
    assert drafts_folder(plain, "Sent") == "Sent"
    with pytest.raises(UsageError, match="no folder 'Nope' on the server; there are INBOX"):
        drafts_folder(plain, "Nope")
    with pytest.raises(UsageError, match="has no folder for drafts; name one with `drafts`: there are INBOX"):
        drafts_folder(plain[:1], "")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_folder_name_survives_modified_utf7(name: str) -> None:
    encoded = encode_folder(name)
    assert encoded.isascii()
    assert decode_folder(encoded) == name


@given(st.binary())
def test_reading_any_folder_name_never_raises(raw: bytes) -> None:
    assert isinstance(decode_folder(raw), str)


def test_known_folder_names_of_the_rfc() -> None:
    assert encode_folder("~peter/mail/台北/日本語") == b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"
    assert encode_folder("Tom & Jerry") == b"Tom &- Jerry"


def test_a_password_comes_from_a_command_without_a_shell(tmp_path: Path) -> None:
    assert password_for("imaps", "h:993", "me", "printf 'a b\\nsecond line'", KEY) == "a b"
    assert password_for("imaps", "h:993", "me", f"echo $(touch {tmp_path}/evil)", KEY).startswith("$(touch")
    assert not list(tmp_path.iterdir())
    for command, said in (("false", "gave no password"), ("/nonexistent", "cannot be run"), ("'x", "cannot be run")):
        with pytest.raises(UsageError, match=rf"imap\.work\.password_command: .*{said}"):
            password_for("imaps", "h:993", "me", command, KEY)


def test_a_password_comes_from_gits_store_and_never_from_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(os.environ["HOME"])
    (home / ".git-credentials").write_text("imaps://me:s3cret@imap.example.org%3a993\n")
    (home / ".gitconfig").write_text("[credential]\nhelper = store\n")
    subprocess.run(["git", "init", "-q", str(tmp_path / "repo")], check=True)
    evil = f"!touch {tmp_path}/evil; echo password=evil; :"
    subprocess.run(["git", "-C", str(tmp_path / "repo"), "config", "credential.helper", evil], check=True)
    monkeypatch.chdir(tmp_path / "repo")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "repo" / ".git"))
    assert password_for("imaps", "imap.example.org:993", "me", "", KEY) == "s3cret"
    with pytest.raises(UsageError, match=r"no password for you at .* set imap\.work\.password_command"):
        password_for("imaps", "imap.example.org:993", "you", "", KEY)
    assert not (tmp_path / "evil").exists()
