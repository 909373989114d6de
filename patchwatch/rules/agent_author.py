# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule agent-author."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence, Level
from patchwatch.rules.base import Context, Example, Hit, Rule, cite


class AgentAuthor(Rule):
    """
    The author of a patch is an AI agent.

    The author is who git would record: the in-body From, else the From of the mail. An agent is known by its
    listed address, or by a name with a model and a version; a person named Claude or Devin is a person, and
    so is somebody who writes from the domain of an AI company. Bots that review or test are no agents.
    """

    id: ClassVar[str] = "agent-author"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "the author of a patch is an AI agent"
    sources: ClassVar[tuple[str, ...]] = (
        "https://docs.kernel.org/process/coding-assistants.html",
        "https://git-scm.com/docs/git-am#_discussion",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="from-an-agent.eml", flagged=True, policy="linux@7.3"),
        Example(file="in-body-from-an-agent.eml", flagged=True, policy="linux@7.3"),
        Example(file="a-person-named-claude.eml", flagged=False, policy="linux@7.3"),
        Example(file="a-person-at-a-company.eml", flagged=False, policy="linux@7.3"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each agent."""
        found: dict[str, list[Evidence]] = {}
        for message in (patch.message for patch in series.patches):
            said = _author_said(message)
            if said is not None:
                found.setdefault(said.value, []).append(cite(message, said))
        for value, evidence in found.items():
            yield Hit(message=f"an AI agent is named as the author: {value}", evidence=tuple(evidence))


def _author_said(message: Message) -> Disclosure | None:
    """Return the disclosure of the From that names the author, None when that is a person."""
    for disclosure in message.disclosures:
        is_from = disclosure.kind is DisclosureKind.IDENTITY and disclosure.key == "From"
        if is_from and disclosure.value == str(message.author):
            return disclosure
    return None
