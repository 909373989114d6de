# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule undisclosed-ai."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.disclosure import DisclosureKind
from patchwatch.model.mail import Message, Place
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level
from patchwatch.rules._ai import Declared, ai_content, beside_the_patch, by_quote, named_in, who
from patchwatch.rules.base import Context, Example, Hit, Rule

_TEXT_PLACES = (Place.COVER, Place.BELOW_CUT)


@dataclass(frozen=True, kw_only=True)
class UndisclosedAi(Rule):
    """
    An AI tool is named somewhere in the mail, but not in the form the policy asks for.

    It does not mean that something was hidden: the mail says it, only elsewhere or under another key.
    What a patch says needs an accepted tag in that patch or in the cover letter; what the cover letter or a
    reply says needs one in any patch or the cover letter. An accepted key that names a tool is enough, also
    when its value has another form (see malformed-disclosure-tag). Exempt uses need no tag. Nothing is
    concluded from the style of a text or from the absence of a tag alone.
    """

    id: ClassVar[str] = "undisclosed-ai"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "an AI tool is named, but not in the accepted form"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/coding-assistants.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="prose-only.eml", flagged=True, policy="linux@7.3"),
        Example(file="co-author.eml", flagged=True, policy="linux@7.3"),
        Example(file="tagged.eml", flagged=False, policy="linux@7.3"),
        Example(file="spelling-only.eml", flagged=False, policy="linux@7.3"),
    )

    any_of: tuple[str, ...] = field(default=(), metadata={"description": "Trailer keys that count as disclosure."})
    free_text: bool = field(
        default=False,
        metadata={"description": "A sentence counts too, in the commit log, below the cut or in the cover letter."},
    )
    where: tuple[Place, ...] = field(
        default=(Place.TRAILERS, Place.BODY), metadata={"description": "Places of a patch where a disclosure counts."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct line that names a tool without being covered by an accepted form."""
        in_cover = series.cover is not None and self._accepts(series.cover)
        if in_cover:
            return
        accepted = {p.message.message_id for p in series.patches if self._accepts(p.message)}
        open_lines = [d for d in ai_content(series, context) if not self._covered(d, series, accepted)]
        for group in by_quote(open_lines):
            name = who(group[0].disclosure)
            evidence = tuple(declared.evidence for declared in group)
            cap = Effect.NONE if all(beside_the_patch(declared.disclosure) for declared in group) else None
            yield Hit(message=f"{name} is named here, but {self._wanted()} is missing", evidence=evidence, cap=cap)

    def _covered(self, declared: Declared, series: Series, accepted: set[str]) -> bool:
        if any(patch.message is declared.message for patch in series.patches):
            return declared.message.message_id in accepted
        return bool(accepted)

    def _accepts(self, message: Message) -> bool:
        """Whether an accepted disclosure stands in *message*."""
        keys = {key.casefold() for key in self.any_of}
        tags = (t for t in message.trailers if t.place in (*self.where, Place.COVER) and t.key.casefold() in keys)
        if any(named_in(message, trailer) is not None for trailer in tags):
            return True
        places = (*self.where, *_TEXT_PLACES)
        return self.free_text and any(d.kind is DisclosureKind.PROSE and d.place in places for d in message.disclosures)

    def _wanted(self) -> str:
        forms = [f"`{key}:`" for key in self.any_of]
        if self.free_text:
            forms.append("a sentence that says so")
        return " or ".join(forms) or "a disclosure"
