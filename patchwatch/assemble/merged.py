# SPDX-License-Identifier: GPL-2.0-or-later
"""
Which patches are in a git tree. Pure: commits are given, from a database or from a tree at hand.

A commit that names the patch's Message-ID, or has its patch id, is a fact. The same title by the same author is
shown and decides nothing: what was applied is then another text than the one posted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from patchwatch.model.commit import REVERTS, Commit, Match, Merge
from patchwatch.model.mail import DefectKind, Message
from patchwatch.model.series import Series, State
from patchwatch.parse.subject import match_key, parse_subject

TreesOf = Callable[[Series], frozenset[str]]
_Found = tuple[str, Commit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What commits are found by for some series: Message-IDs, patch ids, and titles as they are compared."""

    message_ids: frozenset[str]
    patch_ids: frozenset[str]
    titles: frozenset[str]

    @classmethod
    def of(cls, series: Iterable[Series]) -> "Sought":
        """Collect it from patches and cover letters."""
        series = list(series)
        patches = [patch.message for one in series for patch in one.patches]
        return cls(
            message_ids=frozenset(mid for one in series for mail in one.messages for mid in _ids(mail)),
            patch_ids=frozenset(patch.patch_id for patch in patches if patch.patch_id is not None),
            titles=frozenset(key for patch in patches if (key := match_key(patch.prefix.title))),
        )

    def may_be(self, commit: Commit) -> bool:
        """Tell whether *commit* can be one of the patches, or revert one."""
        return (
            commit.patch_id in self.patch_ids
            or any(link.message_id in self.message_ids or link.message_id.startswith(REVERTS) for link in commit.links)
            or commit_key(commit.title) in self.titles
        )


class Commits:
    """Commits of one or more trees, by what patches are looked up."""

    def __init__(self) -> None:
        self._by_link: defaultdict[str, list[_Found]] = defaultdict(list)
        self._by_patch_id: defaultdict[str, list[_Found]] = defaultdict(list)
        self._by_title: defaultdict[str, list[_Found]] = defaultdict(list)

    def add(self, tree: str, commit: Commit) -> None:
        """Add a commit of *tree* (its name, as in the result)."""
        for link in commit.links:
            self._by_link[link.message_id].append((tree, commit))
        if commit.patch_id is not None:
            self._by_patch_id[commit.patch_id].append((tree, commit))
        if title := commit_key(commit.title):
            self._by_title[title].append((tree, commit))

    def find(self, patch: Message, cover: Message | None, trees: frozenset[str]) -> list[Merge]:
        """Return what *patch* is in each of *trees*: the surest match, of equals the commit that came first."""
        best: dict[str, tuple[int, int, str, Merge]] = {}
        for rank, (by, found) in enumerate(self._candidates(patch, cover)):
            for tree, commit in found:
                if tree in trees:
                    merge = Merge(message_id=patch.message_id, commit=commit.id, by=by, tree=tree)
                    one = (rank, commit.committed_at, commit.id, merge)
                    best[tree] = min(best.get(tree, one), one, key=lambda this: this[:3])
        return [best[tree][3] for tree in sorted(best)]

    def reverted_by(self, tree: str, commit_id: str) -> Commit | None:
        """Return the newest commit of *tree* that reverts a commit and is not reverted itself."""
        reverting = [commit for name, commit in self._by_link.get(REVERTS + commit_id, ()) if name == tree]
        standing = [one for one in reverting if not self._names(tree, one.id)]
        return max(standing, key=lambda one: (one.committed_at, one.id), default=None)

    def _names(self, tree: str, commit_id: str) -> bool:
        return any(name == tree for name, _ in self._by_link.get(REVERTS + commit_id, ()))

    def _candidates(self, patch: Message, cover: Message | None) -> Iterable[tuple[Match, list[_Found]]]:
        named = [found for one in _ids(patch) for found in self._by_link.get(one, ()) if _is_of(found[1], patch, one)]
        if cover is not None and cover is not patch:  # some maintainers link the cover letter from every commit
            every = (found for one in _ids(cover) for found in self._by_link.get(one, ()))
            named += [found for found in every if _same_title(found[1], patch)]
        yield Match.LINK, named
        yield Match.PATCH_ID, self._by_patch_id.get(patch.patch_id, []) if patch.patch_id else []
        titled = self._by_title.get(match_key(patch.prefix.title), ())
        yield Match.TITLE, [found for found in titled if _same_author(found[1], patch)]


