# SPDX-License-Identifier: GPL-2.0-or-later
"""What answers say: facts of one reply, trailers given, and who owes the next mail."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a mail: *line* counts from 1 in the decoded body, None for the Subject; *quote* is verbatim, cut."""

    line: int | None
    quote: str


class ClaimKind(StrEnum):
    """What a mail says has happened to a patch. Mail can lie: never a state."""

    APPLIED = "applied"
    FAILED = "failed"  # it did not apply to a stable tree


@dataclass(frozen=True, slots=True)
class Claim:
    """A mail that says what became of a patch, and where it says so; *is_notice*: in the words of a program."""

    kind: ClaimKind
    where: Line
    is_notice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """
    What a mail that is no patch and no cover letter says, so far as others need it without its text.

    *own_lines* counts lines above the signature that are no quotes, trailers, greetings or names. *question* is
    the last unquoted line that asks, by its form: a heuristic. *objection* is a NAK or a trailer taken back in
    words. *received* is when the archive's mail server got it, None when no header tells. The first *to_count*
    recipients of the message are those of its To.
    """

    own_lines: int = 0
    received: datetime | None = None
    to_count: int = 0
    question: Line | None = None
    objection: Line | None = None
    claim: Claim | None = None


class GivenStatus(StrEnum):
    """Whose trailer a reply carries. From is not proof: only a signature is."""

    EXACT = "exact"  # its address is the sender's
    WEAK = "weak"  # only the name is
    RELAYED = "relayed"  # somebody else's: never counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """
    One trailer with a person in a reply.

    *to* are Message-IDs of the patches it applies to, empty when its thread leads to none. *counts* says that
    it is a review by its sender: no sign-off, no objection, not the submitter's own.
    """

    message_id: str
    key: str
    value: str
    line: int
    to: tuple[str, ...]
    status: GivenStatus
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCarried:
    """A trailer that a reply gave to the former revision, and that no patch of this one has."""

    revision: int
    message_id: str
    key: str
    value: str


class Party(StrEnum):
    """Who owes the next mail."""

    AUTHOR = "author"
    US = "us"
    REVIEWERS = "reviewers"
    MAINTAINER = "maintainer"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """
    Who owes the next mail, *since* when, and the mail that this rests on.

    *where* is the line of that mail which decided, if one did; *question* says that it asks (a heuristic).
    """

    party: Party
    since: datetime | None
    message_id: str
    where: Line | None = None
    question: bool = False
