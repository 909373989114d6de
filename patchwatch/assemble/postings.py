# SPDX-License-Identifier: GPL-2.0-or-later
"""
Postings: which patches were sent together.

A numbered patch joins the cover, the first or the previous patch that it answers when that is by the same
sender; patches without a known parent are grouped by their unknown parent, by git-send-email's id stem,
or by time (at most one hour between neighbours). Only the series' sender fills a slot, and a slot that is
taken starts another posting. Nothing depends on the order of arrival: groups are made from all candidates.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from patchwatch.assemble.threads import Threads, order_key
from patchwatch.model.mail import Message, MessageKind

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


def sender_key(message: Message) -> str:
    """Return the identity by which postings are kept apart: the sender's lower-case address."""
    return message.sender.email.lower() or message.sender.name.lower()


def find_postings(threads: Threads) -> list[Posting]:
    """Group all covers and patches of *threads* into postings, oldest head first."""
    heads = _heads(threads)
    groups: dict[tuple[object, ...], list[Message]] = defaultdict(list)
    loose: dict[tuple[str, int, int | None], list[Message]] = defaultdict(list)
    for message in threads.messages:
        if message.kind is MessageKind.PATCH and not _is_numbered(message) and message.blob not in heads.implied:
            groups["single", message.blob].append(message)
        elif message.kind is MessageKind.PATCH or message.blob in heads.covers or message.blob in heads.implied:
            key = _threaded_key(message, threads, heads)
            if key is not None:
                groups[key].append(message)
            else:
                loose[sender_key(message), _revision(message), message.prefix.total].append(message)
    for cluster in loose.values():
        _cluster(cluster, groups)
    postings = [posting for group in groups.values() for posting in _fill(group, heads)]
    return sorted(postings, key=lambda posting: order_key(posting.members[0]))


@dataclass(slots=True)
class _Heads:
    """Blobs of covers (also pull requests with members), and of root mails that turn out to be covers."""

    covers: set[str] = field(default_factory=set)
    implied: set[str] = field(default_factory=set)


def _is_numbered(message: Message) -> bool:
    return message.prefix.total is not None or message.prefix.position is not None


def _revision(message: Message) -> int:
    return message.prefix.revision or 1


def _heads(threads: Threads) -> _Heads:
    """Find covers, and the mails without counter that two or more numbered patches of their sender answer."""
    heads = _Heads({m.blob for m in threads.messages if m.kind is MessageKind.COVER})
    children: dict[str, list[Message]] = defaultdict(list)
    for message in threads.messages:
        parent = threads.parent.get(message.blob)
        if parent is None or message.kind is not MessageKind.PATCH or not message.prefix.position:
            continue
        if sender_key(parent) == sender_key(message) and (parent.kind is MessageKind.PULL or not _is_numbered(parent)):
            children[parent.blob].append(message)
    for parent in threads.messages:
        members = children.get(parent.blob, ())
        if parent.kind is MessageKind.COVER or parent.has_diff or parent.kind is MessageKind.REPLY:
            continue
        if parent.kind is MessageKind.PULL and members:
            heads.covers.add(parent.blob)
        elif len(members) > 1 and len({member.prefix.total for member in members}) == 1:
            heads.implied.add(parent.blob)
    return heads


def _threaded_key(message: Message, threads: Threads, heads: _Heads) -> tuple[object, ...] | None:
    """Return the group of a numbered patch or cover by its thread; None when only time can tell."""
    at = message
    while True:
        if at.blob in heads.covers or at.blob in heads.implied:
            own = at.blob == message.blob
            agrees = own or at.blob in heads.implied or _agree(at, message)
            return ("head", at.blob) if agrees else None
        parent = threads.parent.get(at.blob)
        if parent is None or sender_key(parent) != sender_key(message):
            break
        is_head = parent.blob in heads.covers or parent.blob in heads.implied
        if not is_head and not (parent.kind is MessageKind.PATCH and _agree(parent, message)):
            break
        at = parent
    claimed = threads.claimed.get(at.blob)
    if claimed is not None:
        return "unknown", claimed, sender_key(message), _revision(message), message.prefix.total
    return ("first", at.blob) if at.blob != message.blob else None


def _agree(head: Message, member: Message) -> bool:
    """Whether revision and total allow two mails to be of one posting; what one does not state agrees."""
    first, second = head.prefix, member.prefix
    if first.revision is not None and second.revision is not None and first.revision != second.revision:
        return False
    if head.kind is MessageKind.PATCH:
        return _is_numbered(head) and first.total == second.total and _revision(head) == _revision(member)
    return True


def _stem(message: Message) -> str:
    """Return `20260101120000.4711` of a git-send-email id, "" for any other."""
    head = message.message_id.partition("-")[0]
    stamp, dot, pid = head.partition(".")
    return head if dot and len(stamp) == 14 and stamp.isdecimal() and pid.isdecimal() else ""


def _cluster(messages: list[Message], groups: dict[tuple[object, ...], list[Message]]) -> None:
    """Group mails of one sender, revision and total that no thread ties: by id stem, else by time."""
    last: Message | None = None
    key: tuple[object, ...] = ()
    for message in sorted(messages, key=order_key):
        near = last is not None and (
            (_stem(message) and _stem(message) == _stem(last))
            or order_key(message)[0] - order_key(last)[0] <= GAP_SECONDS
        )
        if not near:
            key = ("first", message.blob)
        groups[key].append(message)
        last = message


def _fill(group: Iterable[Message], heads: _Heads) -> list[Posting]:
    """Put the mails of one group into slots; a taken slot (other content) opens another posting."""
    postings: list[Posting] = []
    for message in sorted(group, key=order_key):
        is_cover = message.blob in heads.covers or message.blob in heads.implied
        posting = next((one for one in postings if _has_room(one, message, is_cover=is_cover)), None)
        if posting is None:
            posting = Posting(sender=sender_key(message))
            postings.append(posting)
        if is_cover:
            posting.cover = message
        else:
            _put(posting, message)
    for posting in postings:
        if posting.total is None and posting.cover is not None and posting.cover.prefix.position == 0:
            posting.total = posting.cover.prefix.total
    return postings


def _has_room(posting: Posting, message: Message, *, is_cover: bool) -> bool:
    if is_cover:
        return posting.cover is None
    position = message.prefix.position
    if position is None:
        return _is_numbered(message)
    return position not in posting.slots


def _put(posting: Posting, message: Message) -> None:
    """Members win over the cover on the total; `6/5` and inserted patches need no slot."""
    position, total = message.prefix.position, message.prefix.total
    if not _is_numbered(message):
        posting.slots[1], posting.total = message, 1
        return
    if posting.total is None:
        posting.total = total
    if position is None or position < 1 or (posting.total is not None and position > posting.total):
        posting.extra.append(message)
    else:
        posting.slots[position] = message
