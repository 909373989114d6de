# SPDX-License-Identifier: GPL-2.0-or-later
"""Public-inbox v2 archives: what commits mean, how reading continues, what is refused."""

import shutil
from pathlib import Path

import pytest

from builders_archive import ArchiveEvent, git, make_mail, write_archive, write_epoch
from patchwatch.model.source import Added, Cursor, Deleted, Event, Reached, Rewritten, Unreadable
from patchwatch.sources import git_archive, git_walk
from patchwatch.sources.base import blob_id, live_messages
from patchwatch.sources.git_archive import GitArchive
from patchwatch.sources.git_env import BorrowedObjects, GitProblem, resolve_head

A, B, C, D = (make_mail(name) for name in "abcd")


def archive(place: Path, **epochs: list[ArchiveEvent]) -> GitArchive:
    return GitArchive(write_archive(place, {int(name[1:]): events for name, events in epochs.items()}), "list")


def read(source: GitArchive, since: Cursor | None = None) -> list[Event]:
    return list(source.events(since or Cursor()))


def short(events: list[Event]) -> list[tuple[object, ...]]:
    """Return events as (sign, epoch, position, content)."""
    out: list[tuple[object, ...]] = []
    for event in events:
        match event:
            case Added():
                out.append(("+", event.epoch, event.position, event.raw.data))
            case Deleted():
                out.append(("-", event.epoch, event.position, event.blob))
            case Rewritten():
                out.append(("rewritten", event.epoch))
            case Reached():
                out.append(("reached", event.epoch, event.count))
            case Unreadable():
                out.append(("?", event.epoch, event.reason))
    return out


def cursor(events: list[Event], *, counted: bool = True) -> Cursor:
    reached = [event for event in events if isinstance(event, Reached)]
    tips = {event.epoch: event.tip for event in reached}
    counts = {event.epoch: event.count for event in reached if counted}
    return Cursor(tips=tuple(tips.items()), counts=tuple(counts.items()))


def live(source: GitArchive) -> list[bytes]:
    return [raw.data for raw in live_messages(source)]


def test_d_file_deletes_its_blob_and_removal_of_m_does_not(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A), ("m", B), ("d", A), ("m", C)])
    assert short(read(source)) == [
        ("+", "0", 0, A),
        ("+", "0", 1, B),
        ("-", "0", 2, blob_id(A)),
        ("+", "0", 3, C),
        ("reached", "0", 4),
    ]
    assert live(source) == [B, C]


def test_two_deletes_in_a_row_are_both_told(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A), ("m", B), ("m", C), ("d", A), ("d", B)])
    assert live(source) == [C]


def test_delete_in_a_later_epoch_takes_out_mail_of_an_earlier_one(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A), ("m", B)], e1=[("m", C), ("d", A)])
    assert short(read(source))[-2:] == [("-", "1", 1, blob_id(A)), ("reached", "1", 2)]
    assert live(source) == [B, C]


def test_delete_of_an_unknown_mail_is_told(tmp_path: Path) -> None:
    source = archive(tmp_path, e3=[("m", C), ("d", A)])
    assert [event.blob for event in read(source) if isinstance(event, Deleted)] == [blob_id(A)]
    assert [gone.blob for gone in source.deletions()] == [blob_id(A)]


def test_mail_added_again_after_its_delete_is_live(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A), ("d", A), ("m", B), ("m", A)])
    assert live(source) == [B, A]


def test_mail_in_two_epochs_is_live_once(tmp_path: Path) -> None:
    assert live(archive(tmp_path, e0=[("m", A)], e1=[("m", A), ("m", B)])) == [A, B]


def test_purged_mail_and_commits_without_change_use_no_position(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A), ("m", A), ("m", b""), ("", b""), ("", b""), ("m", B)])
    assert short(read(source)) == [("+", "0", 0, A), ("+", "0", 1, B), ("reached", "0", 2)]


def test_epochs_are_read_by_number_over_gaps(tmp_path: Path) -> None:
    source = archive(tmp_path, e10=[("m", C)], e2=[("m", B)], e0=[("m", A)])
    assert [event.raw.data for event in read(source) if isinstance(event, Added)] == [A, B, C]


def test_only_numbered_directories_are_epochs(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)])
    for name in ("x.git", "1.git.bak", "-1.git", "\u0661.git", "1" * 40 + ".git"):
        write_epoch(tmp_path / "git" / name, [("m", B)])
    (tmp_path / "git" / "7.git").write_text("a file")
    assert short(read(source)) == [("+", "0", 0, A), ("reached", "0", 1)]


