# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule resend-without-answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from patchwatch.model.history import Posting
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level, Skipped
from patchwatch.rules._history import SHOWN, cite_posting, cite_question, history_of
from patchwatch.rules.base import Context, Example, Hit, Rule

_ON_THE_WAY = timedelta(hours=12)  # a later question may have crossed with the new revision


@dataclass(frozen=True, kw_only=True)
class ResendWithoutAnswers(Rule):
    """
    A new revision came while questions on the one before had no answer by the submitter.

    Counted are full questions by their form ("Why ...?", "Does this ...?"), by other people, at least twelve hours
    before the new revision. Requests and suggestions are answered by the new revision itself and do not count. A
    question ends with a mail by anybody else below it, and when the reviewer goes on about the same patch. The new
    patches or the notes below the cut may hold the answer: the rule cannot tell, read the quoted line.
    """

    id: ClassVar[str] = "resend-without-answers"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a new revision came while questions on the former one had no answer"
    sources: ClassVar[tuple[str, ...]] = (
        "https://docs.kernel.org/process/submitting-patches.html#respond-to-review-comments",
    )
    reads: ClassVar[tuple[str, ...]] = ("questions",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="question-then-v2.mbox", flagged=True, policy="linux@7.3"),
        Example(file="answer-then-v2.mbox", flagged=False, policy="linux@7.3"),
        Example(file="request-then-v2.mbox", flagged=False, policy="linux@7.3"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit with the lines that ask and the subject of the former revision."""
        history = history_of(self.id, context)
        if isinstance(history, Skipped):
            yield history
            return
        former = history.former
        if former is None or not series.earlier or former.ended_at(history.date):
            return
        found = [
            asked
            for asked in former.questions
            if asked.open_at(history.date) and asked.at <= history.date - _ON_THE_WAY
        ]
        if found:
            what = "a question" if len(found) == 1 else f"{len(found)} questions"
            had = "had no answer in the mail that is known"
            yield Hit(
                message=f"when this came, {what} on {_name(former)} {had}",
                evidence=(*map(cite_question, found[: SHOWN - 1]), cite_posting(former)),
                cap=Effect.ASK,
            )


def _name(former: Posting) -> str:
    return f"v{former.revision} of {former.date:%Y-%m-%d}"
