# SPDX-License-Identifier: GPL-2.0-or-later
"""
Git trees: their commits into the index of the database.

Beside `ingest.py` in the layers: what reads a tree is a source, what is kept of it is the store's, and this is
what moves it from one to the other. Which commit is which patch is decided in `assemble/merged.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha1

from patchwatch.assemble.merged import TreesOf
from patchwatch.model.series import Series
from patchwatch.sources.git_env import GitProblem
from patchwatch.sources.git_tree import GitTree
from patchwatch.store.commits import (
    TreeRow,
    add_commits,
    begin_tree,
    commit_ids,
    drop_commits,
    end_tree,
    load_trees,
    set_lists,
)
from patchwatch.store.database import Database

BATCH = 10_000  # commits in one transaction: a run that is killed goes on after the last one

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Indexed:
    """What one run on one tree did; *problem* says why it could not be read, "" when it could."""

    name: str
    new: int = 0
    dropped: int = 0
    problem: str = ""


def trees_of(lists_by_tree: Mapping[str, frozenset[str]]) -> TreesOf:
    """Return which trees count for a series: those of its list, by List-Id or address, and those of all lists."""

    def find(series: Series) -> frozenset[str]:
        names = {"", series.head.list_id.lower(), *series.head.recipients}
        return frozenset(tree for tree, lists in lists_by_tree.items() if names & lists)

    return find


def follow_trees(
    db: Database,
    lists_by_tree: Mapping[str, frozenset[str]],
    *,
    since: int | None = None,
    progress: Callable[[str], Progress | None] | None = None,
) -> list[Indexed]:
    """
    Bring the index of every configured tree up to date, and mark what `triage` must look at again.

    A tree that cannot be read keeps its index and is told as a problem; one that is no longer configured keeps its
    index and counts for no list. *since*: index only commits from this second on. *progress* gives for the name of
    a tree what is told (commits done, all).
    """
    done = []
    for name in sorted(lists_by_tree):
        try:
            with GitTree(name) as tree:
                done.append(_follow(db, tree, since, progress(name) if progress is not None else None))
        except GitProblem as problem:
            done.append(Indexed(name, problem=str(problem)))
    _assign(db, lists_by_tree)
    return done


def _follow(db: Database, tree: GitTree, since: int | None, progress: Progress | None) -> Indexed:
    boundary = sha1("".join(sorted(tree.boundary)).encode(), usedforsecurity=False).hexdigest() if tree.boundary else ""
    tip = tree.tip()
    with db.reading() as conn:
        row = load_trees(conn).get(tree.name)
    if row is not None and row.tip == tip and (row.boundary, row.since) == (boundary, since):
        return Indexed(tree.name)
    dropped = 0
    if row is not None and _goes_on(tree, row, tip, boundary, since):
        number, fresh = row.id, tree.ids(tip, since=row.tip, after=since)
    else:
        wanted = tree.ids(tip, after=since)
        with db.writing() as conn:
            number = begin_tree(conn, tree.name, boundary, since)
            known = commit_ids(conn, number)
            gone = known.difference(wanted)
            drop_commits(conn, number, sorted(gone))
        dropped, fresh = len(gone), [one for one in wanted if one not in known]
    for start in range(0, len(fresh), BATCH):
        commits = list(tree.commits(fresh[start : start + BATCH]))
        with db.writing() as conn:
            add_commits(conn, number, commits)
        if progress is not None:
            progress(start + len(commits), len(fresh))
    with db.writing() as conn:
        end_tree(conn, number, tip)
    return Indexed(tree.name, new=len(fresh), dropped=dropped)


def _goes_on(tree: GitTree, row: TreeRow, tip: str, boundary: str, since: int | None) -> bool:
    """Tell whether what is indexed stays right, and only commits after it are to be added."""
    same = (row.boundary, row.since) == (boundary, since)
    return same and row.tip is not None and tree.is_ancestor(row.tip, tip)


def _assign(db: Database, lists_by_tree: Mapping[str, frozenset[str]]) -> None:
    """Note which lists each tree counts for; a tree that nobody names any more counts for none."""
    with db.reading() as conn:
        known = load_trees(conn)
    for name, row in known.items():
        # The sign keeps the name "" (of all lists) from being nothing.
        lists = tuple(f"*{one}" for one in sorted(lists_by_tree.get(name, ())))
        if lists != row.lists:
            with db.writing() as conn:
                set_lists(conn, row, lists)
