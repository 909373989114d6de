# SPDX-License-Identifier: GPL-2.0-or-later
"""Which lines of a thread asked the submitter something, and when each of them was answered or lost its point."""

from datetime import UTC, datetime
from math import inf

from patchwatch.assemble.replies import Authors, Replies, people_in
from patchwatch.assemble.said import order_of
from patchwatch.assemble.waiting import applied_in
from patchwatch.model.history import Asked
from patchwatch.model.mail import Message
from patchwatch.model.series import Series

MAX_LINE = 512
_CLOSERS = "\"')*_ ]"
_ENDS = (". ", "! ", "? ", ": ", "; ", " - ", " -- ", "... ")
_AROUND = ",\"'`*_()"
_FILLING = frozenset("and but so or also btw hmm well then just ok okay first second i.e e.g".split())
_ASKING = frozenset(
    """what what's whats why how when where which who whose is are am was were does do did has have had isn't aren't
    doesn't don't didn't wasn't any""".split()
)
_SUGGESTING = (
    *(
        "how about",
        "what about",
        "why not",
        "why don't",
        "what if",
        "how would you feel",
        "how do you think",
        "any chance",
    ),
    "how should we proceed",  # the stable trees' program asks so
    *("is it possible", "is it ok", "is it better", "isn't it better", "do you mind", "do you want", "do we want"),
)


def questions_in(series: Series) -> tuple[tuple[Asked, ...], datetime | None]:
    """
    Return the full questions to a posting, oldest first, and when it was said to be applied.

    A question ends with the first mail below it, for a maintainer or another author may answer as well, and with
    the next mail of who asked on the same patch or on all: who goes on does not wait for that answer.
    """
    if not any(_may_matter(mail) for mail in series.followups):
        return (), None
    replies, authors = Replies(series), Authors(series)
    said = people_in(replies.mails)
    applied = applied_in(replies)
    settled = None if applied is None else _moment(applied)
    asking = [mail for mail in said if is_full_question(_question(mail)) and not authors.wrote(mail)]
    if not asking:
        return (), settled
    below = _first_answers(replies, said)
    later = _later_words(replies, said)
    return tuple(_asked(mail, min(below.get(mail.blob, inf), later[mail.blob])) for mail in asking), settled


def is_full_question(line: str) -> bool:
    """
    Whether a line is by itself a question that wants an answer in words: it begins like one.

    The end of a sentence that began on another line, and what suggests in the form of a question ("how about ...",
    "why not ..."), may well be answered by the next revision.
    """
    sentence = line[:MAX_LINE].rstrip(_CLOSERS)
    if not sentence.endswith(("?", "？")):
        return False
    sentence = sentence.rstrip("?？ ")
    for mark in _ENDS:
        sentence = sentence.rpartition(mark)[2]
    words = [word.strip(_AROUND) for word in sentence.lower().split()]
    while words and words[0] in _FILLING:
        words.pop(0)
    return len(words) > 1 and words[0] in _ASKING and not " ".join(words[:4]).startswith(_SUGGESTING)


def _may_matter(mail: Message) -> bool:
    said = mail.speech
    return said is not None and (said.question is not None or said.claim is not None)


def _question(mail: Message) -> str:
    return mail.speech.question.quote if mail.speech is not None and mail.speech.question is not None else ""


def _asked(mail: Message, closed: float) -> Asked:
    line = None if mail.speech is None else mail.speech.question
    return Asked(
        message_id=mail.message_id,
        line=None if line is None else line.line,
        quote=_question(mail),
        at=_moment(mail),
        closed=None if closed == inf else datetime.fromtimestamp(closed, UTC),
    )


def _first_answers(replies: Replies, said: list[Message]) -> dict[str, float]:
    """Return by blob when somebody first wrote below a mail; no mail is climbed past twice."""
    found: dict[str, float] = {}
    for answer in sorted(said, key=replies.order):
        above = replies.parent[answer.blob]
        while above is not None and above.blob in replies.parent and above.blob not in found:
            found[above.blob] = order_of(answer)
            above = replies.parent[above.blob]
    return found


def _later_words(replies: Replies, said: list[Message]) -> dict[str, float]:
    """Return by blob when its sender next wrote on the same patch or on the cover letter; infinity for never."""
    cover = replies.series.cover
    found: dict[str, float] = {}
    spoke: dict[tuple[str, str], float] = {}
    for mail in reversed(said):
        above = replies.above(mail)
        places = [(_who(mail), one.blob) for one in (above, cover) if one is not None]
        found[mail.blob] = min((spoke.get(place, inf) for place in places), default=inf)
        if above is not None:
            spoke[_who(mail), above.blob] = order_of(mail)
    return found


def _who(mail: Message) -> str:
    return mail.sender.email.lower()


def _moment(mail: Message) -> datetime:
    return datetime.fromtimestamp(order_of(mail), UTC)
