# SPDX-License-Identifier: GPL-2.0-or-later
"""
Folders of an IMAP account, opened read-only (EXAMINE) and read without a trace (BODY.PEEK).

Each folder is one epoch, and its cursor is UIDVALIDITY and the next UID: a UID is never given twice (RFC 3501,
2.3.1.1). When a server starts its UIDs anew, all of the folder is given again. Mail that was expunged or moved is
not forgotten, so nobody has to be asked about it (CONDSTORE, QRESYNC): an inbox is what a user keeps at hand, no
record of what a list publishes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from patchwatch.adapters.imap import Account, Imap, Opened
from patchwatch.config import ImapConfig
from patchwatch.errors import UsageError
from patchwatch.model.mail import RawMessage
from patchwatch.model.source import Added, Cursor, Deleted, Event, Reached, Unreadable
from patchwatch.sources import base
from patchwatch.sources.base import KEPT, MAIL_CAP, raw_message
from patchwatch.sources.looks import looks_like, mail_start, starts_mail

_AT_ONCE, _BYTES_AT_ONCE = 100, 8 << 20  # mails asked for in one command


class ImapSource:
    """
    Some folders of an account.

    A server that refuses or goes away raises ServerError; what was given up to the last `Reached` stays good.
    """

    kind = "imap"

    def __init__(self, account: Account, folders: Sequence[str], name: str) -> None:
        self.name = name
        self._account = account
        self._folders = list(dict.fromkeys(folders))

    def events(self, since: Cursor) -> Iterator[Event]:
        """Yield the mails that came since; see `Source.events`. Raises ServerError, UsageError."""
        with Imap(self._account) as imap:
            for folder in self._folders:
                yield from self._folder(imap, folder, since)

    def count(self, since: Cursor) -> int | None:  # noqa: ARG002 - part of the interface
        """Return None: the server would have to be asked."""
        return None

    def read(self, blob: str) -> bytes | None:
        """Return a mail by reading all folders; what is spooled is found there without a server."""
        for event in self.events(Cursor()):
            if isinstance(event, Added) and event.raw.blob == blob:
                return event.raw.data
        return None

    def deletions(self) -> Iterable[Deleted]:
        """Return nothing: what is gone from a mailbox was not taken back by its list."""
        return ()

    def _folder(self, imap: Imap, folder: str, since: Cursor) -> Iterator[Event]:
        opened = imap.open(folder)
        old = since.tip(folder)
        first = _first_uid(old, opened)
        position = reached = since.count(folder) or 0
        last = old
        for uid, data, size in _mails(imap, first):
            found = self._mail(folder, uid, data, size)
            if found is None:
                continue
            if isinstance(found, Unreadable):
                yield found
                continue
            yield Added(epoch=folder, position=position, raw=found)
            position += 1
            if position - reached >= base.BATCH:
                reached, last = position, f"{opened.validity}:{uid + 1}"
                yield Reached(epoch=folder, tip=last, count=position)
            first = uid + 1
        tip = f"{opened.validity}:{max(first, opened.next_uid)}"
        if tip != last:
            yield Reached(epoch=folder, tip=tip, count=position)

    def _mail(self, folder: str, uid: int, data: bytes | None, size: int) -> RawMessage | Unreadable | None:
        origin = f"{self.name}/{folder};UID={uid}"
        if data is None:  # expunged between the list and the reading
            return None
        data = data[mail_start(data[:KEPT]) :]
        if not starts_mail(data[:KEPT]):
            return Unreadable(epoch=folder, origin=origin, reason=f"no mail: looks like {looks_like(data[:KEPT])}")
        if size > MAIL_CAP:  # more was fetched, as line ends are two bytes on the wire
            return raw_message(data[:KEPT], origin, truncated=True)
        return raw_message(data, origin)


def open_imap(what: str, accounts: Mapping[str, ImapConfig]) -> ImapSource:
    """Return the source for `NAME` or `NAME/FOLDER` of the configured accounts. Raises UsageError."""
    name, slash, folder = what.partition("/")
    if name not in accounts:
        there = f"there are {', '.join(accounts)}" if accounts else "none is configured"
        raise UsageError(f"imap:{what}: no account imap.{name} in the configuration; {there}")
    config = accounts[name]
    for key in ("host", "user"):
        if not getattr(config, key):
            raise UsageError(f"imap.{name}.{key}: is missing")
    account = Account(
        name=name,
        host=config.host,
        port=config.port,
        user=config.user,
        tls=config.tls,
        password_command=config.password_command,
    )
    return ImapSource(account, [folder] if slash else config.folders or ["INBOX"], f"imap:{what}")


def _first_uid(tip: str | None, opened: Opened) -> int:
    """Return the first UID that is not known: 1 when the server numbers anew."""
    validity, _, uid = (tip or "").partition(":")
    known = opened.validity and validity == str(opened.validity) and uid.isdecimal() and len(uid) < 12
    return int(uid) if known else 1


def _mails(imap: Imap, first: int) -> Iterator[tuple[int, bytes | None, int]]:
    """Yield UID, bytes and size of the mails from *first* on; of one over the cap only the first bytes are fetched."""
    sizes = imap.sizes(first)
    group: list[int] = []
    total = 0
    for uid, size in sizes.items():
        if group and (total + size > _BYTES_AT_ONCE or len(group) >= _AT_ONCE or size > MAIL_CAP):
            yield from _group(imap, group, sizes)
            group, total = [], 0
        if size > MAIL_CAP:
            yield uid, imap.read(uid, first_bytes=2 * KEPT), size
            continue
        group.append(uid)
        total += size
    yield from _group(imap, group, sizes)


def _group(imap: Imap, uids: list[int], sizes: dict[int, int]) -> Iterator[tuple[int, bytes | None, int]]:
    found = imap.read_many(uids) if uids else {}
    for uid in uids:
        yield uid, found.get(uid), sizes[uid]
