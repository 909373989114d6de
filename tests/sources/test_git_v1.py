# SPDX-License-Identifier: GPL-2.0-or-later
"""Public-inbox v1 archives: one bare repository, a mail at the path of its Message-ID."""

from pathlib import Path

import pytest

from builders_archive import ArchiveEvent, git, make_mail, write_archive
from builders_v1 import place_of, write_v1
from patchwatch.errors import InputError
from patchwatch.model.source import Added, Cursor, Deleted, Event, Reached, Rewritten, Unreadable
from patchwatch.sources import git_archive, git_v1
from patchwatch.sources.base import blob_id, live_messages
from patchwatch.sources.detect import open_source
from patchwatch.sources.git_archive import GitArchive

A, B, C = (make_mail(name) for name in "abc")
A2 = make_mail("a", "Edited.\n")
PLACE = "ab/" + "0" * 38


def archive(place: Path, *events: ArchiveEvent) -> GitArchive:
    return GitArchive(write_v1(place / "list", events), "list", version=1)


def read(source: GitArchive, since: Cursor | None = None) -> list[Event]:
    return list(source.events(since or Cursor()))


def short(events: list[Event]) -> list[tuple[object, ...]]:
    out: list[tuple[object, ...]] = []
    for event in events:
        match event:
            case Added():
                out.append(("+", event.position, event.raw.data))
            case Deleted():
                out.append(("-", event.position, event.blob))
            case Rewritten():
                out.append(("rewritten",))
            case Reached():
                out.append(("reached", event.count))
            case Unreadable():
                out.append(("?", event.reason))
    return out


def cursor(events: list[Event], *, counted: bool = True) -> Cursor:
    reached = [event for event in events if isinstance(event, Reached)]
    tips, counts = {event.epoch: event.tip for event in reached}, {event.epoch: event.count for event in reached}
    return Cursor(tips=tuple(tips.items()), counts=tuple(counts.items()) if counted else ())


def live(source: GitArchive) -> list[bytes]:
    return [raw.data for raw in live_messages(source)]


def test_file_is_a_mail_and_its_removal_a_delete(tmp_path: Path) -> None:
    source = archive(tmp_path, ("m", A), ("m", B), ("d", A), ("m", C))
    assert short(read(source)) == [
        ("+", 0, A),
        ("+", 1, B),
        ("-", 2, blob_id(A)),
        ("+", 3, C),
        ("reached", 4),
    ]
    assert live(source) == [B, C]
    assert [gone.blob for gone in source.deletions()] == [blob_id(A)]
    assert source.read(blob_id(A)) == A


def test_other_content_at_a_path_replaces_the_mail(tmp_path: Path) -> None:
    source = archive(tmp_path, ("m", A), ("m", B), ("m", A2))
    assert short(read(source))[2:] == [("-", 2, blob_id(A)), ("+", 3, A2), ("reached", 4)]
    assert live(source) == [B, A2]


def test_mail_added_again_after_its_delete_is_live(tmp_path: Path) -> None:
    assert live(archive(tmp_path, ("m", A), ("d", A), ("m", A))) == [A]


def test_emptied_file_and_commit_without_change(tmp_path: Path) -> None:
    source = archive(tmp_path, ("m", A), ("", b""), (place_of(A), b""), ("m", B), (place_of(A), b""), ("m", A))
    assert short(read(source)) == [
        ("+", 0, A), ("-", 1, blob_id(A)), ("+", 2, B), ("+", 3, A), ("reached", 4),
    ]  # fmt: skip


