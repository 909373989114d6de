# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user may name as a source, and the one line they get when it is none."""

import gzip
import os
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path

import pytest

from builders_archive import git, make_mail, write_archive, write_epoch
from patchwatch.errors import InputError
from patchwatch.model.source import Added, Cursor, Unreadable
from patchwatch.sources.base import Source
from patchwatch.sources.detect import open_source

RD = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n"
A, B = make_mail("a"), make_mail("b")


def mails(source: Source) -> list[bytes]:
    return [event.raw.data for event in source.events(Cursor()) if isinstance(event, Added)]


def refusal(where: str, stdin: bytes | None = None) -> str:
    with pytest.raises(InputError) as caught:
        open_source(where, None if stdin is None else BytesIO(stdin))
    text = str(caught.value)
    assert "\n" not in text
    assert caught.value.exit_code == 3
    return text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (A, "eml"),
        (b"From ann@example.org Thu Jan  1 10:00:00 2026\n" + A, "mbox"),
        (b">From ann@example.org Thu Jan  1 10:00:00 2026\n" + A, "eml"),
        (b"\n\r\n" + A, "eml"),
        (b"\xef\xbb\xbf" + A, "eml"),
        (gzip.compress(A, mtime=0), "eml"),
        (gzip.compress(RD + A, mtime=0), "mbox"),
        (A.replace(b"\n", b"\r\n"), "eml"),
        (b"X-Odd: 1\n folded\nDATE : x\n\nbody\n", "eml"),
    ],
)
def test_file_is_recognised_by_its_content(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "file.txt").write_bytes(content)
    source = open_source(str(tmp_path / "file.txt"))
    assert source.kind == kind
    assert len(mails(source)) == 1
    assert open_source("-", BytesIO(content)).kind == "stdin"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "an empty file"),
        (b"\n\n", "an empty file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG image"),
        (b"\0\1\2", "a binary file"),
        (b"# v2 git bundle\n", "a git bundle"),
        (b"diff --git a/x b/x\n", "a bare diff"),
        (b"<!doctype html><p>", "an HTML page"),
        (b"Hello there.\nFrom: nobody\n", "text without mail headers"),
        (b"name: CI\non: push\n", "none of From, Date"),
        (b"From here on it is prose.\nReally.\n", "text without mail headers"),
        (b"x" * 100_000, "text without mail headers"),
    ],
)
def test_what_is_no_mail_is_refused_with_what_it_looks_like(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "mail.eml").write_bytes(content)
    assert what in refusal(str(tmp_path / "mail.eml"))
    assert what in refusal("-", content)
    (tmp_path / "mail.eml").write_bytes(gzip.compress(content, mtime=0))
    assert what in refusal(str(tmp_path / "mail.eml"))


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b", b"\x1f\x8b\x08garbage", gzip.compress(b"", mtime=0)[:-9], b"\x1f\x8b" * 50]
)
def test_damaged_gzip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "box.gz").write_bytes(content)
    assert "gzip" in refusal(str(tmp_path / "box.gz"))


def test_gzip_in_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "box.gz").write_bytes(gzip.compress(gzip.compress(A), mtime=0))
    assert "inside gzip: looks like gzip" in refusal(str(tmp_path / "box.gz"))


