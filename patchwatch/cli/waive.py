# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch waive`: decisions of maintainers about single series."""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import TYPE_CHECKING

from patchwatch.errors import InputError, UsageError
from patchwatch.model.mail import Person
from patchwatch.model.series import Series
from patchwatch.model.terms import WaiverTerms
from patchwatch.model.verdict import Verdict, Waiver

if TYPE_CHECKING:
    from patchwatch.cli.settings import Settings
    from patchwatch.model.draft import Identity
    from patchwatch.store.database import Database

_MAX_REASON = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says; no *rule* with `--asked`."""

    series: str | None
    rule: str | None
    reason: str
    until: str
    by: str


def command(settings: "Settings", words: Asked, *, asked: bool, listed: bool, drop: int | None, as_json: bool) -> None:
    """Do the one thing that the options ask for."""
    deciding = bool(words.reason or words.until or words.by or asked)
    if sum((listed, drop is not None, deciding)) > 1:
        raise UsageError("one thing at a time: --list, --drop N, or a decision with its --reason")
    if listed or drop is not None:
        if words.rule is not None or (drop is not None and words.series is not None):
            raise UsageError("waive --list takes a series at most, waive --drop only the number of a decision")
        if drop is not None:
            run_drop(settings, drop)
        else:
            run_waivers(settings, words.series, as_json=as_json)
        return
    if as_json:
        raise UsageError("--json goes with --list")
    if words.series is None or (words.rule is None) is not asked:
        raise UsageError("waive what? waive ID RULE --reason TEXT, waive ID --asked --reason TEXT, or waive --list")
    run_waive(settings, words.series, words)


def run_waive(settings: "Settings", wanted: str, asked: Asked) -> None:
    """Record a decision, judge the series anew, and say what its outcome is now."""
    from patchwatch.cli.browse import series_id
    from patchwatch.identity import find_identity
    from patchwatch.model.draft import Identity
    from patchwatch.store.database import open_database
    from patchwatch.store.read_series import load_series
    from patchwatch.store.waivers import add_waiver, senders_of_work, work_of

    now = datetime.now(UTC)
    reason = " ".join(asked.reason.split())[:_MAX_REASON]
    if not reason:
        raise UsageError("why? --reason TEXT: words, a Message-ID or the URL of the agreement")
    until = _end(asked.until, now) if asked.until else None
    try:
        identity = find_identity(settings.config)
    except UsageError as error:
        if not asked.by.strip():
            raise UsageError(f"who decides? --by NAME, or {error}") from None
        identity = Identity(person=Person("", ""))
    who = _decider(asked.by, identity)
    with open_database(settings.database) as db:
        with db.writing() as conn:
            series, verdict = load_series(conn, series_id(conn, wanted))
            if asked.rule is not None:
                _check_rule(asked.rule, series, verdict)
            _check_terms(settings, who, identity, series, verdict)
            made = Waiver(
                number=0, series_id=series.id, rule=asked.rule or "", who=who, at=now, reason=reason, until=until
            )
            stored = add_waiver(conn, made)
            senders = senders_of_work(conn, work_of(conn, series.id) or series.id)
        _judge_anew(settings, db, senders, now)
        with db.reading() as conn:
            _, after = load_series(conn, series.id)
    _say(settings, stored, verdict, after)


def run_waivers(settings: "Settings", wanted: str | None, *, as_json: bool) -> None:
    """List all decisions, or those about one series."""
    from patchwatch.cli.browse import page, series_id
    from patchwatch.reports.jsonable import waiver as value
    from patchwatch.store.database import open_database
    from patchwatch.store.waivers import all_waivers, waivers_of_work, work_of

    with open_database(settings.database) as db, db.reading() as conn:
        if wanted is None:
            found = all_waivers(conn)
        else:
            found = waivers_of_work(conn, work_of(conn, series_id(conn, wanted)) or "")
    if as_json:
        document = {"schema": "patchwatch.waive/1", "waivers": [value(one) for one in found]}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        return
    if not found:
        settings.say("no waivers")
    now = datetime.now(UTC)
    page(settings, (_line(one, now) for one in found))


def run_drop(settings: "Settings", number: int) -> None:
    """Take a decision back and judge its series anew."""
    from patchwatch.store.database import open_database
    from patchwatch.store.waivers import drop_waiver, senders_of_work, work_of

    with open_database(settings.database) as db:
        with db.writing() as conn:
            gone = drop_waiver(conn, number)
            root = None if gone is None else work_of(conn, gone.series_id)
            senders = set() if root is None else senders_of_work(conn, root)
        if gone is None:
            raise InputError(f"no waiver {number}: `patchwatch waive --list` shows what there is")
        _judge_anew(settings, db, senders, datetime.now(UTC))
    settings.say(f"waiver {number} is taken back: {gone.rule or 'asked before posting'}, {gone.series_id}")


def _end(text: str, now: datetime) -> datetime:
    """Read a day (its last second counts, UTC)."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--until {text!r}: give a day as 2026-12-31") from None
    end = datetime.combine(day, time(23, 59, 59), UTC)
    if end < now:
        raise UsageError(f"--until {text}: is over already, so the waiver would never hold")
    return end


