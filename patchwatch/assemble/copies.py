# SPDX-License-Identifier: GPL-2.0-or-later
"""
Copies of one mail: what reached us through several lists, folders and archives.

Lists change a mail on its way: Received, List-Id, subject tags, footers, and the From of senders whose domain forbids
that. Copies have one Message-ID and the same words, date, title, numbers, diff and sender. What has the Message-ID
but not these is another mail.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from patchwatch.model.mail import DefectKind, Message
from patchwatch.parse.subject import match_key

Content = tuple[object, ...]


def contents(messages: Iterable[Message]) -> dict[str, Content]:
    """Return by blob id, for the mails whose Message-ID others have too, what copies of one mail have in common."""
    messages = list(messages)
    counts = Counter(message.message_id for message in messages)
    groups: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        if counts[message.message_id] > 1:
            groups[message.message_id].append(message)
    return {blob: content for group in groups.values() for blob, content in _contents(group)}


def preference(message: Message) -> tuple[object, ...]:
    """
    Return what copies are sorted by; the first speaks for all.

    One that came by a list is rather what others saw (and tells which policy applies); then the one least changed.
    """
    return not message.list_id, _is_munged(message), len(message.subject), message.list_id, message.blob


def _contents(group: Sequence[Message]) -> Iterable[tuple[str, Content]]:
    """Tell the contents of mails with one Message-ID; whatever is not known of one is not compared at all."""
    with_text = all(message.text_key for message in group)
    # A mail without a usable Date has that of its arrival, which differs from copy to copy.
    with_date = not any(defect.kind is DefectKind.DATE for message in group for defect in message.defects)
    same: dict[Content, list[Message]] = defaultdict(list)
    for message in group:
        same[_words(message, with_text=with_text, with_date=with_date)].append(message)
    for words, members in same.items():
        named: dict[str, set[str]] = defaultdict(set)
        for message in members:
            if not _is_munged(message):
                named[message.sender.name.casefold()].add(message.sender.email.lower())
        for message in members:
            yield message.blob, (*words, _sender(message, named))


def _words(message: Message, *, with_text: bool, with_date: bool) -> Content:
    prefix = message.prefix
    spoken = message.text_key if with_text else tuple((t.key, t.value) for t in message.trailers)
    return (
        match_key(prefix.title),
        (prefix.position, prefix.total, prefix.revision),
        message.date if with_date else None,
        message.files,
        message.patch_id,
        spoken,
    )


def _sender(message: Message, named: Mapping[str, set[str]]) -> str:
    """Return who sent a mail: for a copy that has the list's address as From, the one of that name in the others."""
    name = message.sender.name.casefold()
    if not _is_munged(message):
        return message.sender.email.lower()
    others = named.get(name, set())
    return next(iter(others)) if len(others) == 1 else f"by name: {name}"


def _is_munged(message: Message) -> bool:
    """Whether the sender is the list itself and nothing in the mail tells more."""
    return bool(message.list_id) and message.sender.email.lower().replace("@", ".", 1) == message.list_id
