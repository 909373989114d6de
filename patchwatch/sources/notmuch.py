# SPDX-License-Identifier: GPL-2.0-or-later
"""
The mails of a notmuch query, by the command `notmuch`; their files are read where they lie.

The cursor is notmuch's own count of changes (`lastmod`, notmuch-search-terms(7)), which goes with the database's
UUID: only what was added or tagged since is looked at. No tag is set.
"""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from patchwatch.errors import ServerError
from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Cursor, Event, Unreadable
from patchwatch.sources.base import ONLY_EPOCH, PlainSource
from patchwatch.sources.command import output_of
from patchwatch.sources.eml import read_mail
from patchwatch.sources.names import Names, Reading, file_events
from patchwatch.sources.stream import Supply, open_regular


class NotmuchSource(PlainSource):
    """All files of all mails that match *query*, oldest first."""

    kind = "notmuch"

    def __init__(self, query: str) -> None:
        self.name = f"notmuch:{query}"
        self._query = query

    def events(self, since: Cursor) -> Iterator[Event]:
        """Yield what is new; see `Source.events`. Raises ServerError and UsageError when notmuch cannot be asked."""
        before = since.tip(ONLY_EPOCH) or ""
        uuid, now = _state()
        known_uuid, _, rest = before.partition(":")
        number, _, names = rest.partition(":")
        old = int(number) if known_uuid == uuid and number.isdecimal() and len(number) < 19 else None
        if old == now and not names:
            return
        known = Names.from_text(names if known_uuid == uuid else "")
        fresh = known.new(self._files(old, now))
        yield from file_events(
            fresh,
            self._read,
            known,
            position=since.count(ONLY_EPOCH) or 0,
            tip=lambda: f"{uuid}:{'' if old is None else old}:{known.text()}",
            last=before,
            end=lambda: f"{uuid}:{now}",
        )

    def items(self) -> Iterator[RawMessage | Unreadable]:
        """Yield all mails."""
        for name in self._files(None, 0):
            found = self._read(name)
            if found.raw is not None:
                yield found.raw
            if found.problem is not None:
                yield found.problem

    def _files(self, old: int | None, now: int) -> list[str]:
        """Return the names of the files that match, of those mails only that changed after *old*."""
        every = self._query.strip() in ("", "*")
        if old is None:
            query = "*" if every else self._query
        else:
            query = f"lastmod:{old + 1}..{now}" if every else f"({self._query}) and lastmod:{old + 1}..{now}"
        options = ["--output=files", "--format=text0", "--sort=oldest-first"]
        output = output_of(["notmuch", "search", *options, "--", query], "notmuch")
        return [os.fsdecode(name) for name in output.split(b"\0") if name]

    def _read(self, name: str) -> Reading:
        raw, problem = read_mail(Supply(name, partial(open_regular, Path(name))))
        if not problem:
            return Reading(raw)
        if raw is None and not os.path.lexists(name):  # `notmuch new` was not run since it went
            return Reading()
        return Reading(raw, self.unreadable(name, problem))


def _state() -> tuple[str, int]:
    """Return the UUID of the database and the number of its last change."""
    words = output_of(["notmuch", "count", "--lastmod", "--", "*"], "notmuch").decode("ascii", "replace").split()
    if len(words) != 3 or not words[2].isdecimal():
        raise ServerError("notmuch does not tell its last change: a version from 0.21 on is needed")
    return words[1], int(words[2])
