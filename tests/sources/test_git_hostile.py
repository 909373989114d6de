# SPDX-License-Identifier: GPL-2.0-or-later
"""
Archives that try to run commands or to show other content than they hold.

Each bait first shows that git run carelessly takes it; then that reading the archive does not.
"""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from builders_archive import ENV, git, make_mail, write_archive, write_epoch
from builders_v1 import place_of, write_v1
from patchwatch.errors import InputError
from patchwatch.model.source import Added, Cursor, Event, Reached, Unreadable
from patchwatch.sources.base import blob_id, live_messages
from patchwatch.sources.detect import open_source
from patchwatch.sources.git_archive import GitArchive

A, B, C = (make_mail(name) for name in "abc")


class Trap:
    """An archive with the mails A, B and C in one repository, and a command that leaves a marker."""

    def __init__(self, place: Path, version: int = 2) -> None:
        self.inbox = place / "inbox"
        self.version = version
        if version == 1:
            self.repo = write_v1(self.inbox, [("m", A), ("m", B), ("m", C)])
        else:
            write_archive(self.inbox, {0: [("m", A), ("m", B), ("m", C)]})
            self.repo = self.inbox / "git" / "0.git"
        self.marker = place / "marker"
        self.command = place / "command"
        self.command.write_text(f"#!/bin/sh\n: > {self.marker}\n")
        self.command.chmod(0o755)

    def configure(self, text: str) -> None:
        with (self.repo / "config").open("a") as config:
            config.write(text)

    def assert_works_on(self, *arguments: str) -> None:
        """Show that plain git with *arguments* leaves the marker; take it away."""
        command = ["git", f"--git-dir={self.repo}", *arguments]
        subprocess.run(command, env=ENV, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        assert self.marker.exists(), "the bait itself does not work"
        self.marker.unlink()

    def source(self) -> GitArchive:
        return GitArchive(self.inbox, "list", version=self.version)

    def read(self) -> list[Event]:
        """Recognise the archive and use all of a source on it; nothing may leave the marker."""
        with suppress(InputError):  # not every damaged repository is taken for an archive
            open_source(str(self.inbox))
        source = self.source()
        events = list(source.events(Cursor()))
        tips = tuple((event.epoch, "1" * 40) for event in events if isinstance(event, Reached))
        list(source.events(Cursor(tips=tips)))
        list(live_messages(source))
        source.count(Cursor())
        for mail in (A, B, C):
            source.read(blob_id(mail))
        source.read("1" * 40)
        source.close()
        assert not self.marker.exists()
        return events


@pytest.fixture(params=[2, 1])
def trap(tmp_path: Path, request: pytest.FixtureRequest) -> Trap:
    """An archive of either version."""
    return Trap(tmp_path, request.param)


@pytest.fixture
def epoch(tmp_path: Path) -> Trap:
    """A v2 archive."""
    return Trap(tmp_path)


def mails(events: list[Event]) -> list[bytes]:
    return [event.raw.data for event in events if isinstance(event, Added)]


def loose(repo: Path, name: str) -> Path:
    return repo / "objects" / name[:2] / name[2:]


def test_promisor_remote_is_not_asked_for_a_missing_mail(trap: Trap) -> None:
    trap.configure(
        "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n"
        f'[remote "origin"]\n\tpromisor = true\n\turl = "ext::{trap.command}"\n[protocol "ext"]\n\tallow = always\n'
    )
    loose(trap.repo, blob_id(B)).unlink()
    trap.assert_works_on("cat-file", "-p", blob_id(B))
    events = trap.read()
    assert mails(events) == [A]
    assert isinstance(events[-1], Unreadable)
    assert "missing" in events[-1].reason


def test_signature_program_of_the_archive_is_not_run(trap: Trap) -> None:
    commit = git(trap.repo, "cat-file", "commit", "HEAD").split("\n\n")[0]
    signed = f"{commit}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\ns\n"
    name = git(trap.repo, "hash-object", "-t", "commit", "-w", "--stdin", data=signed.encode())
    git(trap.repo, "update-ref", "refs/heads/master", name)
    trap.configure(f"[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {trap.command}\n")
    trap.assert_works_on("log", "-1")
    assert mails(trap.read()) == [A, B, C]


def test_text_conversion_of_the_archive_is_not_run(trap: Trap) -> None:
    (trap.repo / "info").mkdir(exist_ok=True)
    (trap.repo / "info" / "attributes").write_text("* diff=bait\n")
    trap.configure(f'[diff "bait"]\n\ttextconv = {trap.command}\n')
    trap.assert_works_on("show", "HEAD")
    assert mails(trap.read()) == [A, B, C]


def test_hook_of_the_archive_is_not_run(trap: Trap) -> None:
    hook = trap.repo / "hooks" / "reference-transaction"
    hook.parent.mkdir()
    hook.write_text(trap.command.read_text())
    hook.chmod(0o755)
    trap.assert_works_on("update-ref", "refs/heads/other", "HEAD")
    assert mails(trap.read()) == [A, B, C]


def test_replace_ref_does_not_change_a_mail(trap: Trap) -> None:
    git(trap.repo, "replace", blob_id(B), blob_id(C))
    assert git(trap.repo, "cat-file", "-p", blob_id(B)) == C.decode().strip()
    assert mails(trap.read()) == [A, B, C]
    assert trap.source().read(blob_id(B)) == B


def test_graft_does_not_hide_mails(trap: Trap) -> None:
    (trap.repo / "info").mkdir(exist_ok=True)
    (trap.repo / "info" / "grafts").write_text(git(trap.repo, "rev-parse", "HEAD") + "\n")
    assert git(trap.repo, "rev-list", "--count", "HEAD") == "1"
    assert mails(trap.read()) == [A, B, C]


def test_objects_of_another_repository_are_not_shown(trap: Trap, tmp_path: Path) -> None:
    other = tmp_path / "private.git"
    write_epoch(other, [("m", B)])
    loose(trap.repo, blob_id(B)).unlink()
    (trap.repo / "objects" / "info").mkdir(exist_ok=True)
    (trap.repo / "objects" / "info" / "alternates").write_text(f"{other}/objects\n")
    assert git(trap.repo, "cat-file", "-p", blob_id(B)) == B.decode().strip()
    (event,) = trap.read()
    assert isinstance(event, Unreadable)
    assert "alternates" in event.reason
    assert trap.source().read(blob_id(B)) is None


def test_shallow_clone_is_refused(trap: Trap) -> None:
    (trap.repo / "shallow").write_text(git(trap.repo, "rev-parse", "HEAD") + "\n")
    (event,) = trap.read()
    assert isinstance(event, Unreadable)
    assert "shallow" in event.reason


def test_environment_of_the_user_changes_nothing(trap: Trap, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_TRACE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.repositoryFormatVersion")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "99")
    assert mails(trap.read()) == [A, B, C]
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["HEAD", "refs/heads/master", "packed-refs"])
def test_pipe_in_the_place_of_a_ref_does_not_block(trap: Trap, name: str) -> None:
    (trap.repo / "refs" / "heads" / "master").unlink()
    (trap.repo / name).unlink(missing_ok=True)
    os.mkfifo(trap.repo / name)
    (event,) = trap.read()
    assert isinstance(event, Unreadable)
    assert "not a regular file" in event.reason


def test_tree_of_shared_trees_is_not_descended_into(epoch: Trap) -> None:
    tree = git(epoch.repo, "mktree", data=f"100644 blob {blob_id(A)}\tm\n".encode())
    for _ in range(40):  # 2 ** 40 files
        tree = git(epoch.repo, "mktree", data=f"040000 tree {tree}\ta\n040000 tree {tree}\tb\n".encode())
    commit = git(epoch.repo, "commit-tree", tree, "-p", "HEAD", data=b"s\n")
    git(epoch.repo, "update-ref", "refs/heads/master", commit)
    events = epoch.read()
    assert mails(events) == [A, B, C]
    assert isinstance(events[-1], Reached)
    assert [event.reason for event in events if isinstance(event, Unreadable)] == [
        "a file a that is neither m nor d",
        "a file b that is neither m nor d",
    ]


def test_m_that_names_a_commit_or_tree_is_no_mail(epoch: Trap) -> None:
    commit = git(epoch.repo, "rev-parse", "HEAD")
    raw = b"100644 m\0" + bytes.fromhex(commit)
    tree = git(epoch.repo, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=raw)
    git(epoch.repo, "update-ref", "refs/heads/master", git(epoch.repo, "commit-tree", tree, "-p", "HEAD", data=b"s\n"))
    events = epoch.read()
    assert mails(events) == [A, B, C]
    assert [event.reason for event in events if isinstance(event, Unreadable)] == ["m is a git commit, not a mail"]
    assert isinstance(events[-1], Reached)


def test_path_with_control_characters_is_told_printably(epoch: Trap) -> None:
    tree = git(epoch.repo, "mktree", "-z", data=f"100644 blob {blob_id(A)}\t\x1b[2J\nm\0".encode())
    git(epoch.repo, "update-ref", "refs/heads/master", git(epoch.repo, "commit-tree", tree, "-p", "HEAD", data=b"s\n"))
    (event,) = [event for event in epoch.read() if isinstance(event, Unreadable)]
    assert event.reason.isprintable()


def test_v1_path_that_names_a_commit_is_no_mail(tmp_path: Path) -> None:
    trap = Trap(tmp_path, 1)
    folder, name = place_of(A).split("/")
    raw = f"100644 {name}\0".encode() + bytes.fromhex(git(trap.repo, "rev-parse", "HEAD"))
    inner = git(trap.repo, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=raw)
    tree = git(trap.repo, "mktree", data=f"040000 tree {inner}\t{folder}\n".encode())
    git(trap.repo, "update-ref", "refs/heads/master", git(trap.repo, "commit-tree", tree, "-p", "HEAD", data=b"s\n"))
    events = trap.read()
    assert mails(events) == [A, B, C]
    assert [event.reason for event in events if isinstance(event, Unreadable)] == ["m is a git commit, not a mail"]


def test_v1_path_with_control_characters_is_told_printably(tmp_path: Path) -> None:
    trap = Trap(tmp_path, 1)
    inner = git(trap.repo, "mktree", "-z", data=f"100644 blob {blob_id(A)}\t\x1b[2J\nm\0".encode())
    tree = git(trap.repo, "mktree", "-z", data=f"040000 tree {inner}\tab\x00040000 tree {inner}\t\x1b[1m\0".encode())
    git(trap.repo, "update-ref", "refs/heads/master", git(trap.repo, "commit-tree", tree, "-p", "HEAD", data=b"s\n"))
    told = [event for event in trap.read() if isinstance(event, Unreadable)]
    assert len(told) == 2
    assert all(event.reason.isprintable() for event in told)
