# SPDX-License-Identifier: GPL-2.0-or-later
"""What a policy says about a series, with the evidence for each word of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from patchwatch.model.diff import Role
from patchwatch.model.mail import Person
from patchwatch.model.terms import Discretion, WaiverTerms

if TYPE_CHECKING:
    from patchwatch.model.history import BaseRate


class Level(StrEnum):
    """How sure a finding is: only FACT can have an effect."""

    FACT = "fact"
    INFO = "info"
    OK = "ok"
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """What a finding asks for, weakest first."""

    NONE = "none"
    ASK = "ask"
    DECLINE = "decline"

    @property
    def rank(self) -> int:
        """0 for none, 1 for ask, 2 for decline."""
        return ("none", "ask", "decline").index(self.value)


class Outcome(StrEnum):
    """The one answer for an open series."""

    READY = "ready"
    ASK = "ask"
    PROTOTYPE = "prototype"
    DECLINE = "decline"
    UNDETERMINED = "undetermined"


class Part(StrEnum):
    """Which part of a message a piece of evidence is from."""

    HEADER = "header"
    COMMIT_LOG = "commit-log"
    BELOW_CUT = "below-cut"
    DIFF = "diff"
    COVER = "cover"
    REPLY = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A verbatim line; *line* counts from 1 in the decoded body, None for a header (unfolded)."""

    message_id: str
    part: Part
    line: int | None
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """
    What a maintainer decided about one series: the findings of *rule* no longer count.

    An empty *rule* is an acknowledgement: the submitter asked before posting. *series_id* is the posting that
    was looked at; it holds for all revisions. *until* is the last moment it holds, None: for good.
    """

    number: int
    series_id: str
    rule: str
    who: Person
    at: datetime
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    What one rule found. *effect* is after the policy's say; *clause* is the URL of the text it applies.

    *waiver* is the decision behind *waived*; *base_rate* says how usual it is, where somebody has counted.
    """

    rule: str
    level: Level
    effect: Effect
    message: str
    evidence: tuple[Evidence, ...]
    clause: str
    waived: bool = False
    since_revision: int = 1
    waiver: Waiver | None = None
    base_rate: "BaseRate | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A rule that could not look, and why."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that only a person answers."""

    id: str
    ask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRef:
    """
    Which text judged: *digest* is the SHA-256 of its normalised content, so that re-judging knows when to.

    *until* is its last day in ISO form, "" while it holds and where that was not stored.
    """

    id: str
    version: str
    status: str
    source: str
    digest: str
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchSize:
    """Roles of the files of one patch (same order as `Message.files`) and its lines by role: (added, removed)."""

    message_id: str
    roles: tuple[Role, ...]
    by_role: tuple[tuple[Role, int, int], ...]


class Suggestion(NamedTuple):
    """
    What the text says follows; shown, never done. *rules* are those whose findings it rests on.

    *unless_known* is "" when it follows, else what would have to be known first.
    """

    suggest: str
    rules: tuple[str, ...] = ()
    unless_known: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    The judgement of one series under one policy.

    *notes* are remarks on the choice of the policy. What follows *sizes* is for people, and is not stored.
    """

    policy: PolicyRef
    outcome: Outcome
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    human: tuple[Question, ...]
    sizes: tuple[PatchSize, ...]
    notes: tuple[str, ...] = ()
    suggest: tuple[Suggestion, ...] = ()
    discretion: tuple[Discretion, ...] = ()
    waiver: WaiverTerms | None = None
