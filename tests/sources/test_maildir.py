# SPDX-License-Identifier: GPL-2.0-or-later
"""Maildir: read while others use it."""

import os
from pathlib import Path

import pytest

from builders_archive import make_mail
from patchwatch.model.source import Added, Cursor, Reached, Unreadable
from patchwatch.sources.maildir import MaildirSource

A, B, C = (make_mail(name) for name in "abc")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    for folder in ("cur", "new", "tmp"):
        (tmp_path / folder).mkdir()
    return tmp_path


def read(box: Path) -> tuple[list[bytes], list[str]]:
    events = list(MaildirSource(box, "box").events(Cursor()))
    reasons = [event.reason for event in events if isinstance(event, Unreadable)]
    return [event.raw.data for event in events if isinstance(event, Added)], reasons


def test_order_is_delivery_time_then_name(box: Path) -> None:
    (box / "cur" / "1000.b.host:2,S").write_bytes(C)
    (box / "new" / "1000.a.host").write_bytes(B)
    (box / "cur" / "999.z.host:2,").write_bytes(A)
    assert read(box) == ([A, B, C], [])


def test_nothing_is_moved_flagged_or_touched(box: Path) -> None:
    (box / "new" / "1.a.host").write_bytes(A)
    (box / "cur" / "2.b.host:2,").write_bytes(B)
    before = [(str(path), path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in sorted(box.rglob("*"))]
    read(box)
    assert before == [(str(path), path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in sorted(box.rglob("*"))]


def test_file_that_vanishes_meanwhile_is_passed_over(box: Path) -> None:
    for n, mail in enumerate((A, B, C)):
        (box / "new" / f"{n}.x.host").write_bytes(mail)
    events = MaildirSource(box, "box").events(Cursor())
    next(events)
    (box / "new" / "1.x.host").unlink()
    rest = list(events)
    assert [event.raw.data for event in rest if isinstance(event, Added)] == [C]
    assert not [event for event in rest if isinstance(event, Unreadable)]


def test_file_that_a_client_moves_meanwhile_is_read_where_it_went(box: Path) -> None:
    for n, mail in enumerate((A, B)):
        (box / "new" / f"{n}.x.host").write_bytes(mail)
    events = MaildirSource(box, "box").events(Cursor())
    next(events)
    (box / "new" / "1.x.host").rename(box / "cur" / "1.x.host:2,S")
    assert [event.raw.data for event in events if isinstance(event, Added)] == [B]


def test_what_is_no_mail_is_unreadable_and_the_rest_is_read(box: Path) -> None:
    (box / "cur" / "1.a.host:2,").write_bytes(b"")
    (box / "cur" / "2.a.host:2,").write_bytes(b"\x7fELF\0\0")
    (box / "cur" / "3.a.host:2,").write_bytes(A)
    os.mkfifo(box / "new" / "4.pipe")
    (box / "new" / ".hidden").write_bytes(B)
    (box / "new" / "folder").mkdir()
    (box / "tmp" / "5.partial").write_bytes(B)
    assert read(box) == (
        [A],
        ["no mail: looks like an empty file", "no mail: looks like a program", "cannot be read: not a regular file"],
    )


def test_count_is_the_number_of_files(box: Path) -> None:
    (box / "new" / "1.a.host").write_bytes(A)
    assert MaildirSource(box, "box").count(Cursor()) == 1


def after(box: Path, since: Cursor) -> tuple[list[bytes], Cursor]:
    """Return the new mails and the cursor after them."""
    events = list(MaildirSource(box, "box").events(since))
    ends = [event for event in events if isinstance(event, Reached)]
    if ends:
        since = Cursor(tips=(("0", ends[-1].tip),), counts=(("0", ends[-1].count),))
    return [event.raw.data for event in events if isinstance(event, Added)], since


def test_files_known_by_name_are_not_opened_again(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (box / "new" / "1.a.host").write_bytes(A)
    (box / "cur" / "2.b.host:2,").write_bytes(B)
    _, cursor = after(box, Cursor())
    (box / "new" / "1.a.host").rename(box / "cur" / "1.a.host:2,FRS")
    (box / "cur" / "2.b.host:2,").rename(box / "cur" / "2.b.host:2,ST")
    opened: list[str] = []
    monkeypatch.setattr("patchwatch.sources.maildir.open_regular", lambda path: opened.append(path.name))
    assert after(box, cursor) == ([], cursor)
    assert opened == []


def test_a_mail_that_comes_late_with_an_old_name_is_found(box: Path) -> None:
    (box / "new" / "2000.b.host").write_bytes(B)
    _, cursor = after(box, Cursor())
    (box / "cur" / "1000.a.host:2,S").write_bytes(A)
    found, cursor = after(box, cursor)
    assert found == [A]
    assert after(box, cursor) == ([], cursor)


def test_names_that_are_gone_are_forgotten_and_what_comes_back_is_told_again(box: Path) -> None:
    for n in range(50):
        (box / "cur" / f"{n}.a.host:2,").write_bytes(make_mail(n))
    _, full = after(box, Cursor())
    for n in range(1, 50):
        (box / "cur" / f"{n}.a.host:2,").rename(box / "tmp" / f"{n}")
    found, small = after(box, full)
    assert found == []
    assert len(small.tips[0][1]) < len(full.tips[0][1]) / 10
    assert small.counts == full.counts
    (box / "tmp" / "7").rename(box / "cur" / "7.a.host:2,")
    assert after(box, small)[0] == [make_mail(7)]


def test_a_folder_that_cannot_be_listed_forgets_no_name(box: Path) -> None:
    (box / "new" / "1.a.host").write_bytes(A)
    (box / "cur" / "2.b.host:2,").write_bytes(B)
    _, cursor = after(box, Cursor())
    (box / "cur").rename(box / "away")
    assert after(box, cursor) == ([], cursor)
    (box / "away").rename(box / "cur")
    assert after(box, cursor) == ([], cursor)


def test_what_is_no_mail_is_told_once_and_what_may_not_be_read_each_time(box: Path) -> None:
    (box / "cur" / "1.a.host:2,").write_bytes(b"not a mail\n")
    source = MaildirSource(box, "box")
    events = list(source.events(Cursor()))
    assert [type(event) for event in events] == [Unreadable, Reached]
    end = events[-1]
    assert isinstance(end, Reached)
    assert list(source.events(Cursor(tips=(("0", end.tip),), counts=(("0", 0),)))) == []


def test_a_cursor_of_another_kind_reads_all(box: Path) -> None:
    (box / "new" / "1.a.host").write_bytes(A)
    assert after(box, Cursor(tips=(("0", "not base64!"),), counts=(("0", 5),)))[0] == [A]
