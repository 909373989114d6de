# SPDX-License-Identifier: GPL-2.0-or-later
"""
Revisions: which postings are the same work, and which of them is the latest.

Links rest on the same person and an equal change-id, a reply to an earlier posting, or the same title. The
highest revision number is the latest even when its date is older; RFC and non-RFC are two numberings, and
a posting without RFC is newer than every RFC one. Stable and AUTOSEL postings are siblings, never revisions.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from patchwatch.assemble.postings import sender_key
from patchwatch.assemble.threads import order_key
from patchwatch.model.series import RevisionLink, Series, State
from patchwatch.parse.subject import match_key

_DRAFTS = frozenset(("rfc", "prototype", "poc", "wip", "draft"))


def link_revisions(series: Sequence[Series]) -> list[Series]:
    """Return *series* with `earlier`, `state` and `superseded_by` filled in."""
    families = _Families(series)
    linked = list(series)
    for numbers in families.groups():
        ordered = sorted(numbers, key=lambda number: _age(series[number]))
        for rank, number in enumerate(ordered):
            earlier = tuple(
                RevisionLink(
                    revision=series[one].revision,
                    id=series[one].id,
                    evidence=families.evidence.get((one, number)) or families.evidence.get((number, one)) or "title",
                )
                for one in ordered[:rank]
            )
            newer = _successor(series, ordered, rank)
            linked[number] = replace(
                series[number],
                earlier=earlier,
                state=State.OPEN if newer is None else State.SUPERSEDED,
                superseded_by=None if newer is None else series[newer].id,
            )
    return linked


def _age(one: Series) -> tuple[int, int, tuple[float, str]]:
    """Return the order of revisions: RFC before all others, then the number, then the date."""
    return (0 if one.label in _DRAFTS else 1, one.revision, order_key(one.head))


def _successor(series: Sequence[Series], ordered: list[int], rank: int) -> int | None:
    """Return the next newer posting; an incomplete repeat never stands for a complete one."""
    own = series[ordered[rank]]
    for number in ordered[rank + 1 :]:
        other = series[number]
        repeat = (other.revision, other.label in _DRAFTS) == (own.revision, own.label in _DRAFTS)
        if repeat and own.complete and not other.complete:
            continue
        return number
    return None


def _tree(one: Series) -> tuple[str, ...]:
    """Return the tags that make a posting a sibling: stable trees and AUTOSEL batches."""
    tags = tuple(tag.lower() for tag in one.tags)
    stable = one.label == "autosel" or any(tag[:1].isdigit() or tag.startswith(("stable", "v")) for tag in tags)
    return tags if stable else ()


class _Families:
    """Union of postings that are revisions of one another, with the evidence of each link."""

    def __init__(self, series: Sequence[Series]) -> None:
        self._series = series
        self._top = list(range(len(series)))
        self.evidence: dict[tuple[int, int], str] = {}
        self._by_change_id()
        self._by_title()
        self._by_reply()

    def groups(self) -> Iterable[list[int]]:
        """Give the families of two or more."""
        found: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self._top)):
            found[self._find(number)].append(number)
        return [numbers for numbers in found.values() if len(numbers) > 1]

    def _find(self, number: int) -> int:
        while self._top[number] != number:
            self._top[number] = self._top[self._top[number]]
            number = self._top[number]
        return number

    def _join(self, first: int, second: int, why: str) -> None:
        self.evidence.setdefault((first, second), why)
        top, other = sorted((self._find(first), self._find(second)))
        self._top[other] = top

    def _by_change_id(self) -> None:
        seen: dict[tuple[str, str], int] = {}
        for number, one in enumerate(self._series):
            if one.head.change_id:
                key = (sender_key(one.head), one.head.change_id)
                self._join(seen.setdefault(key, number), number, "change-id")

    def _by_title(self) -> None:
        """Join equal titles of one person; the same revision twice only within the same tree tags."""
        seen: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for number, one in enumerate(self._series):
            title = match_key(one.head.prefix.title)
            if title:
                seen[sender_key(one.head), title, _tree(one)].append(number)
        for numbers in seen.values():
            self._join_titles(numbers)

    def _join_titles(self, numbers: list[int]) -> None:
        first: dict[tuple[int, bool], int] = {}
        for number in numbers:
            one = self._series[number]
            base = first.setdefault((one.revision, one.label in _DRAFTS), number)
            same_tree = {t.lower() for t in self._series[base].tags} == {t.lower() for t in one.tags}
            if base == number or same_tree or one.label in ("resend", "repost"):
                self._join(numbers[0], number, "title")

    def _by_reply(self) -> None:
        """Join a posting that answers a member of an earlier one of the same person with a lower revision."""
        member = {m.message_id: number for number, one in enumerate(self._series) for m in one.messages}
        for number, one in enumerate(self._series):
            own = {m.message_id for m in one.messages}
            for mid in (*one.head.in_reply_to, *one.head.references):
                other = member.get(mid)
                if mid in own or other is None or other == number:
                    continue
                target = self._series[other]
                if sender_key(target.head) == sender_key(one.head) and target.revision < one.revision:
                    self._join(other, number, "in-reply-to")
