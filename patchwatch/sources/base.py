# SPDX-License-Identifier: GPL-2.0-or-later
"""
The interface of all sources, and what the ones without a history of their own share.

An archive is a log of events per epoch (see `patchwatch.model.source`). Only public-inbox archives
delete and rewrite; a file or Maildir is one epoch "0" to which mail is only ever added.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Added, Cursor, Deleted, Event, Reached, Unreadable

MAIL_CAP = 16 << 20  # a mail over this many bytes is cut ...
KEPT = 200_000  # ... to its first bytes: room for the largest header block taken (100 kB)
BATCH = 2_000  # events between two `Reached`, so that a killed run repeats little
ONLY_EPOCH = "0"


class Source(Protocol):
    """A place that mail is read from. *name* is for people: the directory or file as the user wrote it."""

    @property
    def kind(self) -> str:
        """Which sort of place: "public-inbox", "mbox", "maildir", "eml" or "stdin"."""

    @property
    def name(self) -> str:
        """Return the directory or file, for people."""

    def events(self, since: Cursor) -> Iterator[Event]:
        """
        Yield what happened after *since*, oldest first.

        `Reached` comes after every `BATCH` events and at the end of an epoch with news: a run that
        stops anywhere and later continues from its last `Reached` misses nothing. What cannot be
        read is an `Unreadable` event, never an exception.
        """

    def count(self, since: Cursor) -> int | None:
        """Return about how many mails `events` will give, None when that is not cheap to know."""

    def read(self, blob: str) -> bytes | None:
        """Return one mail by its blob id (cut to `KEPT` bytes if over `MAIL_CAP`), None when it is gone."""

    def deletions(self) -> Iterable[Deleted]:
        """Return all deletions, without reading any mail."""


def live_messages(source: Source, unreadable: Callable[[Unreadable], None] | None = None) -> Iterator[RawMessage]:
    """
    Yield each mail once whose last event is an addition, in archive order; for the stateless `check`.

    Deletions are looked up first, because they come after the mail they take out, often in a later
    epoch. *unreadable* is told of what could not be read.
    """
    deleted = {gone.blob: _place(gone) for gone in source.deletions()}
    seen: set[str] = set()
    for event in source.events(Cursor()):
        if isinstance(event, Added):
            blob = event.raw.blob
            gone = deleted.get(blob)
            if blob in seen or (gone is not None and _place(event) < gone):
                continue
            seen.add(blob)
            yield event.raw
        elif isinstance(event, Unreadable) and unreadable is not None:
            unreadable(event)


def _place(event: Added | Deleted) -> tuple[int, str, int]:
    number = int(event.epoch) if event.epoch.isascii() and event.epoch.isdecimal() else -1  # a folder has a name
    return number, event.epoch, event.position


def blob_id(data: bytes) -> str:
    """Return the id that git gives *data* as a blob (sha1), so that a mail has one identity in all sources."""
    from hashlib import sha1  # loads OpenSSL: only sources without git ids pay for it

    digest = sha1(b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def raw_message(data: bytes, origin: str, *, truncated: bool = False) -> RawMessage:
    """Return *data* as a mail, cut if over the cap; the id of a cut mail is that of the bytes kept."""
    if len(data) > MAIL_CAP:
        data, truncated = data[:KEPT], True
    return RawMessage(blob=blob_id(data), data=data, origin=origin, truncated=truncated)


class PlainSource:
    """
    A source without deletions: a subclass only says which mails there are (`items`).

    The cursor's tip is "NUMBER:DIGEST" over the blob ids so far. When the content still begins with
    what was read, only the rest is given. Otherwise all of it is given, at positions after those used:
    mails that are no longer there are never forgotten, as an mbox or a pipe is what a user happens
    to have at hand and no record of what a list publishes.
    """

    kind: str
    name: str

    def items(self) -> Iterator[RawMessage | Unreadable]:
        """Yield the mails in order, anew at each call."""
        raise NotImplementedError

    def unreadable(self, origin: str, reason: str) -> Unreadable:
        """Return the event for something that is no mail."""
        return Unreadable(epoch=ONLY_EPOCH, origin=origin, reason=reason)

    def events(self, since: Cursor) -> Iterator[Event]:
        """Yield `Added`, `Unreadable` and `Reached` events; see `Source.events`."""
        items, chain = self._after(since.tip(ONLY_EPOCH))
        position = reached = since.count(ONLY_EPOCH) or chain.number
        for item in items:
            if isinstance(item, Unreadable):
                yield item
                continue
            chain.add(item.blob)
            yield Added(epoch=ONLY_EPOCH, position=position, raw=item)
            position += 1
            if position - reached >= BATCH:
                reached = position
                yield Reached(epoch=ONLY_EPOCH, tip=chain.tip(), count=position)
        if position > reached:
            yield Reached(epoch=ONLY_EPOCH, tip=chain.tip(), count=position)

    def _after(self, tip: str | None) -> tuple[Iterator[RawMessage | Unreadable], "_Chain"]:
        items, chain = self.items(), _Chain()
        number = _number(tip)
        if tip is None or not number:
            return items, chain
        for item in items:
            if not isinstance(item, Unreadable):
                chain.add(item.blob)
                if chain.number == number:
                    break
        return (items, chain) if chain.tip() == tip else (self.items(), _Chain())

    def count(self, since: Cursor) -> int | None:  # noqa: ARG002 - part of the interface
        """Return None: only a full scan would tell."""
        return None

    def read(self, blob: str) -> bytes | None:
        """Return the mail with this blob id by a scan, None when it is gone."""
        for item in self.items():
            if isinstance(item, RawMessage) and item.blob == blob:
                return item.data
        return None

    def deletions(self) -> Iterable[Deleted]:
        """Return nothing: such a source never deletes."""
        return ()


class _Chain:
    """Number and digest of the blob ids read so far."""

    def __init__(self) -> None:
        from hashlib import sha1

        self.number = 0
        self._digest = sha1(usedforsecurity=False)

    def add(self, blob: str) -> None:
        self.number += 1
        self._digest.update(blob.encode())

    def tip(self) -> str:
        return f"{self.number}:{self._digest.hexdigest()}"


def _number(tip: str | None) -> int:
    head = (tip or "").partition(":")[0]
    return int(head) if head.isascii() and head.isdigit() and len(head) < 12 else 0
