# SPDX-License-Identifier: GPL-2.0-or-later
"""Values that the database hands out for lists: no messages, only what one line shows."""

from dataclasses import dataclass
from datetime import datetime

from patchwatch.model.followup import Waits
from patchwatch.model.series import State
from patchwatch.model.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """
    One series as `list` shows it; times are UTC.

    *found* are filled slots, *patches* all patches present. Lines are counted by role. *disclosed*: its sender
    states the use of AI in it. *last_** tell who wrote the newest mail of the thread that is no automatic one.
    *rules* are those with a finding that has an effect and is not waived, sorted. *waits* is None where nobody has
    looked yet: after an upgrade, until the next ingest.
    """

    id: str
    list_id: str
    subject: str
    author_name: str
    author_email: str
    posted_at: datetime | None
    revision: int
    expected: int | None
    found: int
    patches: int
    complete: bool
    label: str | None
    state: State
    superseded_by: str | None
    root: str
    previous_id: str | None
    latest: bool
    added_code: int
    removed_code: int
    added_tests: int
    removed_tests: int
    added_docs: int
    removed_docs: int
    disclosed: bool
    agents: tuple[str, ...]
    last_name: str | None
    last_email: str | None
    last_at: datetime | None
    policy_id: str
    policy_version: str
    policy_status: str
    outcome: Outcome
    rules: tuple[str, ...]
    waits: Waits | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    """Where a mail can be read again: its blob id, and kind and location of a source where it is live."""

    blob: str
    kind: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRow:
    """Something in a source that is no mail or cannot be read."""

    location: str
    epoch: str
    origin: str
    reason: str
