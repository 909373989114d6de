# SPDX-License-Identifier: GPL-2.0-or-later
"""Find out what sort of source something is, by looking at it, never by its name."""

import os
import stat
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from patchwatch.errors import InputError, ServerError, UsageError
from patchwatch.sources.base import Source
from patchwatch.sources.looks import looks_like, starts_mail, starts_mbox
from patchwatch.sources.stream import BLOCK, Readable, Supply, spooled

if TYPE_CHECKING:
    from patchwatch.config import ImapConfig

_ASKED = {"imap": "NAME or imap:NAME/FOLDER", "notmuch": "QUERY", "lei": "QUERY"}


def open_source(
    where: str,
    stdin: BinaryIO | None = None,
    accounts: "Mapping[str, ImapConfig] | None" = None,
    contact: str | None = "",
) -> Source:
    """
    Return the source at *where*: a path, or "-" for *stdin* (one mail or an mbox), or what programs and servers hold:
    `imap:NAME` (of *accounts*), `notmuch:QUERY`, `lei:QUERY`. `maildir:` and `mbox:` may stand before a path.
    The URL of a thread or message is asked for at once; *contact* is told to the server, None is to use no network.

    Raises InputError with one line that says what was found and what was looked for.
    """
    if where == "-":
        if stdin is None:
            raise InputError("-: there is no standard input")
        return _from_pipe(stdin, "stdin", "stdin")
    if where.lower().startswith(("http://", "https://")):
        return _from_web(where, contact)
    kind, colon, what = where.partition(":")
    if colon and kind in _ASKED and not os.path.lexists(where):
        return _asked(kind, what, accounts or {})
    if colon and kind in ("maildir", "mbox") and not os.path.lexists(where):
        where = str(Path(what).expanduser())
    try:
        mode = Path(where).stat().st_mode
        if stat.S_ISDIR(mode):
            return _from_directory(Path(where), where)
        if stat.S_ISREG(mode):
            return _from_file(where)
        with Path(where).open("rb", buffering=0) as pipe:
            return _from_pipe(pipe, where, None)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{where}: {reason}") from None


def _from_web(where: str, contact: str | None) -> Source:
    if contact is None:
        raise ServerError(f"{where}: is on a server, and --offline says to use no network")
    from patchwatch.sources.lore import fetch_mail

    return _recognised(fetch_mail(where, contact), "http")


def _asked(kind: str, what: str, accounts: "Mapping[str, ImapConfig]") -> Source:
    if not what.strip():
        raise UsageError(f"{kind}: says nothing to look for; write {kind}:{_ASKED[kind]}")
    if kind == "notmuch":
        from patchwatch.sources.notmuch import NotmuchSource

        return NotmuchSource(what)
    if kind == "lei":
        from patchwatch.sources.lei import LeiSource

        return LeiSource(what)
    from patchwatch.sources.imap import open_imap

    return open_imap(what, accounts)


def _from_directory(path: Path, name: str) -> Source:
    names = set(os.listdir(path))  # noqa: PTH208 - names are what is looked at, and unreadable directories raise
    if "git" in names and (path / "git").is_dir():
        from patchwatch.sources.git_archive import GitArchive, epochs_of

        if epochs_of(path):
            return GitArchive(path, name)
    if {"HEAD", "objects", "refs"} <= names:
        return _from_repository(path, name)
    if {"cur", "new"} <= names:
        from patchwatch.sources.maildir import MaildirSource

        for folder in ("cur", "new"):
            os.listdir(path / folder)  # noqa: PTH208 - says now when it is unreadable or no directory
        return MaildirSource(path, name)
    if any(one.endswith(".patch") for one in names):
        from patchwatch.sources.folder import PatchFolder

        return PatchFolder(path, name)
    raise InputError(f"{name}: {_why_no_archive(names)}")


def _from_repository(path: Path, name: str) -> Source:
    from patchwatch.sources.git_archive import GitArchive
    from patchwatch.sources.git_v1 import why_not_v1

    if path.absolute().parent.name == "git":
        raise InputError(f"{name}: one epoch of an archive; give the archive itself: {path.parent.parent}")
    if reason := why_not_v1(path):
        raise InputError(f"{name}: {reason}")
    return GitArchive(path, name, version=1)


def _why_no_archive(names: set[str]) -> str:
    if ".git" in names:
        return "a git repository, not a mail archive; `git format-patch --stdout RANGE` makes an mbox of it"
    return "no mail archive: looked for git/N.git (public-inbox v2), cur/ and new/ (Maildir) and *.patch"


def _from_file(where: str) -> Source:
    return _recognised(Supply(where, partial(_open_file, where), Path(where)), None)


def _open_file(where: str) -> Readable:
    return Path(where).open("rb", buffering=0)


def _from_pipe(pipe: BinaryIO, name: str, kind: str | None) -> Source:
    """Look at the beginning of a pipe before taking the rest of it."""
    head = _first_block(pipe)
    early = Supply(name, _bytes_opener(head))
    _recognised(early, kind)
    return _recognised(Supply(name, spooled(pipe, head)), kind)


def _first_block(pipe: BinaryIO) -> bytes:
    parts, size = [], 0
    while size < BLOCK and (data := pipe.read(BLOCK - size)):
        parts.append(data)
        size += len(data)
    return b"".join(parts)


def _bytes_opener(data: bytes) -> Callable[[], Readable]:
    from io import BytesIO

    return lambda: BytesIO(data)


def _recognised(supply: Supply, kind: str | None) -> Source:
    """Return the mbox or mail that begins with a fitting block. Raises InputError, OSError."""
    stream = supply.open()
    try:
        block = stream.read_full(BLOCK)
    finally:
        stream.close()
    if starts_mbox(block):
        from patchwatch.sources.mbox import MboxSource

        return MboxSource(supply, kind or "mbox")
    if starts_mail(block):
        from patchwatch.sources.eml import MailSource

        return MailSource(supply, kind or "eml")
    if stream.problem and not block:
        raise InputError(f"{supply.name}: {stream.problem}")
    inside = " inside gzip" if stream.is_gzip else ""
    raise InputError(f"{supply.name}: no mail{inside}: looks like {looks_like(block)}")
