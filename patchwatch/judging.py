# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge many series: which policy each falls under, and which findings an earlier revision carried already."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from patchwatch.engine import judge
from patchwatch.model.series import Series
from patchwatch.model.verdict import Finding, Verdict
from patchwatch.policy.loader import Policies
from patchwatch.policy.profile import Policy

Chooser = Callable[[Series], Policy]


def chooser(policies: Policies, spec: str | None, by_list: dict[str, str] | None = None) -> Chooser:
    """
    Return how the policy of a series is found: *spec* for all, else the list's configured one, else by list.

    *by_list* maps a List-Id or a list's address (lower case) to a policy id.
    """

    def choose(series: Series) -> Policy:
        wanted = spec or _configured(series, by_list or {})
        return policies.get(wanted, series.date) if wanted else policies.select(series)

    return choose


def _configured(series: Series, by_list: dict[str, str]) -> str | None:
    head = series.head
    return next((by_list[name] for name in (head.list_id, *head.recipients) if name in by_list), None)


def judge_all(series: Sequence[Series], choose: Chooser, *, known: bool) -> list[tuple[Series, Verdict]]:
    """Judge *series* (oldest first) and mark findings that an earlier revision carried already."""
    newest = max((one.date for one in series if one.date is not None), default=None)
    by_id: dict[str, Verdict] = {}
    verdicts: dict[int, Verdict] = {}  # by place: anybody may post a mail with the id of another
    for place, one in sorted(enumerate(series), key=lambda item: item[1].revision):
        verdict = judge(one, choose(one), known=known, as_of=newest)
        verdict = replace(verdict, findings=tuple(_since(finding, one, by_id) for finding in verdict.findings))
        verdicts[place] = by_id[one.id] = verdict
    return [(one, verdicts[place]) for place, one in enumerate(series)]


def _since(finding: Finding, series: Series, judged: dict[str, Verdict]) -> Finding:
    """Date a finding back to the first revision in a row that carried the same rule with the same quote."""
    since = series.revision
    quotes = {evidence.quote for evidence in finding.evidence}
    for link in reversed(series.earlier):
        former = judged.get(link.id)
        same = former is not None and any(
            other.rule == finding.rule and quotes.intersection(evidence.quote for evidence in other.evidence)
            for other in former.findings
        )
        if not same:
            break
        since = min(since, link.revision)
    return replace(finding, since_revision=since)
