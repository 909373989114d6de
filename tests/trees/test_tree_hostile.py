# SPDX-License-Identifier: GPL-2.0-or-later
"""
Trees whose configuration runs commands: none of it is read.

Each bait first shows that git run carelessly takes it.
"""

import subprocess
from pathlib import Path

import pytest

from builders_archive import ENV
from builders_tree import Project, changed
from patchwatch.sources.git_env import GitProblem
from patchwatch.sources.git_tree import GitTree


class Trap(Project):
    """A tree of two commits, and a command that leaves a marker."""

    def __init__(self, place: Path) -> None:
        super().__init__(place / "tree")
        self.tip = self.commit("one", {"foo.c": changed(1)})
        self.marker = place / "marker"
        self.command = place / "command"
        self.command.write_text(f"#!/bin/sh\n: > {self.marker}\nexit 0\n")
        self.command.chmod(0o755)
        self.git_dir = self.path / ".git"

    def configure(self, *settings: str) -> None:
        for setting in settings:
            key, _, value = setting.partition("=")
            subprocess.run(["git", "-C", str(self.path), "config", "--add", key, value], check=True, env=ENV)

    def assert_works_on(self, *arguments: str) -> None:
        """Show that plain git with *arguments* leaves the marker; take it away."""
        command = ["git", "-C", str(self.path), *arguments]
        subprocess.run(command, env=ENV, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        assert self.marker.exists(), "the bait itself does not work"
        self.marker.unlink()

    def read(self) -> list[str]:
        """Use all of a tree; nothing may leave the marker."""
        try:
            with GitTree(str(self.path)) as tree:
                tip = tree.tip()
                ids = tree.ids(tip)
                tree.is_ancestor(ids[-1], tip)
                tree.touching(tip, ["foo.c"])
                found = list(tree.commits(ids))
        finally:
            assert not self.marker.exists()
        assert all(one.patch_id for one in found)
        return [one.title for one in found]


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


@pytest.mark.parametrize("where", ["info/attributes", ".gitattributes"])
def test_text_conversion_is_not_run(trap: Trap, where: str) -> None:
    place = trap.path / where if where[0] == "." else trap.git_dir / where
    place.parent.mkdir(exist_ok=True)
    place.write_text("*.c diff=bait\n")
    trap.configure(f"diff.bait.textconv={trap.command}")
    trap.assert_works_on("show", "HEAD")
    assert trap.read() == ["one", "base"]


@pytest.mark.parametrize("key", ["diff.external", "diff.bait.command"])
def test_external_diff_is_not_run(trap: Trap, key: str) -> None:
    (trap.git_dir / "info").mkdir(exist_ok=True)
    (trap.git_dir / "info" / "attributes").write_text("*.c diff=bait\n")
    trap.configure(f"{key}={trap.command}")
    trap.assert_works_on("show", "--ext-diff", "HEAD")
    assert trap.read() == ["one", "base"]


def test_signature_program_is_not_run(trap: Trap) -> None:
    head = trap.run("cat-file", "commit", "HEAD").split("\n\n")[0]
    signed = f"{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nsigned\n"
    name = trap.run("hash-object", "-t", "commit", "-w", "--stdin", data=signed.encode())
    trap.run("update-ref", "refs/heads/master", name)
    trap.configure("log.showSignature=true", f"gpg.program={trap.command}")
    trap.assert_works_on("log", "-1")
    assert trap.read() == ["signed", "base"]


def test_file_system_monitor_is_not_run(trap: Trap) -> None:
    trap.configure(f"core.fsmonitor={trap.command}")
    trap.assert_works_on("status")
    assert trap.read() == ["one", "base"]


def test_hooks_are_not_run(trap: Trap) -> None:
    trap.configure(f"core.hooksPath={trap.path.parent / 'hooks'}")
    hook = trap.path.parent / "hooks" / "post-index-change"
    hook.parent.mkdir()
    hook.write_text(trap.command.read_text())
    hook.chmod(0o755)
    (trap.path / "foo.c").touch()
    trap.assert_works_on("add", "-A", "--renormalize", ".")
    assert trap.read() == ["one", "base"]


def test_promisor_remote_is_not_asked_for_what_is_missing(trap: Trap) -> None:
    blob = trap.run("rev-parse", "HEAD:foo.c")
    trap.configure(
        "core.repositoryFormatVersion=1",
        "extensions.partialClone=origin",
        "remote.origin.promisor=true",
        f"remote.origin.url=ext::{trap.command}",
        "protocol.ext.allow=always",
    )
    (trap.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
    trap.assert_works_on("cat-file", "-p", blob)
    with pytest.raises(GitProblem):
        trap.read()


def test_includes_and_aliases_of_the_configuration_change_nothing(trap: Trap) -> None:
    trap.configure("diff.renames=false", "diff.context=9", "diff.noprefix=true", "diff.algorithm=patience")
    trap.configure(f"core.sshCommand={trap.command}", f"include.path={trap.path.parent / 'more'}")
    (trap.path.parent / "more").write_text(
        f"[core]\n\tpager = {trap.command}\n\talternateRefsCommand = {trap.command}\n"
    )
    with GitTree(str(trap.path)) as tree:
        (one,) = tree.commits([trap.tip])
    shown = trap.run("diff-tree", "-p", "-U3", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/", trap.tip)
    assert one.patch_id == trap.run("patch-id", "--stable", data=shown.encode()).split()[0]
    assert trap.read() == ["one", "base"]


def test_objects_of_an_alternate_are_read_and_nothing_of_its_configuration(trap: Trap, tmp_path: Path) -> None:
    trap.configure(f"diff.external={trap.command}", f"core.fsmonitor={trap.command}")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--shared", "--bare", str(trap.path), str(clone)], check=True, env=ENV)
    trap.marker.unlink(missing_ok=True)
    assert (clone / "objects" / "info" / "alternates").exists()
    with GitTree(str(clone)) as tree:
        assert [one.title for one in tree.commits(tree.ids(tree.tip()))] == ["one", "base"]
    assert not trap.marker.exists()


def test_environment_of_the_user_changes_nothing(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(trap.command))
    monkeypatch.setenv("GIT_DIFF_OPTS", "-u9")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "diff.external")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(trap.command))
    assert trap.read() == ["one", "base"]


def test_replaced_commit_is_shown_as_it_is(trap: Trap) -> None:
    other = trap.run("commit-tree", "-m", "another", "HEAD^{tree}")
    trap.run("replace", "HEAD", other)
    assert trap.run("log", "-1", "--format=%s") == "another"
    assert trap.read() == ["one", "base"]


def test_work_tree_that_points_elsewhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(GitProblem, match="no git repository"):
        GitTree(str(tmp_path / "tree"))


def test_nothing_is_written_into_the_tree(trap: Trap) -> None:
    def state() -> list[tuple[str, int]]:
        return sorted((str(path), path.stat().st_mtime_ns) for path in trap.path.rglob("*"))

    before = state()
    trap.read()
    assert state() == before
