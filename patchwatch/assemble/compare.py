# SPDX-License-Identifier: GPL-2.0-or-later
"""
What changed between two postings of the same work. Pure: two series with their verdicts in, differences out.

Patches are paired by patch id, then by title, then by the slot of patches that touch the same files.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import TypeVar

from patchwatch.assemble.people import sender_key
from patchwatch.model.diff import FileChange, Role
from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import Message, Place, Trailer
from patchwatch.model.series import Patch, Series
from patchwatch.model.verdict import Finding, Verdict
from patchwatch.parse.subject import match_key

_SPOKEN = (Place.TRAILERS, Place.BODY, Place.COVER)

_One = TypeVar("_One")


class Change(StrEnum):
    """What became of a patch or a file."""

    SAME = "unchanged"
    CHANGED = "changed"
    RETITLED = "retitled"
    ADDED = "added"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchPair:
    """
    A patch before and after, None where there is none; both None for a pair of cover letters.

    *same_text* says that the patch ids are equal. *lost* and *gained* are trailers, compared by key (in lower case)
    and value, each as often as it was there.
    """

    before: Patch | None = None
    after: Patch | None = None
    change: Change
    same_text: bool = False
    lost: tuple[Trailer, ...] = ()
    gained: tuple[Trailer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDelta:
    """One file over the whole series: lines (added, removed) before and after, None where it is not touched."""

    path: str
    role: Role
    before: tuple[int, int] | None
    after: tuple[int, int] | None

    @property
    def change(self) -> Change:
        """Whether the file came, went or has other sizes."""
        if self.before is None:
            return Change.ADDED
        if self.after is None:
            return Change.DROPPED
        return Change.SAME if self.before == self.after else Change.CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A disclosure and the message it stands in."""

    message: Message
    disclosure: Disclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    Two postings side by side.

    *files* leaves out files whose sizes stayed equal; *same_files* counts those. *sizes* are lines (added, removed)
    by role. *appeared* and *vanished* are disclosures, *new* and *gone* findings; *kept* are as in the second.
    """

    before: Series
    after: Series
    verdict_before: Verdict
    verdict_after: Verdict
    patches: tuple[PatchPair, ...]
    cover: PatchPair | None
    files: tuple[FileDelta, ...]
    same_files: int
    sizes: tuple[tuple[Role, tuple[int, int], tuple[int, int]], ...]
    vanished: tuple[Said, ...]
    appeared: tuple[Said, ...]
    gone: tuple[Finding, ...]
    new: tuple[Finding, ...]
    kept: tuple[Finding, ...]


def compare(before: tuple[Series, Verdict], after: tuple[Series, Verdict]) -> Comparison:
    """Compare two postings; the order is the caller's, not that of their dates."""
    (old, old_verdict), (new, new_verdict) = before, after
    pairs = _pair(old.patches, new.patches)
    files = [*_files(old, old_verdict, new, new_verdict)]
    vanished, appeared = _disclosures(old, new)
    gone, fresh, kept = _findings(old_verdict.findings, new_verdict.findings, _slots(old, new, pairs))
    return Comparison(
        before=old,
        after=new,
        verdict_before=old_verdict,
        verdict_after=new_verdict,
        patches=tuple(pairs),
        cover=_covers(old.cover, new.cover),
        files=tuple(one for one in files if one.change is not Change.SAME),
        same_files=sum(one.change is Change.SAME for one in files),
        sizes=tuple(_sizes(old_verdict, new_verdict)),
        vanished=vanished,
        appeared=appeared,
        gone=gone,
        new=fresh,
        kept=kept,
    )


def _pair(old: Sequence[Patch], new: Sequence[Patch]) -> list[PatchPair]:
    """Pair patches, in the order of the second posting; those that were dropped come last."""
    partner: dict[int, int] = {}  # place in *new* to place in *old*
    keys: tuple[Callable[[Patch], Hashable], ...] = (
        lambda patch: patch.message.patch_id and (patch.message.patch_id, _title(patch)),
        lambda patch: patch.message.patch_id,
        _title,
        lambda patch: patch.position and (patch.position, frozenset(file.path for file in patch.message.files)),
    )
    for key in keys:
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        taken = set(partner.values())
        for place in reversed(range(len(old))):
            if place not in taken and (found := key(old[place])):
                waiting[found].append(place)
        for place, patch in enumerate(new):
            if place not in partner and (found := key(patch)) and waiting.get(found):
                partner[place] = waiting[found].pop()
    pairs = [_compared(old[partner[at]] if at in partner else None, patch) for at, patch in enumerate(new)]
    left = sorted(set(range(len(old))).difference(partner.values()))
    return pairs + [_compared(old[at], None) for at in left]


def _title(patch: Patch) -> str:
    return match_key(patch.message.prefix.title)


def _compared(before: Patch | None, after: Patch | None) -> PatchPair:
    if before is None or after is None:
        return PatchPair(before=before, after=after, change=Change.ADDED if before is None else Change.DROPPED)
    same_text = before.message.patch_id is not None and before.message.patch_id == after.message.patch_id
    change = Change.RETITLED if _title(before) != _title(after) else Change.SAME if same_text else Change.CHANGED
    lost, gained = _trailers(before.message, after.message)
    return PatchPair(before=before, after=after, change=change, same_text=same_text, lost=lost, gained=gained)


