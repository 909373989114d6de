# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch db rejudge`: stored series under the texts of today, or under one that is only being written."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from patchwatch.cli.settings import Settings
from patchwatch.cli.trees import update_trees
from patchwatch.config import day_seconds
from patchwatch.errors import InputError, UsageError
from patchwatch.judging import Chooser, chooser
from patchwatch.model.series import Series
from patchwatch.model.verdict import PolicyRef, Verdict
from patchwatch.policy.loader import Policies
from patchwatch.policy.profile import Policy
from patchwatch.rejudging import JudgeThese, Scope, as_before, in_force, inside, lists_stored, rejudge, what_if
from patchwatch.reports.rejudged import Tally, Terms, lines, render_json
from patchwatch.store.database import Database, open_database
from patchwatch.store.triage_rows import neighbourhood
from patchwatch.trees import trees_of
from patchwatch.triage import judge_near, triage

_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says."""

    policy: str | None
    dry_run: bool
    as_if: bool
    since: str
    list_name: str


def run_rejudge(settings: Settings, asked: Asked, *, as_json: bool) -> None:
    """Judge stored series again and tell what changes; with a dry run nothing is stored."""
    policies, spec, ref = _text(settings, asked)
    choose = chooser(policies, spec, settings.config.policy_by_list())
    if asked.as_if:
        choose = _as_if(choose)
    terms = Terms(ref=ref, as_if=asked.as_if, dry_run=asked.dry_run)
    tally = Tally()
    now = datetime.now(UTC)
    with open_database(settings.database) as db:
        with db.reading() as conn:
            scope = _scope(settings, conn, asked)
        changes = (
            what_if(db, scope, _judge_these(settings, choose, now))
            if asked.dry_run
            else rejudge(db, scope, _judge_marked(settings, db, policies, choose, scope, now))
        )
        for one in changes:
            outcomes, effects = (one.before.outcome, one.outcome), (one.before.effects, one.effects)
            tally.add(one.before.id, one.before.root, one.before.posted_at, outcomes, effects)
    _tell(settings, tally, terms, as_json=as_json)


def _text(settings: Settings, asked: Asked) -> tuple[Policies, str | None, PolicyRef | None]:
    """Return the policies, what to ask them for (None: by list and date), and which one text that is, if one."""
    wanted = asked.policy or ""
    if asked.as_if and not asked.dry_run:
        raise UsageError("--as-if-in-force asks what would be: give --dry-run too")
    if wanted.endswith(".toml"):
        if not asked.dry_run:
            raise UsageError(
                f"{wanted}: verdicts are stored under known policies only; --dry-run tries it, "
                "`policies` of the configuration makes it known"
            )
        path = Path(wanted)
        if not path.is_file():
            raise UsageError(f"{wanted}: is no file")
        policies = settings.policies_with(path)
        profile = next(one for one in policies.profiles if one.path == path)
        if profile.abstract:
            raise UsageError(f"{wanted}: is an abstract base, which judges nothing")
        wanted = str(profile)
    else:
        policies = settings.policies
    if asked.as_if and "@" not in wanted:
        raise UsageError("--as-if-in-force needs one text: --policy ID@VERSION or --policy FILE.toml")
    if not wanted:
        return policies, None, None
    found = policies.get(wanted, None)  # UsageError for an id that nobody knows
    if "@" in wanted:
        return policies, wanted, found.ref
    return policies, wanted, PolicyRef(id=wanted, version="", status="", source="", digest="")


def _as_if(choose: Chooser) -> Chooser:
    made: dict[str, Policy] = {}

    def chosen(one: Series) -> Policy:
        policy = choose(one)
        if policy.ref.digest not in made:
            made[policy.ref.digest] = in_force(policy)
        return made[policy.ref.digest]

    return chosen


def _scope(settings: Settings, conn: Connection, asked: Asked) -> Scope:
    since = datetime.fromtimestamp(day_seconds(asked.since, "--since"), tz=UTC) if asked.since else None
    if not asked.list_name:
        return Scope(since=since)
    known = lists_stored(conn)
    configured = settings.config.list.get(asked.list_name)
    names = {asked.list_name} if configured is None else {configured.list_id, configured.address}
    wanted = {form.lower() for name in names if name for form in (name, name.replace("@", ".", 1))}
    found = frozenset(one for one in known if one.lower() in wanted)
    if not found:
        there = ", ".join(one or "(none)" for one in known[:_SHOWN])
        raise InputError(f"--list {asked.list_name}: no series of that list; there is {there}")
    return Scope(list_ids=found, since=since)


def _judge_these(settings: Settings, choose: Chooser, now: datetime) -> JudgeThese:
    """Return what judges the series of some people and stores nothing."""
    me, trees = settings.config.own_addresses(), trees_of(settings.config.lists_by_tree())

    def judged(conn: Connection, senders: frozenset[str]) -> Sequence[tuple[Series, Verdict]]:
        return judge_near(conn, neighbourhood(conn, senders), choose, trees, me, now)

    return judged


def _judge_marked(
    settings: Settings, db: Database, policies: Policies, choose: Chooser, scope: Scope, now: datetime
) -> Callable[[frozenset[str]], object]:
    """Return what judges marked series and stores it: in scope by the new text, others by the one of before."""
    default = chooser(policies, None, settings.config.policy_by_list())
    me, trees = settings.config.own_addresses(), update_trees(settings, db)

    def judged(senders: frozenset[str]) -> None:
        chosen = choose
        if scope.limited:
            with db.reading() as conn:
                chosen = inside(conn, senders, scope, choose, as_before(conn, senders, policies, default))
        triage(db, chosen, trees, me, now=now)

    return judged


def _tell(settings: Settings, tally: Tally, terms: Terms, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(render_json(tally, terms))
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines(tally, terms))
    if terms.ref is not None and terms.ref.status in ("proposed", "unwritten", "withdrawn") and not terms.as_if:
        settings.say(
            f"{terms.ref.id}@{terms.ref.version} is {terms.ref.status}: it informs and has no effect; "
            "--dry-run --as-if-in-force tells what it would do"
        )
    if not terms.dry_run:
        settings.say(f"{tally.all.series} series judged again")
