# SPDX-License-Identifier: GPL-2.0-or-later
"""
The drafts folder of a mail server, which every client of the account shows.

Of IMAP only what this needs: LIST, SELECT of the one folder, FETCH with PEEK, APPEND, and the removal of one UID
that we wrote. A mail never changes under its UID: what was compared is what is removed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from patchwatch.adapters.imap import Account, Imap, Opened, drafts_folder
from patchwatch.errors import UsageError
from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Sink
from patchwatch.sinks.compare import header_ids
from patchwatch.sinks.values import Entry, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapDrafts:
    """An account and its configured *folder* for drafts; "": the one that the server marks."""

    account: Account
    folder: str = ""


class ImapSink(Sink):
    """Appends drafts with `\\Draft \\Seen`; the folder is never made."""

    def __init__(self, drafts: ImapDrafts) -> None:
        self._drafts = drafts
        self.name = f"imap:{drafts.account.name}"
        self.where = self.name
        for key in ("host", "user"):
            if not getattr(drafts.account, key):
                raise UsageError(f"imap.{drafts.account.name}.{key}: is missing")

    @contextmanager
    def opened(self, *, write: bool = True) -> Iterator[Place]:
        """See `Sink.opened`."""
        with Imap(self._drafts.account) as server:
            folder = drafts_folder(server.folders(), self._drafts.folder)
            yield _ImapPlace(server, folder, server.open(folder, write=write), self.name)


class _ImapPlace(Place):
    def __init__(self, server: Imap, folder: str, opened: Opened, name: str) -> None:
        super().__init__()
        self._server, self._folder, self._opened = server, folder, opened
        self._where = f"{name}/{folder}"

    def scan(self) -> list[Entry]:
        """
        Read the ids of all mails: SEARCH HEADER finds parts of values, and not all servers find the same.
        """
        if not self._opened.exists:
            return []
        return [
            self._entry(str(uid), head, deleted="\\deleted" in flags)
            for uid, (head, flags) in self._server.threading().items()
        ]

    def read(self, entry: Entry) -> bytes | None:
        return self._server.read(int(entry.ref))

    def store(self, draft: Draft) -> Entry:
        uid = self._server.append(self._folder, draft.data)
        return self._entry("" if uid is None else str(uid), draft.data)

    def remove(self, entry: Entry) -> None:
        if entry.ref:  # else it is of this run, from a server that does not tell UIDs
            self._server.remove(int(entry.ref))

    def _entry(self, ref: str, head: bytes, *, deleted: bool = False) -> Entry:
        ids, parents = header_ids(head, "Message-ID"), header_ids(head, "In-Reply-To")
        return Entry(ref=ref, where=self._where, message_ids=ids, in_reply_to=parents, deleted=deleted)
