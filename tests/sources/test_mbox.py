# SPDX-License-Identifier: GPL-2.0-or-later
"""Mailbox files: where one mail ends and the next begins."""

import gzip
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import TypeGuard

import pytest

from builders_archive import make_mail
from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Added, Cursor, Deleted, Reached, Unreadable
from patchwatch.sources import mbox
from patchwatch.sources.base import KEPT, MAIL_CAP, blob_id
from patchwatch.sources.detect import open_source
from patchwatch.sources.mbox import MboxSource, Style, separator_style
from patchwatch.sources.stream import Supply

RD = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n"
COMMIT = b"From " + b"0123456789abcdef0123456789abcdef01234567" + b" Mon Sep 17 00:00:00 2001\n"
DATED = b"From ann@example.org Thu Jan  1 10:00:00 2026\n"
A, B = make_mail("a"), make_mail("b")


def split(data: bytes) -> tuple[list[bytes], list[str]]:
    """Return the mails and the reasons of what is unreadable."""
    items = list(MboxSource(Supply("box", lambda: BytesIO(data))).items())
    return [i.data for i in items if isinstance(i, RawMessage)], [i.reason for i in items if isinstance(i, Unreadable)]


@pytest.mark.parametrize(
    ("line", "style"),
    [
        (RD, Style.MBOXRD),
        (COMMIT, Style.COMMIT),
        (b"From " + b"a" * 64 + b" Mon Sep 17 00:00:00 2001", Style.COMMIT),
        (DATED, Style.DATED),
        (b"From - Mon Sep 17 10:00:00 2018\r", Style.DATED),
        (b"From 123@xxx Tue Jan 05 12:00:00 +0000 2016", Style.DATED),
        (b"From ann at example.org  Thu Jan  1 10:00:00 2026", Style.DATED),
        (b"From nobody", Style.BARE),
        (b"From ", Style.BARE),
    ],
)
def test_style_of_a_separator(line: bytes, style: Style) -> None:
    assert separator_style(line) is style


