# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule cumulative-ai-size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.history import DeclaredPatch, Posting
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level, Skipped
from patchwatch.rules._ai import COUNTED, ai_content, exempt, unsure
from patchwatch.rules._history import SHOWN, cite_posting, history_of, is_backport, is_own, lines_added
from patchwatch.rules.base import Context, Example, Hit, Rule


@dataclass(frozen=True, kw_only=True)
class CumulativeAiSize(Rule):
    """
    The AI content that one submitter declared, in this series and in earlier ones, adds up to more than the limit.

    Some texts measure what is legally significant by the person, not by the patch: about 15 lines in all, by the
    measure of the GNU project. Counted are the added lines of the submitter's own patches with a declaration that
    is not exempt and says for what the tool was used, outside tests and generated files, in the newest revision of
    each work; copies for stable trees do not count. The sum knows only the archives that were read and only this
    address, and a repeated regular change does not count for the law: a person weighs it. It is shown only where
    earlier series add to it; one series alone has its own measures.
    """

    id: ClassVar[str] = "cumulative-ai-size"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "declared AI content of one submitter adds up to more than the limit"
    sources: ClassVar[tuple[str, ...]] = ("https://www.gnu.org/prep/maintain/html_node/Legally-Significant.html",)
    reads: ClassVar[tuple[str, ...]] = ("postings",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="six-more-lines.eml", flagged=True, policy="linux@7.3", history="earlier.mbox"),
        Example(file="another-submitter.eml", flagged=False, policy="linux@7.3", history="earlier.mbox"),
        Example(file="six-lines-without-ai.eml", flagged=False, policy="linux@7.3", history="earlier.mbox"),
    )

    window_days: int = field(default=0, metadata={"description": "Only so many days before the mail count; 0: all."})
    limit: int = field(default=15, metadata={"description": "Added lines in all that are still within the text."})

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit with both sums, the declaring lines and the subjects of the earlier series."""
        history = history_of(self.id, context)
        if isinstance(history, Skipped):
            yield history
            return
        declared = [one for one in ai_content(series, context) if not unsure(one.disclosure, context)]
        if not declared or is_backport(series):
            return
        whole = any(one.about is None for one in declared)
        about = {one.about.message_id for one in declared if one.about is not None}
        patches = [patch.message for patch in series.patches if is_own(patch.message)]
        own = sum(_added(patch, context) for patch in patches if whole or patch.message_id in about)
        earlier = [(one, _earlier(one, context)) for one in history.others(self.window_days)]
        counted = [(one, lines) for one, lines in earlier if lines]
        total = own + sum(lines for _, lines in counted)
        if counted and own and total > self.limit:
            several = "1 earlier series" if len(counted) == 1 else f"{len(counted)} earlier series"
            quotes = tuple({one.evidence: None for one in declared})[:SHOWN]
            yield Hit(
                message=f"{total} lines with declared AI content from one address (limit {self.limit}):"
                f" {own} in this series, {total - own} in {several}",
                evidence=(*quotes, *(cite_posting(one) for one, _ in counted[:SHOWN])),
                cap=Effect.ASK,
            )


def _added(message: Message, context: Context) -> int:
    return lines_added(message.files, context)


def _earlier(posting: Posting, context: Context) -> int:
    return sum(patch.added for patch in posting.declared if _counts(patch, context))


def _counts(patch: DeclaredPatch, context: Context) -> bool:
    """Whether one of the declarations for *patch* counts under this policy."""
    for said in patch.disclosures:
        tag = context.tag(said.key) if said.key else None
        plain = said.kind in COUNTED and not said.in_passing and not (tag is not None and tag.means == "human")
        if plain and not exempt(said, context) and not unsure(said, context):
            return True
    return False
