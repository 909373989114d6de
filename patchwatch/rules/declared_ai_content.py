# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule declared-ai-content."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.disclosure import DisclosureKind
from patchwatch.model.mail import Place
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level
from patchwatch.rules._ai import Declared, ai_content, beside_the_patch, by_quote, unsure, who
from patchwatch.rules.base import Context, Example, Hit, Rule


class DeclaredAiContent(Rule):
    """
    The mail itself says that an AI tool made part of the change.

    Looked at are trailers, sentences and agents' own addresses in the patches, the cover letter and the
    submitter's replies. A declaration that names only uses outside the policy's text (its exempt uses) is
    no content. A sentence that does not say what the tool was used for proves nothing: it leads at most to a
    question, as does one in a discussion, which may be about another patch. Below the cut such a sentence is
    only listed, since it may speak of the text there, which git am drops. Session links and branch names
    never count, and neither does the style of a text.
    """

    id: ClassVar[str] = "declared-ai-content"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "AI content is declared"
    sources: ClassVar[tuple[str, ...]] = ("https://www.qemu.org/docs/master/devel/code-provenance.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="tagged.eml", flagged=True, policy="qemu@2025-06"),
        Example(file="prose-without-use.eml", flagged=True, policy="qemu@2025-06"),
        Example(file="analysis-only.eml", flagged=False, policy="qemu@2025-06"),
        Example(file="a-person-named-claude.eml", flagged=False, policy="qemu@2025-06"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct declaring line."""
        for group in by_quote(ai_content(series, context)):
            first = group[0].disclosure
            evidence = tuple(declared.evidence for declared in group)
            if all(unsure(declared.disclosure, context) for declared in group):
                text = f"the mail says that {who(first)} was used, but not for which part"
                beside = all(beside_the_patch(declared.disclosure) for declared in group)
                yield Hit(message=text, evidence=evidence, cap=Effect.NONE if beside else Effect.ASK)
            else:
                text = f"the mail declares content made with {who(first)}"
                yield Hit(message=text, evidence=evidence, cap=Effect.ASK if all(map(_in_reply, group)) else None)


def _in_reply(declared: Declared) -> bool:
    """Whether it is a sentence of a discussion: of which patch it speaks is for a person to ask."""
    return declared.disclosure.kind is DisclosureKind.PROSE and declared.disclosure.place is Place.REPLY
