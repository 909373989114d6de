# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who owes the next mail on a series, and the mail that this rests on.

1. Nobody replied: the reviewers. 2. The last mail is by somebody else: the maintainer when it is trailers only or its
sender will act, the reviewers when it asks somebody else by name or its sender will look, else the author. What one
reviewer says to another without asking leaves the ball where it was. 3. It is by the author: us when it answers or
addresses us, else the reviewers; the author when it promises a new version. 4. Of several questions without an answer
the oldest wins, so that one busy branch of a thread does not hide it. 5. A new revision answers no question of the
former one (but it does answer a request). Who says that all was applied, or the author who takes the patch back, ends
the waiting: the claim is shown, it is no state.
"""

from collections import Counter
from collections.abc import Sequence

from patchwatch.assemble.replies import Authors, Replies, claims_applied, people_in
from patchwatch.assemble.said import asks, is_request, moves, order_of, who
from patchwatch.assemble.turns import by_last, on, promised
from patchwatch.assemble.unanswered import open_questions
from patchwatch.model.followup import Party, Waits
from patchwatch.model.mail import Message
from patchwatch.model.series import Series, State

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
    applied = applied_in(replies)
    said = mails = [mail for mail in people_in(replies.mails) if moves(mail)]
    if applied is not None:
        after = [mail for mail in said if replies.order(mail) > replies.order(applied)]
        mails = open_questions(replies, after, said, authors)
        if not mails:
            claim = None if applied.speech is None else applied.speech.claim
            return on(applied, Party.NOBODY, None if claim is None else claim.where)
    waiting = open_questions(replies, mails, said, authors)
    if former is not None and applied is None:
        waiting += _former_questions(former, authors, mails)
    if waiting:
        oldest = min(waiting, key=lambda mail: (order_of(mail), mail.blob))
        return on(oldest, Party.AUTHOR, asks(oldest), question=True)
    return promised(replies, mails, authors) or by_last(replies, mails, authors, me)


def _former_questions(former: Replies, authors: Authors, now: Sequence[Message]) -> list[Message]:
    """
    Return the questions to the former revision that nobody answered and whose askers have not spoken since.

    A request ("could you ...", "please ...") is answered by a new revision, a question is not.
    """
    if applied_in(former) is not None:
        return []
    since = {who(mail) for mail in now}
    mails = [mail for mail in people_in(former.mails) if moves(mail)]
    found = open_questions(former, mails, mails, authors)
    return [
        mail for mail in found if (line := asks(mail)) is not None and not is_request(line) and who(mail) not in since
    ]


def applied_in(replies: Replies) -> Message | None:
    """
    Return the mail after which all of the series was said to be applied, None without.

    On a cover letter or the only patch it speaks of all, on another patch of that patch, unless its words say more.
    `(subset)` in the subject speaks of some.
    """
    missing = {patch.message.blob for patch in replies.series.patches}
    told: Counter[str] = Counter()
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
        told[who(mail)] += 1  # one mail a patch, some of them in the wrong place
        if not missing or told[who(mail)] >= len(replies.series.patches):
            return mail
    return None
