# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unrevealed-ai-finding."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.disclosure import DisclosureKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level
from patchwatch.rules._ai import Declared, by_quote, declarations
from patchwatch.rules._when import BUG_KEYS
from patchwatch.rules.base import Context, Example, Hit, Rule

_SAYING = (DisclosureKind.TRAILER, DisclosureKind.PROSE)
_TRACES = (DisclosureKind.IDENTITY, DisclosureKind.LINK, DisclosureKind.BRANCH)


class UnrevealedAiFinding(Rule):
    """
    A bug is reported, an AI agent left its traces in the mail, and no line says that AI found the bug.

    Traces are an agent as sender, mailer, author or signer, a link to its session, or a branch with its name. A
    report is a mail with Fixes, Closes, Resolves or Reported-by. One tag or sentence that names an AI tool,
    anywhere in the series or in the submitter's replies, reveals it. Links and branch names alone show only
    what somebody had open, so they inform and nothing is asked. Nothing is concluded from the style of a
    report.
    """

    id: ClassVar[str] = "unrevealed-ai-finding"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a report does not say that AI found the bug"
    sources: ClassVar[tuple[str, ...]] = (
        "https://curl.se/dev/contribute.html#on-ai-use-in-curl",
        "https://docs.kernel.org/process/generated-content.html",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="sent-by-an-agent.eml", flagged=True, policy="curl@2025-05"),
        Example(file="session-link-only.eml", flagged=True, policy="curl@2025-05"),
        Example(file="found-by-a-tool-it-says.eml", flagged=False, policy="curl@2025-05"),
        Example(file="no-report.eml", flagged=False, policy="curl@2025-05"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct trace."""
        keys = {trailer.key.casefold() for message in series.messages for trailer in message.trailers}
        if BUG_KEYS.isdisjoint(keys):
            return
        said = tuple(declarations(series, context, all_kinds=True))
        if any(_reveals(declared) for declared in said):
            return
        for group in by_quote(declared for declared in said if declared.disclosure.kind in _TRACES):
            shown = any(declared.disclosure.kind is DisclosureKind.IDENTITY for declared in group)
            yield Hit(
                message="an AI agent left this trace, but no line says whether AI found the bug",
                evidence=tuple(declared.evidence for declared in group),
                cap=None if shown else Effect.NONE,
            )


def _reveals(declared: Declared) -> bool:
    return declared.disclosure.kind in _SAYING and not declared.disclosure.in_passing