def _decider(by: str, identity: "Identity") -> Person:
    from patchwatch.parse.addresses import parse_person

    if not by.strip():
        return identity.person
    return parse_person(by) if "@" in by else Person(" ".join(by.split()), "")


def _check_rule(rule: str, series: Series, verdict: Verdict) -> None:
    """Refuse a rule without a finding in this series, and one that lifts no clause."""
    from patchwatch.waiving import is_waivable

    has = list(dict.fromkeys(finding.rule for finding in verdict.findings))
    if rule not in has:
        near = get_close_matches(rule, has, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(has)}" if has else "; it has none"
        raise UsageError(f"{series.id} has no finding of {rule!r}{hint}")
    if not any(is_waivable(finding) for finding in verdict.findings if finding.rule == rule):
        raise UsageError(
            f"{rule}: says what was missing or could not be read; that is no clause which anybody can lift"
        )


def _check_terms(settings: "Settings", who: Person, identity: "Identity", series: Series, verdict: Verdict) -> None:
    """Refuse one's own series where the policy says so; otherwise tell whom the text names."""
    terms = _terms(settings, verdict)
    if terms is None:
        return
    name = f"{verdict.policy.id}@{verdict.policy.version}"
    if not terms.own and _is_own(who, identity, series):
        raise UsageError(
            f"{name} does not let people waive for their own series ({who}); it leaves that to {' or '.join(terms.by)}"
        )
    settings.say(f"{name} leaves waivers to {' or '.join(terms.by)}")


def _terms(settings: "Settings", verdict: Verdict) -> WaiverTerms | None:
    """Return what the text that judged says on waivers; a text that is no longer there says nothing."""
    try:
        return settings.policies.get(f"{verdict.policy.id}@{verdict.policy.version}".rstrip("@"), None).waiver
    except UsageError:
        settings.say(
            f"{verdict.policy.id}@{verdict.policy.version} is not known any more: who may waive was not looked up"
        )
        return None


def _is_own(who: Person, identity: "Identity", series: Series) -> bool:
    """Whether the decider is the submitter or the author of a patch, by any address of theirs, else by name."""
    mine = {who.email.lower()} if who.email else set()
    if who == identity.person:
        mine |= {address.lower() for address in identity.own}
    people = [series.author, *(one for mail in series.messages for one in (mail.sender, mail.author))]
    if mine:
        return any(one.email.lower() in mine for one in people)
    return any(one.name.casefold() == who.name.casefold() for one in people)


def _judge_anew(settings: "Settings", db: "Database", senders: set[str], now: datetime) -> None:
    """Judge all series of these people again, each by the policy that judged it before."""
    from patchwatch.cli.trees import update_trees
    from patchwatch.judging import chooser
    from patchwatch.rejudging import as_before
    from patchwatch.store.threads import mark_senders
    from patchwatch.triage import triage

    if not senders:
        return
    policies = settings.policies
    with db.writing() as conn:
        mark_senders(conn, senders)
        choose = as_before(conn, senders, policies, chooser(policies, None, settings.config.policy_by_list()))
    trees = update_trees(settings, db)
    triage(db, choose, trees, settings.config.own_addresses(), now=now)


def _say(settings: "Settings", stored: Waiver, before: Verdict, after: Verdict) -> None:
    from patchwatch.reports.text import waiver_line

    settings.say(f"waiver {stored.number}: {stored.rule or 'contact'}: {waiver_line(stored)}")
    same = before.outcome is after.outcome
    settings.say(f"outcome: {after.outcome.value}" + (" as before" if same else f" (was {before.outcome.value})"))


def _line(one: Waiver, now: datetime) -> str:
    from patchwatch.reports.clean import clean
    from patchwatch.reports.text import waiver_line

    ended = "  ended: " if one.until is not None and one.until < now else "  "
    return f"{one.number:>4}  {clean(one.series_id)}  {one.rule or '(asked first)'}{ended}{waiver_line(one)}"
