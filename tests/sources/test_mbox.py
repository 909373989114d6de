# SPDX-License-Identifier: GPL-2.0-or-later
"""Mailbox files: where one mail ends and the next begins."""

import gzip
from io import BytesIO
from pathlib import Path

import pytest

from builders_archive import make_mail
from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Added, Cursor, Unreadable
from patchwatch.sources import mbox
from patchwatch.sources.base import KEPT, MAIL_CAP
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
