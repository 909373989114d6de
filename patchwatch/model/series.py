# SPDX-License-Identifier: GPL-2.0-or-later
"""A series: the patches of one posting by one person, with its cover letter and what followed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from patchwatch.model.attestation import Attestation
from patchwatch.model.commit import Merge
from patchwatch.model.followup import NotCarried, Waits
from patchwatch.model.mail import Message, Person


class State(StrEnum):
    """Where a posting stands; separate from its outcome."""

    OPEN = "open"
    SUPERSEDED = "superseded"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A patch in its slot; *position* is None for an inserted patch (`1.1/15`)."""

    position: int | None
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionLink:
    """Another posting of the same work and what the link rests on."""

    revision: int
    id: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """
    One posting. *id* is the cover's Message-ID, else that of the lowest patch. *author* is the submitter:
    who sent the posting (each patch names its own author).

    *expected* is the stated number of patches (1 for a single patch); None when it cannot be known.
    *missing* are slots without a patch. *addenda* (`6/5`) and inserted patches are in *patches* but
    never needed for completeness. *followups* are all other messages of the thread, by date.
    *earlier* lists former revisions, lowest first. *notes* are remarks of the assembly for people. *waits* and
    *not_carried* (trailers given to the revision before, and missing here) are None and empty until
    `assemble.followups` has looked at all series together.
    *merged* says which patches are which commits, also those found by title only.
    *attestation* is what signatures prove; None when nobody has asked, as it is never stored.
    """

    id: str
    subject: str
    author: Person
    date: datetime | None
    revision: int
    revision_inferred: bool
    expected: int | None
    cover: Message | None
    patches: tuple[Patch, ...]
    missing: tuple[int, ...]
    followups: tuple[Message, ...] = ()
    foreign: tuple[Message, ...] = ()
    label: str | None = None
    tags: tuple[str, ...] = ()
    state: State = State.OPEN
    superseded_by: str | None = None
    earlier: tuple[RevisionLink, ...] = ()
    notes: tuple[str, ...] = ()
    merged: tuple[Merge, ...] = ()
    attestation: tuple[Attestation, ...] | None = None
    waits: Waits | None = None
    not_carried: tuple[NotCarried, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every slot 1..expected is filled; False when the total is unknown."""
        return self.expected is not None and not self.missing

    @property
    def head(self) -> Message:
        """The message that stands for the series: the cover letter, else the lowest patch."""
        return self.cover if self.cover is not None else self.patches[0].message

    @property
    def messages(self) -> tuple[Message, ...]:
        """Cover letter and patches, in order."""
        patches = tuple(p.message for p in self.patches)
        return patches if self.cover is None else (self.cover, *patches)