def test_unborn_epoch_is_silent_until_it_has_mail(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)], e1=[])
    events = read(source)
    assert short(events) == [("+", "0", 0, A), ("reached", "0", 1)]
    write_epoch(tmp_path / "git" / "1.git", [("m", B)])
    assert short(read(source, cursor(events))) == [("+", "1", 0, B), ("reached", "1", 1)]


def test_vanished_epoch_is_noted_and_nothing_is_deleted(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)], e1=[("m", B)])
    at = cursor(read(source))
    shutil.rmtree(tmp_path / "git" / "0.git")
    assert short(read(source, at)) == [("?", "0", "the epoch is gone; its mails are kept")]


@pytest.mark.parametrize("counted", [True, False])
def test_continues_in_the_middle_of_an_epoch_with_following_positions(tmp_path: Path, counted: bool) -> None:
    first: list[ArchiveEvent] = [("m", A), ("x", b"odd"), ("d", A)]
    at = cursor(read(archive(tmp_path, e0=first)), counted=counted)
    source = archive(tmp_path, e0=[*first, ("m", b""), ("m", B)])
    assert short(read(source, at)) == [("+", "0", 2, B), ("reached", "0", 3)]
    assert source.count(at) == 2


def test_commit_without_mail_moves_the_cursor(tmp_path: Path) -> None:
    at = cursor(read(archive(tmp_path, e0=[("m", A)])))
    source = archive(tmp_path, e0=[("m", A), ("m", A)])
    events = read(source, at)
    assert short(events) == [("reached", "0", 1)]
    assert read(source, cursor(events)) == []


def test_nothing_new_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = archive(tmp_path, e0=[("m", A)], e1=[("m", B)])
    at = cursor(read(source))
    started: list[object] = []
    monkeypatch.setattr(BorrowedObjects, "start", lambda *args, **_: started.append(args))
    assert read(source, at) == []
    assert started == []


def test_edited_history_is_given_anew_after_rewritten(tmp_path: Path) -> None:
    at = cursor(read(archive(tmp_path, e0=[("m", A), ("m", B), ("m", C)], e1=[("m", D)])))
    source = archive(tmp_path, e0=[("m", A), ("m", b""), ("m", C)])
    assert short(read(source, at)) == [
        ("rewritten", "0"),
        ("+", "0", 0, A),
        ("+", "0", 1, C),
        ("reached", "0", 2),
    ]


def test_history_cut_back_to_an_older_commit_is_a_rewrite(tmp_path: Path) -> None:
    at = cursor(read(archive(tmp_path, e0=[("m", A), ("m", B)])))
    events = short(read(archive(tmp_path, e0=[("m", A)]), at))
    assert events == [("rewritten", "0"), ("+", "0", 0, A), ("reached", "0", 1)]


@pytest.mark.parametrize("tip", ["0" * 40, "not an id", "--all", "1" * 64, ""])
def test_cursor_that_names_no_commit_is_a_rewrite(tmp_path: Path, tip: str) -> None:
    source = archive(tmp_path, e0=[("m", A)])
    events = short(read(source, Cursor(tips=(("0", tip),))))
    assert events == [("rewritten", "0"), ("+", "0", 0, A), ("reached", "0", 1)]


def test_killed_run_continues_from_any_reached_to_the_same_union(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_archive, "BATCH", 2)
    e0 = [("m", A), ("m", B), ("d", A), ("m", b""), ("m", C), ("x", b"odd"), ("m", A), ("d", C), ("", b"")]
    source = archive(tmp_path, e0=e0, e1=[("m", D), ("d", B), ("m", B)])
    whole = read(source)
    stops = [n for n, event in enumerate(whole, 1) if isinstance(event, Reached)]
    assert len(stops) == 5
    for stop in stops:
        for counted in (True, False):
            assert whole[:stop] + read(source, cursor(whole[:stop], counted=counted)) == whole


