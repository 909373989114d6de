# SPDX-License-Identifier: GPL-2.0-or-later
"""
What ties postings from different addresses: change-ids and links, which are public text.

One person with two addresses is believed only where the display name is the same and either the change-id is, or each
address links a posting of the other: who only writes somebody's name cannot bring about the second. All else is a note
on both postings and replaces nothing. Notes name mails, not series, and rest on single mails: so they are the same
whatever else of the other person's mail is at hand.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from patchwatch.assemble.evidence import Claims, stable_tree
from patchwatch.assemble.people import sender_key
from patchwatch.assemble.threads import order_key
from patchwatch.model.mail import Message
from patchwatch.model.series import Series

_MAX_TOLD = 5
_MAX_PEOPLE = 50  # who say that they continue one work


class _Mail(NamedTuple):
    """A mail of a posting: when, by whom, its id, and the place of its series."""

    order: tuple[float, str]
    person: str
    message_id: str
    place: int


def namesakes(claims: Sequence[Claims]) -> Iterator[tuple[int, int]]:
    """Give the places of postings of one name and different addresses that are one work."""
    by_change: dict[tuple[str, str], int] = {}
    for number, own in enumerate(claims):
        if own.name and own.change_id:
            first = by_change.setdefault((own.name, own.change_id), number)
            if claims[first].person != own.person:
                yield first, number
    links = [
        (number, other)
        for number, own in enumerate(claims)
        for other in own.foreign
        if own.name and own.name == claims[other].name
    ]
    vouched = {(claims[number].person, claims[other].person) for number, other in links}
    for number, other in links:
        if (claims[other].person, claims[number].person) in vouched:
            yield other, number


def others_notes(series: Sequence[Series], one_work: Callable[[int, int], bool]) -> Mapping[int, list[str]]:
    """Tell by place what somebody else posted with the change-id of a series or links as its own, and the reverse."""
    by_change: dict[str, list[_Mail]] = defaultdict(list)
    by_link: dict[str, list[_Mail]] = defaultdict(list)
    by_id: dict[str, list[_Mail]] = defaultdict(list)
    wanted = {mid for one in series for mail in one.messages for mid in mail.predecessors}
    for place, one in enumerate(series):
        for mail in one.messages:
            if not (mail.change_id or mail.predecessors or mail.message_id in wanted):
                continue
            entry = _Mail(order_key(mail), sender_key(mail), mail.message_id, place)
            by_id[mail.message_id].append(entry)
            if _speaks_for_all(mail) and not stable_tree(one):
                if mail.change_id:
                    by_change[mail.change_id].append(entry)
                for mid in mail.predecessors:
                    by_link[mid].append(entry)
    by_change, by_link = ({key: _newest(entries) for key, entries in by.items()} for by in (by_change, by_link))
    found: dict[int, list[str]] = defaultdict(list)
    for place, one in enumerate(series):
        own = _Mail(order_key(one.head), sender_key(one.head), one.head.message_id, place)
        claiming = list(by_change.get(one.head.change_id or "", ()))
        claiming += [entry for mail in one.messages for entry in by_link.get(mail.message_id, ())]
        later = [entry for entry in claiming if entry.order > own.order]
        found[place] += _told("continued-by", _of_others(later, own, one_work))
        if one.head.predecessors and not stable_tree(one):
            named = [entry for mid in one.head.predecessors for entry in by_id.get(mid, ())[:_MAX_TOLD]]
            named = [entry for entry in named if entry.order < own.order]
            found[place] += _told("continues", _of_others(named, own, one_work))
    return found


def _newest(entries: Sequence[_Mail]) -> list[_Mail]:
    """Return the newest mail of each person, of the newest so many people."""
    newest: dict[str, _Mail] = {}
    for entry in sorted(entries):
        newest[entry.person] = entry
    return sorted(newest.values())[-_MAX_PEOPLE:]


def _speaks_for_all(mail: Message) -> bool:
    """Whether a mail is a cover letter, a first or a single patch: what others say is about themselves."""
    return mail.prefix.position in (None, 0, 1)


def _of_others(entries: Sequence[_Mail], own: _Mail, one_work: Callable[[int, int], bool]) -> dict[str, _Mail]:
    """Return the newest mail of each other person, but for postings of one work with the own."""
    newest: dict[str, _Mail] = {}
    for entry in entries:
        if entry.person == own.person or one_work(entry.place, own.place):
            continue
        before = newest.get(entry.person)
        if before is None or before.order < entry.order:
            newest[entry.person] = entry
    return newest


def _told(what: str, by_person: Mapping[str, _Mail]) -> list[str]:
    return [f"{what} {person}: {by_person[person].message_id}" for person in sorted(by_person)[:_MAX_TOLD]]
