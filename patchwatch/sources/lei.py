# SPDX-License-Identifier: GPL-2.0-or-later
"""
The mails of a lei query (`lei q`), which searches what lei knows: local archives, its own store, remote lists.

lei tells no place to go on from and gives equal results in any order. So each run asks for all, and the cursor
remembers the blob ids that were given.
"""

import shlex
from collections.abc import Iterator

from patchwatch.errors import UsageError
from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Added, Cursor, Event, Reached, Unreadable
from patchwatch.sources import base
from patchwatch.sources.base import ONLY_EPOCH, PlainSource
from patchwatch.sources.command import kept_output
from patchwatch.sources.mbox import MboxSource
from patchwatch.sources.names import Names
from patchwatch.sources.stream import Supply


class LeiSource(PlainSource):
    """All mails that match *query*; its words, quoted as in a shell, are given to lei one by one."""

    kind = "lei"

    def __init__(self, query: str) -> None:
        self.name = f"lei:{query}"
        try:
            self._words = shlex.split(query)
        except ValueError as error:
            raise UsageError(f"{self.name}: {error}") from None

    def events(self, since: Cursor) -> Iterator[Event]:
        """Yield the mails that were not given before; see `Source.events`. Raises ServerError and UsageError."""
        last = since.tip(ONLY_EPOCH) or ""
        known = Names.from_text(last)
        position = reached = since.count(ONLY_EPOCH) or 0
        for item in self.items():
            if isinstance(item, Unreadable):
                yield item
                continue
            if not known.new([item.blob]):
                continue
            known.add(item.blob)
            yield Added(epoch=ONLY_EPOCH, position=position, raw=item)
            position += 1
            if position - reached >= base.BATCH:
                reached, last = position, known.text()
                yield Reached(epoch=ONLY_EPOCH, tip=last, count=position)
        if known.text() != last:
            yield Reached(epoch=ONLY_EPOCH, tip=known.text(), count=position)

    def items(self) -> Iterator[RawMessage | Unreadable]:
        """Yield all mails. Raises ServerError and UsageError when lei cannot be asked."""
        options = ["--no-save", "--output=-", "--format=mboxrd"]
        opened = kept_output(["lei", "q", *options, "--", *self._words], "lei")
        if opened is not None:
            yield from MboxSource(Supply(self.name, opened), self.kind).items()
