# SPDX-License-Identifier: GPL-2.0-or-later
"""What a policy says about a series, with the evidence for each word of it."""

from dataclasses import dataclass
from enum import StrEnum

from patchwatch.model.diff import Role


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
class Finding:
    """What one rule found. *effect* is after the policy's say; *clause* is the URL of the text it applies."""

    rule: str
    level: Level
    effect: Effect
    message: str
    evidence: tuple[Evidence, ...]
    clause: str
    waived: bool = False
    since_revision: int = 1


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
    """Which text judged: *digest* is the SHA-256 of its normalised content, so that re-judging knows when to."""

    id: str
    version: str
    status: str
    source: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchSize:
    """Roles of the files of one patch (same order as `Message.files`) and its lines by role: (added, removed)."""

    message_id: str
    roles: tuple[Role, ...]
    by_role: tuple[tuple[Role, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement of one series under one policy."""

    policy: PolicyRef
    outcome: Outcome
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    human: tuple[Question, ...]
    sizes: tuple[PatchSize, ...]
