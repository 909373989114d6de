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
from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import Message
from patchwatch.model.terms import Measure
from patchwatch.parse.roles import RoleGlobs
from patchwatch.rules._ai import COUNTED, exempt, unsure
from patchwatch.rules.base import Context

COUNTS = ("added", "added+removed", "max")
SCOPES = ("lines", "lines-no-docs", "code")
_COUNT_WORDS = {"added": "added", "added+removed": "added+removed", "max": "by the larger side"}
_SCOPE_WORDS = {"lines": "all lines", "lines-no-docs": "without documentation", "code": "code lines"}


class Fit(StrEnum):
    """How a change lies to a limit."""

    OK = "ok"
    OVER = "over"
    BORDERLINE = "borderline"
    UNKNOWN = "unknown"


class Size(NamedTuple):
    """
    The nine readings, (scope, count) to lines, and what the measure says of them.

    *notes* say what the numbers hold besides the change, or still hold because it could not be taken out.
    """

    measure: Measure
    readings: dict[tuple[str, str], int]
    fit: Fit
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        scopes = sorted(SCOPES, key=lambda scope: scope != self.measure.scope)
        counts = sorted(COUNTS, key=lambda count: count != self.measure.count)
        shown = (
            f"{_SCOPE_WORDS[scope]}: "
            + ", ".join(f"{self.readings[scope, count]} {_COUNT_WORDS[count]}" for count in counts)
            for scope in scopes
        )
        return "; ".join((*shown, *self.notes))


def measure_patches(measure: Measure, patches: Iterable[Message], context: Context) -> Size:
    """
    Count *patches* as the measure says: without the lines it ignores, with the author's earlier ones.

    Lines are only left out where the text of the mail is at hand: else the numbers are upper bounds, so that what
    is within the limit is sure and the rest borderline. Without a database nobody knows what an author posted
    before: the fit is unknown, unless these patches alone are over.
    """
    files: list[FileChange] = []
    notes: list[str] = []
    whole = True
    for patch in patches:
        left = _left(patch, measure, context) if measure.ignore else patch.files
        whole = whole and left is not None
        files += patch.files if left is None else left
    if not whole:
        notes.append(f"{_listed(measure.ignore)} lines are counted too: the text of the mail is not at hand")
    known = True
    if measure.per == "author":
        known = context.history is not None
        known_ones = context.history.declared_by_author(measure.window_days) if context.history is not None else ()
        earlier = [patch for patch in known_ones if any(_counts(said, context) for said in patch.disclosures)]
        files += [change for patch in earlier for change in patch.files]
        notes.append(_earlier_note(measure, len(earlier), known=known))
    size = measure_files(measure, files, context.roles)
    fit = size.fit
    if measure.limit and not whole and fit is Fit.OVER:
        fit = Fit.BORDERLINE
    if not known and fit is not Fit.OVER:
        fit = Fit.UNKNOWN
    return size._replace(fit=fit, notes=tuple(notes))


def _left(patch: Message, measure: Measure, context: Context) -> tuple[FileChange, ...] | None:
    """Return the files of a patch without the ignored lines, None when its text cannot be read."""
    if not any(change.added or change.removed for change in patch.files):
        return patch.files
    from patchwatch.parse.diff import scan_diff  # few policies leave lines out
    from patchwatch.parse.measures import lines_left

    lines = context.text_of(patch) if context.text_of is not None else None
    left = lines_left(lines, measure.ignore) if lines is not None else None
    if left is None:
        return None
    counted = scan_diff(left)[0].files
    wanted = {(change.path, change.old_path) for change in patch.files}  # some may be outside the text of the policy
    return tuple(change for change in counted if (change.path, change.old_path) in wanted)


def _counts(said: Disclosure, context: Context) -> bool:
    """Whether an earlier declaration is one of AI content under this text."""
    tag = context.tag(said.key) if said.key else None
    plain = said.kind in COUNTED and not said.in_passing and not (tag is not None and tag.means == "human")
    return plain and not exempt(said, context) and not unsure(said, context)


def _earlier_note(measure: Measure, patches: int, *, known: bool) -> str:
    window = f" of the {measure.window_days} days before" if measure.window_days else ""
    if not known:
        return f"the author's earlier patches{window} are not known here"
    return f"with {patches} earlier declared patch{'' if patches == 1 else 'es'} of the author{window}"


def _listed(words: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


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
