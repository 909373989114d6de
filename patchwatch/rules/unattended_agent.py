# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unattended-agent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from patchwatch.model.mail import MessageKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Skipped
from patchwatch.parse.addresses import parse_person
from patchwatch.rules._ai import Declared, agents_in_headers
from patchwatch.rules._signers import people_signed
from patchwatch.rules.base import Context, Example, Hit, Rule


@dataclass(frozen=True, kw_only=True)
class UnattendedAgent(Rule):
    """
    An AI agent sent the series, others answered, and no person behind it has answered them.

    Projects that let agents post want a person who reads the answers. Persons behind a series are its
    sender, the authors and those who signed off; an answer counts when no header of it names an agent. Silence
    is told only after some days, counted from the first answer to the newest mail that is known, and people
    have good reasons to be silent: this informs and never decides. Without any answer of others there is
    nothing to see, and where the thread may be elsewhere the rule is skipped.
    """

    id: ClassVar[str] = "unattended-agent"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "no person has answered for an AI agent's series"
    sources: ClassVar[tuple[str, ...]] = ("https://llvm.org/docs/AIToolPolicy.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="nobody-answered.mbox", flagged=True, policy="llvm@2026-01"),
        Example(file="signer-answered.mbox", flagged=False, policy="llvm@2026-01"),
        Example(file="answered-yesterday.mbox", flagged=False, policy="llvm@2026-01"),
        Example(file="sent-by-a-person.mbox", flagged=False, policy="llvm@2026-01"),
    )

    days: int = field(default=14, metadata={"description": "Days of silence after the first answer of somebody else."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit for a series of an agent that nobody answers for."""
        agents = [
            Declared(message, disclosure, None)
            for message in series.messages
            for disclosure in agents_in_headers(message)
        ]
        if not agents:
            return
        behind = _people_behind(series)
        replies = [m for m in series.followups if m.kind is MessageKind.REPLY and not m.is_automatic]
        if any(m.sender.email.casefold() in behind and not any(agents_in_headers(m)) for m in replies):
            return
        asked = [m.date for m in replies if m.date is not None and m.sender.email.casefold() not in behind]
        newest = _newest(series, context)
        if not asked or newest is None:
            if not context.known:
                yield Skipped(rule=self.id, reason="answers may be elsewhere: this needs the whole thread")
            return
        if newest - min(asked) >= timedelta(days=self.days):
            text = f"an AI agent sent this, and for {self.days} days no person behind it answered the thread"
            yield Hit(message=text, evidence=tuple(dict.fromkeys(one.evidence for one in agents)))


def _people_behind(series: Series) -> set[str]:
    """Return the lower-case addresses of sender, authors and signers."""
    people = {series.author.email.casefold()}
    for message in series.messages:
        people |= {message.sender.email.casefold(), message.author.email.casefold()}
        people |= {parse_person(trailer.value).email.casefold() for trailer in people_signed(message)}
    return people - {""}


def _newest(series: Series, context: Context) -> datetime | None:
    """Return the time up to which mail is known: the newest mail of the thread, or a later time of judging."""
    times = [message.date for message in (*series.messages, *series.followups)]
    return max((time for time in (*times, context.as_of) if time is not None), default=None)
