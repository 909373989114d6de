# SPDX-License-Identifier: GPL-2.0-or-later
"""
What every source of mail does. A new source is a subclass of `SourceContract` that says how to store mails in it.
"""

import gzip
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from builders_archive import make_mail, write_archive
from builders_imap import Dovecot, dovecot
from builders_search import index, notmuch
from builders_v1 import write_v1
from patchwatch.model.source import Added, Cursor, Event, Reached, Unreadable
from patchwatch.sources import base
from patchwatch.sources.base import Source, blob_id, live_messages
from patchwatch.sources.detect import open_source

MAILS = [make_mail(n, f"Body {n}.\n\nLast line without more\n") for n in range(3)]


def cursor_after(events: list[Event], since: Cursor | None = None) -> Cursor:
    """Return the cursor that a store keeps after the last `Reached` of each epoch."""
    since = since or Cursor()
    tips, counts = dict(since.tips), dict(since.counts)
    for event in events:
        if isinstance(event, Reached):
            tips[event.epoch], counts[event.epoch] = event.tip, event.count
    return Cursor(tips=tuple(tips.items()), counts=tuple(counts.items()))


def added(events: list[Event]) -> list[bytes]:
    return [event.raw.data for event in events if isinstance(event, Added)]


class SourceContract:
    """*kind* is the source's; *most* how many mails it can hold."""

    kind: str
    most = 3

    def store(self, place: Path, mails: list[bytes]) -> str:
        """Make *mails* what the source holds and return what a user would type."""
        raise NotImplementedError

    def stdin(self, place: Path) -> BinaryIO | None:  # noqa: ARG002 - for subclasses
        return None

    def open(self, place: Path, mails: list[bytes]) -> Source:
        where = self.store(place, mails)
        return open_source(where, self.stdin(place))

    @property
    def mails(self) -> list[bytes]:
        return MAILS[: self.most]

    def test_is_recognised_and_named(self, tmp_path: Path) -> None:
        source = self.open(tmp_path, self.mails)
        assert source.kind == self.kind
        assert source.name

    def test_gives_the_stored_bytes_in_order_with_gits_blob_ids(self, tmp_path: Path) -> None:
        events = list(self.open(tmp_path, self.mails).events(Cursor()))
        assert added(events) == self.mails
        raws = [event.raw for event in events if isinstance(event, Added)]
        assert [raw.blob for raw in raws] == [blob_id(mail) for mail in self.mails]
        assert not any(raw.truncated for raw in raws)
        assert len({raw.origin for raw in raws}) == len(raws)
        assert not [event for event in events if isinstance(event, Unreadable)]

    def test_counts_positions_from_zero_and_ends_with_reached(self, tmp_path: Path) -> None:
        events = list(self.open(tmp_path, self.mails).events(Cursor()))
        assert [event.position for event in events if isinstance(event, Added)] == list(range(self.most))
        assert isinstance(events[-1], Reached)
        assert events[-1].count == self.most

    def test_says_nothing_when_nothing_is_new(self, tmp_path: Path) -> None:
        cursor = cursor_after(list(self.open(tmp_path, self.mails).events(Cursor())))
        assert list(self.open(tmp_path, self.mails).events(cursor)) == []

    def test_gives_only_what_was_added_since(self, tmp_path: Path) -> None:
        if self.most < 2:
            pytest.skip("holds one mail")
        cursor = cursor_after(list(self.open(tmp_path, self.mails[:-1]).events(Cursor())))
        events = list(self.open(tmp_path, self.mails).events(cursor))
        assert added(events) == self.mails[-1:]
        assert isinstance(events[-1], Reached)
        assert events[-1].count == self.most

    def test_run_that_stopped_at_any_reached_continues_without_loss(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from patchwatch.sources import git_archive

        monkeypatch.setattr(base, "BATCH", 1)
        monkeypatch.setattr(git_archive, "BATCH", 1)
        whole = list(self.open(tmp_path, self.mails).events(Cursor()))
        stops = [n for n, event in enumerate(whole, 1) if isinstance(event, Reached)]
        assert len(stops) == self.most
        for stop in stops:
            rest = self.open(tmp_path, self.mails).events(cursor_after(whole[:stop]))
            assert whole[:stop] + list(rest) == whole

    def test_reads_a_mail_again_by_blob_id(self, tmp_path: Path) -> None:
        source = self.open(tmp_path, self.mails)
        for mail in self.mails:
            assert source.read(blob_id(mail)) == mail
        assert source.read("0" * 40) is None
        assert source.read("HEAD:m") is None

    def test_cuts_a_mail_over_the_cap_and_goes_on(self, tmp_path: Path) -> None:
        huge = make_mail("huge", "x" * 70 + "\n") + b"y" * (base.MAIL_CAP + base.MAIL_CAP // 2) + b"\n"
        events = list(self.open(tmp_path, [huge, *self.mails][: self.most]).events(Cursor()))
        raws = [event.raw for event in events if isinstance(event, Added)]
        assert raws[0].truncated
        assert raws[0].data == huge[: base.KEPT]
        assert [raw.data for raw in raws[1:]] == self.mails[: self.most - 1]

    def test_live_messages_are_all_mails_once(self, tmp_path: Path) -> None:
        twice = [*self.mails, self.mails[0]] if self.most > 1 else self.mails
        source = self.open(tmp_path, twice)
        assert [raw.data for raw in live_messages(source)] == self.mails


class TestPublicInbox(SourceContract):
    kind = "public-inbox"

    def store(self, place: Path, mails: list[bytes]) -> str:
        return str(write_archive(place, {0: [("m", mail) for mail in mails]}))


class TestPublicInboxV1(SourceContract):
    kind = "public-inbox"

    def store(self, place: Path, mails: list[bytes]) -> str:
        return str(write_v1(place / "list", [("m", mail) for mail in mails]))


class TestMbox(SourceContract):
    kind = "mbox"

    def store(self, place: Path, mails: list[bytes]) -> str:
        (place / "box").write_bytes(as_mbox(mails))
        return str(place / "box")


class TestMboxGzip(TestMbox):
    def store(self, place: Path, mails: list[bytes]) -> str:
        (place / "box").write_bytes(gzip.compress(as_mbox(mails), 1))
        return str(place / "box")


class TestMaildir(SourceContract):
    kind = "maildir"

    def store(self, place: Path, mails: list[bytes]) -> str:
        for folder in ("cur", "new", "tmp"):
            (place / folder).mkdir(exist_ok=True)
        for n, mail in enumerate(mails):
            (place / ("cur" if n % 2 else "new") / f"{9 + n}.{n}.host{':2,S' if n % 2 else ''}").write_bytes(mail)
        return str(place)


class TestEml(SourceContract):
    kind = "eml"
    most = 1

    def store(self, place: Path, mails: list[bytes]) -> str:
        (place / "one").write_bytes(mails[0])
        return str(place / "one")


class TestStdinMail(TestEml):
    kind = "stdin"

    def store(self, place: Path, mails: list[bytes]) -> str:
        super().store(place, mails)
        return "-"

    def stdin(self, place: Path) -> BinaryIO | None:
        return BytesIO((place / "one").read_bytes())


class TestStdinMbox(TestMbox):
    kind = "stdin"

    def store(self, place: Path, mails: list[bytes]) -> str:
        super().store(place, mails)
        return "-"

    def stdin(self, place: Path) -> BinaryIO | None:
        return BytesIO((place / "box").read_bytes())


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


class TestImap(SourceContract):
    kind = "imap"

    @pytest.fixture(autouse=True)
    def _served(self, server: Dovecot) -> None:
        self.server = server

    def store(self, place: Path, mails: list[bytes]) -> str:
        with self.server.open() as imap:
            if place.name not in [folder.name for folder in imap.folders()]:
                self.server.make(place.name)
            for mail in mails[imap.open(place.name).exists :]:
                imap.append(place.name, mail, "")
        return f"imap:test/{place.name}"

    def open(self, place: Path, mails: list[bytes]) -> Source:
        return open_source(self.store(place, mails), accounts={"test": self.server.config()})


class TestNotmuch(SourceContract):
    kind = "notmuch"

    @pytest.fixture(autouse=True)
    def _indexed(self, tmp_path: Path) -> Iterator[None]:
        with notmuch(tmp_path) as self.box:
            yield

    def store(self, place: Path, mails: list[bytes]) -> str:  # noqa: ARG002 - the box knows its place
        index(self.box, mails)
        return "notmuch:*"


def as_mbox(mails: list[bytes]) -> bytes:
    return b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail + b"\n" for mail in mails)
