# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule missing-cover-letter."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Skipped
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class MissingCoverLetter(Rule):
    """
    Several patches came without a cover letter (0/N) that tells what they do together.

    More than a quarter of the series on kernel lists have none, and two obvious patches need none: raise
    `min` where that is custom. A cover letter may also have gone to another list: when the patches answer a
    mail that is not known here, or the first patch is missing, nothing is said and the rule is skipped.
    """

    id: ClassVar[str] = "missing-cover-letter"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "several patches without a cover letter"
    sources: ClassVar[tuple[str, ...]] = (
        "https://docs.kernel.org/process/submitting-patches.html",
        "https://git-scm.com/docs/MyFirstContribution#cover-letter",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example("two-patches.mbox", flagged=True, policy="none"),
        Example("with-cover.mbox", flagged=False, policy="none"),
        Example("answers-an-unknown-mail.mbox", flagged=False, policy="none"),
        Example("two-patches.mbox", flagged=False, policy="none", params=(("min", 3),)),
    )

    min: int = field(default=2, metadata={"description": "Fewest patches that want a cover letter."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:  # noqa: ARG002 - same for every policy
        """Yield one hit when the series is long enough and its first patch starts the posting."""
        count = series.expected if series.expected is not None else len(series.patches)
        if series.cover is not None or count < self.min:
            return
        if not series.complete:
            yield Skipped(rule=self.id, reason="patches are missing, and perhaps the cover letter with them")
        elif _answers_unknown(series):
            yield Skipped(rule=self.id, reason="the patches answer a mail that is not known: perhaps the cover letter")
        else:
            text = f"{count} patches came without a cover letter"
            yield Hit(message=text, evidence=(cite_subject(series.head),))


def _answers_unknown(series: Series) -> bool:
    """Whether the first patch answers a mail that is neither in its thread nor a former revision."""
    known = {message.message_id for message in (*series.messages, *series.followups, *series.foreign)}
    known.update(link.id for link in series.earlier)
    return any(parent not in known for parent in series.head.in_reply_to[:1])
