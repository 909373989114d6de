# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a run does about a draft: it depends on what is remembered, what is in the sink, and the text of now.

A draft is known by its exact Message-ID and the digests of what we wrote. What a person edited, deleted or sent is
theirs; a crash at any moment leaves a state that the next run resolves by the same table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from patchwatch.model.draft import Draft
from patchwatch.sinks.compare import content_hash
from patchwatch.sinks.values import Entry, Memory, Place, Record, Stored, StoredState


class Forgetful:
    """A memory that knows nothing of earlier runs: a draft of ours that is found unchanged is still recognised."""

    def recall(self) -> Record | None:
        """Know nothing."""
        return None

    def intend(self, digest: str) -> None:
        """Remember nothing."""

    def confirm(self, state: StoredState, where: str, digest: str) -> None:
        """Remember nothing."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A mail with our Message-ID, and the digest of its text."""

    entry: Entry
    digest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The state, the copy it is about (None: there is none), and copies of ours that give way."""

    state: StoredState
    copy: Entry | None = None
    leftover: tuple[Entry, ...] = ()


def decide(
    record: Record | None, copies: Sequence[Copy], foreign: Entry | None, wanted: str, *, force: bool = False
) -> Decision:
    """Return what is to be done about a draft whose text has the digest *wanted*; *force* never touches an edit."""
    live = [copy for copy in copies if not copy.entry.deleted]
    if not live:
        gone = bool(copies) or (record is not None and (record.written or record.edited))
        if gone and not force:
            return Decision(StoredState.KEPT_GONE, copies[0].entry if copies else None)
        if foreign is not None and not force:
            return Decision(StoredState.EXISTS_FOREIGN, foreign)
        return Decision(StoredState.CREATED)
    ours = {wanted} if record is None else {wanted, *record.hashes}
    changed = next((copy for copy in live if copy.digest not in ours), None)
    if changed is not None or (record is not None and record.edited):
        return Decision(StoredState.KEPT_EDITED, (changed or live[0]).entry)
    same = [copy.entry for copy in live if copy.digest == wanted]
    others = [copy.entry for copy in live if copy.digest != wanted]
    if not same:
        return Decision(StoredState.REFRESHED, None, tuple(others))
    # Two copies: a run stopped between writing the new one and taking out the old one, or a server that seemed
    # to refuse the new one had stored it. Without a record nothing is taken out.
    spare = () if record is None else (*same[1:], *others)
    return Decision(StoredState.REFRESHED if others else StoredState.UNCHANGED, same[0], spare)


def settle(place: Place, draft: Draft, memory: Memory | None, *, dry_run: bool = False, force: bool = False) -> Stored:
    """
    Bring *draft* into *place* as `decide` says; with *dry_run* only say what would be done.

    The intent is remembered before anything is written and confirmed after.
    """
    wanted = content_hash(draft.data)
    memory = memory or Forgetful()
    record = memory.recall()
    copies = [
        Copy(entry, content_hash(data))
        for entry in place.copies(draft.message_id)
        if (data := place.read(entry)) is not None
    ]
    decision = decide(record, copies, place.foreign(draft), wanted, force=force)
    where = "" if decision.copy is None else decision.copy.where
    if dry_run:
        return Stored(decision.state, where or (decision.leftover[0].where if decision.leftover else ""))
    if decision.copy is None and decision.state in (StoredState.CREATED, StoredState.REFRESHED):
        memory.intend(wanted)
        where = place.replace(decision.leftover, draft)
    else:
        for entry in decision.leftover:
            place.drop(entry)
    if decision.state is not StoredState.EXISTS_FOREIGN:
        memory.confirm(decision.state, where, wanted)
    return Stored(decision.state, where)
