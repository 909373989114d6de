# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule instant-long-reply."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.assemble.replies import Authors, Replies, is_program
from patchwatch.assemble.said import order_of
from patchwatch.model.followup import Line
from patchwatch.model.mail import Mark, MarkKind, Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence, Level, Part, Skipped
from patchwatch.rules._history import SHOWN, history_of
from patchwatch.rules.base import Context, Example, Hit, Rule


@dataclass(frozen=True, kw_only=True)
class InstantLongReply(Rule):
    """
    A long reply that quotes nothing came soon after somebody objected to the patch.

    An objection is a NAK, or a trailer taken back in words. Looked at is the submitter's reply to that very mail:
    when it came, how much text of its own it has, and whether it quotes a line. Programs do not count, on either
    side. People who feel wronged write like this, and so does somebody with a prepared answer: it is a hint to read
    slowly and to answer later, and says nothing about who or what wrote the text.
    """

    id: ClassVar[str] = "instant-long-reply"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "a long reply without quotes came soon after an objection"
    sources: ClassVar[tuple[str, ...]] = ("https://matplotlib.org/devdocs/devel/contribute.html#generative-ai",)
    reads: ClassVar[tuple[str, ...]] = ("postings",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="ten-minutes.mbox", flagged=True, policy="linux@7.3"),
        Example(file="with-a-quote.mbox", flagged=False, policy="linux@7.3"),
        Example(file="six-hours.mbox", flagged=False, policy="linux@7.3"),
    )

    minutes: int = field(default=45, metadata={"description": "Minutes after the objection that count as soon."})
    chars: int = field(default=1500, metadata={"description": "Characters of own text that are not yet long."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit for each reply, with the line that objects and the first line of the reply."""
        history = history_of(self.id, context)
        if isinstance(history, Skipped):
            yield history
            return
        long = [(mail, mark) for mail in series.followups for mark in mail.marks if mark.kind is MarkKind.UNQUOTED]
        long = [(mail, mark) for mail, mark in long if mark.count > self.chars and not is_program(mail)]
        if not long:
            return
        replies, authors = Replies(series), Authors(series)
        for mail, mark in long[:SHOWN]:
            refusal = replies.parent[mail.blob]
            if refusal is None or not authors.wrote(mail) or authors.wrote(refusal):
                continue
            objection = _objection(refusal)
            after = order_of(mail) - order_of(refusal)
            if objection is not None and 0 <= after <= self.minutes * 60:
                yield self._hit(mail, mark, refusal, objection, int(after // 60))

    def _hit(self, mail: Message, mark: Mark, refusal: Message, objection: Line, minutes: int) -> Hit:
        soon = "1 minute" if minutes == 1 else f"{minutes} minutes"
        told = ((refusal, objection.line, objection.quote), (mail, mark.line, mark.quote))
        return Hit(
            message=f"{mark.count} characters without a quote, {soon} after an objection",
            evidence=tuple(
                Evidence(message_id=one.message_id, part=Part.REPLY, line=line, quote=quote)
                for one, line, quote in told
            ),
        )


def _objection(mail: Message) -> Line | None:
    if is_program(mail) or mail.speech is None:
        return None
    return mail.speech.objection
