# SPDX-License-Identifier: GPL-2.0-or-later
"""A folder of patch mails, as `git format-patch -o` and `b4 am -o` leave one: each file a mail or an mbox."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Unreadable
from patchwatch.sources.base import PlainSource
from patchwatch.sources.eml import MailSource
from patchwatch.sources.looks import starts_mail, starts_mbox
from patchwatch.sources.mbox import MboxSource
from patchwatch.sources.stream import BLOCK, Readable, Supply


class PatchFolder(PlainSource):
    """The files of *path* that end in `.patch`, in the order of their names; other files are not looked at."""

    kind = "patches"

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._path = path

    def items(self) -> Iterator[RawMessage | Unreadable]:
        """Yield the mails of all files; a file that is no mail is told."""
        for path in patch_files(self._path):
            yield from self._items(path)

    def _items(self, path: Path) -> Iterator[RawMessage | Unreadable]:
        supply = Supply(str(path), partial(_open, path), path)
        try:
            stream = supply.open()
        except OSError as error:
            yield self.unreadable(str(path), f"cannot be read: {error.strerror}")
            return
        try:
            block = stream.read_full(BLOCK)
        finally:
            stream.close()
        if starts_mbox(block):
            yield from MboxSource(supply, self.kind).items()
        elif starts_mail(block):
            yield from MailSource(supply, self.kind).items()
        else:
            yield self.unreadable(str(path), "no mail headers; `git format-patch` writes them")


def _open(path: Path) -> Readable:
    return path.open("rb", buffering=0)


def patch_files(path: Path) -> list[Path]:
    """Return the regular files of a folder that end in `.patch`, sorted."""
    return sorted(one for one in path.iterdir() if one.suffix == ".patch" and one.is_file())
