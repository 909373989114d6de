# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch check`: judge mail without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from patchwatch.assemble.followups import follow_up
from patchwatch.assemble.series import assemble
from patchwatch.cli.check_mail import Mail, read_all
from patchwatch.cli.check_output import FOR_B4, Judgement, problem, render, write_output
from patchwatch.cli.choosing import Texts, say_stale, texts_for
from patchwatch.cli.settings import Settings
from patchwatch.errors import PatchwatchError, UsageError
from patchwatch.judging import judge_each
from patchwatch.model.series import Series, State
from patchwatch.model.verdict import Outcome, Verdict
from patchwatch.policy.profile import Policy
from patchwatch.reports.clean import several
from patchwatch.sources.base import Source

if TYPE_CHECKING:
    from patchwatch.config import RepositoryConfig
    from patchwatch.model.cost import ReviewCost

_MAX_TEXTS = 200  # mails whose text is kept to look for moved lines; that of an archive would fill the memory
_FAILING = {
    "decline": frozenset({Outcome.DECLINE}),
    "ask": frozenset({Outcome.DECLINE, Outcome.ASK, Outcome.UNDETERMINED}),
    "never": frozenset[Outcome](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    What the options of `check` ask for; an empty *select* means all rules of the policy.

    *git* are ranges of commits of the repository *repo*.
    """

    policy: str | None = None
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    format: str = "text"
    fail_on: str = "decline"
    output: Path | None = None
    exit_zero: bool = False
    git: tuple[str, ...] = ()
    repo: str = ""
    trees: tuple[str, ...] = ()
    since: str = ""
    attest: bool = False
    online: bool = False

    def without_rules(self, policy: Policy) -> Policy:
        """Return *policy* with only the rules that `--select` and `--ignore` leave."""
        if not self.select and not self.ignore:
            return policy
        kept = tuple(
            use
            for use in policy.rules
            if (not self.select or use.rule.id in self.select) and use.rule.id not in self.ignore
        )
        return replace(policy, rules=kept)


def run_check(settings: Settings, sources: Sequence[str], wanted: Wanted) -> int:
    """Judge all mail of *sources* together; return the exit code."""
    if wanted.format not in FOR_B4:
        return _run(settings, sources, wanted)
    settings.quiet = True  # b4 takes every line on stderr for a failure
    _no_warnings()
    try:
        _run(settings, sources, wanted)
    except PatchwatchError as error:
        write_output([problem(error, wanted.format)], wanted.output, wanted.format)
    return 0


def _no_warnings() -> None:
    import warnings

    warnings.simplefilter("ignore")


def _run(settings: Settings, sources: Sequence[str], wanted: Wanted) -> int:
    _fit_together(sources, wanted)
    _know_rules(wanted.select | wanted.ignore)
    texts, commits = _texts(settings, wanted)
    # A line of a diff is told as one of the file, for which its mail is kept; else only for measures and signatures.
    keep = wanted.attest or texts.needs_text or bool(wanted.git)
    mail = read_all(settings, sources, commits, None if keep else _MAX_TEXTS)
    series = assembled(settings, mail, wanted)
    alone = wanted.format in FOR_B4 and _is_alone(mail, series)
    judged, used = judged_by(series, texts, mail, wanted, alone=alone)

    def cost_of(one: Series, verdict: Verdict) -> ReviewCost:
        from patchwatch.assemble.cost import review_cost

        return review_cost(one, verdict.sizes, mail.lines)

    found = Judgement(
        judged=judged,
        mail=mail,
        fallback=texts.fallback,
        rules={f"{p.ref.id}@{p.ref.version}" if p.ref.version else p.ref.id: _rules(p) for p in used},
        cost_of=cost_of,
    )
    colour = settings.colour and wanted.output is None
    chunks = render(found, wanted.format, colour=colour, asks_fail=wanted.fail_on == "ask")
    write_output(chunks, wanted.output, wanted.format)
    if not judged:
        settings.say(f"no patch series in {several(len(mail.found), 'message')}")
    say_stale(settings, used)
    failing = _FAILING["never" if wanted.exit_zero else wanted.fail_on]
    return int(any(verdict.outcome in failing for one, verdict in judged if one.state is State.OPEN))


def _fit_together(sources: Sequence[str], wanted: Wanted) -> None:
    """Raise UsageError for options that make no sense without or beside each other."""
    if not sources and not wanted.git:
        raise UsageError("nothing to check: give a SOURCE (a file, `-` for stdin ...) or --git RANGE")
    if wanted.repo and not wanted.git:
        raise UsageError("--repo says where the commits of --git are: give --git RANGE too")
    if wanted.since and not wanted.trees:
        raise UsageError("--since bounds what is looked up in a git tree: give --tree too")
    if wanted.online and not wanted.attest:
        raise UsageError("--online is about signatures: give --attest too")


def _texts(settings: Settings, wanted: Wanted) -> tuple[Texts, Sequence[Source]]:
    """Return what judges, and the commits to judge: these bring the choice of their repository."""
    here: RepositoryConfig | None = None
    asked = wanted.policy
    commits: Sequence[Source] = ()
    if wanted.git:
        from patchwatch.cli.check_git import open_repository, ranges, target_config

        repository = open_repository(wanted.repo or ".")
        found = ranges(repository, wanted.git, settings)
        commits = found
        asked = asked or repository.policy or None
        here = target_config(repository, [one.base for one in found])
    elif asked is None:
        from patchwatch.cli.repository import configured_policy

        asked = configured_policy() or None
        if wanted.format == "b4":  # the series under review may lie in the work tree
            from patchwatch.config import RepositoryConfig

            here = RepositoryConfig()
    return texts_for(settings, asked, here), commits


def assembled(settings: Settings, mail: Mail, wanted: Wanted) -> Sequence[Series]:
    """Put the mail together, with what git trees and signatures say."""
    series: Sequence[Series] = assemble(mail.messages)
    if wanted.trees:
        from patchwatch.cli.trees import mark_from_trees

        series = mark_from_trees(series, wanted.trees, wanted.since)
    series = follow_up(series, settings.config.own_addresses())
    if wanted.attest:
        from patchwatch.cli.signatures import with_signatures

        series = with_signatures(series, mail.text, online=wanted.online)
    return series


def _is_alone(mail: Mail, series: Sequence[Series]) -> bool:
    if len(mail.found) != 1 or mail.odd:
        return False
    from patchwatch.cli.check_alone import is_alone

    return is_alone(len(mail.found), series)


def judged_by(
    series: Sequence[Series], texts: Texts, mail: Mail, wanted: Wanted, *, alone: bool
) -> tuple[list[tuple[Series, Verdict]], list[Policy]]:
    """Judge each series under all policies it falls under; return the policies that were used, as they were used."""
    used: dict[str, Policy] = {}

    def choose_all(one: Series) -> tuple[Policy, ...]:
        chosen = tuple(wanted.without_rules(policy) for policy in texts.choose_all(one))
        if alone:
            from patchwatch.cli.check_alone import without_series

            chosen = tuple(without_series(policy) for policy in chosen)
        used.update((policy.ref.digest, policy) for policy in chosen)
        return chosen

    judged = judge_each(series, choose_all, known=False, text_of=mail.lines)
    if alone:
        from patchwatch.cli.check_alone import with_reservation

        judged = [(one, with_reservation(one, verdict)) for one, verdict in judged]
    return judged, list(used.values())


def _rules(policy: Policy) -> list[str]:
    return [use.rule.id for use in policy.rules]


def _know_rules(named: frozenset[str]) -> None:
    if not named:
        return
    from difflib import get_close_matches

    from patchwatch.rules.base import found_ids, rule_ids

    known = rule_ids()
    for rule in sorted(named):
        if rule not in known and rule not in found_ids():
            near = get_close_matches(rule, known, 1)
            raise UsageError(f"no rule {rule!r}" + (f"; did you mean {near[0]}?" if near else ""))
