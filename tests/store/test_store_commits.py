# SPDX-License-Identifier: GPL-2.0-or-later
"""The index of git trees on both engines."""

from pathlib import Path

from sqlalchemy import func, select

from builders_mail import read
from builders_tree import Project, changed
from patchwatch.assemble.series import assemble
from patchwatch.model.commit import Commit, CommitLink
from patchwatch.model.mail import Person
from patchwatch.store import schema
from patchwatch.store.commits import add_commits, begin_tree, commits_for, drop_commits, load_trees
from patchwatch.store.database import Database
from patchwatch.trees import follow_trees


def test_commits_come_back_as_they_were(any_db: Database, tmp_path: Path) -> None:
    project = Project(tmp_path / "tree")
    commit = project.commit("foo: fix\n\nLink: https://patch.msgid.link/1@example.org", {"foo.c": changed(1)})
    message = read(project.mail(commit, "1@example.org"))
    (done,) = follow_trees(any_db, {str(project.path): frozenset({"", "a.example.org"})})
    assert done.new == 2
    (series,) = assemble([message])
    with any_db.reading() as conn:
        (row,) = load_trees(conn).values()
        (merge,) = commits_for(conn, [series]).find(message, None, frozenset({str(project.path)}))
    assert (row.tip, row.boundary, row.since, row.lists) == (commit, "", None, ("*", "*a.example.org"))
    assert (merge.commit, merge.by.value) == (commit, "link")


def test_dropping_commits_drops_what_they_named(any_db: Database) -> None:
    commits = [
        Commit(
            id=f"{n:040x}",
            patch_id=None,
            author=Person("", ""),
            title="",
            committed_at=0,
            links=(CommitLink(message_id=f"{n}@example.org", origin=True),),
        )
        for n in range(1_200)
    ]
    with any_db.writing() as conn:
        row = begin_tree(conn, "/tree", "", None)
        add_commits(conn, row, commits)
        add_commits(conn, row, commits[:3])  # again, after a run that was killed
        drop_commits(conn, row, [one.id for one in commits[1:]])
    with any_db.reading() as conn:
        for table in (schema.tree_commit, schema.commit_link):
            assert conn.execute(select(func.count()).select_from(table)).scalar() == 1
