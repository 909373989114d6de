# SPDX-License-Identifier: GPL-2.0-or-later
"""All policies, one line each."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from patchwatch.policy.files import Profile
from patchwatch.policy.profile import BINDING

SCHEMA = "patchwatch.policies/1"
_MOST = 4  # rules that a line names


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A profile, what its file says in a sentence, and the rules that decline and ask under it (also inherited)."""

    profile: Profile
    headline: str
    declines: tuple[str, ...]
    asks: tuple[str, ...]

    def in_force(self, today: date) -> bool:
        """Whether it binds *today*."""
        return self.profile.status in BINDING and self.profile.covers(today)

    @property
    def summary(self) -> str:
        """What it says, in a line: the file's own words, else what patchwatch does under it."""
        if self.headline:
            return self.headline
        parts = [
            f"{verb} {_some(names)}" for verb, names in (("declines", self.declines), ("asks", self.asks)) if names
        ]
        told = "; ".join(parts) or "asks for nothing"
        return told if self.profile.status in BINDING or not parts else f"in force, it would be: {told}"


def table(listed: Iterable[Listed], today: date) -> Iterator[str]:
    """Give aligned lines, `*` before those in force today."""
    rows = [
        (
            f"{'*' if one.in_force(today) else ' '} {one.profile}",
            one.profile.status,
            f"{one.profile.start} {f'- {one.profile.until}' if one.profile.until else '-'}",
            one.profile.data["policy"].get("stance", ""),
            (f"on {one.profile.overlay_of}: " if one.profile.overlay_of else "") + one.summary,
        )
        for one in listed
    ]
    heads = ("  policy", "status", "dates", "stance", "what it says")
    widths = [max(len(row[at]) for row in (*rows, heads)) for at in range(len(heads) - 1)]
    for row in (heads, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)]
        yield "  ".join((*cells, row[-1])).rstrip()


def render_json(listed: Sequence[Listed], today: date) -> str:
    """Return one document; dates are those of the texts, `in_force` is about the day of the run."""
    policies = [
        {
            "id": one.profile.id,
            "version": one.profile.version,
            "status": one.profile.status,
            "stance": one.profile.data["policy"].get("stance", ""),
            "from": str(one.profile.start),
            "until": None if one.profile.until is None else str(one.profile.until),
            "in_force": one.in_force(today),
            "overlay_of": one.profile.overlay_of or None,
            "sources": one.profile.data.get("source", []),
            "summary": one.summary,
            "declines": list(one.declines),
            "asks": list(one.asks),
            "path": str(one.profile.path),
            "shipped": one.profile.shipped,
        }
        for one in listed
    ]
    return json.dumps({"schema": SCHEMA, "policies": policies}, ensure_ascii=False, indent=1) + "\n"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