@pytest.mark.parametrize("separator", [RD, COMMIT, DATED, b"From nobody\n"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_mails_of_every_style_and_line_end_are_split(separator: bytes, ends: bytes) -> None:
    data = (separator + A + b"\n" + separator + B + b"\n").replace(b"\n", ends)
    assert split(data) == ([A.replace(b"\n", ends), B.replace(b"\n", ends)], [])


@pytest.mark.parametrize("style", [RD, DATED])
def test_pasted_patch_does_not_split_a_mail(style: bytes) -> None:
    pasted = make_mail("a", "See:\n\n" + COMMIT.decode() + "From: Bo <bo@example.org>\nSubject: [PATCH] x\n\nlog\n")
    assert split(style + pasted + b"\n" + style + B + b"\n") == ([pasted, B], [])


@pytest.mark.parametrize(
    "body",
    [
        "text\nFrom mboxrd@z Thu Jan  1 00:00:00 1970\nSubject: not after an empty line\n",
        "text\n\nFrom mboxrd@z Thu Jan  1 00:00:00 1970\nno header line follows\n",
        "text\n\nFrom mboxrd@z Thu Jan  1 00:00:00 1970\n",
        "text\n\nFrom here on\nNote: prose\n",
        "text\n\nFrom mboxrd@z " + "x" * 2000 + "\nSubject: over-long\n",
    ],
)
def test_line_that_only_resembles_a_separator_stays(body: str) -> None:
    mail = make_mail("a", body)
    assert split(RD + mail + b"\n" + RD + B + b"\n") == ([mail, B], [])


def test_dated_mbox_is_not_split_at_prose() -> None:
    mail = make_mail("a", "text\n\nFrom here on\nNote: prose\n")
    assert split(DATED + mail + b"\n" + DATED + B + b"\n") == ([mail, B], [])


def test_one_quote_mark_is_undone_before_from() -> None:
    quoted = make_mail("a", ">From me\n>>From you\n> From them\nx >From\n")
    plain = make_mail("a", "From me\n>From you\n> From them\nx >From\n")
    assert split(RD + quoted + b"\n") == ([plain], [])
    assert split(DATED + quoted + b"\n") == ([plain], [])
    assert split(COMMIT + quoted + b"\n") == ([quoted], [])


def test_only_the_empty_line_of_the_mbox_is_dropped() -> None:
    mail = make_mail("a", "text\n\n\n")
    assert split(RD + mail + b"\n" + RD + mail + b"\n") == ([mail, mail], [])
    assert split(RD + A) == ([A], [])


def test_stray_from_lines_before_the_headers_are_skipped() -> None:
    stray = b">From ann@example.org Thu Jan  1 10:00:00 2026\n"
    assert split(RD + stray + A + b"\n" + RD + stray + B + b"\n") == ([A, B], [])


def test_cut_in_a_body_gives_what_is_there() -> None:
    data = RD + A + b"\n" + RD + B
    mails, reasons = split(data[:-3])
    assert (mails, reasons) == ([A, B[:-3]], [])


def test_cut_in_a_header_block_is_unreadable() -> None:
    data = RD + A + b"\n" + RD + b"From: Ann Onym <ann@example.org>\nSubj"
    assert split(data) == ([A], ["the file ends inside the header block of its last mail"])


def test_every_cut_gives_the_whole_mails_before_it() -> None:
    data = RD + A + b"\n" + RD + B + b"\n"
    for end in range(len(RD), len(data)):
        mails, reasons = split(data[:end])
        assert len(mails) + len(reasons) in (1, 2)
        if end >= 2 * len(RD) + len(A) + 10:
            assert mails[0] == A


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1000])
def test_result_does_not_depend_on_how_the_bytes_arrive(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = make_mail("a", "x\n\nFrom here\n\nFrom mboxrd@z Thu\nno\n>From me\n\n")
    data = (RD + mail + b"\n" + RD + B + b"\n") * 3
    whole = split(data)
    monkeypatch.setattr(mbox, "_CHUNK", chunk)
    assert split(data) == whole
    assert len(whole[0]) == 6


def test_over_long_mail_is_held_in_bounded_memory_and_the_next_is_found() -> None:
    class Endless:
        """A long mail without line ends, made while it is read."""

        def __init__(self) -> None:
            self.parts = [RD + A] + [b"y" * (1 << 20)] * 100 + [b"\n\n" + RD + B + b"\n"]

        def read(self, size: int, /) -> bytes:
            if not self.parts:
                return b""
            data, self.parts[0] = self.parts[0][:size], self.parts[0][size:]
            if not self.parts[0]:
                del self.parts[0]
            return data

        def close(self) -> None:
            pass

    import tracemalloc

    tracemalloc.start()
    items = [item for item in MboxSource(Supply("box", Endless)).items() if isinstance(item, RawMessage)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(len(item.data), item.truncated) for item in items] == [(KEPT, True), (len(B), False)]
    assert peak < 4 * MAIL_CAP


def test_many_lines_like_separators_cost_linear_work(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(line: bytes) -> Style:
        asked.append(1)
        return separator_style(line)

    monkeypatch.setattr(mbox, "separator_style", counted)
    split(RD + A + b"\nFrom x\n" * 20_000)
    assert len(asked) <= 20_002


def test_gzip_that_ends_early_gives_whole_mails_and_marks_the_rest(tmp_path: Path) -> None:
    import random

    noise = random.Random(1).randbytes(4000).hex()  # noqa: S311 - so that the cut is inside the second mail
    data = gzip.compress(RD + A + b"\n" + RD + make_mail("b", noise + "\n") + b"\n")
    (tmp_path / "box").write_bytes(data[: len(data) // 2])
    events = list(open_source(str(tmp_path / "box")).events(Cursor()))
    raws = [event.raw for event in events if isinstance(event, Added)]
    assert [raw.truncated for raw in raws] == [False, True]
    assert raws[0].data == A
    reasons = [event.reason for event in events if isinstance(event, Unreadable)]
    assert reasons == ["the gzip data ends early; the rest was not read"]


def test_several_gzip_members_and_padding_are_one_file(tmp_path: Path) -> None:
    data = gzip.compress(RD + A + b"\n") + gzip.compress(RD + B + b"\n") + b"\0" * 10
    (tmp_path / "box").write_bytes(data)
    events = list(open_source(str(tmp_path / "box")).events(Cursor()))
    assert [event.raw.data for event in events if isinstance(event, Added)] == [A, B]
    assert not [event for event in events if isinstance(event, Unreadable)]


def test_gzip_bomb_ends_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from patchwatch.sources import stream

    monkeypatch.setattr(stream, "BOMB_SIZE", 1 << 20)
    (tmp_path / "box").write_bytes(gzip.compress(RD + A + b"\n" + RD + B + b"z" * (8 << 20)))
    events = list(open_source(str(tmp_path / "box")).events(Cursor()))
    raws = [event.raw for event in events if isinstance(event, Added)]
    assert [raw.truncated for raw in raws] == [False, True]
    assert len(raws[1].data) < 2 << 20
    assert "more than 100 times" in next(event.reason for event in events if isinstance(event, Unreadable))


def test_replaced_mbox_is_given_whole_after_the_used_positions(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(RD + A + b"\n")
    *_, reached = open_source(str(box)).events(Cursor())
    box.write_bytes(RD + B + b"\n" + RD + A + b"\n")
    cursor = Cursor(tips=(("0", reached.tip),), counts=(("0", reached.count),))  # type: ignore[union-attr]  # the last one
    events = list(open_source(str(box)).events(cursor))
    assert [(e.position, e.raw.data) for e in events if isinstance(e, Added)] == [(1, B), (2, A)]


def after(path: Path, since: Cursor) -> tuple[list[bytes | str], Cursor]:
    """Return the new mails and what was taken back (blob ids), and the cursor after them."""
    events = list(open_source(str(path)).events(since))
    for event in events:
        if isinstance(event, Reached):
            since = Cursor(tips=(("0", event.tip),), counts=(("0", event.count),))
    told = (event.raw.data if isinstance(event, Added) else event.blob for event in events if is_change(event))
    return list(told), since


def is_change(event: object) -> TypeGuard[Added | Deleted]:
    return isinstance(event, Added | Deleted)


def test_only_the_rest_of_a_file_that_grew_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = tmp_path / "box"
    box.write_bytes(b"".join(RD + make_mail(n, "x\n" * 50_000) + b"\n" for n in range(20)))
    _, cursor = after(box, Cursor())
    with box.open("ab") as file:
        file.write(RD + A + b"\n" + RD + B + b"\n")
    scanned = 0
    fill = mbox.Splitter._fill

    def counted(self: mbox.Splitter) -> None:
        nonlocal scanned
        before = len(self._buffer)
        fill(self)
        scanned += len(self._buffer) - before

    monkeypatch.setattr(mbox.Splitter, "_fill", counted)
    found, cursor = after(box, cursor)
    assert found == [A, B]
    assert scanned < 1_000
    assert cursor.counts == (("0", 22),)
    assert after(box, cursor) == ([], cursor)


@pytest.mark.parametrize("separator", [RD, COMMIT, DATED, b"From nobody\n"])
@pytest.mark.parametrize("gap", [b"", b"\n"])
def test_mail_appended_in_any_way_is_read_once(tmp_path: Path, separator: bytes, gap: bytes) -> None:
    box = tmp_path / "box"
    box.write_bytes(separator + A + (b"" if gap else b"\n"))
    _, cursor = after(box, Cursor())
    with box.open("ab") as file:  # by some programs the empty line comes before the next mail
        file.write(gap + separator + B)
    found, cursor = after(box, cursor)
    assert found == [B]
    assert after(box, cursor) == ([], cursor)


def test_mail_that_was_being_written_is_taken_back_when_the_rest_is_there(tmp_path: Path) -> None:
    box = tmp_path / "box"
    whole = make_mail("w", "first\nsecond\nthird\n")
    box.write_bytes(RD + A + b"\n" + RD + whole[:-6])
    found, cursor = after(box, Cursor())
    assert found == [A, whole[:-6]]
    box.write_bytes(RD + A + b"\n" + RD + whole + b"\n" + RD + B + b"\n")
    found, cursor = after(box, cursor)
    assert found == [blob_id(whole[:-6]), whole, B]
    assert after(box, cursor) == ([], cursor)


def test_half_a_header_block_is_no_mail_until_the_rest_is_there(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(RD + A + b"\n" + RD + B[:20])
    found, cursor = after(box, Cursor())
    assert found == [A]
    box.write_bytes(RD + A + b"\n" + RD + B)
    assert after(box, cursor)[0] == [B]


def test_a_file_that_another_program_holds_is_left_for_later(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(RD + A)
    hold = "import fcntl, sys; f = open(sys.argv[1], 'r+b'); fcntl.lockf(f, 2); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(box)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        events = list(open_source(str(box)).events(Cursor()))
        holder.communicate(b"\n")
    assert [type(event) for event in events] == [Unreadable]
    assert after(box, Cursor())[0] == [A]


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_what_mail_programs_note_in_a_mail_does_not_make_it_another(tmp_path: Path, ends: bytes) -> None:
    box = tmp_path / "box"
    body = make_mail("n", "Status: stays\nLines: two\n")
    noted = body.replace(b"Subject:", b"Status: RO\nX-Keywords: a\n b\nContent-Length: 7\nSubject:", 1)
    box.write_bytes((RD + noted + b"\n").replace(b"\n", ends))
    assert after(box, Cursor())[0] == [body.replace(b"\n", ends)]