def test_mail_in_a_gzip_that_ends_early_is_marked_as_cut(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(gzip.compress(make_mail("a", os.urandom(3000).hex()))[:-500])
    added, unreadable, _ = open_source(str(tmp_path / "one")).events(Cursor())
    assert isinstance(added, Added)
    assert added.raw.truncated
    assert isinstance(unreadable, Unreadable)
    assert unreadable.reason == "the gzip data ends early; only its beginning was read"


@pytest.mark.parametrize("where", ["http://lists.example.org/l/", "HTTPS://lists.example.org/l"])
def test_url_of_a_whole_list_is_refused_without_asking_anybody(where: str) -> None:
    assert "is a whole list" in refusal(where)


def test_missing_and_impossible_paths_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(str(tmp_path / "none"))
    assert "null" in refusal("a\0b")
    assert "too long" in refusal("x" * 5000)
    assert "-" in refusal("-")
    (tmp_path / "file").write_bytes(A)
    assert "Not a directory" in refusal(str(tmp_path / "file" / "below"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_and_directory_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(A)
    (tmp_path / "file").chmod(0)
    assert "Permission denied" in refusal(str(tmp_path / "file"))
    (tmp_path / "dir").mkdir(mode=0)
    assert "Permission denied" in refusal(str(tmp_path / "dir"))


def test_directories_are_recognised_by_content(tmp_path: Path) -> None:
    assert open_source(str(write_archive(tmp_path / "x.mbox", {3: [("m", A)]}))).kind == "public-inbox"
    for folder in ("cur", "new"):
        (tmp_path / "dir" / folder).mkdir(parents=True)
    assert open_source(str(tmp_path / "dir")).kind == "maildir"


def test_directory_that_is_no_archive_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "git").mkdir()
    text = refusal(str(tmp_path))
    assert "git/N.git" in text
    assert "cur/ and new/" in text


def test_bare_repository_epoch_and_work_tree_are_told_apart(tmp_path: Path) -> None:
    write_epoch(tmp_path / "alone.git", [("m", A)])
    assert "one epoch of a public-inbox v2 archive" in refusal(str(tmp_path / "alone.git"))
    write_archive(tmp_path / "inbox", {0: [("m", A)]})
    assert f"give the archive itself: {tmp_path / 'inbox'}" in refusal(str(tmp_path / "inbox" / "git" / "0.git"))
    (tmp_path / "work").mkdir()
    git(tmp_path / "work" / ".git", "init", "-q")
    assert "format-patch" in refusal(str(tmp_path / "work"))


def test_named_pipe_is_read_once_and_can_be_read_again(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(RD + A + b"\n" + RD + B + b"\n",))
    writer.start()
    source = open_source(str(tmp_path / "pipe"))
    writer.join()
    assert source.kind == "mbox"
    assert mails(source) == [A, B]
    assert mails(source) == [A, B]


def test_long_pipe_goes_to_a_file_and_can_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from patchwatch.sources import stream

    monkeypatch.setattr(stream, "SPOOL", 1000)
    many = [make_mail(n, "x\n" * 9000) for n in range(20)]
    source = open_source("-", BytesIO(b"".join(RD + mail + b"\n" for mail in many)))
    assert mails(source) == many
    assert mails(source) == many


SECOND = b"Received: from x\nFrom: Bo <bo@example.org>\nDate: x\nMessage-ID: <b@example.org>\nSubject: two\n\nbody\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (A + SECOND, True),
        ((A + SECOND).replace(b"\n", b"\r\n"), True),
        (A, False),
        (make_mail("a", "Message-ID: <b@example.org>\nis what I mean\n\nFrom: x\nDate: y\n"), False),
        (make_mail("a", "> " + SECOND.decode().replace("\n", "\n> ")), False),
        (A.replace(b"\n\n", b"\nContent-Type: multipart/mixed; boundary=b\n\n") + SECOND, False),
    ],
)
def test_second_header_block_on_stdin_is_told(content: bytes, told: bool) -> None:
    source = open_source("-", BytesIO(content))
    reasons = [event.reason for event in source.events(Cursor()) if isinstance(event, Unreadable)]
    assert mails(source) == [content]
    assert ["several mails without separators" in reason for reason in reasons] == [True] * told


def test_reading_one_mail_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(A)
    code = (
        "import sys\n"
        "from patchwatch.sources.detect import open_source\n"
        "from patchwatch.sources.base import live_messages\n"
        f"assert len(list(live_messages(open_source({str(tmp_path / 'one')!r})))) == 1\n"
        "print(*sorted({'subprocess', 'threading', 'gzip', 'tempfile', 'email', 'zlib'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert out.stdout.strip() == ""
