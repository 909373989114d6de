# SPDX-License-Identifier: GPL-2.0-or-later
"""A reply nobody has sent, and the mail it answers."""

from dataclasses import dataclass
from datetime import datetime

from patchwatch.model.mail import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who writes: the From of a draft, further own addresses (never in Cc), and the signature's lines."""

    person: Person
    own: tuple[str, ...] = ()
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    The mail that a draft answers, as its headers and decoded body say.

    *sender* is the raw From, *original_from* X-Original-From; Message-IDs are bare. *date* keeps the zone
    of the mail, None when unreadable. *lines* is the decoded body: `lines[n - 1]` is line n of all evidence.
    *automatic* gives the header that marks an automatic mail (RFC 3834), else "".
    """

    message_id: str
    sender: Person
    original_from: Person | None
    reply_to: tuple[Person, ...]
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    subject: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    date: datetime | None
    lines: tuple[str, ...]
    list_id: str
    automatic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """*data* is a whole mail: ASCII headers, LF line ends, text/plain 7bit or utf-8 8bit. Message-IDs are bare."""

    message_id: str
    in_reply_to: str
    data: bytes