def test_folders_come_and_go_with_their_only_mail(tmp_path: Path) -> None:
    source = archive(tmp_path, ("m", A), ("d", A))
    assert short(read(source)) == [("+", 0, A), ("-", 1, blob_id(A)), ("reached", 2)]
    assert live(source) == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (f"120000 {PLACE}", f"{PLACE} is of mode 120000, not a plain file"),
        (f"100755 {PLACE}", f"{PLACE} is of mode 100755, not a plain file"),
        ("ab/0", "ab/0 is no mail"),
        (PLACE.upper(), "AB is no folder of mails"),
        (f"ab/{'0' * 37}/x", f"ab/{'0' * 37} is no mail"),
        ("README", "README is no folder of mails"),
        ("cd", "cd is no folder of mails"),
        ("m", ""),
    ],
)
def test_odd_entry_is_noted_and_skipped(tmp_path: Path, place: str, reason: str) -> None:
    source = archive(tmp_path, ("m", A), (place, B), ("m", C))
    told = [event for event in short(read(source)) if event[0] == "?"]
    assert told == ([("?", reason)] if reason else [])
    assert live(source) == ([A, C] if reason else [A, B, C])


def test_mail_that_turns_into_something_else_is_gone_and_back(tmp_path: Path) -> None:
    place = place_of(A)
    source = archive(tmp_path, ("m", A), (f"120000 {place}", b"target"), ("m", A), (f"{place}/x", B), ("m", A))
    assert [event[0] for event in short(read(source))] == ["+", "-", "?", "+", "-", "?", "+", "reached"]
    assert live(source) == [A]


@pytest.mark.parametrize("counted", [True, False])
def test_continues_with_following_positions(tmp_path: Path, counted: bool) -> None:
    first: list[ArchiveEvent] = [("m", A), ("x", b"odd"), ("m", A2)]
    at = cursor(read(archive(tmp_path, *first)), counted=counted)
    source = archive(tmp_path, *first, ("m", B), ("d", A2))
    assert short(read(source, at)) == [("+", 3, B), ("-", 4, blob_id(A2)), ("reached", 5)]
    assert source.count(at) == 2


def test_killed_run_continues_from_any_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_archive, "BATCH", 2)
    source = archive(tmp_path, ("m", A), ("m", B), ("m", A2), ("x", b"odd"), ("d", B), ("m", C), ("m", B))
    whole = read(source)
    stops = [n for n, event in enumerate(whole, 1) if isinstance(event, Reached)]
    assert len(stops) > 2
    for stop in stops:
        for counted in (True, False):
            assert whole[:stop] + read(source, cursor(whole[:stop], counted=counted)) == whole


def test_rewritten_history_is_given_anew(tmp_path: Path) -> None:
    at = cursor(read(archive(tmp_path, ("m", A), ("m", B), ("m", C))))
    source = archive(tmp_path, ("m", A2), ("", b""), ("m", C))
    assert short(read(source, at)) == [("rewritten",), ("+", 0, A2), ("+", 1, C), ("reached", 2)]


def test_archive_that_was_converted_in_its_place_is_a_rewrite(tmp_path: Path) -> None:
    at = cursor(read(archive(tmp_path, ("m", A), ("m", B))))
    source = GitArchive(write_archive(tmp_path / "new", {0: [("m", A), ("m", B)]}), "list")
    assert short(read(source, at)) == [("rewritten",), ("+", 0, A), ("+", 1, B), ("reached", 2)]


def test_sha256_archive_is_read(tmp_path: Path) -> None:
    repo = write_v1(tmp_path / "list", [("m", A), ("m", B), ("d", A)], object_format="sha256")
    source = open_source(str(repo))
    assert [raw.data for raw in live_messages(source)] == [B]


def test_missing_blob_stops_and_keeps_the_tip(tmp_path: Path) -> None:
    source = archive(tmp_path, ("m", A), ("m", B))
    name = blob_id(B)
    (tmp_path / "list" / "objects" / name[:2] / name[2:]).unlink()
    assert short(read(source)) == [("+", 0, A), ("?", f"blob {name} is missing from the mirror or damaged")]


@pytest.mark.parametrize("level", ["HEAD^{tree}", f"HEAD:{place_of(B)[:2]}"])
def test_missing_tree_tells_no_delete(tmp_path: Path, level: str) -> None:
    source = archive(tmp_path, ("m", A), ("m", B))
    name = git(tmp_path / "list", "rev-parse", level)
    (tmp_path / "list" / "objects" / name[:2] / name[2:]).unlink()
    (told,) = short(read(source))
    assert told[0] == "?"
    assert str(told[1]).startswith(("its history cannot be walked", "a tree is missing"))


