# SPDX-License-Identifier: GPL-2.0-or-later
"""Git trees of `ingest` (through the index in the database) and of `check` (looked up each time)."""

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

from patchwatch.cli.settings import Settings
from patchwatch.config import day_seconds, tree_name
from patchwatch.errors import InputError
from patchwatch.model.series import Series
from patchwatch.reports.clean import several

if TYPE_CHECKING:
    from patchwatch.assemble.merged import TreesOf
    from patchwatch.store.database import Database
    from patchwatch.trees import Progress

_EVERY_SECONDS = 5.0


def update_trees(settings: Settings, db: "Database") -> "TreesOf | None":
    """
    Index what is new in the configured trees; return which of them count for a series, None without any.

    A tree that cannot be read is told: the mail is judged all the same, and what was found before stays.
    """
    lists = settings.config.lists_by_tree()
    from patchwatch.trees import follow_trees, trees_of

    def progress(name: str) -> "Progress":
        return _Lines(settings, name).tell

    for one in follow_trees(db, lists, since=settings.config.since(), progress=progress):
        if one.problem:
            settings.say(f"{one.name}: {one.problem}; what is merged there is not known")
        elif one.new or one.dropped:
            gone = f", {one.dropped} no longer in it" if one.dropped else ""
            settings.say(f"{one.name}: {several(one.new, 'new commit')}{gone}")
    return trees_of(lists)


class _Lines:
    """A line now and then: the index of a big tree takes minutes the first time."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._last = monotonic()

    def tell(self, done: int, of: int) -> None:
        """Say how far the index is, unless it was said just now."""
        if monotonic() - self._last >= _EVERY_SECONDS and done < of:
            self._last = monotonic()
            self._settings.say(f"{self._name}: {done} of {of} commits")


def mark_from_trees(series: Sequence[Series], trees: Sequence[str], since: str) -> Sequence[Series]:
    """
    Return *series* with what is in *trees*, looked up without a database.

    Only commits that touch the files of these patches are compared with them; *since* (a day) bounds the search
    by commit date. Raises InputError for a tree that cannot be read: the user has asked for it.
    """
    from patchwatch.assemble.merged import Commits, Sought, mark_merged
    from patchwatch.sources.git_env import GitProblem
    from patchwatch.sources.git_tree import GitTree

    after = day_seconds(since, "--since") if since else None
    every = [change for one in series for patch in one.patches for change in patch.message.files]
    paths = {path for change in every for path in (change.path, change.old_path) if path}
    sought = Sought.of(series)
    found, names = Commits(), list(dict.fromkeys(map(tree_name, trees)))
    for name in names:
        try:
            with GitTree(name) as tree:
                tip = tree.tip()
                ids, near = tree.ids(tip, after=after), tree.touching(tip, paths)
                for changes in (True, False):
                    part = [one for one in ids if (one in near) is changes]
                    for commit in filter(sought.may_be, tree.commits(part, changes=changes)):
                        found.add(name, commit)
        except GitProblem as problem:
            raise InputError(f"{name}: {problem}") from None
    return mark_merged(series, found, lambda _: frozenset(names))
