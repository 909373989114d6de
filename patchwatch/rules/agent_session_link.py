# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule agent-session-link."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.disclosure import DisclosureKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level
from patchwatch.rules._ai import by_quote, declarations
from patchwatch.rules.base import Context, Example, Hit, Rule


class AgentSessionLink(Rule):
    """
    The mail links the session of an AI agent, or carries a trailer key that such sessions leave.

    A link tells that somebody had a session open, not what is in the patch, so it never asks for anything
    and counts as no declaration. Reviewers may not be able to open it, and it may show more than its owner
    meant to. Looked at are the patches, the cover letter and the submitter's own replies, not quoted lines.
    """

    id: ClassVar[str] = "agent-session-link"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "the mail links an agent's session"
    sources: ClassVar[tuple[str, ...]] = ("https://github.com/chaoss/ai-detection-action",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="link-as-trailer.eml", flagged=True, policy="none"),
        Example(file="link-in-text.eml", flagged=True, policy="none"),
        Example(file="link-to-documentation.eml", flagged=False, policy="none"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct line."""
        links = (
            declared
            for declared in declarations(series, context, all_kinds=True)
            if declared.disclosure.kind is DisclosureKind.LINK
        )
        for group in by_quote(links):
            evidence = tuple(declared.evidence for declared in group)
            yield Hit(message="the session of an AI agent is linked here", evidence=evidence, cap=Effect.NONE)
