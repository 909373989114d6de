# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge many series: which policy each falls under, and which findings an earlier revision carried already."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from patchwatch.engine import judge
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence, Finding, Verdict
from patchwatch.parse.subject import parse_subject
from patchwatch.policy.loader import Policies
from patchwatch.policy.profile import Policy
from patchwatch.waiving import Decisions, by_work, root_of

if TYPE_CHECKING:
    from patchwatch.model.history import History

Chooser = Callable[[Series], Policy]

_SUBJECT = "Subject: "


def chooser(policies: Policies, spec: str | None, by_list: dict[str, str] | None = None, default: str = "") -> Chooser:
    """
    Return how the policy of a series is found: *spec* for all, else the list's configured one, else by list.

    *by_list* maps a List-Id or a list's address (lower case) to a policy id; *default* is asked before the list.
    """
    choose = chooser_of_all(policies, spec, by_list, default)
    return lambda series: choose(series)[0]


def chooser_of_all(
    policies: Policies, spec: str | None, by_list: dict[str, str] | None = None, default: str = ""
) -> Callable[[Series], tuple[Policy, ...]]:
    """Return how all policies of a series are found: one for each project that it was posted to; as `chooser`."""

    def choose(series: Series) -> tuple[Policy, ...]:
        wanted = spec or _configured(series, by_list or {}) or default
        return (policies.choose(series, wanted),) if wanted else policies.choose_all(series)

    return choose


def _configured(series: Series, by_list: dict[str, str]) -> str | None:
    head = series.head
    return next((by_list[name] for name in (head.list_id, *head.recipients) if name in by_list), None)


def judge_all(
    series: Sequence[Series],
    choose: Chooser,
    *,
    known: bool,
    decisions: Decisions | None = None,
    history: "Callable[[Series], History | None]" = lambda _: None,
    as_of: Callable[[Series], datetime | None] = lambda _: None,
    text_of: Callable[[Message], Sequence[str] | None] | None = None,
) -> list[tuple[Series, Verdict]]:
    """
    Judge *series* (oldest first) and mark findings that an earlier revision carried already, or that are waived.

    *history* tells what a database knows of the submitter and the list of a series, *as_of* the newest date it knows
    of that list, so that nothing depends on what else is judged; *text_of* reads the lines of a mail's body again,
    where somebody can.
    """
    at_hand = {one.id: one for one in series}
    waivers = by_work(series, decisions.holding()) if decisions is not None else {}
    by_id: dict[str, Verdict] = {}
    verdicts: dict[int, Verdict] = {}  # by place: anybody may post a mail with the id of another
    for place, one in sorted(enumerate(series), key=lambda item: (len(item[1].earlier), item[1].revision)):
        former = tuple(at_hand[link.id] for link in one.earlier if link.id in at_hand)
        verdict = judge(
            one,
            choose(one),
            known=known,
            as_of=as_of(one),
            former=former,
            history=history(one),
            waivers=waivers.get(root_of(one), ()),
            text_of=text_of,
        )
        findings = tuple(_since(finding, one, verdict, by_id) for finding in verdict.findings)
        verdict = replace(verdict, findings=findings)
        verdicts[place] = by_id[one.id] = verdict
    return [(one, verdicts[place]) for place, one in enumerate(series)]


def judge_each(
    series: Sequence[Series],
    choose_all: Callable[[Series], tuple[Policy, ...]],
    *,
    known: bool,
    text_of: Callable[[Message], Sequence[str] | None] | None = None,
) -> list[tuple[Series, Verdict]]:
    """
    Judge *series* as `judge_all` does, but once for each project that one was posted to, never by a mixture.

    The verdicts of a series stand side by side, that of the most specific list first.
    """
    chosen = {id(one): choose_all(one) for one in series}
    judged = judge_all(series, lambda one: chosen[id(one)][0], known=known, text_of=text_of)
    found = {id(one): [verdict] for one, verdict in judged}
    others = dict.fromkeys(policy.ref.id for policies in chosen.values() for policy in policies[1:])
    for project in others:
        mine = {id(one): p for one in series for p in chosen[id(one)] if p.ref.id == project}
        here = [one for one in series if id(one) in mine]
        for one, verdict in judge_all(here, _given(mine), known=known, text_of=text_of):
            if chosen[id(one)][0].ref.id != project:
                found[id(one)].append(verdict)
    return [(one, verdict) for one in series for verdict in found[id(one)]]


def _given(policies: dict[int, Policy]) -> Chooser:
    return lambda one: policies[id(one)]


def _since(finding: Finding, series: Series, verdict: Verdict, judged: Mapping[str, Verdict]) -> Finding:
    """
    Date a finding back to the first revision in a row that carried it already.

    It is the same if rule and project are, and a quote but for blanks, case and what a subject has in brackets.
    """
    since = series.revision
    quotes = {_normal(evidence) for evidence in finding.evidence}
    for link in reversed(series.earlier):
        former = judged.get(link.id)
        same = (
            former is not None
            and former.policy.id == verdict.policy.id
            and any(
                other.rule == finding.rule and not quotes.isdisjoint(map(_normal, other.evidence))
                for other in former.findings
            )
        )
        if not same:
            break
        since = min(since, link.revision)
    return replace(finding, since_revision=since)


def _normal(evidence: Evidence) -> str:
    """Return a quote as it is compared between revisions: of a subject, what stays when it is posted again."""
    quote = evidence.quote
    if evidence.line is None and quote.startswith(_SUBJECT):
        quote = _SUBJECT + parse_subject(quote.removeprefix(_SUBJECT)).title
    return " ".join(quote.split()).casefold()
