# SPDX-License-Identifier: GPL-2.0-or-later
"""lei: what its queries give, with a real one; the order of its results is its own, so the contract does not fit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_archive import make_mail
from builders_search import learn, lei
from patchwatch.errors import ServerError, UsageError
from patchwatch.model.source import Added, Cursor, Reached
from patchwatch.sources.base import Source
from patchwatch.sources.detect import open_source

MAILS = [make_mail(n, f"Body {n}.\n>From the start\n") for n in range(3)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "home").mkdir()
    with lei(tmp_path / "home"):
        yield tmp_path


def told(source: Source, since: Cursor) -> tuple[set[bytes], Cursor]:
    """Return the new mails and the cursor after them."""
    events = list(source.events(since))
    ends = [event for event in events if isinstance(event, Reached)]
    tips = tuple((event.epoch, event.tip) for event in ends[-1:]) or since.tips
    counts = tuple((event.epoch, event.count) for event in ends[-1:]) or since.counts
    return {event.raw.data for event in events if isinstance(event, Added)}, Cursor(tips=tips, counts=counts)


def test_each_mail_comes_once_with_the_bytes_that_lei_got(place: Path) -> None:
    learn(place, MAILS[:2])
    source = open_source("lei:f:ann z:1..")
    first, cursor = told(source, Cursor())
    assert first == set(MAILS[:2])
    assert told(source, cursor) == (set(), cursor)
    learn(place, MAILS)
    assert told(source, cursor)[0] == {MAILS[2]}


def test_words_are_given_as_they_are_and_never_to_a_shell(place: Path) -> None:
    learn(place, MAILS[:1])
    evil = place / "evil"
    assert told(open_source(f"lei:s:nothing '; touch {evil}' $(touch {evil})"), Cursor())[0] == set()
    assert told(open_source("lei:--help"), Cursor())[0] == set()
    assert not evil.exists()


def test_faults_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="No closing quotation"):
        open_source("lei:s:'x")
    program = tmp_path / "lei"
    program.write_text("#!/bin/sh\necho out of order >&2\nexit 7\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(ServerError, match=r"lei failed \(exit code 7\): out of order"):
        list(open_source("lei:x").events(Cursor()))
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="in the package lei"):
        list(open_source("lei:x").events(Cursor()))
