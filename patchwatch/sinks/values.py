# SPDX-License-Identifier: GPL-2.0-or-later
"""What sinks, the re-run states and the database tell each other; plain values, and the two things passed in."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from patchwatch.model.draft import Draft


class StoredState(StrEnum):
    """What became of a draft; only CREATED and REFRESHED write anything."""

    CREATED = "created"
    UNCHANGED = "unchanged"  # the same draft is there already
    REFRESHED = "refreshed"  # an older text of ours was there, untouched, and gave way
    KEPT_EDITED = "kept-edited"  # a person changed it: never touched again
    KEPT_GONE = "kept-gone"  # it was there; the user sent or deleted it
    EXISTS_FOREIGN = "exists-foreign"  # another reply to the same message is there


@dataclass(frozen=True, slots=True)
class Stored:
    """The result of one `put`: *where* is the path or folder, for people."""

    state: StoredState
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One mail of an opened sink.

    *ref* names it there (path, UID, digest), *where* is for people; ids are bare. *deleted*: the user, or a client,
    marked it so, and only has not swept up yet.
    """

    ref: str
    where: str
    message_ids: tuple[str, ...]
    in_reply_to: tuple[str, ...]
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """
    What is remembered of a draft in a sink.

    *hashes* are the digests of all texts that we wrote or set out to write, newest last; *written*: it was seen
    there at least once; *edited*: it was found edited, which holds for good.
    """

    hashes: tuple[str, ...]
    written: bool
    edited: bool = False


class Memory(Protocol):
    """What remembers one draft in one sink between runs; it survives a crash between `intend` and `confirm`."""

    def recall(self) -> Record | None:
        """Return what is known, None when this draft was never written there."""
        ...

    def intend(self, digest: str) -> None:
        """Remember for good that a text with this digest is about to be written."""
        ...

    def confirm(self, state: StoredState, where: str, digest: str) -> None:
        """Remember how it ended, and that *digest* is a text of ours there."""
        ...


class Place(ABC):
    """An opened sink: its mails as they were when first asked for, and with what was added and removed since."""

    def __init__(self) -> None:
        self._seen: list[Entry] | None = None

    def entries(self) -> Sequence[Entry]:
        """Return all mails, read once."""
        if self._seen is None:
            self._seen = self.scan()
        return self._seen

    def copies(self, message_id: str) -> list[Entry]:
        """Return the mails with exactly this Message-ID."""
        return [entry for entry in self.entries() if message_id in entry.message_ids]

    def foreign(self, draft: Draft) -> Entry | None:
        """Return another reply to the same message, which is not marked as deleted."""
        for entry in self.entries():
            if (
                not entry.deleted
                and draft.in_reply_to in entry.in_reply_to
                and draft.message_id not in entry.message_ids
            ):
                return entry
        return None

    def add(self, draft: Draft) -> str:
        """Store a mail; return where, for people."""
        made = self.store(draft)
        if self._seen is not None:
            self._seen.append(made)
        return made.where

    def drop(self, entry: Entry) -> None:
        """Take one mail out, the way this kind of place does it without loss of anything else."""
        self.remove(entry)
        if self._seen is not None and entry in self._seen:
            self._seen.remove(entry)

    def replace(self, old: Sequence[Entry], draft: Draft) -> str:
        """Let *draft* take the place of *old*: at any moment at least one of them is there."""
        where = self.add(draft)
        for entry in old:
            self.drop(entry)
        return where

    @abstractmethod
    def scan(self) -> list[Entry]:
        """Read which mails are there."""

    @abstractmethod
    def read(self, entry: Entry) -> bytes | None:
        """Return a mail with LF line ends as it is now, None when it is gone."""

    @abstractmethod
    def store(self, draft: Draft) -> Entry:
        """Store a mail."""

    @abstractmethod
    def remove(self, entry: Entry) -> None:
        """Take out one mail."""
