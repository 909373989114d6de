# SPDX-License-Identifier: GPL-2.0-or-later
"""What a posting says about which work it is a revision of: claims of its mails, compared by `revisions.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from patchwatch.assemble.people import relay_pull, sender_key
from patchwatch.assemble.replies import plain_name
from patchwatch.assemble.threads import order_key
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.parse.predecessors import named_ids
from patchwatch.parse.subject import match_key

DRAFTS = frozenset(("rfc", "prototype", "poc", "wip", "draft"))
_NAMES = frozenset(("supersedes", "obsoletes"))
_MAX_NAMED = 20
_MAX_HOLDERS = 5  # of one Message-ID: more than one is odd already
_HEX = frozenset("0123456789abcdef")

# By person and Message-ID: the place of a series and a slot in it. What others claim as theirs changes nothing.
Members = dict[tuple[str, str], tuple[int, int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """
    What one posting says; numbers are places in the list of series, all of the same person but for *foreign*.

    *superseded* is what its trailers name, *linked* and *foreign* are older postings that it links as its former
    revisions, *answered* earlier revisions that its head answers. *rerolls* are series of which it sends single patches
    anew, with the slot of each. *patches* are for each patch the marks (title, patch id) by which it is recognised.
    """

    person: str
    name: str
    change_id: str | None
    pull: str
    title: str
    topic: str
    superseded: tuple[int, ...]
    linked: tuple[int, ...]
    foreign: tuple[int, ...]
    answered: tuple[int, ...]
    rerolls: dict[int, tuple[int, ...]]
    patches: tuple[tuple[str, ...], ...]

    @property
    def marks(self) -> set[str]:
        """All marks of all patches."""
        return {mark for patch in self.patches for mark in patch}


def member_index(series: Sequence[Series]) -> Members:
    """Return where each Message-ID of a person belongs; of one used twice the first."""
    found: Members = {}
    for number, one in enumerate(series):
        person = sender_key(one.head)
        if one.cover is not None:
            found.setdefault((person, one.cover.message_id), (number, 0))
        for patch in one.patches:
            found.setdefault((person, patch.message.message_id), (number, patch.position))
    return found


def holders_of(series: Sequence[Series]) -> dict[str, list[int]]:
    """Return the places of the series, of anybody, that have a mail with a Message-ID."""
    found: dict[str, list[int]] = {}
    for number, one in enumerate(series):
        for mail in one.messages:
            found.setdefault(mail.message_id, []).append(number)
    return found


def all_claims(series: Sequence[Series]) -> list[Claims]:
    """Read what each of *series* says; older ones first, since a patch may be sent anew more than once."""
    members, holders, stand_ins = member_index(series), holders_of(series), Members()
    claims: dict[int, Claims] = {}
    for number in sorted(range(len(series)), key=lambda number: age(series[number])):
        claims[number] = own = claims_of(series[number], number, series, members, holders, stand_ins)
        if own.rerolls:
            target = min(own.rerolls)
            for patch, slot in zip(series[number].patches, own.rerolls[target], strict=True):
                stand_ins[own.person, patch.message.message_id] = (target, slot)
    return [claims[number] for number in range(len(series))]


def claims_of(
    one: Series,
    number: int,
    series: Sequence[Series],
    members: Members,
    holders: Mapping[str, Sequence[int]],
    stand_ins: Members,
) -> Claims:
    """Read what the series at *number* says."""
    person = sender_key(one.head)

    def own(ids: Sequence[str]) -> dict[int, None]:
        places = dict.fromkeys(members[person, mid][0] for mid in ids if (person, mid) in members)
        places.pop(number, None)
        return places

    linked = [at for at in own(one.head.predecessors) if is_older(series[at], one)]
    named = (at for mid in one.head.predecessors for at in holders.get(mid, ())[:_MAX_HOLDERS])
    foreign = [at for at in dict.fromkeys(named) if sender_key(series[at].head) != person]
    answered = [at for at in own((*one.head.in_reply_to, *one.head.references)) if _is_earlier(series[at], one)]
    return Claims(
        person=person,
        name=plain_name(one.head.sender.name),
        change_id=one.head.change_id,
        pull=relay_pull(one.head),
        title=match_key(one.head.prefix.title),
        topic=b4_topic(one.head.message_id),
        superseded=tuple(own(_named(one.head))),
        linked=tuple(linked),
        foreign=tuple(at for at in foreign if is_older(series[at], one)),
        answered=tuple(answered),
        rerolls=_rerolls(one, answered, series, members, stand_ins),
        patches=tuple(_marks(patch.message) for patch in one.patches),
    )


def strongest(first: Claims, second: Claims, at_first: int, at_second: int) -> str:
    """Name the strongest evidence that ties two postings of one family, and another address of the first."""
    found = _strongest(first, second, at_first, at_second)
    return found if first.person == second.person else f"{found}, sent from {first.person} under the same name"


def _strongest(first: Claims, second: Claims, at_first: int, at_second: int) -> str:
    """Return "other revisions" when only those tie the two."""
    if first.change_id and first.change_id == second.change_id:
        return "change-id"
    if at_first in second.superseded or at_second in first.superseded:
        return "supersedes"
    if at_first in (*second.linked, *second.foreign) or at_second in (*first.linked, *first.foreign):
        return "link"
    if first.pull and first.pull == second.pull:
        return "pull-request"
    if at_first in second.answered or at_second in first.answered:
        return "in-reply-to"
    if first.title and first.title == second.title:
        return "title"
    return "topic" if first.topic and first.topic == second.topic else "other revisions"


def b4_topic(message_id: str) -> str:
    """Return `YYYYMMDD-TOPIC` of the Message-IDs that b4 makes (`YYYYMMDD-TOPIC-vN-i-12HEX@...`), else ""."""
    words = message_id.partition("@")[0].rsplit("-", 3)
    if len(words) != 4:
        return ""
    topic, revision, position, random = words
    numbers = revision[:1] == "v" and revision[1:].isdecimal() and position.isdecimal()
    dated = topic[:8].isdecimal() and topic[8:9] == "-" and len(topic) > 9
    return topic if numbers and dated and len(random) == 12 and _HEX.issuperset(random) else ""


def stable_tree(one: Series) -> tuple[str, ...]:
    """Return the tags that make a posting a sibling: stable trees and AUTOSEL batches."""
    return stable_tags(one.tags, one.label)


def stable_tags(tags: Sequence[str], label: str | None) -> tuple[str, ...]:
    """Return *tags* in lower case when they or the label name a stable tree, else nothing."""
    lowered = tuple(tag.lower() for tag in tags)
    return lowered if label == "autosel" or any(map(_is_stable, lowered)) else ()


def same_audience(first: Series, second: Series) -> bool:
    """Whether two postings went to one project: a list or a recipient in common, or nothing known of one."""
    ours, theirs = ({one.head.list_id, *one.head.recipients} - {""} for one in (first, second))
    return not ours or not theirs or not ours.isdisjoint(theirs)


def _is_stable(tag: str) -> bool:
    number = tag.removeprefix("v")
    return number[:1].isdigit() or tag.startswith("stable") or tag.endswith(".y")


def is_older(one: Series, other: Series) -> bool:
    """Whether *one* comes before *other* as revisions go: drafts first, then by number, then by date."""
    return age(one) < age(other)


def age(one: Series) -> tuple[int, int, tuple[float, str]]:
    """Return the order of revisions: RFC before all others, then the number, then the date."""
    return (0 if one.label in DRAFTS else 1, one.revision, order_key(one.head))


def _is_earlier(one: Series, other: Series) -> bool:
    """Whether *one* can be an earlier revision of *other*, which answers it."""
    drafts = one.label in DRAFTS, other.label in DRAFTS
    return one.revision < other.revision if drafts[0] == drafts[1] else drafts[0]


def _rerolls(
    one: Series, answered: Sequence[int], series: Sequence[Series], members: Members, stand_ins: Members
) -> dict[int, tuple[int, ...]]:
    """
    Return the series of which *one* sends some patches anew, with the slot of each of its patches there.

    Each must answer the patch of its slot; one without a counter, which says less, the patch of that title.
    """
    if one.cover is not None or not answered or not (one.missing or len(one.patches) == 1):
        return {}
    person = sender_key(one.head)
    found: dict[int, list[int]] | None = None
    for patch in one.patches:
        counted = (patch.message.prefix.total or 1) > 1
        mids = (*patch.message.in_reply_to, *patch.message.references)
        above = [place for mid in mids for place in (members.get((person, mid)), stand_ins.get((person, mid)))]
        slots = {place[0]: place[1] for place in above if place is not None and place[1]}
        if found is None:
            found = {at: [] for at in slots if len(series[at].patches) > 1 and _is_earlier(series[at], one)}
        for at in list(found):
            slot = slots.get(at)
            if slot is not None and (slot == patch.position if counted else _titled(series[at], slot, patch.message)):
                found[at].append(slot)
            else:
                del found[at]
    return {at: tuple(slots) for at, slots in (found or {}).items()}


def _titled(one: Series, slot: int, mail: Message) -> bool:
    """Whether the patch in a slot has the title of *mail*."""
    title = match_key(mail.prefix.title)
    return any(patch.position == slot and match_key(patch.message.prefix.title) == title for patch in one.patches)


def _named(head: Message) -> list[str]:
    """Return the Message-IDs in `Supersedes:` and `Obsoletes:`."""
    values = (one.value for one in head.trailers if one.key.lower() in _NAMES)
    return [mid for value in values for mid in named_ids(value)][:_MAX_NAMED]


def _marks(message: Message) -> tuple[str, ...]:
    title = match_key(message.prefix.title)
    return tuple(filter(None, (title and f"title {title}", message.patch_id)))
