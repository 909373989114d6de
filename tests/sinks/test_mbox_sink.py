# SPDX-License-Identifier: GPL-2.0-or-later
"""What is particular to an mbox: separators, locks, and mails of others that keep every byte."""

import errno
import fcntl
import mailbox
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwatch.errors import PatchwatchError, UsageError
from patchwatch.model.draft import Draft
from patchwatch.sinks import mbox
from patchwatch.sinks.mbox import mbox_mail, plain_mail, split_mbox
from patchwatch.sinks.open import open_sink

HEAD = b"From: pat@example.com\nSubject: Re: x\nMessage-ID: <pw.a1@example.com>\nIn-Reply-To: <p@example.org>\n\n"
DRAFT = Draft(message_id="pw.a1@example.com", in_reply_to="p@example.org", data=HEAD + b"Hello\n\nFrom here on.\n")
THEIRS = b"From me Fri Nov 20 10:00:00 2026\nSubject: lunch\nContent-Length: 17\n\nYes.\n\nFrom noon.\n"


def test_a_line_that_begins_like_a_separator_is_escaped_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "m"
    open_sink(f"mbox:{path}").put(DRAFT)
    assert path.read_bytes().count(b"\nFrom ") == 0
    assert b"\n>From here on.\n" in path.read_bytes()
    (mail,) = split_mbox(path.read_bytes())
    assert plain_mail(mail) == DRAFT.data
    assert open_sink(f"mbox:{path}").put(DRAFT).state == "unchanged"


def test_python_reads_as_many_mails_as_we_wrote(tmp_path: Path) -> None:
    path = tmp_path / "m"
    for i in range(3):
        data = DRAFT.data.replace(b"pw.a1", b"pw.a%d" % i).replace(b"<p@", b"<p%d@" % i)
        message_id = f"pw.a{i}@example.com"
        open_sink(f"mbox:{path}").put(Draft(message_id=message_id, in_reply_to=f"p{i}@example.org", data=data))
    assert [mail["Message-ID"] for mail in mailbox.mbox(path)] == [f"<pw.a{i}@example.com>" for i in range(3)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
def test_mails_of_others_keep_every_byte_when_ours_comes_and_goes(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "m"
    path.write_bytes(THEIRS + end)
    sink = open_sink(f"mbox:{path}")
    assert sink.put(DRAFT).state == "created"
    assert path.read_bytes().startswith(THEIRS)
    with sink.opened() as place:
        (ours,) = place.copies(DRAFT.message_id)
        place.drop(ours)
    assert path.read_bytes().rstrip(b"\n") == THEIRS.rstrip(b"\n")


def test_a_length_that_a_mail_states_is_believed_only_if_a_mail_begins_there() -> None:
    assert split_mbox(THEIRS) == [THEIRS]
    wrong = THEIRS.replace(b"Content-Length: 17", b"Content-Length: 3")
    assert len(split_mbox(wrong)) == 2
    assert len(split_mbox(THEIRS + b"\n" + THEIRS)) == 2


@given(st.lists(st.sampled_from([b"From ", b">From ", b"\n", b"x", b"Content-Length: 5\n", b"\n\n", b"\xff"])))
def test_cutting_and_escaping_lose_nothing(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert b"".join(split_mbox(b"From a\n" + data)) == b"From a\n" + data
    assert plain_mail(mbox_mail(data + b"\n")) == data + b"\n"
    assert len(split_mbox(mbox_mail(b"Subject: x\n\n" + data.replace(b"Content-Length", b"X")))) == 1


def test_a_lock_of_another_program_is_waited_for_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox, "PATIENCE", 0.0)
    path = tmp_path / "m"
    path.write_bytes(THEIRS)
    (tmp_path / "m.lock").touch()
    with pytest.raises(PatchwatchError, match=r"is locked by another program \(m.lock is there\)"):
        open_sink(f"mbox:{path}").put(DRAFT)
    (tmp_path / "m.lock").unlink()
    code = f"import fcntl,sys; f=open({str(path)!r},'r+b'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(PatchwatchError, match="is locked by another program"):
            open_sink(f"mbox:{path}").put(DRAFT)
        other.communicate(b"\n")
    assert path.read_bytes() == THEIRS
    assert [one.name for one in tmp_path.iterdir()] == ["m"]
    assert open_sink(f"mbox:{path}").put(DRAFT).state == "created"


def test_both_locks_are_held_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m"
    path.write_bytes(THEIRS)
    seen = []

    def look(handle: int, what: int, *rest: int) -> None:
        seen.append((what & fcntl.LOCK_EX, (tmp_path / "m.lock").exists()))

    monkeypatch.setattr(fcntl, "lockf", look)
    open_sink(f"mbox:{path}").put(DRAFT)
    assert seen
    assert all(seen[-1])


def test_what_cannot_be_written_whole_is_cut_off_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m"
    path.write_bytes(THEIRS)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PatchwatchError, match="No space left on device; nothing was stored"):
        open_sink(f"mbox:{path}").put(DRAFT)
    assert path.read_bytes() == THEIRS
    assert [one.name for one in tmp_path.iterdir()] == ["m"]


def test_what_is_no_mbox_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match="is no mbox"):
        open_sink(f"mbox:{tmp_path}/thesis.tex").put(DRAFT)
    with pytest.raises(UsageError, match="not a plain file"):
        open_sink(f"mbox:{tmp_path}").put(DRAFT)
    with pytest.raises(UsageError, match="there is no folder"):
        open_sink(f"mbox:{tmp_path}/no/m").put(DRAFT)
    assert (tmp_path / "thesis.tex").read_text() == "x"


def test_a_link_stays_one_and_the_mode_of_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(THEIRS)
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    sink = open_sink(f"mbox:{tmp_path}/link")
    sink.put(DRAFT)
    with sink.opened() as place:
        place.drop(place.copies(DRAFT.message_id)[0])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640
