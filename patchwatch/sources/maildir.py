# SPDX-License-Identifier: GPL-2.0-or-later
"""
A Maildir: one file per mail in `new/` and `cur/`, read without moving, flagging or touching anything.

Names are `TIME.UNIQUE.HOST`, with flags after `:2,` in cur/. Mail clients move and rename files
meanwhile; the part before the colon stays.
"""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Cursor, Unreadable
from patchwatch.sources.base import PlainSource
from patchwatch.sources.eml import read_mail
from patchwatch.sources.stream import Supply, open_regular

_FOLDERS = ("new", "cur")


class MaildirSource(PlainSource):
    """All mails of one Maildir (not of its subfolders), by delivery time and name."""

    kind = "maildir"

    def __init__(self, where: Path, name: str) -> None:
        self.name = name
        self._where = where

    def items(self) -> Iterator[RawMessage | Unreadable]:
        """Yield the mails; a file that vanished since the listing is passed over."""
        files, problems = self._listing()
        for problem in problems:
            yield self.unreadable(self.name, problem)
        for base in sorted(files, key=_order):
            path = self._find(base, files)
            if path is None:
                continue
            origin = f"{self.name}/{path.parent.name}/{path.name}"
            raw, problem = read_mail(Supply(origin, partial(open_regular, path)))
            if raw is not None:
                yield raw
            if problem and path.exists():
                yield self.unreadable(origin, problem)

    def count(self, since: Cursor) -> int | None:
        """Return the number of files, None when some may have been read before."""
        return None if since.tips else len(self._listing()[0])

    def _listing(self) -> tuple[dict[str, Path], list[str]]:
        """Return the files by the part of their name that stays, and what could not be listed."""
        files: dict[str, Path] = {}
        problems = []
        for folder in _FOLDERS:
            try:
                with os.scandir(self._where / folder) as entries:
                    names = [e.name for e in entries if not e.name.startswith(".") and not e.is_dir()]
            except OSError as error:
                problems.append(f"{folder}/ cannot be listed: {error.strerror}")
                continue
            files.update((name.partition(":")[0], self._where / folder / name) for name in names)
        return files, problems

    def _find(self, base: str, files: dict[str, Path]) -> Path | None:
        """Return where a file is now, listing again (into *files*) when a client moved it since."""
        if not os.path.lexists(files[base]):
            files.update(self._listing()[0])
        return files[base] if os.path.lexists(files[base]) else None


def _order(base: str) -> tuple[int, str]:
    time = base.partition(".")[0]
    return (int(time) if time.isascii() and time.isdigit() and len(time) < 16 else 0), base