def _ids(message: Message) -> tuple[str, ...]:
    return (message.message_id, *message.aliases)


def commit_key(title: str) -> str:
    """Return a commit's title as it is compared: `git am --keep` leaves `[PATCH]` in it."""
    subject = parse_subject(title)
    return match_key(subject.title if subject.is_patch else title)


def _is_of(commit: Commit, patch: Message, message_id: str) -> bool:
    """
    Tell whether a commit that names *message_id* is that patch.

    A plain `Link:` may lead to a report, to what a commit replaces or to another's patch: then title and author
    differ. Nor is an id enough that several mails bear: anybody can post one with the id of an applied patch.
    """
    shared = any(defect.kind is DefectKind.DUPLICATE_ID for defect in patch.defects)
    if not shared and any(link.origin for link in commit.links if link.message_id == message_id):
        return True
    if shared:
        return _same_title(commit, patch) and _same_author(commit, patch)
    return _same_title(commit, patch) or _same_author(commit, patch) or commit.patch_id == patch.patch_id is not None


def _same_title(commit: Commit, patch: Message) -> bool:
    title = match_key(patch.prefix.title)
    return bool(title) and commit_key(commit.title) == title


def _same_author(commit: Commit, patch: Message) -> bool:
    return commit.author.email.lower() == patch.author.email.lower()


def mark_merged(series: Sequence[Series], commits: Commits, trees_of: TreesOf) -> tuple[Series, ...]:
    """
    Return *series* with what is merged; *trees_of* says which trees count for a series.

    A superseded posting stays superseded, with what was applied of it; a newer one that is not in the tree itself
    says so in a note and stays open: it is other text.
    """
    marked = [_mark(one, commits, trees_of(one)) for one in series]
    applied = {one.id: _facts(one) for one in marked if one.merged}
    return tuple(_note_earlier(one, applied) for one in marked)


def _mark(one: Series, commits: Commits, trees: frozenset[str]) -> Series:
    if not trees:
        return one
    merged = tuple(found for patch in one.patches for found in commits.find(patch.message, one.cover, trees))
    if not merged:
        return one
    gone = {
        by.id: None
        for found in merged
        if found.by is not Match.TITLE and (by := commits.reverted_by(found.tree, found.commit)) is not None
    }
    one = replace(one, merged=merged, notes=(*one.notes, *(f"reverted by {by}" for by in sorted(gone))))
    facts, every = _facts(one), max(one.expected or 0, len(one.patches))
    if one.complete and facts == len(one.patches):
        return one if one.state is State.SUPERSEDED else replace(one, state=State.MERGED)
    return replace(one, notes=(*one.notes, f"{facts} of {every} patches merged")) if facts else one


def _facts(one: Series) -> int:
    sure = {found.message_id for found in one.merged if found.by is not Match.TITLE}
    return sum(patch.message.message_id in sure for patch in one.patches)


def _note_earlier(one: Series, applied: dict[str, int]) -> Series:
    """Note on an open posting how much of each earlier one was applied."""
    if one.state is not State.OPEN:
        return one
    told = [(link, applied.get(link.id, 0)) for link in one.earlier]
    notes = [f"of v{link.revision} {number} {_patches(number)} merged" for link, number in told if number]
    return replace(one, notes=(*one.notes, *notes)) if notes else one


def _patches(number: int) -> str:
    return "patch is" if number == 1 else "patches are"
