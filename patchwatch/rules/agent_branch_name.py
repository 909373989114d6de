# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule agent-branch-name."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.disclosure import DisclosureKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level
from patchwatch.rules._ai import by_quote, declarations
from patchwatch.rules.base import Context, Example, Hit, Rule


class AgentBranchName(Rule):
    """
    The branch that a posting was made from is named as AI agents name theirs.

    Relays such as GitGitGadget say in Published-As and Fetch-It-Via where a series came from. A branch that
    begins with the name of an agent was made by one as a rule, but anybody may name a branch, so this only
    informs. The account is no part of the branch: a person may be called Devin or Claude there too.
    """

    id: ClassVar[str] = "agent-branch-name"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "the branch has the name of an AI agent"
    sources: ClassVar[tuple[str, ...]] = ("https://gitgitgadget.github.io/",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="branch-of-an-agent.eml", flagged=True, policy="git@2025-10"),
        Example(file="account-named-devin.eml", flagged=False, policy="git@2025-10"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct line."""
        branches = (
            declared
            for declared in declarations(series, context, all_kinds=True)
            if declared.disclosure.kind is DisclosureKind.BRANCH
        )
        for group in by_quote(branches):
            evidence = tuple(declared.evidence for declared in group)
            yield Hit(message="the branch is named as AI agents name theirs", evidence=evidence, cap=Effect.NONE)
