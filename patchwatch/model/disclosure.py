# SPDX-License-Identifier: GPL-2.0-or-later
"""What a mail itself says about the use of AI."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patchwatch.model.mail import Place


class DisclosureKind(StrEnum):
    """How a disclosure was made; LINK and BRANCH never have an effect."""

    TRAILER = "trailer"
    PROSE = "prose"
    IDENTITY = "identity"
    LINK = "link"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """
    One statement, or an agent's own address, in one message.

    *key* and *value* are empty for prose. *uses* are words of the policy language ("code", "debugging");
    "content" for a tag without detail, "unknown" for prose that does not say for what.
    *line* is None for a header; *quote* is the line (or unfolded header) verbatim.
    """

    kind: DisclosureKind
    key: str
    value: str
    agent: str
    model: str
    tools: tuple[str, ...]
    uses: tuple[str, ...]
    place: "Place"
    line: int | None
    quote: str

    @property
    def in_passing(self) -> bool:
        """
        Whether it was only said in a discussion, as a sentence of a reply that does not say what was made.

        Such a sentence may be about another patch, a habit or the mailer, and what it denies may stand in the
        next one: it is listed for a person to read, and decides nothing. A tag in a reply is meant as one.
        """
        return self.kind is DisclosureKind.PROSE and self.place == "reply" and self.uses != ("content",)
