# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule agent-sent-mail."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence, Level
from patchwatch.rules._ai import agents_in_headers
from patchwatch.rules.base import Context, Example, Hit, Rule, cite


class AgentSentMail(Rule):
    """
    A mail of the series was sent by an AI agent: by its address or by its mailer.

    Looked at are From, Sender, X-Mailer and User-Agent, nothing else: a Message-ID or a missing header proves
    nothing. An agent is known by a listed address or mailer. Bots that review or test patches are no agents,
    and neither are people who share a first name with one. That an agent helped to write the patch is not
    what is told here.
    """

    id: ClassVar[str] = "agent-sent-mail"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "an AI agent sent the mail"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/generated-content.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="sender-is-an-agent.eml", flagged=True, policy="linux@7.3"),
        Example(file="mailer-is-an-agent.eml", flagged=True, policy="linux@7.3"),
        Example(file="sent-by-git.eml", flagged=False, policy="linux@7.3"),
        Example(file="review-bot-in-sender.eml", flagged=False, policy="linux@7.3"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each distinct header."""
        found: dict[tuple[str, str], list[Evidence]] = {}
        for message in series.messages:
            for disclosure in agents_in_headers(message):
                found.setdefault((disclosure.key, disclosure.value), []).append(cite(message, disclosure))
        for (key, value), evidence in found.items():
            yield Hit(message=f"an AI agent sent this mail, as {key} says: {value}", evidence=tuple(evidence))
