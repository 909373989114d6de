# SPDX-License-Identifier: GPL-2.0-or-later
"""
Threads: which message answers which, for any subset of an archive in any order.

The parent of a message is its In-Reply-To when that is known, else the last known id of References. An
unknown parent still groups its children. Loops (mail can claim anything) are cut at the newest mail in
them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from patchwatch.assemble.copies import Content, contents, preference
from patchwatch.model.mail import Defect, DefectKind, Message


def order_key(message: Message) -> tuple[float, str]:
    """Return what messages are sorted by: date (unreadable ones first), then blob id."""
    return (message.date.timestamp() if message.date is not None else 0.0, message.blob)


def mark_shared_ids(messages: Iterable[Message]) -> list[Message]:
    """Note on every mail whose Message-ID another mail with other content has too; copies are no others."""
    messages = list(messages)
    found: dict[str, set[Content]] = defaultdict(set)
    known = contents({message.blob: message for message in messages}.values())
    for message in messages:
        if message.blob in known:
            found[message.message_id].add(known[message.blob])
    doubled = {mid for mid, several in found.items() if len(several) > 1}
    defect = Defect(kind=DefectKind.DUPLICATE_ID, detail="another mail has this Message-ID too")
    return [
        replace(message, defects=(*message.defects, defect)) if message.message_id in doubled else message
        for message in messages
    ]


def _without_copies(messages: Iterable[Message]) -> Iterator[Message]:
    """Leave out copies of a mail that was delivered several times: all but the one that speaks for them."""
    messages = list(messages)
    known = contents(messages)
    best: dict[tuple[str, Content], Message] = {}
    for message in messages:
        if message.blob in known:
            key = (message.message_id, known[message.blob])
            best[key] = min(best.get(key, message), message, key=preference)
    for message in messages:
        if message.blob not in known or best[message.message_id, known[message.blob]] is message:
            yield message


class Threads:
    """Parents and thread groups of a set of messages."""

    def __init__(self, messages: Iterable[Message]) -> None:
        """Index *messages*; the same blob twice counts once, the older of two mails with one id answers for it."""
        unique = {message.blob: message for message in messages}
        self.messages: tuple[Message, ...] = tuple(sorted(_without_copies(unique.values()), key=order_key))
        self.by_id: dict[str, Message] = {}
        for message in self.messages:
            for mid in (message.message_id, *message.aliases):
                self.by_id.setdefault(mid, message)
        self.parent: dict[str, Message] = {}
        self.claimed: dict[str, str] = {}
        for message in self.messages:
            self._find_parent(message)
        self._cut_loops()
        self._group: dict[str, str] = {}
        self._unite()

    def root(self, message: Message) -> str:
        """Return the name of the thread group: equal for all messages tied by any chain of ids."""
        return self._top(message.message_id)

    def ancestors(self, message: Message) -> Iterable[Message]:
        """Give the known parents upwards, nearest first."""
        while (above := self.parent.get(message.blob)) is not None:
            yield above
            message = above

    def _find_parent(self, message: Message) -> None:
        own = {message.message_id, *message.aliases, *message.recipients}
        claims = [mid for mid in (*message.in_reply_to, *reversed(message.references)) if mid not in own]
        for mid in claims:
            found = self.by_id.get(mid)
            if found is not None and found.blob != message.blob:
                self.parent[message.blob] = found
                return
        if claims:
            self.claimed[message.blob] = claims[0]

    def _cut_loops(self) -> None:
        """Take the parent of the newest mail of every loop away; each message is walked once."""
        done: set[str] = set()
        for message in self.messages:
            path: list[Message] = []
            on_path: set[str] = set()
            at: Message | None = message
            while at is not None and at.blob not in done and at.blob not in on_path:
                path.append(at)
                on_path.add(at.blob)
                at = self.parent.get(at.blob)
            if at is not None and at.blob in on_path:
                loop = path[next(n for n, one in enumerate(path) if one.blob == at.blob) :]
                del self.parent[max(loop, key=order_key).blob]
            done.update(on_path)

    def _unite(self) -> None:
        for message in self.messages:
            for mid in (*message.aliases, *message.in_reply_to, *message.references):
                first, second = self._top(message.message_id), self._top(mid)
                if first != second:
                    self._group[max(first, second)] = min(first, second)

    def _top(self, mid: str) -> str:
        group = self._group
        top = mid
        while (above := group.get(top)) is not None:
            top = above
        while (above := group.get(mid)) is not None and above != top:
            group[mid] = top
            mid = above
        return top
