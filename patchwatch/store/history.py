# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the database and the series at hand know about submitters and lists, for rules that look back.

All is read at once, before anything is judged: series that are assembled together see each other, all others come
from rows, by list and period or by address. What no rule of the policies in question reads is left out.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf

from sqlalchemy import Connection, func, select

from patchwatch.assemble.evidence import stable_tags
from patchwatch.assemble.questions import questions_in
from patchwatch.assemble.replies import plain_name
from patchwatch.judging import Chooser
from patchwatch.model.history import (
    DeclaredPatch,
    Figures,
    History,
    ListFacts,
    Posting,
    window_of,
)
from patchwatch.model.series import Series, State
from patchwatch.parse.roles import RoleGlobs
from patchwatch.policy.profile import Policy
from patchwatch.rules._ai import own_replies
from patchwatch.rules._history import is_backport, is_own
from patchwatch.store import schema
from patchwatch.store.bulk import chunks
from patchwatch.store.list_history import ListKnown, added_lines, is_kept, known_lists, leaving_out, oldest_mails
from patchwatch.store.message_rows import sender_key, split
from patchwatch.store.series_rows import key_of

Recall = Callable[[Series], History | None]


def recall(conn: Connection, series: Sequence[Series], senders: Collection[str], choose: Chooser) -> Recall:
    """
    Return what tells the history of each of *series*, None for one without a date.

    *senders* are those of whom *series* holds all there is: their stored series are about to be replaced, and do
    not count.
    """
    mine = frozenset(senders)
    dated = [(one, choose(one)) for one in series if one.date is not None and key_of(one) in mine]
    reads = {what for policy in _distinct(dated) for use in policy.rules for what in use.rule.reads}
    people = _People(dated, questions="questions" in reads)
    with leaving_out(conn, mine):
        people.add_stored(conn, mine)
        stored = conn.execute(select(schema.series.c.id).limit(1)).first() is not None
        if stored:
            people.add_namesakes(conn, dated)
        lists = known_lists(conn if stored else None, dated, people.oldest_by, reads)
    return _Recalled(people, lists, choose).history


def _distinct(dated: Iterable[tuple[Series, Policy]]) -> Iterable[Policy]:
    return {id(policy): policy for _, policy in dated}.values()


class _People:
    """The postings of each address, the addresses of each submitter, and the first mail of each address."""

    def __init__(self, dated: Sequence[tuple[Series, Policy]], *, questions: bool) -> None:
        self._by_address: defaultdict[str, list[Posting]] = defaultdict(list)
        self._merged: dict[frozenset[str], tuple[Sequence[Posting], Sequence[datetime]]] = {}
        self._oldest: dict[str, int] = {}
        self.addresses: dict[str, frozenset[str]] = {}
        self._named: defaultdict[str, dict[str, float]] = defaultdict(dict)
        key_by_id = {one.id: key_of(one) for one, _ in dated}
        for one, policy in dated:
            self._name(one.head.sender.name, key_of(one), _stamp(one))
            former = {key_by_id[link.id] for link in one.earlier if link.id in key_by_id}
            self.addresses[one.id] = _addresses(one) | former
            self._by_address[key_of(one)].append(_posting(one, policy, questions=questions))

    def add_stored(self, conn: Connection, known: Collection[str]) -> None:
        """Add what only rows tell: the first mail of each address, and postings from addresses not in *known*."""
        every = frozenset[str]().union(*self.addresses.values())
        for posting, sender in _stored_postings(conn, every.difference(known)):
            self._by_address[sender].append(posting)
        self._oldest = oldest_mails(conn, every)

    def _name(self, name: str, address: str, at: float) -> None:
        plain = plain_name(name)
        if plain and at < self._named[plain].get(address, inf):
            self._named[plain][address] = at

    def add_namesakes(self, conn: Connection, dated: Iterable[tuple[Series, Policy]]) -> None:
        """Look on their list for those of whom nothing older is known under their address."""
        row = schema.series
        by_list: defaultdict[str, set[str]] = defaultdict(set)
        for one, _ in dated:
            if one.date is not None and not bisect_left(self.postings(one)[1], one.date):
                by_list[one.head.list_id].add(one.head.sender.name)
        for list_id, names in by_list.items():
            for part in chunks(sorted(names - {""})):
                query = select(row.c.author_name, row.c.sender, func.min(row.c.posted_at)).where(
                    row.c.list_id == list_id, row.c.author_name.in_(part), row.c.posted_at.is_not(None), is_kept()
                )
                for name, sender, at in conn.execute(query.group_by(row.c.author_name, row.c.sender)):
                    self._name(name, sender, at)

    def known_else(self, one: Series) -> bool:
        """Whether the revision, or a posting from another address under the same full name, tells of older mail."""
        others = self._named.get(plain_name(one.head.sender.name), {})
        own = self.addresses[one.id]
        return one.revision > 1 or any(at < _stamp(one) for who, at in others.items() if who not in own)

    def postings(self, one: Series) -> tuple[Sequence[Posting], Sequence[datetime]]:
        """Return all postings of the submitter of *one*, oldest first, and their dates."""
        addresses = self.addresses[one.id]
        found = self._merged.get(addresses)
        if found is None:
            of_all = [posting for address in addresses for posting in self._by_address.get(address, ())]
            of_all.sort(key=lambda posting: (posting.date, posting.id))
            found = self._merged[addresses] = (of_all, [posting.date for posting in of_all])
        return found

    def oldest_mail(self, one: Series) -> datetime | None:
        """Return when the submitter of *one* first wrote a mail."""
        dates = [self._oldest[address] for address in self.addresses[one.id] if address in self._oldest]
        return datetime.fromtimestamp(min(dates), UTC) if dates else None

    def oldest_by(self, sender: str) -> int | None:
        """Return when an address first wrote a mail."""
        return self._oldest.get(sender)


