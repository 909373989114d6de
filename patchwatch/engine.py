# SPDX-License-Identifier: GPL-2.0-or-later
"""
Judge a series under a policy. Pure: no clock, no file, no network; judging twice gives the same verdict.

What a finding may do is decided here and nowhere else: only facts under a binding text have an effect, and
never a stronger one than the policy, the hit and the linter's law (no `decline` without a reason) allow.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from patchwatch.model.diff import Role
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.terms import When
from patchwatch.model.verdict import Effect, Finding, Level, Outcome, PatchSize, Question, Skipped, Verdict, Waiver
from patchwatch.policy.follow import suggestions
from patchwatch.policy.profile import ALWAYS, Policy, RuleUse
from patchwatch.policy.reach import Found, discretion_of, in_reach, inside, without_doubles
from patchwatch.rules._ai import ai_content
from patchwatch.rules._scenarios import place
from patchwatch.rules._when import Scopes, holds, is_prototype
from patchwatch.rules.base import Context, Hit
from patchwatch.waiving import apply_waivers

if TYPE_CHECKING:
    from patchwatch.model.history import History

MAX_FINDINGS = 200


def judge(
    series: Series,
    policy: Policy,
    *,
    known: bool = False,
    as_of: datetime | None = None,
    former: tuple[Series, ...] = (),
    history: "History | None" = None,
    waivers: tuple[Waiver, ...] = (),
    text_of: Callable[[Message], Sequence[str] | None] | None = None,
) -> Verdict:
    """
    Return the verdict of *policy* on *series*.

    *known* says that a database is behind the series (more lists than this one were looked at); *as_of* is
    the time of judging, if rules may know it; *former* are earlier revisions at hand, lowest first; *history* is
    what the database knows of submitter and list; *waivers* are the decisions that hold for it;
    *text_of* reads the lines of a mail's body again, for measures that ignore some. A bug in a rule is not caught
    here.
    """
    seen = inside(series, policy)
    context = replace(
        _context(policy),
        known=known,
        as_of=as_of,
        former=former,
        history=history,
        prior_contact=bool(waivers),
        text_of=text_of,
    )
    found: list[Found] = []
    skipped: list[Skipped] = list(policy.lost)
    for use in policy.rules:
        for said in _run(use, seen, context):
            if isinstance(said, Skipped):
                skipped.append(said)
            else:
                found.append(Found(use, _finding(said, use, policy)))
    findings = apply_waivers(without_doubles(found), waivers)
    kept, dropped = _capped(findings)
    verdict = Verdict(
        policy=policy.ref,
        outcome=outcome_of(findings, prototype=is_prototype(seen, context)),
        findings=kept,
        skipped=(*dict.fromkeys(skipped), *dropped),
        human=tuple(_questions(seen, policy, context)),
        sizes=sizes_of(series, policy),
        notes=policy.notes,
    )
    return with_terms(verdict, series, policy, history)


def with_terms(verdict: Verdict, series: Series, policy: Policy, history: "History | None" = None) -> Verdict:
    """
    Return *verdict* with what the text leaves to people: what follows, discretion, who may lift a clause.

    None of it is stored, since it is no result: it is said anew where a verdict is shown.
    """
    if not policy.outcomes and not policy.discretion and policy.waiver is None:
        return verdict
    seen = inside(series, policy)
    declared = bool(policy.discretion and ai_content(seen, _context(policy)))
    return replace(
        verdict,
        suggest=tuple(suggestions(policy.outcomes, verdict.findings, history)),
        discretion=discretion_of(seen, policy) if declared else (),
        waiver=policy.waiver if any(finding.effect is not Effect.NONE for finding in verdict.findings) else None,
    )


def _context(policy: Policy) -> Context:
    """Return what rules may know of the policy alone."""
    return Context(
        status=policy.ref.status,
        tags=policy.tags,
        measures=policy.measures,
        scenarios=policy.scenarios,
        labels=policy.labels,
        exempt_uses=policy.exempt_uses,
        roles=policy.roles,
        sources=policy.sources,
    )


def outcome_of(findings: Iterable[Finding], *, prototype: bool) -> Outcome:
    """
    Return the first outcome that holds; waived findings do not count.

    More mail cannot undo an established fact, so `decline` comes before `undetermined`; a labelled prototype
    is discussed before its lines are asked about.
    """
    counted = [finding for finding in findings if not finding.waived]
    facts = {finding.effect for finding in counted if finding.level is Level.FACT}
    if Effect.DECLINE in facts:
        return Outcome.DECLINE
    if any(finding.level is Level.UNKNOWN for finding in counted):
        return Outcome.UNDETERMINED
    if prototype:
        return Outcome.PROTOTYPE
    return Outcome.ASK if Effect.ASK in facts else Outcome.READY


def sizes_of(series: Series, policy: Policy) -> tuple[PatchSize, ...]:
    """
    Return the roles of the files of each patch and its lines by role, all five roles in their fixed order.

    Files that the policy excludes have a role, but their lines are not counted.
    """
    sizes = []
    for message in (patch.message for patch in series.patches):
        roles = tuple(policy.roles.role_of(change) for change in message.files)
        lines = {role: [0, 0] for role in Role}
        for role, change in zip(roles, message.files, strict=True):
            if policy.exclude is not None and policy.exclude.both(change):
                continue
            lines[role][0] += change.added
            lines[role][1] += change.removed
        by_role = tuple((role, added, removed) for role, (added, removed) in lines.items())
        sizes.append(PatchSize(message_id=message.message_id, roles=roles, by_role=by_role))
    return tuple(sizes)


def _run(use: RuleUse, series: Series, context: Context) -> Iterator[Hit | Skipped]:
    """Run one rule; keep the evidence in the reach of its entry, for whose message the policy's condition holds."""
    scopes = Scopes(series, context) if use.when != When() else None
    for said in use.rule.check(series, context):
        if isinstance(said, Skipped):
            yield said
            continue
        near = in_reach(said.evidence, use, series)
        if scopes is None:
            if near:
                yield said if len(near) == len(said.evidence) else replace(said, evidence=near)
            continue
        answers = {
            message_id: holds(use.when, scopes.of(message_id), context)
            for message_id in dict.fromkeys(evidence.message_id for evidence in near)
        }
        kept = tuple(evidence for evidence in near if answers[evidence.message_id] is True)
        if kept:
            yield replace(said, evidence=kept)
        elif None in answers.values():
            yield Skipped(rule=use.rule.id, reason="the policy's condition hangs on something the mail does not say")