def test_abandoned_run_ends_its_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[BorrowedObjects] = []
    enter = BorrowedObjects.__enter__

    def note(self: BorrowedObjects) -> BorrowedObjects:
        used.append(self)
        return enter(self)

    monkeypatch.setattr(BorrowedObjects, "__enter__", note)
    big = [make_mail(n, "x\n" * 100_000) for n in range(20)]
    events = archive(tmp_path, e0=[("m", mail) for mail in big]).events(Cursor())
    assert isinstance(next(events), Added)
    events.close()  # type: ignore[attr-defined]  # it is a generator
    (git_used,) = used
    assert [process.poll() is not None for process in git_used._started] == [True] * 3
    assert not git_used.directory.exists()


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("120000 m", "m is a symlink, not a plain file"),
        ("100755 m", "m is of mode 100755, not a plain file"),
        ("m/x", "m is a directory, not a plain file"),
        ("M", "a file M that is neither m nor d"),
        ("120000 d", "d is a symlink, not a plain file"),
    ],
)
def test_odd_entry_is_noted_and_skipped(tmp_path: Path, place: str, reason: str) -> None:
    events = short(read(archive(tmp_path, e0=[("m", A), (place, B), ("m", C)])))
    # After an odd m the next mail changes a type, which public-inbox does not index either.
    assert events[:2] == [("+", "0", 0, A), ("?", "0", reason)]
    assert events[-1][0] == "reached"
    assert not [event for event in events if event[0] == "+" and event[3] == B]


def test_submodule_and_type_change_are_noted(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A), ("120000 m", b"target"), ("m", C), ("m", D)])
    assert short(read(source)) == [
        ("+", "0", 0, A),
        ("?", "0", "m is a symlink, not a plain file"),
        ("?", "0", "m changed its type (T)"),
        ("+", "0", 1, D),
        ("reached", "0", 2),
    ]


def test_flood_of_odd_entries_ends_the_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_walk, "_ODD_CAP", 3)
    events = short(read(archive(tmp_path, e0=[(f"x{n}", b"odd") for n in range(5)], e1=[("m", A)])))
    assert events[0] == ("?", "0", "over 3 entries that are no mail: not a public-inbox archive")
    assert events[1:] == [("+", "1", 0, A), ("reached", "1", 1)]


def loose(repo: Path, data: bytes) -> Path:
    name = blob_id(data)
    return repo / "objects" / name[:2] / name[2:]


def test_missing_blob_stops_its_epoch_only_and_keeps_the_tip(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A), ("m", B), ("m", C)], e1=[("m", D)])
    loose(tmp_path / "git" / "0.git", B).unlink()
    assert short(read(source)) == [
        ("+", "0", 0, A),
        ("?", "0", f"blob {blob_id(B)} is missing from the mirror or damaged"),
        ("+", "1", 0, D),
        ("reached", "1", 1),
    ]


def test_damaged_blob_stops_its_epoch_and_keeps_the_tip(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A), ("m", B)])
    file = loose(tmp_path / "git" / "0.git", B)
    file.chmod(0o600)
    file.write_bytes(b"no zlib data")
    events = short(read(source))
    assert [event[0] for event in events] == ["+", "?"]
    assert str(events[1][2]).endswith("damaged")
    assert source.read(blob_id(B)) is None
    assert source.read(blob_id(A)) == A


def test_damaged_history_tells_no_rewrite(tmp_path: Path) -> None:
    at = Cursor(tips=(("0", "1" * 40),))
    source = archive(tmp_path, e0=[("m", A), ("m", B)])
    repo = tmp_path / "git" / "0.git"
    first = git(repo, "rev-list", "--reverse", "HEAD").split()[0]
    (repo / "objects" / first[:2] / first[2:]).unlink()
    (event,) = read(source, at)
    assert isinstance(event, Unreadable)
    assert event.reason.startswith("its history cannot be walked: ")


def test_sha256_archive_is_read(tmp_path: Path) -> None:
    write_epoch(tmp_path / "git" / "0.git", [("m", A), ("m", b""), ("d", A), ("m", B)], object_format="sha256")
    source = GitArchive(tmp_path, "list")
    events = read(source)
    assert [event[0] for event in short(events)] == ["+", "-", "+", "reached"]
    raw = [event.raw for event in events if isinstance(event, Added)][1]
    assert len(raw.blob) == 64
    assert source.read(raw.blob) == B
    assert read(source, cursor(events)) == []


def test_read_finds_mail_of_epochs_that_appear_later(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)])
    assert source.read(blob_id(A)) == A
    assert source.read(blob_id(B)) is None
    write_epoch(tmp_path / "git" / "1.git", [("m", B)])
    assert source.read(blob_id(B)) == B
    source.close()
    assert source.read(blob_id(A)) == A
    source.close()


