# SPDX-License-Identifier: GPL-2.0-or-later
"""What `check` judges: mail of files, pipes and archives, of the database, and commits as they would be mailed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from patchwatch.assemble.threads import mark_shared_ids
from patchwatch.cli.settings import Settings
from patchwatch.errors import InputError
from patchwatch.model.mail import DefectKind, Message
from patchwatch.model.source import Unreadable
from patchwatch.parse.mail import read_message
from patchwatch.sources.base import Source, live_messages
from patchwatch.sources.detect import open_source

if TYPE_CHECKING:
    from patchwatch.config import ImapConfig

_SHOWN = 5
_KINDS = ("http", "https", "imap", "notmuch", "lei", "maildir", "mbox")


@dataclass(slots=True)
class Mail:
    """
    What was read: *texts* are bytes by blob id, None once there are more than *most*; *origins* where each was found.

    *odd* is what could not be read.
    """

    most: int | None = None
    found: dict[str, Message] = field(default_factory=dict)
    texts: dict[str, bytes] | None = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    odd: list[Unreadable] = field(default_factory=list)

    @property
    def messages(self) -> list[Message]:
        """All messages in the order in which they were read."""
        return mark_shared_ids(joined(list(self.found.values())))

    def text(self, message: Message) -> bytes | None:
        """Return the bytes of *message*, None when they are not kept."""
        return None if self.texts is None else self.texts.get(message.blob)

    def lines(self, message: Message) -> Sequence[str] | None:
        """Return the lines of the decoded body of *message*, None when its bytes are not kept."""
        from patchwatch.cli.choosing import body_lines

        return body_lines(self.text(message))

    def keep(self, blob: str, data: bytes) -> None:
        """Keep the bytes of a mail; those of an archive would fill the memory, so of too many none are kept."""
        if self.texts is not None:
            self.texts[blob] = data
            if self.most is not None and len(self.texts) > self.most:
                self.texts = None

    def take(self, source: Source, where: str) -> None:
        """Add the live mail of *source*, each once; InputError when there is none."""
        before, odd_before = len(self.found), len(self.odd)
        for raw in live_messages(source, self.odd.append):
            self.found.setdefault(raw.blob, read_message(raw))
            self.origins.setdefault(raw.blob, raw.origin)
            self.keep(raw.blob, raw.data)
        odd = self.odd[odd_before:]
        if len(self.found) == before and (odd or not self.found):
            more = f" (and {len(odd) - 1} more things could not be read)" if len(odd) > 1 else ""
            why = f"{odd[0].origin}: {odd[0].reason}{more}" if odd else f"{where}: no readable mail in it"
            raise InputError(why)


def read_all(settings: Settings, sources: Sequence[str], commits: Iterable[Source], most: int | None) -> Mail:
    """Read the mail of all *sources* and *commits*; tell what could not be read."""
    mail = Mail(most)
    for commit in commits:
        mail.take(commit, f"--git {commit.name}")
    for where in sources:
        before = len(mail.odd)
        if _is_message_id(where):
            _take_stored(settings, where, mail)
        else:
            mail.take(
                open_source(where, sys.stdin.buffer, _accounts(settings, where), settings.contact_for(where)), where
            )
        _tell(settings, where, mail.odd[before:])
    return mail


def _accounts(settings: Settings, where: str) -> Mapping[str, ImapConfig] | None:
    """Return the mail accounts, for which the configuration is read only where one is asked for."""
    return settings.config.imap if where.startswith("imap:") else None


def _tell(settings: Settings, where: str, odd: Sequence[Unreadable]) -> None:
    for one in odd[:_SHOWN]:
        settings.say(f"{one.origin}: {one.reason}")
    if len(odd) > _SHOWN:
        settings.say(f"{where}: {len(odd) - _SHOWN} more things could not be read")


def _is_message_id(where: str) -> bool:
    """Whether *where* can only be a Message-ID: nothing of this name is there, and no program or server is asked."""
    named = where.partition(":")[0].lower() in _KINDS
    return "@" in where and "/" not in where and not named and where != "-" and not os.path.lexists(where)


def _take_stored(settings: Settings, wanted: str, mail: Mail) -> None:
    """Add a whole series of the database: all its mail, and its text where an archive still has it."""
    from patchwatch.cli.mails import Mails
    from patchwatch.store.database import open_database
    from patchwatch.store.read import resolve_series
    from patchwatch.store.read_series import load_series

    with open_database(settings.database) as db, db.reading() as conn:
        series, _ = load_series(conn, resolve_series(conn, wanted))
        archives = Mails(conn, settings.spool)
        for message in (*series.messages, *series.followups, *series.foreign):
            if message.blob in mail.found:
                continue
            raw = archives.read(message)
            mail.found[message.blob] = message if raw is None else read_message(raw)
            mail.origins[message.blob] = "" if raw is None else raw.origin
            if raw is not None:
                mail.keep(raw.blob, raw.data)


def joined(messages: list[Message]) -> list[Message]:
    """
    Put patches of one series into one thread when none of them has a Message-ID, as `git format-patch` leaves them.

    They are one series if revision and total are the same and no place in it is taken twice. git writes the author of
    each commit as its From; who will post them all is taken to be the sender of the first. Mail that was posted has a
    Message-ID, so nobody can join another's series like this.
    """
    groups: dict[tuple[int | None, int], dict[int, Message]] = {}
    doubled: set[tuple[int | None, int]] = set()
    for message in messages:
        at, total = message.prefix.position, message.prefix.total
        if _is_bare(message) and at is not None and total is not None:
            key = (message.prefix.revision, total)
            if groups.setdefault(key, {}).setdefault(at, message) is not message:
                doubled.add(key)
    heads: dict[str, Message] = {}
    for key, members in groups.items():
        head = members[min(members)]
        if key not in doubled:
            heads.update({one.blob: head for one in members.values() if one is not head})
    return [_answering(one, heads[one.blob]) if one.blob in heads else one for one in messages] if heads else messages


def _is_bare(message: Message) -> bool:
    return not message.in_reply_to and any(one.kind is DefectKind.NO_MESSAGE_ID for one in message.defects)


def _answering(message: Message, head: Message) -> Message:
    thread = (head.message_id,)
    return replace(message, in_reply_to=thread, references=thread, sender=head.sender)
