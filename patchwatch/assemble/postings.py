# SPDX-License-Identifier: GPL-2.0-or-later
"""
Postings: which patches were sent together.

A numbered patch joins the cover, the first or the previous patch that it answers when that is by the same
sender. What was tied so is a unit; units of the same sender, revision and total that answer the same unknown
mail or stand in the same thread are joined, and those without any parent when at most one hour lies between
neighbours. Nobody but the sender fills a slot, and a slot that is taken starts another posting. Nothing depends on
the order of arrival: groups are made from all candidates.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from patchwatch.assemble.people import People, sender_key
from patchwatch.assemble.threads import Threads, order_key
from patchwatch.model.mail import Message, MessageKind
from patchwatch.parse.subject import match_key

GAP_SECONDS = 3600


@dataclass(slots=True)
class Posting:
    """The messages of one posting: *slots* by position, *extra* for inserted patches and addenda."""

    sender: str
    cover: Message | None = None
    slots: dict[int, Message] = field(default_factory=dict)
    extra: list[Message] = field(default_factory=list)
    total: int | None = None

    @property
    def members(self) -> list[Message]:
        """Cover, slots in order, extras."""
        head = [] if self.cover is None else [self.cover]
        return [*head, *(self.slots[position] for position in sorted(self.slots)), *self.extra]


@dataclass(slots=True)
class _Heads:
    """
    Blobs of covers (also pull requests with members), and of root mails that turn out to be covers.

    *tops* remembers, by blob, revision and total, where a climb in the thread ended.
    """

    covers: set[str] = field(default_factory=set)
    implied: set[str] = field(default_factory=set)
    tops: dict[tuple[str, int | None, int | None], Message] = field(default_factory=dict)

    def __contains__(self, message: Message) -> bool:
        return message.blob in self.covers or message.blob in self.implied


@dataclass(slots=True)
class _Unit:
    """Mails that the thread ties: *cover* and patches of one posting, or of its part that was tied."""

    cover: Message | None
    patches: list[Message]

    @property
    def members(self) -> list[Message]:
        return self.patches if self.cover is None else [self.cover, *self.patches]

    @property
    def slots(self) -> list[int]:
        """The slots taken, 0 for the cover; inserted patches take none."""
        return _positions(self.patches) if self.cover is None else [0, *_positions(self.patches)]


def find_postings(threads: Threads) -> list[Posting]:
    """Group all covers and patches of *threads* into postings, oldest head first."""
    people = People(threads)
    heads = _heads(threads, people)
    tied: dict[str, list[Message]] = defaultdict(list)
    postings: list[Posting] = []
    for message in threads.messages:
        if _only_answers(message, threads) and message not in heads:
            continue
        if message.kind is MessageKind.PATCH and not _is_numbered(message) and message not in heads:
            postings.append(Posting(sender=sender_key(message), slots={1: message}, total=1))
        elif message.kind is MessageKind.PATCH or message in heads:
            tied[_tie(message, threads, people, heads)].append(message)
    joined: dict[Hashable, list[_Unit]] = defaultdict(list)
    for group in tied.values():
        for unit in _units(group, heads):
            joined[_place(unit, threads, people)].append(unit)
    for place, units in joined.items():
        postings += map(_posting, _join(units, limited=isinstance(place, tuple) and place[0] == "loose"))
    return sorted(postings, key=lambda posting: order_key(posting.members[0]))


def _only_answers(message: Message, threads: Threads) -> bool:
    """Whether a mail without diff has the very numbers and title of what it answers: a reply that lacks its `Re:`."""
    parent = threads.parent.get(message.blob)
    if parent is None or message.has_diff or message.kind is not MessageKind.PATCH:
        return False
    own, other = message.prefix, parent.prefix
    same = (own.position, own.total, own.revision) == (other.position, other.total, other.revision)
    return (
        same
        and parent.kind in (MessageKind.PATCH, MessageKind.REPLY)
        and match_key(own.title) == match_key(other.title)
    )


def _is_numbered(message: Message) -> bool:
    return message.prefix.total is not None or message.prefix.position is not None


def _revision(message: Message) -> int:
    return message.prefix.revision or 1


def _heads(threads: Threads, people: People) -> _Heads:
    """
    Find covers, and the mails without counter that two or more numbered patches of their sender answer.

    One is enough when git send-email sent both: the others went to other lists.
    """
    heads = _Heads({m.blob for m in threads.messages if m.kind is MessageKind.COVER})
    children: dict[str, list[Message]] = defaultdict(list)
    for message in threads.messages:
        parent = threads.parent.get(message.blob)
        if parent is None or message.kind is not MessageKind.PATCH or not message.prefix.position:
            continue
        if (parent.kind is MessageKind.PULL or not _is_numbered(parent)) and people.of(parent) == people.of(message):
            children[parent.blob].append(message)
    for parent in threads.messages:
        members = children.get(parent.blob, [])
        if parent.kind is MessageKind.COVER or parent.has_diff or parent.kind is MessageKind.REPLY:
            continue
        if parent.kind is MessageKind.PULL and members:
            heads.covers.add(parent.blob)
        elif len({member.prefix.total for member in members}) == 1 and (
            len(members) > 1 or _one_run(parent, members[0])
        ):
            heads.implied.add(parent.blob)
    return heads


def _tie(message: Message, threads: Threads, people: People, heads: _Heads) -> str:
    """Return the blob of the mail that holds a patch's unit together: a cover, a first patch, or itself."""
    at = _top(message, threads, people, heads)
    if at in heads and at.blob != message.blob and not _agree(at, message):
        return message.blob
    return at.blob


