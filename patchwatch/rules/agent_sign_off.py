# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule agent-sign-off."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence, Level
from patchwatch.parse.agents import read_value
from patchwatch.rules._signers import sign_offs
from patchwatch.rules.base import Context, Example, Hit, Rule, cite


class AgentSignOff(Rule):
    """
    A Signed-off-by names an AI agent.

    The sign-off is the Developer Certificate of Origin: a person states the right to pass the work on.
    An agent is known by its address or by a name that nobody bears; a personal address beats any first
    name, so people called Claude or Devin are not meant. All trailer-like lines of the log are looked at,
    also those that git-interpret-trailers(1) misses because another paragraph follows.
    """

    id: ClassVar[str] = "agent-sign-off"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a sign-off names an AI agent"
    sources: ClassVar[tuple[str, ...]] = (
        "https://developercertificate.org/",
        "https://docs.kernel.org/process/coding-assistants.html",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="signed-by-agent.eml", flagged=True, policy="linux@7.3"),
        Example(file="signed-by-agent-in-another-paragraph.eml", flagged=True, policy="linux@7.3"),
        Example(file="signed-by-a-person-named-claude.eml", flagged=False, policy="linux@7.3"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each agent."""
        found: dict[str, list[Evidence]] = {}
        for message in (patch.message for patch in series.patches):
            for trailer in sign_offs(message):
                if read_value("signed-off-by", trailer.value) is not None:
                    found.setdefault(trailer.value, []).append(cite(message, trailer))
        for value, evidence in found.items():
            yield Hit(message=f"only a person can sign off; {value} is an AI agent", evidence=tuple(evidence))
