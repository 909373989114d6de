# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule forbidden-disclosure-tag."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.mail import Message, Trailer
from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence, Level
from patchwatch.rules._ai import named_in
from patchwatch.rules.base import Context, Example, Hit, Rule, cite


@dataclass(frozen=True, kw_only=True)
class ForbiddenDisclosureTag(Rule):
    """
    A trailer key that the policy keeps for people names an AI tool.

    Co-author keys, for instance, ask for a sign-off that no agent can give. A person under the same key
    is fine, unless the policy says that the key is not used at all. What the tool did is not judged here.
    """

    id: ClassVar[str] = "forbidden-disclosure-tag"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a key that is kept for people names an AI tool"
    sources: ClassVar[tuple[str, ...]] = (
        "https://docs.kernel.org/process/submitting-patches.html#when-to-use-acked-by-cc-and-co-developed-by",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="co-developed-by-agent.eml", flagged=True, policy="linux@7.3"),
        Example(file="co-developed-by-person.eml", flagged=False, policy="linux@7.3"),
    )

    keys: tuple[str, ...] = field(default=(), metadata={"description": "Trailer keys that must not name an AI tool."})
    agents_only: bool = field(default=True, metadata={"description": "A person under the same key is fine."})

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - the keys say it all
        """Yield one hit for each distinct trailer."""
        keys = {key.casefold() for key in self.keys}
        found: dict[tuple[str, str], list[Evidence]] = {}
        for message in series.messages:
            for trailer in message.trailers:
                if trailer.key.casefold() in keys and self._applies(message, trailer):
                    found.setdefault((trailer.key, trailer.value.casefold()), []).append(cite(message, trailer))
        for (key, _), evidence in found.items():
            text = f"`{key}:` is not used for AI tools here" if self.agents_only else f"`{key}:` is not used here"
            yield Hit(message=text, evidence=tuple(evidence))

    def _applies(self, message: Message, trailer: Trailer) -> bool:
        return not self.agents_only or named_in(message, trailer) is not None
