# SPDX-License-Identifier: GPL-2.0-or-later
"""One rule alone: what it finds in series or mails, under a policy with nothing but it."""

from collections.abc import Sequence
from dataclasses import replace

from builders_mail import DIFF, LOG
from patchwatch.engine import judge
from patchwatch.judging import judge_all
from patchwatch.model.series import Series
from patchwatch.model.terms import Tag
from patchwatch.model.verdict import Effect, Finding, Verdict
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy, RuleUse
from patchwatch.rules.base import Rule

_SILENT = load_policies().get("none", None)


def policy_of(rule: Rule, *tags: Tag, effect: Effect = Effect.ASK) -> Policy:
    """Return a policy in force with one rule and these tags."""
    use = RuleUse(rule=rule, effect=effect, clause="https://example.org/policy", why="a test")
    return replace(_SILENT, rules=(use,), tags=tags, exempt_uses=frozenset({"spelling"}))


def verdict_of(rule: Rule, series: Series, *tags: Tag) -> Verdict:
    """Judge one series."""
    return judge(series, policy_of(rule, *tags))


def found(rule: Rule, series: Series, *tags: Tag) -> tuple[Finding, ...]:
    """Return what *rule* finds in one series."""
    return verdict_of(rule, series, *tags).findings


def quotes(rule: Rule, series: Series, *tags: Tag) -> list[str]:
    """Return the quoted lines of all findings, in order."""
    return [evidence.quote for finding in found(rule, series, *tags) for evidence in finding.evidence]


def found_in_all(rule: Rule, series: Sequence[Series], *tags: Tag) -> dict[str, tuple[Finding, ...]]:
    """Judge revisions together; what is found in each, by its id."""
    policy = policy_of(rule, *tags)
    return {one.id: verdict.findings for one, verdict in judge_all(series, lambda _: policy, known=False)}


def body(trailers: str = "", *, log: str = "It overflows.\n\n", below: str = "", signed: bool = True) -> str:
    """Return the body of a patch with *trailers* above the sign-off of Jo Doe."""
    sign_off = LOG.rpartition("\n\n")[2] if signed else ""
    return f"{log}{trailers}{sign_off}---\n{below}\n{DIFF}-- \n2.39\n"
