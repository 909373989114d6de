# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who owes the next mail on a series, and the mail that this rests on.

1. Nobody replied: the reviewers. 2. The last mail is by somebody else: the maintainer when it is trailers only, else
the author. 3. It is by the author: us when it answers or addresses us, else the reviewers. 4. Of several questions
without an answer the oldest wins, so that one busy branch of a thread does not hide it. 5. A new revision answers no
question of the former one (but it does answer a request). Who says that all was applied ends the waiting: the
claim is shown, it is no state.
"""

from patchwatch.assemble.replies import Authors, Replies, claims_applied, people_in
from patchwatch.model.followup import Line, Party, Waits
from patchwatch.model.mail import Message
from patchwatch.model.series import Series, State

_REQUESTS = (
    "please",
    "pls",
    "could you",
    "can you",
    "would you",
    "will you",
    "can we",
    "could we",
    "should we",
    "shall",
)
_WHOLE = ("series", "all ", "both", "patches")


def waits_of(replies: Replies, former: Replies | None, me: frozenset[str], newer: Series | None) -> Waits:
    """Return who owes the next mail; *me* are the user's addresses in lower case."""
    series = replies.series
    if series.state is State.SUPERSEDED:
        since = None if newer is None else newer.date
        return Waits(party=Party.NOBODY, since=since, message_id=series.superseded_by or series.id)
    if series.state is State.MERGED:
        return Waits(party=Party.NOBODY, since=None, message_id=series.id)
    authors = Authors(series)
    applied = _applied(replies)
    said = mails = [mail for mail in people_in(replies.mails) if _moves(mail)]
    if applied is not None:
        mails = [mail for mail in said if replies.order(mail) > replies.order(applied) and _asks(mail) is not None]
        if not mails:
            claim = None if applied.speech is None else applied.speech.claim
            return _on(applied, Party.NOBODY, None if claim is None else claim.where)
    waiting = _open_questions(replies, mails, said, authors)
    if former is not None and applied is None:
        waiting += _former_questions(former, authors, mails)
    if waiting:
        oldest = min(waiting, key=lambda mail: (order_of(mail), mail.blob))
        return _on(oldest, Party.AUTHOR, _asks(oldest), question=True)
    return _by_last(mails[-1], replies, authors, me) if mails else _on(series.head, Party.REVIEWERS)


def order_of(mail: Message) -> float:
    """Return when a mail arrived, in seconds; its Date when no header tells."""
    moment = mail.speech.received if mail.speech is not None and mail.speech.received is not None else mail.date
    return 0.0 if moment is None else moment.timestamp()


def _by_last(last: Message, replies: Replies, authors: Authors, me: frozenset[str]) -> Waits:
    if authors.wrote(last):
        answered = replies.parent[last.blob]
        addressed = last.recipients[: 0 if last.speech is None else last.speech.to_count]
        ours = (answered is not None and answered.sender.email.lower() in me) or not me.isdisjoint(addressed)
        return _on(last, Party.US if ours else Party.REVIEWERS)
    if (asks := _asks(last)) is not None:
        return _on(last, Party.AUTHOR, asks, question=True)
    return _on(last, Party.MAINTAINER if _only_trailers(last) else Party.AUTHOR)


def _on(mail: Message, party: Party, where: Line | None = None, *, question: bool = False) -> Waits:
    return Waits(party=party, since=mail.date, message_id=mail.message_id, where=where, question=question)


def _asks(mail: Message) -> Line | None:
    return None if mail.speech is None else mail.speech.question


def _gives(mail: Message) -> bool:
    return any(trailer.key.lower().endswith("-by") for trailer in mail.trailers)


def _only_trailers(mail: Message) -> bool:
    return mail.speech is not None and not mail.speech.own_lines and _gives(mail)


def _moves(mail: Message) -> bool:
    """Whether a mail by a person moves the ball: not a bare "thanks", not a note that some patch was applied."""
    said = mail.speech
    if said is None:
        return True
    return not claims_applied(mail) and bool(said.own_lines or said.objection or _gives(mail))


def _open_questions(replies: Replies, mails: list[Message], said: list[Message], authors: Authors) -> list[Message]:
    """
    Return those of *mails* that ask and are by others, with none of what the author *said* below them.

    Who asked and later gave a trailer to the same patch, or to all, has got the answer somewhere.
    """
    answered = replies.above_any(mail for mail in said if authors.wrote(mail))
    content: dict[tuple[str, str], tuple[float, int, str]] = {}
    for mail in said:
        above = replies.above(mail)
        if above is not None and _gives(mail) and (mail.speech is None or mail.speech.objection is None):
            content[mail.sender.email.lower(), above.blob] = replies.order(mail)
    cover = replies.series.cover
    found = []
    for mail in mails:
        if _asks(mail) is None or mail.blob in answered or authors.wrote(mail):
            continue
        who, above = mail.sender.email.lower(), replies.above(mail)
        places = [one.blob for one in (above, cover) if one is not None]
        if not any(content.get((who, place), (0.0, 0, "")) > replies.order(mail) for place in places):
            found.append(mail)
    return found


def _former_questions(former: Replies, authors: Authors, now: list[Message]) -> list[Message]:
    """
    Return the questions to the former revision that nobody answered and whose askers have not spoken since.

    A request ("could you ...", "please ...") is answered by a new revision, a question is not.
    """
    if _applied(former) is not None:
        return []
    since = {mail.sender.email.lower() for mail in now}
    mails = [mail for mail in people_in(former.mails) if _moves(mail)]
    found = []
    for mail in _open_questions(former, mails, mails, authors):
        asks = _asks(mail)
        request = (
            asks is None or asks.quote.lower().startswith(_REQUESTS) or not asks.quote.rstrip("\"')*_ ").endswith("?")
        )
        if not request and mail.sender.email.lower() not in since:
            found.append(mail)
    return found


def _applied(replies: Replies) -> Message | None:
    """
    Return the mail after which all of the series was said to be applied, None without.

    On a cover letter or the only patch it speaks of all, on another patch of that patch, unless its words say more.
    `(subset)` in the subject speaks of some.
    """
    missing = {patch.message.blob for patch in replies.series.patches}
    for mail in replies.mails:
        above = replies.above(mail)
        if above is None or mail.speech is None or mail.speech.claim is None or not claims_applied(mail):
            continue
        if "(subset)" in mail.subject.lower():
            continue
        quote = mail.speech.claim.where.quote.lower()
        if above is replies.series.cover or any(word in quote for word in _WHOLE):
            return mail
        missing.discard(above.blob)
        if not missing:
            return mail
    return None
