# SPDX-License-Identifier: GPL-2.0-or-later
"""
Sources whose mails are files with lasting names: which names were read is what their cursor remembers.

Eight bytes of digest a name: a hundred thousand take one megabyte of cursor and a tenth of a second to compare, and
no file has to be opened to see that nothing is new.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Added, Event, Reached, Unreadable
from patchwatch.sources import base

_SIZE = 8


class Reading(NamedTuple):
    """What became of one file: its mail, what is wrong with it, and whether to try *again* next time."""

    raw: RawMessage | None = None
    problem: Unreadable | None = None
    again: bool = False


class Names:
    """The names read so far, as digests in order of reading."""

    def __init__(self, packed: bytes = b"") -> None:
        self._keys = dict.fromkeys(packed[n : n + _SIZE] for n in range(0, len(packed) - _SIZE + 1, _SIZE))

    @classmethod
    def from_text(cls, text: str) -> "Names":
        """Undo `text`; what is no such text gives no names."""
        try:
            return cls(b64decode(text, validate=True))
        except ValueError:
            return cls()

    def text(self) -> str:
        """Return them as text for a cursor."""
        return b64encode(b"".join(self._keys)).decode("ascii")

    def new(self, names: Iterable[str]) -> list[str]:
        """Return those of *names* that were not read, in their order."""
        keys = self._keys
        return [name for name in names if _key(name) not in keys]

    def add(self, name: str) -> None:
        """Count *name* as read."""
        self._keys[_key(name)] = None

    def compare(self, names: Iterable[str]) -> list[str]:
        """Do as `new`, and forget all that are not among *names*: what is remembered should not grow for ever."""
        present = {_key(name): name for name in names}
        known = self._keys
        if not known.keys() <= present.keys():
            self._keys = {key: None for key in known if key in present}
        return [name for key, name in present.items() if key not in known]


def _key(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogateescape"), digest_size=_SIZE).digest()


def file_events(
    names: Sequence[str],
    read: Callable[[str], Reading],
    known: Names,
    *,
    position: int,
    tip: Callable[[], str],
    last: str | None,
    end: Callable[[], str] | None = None,
) -> Iterator[Event]:
    """
    Read files one by one and yield their events from *position* on, with `Reached` where the cursor may rest.

    Each is counted as *known*. *tip* gives the cursor for what is known so far, *end* that of the end (the same if
    None), *last* is where the cursor rests now.
    """
    reached = position
    for number, name in enumerate(names, 1):
        found = read(name)
        if found.problem is not None:
            yield found.problem
        if not found.again:
            known.add(name)
        if found.raw is None:
            continue
        yield Added(epoch=base.ONLY_EPOCH, position=position, raw=found.raw)
        position += 1
        if position - reached >= base.BATCH and number < len(names):
            reached, last = position, tip()
            yield Reached(epoch=base.ONLY_EPOCH, tip=last, count=position)
    final = (end or tip)()
    if final != last:
        yield Reached(epoch=base.ONLY_EPOCH, tip=final, count=position)
