# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule malformed-disclosure-tag."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence, Level
from patchwatch.rules._ai import named_in
from patchwatch.rules._grammar import describe, fits
from patchwatch.rules.base import Context, Example, Hit, Rule, cite


@dataclass(frozen=True, kw_only=True)
class MalformedDisclosureTag(Rule):
    """
    A disclosure tag names an AI tool, but its value does not have the form that the policy gives.

    Forms are read leniently: names may hold blanks, tools may stand in brackets, older forms that the
    policy still accepts are fine, and a tag without a grammar takes any text. A value that names a person
    is not looked at, nor is one over 512 characters taken for well-formed.
    """

    id: ClassVar[str] = "malformed-disclosure-tag"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a disclosure tag has another form than the policy gives"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/coding-assistants.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="bare-name.eml", flagged=True, policy="linux@7.0"),
        Example(file="well-formed.eml", flagged=False, policy="linux@7.0"),
        Example(file="a-person.eml", flagged=False, policy="linux@7.0"),
        Example(file="well-formed.eml", flagged=False, policy="linux@7.3"),
    )

    keys: tuple[str, ...] = field(
        default=(), metadata={"description": "Trailer keys to look at; none means all tags of the policy."}
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for each distinct value that does not fit."""
        wanted = {key.casefold() for key in self.keys or tuple(tag.key for tag in context.tags)}
        found: dict[tuple[str, str], list[Evidence]] = {}
        for message in series.messages:
            for trailer in message.trailers:
                key = trailer.key.casefold()
                tag = context.tag(key) if key in wanted else None
                if tag is None or tag.means == "human" or named_in(message, trailer) is None:
                    continue
                if not fits(tag, trailer.value):
                    found.setdefault((key, trailer.value.casefold()), []).append(cite(message, trailer))
        for (key, _), evidence in found.items():
            tag = context.tag(key)
            form = describe(tag) if tag is not None else ""
            yield Hit(
                message=f"the value does not have the form `{tag.key if tag else key}: {form}`",
                evidence=tuple(evidence),
            )
