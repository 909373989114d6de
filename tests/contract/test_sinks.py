# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds for every sink of drafts; a new one is a subclass of ten lines."""

import os
import resource
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from patchwatch.errors import PatchwatchError
from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Sink, StoredState
from patchwatch.sinks.mbox import mbox_mail, plain_mail, split_mbox
from patchwatch.sinks.open import open_sink

HEAD = (
    "From: Pat Maintainer <pat@example.com>\nTo: Jo <jo@example.org>\nCc: foo@lists.example.org\n"
    "Subject: Re: [PATCH] x\nDate: Mon, 02 Nov 2026 09:30:00 +0000\nMessage-ID: <{id}>\nIn-Reply-To: <p@example.org>\n"
    "References: <p@example.org>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    "Content-Transfer-Encoding: 8bit\n\n"
)


def draft(text: str = "Könnte das gehen?\n", message_id: str = "pw.0123456789ab@example.com") -> Draft:
    data = HEAD.format(id=message_id) + text
    return Draft(message_id=message_id, in_reply_to="p@example.org", data=data.encode())


@contextmanager
def without_privileges() -> Iterator[None]:
    """Become nobody, so that file modes count also when the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Let every write beyond *size* bytes of a file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


class SinkContract:
    """Subclasses name their `kind`; `place` is where the sink of a test writes."""

    kind: ClassVar[str]

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        return tmp_path / "drafts here"

    @pytest.fixture
    def sink(self, place: Path) -> Sink:
        return open_sink(f"{self.kind}:{place}")

    def mails(self, place: Path) -> list[Path]:
        """All complete mails of the sink, and any rest of an unfinished one."""
        return sorted(p for p in place.parent.rglob("*") if p.is_file())

    def content(self, path: Path) -> bytes:
        """The draft in *path*, without what the kind of file adds."""
        return path.read_bytes()

    def write(self, path: Path, data: bytes) -> None:
        """Change the draft in *path*."""
        path.write_bytes(data)

    def test_a_draft_is_stored_byte_for_byte_and_for_the_user_alone(self, sink: Sink, place: Path) -> None:
        stored = sink.put(draft())
        assert stored.state is StoredState.CREATED
        assert self.mails(place) == [Path(stored.where)]
        assert self.content(Path(stored.where)) == draft().data
        assert stat.S_IMODE(Path(stored.where).stat().st_mode) == 0o600

    def test_a_umask_of_the_user_does_not_open_the_file(self, sink: Sink) -> None:
        before = os.umask(0)
        try:
            where = sink.put(draft()).where
        finally:
            os.umask(before)
        assert stat.S_IMODE(Path(where).stat().st_mode) == 0o600

    def test_the_same_draft_again_is_unchanged(self, sink: Sink, place: Path) -> None:
        first = sink.put(draft())
        again = sink.put(replace(draft(), data=draft().data.replace(b"Mon, 02 Nov", b"Tue, 03 Nov")))
        assert (again.state, again.where) == (StoredState.UNCHANGED, first.where)
        assert self.content(Path(first.where)) == draft().data
        assert len(self.mails(place)) == 1

    @pytest.mark.parametrize("change", [b"gehen", b"jo@example.org", b"[PATCH] x"])
    def test_what_a_person_edited_stays(self, sink: Sink, place: Path, change: bytes) -> None:
        path = Path(sink.put(draft()).where)
        edited = self.content(path).replace(change, b"a@other.example")
        self.write(path, edited)
        assert sink.put(draft()).state is StoredState.KEPT_EDITED
        assert self.content(path) == edited
        assert len(self.mails(place)) == 1

    def test_an_older_text_of_ours_stays(self, sink: Sink) -> None:
        path = Path(sink.put(draft()).where)
        assert sink.put(draft("Something else now.\n")).state is StoredState.KEPT_EDITED
        assert self.content(path) == draft().data

    def test_a_client_that_only_re_encodes_changes_nothing(self, sink: Sink) -> None:
        path = Path(sink.put(draft()).where)
        head = (
            "X-Mutt-Resume: 1\nMessage-ID:\n\t<pw.0123456789ab@example.com>\nCc: Foo <FOO@lists.example.org>\n"
            "To: =?utf-8?q?J=C3=B6?=\n <jo@example.org>\nSubject: =?utf-8?q?Re=3A_=5BPATCH=5D?=\n =?utf-8?q?_x?=\n"
            "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
        )
        self.write(path, head.encode() + b"K=F6nnte das gehen? =20\n\n")
        assert sink.put(draft()).state is StoredState.UNCHANGED

    def test_a_mail_in_a_broken_encoding_is_kept_not_fatal(self, sink: Sink) -> None:
        path = Path(sink.put(draft()).where)
        head = b"Message-ID: <pw.0123456789ab@example.com>\nSubject: =?x?b?!!?=\nTo: \xff <\n"
        body = b"Content-Type: text/plain; charset=x\nContent-Transfer-Encoding: base64\n\n!!!\xff\n"
        self.write(path, head + body)
        assert sink.put(draft()).state is StoredState.KEPT_EDITED

    def test_a_dry_run_says_what_would_be_done_and_writes_nothing(self, sink: Sink, place: Path) -> None:
        assert sink.put(draft(), dry_run=True).state is StoredState.CREATED
        assert not place.exists()
        sink.put(draft())
        before = self.mails(place)
        assert sink.put(draft(), dry_run=True).state is StoredState.UNCHANGED
        assert sink.put(draft("other\n"), dry_run=True).state is StoredState.KEPT_EDITED
        assert self.mails(place) == before

    def test_a_full_disk_is_one_line_and_leaves_nothing(self, sink: Sink, place: Path) -> None:
        with files_limited_to(100), pytest.raises(PatchwatchError) as caught:
            sink.put(draft())
        assert str(place) in str(caught.value)
        assert "nothing was stored" in str(caught.value)
        assert "\n" not in str(caught.value)
        assert self.mails(place) == []
        assert sink.put(draft()).state is StoredState.CREATED

    def test_a_folder_that_cannot_be_written_is_one_line(self, place: Path) -> None:
        place.parent.chmod(0o555)
        try:
            with without_privileges(), pytest.raises(PatchwatchError, match="nothing was stored") as caught:
                open_sink(f"{self.kind}:{place}").put(draft())
        finally:
            place.parent.chmod(0o755)
        assert str(place) in str(caught.value)
        assert self.mails(place) == []


class TestEml(SinkContract):
    kind = "eml"


class TestMaildir(SinkContract):
    kind = "maildir"


class TestMbox(SinkContract):
    kind = "mbox"

    def content(self, path: Path) -> bytes:
        (mail,) = split_mbox(path.read_bytes())
        return plain_mail(mail)

    def write(self, path: Path, data: bytes) -> None:
        path.write_bytes(mbox_mail(data))
