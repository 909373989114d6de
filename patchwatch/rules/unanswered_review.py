# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unanswered-review."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from patchwatch.model.history import Asked, Posting
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level, Skipped
from patchwatch.rules._history import SHOWN, cite_posting, cite_question, history_of, is_backport
from patchwatch.rules.base import Context, Example, Hit, Rule

_LONG_AGO = 90  # days: a work that rested so long is most likely given up


@dataclass(frozen=True, kw_only=True)
class UnansweredReview(Rule):
    """
    A reviewer's question on an earlier series was open for some time when this series came.

    It is looked at on the day of this series: a full question by its form ("Why ...?", "Does this ...?") to the
    newest revision of another series by the same submitter, asked at least so many days and at most 90 days before.
    A question ends with a mail by anybody else below it, when the reviewer goes on about the same patch, when the
    series is said to be applied, and when its patches are found in a tree. Only the first new series tells of it.
    The answer may stand in mail that was not read, or the work may have been given up: read the quoted line.
    """

    id: ClassVar[str] = "unanswered-review"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a reviewer's question on an earlier series was open"
    sources: ClassVar[tuple[str, ...]] = (
        "https://docs.kernel.org/process/submitting-patches.html#respond-to-review-comments",
    )
    reads: ClassVar[tuple[str, ...]] = ("questions",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="four-weeks-later.eml", flagged=True, policy="linux@7.3", history="question.mbox"),
        Example(file="four-weeks-later.eml", flagged=False, policy="linux@7.3", history="question-and-answer.mbox"),
    )

    days: int = field(default=14, metadata={"description": "Days that a question is open before it is told of."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit with the lines that ask and the subjects of the series they are about."""
        history = history_of(self.id, context)
        if isinstance(history, Skipped):
            yield history
            return
        if history.root != series.id or is_backport(series):
            return
        span = timedelta(days=self.days)
        before = next((one.date for one in history.recent(_LONG_AGO) if one.first), None)
        oldest = history.date - timedelta(days=_LONG_AGO)
        told = oldest if before is None else max(oldest, before - span)
        found = [
            (asked, posting)
            for posting in history.others(2 * _LONG_AGO)
            if not posting.ended_at(history.date)
            for asked in posting.questions
            if asked.open_at(history.date) and told < asked.at <= history.date - span
        ]
        if found:
            yield _hit(sorted(found, key=lambda pair: (pair[0].at, pair[0].message_id)))


def _hit(found: list[tuple[Asked, Posting]]) -> Hit:
    first, _ = found[0]
    more = "" if len(found) == 1 else f", and {len(found) - 1} more"
    shown = found[: SHOWN // 2]
    subjects = {cite_posting(posting): None for _, posting in shown}
    return Hit(
        message=f"when this came, a question of {first.at:%Y-%m-%d} on an earlier series had no answer in the"
        f" mail that is known{more}",
        evidence=(*(cite_question(asked) for asked, _ in shown), *subjects),
        cap=Effect.ASK,
    )
