# SPDX-License-Identifier: GPL-2.0-or-later
"""
One mail of a series by itself, as b4 hands it over: what its rules may say.

Nobody left the other mails out, so their absence is no finding. What only the whole series can tell is listed as
skipped; what a cover letter could still say is told with that reservation.
"""

from collections.abc import Sequence
from dataclasses import replace

from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Finding, Skipped, Verdict
from patchwatch.policy.profile import Policy

REASON = "needs the whole series; one mail of it was given"
RESERVATION = "only this mail was read: the cover letter may say it"
# Rules that add up, compare or search the mails of a series.
OF_SERIES = frozenset(
    "incomplete-series missing-cover-letter replaced-template sparse-disclosure missing-reproducer bulk-ai-change"
    " unnamed-mechanical-tool unrevealed-ai-finding cumulative-ai-size large-first-series inconsistent-disclosure"
    " unclear-series-story growth-without-deletion weakened-tests".split()
)
_COVER_MAY_SAY = frozenset({"undisclosed-ai"})


def is_alone(count: int, series: Sequence[Series]) -> bool:
    """Whether the only mail of *count* is one of several of its series."""
    return count == 1 and any(not one.complete for one in series)


def without_series(policy: Policy) -> Policy:
    """Return *policy* without the rules that need the whole series; they are listed as skipped."""
    out = [use.rule.id for use in policy.rules if use.rule.id in OF_SERIES]
    kept = tuple(use for use in policy.rules if use.rule.id not in OF_SERIES)
    return replace(policy, rules=kept, lost=(*policy.lost, *(Skipped(rule=rule, reason=REASON) for rule in out)))


def with_reservation(series: Series, verdict: Verdict) -> Verdict:
    """Return *verdict* with what the cover letter could lift said so."""
    if series.cover is not None:
        return verdict
    return replace(verdict, findings=tuple(_reserved(finding) for finding in verdict.findings))


def _reserved(finding: Finding) -> Finding:
    if finding.rule not in _COVER_MAY_SAY or finding.effect is Effect.NONE:
        return finding
    return replace(finding, message=f"{finding.message} ({RESERVATION})")
