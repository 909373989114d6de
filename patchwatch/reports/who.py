# SPDX-License-Identifier: GPL-2.0-or-later
"""`who`: facts on one address as text and JSON."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from patchwatch.reports.clean import one_line, several
from patchwatch.reports.jsonable import rfc3339
from patchwatch.reports.queue import age
from patchwatch.reports.text import Style
from patchwatch.store.who import About, Mail, Work


def who_lines(found: About, now: datetime, style: Style, limit: int) -> Iterator[str]:
    """Give the facts for people; at most *limit* series of a kind, 0 for all."""
    name, *others = found.names or ("",)
    yield style.strong(one_line(f"{name} <{found.email}>".strip()))
    if others:
        yield f"also as   {', '.join(map(one_line, others))}"
    for word, mail in (("first", found.first), ("last", found.last)):
        if mail is not None:
            yield f"{word:<9} {mail.date:%Y-%m-%d}  {one_line(mail.subject)}"
    lists = (f"{one_line(list_id) or '(none)'} ({several(count, 'mail')})" for list_id, count in found.lists)
    yield f"lists     {', '.join(lists)}"
    yield f"series    {len(found.works)} in {several(found.postings, 'posting')}, {found.applied} known to be applied"
    answers = f"{several(found.answers, 'mail')} on own series, {found.replies_to_others} on those of others"
    yield f"answers   {answers}"
    yield from _waiting("Waits for an answer of this person:", found.owed, now, limit)
    yield from _waiting("This person waits for an answer:", found.waiting, now, limit)
    if found.works:
        yield ""
        yield "Series, newest first:"
        for work in _first(found.works, limit):
            date = f"{work.date:%Y-%m-%d}" if work.date else "-"
            yield f"  {date:<10}  v{work.revision:<2} {work.state:<10} {one_line(work.subject)}"
        yield from _more(found.works, limit)


def who_json(found: About) -> str:
    """Return the same as JSON."""
    document = {
        "schema": "patchwatch.who/1",
        "email": found.email,
        "names": list(found.names),
        "messages": found.messages,
        "first": _mail_value(found.first),
        "last": _mail_value(found.last),
        "lists": [{"list": name, "messages": count} for name, count in found.lists],
        "postings": found.postings,
        "applied": found.applied,
        "answers": found.answers,
        "replies_to_others": found.replies_to_others,
        "owed": [work.id for work in found.owed],
        "waiting": [work.id for work in found.waiting],
        "series": [_work_value(work) for work in found.works],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _waiting(heading: str, works: Sequence[Work], now: datetime, limit: int) -> Iterator[str]:
    if not works:
        return
    yield ""
    yield heading
    for work in _first(works, limit):
        by = "" if work.waits_for == "author" else f"{work.waits_for}: "
        yield f"  {age(work.since, now):>4}  {by}{one_line(work.subject)}"
        mark = "asks (by its form)" if work.is_question else "last mail"
        yield f"        {mark}: {one_line(work.since_message)}"
        if work.quote:
            yield f"        > {one_line(work.quote)}"
    yield from _more(works, limit)


def _first(works: Sequence[Work], limit: int) -> Sequence[Work]:
    return works[:limit] if limit else works


def _more(works: Sequence[Work], limit: int) -> Iterator[str]:
    if limit and len(works) > limit:
        yield f"  and {len(works) - limit} more"


def _mail_value(mail: Mail | None) -> object:
    if mail is None:
        return None
    return {"message_id": mail.message_id, "subject": mail.subject, "date": rfc3339(mail.date)}


def _work_value(work: Work) -> object:
    waits = {
        "for": work.waits_for,
        "since": rfc3339(work.since),
        "message_id": work.since_message,
        "is_question": work.is_question,
        "quote": work.quote or None,
    }
    return {
        "id": work.id,
        "subject": work.subject,
        "list": work.list_id,
        "revision": work.revision,
        "date": rfc3339(work.date),
        "state": work.state,
        "disclosed": work.disclosed,
        "waits": waits if work.waits_for else None,
    }
