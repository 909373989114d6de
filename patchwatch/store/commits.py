# SPDX-License-Identifier: GPL-2.0-or-later
"""
The index of git trees: commits by what patches are looked up, and which series a change of a tree concerns.

One index a tree, however many lists are compared with it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from patchwatch.assemble.merged import Commits, Sought, commit_key
from patchwatch.model.commit import REVERTS, Commit, CommitLink, Match, Merge
from patchwatch.model.mail import MessageKind, Person
from patchwatch.model.series import Series
from patchwatch.parse.subject import match_key
from patchwatch.store.bulk import Row, chunks, insert_rows
from patchwatch.store.message_rows import joined, split
from patchwatch.store.schema import commit_link, merged, message, msgid, tree, tree_commit
from patchwatch.store.schema import series as schema_series
from patchwatch.store.threads import mark_threads

_STEPS = 3  # a commit, who reverts it, and who reverts that


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRow:
    """How far a tree is indexed; *tip* is None while a first run, or one on a new basis, has not ended."""

    id: int
    name: str
    tip: str | None
    boundary: str
    since: int | None
    lists: tuple[str, ...]


def load_trees(conn: Connection) -> dict[str, TreeRow]:
    """Return all trees that were ever indexed, by name."""
    rows = conn.execute(select(tree)).mappings()
    return {
        row["name"]: TreeRow(
            id=row["id"],
            name=row["name"],
            tip=row["tip"],
            boundary=row["boundary"],
            since=row["since"],
            lists=split(row["lists"]),
        )
        for row in rows
    }


def begin_tree(conn: Connection, name: str, boundary: str, since: int | None) -> int:
    """Make the row of a tree, or take back its tip: it is to be indexed on this basis. Return its id."""
    row = conn.execute(select(tree.c.id).where(tree.c.name == name)).scalar()
    if row is None:
        row = (conn.execute(select(func.max(tree.c.id))).scalar() or 0) + 1
        insert_rows(conn, tree, [(row, name, None, boundary, since, "")])
        return row
    conn.execute(update(tree).where(tree.c.id == row).values(tip=None, boundary=boundary, since=since))
    return int(row)


def end_tree(conn: Connection, row: int, tip: str) -> None:
    """Note that a tree is indexed up to *tip*."""
    conn.execute(update(tree).where(tree.c.id == row).values(tip=tip))


def set_lists(conn: Connection, row: TreeRow, lists: Sequence[str]) -> None:
    """Note which lists a tree counts for; when that changed, all series found in it are looked at again."""
    conn.execute(update(tree).where(tree.c.id == row.id).values(lists=joined(tuple(lists))))
    _mark(conn, _Keys.of(one for _, one in _load(conn, tree_commit.c.tree_id == row.id)))


def commit_ids(conn: Connection, row: int) -> set[str]:
    """Return the commits that are indexed of a tree."""
    return set(conn.execute(select(tree_commit.c.commit_id).where(tree_commit.c.tree_id == row)).scalars())


def add_commits(conn: Connection, row: int, commits: Sequence[Commit]) -> None:
    """Index commits that are new, and mark the threads with patches that they may be."""
    known: set[str] = set()
    for part in chunks([one.id for one in commits]):
        query = select(tree_commit.c.commit_id).where(tree_commit.c.tree_id == row, tree_commit.c.commit_id.in_(part))
        known.update(conn.execute(query).scalars())
    fresh = [one for one in commits if one.id not in known]
    insert_rows(conn, tree_commit, [_row(row, one) for one in fresh])
    links: list[Row] = [
        (row, one.id, n, link.message_id, link.origin) for one in fresh for n, link in enumerate(one.links)
    ]
    insert_rows(conn, commit_link, links)
    _mark(conn, _Keys.of(fresh))


def drop_commits(conn: Connection, row: int, ids: Collection[str]) -> None:
    """Take out commits that a tree no longer has, and mark the threads that were found by them."""
    for part in chunks(ids):
        chosen = (tree_commit.c.tree_id == row) & tree_commit.c.commit_id.in_(part)
        _mark(conn, _Keys.of(one for _, one in _load(conn, chosen)))
        conn.execute(delete(tree_commit).where(chosen))


def commits_for(conn: Connection, series: Iterable[Series]) -> Commits:
    """Return the commits, of all trees, that patches of *series* can be."""
    found = Commits()
    if conn.execute(select(tree.c.id).limit(1)).scalar() is None:
        return found
    sought = Sought.of(series)
    seen: set[tuple[str, str]] = set()
    conditions = [
        *(tree_commit.c.patch_id.in_(part) for part in chunks(sorted(sought.patch_ids))),
        *(tree_commit.c.title_key.in_(part) for part in chunks(sorted(sought.titles))),
        *_naming(conn, sought.message_ids),
    ]
    for _ in range(_STEPS):
        new: set[str] = set()
        for condition in conditions:
            for name, commit in _load(conn, condition):
                if (name, commit.id) not in seen:
                    seen.add((name, commit.id))
                    new.add(REVERTS + commit.id)
                    found.add(name, commit)
        conditions = _naming(conn, new)
    return found


def merged_rows(series: Series) -> list[Row]:
    """Return the rows of what was found of a series."""
    return [
        (series.id, n, found.message_id, found.commit, found.by.value, found.tree)
        for n, found in enumerate(series.merged)
    ]


def load_merged(conn: Connection, series_id: str) -> tuple[Merge, ...]:
    """Return what was found of a series, as stored."""
    query = select(merged).where(merged.c.series_id == series_id).order_by(merged.c.seq)
    return tuple(
        Merge(message_id=row["message_id"], commit=row["commit_id"], by=Match(row["found_by"]), tree=row["tree"])
        for row in conn.execute(query).mappings()
    )


@dataclass(frozen=True, slots=True)
class _Keys:
    """What commits can be found by."""

    mids: frozenset[str]
    patch_ids: frozenset[str]
    titles: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, commits: Iterable[Commit]) -> "_Keys":
        commits = list(commits)
        return cls(
            frozenset(link.message_id for one in commits for link in one.links),
            frozenset(one.patch_id for one in commits if one.patch_id is not None),
            frozenset((commit_key(one.title), one.author.email.lower()) for one in commits),
        )


def _mark(conn: Connection, keys: _Keys) -> None:
    """Mark the threads with mails that commits with these keys can be: their series are assembled again."""
    threads: set[int] = set()
    for part in chunks(sorted(keys.mids)):
        threads.update(conn.execute(select(msgid.c.thread).where(msgid.c.mid.in_(part))).scalars())
    for part in chunks(_reverted(conn, keys.mids)):
        query = select(schema_series.c.thread).join(merged, merged.c.series_id == schema_series.c.id)
        threads.update(conn.execute(query.where(merged.c.commit_id.in_(part))).scalars())
    for part in chunks(sorted(keys.patch_ids)):
        query = select(msgid.c.thread).join(message).where(message.c.patch_id.in_(part))
        threads.update(conn.execute(query).scalars())
    columns = (msgid.c.thread, message.c.title, message.c.subject, message.c.author_email, message.c.sender_email)
    patches = select(*columns).join_from(msgid, message).where(message.c.kind == MessageKind.PATCH.value)
    for thread, title, subject, author, sender in conn.execute(patches):
        key = match_key(subject if title is None else title), (sender if author is None else author).lower()
        if key in keys.titles:
            threads.add(thread)
    mark_threads(conn, threads)


def _reverted(conn: Connection, mids: Collection[str]) -> list[str]:
    """Return the commits that are reverted by commits with these links, and by what those revert."""
    found = {mid.removeprefix(REVERTS) for mid in mids if mid.startswith(REVERTS)}
    for part in chunks(sorted(found)):
        query = select(commit_link.c.mid).where(
            commit_link.c.commit_id.in_(part), commit_link.c.mid.startswith(REVERTS)
        )
        found.update(mid.removeprefix(REVERTS) for mid in conn.execute(query).scalars())
    return sorted(found)


def _naming(conn: Connection, mids: Collection[str]) -> list[ColumnElement[bool]]:
    """Return conditions for the commits that name one of these Message-IDs."""
    named: defaultdict[int, set[str]] = defaultdict(set)
    for part in chunks(sorted(mids)):
        query = select(commit_link.c.tree_id, commit_link.c.commit_id).where(commit_link.c.mid.in_(part))
        for row, commit in conn.execute(query):
            named[row].add(commit)
    return [
        (tree_commit.c.tree_id == row) & tree_commit.c.commit_id.in_(part)
        for row, commits in sorted(named.items())
        for part in chunks(sorted(commits))
    ]


def _load(conn: Connection, condition: ColumnElement[bool]) -> list[tuple[str, Commit]]:
    """Return commits with the names of their trees."""
    links: defaultdict[tuple[int, str], list[CommitLink]] = defaultdict(list)
    owner = (commit_link.c.tree_id == tree_commit.c.tree_id) & (commit_link.c.commit_id == tree_commit.c.commit_id)
    query = select(commit_link).join(tree_commit, owner).where(condition)
    for row, commit, _, mid, origin in conn.execute(query.order_by(commit_link.c.commit_id, commit_link.c.seq)):
        links[row, commit].append(CommitLink(message_id=mid, origin=origin))
    commits = select(tree.c.name, tree_commit).join(tree_commit, tree.c.id == tree_commit.c.tree_id).where(condition)
    return [
        (
            row["name"],
            Commit(
                id=row["commit_id"],
                patch_id=row["patch_id"],
                author=Person(row["author_name"], row["author_email"]),
                title=row["title"],
                committed_at=row["committed_at"],
                links=tuple(links.get((row["tree_id"], row["commit_id"]), ())),
            ),
        )
        for row in conn.execute(commits).mappings()
    ]


def _row(tree_row: int, one: Commit) -> Row:
    return (
        tree_row,
        one.id,
        one.patch_id,
        one.title,
        commit_key(one.title),
        one.author.name,
        one.author.email,
        one.committed_at,
    )
