# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule newcomer-issue-taken."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.mail import Message, Trailer
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Skipped
from patchwatch.rules._facts import declared_patches
from patchwatch.rules.base import Context, Example, Hit, Rule, cite

_LINK_KEYS = frozenset({"closes", "resolves", "fixes", "link", "issue", "bug"})


@dataclass(frozen=True, kw_only=True)
class NewcomerIssueTaken(Rule):
    """
    A change with declared AI content answers an issue that the project keeps for newcomers.

    Such issues exist so that people learn by them. Labels live on a forge, and mail does not carry them: the
    rule sees one only where the line that links the issue says it ("Closes: URL (good first issue)"), and is
    skipped for every other series with declared AI content. Nothing is fetched to find out.
    """

    id: ClassVar[str] = "newcomer-issue-taken"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "an issue kept for newcomers was taken"
    sources: ClassVar[tuple[str, ...]] = ("https://llvm.org/docs/AIToolPolicy.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example("label-in-the-link-line.eml", flagged=True, policy="none"),
        Example("label-not-told.eml", flagged=False, policy="none"),
        Example("undeclared.eml", flagged=False, policy="none"),
    )

    labels: tuple[str, ...] = field(
        default=("good first issue",), metadata={"description": "Labels of issues kept for newcomers."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit for each link line that carries a label; skipped when no line tells one."""
        patches = [patch for patch, _ in declared_patches(series, context)]
        found = False
        for message in patches:
            for line, label in self._labelled(message):
                found = True
                yield Hit(message=f'the linked issue is labelled "{label}"', evidence=(cite(message, line),))
        if patches and not found:
            yield Skipped(rule=self.id, reason="which labels the answered issue carries cannot be known from mail")

    def _labelled(self, message: Message) -> Iterator[tuple[Trailer, str]]:
        for line in message.trailers:
            if line.key.casefold() in _LINK_KEYS:
                text = _plain(line.value.partition("/issues/")[2])
                label = next((label for label in self.labels if f" {_plain(label)} " in f" {text} "), None)
                if label is not None:
                    yield line, label


def _plain(text: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in text.casefold()).split())
