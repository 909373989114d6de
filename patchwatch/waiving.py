# SPDX-License-Identifier: GPL-2.0-or-later
"""
What maintainers decided about single series, applied to findings. Pure: the time is an argument.

A decision names one posting and holds for all revisions of that work. It never hides a finding, and it lifts a
clause of a text, never the fact that something was missing or could not be read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from patchwatch.model.series import Series
from patchwatch.model.verdict import Finding, Level, Waiver

ACKNOWLEDGEMENT = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Recorded waivers and the time of the run, with which their ends are compared (None: nothing has ended)."""

    waivers: tuple[Waiver, ...] = ()
    at: datetime | None = None

    def holding(self) -> tuple[Waiver, ...]:
        """Return those that have not ended."""
        return tuple(one for one in self.waivers if _holds(one, self.at))


def _holds(waiver: Waiver, at: datetime | None) -> bool:
    return waiver.until is None or at is None or at <= waiver.until


def by_work(series: Sequence[Series], waivers: Iterable[Waiver]) -> Mapping[str, tuple[Waiver, ...]]:
    """
    Return *waivers* by the first revision (`root_of`) of the series they are about; *series* are oldest first.

    A posting is known by the Message-IDs of all its mails: a series changes its id when its cover letter comes late.
    Of several postings with one Message-ID the first is meant: anybody may post a mail with the id of another.
    """
    waivers = tuple(waivers)
    if not waivers:
        return {}
    work: dict[str, str] = {}
    for one in series:
        for message in one.messages:
            work.setdefault(message.message_id, root_of(one))
    for one in series:
        for link in one.earlier:
            work.setdefault(link.id, root_of(one))
    found: defaultdict[str, list[Waiver]] = defaultdict(list)
    for waiver in waivers:
        if waiver.series_id in work:
            found[work[waiver.series_id]].append(waiver)
    return {root: tuple(mine) for root, mine in found.items()}


def ids_of(series: Sequence[Series]) -> set[str]:
    """Return all ids by which a waiver may name one of *series*."""
    own = {message.message_id for one in series for message in one.messages}
    return own | {link.id for one in series for link in one.earlier}


def root_of(series: Series) -> str:
    """Return the id of the first revision that is known."""
    return series.earlier[0].id if series.earlier else series.id


def is_waivable(finding: Finding) -> bool:
    """Whether a person can lift it: what was missing or unreadable is no clause of a text."""
    return finding.level is not Level.UNKNOWN


def apply_waivers(findings: Iterable[Finding], waivers: Sequence[Waiver]) -> list[Finding]:
    """Return *findings*, those marked as waived that a waiver names; all of *waivers* hold."""
    return [_waived(finding, deciding(waivers, finding.rule)) for finding in findings]


def _waived(finding: Finding, waiver: Waiver | None) -> Finding:
    if waiver is None or not is_waivable(finding):
        return finding
    return replace(finding, waived=True, waiver=waiver)


def deciding(waivers: Iterable[Waiver], rule: str) -> Waiver | None:
    """
    Return the waiver that speaks for *rule*: the one that holds longest, of equals the first.

    So the answer is the same with and without those that have ended.
    """
    mine = [one for one in waivers if one.rule == rule and one.rule != ACKNOWLEDGEMENT]
    return max(mine, key=lambda one: (one.until or datetime.max.replace(tzinfo=UTC), -one.number), default=None)
