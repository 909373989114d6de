# SPDX-License-Identifier: GPL-2.0-or-later
"""Which projects a series was posted to: by List-Id, then by the addresses it was sent to, then by its subject."""

from collections.abc import Iterable
from typing import NamedTuple

from patchwatch.model.series import Series

_MAX_TEXT = 320  # longer than any real list name or address (RFC 5321, section 4.5.3.1)
_MAX_KNOWN = 20_000


class Claim(NamedTuple):
    """A glob by which a project claims mail; `*` and `?` match any characters, case does not matter."""

    pattern: str
    project: str

    @property
    def weight(self) -> tuple[bool, int]:
        """How specific the glob is: one without wildcards first, then by its literal characters."""
        wild = self.pattern.count("*") + self.pattern.count("?")
        return (not wild, len(self.pattern) - wild)


class Claims:
    """
    The claims of one kind; asks for the best one are remembered.

    A name without wildcards outweighs all others, so those are looked up; of the others, the text before the first
    wildcard and behind the last one is compared before the whole glob is.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Take (glob, project) pairs; the first match among equals is always the same."""
        claims = sorted({Claim(*pair) for pair in pairs}, key=lambda c: (not c.weight[0], -c.weight[1], *c))
        self._exact: dict[str, Claim] = {}
        self._wild: list[tuple[str, str, str, Claim]] = []
        for claim in claims:
            glob = claim.pattern.lower()
            if claim.weight[0]:
                self._exact.setdefault(glob, claim)
            else:
                parts = glob.replace("?", "*").split("*")
                self._wild.append((parts[0], parts[-1], glob, claim))
        self._known: dict[str, Claim | None] = {}

    def __bool__(self) -> bool:
        return bool(self._exact or self._wild)

    def best(self, text: str) -> Claim | None:
        """Return the heaviest claim on *text*."""
        if text not in self._known:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[text] = self._find(text.lower()) if len(text) <= _MAX_TEXT else None
        return self._known[text]

    def _find(self, text: str) -> Claim | None:
        found = self._exact.get(text)
        if found is not None:
            return found
        for head, tail, glob, claim in self._wild:
            if text.startswith(head) and text.endswith(tail) and glob_match(glob, text):
                return claim
        return None


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


def projects_of(series: Series, lists: Claims, addresses: Claims, prefixes: Claims) -> tuple[str, ...]:
    """
    Return the ids of the projects that *series* was posted to, the one with the most specific claim first.

    List-Ids are asked first, then addresses, then words in the brackets of the subject: a lower one only when
    all of the former are unknown. Each list or address stands for the one project with the best claim on it.
    """
    messages = series.messages
    found = _best(dict.fromkeys(m.list_id.strip().strip("<>").lower() for m in messages if m.list_id), lists)
    if not found:
        found = _best(dict.fromkeys(address for m in messages for address in m.recipients), addresses)
    if not found and prefixes:
        found = _best(dict.fromkeys(word for m in messages for word in m.prefix.tags), prefixes)
    return found


def _best(texts: Iterable[str], claims: Claims) -> tuple[str, ...]:
    """Return the projects with the heaviest claim on each of *texts*, heaviest first; equals in the order of texts."""
    found = [claim for claim in map(claims.best, texts) if claim is not None]
    found.sort(key=lambda claim: claim.weight, reverse=True)
    return tuple(dict.fromkeys(claim.project for claim in found))
