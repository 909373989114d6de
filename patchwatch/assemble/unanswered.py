# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions and remarks of reviewers that nobody has answered."""

from collections.abc import Sequence

from patchwatch.assemble.addressees import Addressees
from patchwatch.assemble.replies import Authors, Replies
from patchwatch.assemble.said import approves, asks, gives, is_request, next_step, only_trailers, who
from patchwatch.model.mail import MarkKind, Message

_Order = tuple[float, int, str]
_NEVER: _Order = (0.0, 0, "")


def open_questions(
    replies: Replies, mails: Sequence[Message], said: Sequence[Message], authors: Authors
) -> list[Message]:
    """
    Return those of *mails* that ask the author, and that nothing *said* has answered.

    An answer is any mail of the author below, or the words of somebody else who asks nothing. Who asked and later gave
    a trailer to the same patch, or to all, has got the answer somewhere; so has who will act, and whose later mail on
    that patch the author answered. A request to a patch that was sent anew is answered by that.
    """
    people = Addressees(replies)
    answered = replies.above_any(mail for mail in said if authors.wrote(mail)) | answered_by_others(replies, said)
    settled = _settled(replies, said, authors)
    cover = replies.series.cover
    found = []
    for mail in mails:
        line = asks(mail)
        if line is None or mail.blob in answered or authors.wrote(mail) or people.names_others(mail, line):
            continue
        above = replies.above(mail)
        if above in replies.replaced and is_request(line):
            continue
        places = ["", *(one.blob for one in (above, cover) if one is not None)]
        if not any(settled.get((who(mail), place), _NEVER) > replies.order(mail) for place in places):
            found.append(mail)
    return found


def _settled(replies: Replies, said: Sequence[Message], authors: Authors) -> dict[tuple[str, str], _Order]:
    """Return by person and patch ("": all) up to when what they asked is settled."""
    found: dict[tuple[str, str], _Order] = {}

    def settle(mail: Message, place: str) -> None:
        key = who(mail), place
        found[key] = max(found.get(key, _NEVER), replies.order(mail))

    for mail in said:
        above, parent = replies.above(mail), replies.parent[mail.blob]
        if above is not None and approves(mail):
            settle(mail, above.blob)
        if next_step(mail, MarkKind.ACTS) is not None:
            settle(mail, "")
        if parent is not None and parent.blob in replies.parent and authors.wrote(mail) and above is not None:
            settle(parent, above.blob)
    return found


def answered_by_others(replies: Replies, said: Sequence[Message]) -> set[str]:
    """Return the mails that somebody other than their sender answered with words and without a question."""
    found = set[str]()
    for mail in said:
        parent = replies.parent[mail.blob]
        speaks = mail.speech is not None and mail.speech.objection is None and not only_trailers(mail)
        if parent is not None and who(parent) != who(mail) and asks(mail) is None and speaks:
            found.add(parent.blob)
    return found


def oldest_remark(replies: Replies, mails: Sequence[Message], authors: Authors) -> Message | None:
    """Return the oldest remark on a single patch that nobody answered, by one who approved neither it nor all."""
    answered = {parent.blob for mail in mails if (parent := replies.parent[mail.blob]) is not None}
    steps = (MarkKind.ACTS, MarkKind.LOOKS, MarkKind.NEXT_VERSION)
    approved = {(who(mail), above.blob) for mail in mails if gives(mail) and (above := replies.above(mail)) is not None}
    cover = replies.series.cover
    for mail in mails:
        above = replies.above(mail)
        if above is None or above is cover or above is not replies.parent[mail.blob] or above in replies.replaced:
            continue
        places = {(who(mail), one.blob) for one in (above, cover) if one is not None}
        if mail.blob in answered or authors.wrote(mail) or next_step(mail, *steps) is not None:
            continue
        if approved.isdisjoint(places):
            return mail
    return None
