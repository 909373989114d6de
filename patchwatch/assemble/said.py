# SPDX-License-Identifier: GPL-2.0-or-later
"""What a single mail by a person says, so far as it moves the ball."""

from patchwatch.assemble.replies import claims_applied
from patchwatch.model.followup import Line
from patchwatch.model.mail import MarkKind, Message

_REQUESTS = (
    *("please", "pls", "could you", "can you", "would you", "will you", "can we", "could we", "should we", "shall"),
)


def order_of(mail: Message) -> float:
    """Return when a mail arrived, in seconds; its Date when no header tells."""
    moment = mail.speech.received if mail.speech is not None and mail.speech.received is not None else mail.date
    return 0.0 if moment is None else moment.timestamp()


def asks(mail: Message) -> Line | None:
    """Return the line that asks, by its form, unless its sender says further down that they will act."""
    line = None if mail.speech is None else mail.speech.question
    acts = None if line is None else next_step(mail, MarkKind.ACTS)
    if line is not None and acts is not None and (acts.line or 0) > (line.line or 0):
        return None
    return line


def is_request(line: Line) -> bool:
    """Whether a line that asks wants something done, so that a new version answers it."""
    return line.quote.lower().startswith(_REQUESTS) or not line.quote.rstrip("\"')*_ ").endswith("?")


def next_step(mail: Message, *kinds: MarkKind) -> Line | None:
    """Return the line that says something of the next step."""
    mark = next((mark for mark in mail.marks if mark.kind in kinds), None)
    return None if mark is None else Line(mark.line, mark.quote)


def gives(mail: Message) -> bool:
    """Whether a mail gives a trailer of a person."""
    return any(trailer.key.lower().endswith("-by") for trailer in mail.trailers)


def approves(mail: Message) -> bool:
    """Whether it gives a trailer and objects to nothing."""
    return gives(mail) and (mail.speech is None or mail.speech.objection is None)


def only_trailers(mail: Message) -> bool:
    """Whether it gives trailers and says nothing else."""
    return mail.speech is not None and not mail.speech.own_lines and gives(mail)


def moves(mail: Message) -> bool:
    """Whether a mail by a person moves the ball: not a bare "thanks", not a note that some patch was applied."""
    said = mail.speech
    if said is None:
        return True
    return not claims_applied(mail) and bool(said.own_lines or said.objection or gives(mail))


def who(mail: Message) -> str:
    """Return the address of its sender, in lower case."""
    return mail.sender.email.lower()
