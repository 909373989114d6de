# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule sparse-disclosure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.mail import MarkKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.parse.identities import GENERIC_NAMES
from patchwatch.rules._ai import UNKNOWN_USE, Declared, ai_content, beside_the_patch, by_quote, own_replies
from patchwatch.rules._grammar import fits
from patchwatch.rules.base import Context, Example, Hit, Rule

Aspect = Literal["tools", "prompts", "portions", "testing"]

_MARKS: dict[str, MarkKind] = {
    "prompts": MarkKind.PROMPT,
    "portions": MarkKind.PORTION,
    "testing": MarkKind.TESTING,
}
_WORDS: dict[str, str] = {
    "tools": "which tool it was",
    "prompts": "what the tool was given",
    "portions": "which parts it made",
    "testing": "how the result was tested",
}
_GENERIC = frozenset(name.casefold() for name in GENERIC_NAMES)


@dataclass(frozen=True, kw_only=True)
class SparseDisclosure(Rule):
    """
    A series declares AI use, but does not tell all that the policy would like to hear about it.

    A text may ask for the tools, for what they were given, for the parts they made and for the tests. Words
    that tell of these are looked for in the commit logs, below the cut, in the cover letter and in the
    submitter's replies, by short lists of words. So this may overlook what is told in other words: it informs
    and never decides. A declaration without details is still a declaration, and nothing is looked for in a
    series that declares none.
    """

    id: ClassVar[str] = "sparse-disclosure"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "a disclosure leaves open what the policy would like to know"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/generated-content.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="tag-alone.eml", flagged=True, policy="linux@7.3"),
        Example(file="told-in-full.eml", flagged=False, policy="linux@7.3"),
        Example(file="nothing-declared.eml", flagged=False, policy="linux@7.3"),
    )

    want: tuple[Aspect, ...] = field(
        default=("tools", "prompts", "portions", "testing"),
        metadata={"description": "What the text would like to hear about the use of a tool."},
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for the series, which quotes its declarations."""
        declared = tuple(one for one in ai_content(series, context) if _declares(one.disclosure))
        if not declared:
            return
        told = _told(series, declared, context)
        open_points = [_WORDS[aspect] for aspect in self.want if aspect in _WORDS and aspect not in told]
        if open_points:
            evidence = tuple(group[0].evidence for group in by_quote(declared))
            yield Hit(message=f"the declaration does not say {_and(open_points)}", evidence=evidence)


def _declares(said: Disclosure) -> bool:
    """Whether somebody wrote it down: an agent's address or mailer leaves nothing unsaid."""
    return said.kind in (DisclosureKind.TRAILER, DisclosureKind.PROSE) and not beside_the_patch(said)


def _told(series: Series, declared: tuple[Declared, ...], context: Context) -> set[str]:
    """Return the aspects that the mails of the series speak of."""
    mails = (*series.messages, *own_replies(series))
    marks = {mark.kind for message in mails for mark in message.marks}
    told = {aspect for aspect, kind in _MARKS.items() if kind in marks}
    if any(_names_tool(one, context) for one in declared):
        told.add("tools")
    if any(set(one.disclosure.uses) - {"content", UNKNOWN_USE} for one in declared):
        told.add("portions")
    if any(trailer.key.casefold() == "tested-by" for message in mails for trailer in message.trailers):
        told.add("testing")
    return told


def _names_tool(one: Declared, context: Context) -> bool:
    """Whether a declaration names its tool; one in the policy's own form says what the policy wants."""
    said = one.disclosure
    tag = context.tag(said.key) if said.key else None
    if tag is not None and fits(tag, said.value):
        return True
    return bool(said.model or said.tools or (said.agent and said.agent.casefold() not in _GENERIC))


def _and(points: list[str]) -> str:
    return points[0] if len(points) == 1 else f"{', '.join(points[:-1])} and {points[-1]}"
