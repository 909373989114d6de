# SPDX-License-Identifier: GPL-2.0-or-later
"""The standard output: for a pipe, or to paste from."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Sink
from patchwatch.sinks.values import Entry, Place

_WHERE = "standard output"


class StdoutSink(Sink):
    """Writes whole mails, LF line ends, one after the other; nothing of them can be found again."""

    keeps: ClassVar[bool] = False

    def __init__(self) -> None:
        self.name = "stdout"
        self.where = _WHERE

    @contextmanager
    def opened(self, *, write: bool = True) -> Iterator[Place]:
        """See `Sink.opened`."""
        del write
        yield _StdoutPlace()


class _StdoutPlace(Place):
    def scan(self) -> list[Entry]:
        return []

    def read(self, entry: Entry) -> bytes | None:
        del entry
        return None

    def store(self, draft: Draft) -> Entry:
        sys.stdout.flush()
        sys.stdout.buffer.write(draft.data)
        sys.stdout.buffer.flush()
        return Entry(ref="", where=_WHERE, message_ids=(), in_reply_to=())

    def remove(self, entry: Entry) -> None:
        del entry
