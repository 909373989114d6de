# SPDX-License-Identifier: GPL-2.0-or-later
"""What the headers of a mail say, read once: ids, people, dates, list, subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from patchwatch.model.mail import Person, Subject
from patchwatch.parse.addresses import bare_addresses, message_ids, parse_person
from patchwatch.parse.agents import is_bot_address
from patchwatch.parse.dates import utc_date, utc_received
from patchwatch.parse.headers import Headers
from patchwatch.parse.subject import parse_subject

MAX_REFERENCES = 99
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Envelope:
    """
    The facts of one header block.

    *ids* are all Message-IDs of the mail itself, *answers* those of In-Reply-To (*is_answer* also knows of a field
    without any). *date* is UTC, or that of *arrived* with *date_problem* to say why; either may be None.
    """

    ids: list[str]
    subject: str
    prefix: Subject
    raw_from: Person
    date: datetime | None
    date_problem: str
    arrived: datetime | None
    is_answer: bool
    answers: tuple[str, ...]
    references: tuple[str, ...]
    list_id: str
    to: Sequence[str]
    recipients: tuple[str, ...]
    is_automatic: bool


def read_envelope(headers: Headers) -> Envelope:
    """Read the header fields of one mail; any fields give an Envelope."""
    plain = headers.plain
    subject = headers.text("subject")
    answered, references = plain("in-reply-to"), plain("references")
    raw_from = parse_person(plain("from"))
    arrived = utc_received(plain("received"))
    date, problem = _dated(plain("date"), arrived)
    to, cc = bare_addresses(plain("to")), bare_addresses(plain("cc"))
    return Envelope(
        [found for value in headers.all("message-id") for found in message_ids(value)],
        subject,
        parse_subject(subject),
        raw_from,
        date,
        problem,
        arrived,
        answered != "",
        tuple(dict.fromkeys(message_ids(answered)))[:MAX_REFERENCES] if answered else (),
        _references(references) if references else (),
        _list_id(plain("list-id"), plain("x-mailing-list")),
        to,
        tuple(dict.fromkeys((*to, *cc))),
        plain("auto-submitted").lower() not in ("", "no") or is_bot_address(raw_from.email),
    )


def _dated(written: str, arrived: datetime | None) -> tuple[datetime | None, str]:
    """Return the date of the mail: its `Date:`, or its arrival when that is missing or impossible, and why."""
    date = utc_date(written)
    if date is not None and (arrived is None or date <= arrived + _DAY):
        return date, ""
    why = "unreadable or missing Date" if date is None else "Date lies after the arrival"
    return arrived, why + ("; arrival taken" if arrived else "")


def _references(value: str) -> tuple[str, ...]:
    """Return the ids of References; of a very long chain the first and last 99."""
    ids = tuple(dict.fromkeys(message_ids(value)))
    return ids if len(ids) <= 2 * MAX_REFERENCES else ids[:MAX_REFERENCES] + ids[-MAX_REFERENCES:]


def _list_id(value: str, x_mailing_list: str) -> str:
    if value:
        return _inner(value) if len(value) < 1_000 else _inner.__wrapped__(value)
    found = bare_addresses(x_mailing_list)
    return found[0].replace("@", ".", 1) if found else ""


@lru_cache(maxsize=1024)
def _inner(value: str) -> str:
    return value.rpartition("<")[2].partition(">")[0].strip().lower()[:255]