def _top(message: Message, threads: Threads, people: People, heads: _Heads) -> Message:
    """
    Return the head that *message* hangs on by mails of its sender, else the first of its posting.

    Mails with the same numbers climb the same way, so each step is made once for them.
    """
    path: list[tuple[str, int | None, int | None]] = []
    at, person = message, people.of(message)
    while True:
        step = (at.blob, message.prefix.revision, message.prefix.total)
        if step in heads.tops:
            at = heads.tops[step]
            break
        path.append(step)
        parent = threads.parent.get(at.blob)
        if at in heads or parent is None or people.of(parent) != person:
            break
        if parent not in heads and not (parent.kind is MessageKind.PATCH and _agree(parent, message)):
            break
        if parent in heads and not _agree(parent, message):
            break
        at = parent
    heads.tops.update(dict.fromkeys(path, at))
    return at


def _agree(head: Message, member: Message) -> bool:
    """
    Whether revision and total allow *member* to be of the posting of *head*, which is above it.

    A member that states no revision has its head's; a cover that states none takes any, a first patch is v1 then.
    """
    first, second = head.prefix, member.prefix
    if head.kind is MessageKind.PATCH and _is_numbered(head):
        return first.total == second.total and (second.revision is None or _revision(head) == second.revision)
    return first.revision is None or second.revision is None or first.revision == second.revision


def _units(group: Sequence[Message], heads: _Heads) -> list[_Unit]:
    """
    Divide what one mail holds together: usually one unit.

    Members with another total than most are a posting of their own when they repeat a slot; a lone slip of
    the pen is none. Repeated slots divide the rest.
    """
    cover = next((one for one in group if one in heads), None)
    by_total: dict[int | None, list[Message]] = defaultdict(list)
    for message in sorted(group, key=order_key):
        if message is not cover:
            by_total[message.prefix.total].append(message)
    stated = None if cover is None or cover.prefix.position != 0 else cover.prefix.total
    totals = sorted(by_total, key=lambda total: (len(by_total[total]), total == stated, -(total or 0)), reverse=True)
    first = by_total[totals[0]] if totals else []
    taken = {one.prefix.position for one in first}
    apart: list[_Unit] = []
    for total in totals[1:]:
        positions = {one.prefix.position for one in by_total[total]}
        if positions & taken:
            apart += _without_repeats(None, by_total[total])
        else:
            taken |= positions
            first = first + by_total[total]
    return [*_without_repeats(cover, first), *apart]


