# SPDX-License-Identifier: GPL-2.0-or-later
"""
Whom a question is put to, where it says so: `Ann, could you look?`, `@ann`, `What do you think, Ann?`, `Hi Ann,`.

Names are those of people in the thread and in the trailers of the patches; a name that is also one of the submitter's
says nothing.
"""

from patchwatch.assemble.replies import Replies, people_in
from patchwatch.model.followup import Line
from patchwatch.model.mail import Mark, MarkKind, Message

_MAX_PLACE = 60
_MOST_WORDS = 4
_COURTESY = frozenset("hi hello hey dear and & cc also maybe".split())
_ENDS = "?？!. )]\"'"


class Addressees:
    """The people of one thread by the words of their names."""

    def __init__(self, replies: Replies) -> None:
        series = replies.series
        own: set[str] = set()
        for mail in series.messages:
            own |= _words_of(mail.sender.name, mail.sender.email) | _words_of(mail.author.name, mail.author.email)
        others: set[str] = set()
        for mail in people_in(replies.mails):
            others |= _words_of(mail.sender.name, mail.sender.email)
        for mail in series.messages:
            for trailer in mail.trailers:
                name, _, address = trailer.value.partition("<")
                if "@" in address:
                    others |= _words_of(name, address.partition(">")[0])
        self._own, self._others = own, others - own

    def names_others(self, mail: Message, asks: Line) -> bool:
        """Whether the line of *mail* that asks, or else its greeting, names somebody else than the submitter."""
        line = asks.quote
        begin = line.partition(",")[0]
        end = line.rstrip(_ENDS)
        for sign in (",", ". ", "! ", "  "):
            end = end.rpartition(sign)[2]
        if self._are_others(begin) and begin != line:
            return True
        if self._are_others(end) and line.rstrip(" )\"'").endswith(("?", "？")):
            return True
        if any(word[0] == "@" and self._are_others(word[1:]) for word in line.split()[:100]):
            return True
        greeting = _greeting(mail)
        return greeting is not None and self._are_others(greeting.quote.lstrip("@").partition(",")[0])

    def _are_others(self, text: str) -> bool:
        words = [word for word in _words(text[:_MAX_PLACE]) if word not in _COURTESY]
        return 0 < len(words) <= _MOST_WORDS and len(text) <= _MAX_PLACE and self._others.issuperset(words)


def _greeting(mail: Message) -> Mark | None:
    return next((mark for mark in mail.marks if mark.kind is MarkKind.GREETS), None)


def _words_of(name: str, email: str) -> set[str]:
    words = {word for word in _words(name[:200]) if len(word) > 1}
    return words | {email.partition("@")[0].casefold()}


def _words(text: str) -> list[str]:
    words = (word.strip(".,:;!?()'\"<>") for word in text.casefold().split())
    return [word for word in words if word]