def nested(repo: Path, depth: int) -> str:
    """Make a tree that holds 2 ** *depth* files."""
    tree = git(repo, "mktree", data=f"100644 blob {blob_id(A)}\tm\n".encode())
    for _ in range(depth):
        tree = git(repo, "mktree", data=f"040000 tree {tree}\taa\n040000 tree {tree}\tbb\n".encode())
    return tree


def commit_tree(repo: Path, tree: str) -> None:
    git(repo, "update-ref", "refs/heads/master", git(repo, "commit-tree", tree, "-p", "HEAD", data=b"s\n"))


def test_tree_of_shared_trees_is_not_descended_into(tmp_path: Path) -> None:
    source = archive(tmp_path, ("m", A), ("m", B))
    commit_tree(tmp_path / "list", nested(tmp_path / "list", 40))
    events = short(read(source))
    assert sorted(event[1] for event in events if event[0] == "?") == [  # type: ignore[type-var]
        f"{x}/{y} is no mail" for x in ("aa", "bb") for y in ("aa", "bb")
    ]
    assert events[-1][0] == "reached"


def test_flood_of_changes_ends_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_v1, "_SLACK", 20)
    source = archive(tmp_path, ("m", A))
    repo = tmp_path / "list"
    files = "".join(f"100644 blob {blob_id(A)}\t{n:038x}\n" for n in range(40))
    tree = git(repo, "mktree", data=files.encode())
    commit_tree(repo, git(repo, "mktree", data=f"040000 tree {tree}\tab\n".encode()))
    (event,) = short(read(source))
    assert "far more files than mails" in str(event[1])


def test_flood_of_files_at_the_top_ends_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_v1, "_SLACK", 20)
    source = archive(tmp_path, ("m", A))
    repo = tmp_path / "list"
    files = "".join(f"100644 blob {blob_id(A)}\tx{n:03}\n" for n in range(40))
    commit_tree(repo, git(repo, "mktree", data=files.encode()))
    (event,) = short(read(source))
    assert "far more files than mails" in str(event[1])


def why(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        open_source(str(path))
    return str(caught.value)


def test_archive_is_recognised_by_its_paths(tmp_path: Path) -> None:
    assert open_source(str(write_v1(tmp_path / "a", [("m", A), ("README", b"x")]))).kind == "public-inbox"
    assert "no mails at paths" in why(write_v1(tmp_path / "b", [("ab/cd.c", b"x"), ("README", b"x")]))
    assert "no mails at paths" in why(write_v1(tmp_path / "c", [("src/main.c", b"x")]))
    assert "no mails at paths" in why(write_v1(tmp_path / "d", [("ab", b"x")]))


def test_archive_without_mail_is_known_by_its_history_its_lock_or_its_index(tmp_path: Path) -> None:
    emptied = write_v1(tmp_path / "b", [("", b""), ("m", A), ("d", A)])
    assert list(live_messages(open_source(str(emptied)))) == []
    for repo in (write_v1(tmp_path / "a", []), write_v1(tmp_path / "c", [("", b"")])):
        assert "without any mail" in why(repo)
        (repo / "ssoma.lock").touch()
        assert list(live_messages(open_source(str(repo)))) == []
        (repo / "ssoma.lock").unlink()
        (repo / "public-inbox").mkdir()
        assert open_source(str(repo)).name == str(repo)


def test_unreadable_repository_is_refused_with_its_reason(tmp_path: Path) -> None:
    repo = write_v1(tmp_path / "a", [("m", A)])
    (repo / "shallow").write_text(git(repo, "rev-parse", "HEAD") + "\n")
    assert "shallow clone" in why(repo)
    (repo / "shallow").unlink()
    (repo / "HEAD").write_text("nonsense\n")
    assert "cannot be read" in why(repo)
    (repo / "HEAD").write_text("1" * 40 + "\n")
    assert "cannot be read" in why(repo)
