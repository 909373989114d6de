# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading a git tree: the right commits and patch ids, from any sort of clone."""

import subprocess
from pathlib import Path

import pytest

from builders_archive import ENV
from builders_mail import read
from builders_tree import BEN, Project, changed
from patchwatch.model.commit import Commit
from patchwatch.model.mail import Person
from patchwatch.sources.git_env import GitProblem
from patchwatch.sources.git_tree import GitTree


def commits_of(spec: Path | str) -> dict[str, Commit]:
    with GitTree(str(spec)) as tree:
        return {one.title: one for one in tree.commits(tree.ids(tree.tip()))}


def binary(project: Project) -> str:
    """Commit a file that is no text; in a mail its blob ids are written in full, and count for the patch id."""
    (project.path / "x.bin").write_bytes(bytes(range(256)) * 4)
    return project.commit("a binary file", {})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_patch_id_is_that_of_the_mail_that_git_makes(project: Project) -> None:
    changes: dict[str, dict[str, str | None]] = {
        "a line": {"foo.c": changed(7)},
        "a new file": {"docs/new.txt": "new\n"},
        "a renamed and changed file": {"bar.c": None, "baz.c": changed(20)},
        "a deleted file": {"docs/new.txt": None},
        "two files": {"foo.c": changed(9), "baz.c": changed(3)},
    }
    ids = {"a binary file": binary(project)}
    ids |= {title: project.commit(title, files) for title, files in changes.items()}
    found = commits_of(project.path)
    for title, commit in ids.items():
        message = read(project.mail(commit, "1@example.org"))
        assert found[title].id == commit
        assert found[title].patch_id == message.patch_id is not None, title


def test_facts_of_a_commit(project: Project) -> None:
    project.commit(
        "foo: say\nmore\n\nText.\n\nLink: https://patch.msgid.link/a%2Fb@example.org\n"
        "Link: https://lore.kernel.org/all/c@example.org/ # [1]\nCloses: https://lore.kernel.org/r/d@example.org\n"
        "Message-ID: <e@example.org>\nSigned-off-by: Ben Bow <ben@example.com>",
        {"foo.c": changed(1)},
        author=BEN,
    )
    one = commits_of(project.path)["foo: say more"]
    assert one.author == Person("Ben Bow", "ben@example.com")
    assert one.committed_at == project.when
    assert [(link.message_id, link.origin) for link in one.links] == [
        ("a/b@example.org", True),
        ("c@example.org", False),
        ("d@example.org", False),
        ("e@example.org", True),
    ]


def test_commit_in_another_charset_is_read(project: Project) -> None:
    project.run("config", "i18n.commitEncoding", "KOI8-R")
    (project.path / "foo.c").write_text(changed(1))
    project.run("commit", "-q", "-a", "-F", "-", data="для\n".encode("koi8-r"))
    assert "для" in commits_of(project.path)


def test_commits_without_a_change_and_merges_have_no_patch_id(project: Project) -> None:
    project.commit("nothing", {})
    project.run("checkout", "-q", "-b", "side", "HEAD~1")
    project.commit("side", {"bar.c": changed(2)})
    project.run("checkout", "-q", "master")
    project.run("merge", "-q", "--no-ff", "-m", "merge", "side")
    found = commits_of(project.path)
    assert sorted(found) == ["base", "nothing", "side"]
    assert found["nothing"].patch_id is None
    assert found["side"].patch_id is not None