@dataclass(frozen=True, slots=True)
class _Recalled:
    people: _People
    lists: Mapping[str, ListKnown]
    choose: Chooser

    def history(self, one: Series) -> History | None:
        """Tell the history of one series as of its date."""
        if one.date is None or one.id not in self.people.addresses:
            return None
        list_id = one.head.list_id
        known = self.lists.get(list_id) or ListKnown(None, ListFacts())
        since, until = window_of(one.date)
        figures = known.figures.get(until)
        if figures is None:
            figures = known.figures[until] = Figures(since, until, known.facts)
        postings, dates = self.people.postings(one)
        return History(
            date=one.date,
            list_id=list_id,
            project=_project(self.choose(one), list_id),
            root=_root(one),
            figures=figures,
            person=postings,
            before=bisect_left(dates, one.date),
            oldest_mail=self.people.oldest_mail(one),
            known_since=known.since,
            known_else=self.people.known_else(one),
        )


def _stamp(one: Series) -> float:
    """Return the date of a series in UTC seconds; infinity without one."""
    return inf if one.date is None else one.date.timestamp()


def _root(one: Series) -> str:
    return one.earlier[0].id if one.earlier else one.id


def _project(policy: Policy, list_id: str) -> str:
    """Name a project: by the policy, else by the domain of the list, so that we rather count too few."""
    return policy.ref.id if policy.ref.id != "none" else list_id.partition(".")[2]


def _addresses(one: Series) -> frozenset[str]:
    """Return the addresses of the submitter: those in the posting under the same name, as the assembly ties them."""
    name = one.head.sender.name.casefold()
    also = {sender_key(mail.sender.email) for mail in one.messages if name and mail.sender.name.casefold() == name}
    return frozenset(also | {key_of(one)})


def _posting(one: Series, policy: Policy, *, questions: bool) -> Posting:
    assert one.date is not None  # noqa: S101 - only dated series come here
    asked, settled = questions_in(one) if questions else ((), None)
    return Posting(
        id=one.id,
        root=_root(one),
        head_id=one.head.message_id,
        list_id=one.head.list_id,
        project=_project(policy, one.head.list_id),
        date=one.date,
        revision=one.revision,
        subject=one.head.subject,
        added=sum(added_lines(patch.message, policy.roles) for patch in one.patches),
        declared=() if is_backport(one) else tuple(_declared(one, policy.roles)),
        questions=asked,
        settled=settled,
        merged=one.state is State.MERGED,
        backport=is_backport(one),
    )


def _declared(one: Series, roles: RoleGlobs) -> Iterator[DeclaredPatch]:
    """Yield the patches for which anything is declared: in them, in the cover letter or in the submitter's replies."""
    told = [mail for mail in (*one.messages, *one.followups) if mail.disclosures]
    if not told:
        return
    replies = [mail for mail in own_replies(one) if mail.disclosures]
    members = {patch.message.message_id for patch in one.patches}
    for mail in (patch.message for patch in one.patches if is_own(patch.message)):
        said = list(mail.disclosures) + list(one.cover.disclosures if one.cover is not None else ())
        for reply in replies:
            parent = reply.in_reply_to[0] if reply.in_reply_to else ""
            if parent == mail.message_id or parent not in members:
                said += reply.disclosures
        if said:
            added = added_lines(mail, roles)
            yield DeclaredPatch(message_id=mail.message_id, files=mail.files, added=added, disclosures=tuple(said))


def _stored_postings(conn: Connection, senders: Collection[str]) -> Iterator[tuple[Posting, str]]:
    """
    Give the stored postings of addresses that only a part of a series at hand is from, with the address.

    Of these rare ones the sizes and dates are known, not what was declared or asked.
    """
    row, head, ids = schema.series, schema.message, schema.msgid
    for part in chunks(sorted(senders)):
        query = (
            select(row, head.c.subject.label("head_subject"), ids.c.mid.label("head_id"))
            .join_from(row, schema.series_message)
            .join(head)
            .join(ids, ids.c.id == head.c.msgid_id)
            .where(row.c.sender.in_(part), row.c.posted_at.is_not(None), schema.series_message.c.seq == 0)
        )
        for found in conn.execute(query).mappings():
            own = found["policy_id"] != "none"
            posting = Posting(
                id=found["id"],
                root=found["root"],
                head_id=found["head_id"],
                list_id=found["list_id"],
                project=found["policy_id"] if own else found["list_id"].partition(".")[2],
                date=datetime.fromtimestamp(found["posted_at"], UTC),
                revision=found["revision"],
                subject=found["head_subject"],
                added=found["added_code"] + found["added_docs"] + found["added_build"],
                merged=found["state"] == State.MERGED.value,
                backport=bool(stable_tags(split(found["tags"]), found["label"])),
            )
            yield posting, found["sender"]