def _without_repeats(cover: Message | None, patches: list[Message]) -> list[_Unit]:
    """
    Make units in which no slot is taken twice; runs of git-send-email stay together.

    A mail from another address of the sender takes only what the sender's own mails leave.
    """
    if len(_positions(patches)) == len(set(_positions(patches))):
        return [_Unit(cover, patches)]
    head = sender_key(cover or patches[0])
    own = [one for one in patches if sender_key(one) == head]
    runs: dict[str, list[Message]] = defaultdict(list)
    for message in own:
        runs[_stem(message) or message.blob].append(message)
    units = [_Unit(cover, [])] if cover is not None else []
    for run in runs.values():
        whole = len(_positions(run)) == len(set(_positions(run)))
        units += [_Unit(None, run)] if whole else [_Unit(None, [one]) for one in run]
    found = _join(units, limited=False)
    taken = set(_positions(found[0].patches))
    rest: list[_Unit] = []
    for message in (one for one in patches if sender_key(one) != head):
        if message.prefix.position in taken:
            rest.append(_Unit(None, [message]))
        else:
            taken.update(_positions([message]))
            found[0].patches.append(message)
    return [*found, *_join(rest, limited=False)]


def _positions(patches: Iterable[Message]) -> list[int]:
    return [position for one in patches if (position := one.prefix.position) is not None]


def _stem(message: Message) -> str:
    """Return `20260101120000.4711` of a git-send-email id, "" for any other."""
    head = message.message_id.partition("-")[0]
    stamp, dot, pid = head.partition(".")
    return head if dot and len(stamp) == 14 and stamp.isdecimal() and pid.isdecimal() else ""


def _place(unit: _Unit, threads: Threads, people: People) -> Hashable:
    """Return where else parts of the posting of *unit* would be found."""
    head = unit.members[0] if unit.cover is not None else min(unit.patches, key=order_key)
    stated = [one.prefix.revision for one in unit.members if one.prefix.revision is not None]
    total = unit.patches[0].prefix.total if unit.patches else head.prefix.total
    numbers = (stated[0] if stated else 1, total)
    inside = {one.blob for one in unit.members}
    claims = [threads.claimed[one.blob] for one in unit.members if one.blob in threads.claimed]
    if claims:
        return "unknown", claims[0], people.of(head), *numbers
    if all(one.blob not in threads.parent or threads.parent[one.blob].blob in inside for one in unit.members):
        return "loose", sender_key(head), *numbers
    return "thread", people.of(head), *numbers


def _join(units: list[_Unit], *, limited: bool) -> list[_Unit]:
    """
    Join units by date: into the newest one while its slots are free, *limited* to neighbours within an hour.

    The same stem of git-send-email's ids tells more than any clock.
    """
    found: list[_Unit] = []
    taken: set[int] = set()
    last: Message | None = None
    for unit in sorted(units, key=_first):
        slots = unit.slots
        begin = min(unit.members, key=order_key)
        near = not limited or (last is not None and _near(last, begin))
        if found and near and taken.isdisjoint(slots):
            found[-1].cover = found[-1].cover or unit.cover
            found[-1].patches.extend(unit.patches)
        else:
            found.append(_Unit(unit.cover, list(unit.patches)))
            taken = set()
        taken.update(slots)
        end = max(unit.members, key=order_key)
        last = end if last is None or len(taken) == len(slots) else max(last, end, key=order_key)
    return found


def _first(unit: _Unit) -> tuple[float, int, str]:
    """Return what units are sorted by; mails of one second are taken in the order of their numbers."""
    date, blob = min(map(order_key, unit.members))
    return date, min(unit.slots, default=0), blob


def _one_run(first: Message, second: Message) -> bool:
    return _stem(first) != "" and _stem(first) == _stem(second)


def _near(last: Message, begin: Message) -> bool:
    if _one_run(last, begin):
        return True
    return order_key(begin)[0] - order_key(last)[0] <= GAP_SECONDS


def _posting(unit: _Unit) -> Posting:
    """Put a unit's mails into slots; members win over the cover on the total; `6/5` and `1.1/15` need no slot."""
    head = unit.cover or min(unit.patches, key=order_key)
    totals = Counter(one.prefix.total for one in sorted(unit.patches, key=order_key))
    total = totals.most_common(1)[0][0] if totals else None
    if total is None and unit.cover is not None and unit.cover.prefix.position == 0:
        total = unit.cover.prefix.total
    posting = Posting(sender=sender_key(head), cover=unit.cover, total=total)
    for message in sorted(unit.patches, key=order_key):
        position = message.prefix.position
        if position is None or position < 1 or (total is not None and position > total):
            posting.extra.append(message)
        else:
            posting.slots[position] = message
    return posting
