# SPDX-License-Identifier: GPL-2.0-or-later
"""What a source of mail tells: an ordered log of events per epoch, and how far it has been read."""

from dataclasses import dataclass

from patchwatch.model.mail import RawMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """
    How far a source has been read: epoch name ("0") to the id of the last commit taken.

    *counts* gives, by epoch, the *count* of the same `Reached` event; without it a source counts again.
    """

    tips: tuple[tuple[str, str], ...] = ()
    counts: tuple[tuple[str, int], ...] = ()

    def tip(self, epoch: str) -> str | None:
        """Return the last commit read of *epoch*, None when it was never read."""
        return dict(self.tips).get(epoch)

    def count(self, epoch: str) -> int | None:
        """Return how many positions of *epoch* are used, None when that is not known."""
        return dict(self.counts).get(epoch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A mail was stored at *position* (counted from 0, oldest first) of *epoch*."""

    epoch: str
    position: int
    raw: RawMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """The mail with this blob id was taken out of the archive (it may be of another epoch, or unknown)."""

    epoch: str
    position: int
    blob: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """History of *epoch* changed: forget all its events; the whole epoch follows from position 0."""

    epoch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """All events of *epoch* up to commit *tip* were given; positions below *count* are used."""

    epoch: str
    tip: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Something in the source that is no mail or cannot be read, with the reason for people."""

    epoch: str
    origin: str
    reason: str


Event = Added | Deleted | Rewritten | Reached | Unreadable