def _covers(before: Message | None, after: Message | None) -> PatchPair | None:
    """Compare cover letters by title and trailers; None when there is none in either."""
    if before is None or after is None:
        if before is after:
            return None
        return PatchPair(change=Change.ADDED if before is None else Change.DROPPED)
    lost, gained = _trailers(before, after)
    same = match_key(before.prefix.title) == match_key(after.prefix.title)
    return PatchPair(change=Change.SAME if same else Change.RETITLED, lost=lost, gained=gained)


def _trailers(before: Message, after: Message) -> tuple[tuple[Trailer, ...], tuple[Trailer, ...]]:
    return _minus(_spoken(before), _spoken(after), _trailer_key), _minus(_spoken(after), _spoken(before), _trailer_key)


def _spoken(message: Message) -> list[Trailer]:
    return [one for one in message.trailers if one.place in _SPOKEN and one.key.lower() != "change-id"]


def _trailer_key(one: Trailer) -> Hashable:
    return one.key.lower(), " ".join(one.value.split())


def _minus(first: Iterable[_One], second: Iterable[_One], key: Callable[[_One], Hashable]) -> tuple[_One, ...]:
    """Return what *first* has more of than *second*, in order."""
    left = Counter(map(key, second))
    found = []
    for one in first:
        if left[key(one)] > 0:
            left[key(one)] -= 1
        else:
            found.append(one)
    return tuple(found)


def _files(old: Series, old_verdict: Verdict, new: Series, new_verdict: Verdict) -> Iterable[FileDelta]:
    before, after = _by_path(old, old_verdict), _by_path(new, new_verdict)
    for path in sorted(before.keys() | after.keys()):
        first, second = before.get(path), after.get(path)
        role = (second or first or (0, 0, Role.CODE))[2]
        yield FileDelta(
            path=path,
            role=role,
            before=None if first is None else first[:2],
            after=None if second is None else second[:2],
        )


def _by_path(series: Series, verdict: Verdict) -> dict[str, tuple[int, int, Role]]:
    """Return lines (added, removed) and the role of each file, summed over all patches."""
    found: dict[str, tuple[int, int, Role]] = {}
    for patch, size in zip_longest(series.patches, verdict.sizes):
        files: Sequence[FileChange] = patch.message.files if patch is not None else ()
        for change, role in zip_longest(files, size.roles if size is not None else ()):
            if change is not None:
                added, removed, known = found.get(change.path, (0, 0, role or Role.CODE))
                found[change.path] = (added + change.added, removed + change.removed, known)
    return found


def _sizes(old: Verdict, new: Verdict) -> Iterable[tuple[Role, tuple[int, int], tuple[int, int]]]:
    before, after = _by_role(old), _by_role(new)
    return ((role, before[role], after[role]) for role in Role)


def _by_role(verdict: Verdict) -> dict[Role, tuple[int, int]]:
    totals = dict.fromkeys(Role, (0, 0))
    for size in verdict.sizes:
        for role, added, removed in size.by_role:
            totals[role] = (totals[role][0] + added, totals[role][1] + removed)
    return totals


def _disclosures(old: Series, new: Series) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
    before, after = _told(old), _told(new)
    return _minus(before, after, _said_key), _minus(after, before, _said_key)


def _told(series: Series) -> list[Said]:
    """Return what the submitter says in the posting and in answers to it."""
    own = sender_key(series.head)
    mails = [*series.messages, *(one for one in series.followups if sender_key(one) == own)]
    return [Said(message=mail, disclosure=one) for mail in mails for one in mail.disclosures]


def _said_key(said: Said) -> Hashable:
    one = said.disclosure
    words = one.value if one.key else one.quote
    return one.kind, one.key.lower(), " ".join(words.lower().split())


def _slots(old: Series, new: Series, pairs: Sequence[PatchPair]) -> dict[str, int]:
    """Number the messages so that a patch before and after have the same number; the covers have 0."""
    numbers = {cover.message_id: 0 for cover in (old.cover, new.cover) if cover is not None}
    for number, pair in enumerate(pairs, 1):
        numbers.update({one.message.message_id: number for one in (pair.before, pair.after) if one is not None})
    return numbers


def _findings(
    old: Sequence[Finding], new: Sequence[Finding], slots: dict[str, int]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[Finding, ...]]:
    """Return findings that are gone, new and kept: the same rule with the same quotes, else about the same patches."""

    def quotes(one: Finding) -> Hashable:
        return one.rule, one.level, frozenset(evidence.quote for evidence in one.evidence)

    def places(one: Finding) -> Hashable:
        return one.rule, one.level, frozenset(slots.get(evidence.message_id, -1) for evidence in one.evidence)

    gone, fresh = _minus(old, new, quotes), _minus(new, old, quotes)
    gone, fresh = _minus(gone, fresh, places), _minus(fresh, gone, places)
    return gone, fresh, tuple(one for one in new if not any(one is other for other in fresh))
