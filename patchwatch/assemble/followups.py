# SPDX-License-Identifier: GPL-2.0-or-later
"""
Follow-ups: which reply gives which trailer to which patch, and who owes the next mail.

All of it rests on stored mail alone: the sender's address, the thread, and by its form whether a line asks. A
trailer in a reply goes to the nearest patch or cover letter above it (on a cover letter: to all patches), and never
moves to the next revision by itself. Bots and automatic mail give no trailers and never move the ball.
"""

from collections.abc import Sequence
from dataclasses import replace

from patchwatch.assemble.replies import Replies, addresses_in, claims_applied, is_program, plain_name
from patchwatch.assemble.waiting import waits_of
from patchwatch.model.followup import Given, GivenStatus, NotCarried
from patchwatch.model.mail import Message, MessageKind, Person, Trailer
from patchwatch.model.series import Series

OBJECTIONS = frozenset(("nacked-by", "nak-by", "naked-by", "rejected-by", "objected-to-by"))
_NO_REVIEW = OBJECTIONS | {"signed-off-by", "co-developed-by", "co-authored-by"}
_TOOLS = ("assisted-by", "generated-by")  # a tool did something, nobody vouches


def follow_up(series: Sequence[Series], me: frozenset[str] = frozenset()) -> tuple[Series, ...]:
    """
    Return all *series* with `waits` and `not_carried` filled in.

    They must hold the former revisions of each other, with their threads. *me* are the user's own addresses in
    lower case: without them nothing waits for "us".
    """
    by_id = {one.id: one for one in series}
    trees: dict[str, Replies] = {}

    def tree(one: Series) -> Replies:
        found = trees.get(one.id)
        if found is None or found.series is not one:
            found = trees[one.id] = Replies(one)
        return found

    done = []
    for one in series:
        former = by_id.get(one.earlier[-1].id) if one.earlier else None
        before = None if former is None else tree(former)
        newer = by_id.get(one.superseded_by) if one.superseded_by is not None else None
        own = tree(one)
        lost = () if before is None else not_carried(before, own)
        done.append(replace(one, waits=waits_of(own, before, me, newer), not_carried=lost))
    return tuple(done)


def given_in(series: Series) -> dict[str, tuple[Given, ...]]:
    """Return the trailers with a person that follow-ups give, by the blob of each mail that gives any."""
    return _given(Replies(series))


def kind_of(mail: Message) -> str:
    """Return what a follow-up is: applied, bot, pull, reply or other."""
    if mail.kind is MessageKind.PULL:
        return "pull"
    if claims_applied(mail):
        return "applied"
    if is_program(mail):
        return "bot"
    return "reply" if mail.kind is MessageKind.REPLY else "other"


def status_of(value: str, sender: Person) -> GivenStatus:
    """
    Say whose trailer *value* is, for a mail by *sender*.

    Every address in it must be the sender's: whoever writes somebody's name and address with an own one behind
    gives nobody's trailer. Names count only when they are equal as a whole (`Last, First` is `First Last`) and have
    two words; a comma proves nothing.
    """
    addresses = addresses_in(value)
    own = sender.email.lower()
    if addresses and own and all(address == own for address in addresses):
        return GivenStatus.EXACT
    name = value
    for mark in "<(#":
        name = name.partition(mark)[0]
    name = plain_name(name)
    same = bool(name) and name == plain_name(sender.name) and len(addresses) <= 1
    return GivenStatus.WEAK if same else GivenStatus.RELAYED


def not_carried(former: Replies, present: Replies) -> tuple[NotCarried, ...]:
    """Return the reviews that replies gave to *former* and that no patch or reply of *present* has again."""
    had = [one for some in _given(former).values() for one in some if one.counts and one.to]
    if not had:
        return ()
    kept = {_key(t.key, t.value) for mail in present.series.messages for t in mail.trailers}
    kept.update(_key(one.key, one.value) for some in _given(present).values() for one in some)
    lost: dict[tuple[str, str], NotCarried] = {}
    for one in had:
        key = _key(one.key, one.value)
        if key not in kept:
            found = NotCarried(revision=former.series.revision, message_id=one.message_id, key=one.key, value=one.value)
            lost.setdefault(key, found)
    return tuple(lost.values())


def _key(key: str, value: str) -> tuple[str, str]:
    addresses = addresses_in(value)
    return key.lower(), addresses[0] if addresses else " ".join(value.casefold().split())


def _given(replies: Replies) -> dict[str, tuple[Given, ...]]:
    every = tuple(patch.message.message_id for patch in replies.series.patches)
    found: dict[str, tuple[Given, ...]] = {}
    for mail in replies.mails:
        if not mail.trailers or is_program(mail):
            continue
        above = replies.above(mail)
        whole = above is not None and above is replies.series.cover
        to = every if whole else () if above is None else (above.message_id,)
        given = tuple(_one(mail, trailer, to, replies) for trailer in mail.trailers if _is_personal(trailer))
        if given:
            found[mail.blob] = given
    return found


def _is_personal(trailer: Trailer) -> bool:
    key = trailer.key.lower()
    return key.endswith("-by") and key not in _TOOLS


def _one(mail: Message, trailer: Trailer, to: tuple[str, ...], replies: Replies) -> Given:
    status = status_of(trailer.value, mail.sender)
    own = mail.sender.email.lower() == replies.series.head.sender.email.lower()
    return Given(
        message_id=mail.message_id,
        key=trailer.key,
        value=trailer.value,
        line=trailer.line,
        to=to,
        status=status,
        counts=status is not GivenStatus.RELAYED and trailer.key.lower() not in _NO_REVIEW and not own,
    )
