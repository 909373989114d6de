# SPDX-License-Identifier: GPL-2.0-or-later
"""A sink is a place that takes drafts; nothing of a person's is ever overwritten there, and nothing is sent."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import ClassVar

from patchwatch.model.draft import Draft
from patchwatch.sinks.states import settle
from patchwatch.sinks.values import Memory, Place, Stored, StoredState

__all__ = ["Place", "Sink", "Stored", "StoredState"]


class Sink(ABC):
    """
    A configured place for drafts.

    *name* is `KIND:PLACE` as `--to` has it, absolute, so that it names the same place in every run. *keeps*: what is
    written stays there to be found again.
    """

    keeps: ClassVar[bool] = True
    name: str
    where: str

    @abstractmethod
    def opened(self, *, write: bool = True) -> AbstractContextManager[Place]:
        """Open it for one or many drafts; without *write* nothing is created or changed, not even folders."""

    def put(self, draft: Draft, memory: Memory | None = None, *, dry_run: bool = False, force: bool = False) -> Stored:
        """
        Store one draft, or say why nothing is written; with *dry_run* only say what would be done.

        PatchwatchError when the place cannot be read or written; nothing half-written stays behind.
        """
        with self.opened(write=not dry_run) as place:
            done = settle(place, draft, memory, dry_run=dry_run, force=force)
        return done if done.where else Stored(done.state, self.where)
