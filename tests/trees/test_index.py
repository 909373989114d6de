# SPDX-License-Identifier: GPL-2.0-or-later
"""The index of a tree in the database: incremental, equal to a fresh one, and it moves the series."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from builders_archive import write_archive
from builders_tree import BEN, Project, changed
from patchwatch.ingest import ingest
from patchwatch.judging import chooser
from patchwatch.model.series import State
from patchwatch.policy.loader import load_policies
from patchwatch.sources.git_archive import GitArchive
from patchwatch.sources.git_tree import GitTree
from patchwatch.store import schema
from patchwatch.store.database import Database, open_database
from patchwatch.store.read import all_ids, list_series
from patchwatch.store.read_series import load_series
from patchwatch.trees import Indexed, follow_trees, trees_of
from patchwatch.triage import triage

ALL = frozenset({""})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "tree")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_database(str(tmp_path / "x.db"), create=True) as opened:
        yield opened


def follow(db: Database, project: Project, since: int | None = None, lists: frozenset[str] = ALL) -> Indexed:
    (done,) = follow_trees(db, {str(project.path): lists}, since=since)
    return done


def index(db: Database) -> dict[str, list[object]]:
    """All that is indexed, without numbers of rows."""
    with db.reading() as conn:
        commits = conn.execute(select(schema.tree_commit).order_by(schema.tree_commit.c.commit_id)).all()
        links = conn.execute(select(schema.commit_link).order_by(*schema.commit_link.primary_key.columns)).all()
        trees = conn.execute(select(schema.tree.c.tip, schema.tree.c.since, schema.tree.c.boundary)).all()
    return {"commits": [*map(tuple, commits)], "links": [*map(tuple, links)], "trees": [*map(tuple, trees)]}


def fresh(project: Project, place: Path, since: int | None = None) -> dict[str, list[object]]:
    with open_database(str(place), create=True) as other:
        follow(other, project, since)
        return index(other)


class Lists:
    """A list whose mails are read into the database, and the series that come of it."""

    def __init__(self, db: Database, place: Path, trees: dict[str, frozenset[str]]) -> None:
        self._db, self._place, self._trees = db, place, trees
        self._mails: list[bytes] = []

    def post(self, *mails: bytes) -> None:
        self._mails += mails
        write_archive(self._place, {0: [("m", mail) for mail in self._mails]})
        ingest(GitArchive(self._place, "list"), self._db, location=str(self._place))

    def states(self) -> dict[str, State]:
        """Follow the trees, judge what is marked, and say how each series stands."""
        follow_trees(self._db, self._trees)
        self.written = triage(self._db, chooser(load_policies([]), "none"), trees_of(self._trees))
        with self._db.reading() as conn:
            return {row.subject: row.state for row in list_series(conn, latest_only=False)}


@pytest.fixture
def lists(db: Database, project: Project, tmp_path: Path) -> Lists:
    return Lists(db, tmp_path / "list", {str(project.path): ALL})


def test_incremental_index_is_that_of_one_run(db: Database, project: Project, tmp_path: Path) -> None:
    assert follow(db, project) == Indexed(str(project.path), new=1)
    project.commit("one\n\nLink: https://patch.msgid.link/1@example.org", {"foo.c": changed(1)})
    assert follow(db, project).new == 1
    project.commit("two", {"foo.c": changed(2)})
    project.commit("three", {"bar.c": changed(3)})
    assert follow(db, project).new == 2
    assert follow(db, project) == Indexed(str(project.path))
    assert index(db) == fresh(project, tmp_path / "fresh.db")
    assert len(index(db)["commits"]) == 4
    assert len(index(db)["links"]) == 1


def test_merged_branch_with_older_commits_is_indexed(db: Database, project: Project, tmp_path: Path) -> None:
    project.run("checkout", "-q", "-b", "side")
    project.commit("old", {"foo.c": changed(1)})
    project.run("checkout", "-q", "master")
    project.commit("new", {"bar.c": changed(1)})
    follow(db, project)
    project.run("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert follow(db, project).new == 1
    assert index(db) == fresh(project, tmp_path / "fresh.db")


def test_rewritten_branch_leaves_nothing_of_what_went(db: Database, project: Project, tmp_path: Path) -> None:
    project.commit("kept", {"bar.c": changed(1)})
    project.commit("gone\n\nLink: https://patch.msgid.link/1@example.org", {"foo.c": changed(1)})
    follow(db, project)
    project.run("reset", "-q", "--hard", "HEAD~1")
    project.commit("instead", {"foo.c": changed(2)})
    assert follow(db, project) == Indexed(str(project.path), new=1, dropped=1)
    assert index(db) == fresh(project, tmp_path / "fresh.db")
    assert index(db)["links"] == []


def test_tip_that_was_pruned_is_no_problem(db: Database, project: Project, tmp_path: Path) -> None:
    project.commit("gone", {"foo.c": changed(1)})
    follow(db, project)
    project.run("reset", "-q", "--hard", "HEAD~1")
    project.run("reflog", "expire", "--expire=now", "--all")
    project.run("gc", "-q", "--prune=now")
    project.commit("instead", {"foo.c": changed(2)})
    assert follow(db, project) == Indexed(str(project.path), new=1, dropped=1)
    assert index(db) == fresh(project, tmp_path / "fresh.db")


def test_another_bound_gives_another_index(db: Database, project: Project, tmp_path: Path) -> None:
    project.commit("one", {"foo.c": changed(1)})
    bound = project.when
    follow(db, project)
    assert follow(db, project, bound) == Indexed(str(project.path), dropped=1)
    assert index(db) == fresh(project, tmp_path / "bound.db", bound)
    assert follow(db, project).new == 1
    assert index(db) == fresh(project, tmp_path / "fresh.db")


def test_killed_run_goes_on_where_it_was(
    db: Database, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(1, 7):
        project.commit(f"number {n}", {"foo.c": changed(n)})

    read, runs = GitTree.commits, []

    def commits(self: GitTree, ids: list[str], *, changes: bool = True) -> object:
        runs.append(len(ids))
        if len(runs) == 2:
            raise KeyboardInterrupt
        return read(self, ids, changes=changes)

    monkeypatch.setattr("patchwatch.trees.BATCH", 3)
    monkeypatch.setattr(GitTree, "commits", commits)
    with pytest.raises(KeyboardInterrupt):
        follow(db, project)
    assert len(index(db)["commits"]) == 3
    assert follow(db, project).new == 4
    assert index(db) == fresh(project, tmp_path / "fresh.db")


def test_tree_that_is_gone_keeps_its_index_and_is_told(db: Database, project: Project) -> None:
    follow(db, project)
    project.path.rename(project.path.with_name("moved"))
    assert follow(db, project).problem == "is no git repository"
    assert len(index(db)["commits"]) == 1


def test_applied_patch_becomes_merged_without_new_mail(project: Project, lists: Lists) -> None:
    project.run("checkout", "-q", "-b", "topic")
    mail = project.mail(project.commit("foo: fix", {"foo.c": changed(1)}), "1@example.org")
    other = project.mail(project.commit("bar: fix", {"bar.c": changed(9)}, author=BEN), "2@example.com")
    project.run("checkout", "-q", "master")
    lists.post(mail, other)
    assert lists.states() == {"[PATCH] foo: fix": State.OPEN, "[PATCH] bar: fix": State.OPEN}
    project.commit("foo: fix, edited by a maintainer", {"foo.c": changed(1)}, author=BEN)
    assert lists.states() == {"[PATCH] foo: fix": State.MERGED, "[PATCH] bar: fix": State.OPEN}
    assert lists.written == 1
    assert lists.states() == {"[PATCH] foo: fix": State.MERGED, "[PATCH] bar: fix": State.OPEN}
    assert lists.written == 0


def test_mail_that_comes_after_its_commit_is_merged_at_once(project: Project, lists: Lists) -> None:
    commit = project.commit("foo: fix", {"foo.c": changed(1)})
    lists.states()
    lists.post(project.mail(commit, "1@example.org"))
    assert lists.states() == {"[PATCH] foo: fix": State.MERGED}


@pytest.mark.parametrize(
    "trailer", ["Link: https://patch.msgid.link/1@example.org", "Message-ID: <1@example.org>", "by title"]
)
def test_patch_changed_on_apply(trailer: str, project: Project, lists: Lists) -> None:
    project.run("checkout", "-q", "-b", "topic")
    lists.post(project.mail(project.commit("foo: fix", {"foo.c": changed(1)}), "1@example.org"))
    project.run("checkout", "-q", "master")
    assert lists.states() == {"[PATCH] foo: fix": State.OPEN}
    project.commit(f"foo: fix\n\n{trailer}", {"foo.c": changed(1, "changed otherwise")})
    assert lists.states() == {"[PATCH] foo: fix": State.OPEN if trailer == "by title" else State.MERGED}
    assert lists.written == 1  # also what is only shown


def test_dropped_commit_opens_the_series_again(project: Project, lists: Lists) -> None:
    commit = project.commit("foo: fix", {"foo.c": changed(1)})
    lists.post(project.mail(commit, "1@example.org"))
    assert lists.states() == {"[PATCH] foo: fix": State.MERGED}
    project.run("reset", "-q", "--hard", "HEAD~1")
    assert lists.states() == {"[PATCH] foo: fix": State.OPEN}


def test_tree_counts_for_the_lists_that_name_it(project: Project, db: Database, tmp_path: Path) -> None:
    commit = project.commit("foo: fix", {"foo.c": changed(1)})
    name = str(project.path)
    one = Lists(db, tmp_path / "list", {name: frozenset({"another.example.org"})})
    one.post(project.mail(commit, "1@example.org"))
    assert one.states() == {"[PATCH] foo: fix": State.OPEN}
    for lists in ({"another.example.org", "list@example.com"}, {"linux-foo.vger.kernel.org"}, {""}):
        one._trees = {name: frozenset(lists)}
        assert one.states() == {"[PATCH] foo: fix": State.MERGED}
        one._trees = {}
        assert one.states() == {"[PATCH] foo: fix": State.OPEN}


def test_two_lists_share_the_index_of_a_tree(db: Database, project: Project) -> None:
    follow(db, project, lists=frozenset({"one.example.org", "two.example.org"}))
    with db.reading() as conn:
        assert len(conn.execute(select(schema.tree)).all()) == 1
    assert len(index(db)["commits"]) == 1


def notes(db: Database) -> tuple[str, ...]:
    with db.reading() as conn:
        (id_,) = all_ids(conn)
        return load_series(conn, id_)[0].notes


def test_a_revert_that_comes_later_is_noted_until_it_is_reverted_itself(
    project: Project, lists: Lists, db: Database
) -> None:
    commit = project.commit("foo: fix", {"foo.c": changed(1)})
    lists.post(project.mail(commit, "1@example.org"))
    assert (lists.states(), notes(db)) == ({"[PATCH] foo: fix": State.MERGED}, ())
    project.run("revert", "--no-edit", commit)
    revert = project.run("rev-parse", "HEAD")
    assert (lists.states(), notes(db)) == ({"[PATCH] foo: fix": State.MERGED}, (f"reverted by {revert}",))
    assert lists.written == 1
    project.run("revert", "--no-edit", revert)
    assert (lists.states(), notes(db)) == ({"[PATCH] foo: fix": State.MERGED}, ())
    project.run("reset", "-q", "--hard", revert)
    assert (lists.states(), notes(db)) == ({"[PATCH] foo: fix": State.MERGED}, (f"reverted by {revert}",))
    project.run("reset", "-q", "--hard", commit)
    assert (lists.states(), notes(db)) == ({"[PATCH] foo: fix": State.MERGED}, ())
