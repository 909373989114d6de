# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose turn it is when no question is open: what was promised, and what the last mails leave to do."""

from collections.abc import Sequence

from patchwatch.assemble.addressees import Addressees
from patchwatch.assemble.replies import Authors, Replies
from patchwatch.assemble.said import asks, gives, next_step, only_trailers, order_of, who
from patchwatch.assemble.unanswered import answered_by_others, oldest_remark
from patchwatch.model.followup import Line, Party, Waits
from patchwatch.model.mail import MarkKind, Message


def on(mail: Message, party: Party, where: Line | None = None, *, question: bool = False) -> Waits:
    """Return that *party* owes the next mail since *mail*."""
    return Waits(party=party, since=mail.date, message_id=mail.message_id, where=where, question=question)


def promised(replies: Replies, mails: Sequence[Message], authors: Authors) -> Waits | None:
    """Return what the author last said of a new version, or to take the patch back, unless somebody acts since."""
    for mail in reversed(mails):
        if not authors.wrote(mail):
            if next_step(mail, MarkKind.ACTS) is not None:
                return None
            continue
        promise = next_step(mail, MarkKind.NEXT_VERSION)
        if promise is not None and _is_newer(promise.quote, replies.series.revision):
            return on(mail, Party.AUTHOR, promise)
        taken_back = next_step(mail, MarkKind.WITHDRAWN)
        whole = replies.above(mail) is replies.series.cover or len(replies.series.patches) == 1
        if taken_back is not None and whole:
            return on(mail, Party.NOBODY, taken_back)
    return None


def _is_newer(promise: str, revision: int) -> bool:
    """Whether a promise speaks of no number, or of one above *revision*: who posts v3 may say what changed in v3."""
    words = (word.strip(".,:;!()'\"`*") for word in promise.lower().split())
    numbers = [int(word[1:]) for word in words if word[:1] == "v" and word[1:].isascii() and word[1:].isdecimal()]
    return not numbers or max(numbers) > revision


def by_last(replies: Replies, mails: Sequence[Message], authors: Authors, me: frozenset[str]) -> Waits:
    """Return whose turn it is after the last mail that does not leave the ball where it was."""
    people, answered = Addressees(replies), answered_by_others(replies, mails)
    anew = _sent_anew(replies)
    for mail in reversed(mails):
        if anew is not None and order_of(anew) > order_of(mail):
            break
        if authors.wrote(mail):
            return _after_author(mail, replies, authors, me)
        line = asks(mail)
        if line is not None:
            others = mail.blob in answered or people.names_others(mail, line)
            return on(mail, Party.REVIEWERS if others else Party.AUTHOR, line, question=True)
        if only_trailers(mail) and (remark := oldest_remark(replies, mails, authors)) is not None:
            return on(remark, Party.AUTHOR)
        found = _after_reviewer(mail, replies, authors)
        if found is not None:
            return found
    return on(anew or replies.series.head, Party.REVIEWERS)


def _sent_anew(replies: Replies) -> Message | None:
    """Return the newest patch that was sent anew for a slot."""
    slots = replies.series.patches if replies.replaced else ()
    anew = [patch.message for patch in slots if (patch.message.prefix.revision or 1) > replies.series.revision]
    return max(anew, key=order_of, default=None)


def _after_author(last: Message, replies: Replies, authors: Authors, me: frozenset[str]) -> Waits:
    """Return whose turn it is: an answer to who will act, or to a remark beside a trailer, leaves it to them."""
    answered = replies.parent[last.blob]
    if asks(last) is None:
        step = next_step(last, MarkKind.ACTS, MarkKind.LOOKS)
        if step is not None:
            return on(last, Party.AUTHOR, step)
        if answered is not None and answered.blob in replies.parent and not authors.wrote(answered):
            remarked = gives(answered) and not only_trailers(answered)
            if remarked or next_step(answered, MarkKind.ACTS) is not None:
                return on(last, Party.MAINTAINER)
    addressed = last.recipients[: 0 if last.speech is None else last.speech.to_count]
    ours = (answered is not None and who(answered) in me) or not me.isdisjoint(addressed)
    return on(last, Party.US if ours else Party.REVIEWERS)


def _after_reviewer(last: Message, replies: Replies, authors: Authors) -> Waits | None:
    """Return whose turn it is after a mail that asks nothing, None when it leaves the ball where it was."""
    if (step := next_step(last, MarkKind.ACTS, MarkKind.NEXT_VERSION)) is not None:
        return on(last, Party.MAINTAINER, step)
    if (step := next_step(last, MarkKind.LOOKS)) is not None:
        return on(last, Party.REVIEWERS, step)
    if only_trailers(last):
        return on(last, Party.MAINTAINER)
    above = replies.parent[last.blob]
    to_another = above is not None and who(above) != who(last) and not authors.wrote(above)
    return None if to_another else on(last, Party.AUTHOR)
