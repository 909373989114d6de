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