def _finding(hit: Hit, use: RuleUse, policy: Policy) -> Finding:
    level = use.rule.level if hit.level is None else hit.level
    plain = policy.binding or use.rule.id in ALWAYS  # what no text decides is no proposal either
    return Finding(
        rule=use.rule.id,
        level=level,
        effect=_effect(hit, level, use, policy),
        message=hit.message if plain else f"under the proposal: {hit.message}",
        evidence=hit.evidence,
        clause=use.clause,
    )


def _effect(hit: Hit, level: Level, use: RuleUse, policy: Policy) -> Effect:
    if level is not Level.FACT or not policy.binding:
        return Effect.NONE
    effect = Effect.ASK if use.effect is Effect.DECLINE and not use.why else use.effect
    return hit.cap if hit.cap is not None and hit.cap.rank < effect.rank else effect


def _capped(findings: list[Finding]) -> tuple[tuple[Finding, ...], tuple[Skipped, ...]]:
    """Keep 200 findings, those with the strongest effect first in line, in the order they were found."""
    if len(findings) <= MAX_FINDINGS:
        return tuple(findings), ()
    strongest = sorted(range(len(findings)), key=lambda n: (-findings[n].effect.rank, n))
    kept = set(strongest[:MAX_FINDINGS])
    counts: dict[str, int] = {}
    for number in range(len(findings)):
        if number not in kept:
            counts[findings[number].rule] = counts.get(findings[number].rule, 0) + 1
    dropped = (Skipped(rule=rule, reason=f"{count} more findings are not listed") for rule, count in counts.items())
    return tuple(findings[number] for number in sorted(kept)), tuple(dropped)


def _questions(series: Series, policy: Policy, context: Context) -> Iterator[Question]:
    """
    Yield the questions for a person, when AI content is declared.

    A question that scenarios ask comes only with a scenario that holds or may hold; a condition that the
    mail cannot answer does not silence a question, since a person reads it.
    """
    if not policy.human or not ai_content(series, context):
        return
    asked_by_scenarios = {question for scenario in policy.scenarios for question in scenario.ask}
    asked = {
        question
        for placed in place(series, context)
        for branch in placed.branches
        if branch.scenario is not None
        for question in branch.scenario.ask
    }
    scope = Scopes(series, context).whole
    for human in policy.human:
        wanted = human.id in asked or human.id not in asked_by_scenarios
        if wanted and holds(human.when, scope, context) is not False:
            yield Question(id=human.id, ask=human.ask)
