# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule canary-taken."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class CanaryTaken(Rule):
    """
    A subject holds the sign that the project asks agents to put there.

    Some projects tell agents, in a file that agents read, to mark their submissions with a certain word or
    picture. Who follows that says openly how the change was made, which is fair and helps. The sign is
    compared as written but for upper and lower case. A person may use it as well, so nothing follows from it alone.
    """

    id: ClassVar[str] = "canary-taken"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "the subject holds the sign that agents are asked for"
    sources: ClassVar[tuple[str, ...]] = ("https://scikit-image.org/docs/dev/development/contribute.html#ai-policy",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example("sign-in-subject.eml", flagged=True, policy="none", params=(("text", "\N{ROBOT FACE}"),)),
        Example("sign-in-log-only.eml", flagged=False, policy="none", params=(("text", "\N{ROBOT FACE}"),)),
    )

    text: str = field(metadata={"description": "What agents are asked to put into the subject."})

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit with all subjects that hold the sign."""
        wanted = self.text.casefold()
        found = [message for message in series.messages if wanted and wanted in message.subject.casefold()]
        if found:
            text = f'the subject holds "{self.text}", which the project asks agents to put there'
            yield Hit(message=text, evidence=tuple(cite_subject(message) for message in found))
