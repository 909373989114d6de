# SPDX-License-Identifier: GPL-2.0-or-later
"""
A Maildir: one file per mail in `new/` and `cur/`, read without moving, flagging or touching anything.

Names are `TIME.UNIQUE.HOST`, with flags after `:2,` in cur/. Mail clients move and rename files
meanwhile; the part before the colon stays, and by it a mail that was read is known again without a look inside.
A mail that is no longer there is not forgotten: a folder is what a user keeps at hand.
"""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Cursor, Event, Unreadable
from patchwatch.sources.base import ONLY_EPOCH, PlainSource
from patchwatch.sources.eml import read_mail
from patchwatch.sources.names import Names, Reading, file_events
from patchwatch.sources.stream import Supply, open_regular

_FOLDERS = ("new", "cur")  # in this order: what moves from the one to the other meanwhile is seen in one of them


class MaildirSource(PlainSource):
    """All mails of one Maildir (not of its subfolders), by delivery time and name."""

    kind = "maildir"

    def __init__(self, where: Path, name: str) -> None:
        self.name = name
        self._where = where

    def events(self, since: Cursor) -> Iterator[Event]:
        """Yield the mails of files that are not known by name; see `Source.events`."""
        before = since.tip(ONLY_EPOCH)
        known = Names.from_text(before or "")
        files, problems = self._listing()
        for problem in problems:
            yield self.unreadable(self.name, problem)
        fresh = sorted(known.new(files) if problems else known.compare(files), key=_order)
        if fresh or not problems:
            read = partial(self._read, files)
            position = since.count(ONLY_EPOCH) or 0
            yield from file_events(fresh, read, known, position=position, tip=known.text, last=before or "")

    def items(self) -> Iterator[RawMessage | Unreadable]:
        """Yield the mails; a file that vanished since the listing is passed over."""
        files, problems = self._listing()
        for problem in problems:
            yield self.unreadable(self.name, problem)
        for base in sorted(files, key=_order):
            found = self._read(files, base)
            if found.raw is not None:
                yield found.raw
            if found.problem is not None:
                yield found.problem

    def count(self, since: Cursor) -> int | None:
        """Return the number of files that are not known."""
        return len(Names.from_text(since.tip(ONLY_EPOCH) or "").new(self._listing()[0]))

    def _read(self, files: dict[str, str], base: str) -> Reading:
        path = self._find(base, files)
        if path is None:
            return Reading(again=True)
        origin = f"{self.name}/{path.parent.name}/{path.name}"
        raw, problem = read_mail(Supply(origin, partial(open_regular, path)))
        if not problem:
            return Reading(raw)
        if raw is None and not path.exists():  # moved while it was opened: the next run finds it
            return Reading(again=True)
        return Reading(raw, self.unreadable(origin, problem), again=raw is None and not os.access(path, os.R_OK))

    def _listing(self) -> tuple[dict[str, str], list[str]]:
        """Return the files (`new/NAME`) by the part of their name that stays, and what could not be listed."""
        files: dict[str, str] = {}
        problems = []
        for folder in _FOLDERS:
            try:
                with os.scandir(self._where / folder) as entries:
                    names = [e.name for e in entries if not e.name.startswith(".") and not e.is_dir()]
            except OSError as error:
                problems.append(f"{folder}/ cannot be listed: {error.strerror}")
                continue
            files.update((name.partition(":")[0], f"{folder}/{name}") for name in names)
        return files, problems

    def _find(self, base: str, files: dict[str, str]) -> Path | None:
        """Return where a file is now, listing again (into *files*) when a client moved it since."""
        if not os.path.lexists(self._where / files[base]):
            files.update(self._listing()[0])
        path = self._where / files[base]
        return path if os.path.lexists(path) else None


def _order(base: str) -> tuple[int, str]:
    time = base.partition(".")[0]
    return (int(time) if time.isascii() and time.isdigit() and len(time) < 16 else 0), base
