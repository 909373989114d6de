# SPDX-License-Identifier: GPL-2.0-or-later
"""notmuch: what its queries give, with a real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_archive import make_mail
from builders_search import index, notmuch, tell
from patchwatch.errors import ServerError, UsageError
from patchwatch.model.source import Added, Cursor, Event, Reached
from patchwatch.sources.detect import open_source

A, B, C = (make_mail(name) for name in "abc")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Path]:
    with notmuch(tmp_path) as box:
        yield box


def after(query: str, since: Cursor) -> tuple[list[bytes], Cursor]:
    """Return the new mails and the cursor after them."""
    events: list[Event] = list(open_source(f"notmuch:{query}").events(since))
    for event in events:
        if isinstance(event, Reached):
            since = Cursor(tips=(("0", event.tip),), counts=(("0", event.count),))
    return [event.raw.data for event in events if isinstance(event, Added)], since


def test_a_query_gives_what_it_matches_and_later_what_came_to_match(box: Path) -> None:
    index(box, [A, B, C])
    tell("notmuch", "tag", "+patches", "--", "id:a@example.org")
    found, cursor = after("tag:patches or tag:nothing", Cursor())
    assert found == [A]
    tell("notmuch", "tag", "+patches", "--", "id:c@example.org")
    found, cursor = after("tag:patches or tag:nothing", cursor)
    assert found == [C]
    assert after("tag:patches or tag:nothing", cursor) == ([], cursor)


def test_no_tag_is_set_and_no_file_renamed(box: Path) -> None:
    index(box, [A, B])
    before = tell("notmuch", "dump"), tell("notmuch", "count", "--lastmod", "--", "*"), sorted(box.rglob("*"))
    after("*", Cursor())
    assert (tell("notmuch", "dump"), tell("notmuch", "count", "--lastmod", "--", "*"), sorted(box.rglob("*"))) == before


def test_a_database_made_anew_is_read_whole(box: Path, tmp_path: Path) -> None:
    index(box, [A, B])
    _, cursor = after("*", Cursor())
    (box / ".notmuch").rename(tmp_path / "old")
    index(box, [A, B, C])
    tell("notmuch", "new", "--quiet")
    assert sorted(after("*", cursor)[0]) == [A, B, C]


def test_a_file_that_is_gone_is_passed_over(box: Path) -> None:
    index(box, [A, B])
    next(box.rglob("1000.*")).unlink()
    assert after("*", Cursor())[0] == [B]


def test_a_query_is_one_argument_and_never_an_option(box: Path, tmp_path: Path) -> None:
    index(box, [A])
    evil = tmp_path / "evil"
    for query in (f"; touch {evil}", f"$(touch {evil})", "--output=summary", "-h"):
        assert after(query, Cursor())[0] == []
    assert not evil.exists()


def test_faults_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"notmuch: says nothing to look for; write notmuch:QUERY"):
        open_source("notmuch: ")
    with pytest.raises(ServerError, match=r"notmuch failed \(exit code 1\)"):
        list(open_source("notmuch:x").events(Cursor()))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"notmuch cannot be run \(No such file or directory\); it is in the package"):
        list(open_source("notmuch:x").events(Cursor()))


def test_a_program_that_hangs_or_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from patchwatch.sources import command

    program = tmp_path / "notmuch"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(command, "SECONDS", 0.05)
    with pytest.raises(ServerError, match=r"notmuch took more than 0\.05 seconds"):
        list(open_source("notmuch:x").events(Cursor()))
    program.write_text("#!/bin/sh\nexec cat /dev/zero\n")
    monkeypatch.setattr(command, "SECONDS", 60)
    monkeypatch.setattr(command, "CAP", 1 << 20)
    with pytest.raises(ServerError, match="notmuch gave more than"):
        list(open_source("notmuch:x").events(Cursor()))