def test_read_works_below_a_directory_with_a_colon(tmp_path: Path) -> None:
    source = archive(tmp_path / 'a:b"c', e0=[("m", A)], e1=[("m", B)])
    assert [source.read(blob_id(mail)) for mail in (A, B)] == [A, B]
    source.close()


def test_read_takes_no_revision_expression(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)])
    commit = git(tmp_path / "git" / "0.git", "rev-parse", "HEAD")
    assert [source.read(text) for text in ("HEAD:m", f"{commit}:m", commit, "", "\n", blob_id(A)[:12])] == [None] * 6


def test_tip_is_found_in_all_forms_of_refs(tmp_path: Path) -> None:
    repo = tmp_path / "0.git"
    write_epoch(repo, [("m", A), ("m", B)])
    tip = git(repo, "rev-parse", "HEAD")
    assert resolve_head(repo) == tip
    git(repo, "update-ref", "refs/heads/other-master", f"{tip}~1")
    git(repo, "pack-refs", "--all")
    assert not (repo / "refs/heads/master").exists()
    assert resolve_head(repo) == tip
    git(repo, "symbolic-ref", "refs/heads/link", "refs/heads/master")
    git(repo, "symbolic-ref", "HEAD", "refs/heads/link")
    assert resolve_head(repo) == tip
    (repo / "HEAD").write_text(f"{tip}\n")
    assert resolve_head(repo) == tip
    (repo / "HEAD").write_text("ref: refs/heads/none\n")
    assert resolve_head(repo) is None


@pytest.mark.parametrize(
    "head",
    [
        "ref: ../../secret\n",
        "ref: refs/heads/../../secret\n",
        "ref: /etc/passwd\n",
        "ref: secret\n",
        "nothing\n",
        "",
        "x" * 5000,
        "ref: HEAD\n",
        "\udcff",
    ],
)
def test_head_that_names_no_ref_is_refused(tmp_path: Path, head: str) -> None:
    repo = tmp_path / "git" / "0.git"
    write_epoch(repo, [("m", A)])
    (tmp_path / "secret").write_text(git(repo, "rev-parse", "HEAD"))
    (repo / "secret").write_text(git(repo, "rev-parse", "HEAD"))
    (repo / "HEAD").write_text(head, errors="surrogateescape")
    with pytest.raises(GitProblem):
        resolve_head(repo)
    assert [event[0] for event in short(read(GitArchive(tmp_path, "list")))] == ["?"]


def test_renamed_epoch_is_gone_under_its_old_name_and_read_under_the_new(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)], e1=[("m", B)])
    at = cursor(read(source))
    (tmp_path / "git" / "1.git").rename(tmp_path / "git" / "2.git")
    assert short(read(source, at)) == [
        ("+", "2", 0, B),
        ("reached", "2", 1),
        ("?", "1", "the epoch is gone; its mails are kept"),
    ]


def test_renamed_branch_tells_nothing_new(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)])
    at = cursor(read(source))
    git(tmp_path / "git" / "0.git", "branch", "-m", "master", "main")
    assert read(source, at) == []


def test_epoch_that_begins_while_another_is_read_comes_with_the_next_run(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)], e1=[("m", B)])
    events: list[Event] = []
    for event in source.events(Cursor()):
        if not events:
            write_epoch(tmp_path / "git" / "2.git", [("d", A), ("m", C)])
        events.append(event)
    assert [event.raw.data for event in events if isinstance(event, Added)] == [A, B]
    assert short(read(source, cursor(events))) == [
        ("-", "2", 0, blob_id(A)),
        ("+", "2", 1, C),
        ("reached", "2", 2),
    ]


def test_mail_that_comes_while_its_epoch_is_read_comes_with_the_next_run(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)])
    events = source.events(Cursor())
    told = [next(events)]
    write_epoch(tmp_path / "git" / "0.git", [("m", A), ("m", B)])
    told += events
    assert short(told) == [("+", "0", 0, A), ("reached", "0", 1)]
    assert short(read(source, cursor(told))) == [("+", "0", 1, B), ("reached", "0", 2)]


def test_gap_that_is_filled_later_brings_no_deleted_mail_back(tmp_path: Path) -> None:
    source = archive(tmp_path, e0=[("m", A)], e2=[("d", B), ("m", C)])
    assert live(source) == [A, C]
    write_epoch(tmp_path / "git" / "1.git", [("m", B), ("m", D)])
    assert live(source) == [A, D, C]
