# SPDX-License-Identifier: GPL-2.0-or-later
"""
Revisions: which postings are the same work, and which of them is the latest.

Links rest on the same person and, strongest first: an equal change-id, a `Supersedes:`, a link to the former revision,
the same GitGitGadget pull request, an answer to an earlier posting, the same title, the same topic in b4's
Message-IDs. What others post with the same change-id, or link, is told in a note (`kin.py`). The highest revision
number is the latest even when its date is older; RFC and non-RFC are two numberings, and a posting without RFC is
newer than every RFC one. Stable and AUTOSEL postings are siblings, never revisions. What only looks alike is a note.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

from patchwatch.assemble.evidence import (
    DRAFTS,
    age,
    all_claims,
    same_audience,
    stable_tree,
    strongest,
)
from patchwatch.assemble.kin import namesakes, others_notes
from patchwatch.assemble.rerolls import put_into_slots
from patchwatch.assemble.threads import order_key
from patchwatch.model.series import RevisionLink, Series, State

_MAX_EARLIER = 100  # the first and the last of so many; real work ends long before
_MAX_ALIKE = 50  # a title that so many series of one person have says nothing
_REPEAT_DAYS = 180  # 99 % of next revisions come within 125 days


def link_revisions(series: Sequence[Series]) -> list[Series]:
    """Return *series* with `earlier`, `state`, `superseded_by`, notes on links and patches sent anew filled in."""
    families = _Families(series)
    linked = list(series)
    for numbers in families.groups():
        ordered = sorted(numbers, key=lambda number: age(series[number]))
        successors = _successors([series[number] for number in ordered], [n in families.partial for n in ordered])
        for rank, number in enumerate(ordered):
            former = ordered[:rank] if rank <= _MAX_EARLIER else [ordered[0], *ordered[rank - _MAX_EARLIER + 1 : rank]]
            newer = successors[rank]
            linked[number] = replace(
                series[number],
                earlier=tuple(
                    RevisionLink(
                        revision=series[one].revision,
                        id=series[one].id,
                        evidence=strongest(families.claims[one], families.claims[number], one, number),
                    )
                    for one in former
                ),
                state=State.OPEN if newer is None else State.SUPERSEDED,
                superseded_by=None if newer is None else series[ordered[newer]].id,
            )
    notes = families.notes()
    for number, more in others_notes(series, families.one_work).items():
        notes[number] += more
    linked = [replace(one, notes=(*one.notes, *notes[at])) if notes[at] else one for at, one in enumerate(linked)]
    return put_into_slots(linked, families.partial)


def _successors(ordered: Sequence[Series], partial: Sequence[bool]) -> list[int | None]:
    """
    Return the place of the next newer posting of each; an incomplete repeat never stands for a complete one.

    A partial posting (some patches of a series sent anew as answers to the old ones) stands for no whole one.
    """
    found: list[int | None] = [None] * len(ordered)
    whole: int | None = None  # the next newer posting that is not partial
    after_complete: int | None = None  # the successor of a complete posting, seen from the newest down
    for rank in range(len(ordered) - 2, -1, -1):
        own, other = ordered[rank], ordered[rank + 1]
        repeat = (other.revision, other.label in DRAFTS) == (own.revision, own.label in DRAFTS)
        if not partial[rank + 1]:
            whole = rank + 1
            if not repeat or other.complete:
                after_complete = rank + 1
        found[rank] = rank + 1 if partial[rank] else after_complete if own.complete else whole
    return found


class _Families:
    """Union of postings that are revisions of one another."""

    def __init__(self, series: Sequence[Series]) -> None:
        self._series = series
        self._top = list(range(len(series)))
        self.claims = all_claims(series)
        self.partial = {
            number: (min(claims.rerolls), claims.rerolls[min(claims.rerolls)])
            for number, claims in enumerate(self.claims)
            if claims.rerolls
        }
        self._by_value("change_id")
        self._by_number("superseded")
        self._by_number("linked")
        for first, second in namesakes(self.claims):
            self._join(first, second)
        self._by_value("pull")
        self._by_number("answered")
        self._by_title()
        self._by_value("topic")

    def groups(self) -> Iterable[list[int]]:
        """Give the families of two or more."""
        found: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self._top)):
            found[self._find(number)].append(number)
        return [numbers for numbers in found.values() if len(numbers) > 1]

    def notes(self) -> dict[int, list[str]]:
        """Return remarks by place: series of the same person that look alike."""
        found: dict[int, list[str]] = defaultdict(list)
        for number, other, alike in self._alike():
            count = f"{alike} of {len(self._series[number].patches)} patches alike"
            found[number].append(f"probably a revision of {self._series[other].id} ({count})")
        return found

    def one_work(self, first: int, second: int) -> bool:
        """Whether two postings are of one family."""
        return self._find(first) == self._find(second)

    def _find(self, number: int) -> int:
        while self._top[number] != number:
            self._top[number] = self._top[self._top[number]]
            number = self._top[number]
        return number

    def _join(self, first: int, second: int) -> None:
        if stable_tree(self._series[first]) == stable_tree(self._series[second]):
            top, other = sorted((self._find(first), self._find(second)))
            self._top[other] = top

    def _by_value(self, name: str) -> None:
        """Join series of one person in which a claim is equal."""
        seen: dict[Hashable, int] = {}
        for number, claims in enumerate(self.claims):
            value = getattr(claims, name)
            if value:
                tree = stable_tree(self._series[number])
                self._join(seen.setdefault((claims.person, value, tree), number), number)

    def _by_number(self, name: str) -> None:
        """Join a series with those that it names or answers."""
        for number, claims in enumerate(self.claims):
            for other in getattr(claims, name):
                self._join(other, number)

    def _by_title(self) -> None:
        """Join equal titles of one person; the same revision twice only in one tree, none that links others."""
        seen: dict[Hashable, list[int]] = defaultdict(list)
        for number, claims in enumerate(self.claims):
            if claims.title:
                seen[claims.person, claims.title, stable_tree(self._series[number])].append(number)
        for numbers in seen.values():
            if len(numbers) > 1:
                self._join_titles(sorted(numbers, key=lambda number: order_key(self._series[number].head)))

    def _join_titles(self, numbers: list[int]) -> None:
        last: dict[tuple[int, bool], int] = {}
        anchor: int | None = None
        for number in numbers:
            one = self._series[number]
            before = last.get((one.revision, one.label in DRAFTS))
            if before is not None and not self._repeats(self._series[before], one):
                continue
            last[one.revision, one.label in DRAFTS] = number
            if anchor is None:
                anchor = number
            elif not self.claims[number].linked and same_audience(self._series[anchor], one):
                self._join(anchor, number)

    def _repeats(self, first: Series, second: Series) -> bool:
        """Whether two postings with the same title and number are one work posted again."""
        if second.label in ("resend", "repost"):
            return True
        days = (order_key(second.head)[0] - order_key(first.head)[0]) / 86_400
        return {t.lower() for t in first.tags} == {t.lower() for t in second.tags} and days <= _REPEAT_DAYS

    def _alike(self) -> Iterator[tuple[int, int, int]]:
        """Give (later, the most alike earlier, patches alike) for series that only their patches link."""
        holders: dict[Hashable, set[int]] = defaultdict(set)
        for number, claims in enumerate(self.claims):
            for mark in claims.marks:
                holders[claims.person, mark].add(number)
        for number, claims in enumerate(self.claims):
            shared: Counter[int] = Counter()
            for kinds in claims.patches:
                near = [holders[claims.person, mark] for mark in kinds]
                shared.update({other for some in near if len(some) <= _MAX_ALIKE for other in some if other != number})
            earlier = [(alike, other) for other, alike in shared.items() if self._may_precede(other, number, alike)]
            if earlier:
                alike, other = max(earlier, key=lambda found: (found[0], order_key(self._series[found[1]].head)))
                yield number, other, alike

    def _may_precede(self, first: int, second: int, alike: int) -> bool:
        one, other = self._series[first], self._series[second]
        size = max(len(one.patches), len(other.patches))
        apart = self._find(first) != self._find(second) and stable_tree(one) == stable_tree(other)
        return apart and alike * 2 >= size and order_key(one.head) < order_key(other.head)
