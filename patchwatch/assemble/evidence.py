# SPDX-License-Identifier: GPL-2.0-or-later
"""What a posting says about which work it is a revision of: claims of its mails, compared by `revisions.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from patchwatch.assemble.people import relay_pull, sender_key
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.parse.subject import match_key

DRAFTS = frozenset(("rfc", "prototype", "poc", "wip", "draft"))
_NAMES = frozenset(("supersedes", "obsoletes"))
_MAX_NAMED = 20
_HEX = frozenset("0123456789abcdef")

# By person and Message-ID: the place of a series and a slot in it. What others claim as theirs changes nothing.
Members = dict[tuple[str, str], tuple[int, int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """
    What one posting says; numbers are places in the list of series, all of the same person.

    *answered* are earlier revisions that its head answers, *superseded* what it names, *rerolls* series of which it
    sends single patches anew. *patches* are for each patch the marks (title, patch id) by which it is recognised.
    """

    person: str
    change_id: str | None
    pull: str
    title: str
    topic: str
    superseded: tuple[int, ...]
    answered: tuple[int, ...]
    rerolls: tuple[int, ...]
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


def claims_of(one: Series, number: int, series: Sequence[Series], members: Members) -> Claims:
    """Read what the series at *number* says."""
    person = sender_key(one.head)

    def own(ids: Sequence[str]) -> dict[int, None]:
        places = dict.fromkeys(members[person, mid][0] for mid in ids if (person, mid) in members)
        places.pop(number, None)
        return places

    answered = [at for at in own((*one.head.in_reply_to, *one.head.references)) if _is_earlier(series[at], one)]
    return Claims(
        person=person,
        change_id=one.head.change_id,
        pull=relay_pull(one.head),
        title=match_key(one.head.prefix.title),
        topic=b4_topic(one.head.message_id),
        superseded=tuple(own(_named(one.head))),
        answered=tuple(answered),
        rerolls=_rerolls(one, answered, members),
        patches=tuple(_marks(patch.message) for patch in one.patches),
    )


def strongest(first: Claims, second: Claims, at_first: int, at_second: int) -> str:
    """Name the strongest evidence that ties two postings of one family; "other revisions" when only those do."""
    if first.change_id and first.change_id == second.change_id:
        return "change-id"
    if at_first in second.superseded or at_second in first.superseded:
        return "supersedes"
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
    tags = tuple(tag.lower() for tag in one.tags)
    return tags if one.label == "autosel" or any(map(_is_stable, tags)) else ()


def same_audience(first: Series, second: Series) -> bool:
    """Whether two postings went to one project: a list or a recipient in common, or nothing known of one."""
    ours, theirs = ({one.head.list_id, *one.head.recipients} - {""} for one in (first, second))
    return not ours or not theirs or not ours.isdisjoint(theirs)


def _is_stable(tag: str) -> bool:
    number = tag.removeprefix("v")
    return number[:1].isdigit() or tag.startswith("stable") or tag.endswith(".y")


def _is_earlier(one: Series, other: Series) -> bool:
    """Whether *one* can be an earlier revision of *other*, which answers it."""
    drafts = one.label in DRAFTS, other.label in DRAFTS
    return one.revision < other.revision if drafts[0] == drafts[1] else drafts[0]


def _rerolls(one: Series, answered: Sequence[int], members: Members) -> tuple[int, ...]:
    """Return the series of which *one* sends some patches anew, each as an answer to the patch of that slot."""
    if one.cover is not None or not one.missing or not answered:
        return ()
    person = sender_key(one.head)
    for patch in one.patches:
        above = (members.get((person, mid)) for mid in (*patch.message.in_reply_to, *patch.message.references))
        if not any(place is not None and place[0] in answered and place[1] == patch.position for place in above):
            return ()
    return tuple(answered)


def _named(head: Message) -> list[str]:
    """Return the Message-IDs in `Supersedes:` and `Obsoletes:`, which are bare, in `<>` or the end of a URL."""
    values = [one.value for one in head.trailers if one.key.lower() in _NAMES]
    words = [word.strip("<>,;") for value in values for word in value.split()]
    ids = [unquote(word.rstrip("/").rpartition("/")[2]) if "://" in word else word for word in words if "@" in word]
    return ids[:_MAX_NAMED]


def _marks(message: Message) -> tuple[str, ...]:
    title = match_key(message.prefix.title)
    return tuple(filter(None, (title and f"title {title}", message.patch_id)))