def test_every_sort_of_clone_gives_the_same(project: Project, tmp_path: Path) -> None:
    project.commit("one", {"foo.c": changed(1)})
    wanted = commits_of(project.path)
    for name, options in {"bare": ["--bare"], "shared": ["--shared"], "mirror": ["--mirror"]}.items():
        command = ["git", "clone", "-q", *options, str(project.path), str(tmp_path / name)]
        subprocess.run(command, check=True, env=ENV)
        assert commits_of(tmp_path / name) == wanted, name
    project.run("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    assert commits_of(tmp_path / "linked") == wanted
    project.run("pack-refs", "--all")
    project.run("gc", "-q")
    assert commits_of(project.path) == wanted


def test_linked_work_tree_has_a_head_of_its_own(project: Project, tmp_path: Path) -> None:
    project.run("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    project.commit("only on master", {"foo.c": changed(1)})
    assert "only on master" not in commits_of(tmp_path / "linked")
    assert "only on master" in commits_of(project.path)


def test_a_branch_can_be_named(project: Project) -> None:
    project.run("checkout", "-q", "-b", "for-next")
    project.commit("next", {"foo.c": changed(1)})
    project.run("checkout", "-q", "master")
    assert "next" not in commits_of(project.path)
    assert "next" in commits_of(f"{project.path}#for-next")
    with pytest.raises(GitProblem, match="no branch absent"):
        commits_of(f"{project.path}#absent")


def test_folder_with_a_hash_in_its_name_is_no_branch(tmp_path: Path) -> None:
    project = Project(tmp_path / "a#b")
    assert "base" in commits_of(project.path)


def test_sha256_tree_gives_the_patch_ids_of_mail(tmp_path: Path) -> None:
    wanted = Project(tmp_path / "one")
    wanted.commit("one", {"foo.c": changed(1)})
    other = Project(tmp_path / "two", object_format="sha256")
    other.commit("one", {"foo.c": changed(1)})
    found = commits_of(other.path)["one"]
    assert len(found.id) == 64
    assert found.patch_id == commits_of(wanted.path)["one"].patch_id


def test_shallow_clone_gives_what_it_has(project: Project, tmp_path: Path) -> None:
    for n in range(1, 5):
        project.commit(f"number {n}", {"foo.c": changed(n)})
    command = ["git", "clone", "-q", "--depth=3", f"file://{project.path}", str(tmp_path / "shallow")]
    subprocess.run(command, check=True, env=ENV)
    found = commits_of(tmp_path / "shallow")
    # What the commit at the border changes cannot be known: its parent is not there.
    assert sorted(found) == ["number 3", "number 4"]
    assert found["number 3"] == commits_of(project.path)["number 3"]


@pytest.mark.parametrize("content", ["nothing", "an empty repository", "a damaged one"])
def test_what_is_no_tree_is_told(content: str, tmp_path: Path) -> None:
    if content == "an empty repository":
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, env=ENV)
    if content == "a damaged one":
        project = Project(tmp_path / "x")
        commit = project.commit("one", {"foo.c": changed(1)})
        blob = project.run("rev-parse", f"{commit}:foo.c")
        (project.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
        tmp_path = project.path
    with pytest.raises(GitProblem):
        commits_of(tmp_path)


def test_since_keeps_what_a_wrong_date_would_hide(project: Project) -> None:
    old = project.when
    project.commit("right", {"foo.c": changed(1)})
    right = project.when
    project.when = 1_000_000_000
    project.commit("clock was wrong", {"foo.c": changed(2)})
    with GitTree(str(project.path)) as tree:
        kept = list(tree.commits(tree.ids(tree.tip(), after=right)))
        every = tree.ids(tree.tip(), after=old - 10**9)
    assert [one.title for one in kept] == ["right"]
    assert len(every) == 3


def test_touching_finds_commits_of_side_branches_too(project: Project) -> None:
    first = project.commit("foo", {"foo.c": changed(1)})
    project.run("checkout", "-q", "-b", "side", "HEAD~1")
    same = project.commit("the same on a side branch", {"foo.c": changed(1)})
    project.run("checkout", "-q", "master")
    project.run("merge", "-q", "--no-ff", "-m", "merge", "side")
    other = project.commit("bar", {"bar.c": changed(1)})
    odd = project.commit("odd", {":(top)x": "x\n", "*": "y\n"})
    with GitTree(str(project.path)) as tree:
        tip = tree.tip()
        assert {first, same} < tree.touching(tip, ["foo.c"])
        assert other not in tree.touching(tip, ["foo.c"])
        assert tree.touching(tip, [":(top)x"]) == tree.touching(tip, ["*"]) == {odd}
        assert tree.touching(tip, ["../x", "/etc/passwd", "a\nb", "--all", ""]) == set()
