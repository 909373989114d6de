# SPDX-License-Identifier: GPL-2.0-or-later
"""Which project a series belongs to: List-Id first, then the addresses it was sent to."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from patchwatch.model.series import Series

_MAX_TEXT = 320  # longer than any real list name or address (RFC 5321, section 4.5.3.1)


class Claim(NamedTuple):
    """A glob by which a project claims mail; `*` and `?` match any characters, case does not matter."""

    pattern: str
    project: str

    @property
    def weight(self) -> tuple[bool, int]:
        """How specific the glob is: one without wildcards first, then by its literal characters."""
        wild = self.pattern.count("*") + self.pattern.count("?")
        return (not wild, len(self.pattern) - wild)


def glob_match(pattern: str, text: str) -> bool:
    """Match without backtracking into earlier stars, so that time stays within pattern times text length."""
    at = here = 0
    star, mark = -1, 0
    while at < len(text):
        if here < len(pattern) and pattern[here] == "*":
            star, mark = here, at
            here += 1
        elif here < len(pattern) and pattern[here] in ("?", text[at]):
            here += 1
            at += 1
        elif star >= 0:
            here, mark = star + 1, mark + 1
            at = mark
        else:
            return False
    return not pattern[here:].strip("*")


def project_of(series: Series, list_claims: Sequence[Claim], address_claims: Sequence[Claim]) -> str | None:
    """Return the id of the project with the most specific claim, None when nobody claims the series."""
    messages = series.messages
    lists = dict.fromkeys(m.list_id.strip().strip("<>").lower() for m in messages if m.list_id)
    found = _best(lists, list_claims)
    if found is None:
        found = _best(dict.fromkeys(address for m in messages for address in m.recipients), address_claims)
    return found


def _best(texts: Iterable[str], claims: Sequence[Claim]) -> str | None:
    """Return the project of the heaviest claim on any of *texts*; among equals the earlier text wins."""
    best: Claim | None = None
    for text in texts:
        if len(text) > _MAX_TEXT:
            continue
        for claim in claims:
            if (best is None or claim.weight > best.weight) and glob_match(claim.pattern.lower(), text.lower()):
                best = claim
    return best.project if best is not None else None
