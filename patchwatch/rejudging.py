# SPDX-License-Identifier: GPL-2.0-or-later
"""
Judge stored series again without reading mail, and tell what changes: the history of a list under another text.

Everything is done in batches of people, since revisions are linked among the postings of one person; what is kept
between batches is counts and a few ids.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from patchwatch.errors import UsageError
from patchwatch.judging import Chooser
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Finding, Level, Outcome, Verdict
from patchwatch.policy.loader import Policies
from patchwatch.policy.profile import Policy
from patchwatch.store.bulk import chunks
from patchwatch.store.database import Database
from patchwatch.store.message_rows import to_seconds
from patchwatch.store.schema import finding, message, series
from patchwatch.store.threads import mark_senders

BATCH = 2000  # patches and cover letters judged together, but never less than all of one person
_POSTED = ("patch", "cover")

Effects = frozenset[tuple[str, Effect]]
JudgeThese = Callable[[Connection, frozenset[str]], Sequence[tuple[Series, Verdict]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which stored series: of these List-Ids (none: all lists), posted from *since* on."""

    list_ids: frozenset[str] = frozenset()
    since: datetime | None = None

    @property
    def limited(self) -> bool:
        """Whether it leaves something out."""
        return bool(self.list_ids) or self.since is not None

    def where(self) -> ColumnElement[bool]:
        """Return it as a condition on the table of series."""
        lists = series.c.list_id.in_(sorted(self.list_ids)) if self.list_ids else true()
        since = series.c.posted_at >= to_seconds(self.since) if self.since is not None else true()
        return and_(lists, since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What is stored of a series: its verdict in short, when it was posted, and the first revision of its work."""

    id: str
    root: str
    posted_at: int
    outcome: Outcome
    effects: Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One series before and after; *effects* are the rules that ask or decline, waived ones left out."""

    before: Before
    outcome: Outcome
    effects: Effects


def what_if(db: Database, scope: Scope, judge_these: JudgeThese) -> Iterator[Change]:
    """Yield what would become of the series in *scope*; nothing is stored."""
    with db.reading() as conn:
        for senders in _batches(conn, scope):
            stored = _stored(conn, senders, scope)
            for one, verdict in judge_these(conn, senders):
                before = stored.pop(one.id, None)  # once: of several with one id the first is kept
                if before is not None:
                    yield Change(before=before, outcome=verdict.outcome, effects=effects_of(verdict.findings))


def rejudge(db: Database, scope: Scope, judge_marked: Callable[[frozenset[str]], object]) -> Iterator[Change]:
    """
    Have the series in *scope* judged again and stored, and yield what became of them.

    *judge_marked* is told whose series are marked. Each batch is transactions of its own: a killed run leaves
    every series with an old or a new verdict, and marks that the next `ingest` takes up.
    """
    with db.reading() as conn:
        batches = list(_batches(conn, scope))
    for senders in batches:
        with db.writing() as conn:
            stored = _stored(conn, senders, scope)
            mark_senders(conn, senders)
        judge_marked(senders)
        with db.reading() as conn:
            after = _stored(conn, senders, scope)
        for id_, now in after.items():
            if id_ in stored:
                yield Change(before=stored[id_], outcome=now.outcome, effects=now.effects)


def as_before(conn: Connection, senders: Collection[str], policies: Policies, choose: Chooser) -> Chooser:
    """Return a chooser that takes the text a stored series was judged by, and asks *choose* for all others."""
    judged_by = _judged_by(conn, senders)

    def chosen(one: Series) -> Policy:
        if one.id not in judged_by:
            return choose(one)
        name, version = judged_by[one.id]
        try:
            found = policies.choose(one, name)  # with what overlays add for the files it touches
            return found if found.ref.version == version else policies.get(f"{name}@{version}", one.date)
        except UsageError:  # the text is not there any more
            return choose(one)

    return chosen


def inside(conn: Connection, senders: Collection[str], scope: Scope, chosen: Chooser, otherwise: Chooser) -> Chooser:
    """Return a chooser that asks *chosen* for the stored series in *scope* and *otherwise* for all others."""
    ids = frozenset(_stored(conn, senders, scope))
    return lambda one: chosen(one) if one.id in ids else otherwise(one)


def in_force(policy: Policy) -> Policy:
    """Return *policy* as it would judge if it were in force: proposals inform only, and say so with every finding."""
    rules = tuple(use for use in policy.rules if use.rule.id != "unadopted-policy")
    return replace(policy, ref=replace(policy.ref, status="in-force"), rules=rules)


def effects_of(findings: Collection[Finding]) -> Effects:
    """Return the rules that ask or decline, with their effects."""
    return frozenset(
        (one.rule, one.effect)
        for one in findings
        if one.level is Level.FACT and one.effect is not Effect.NONE and not one.waived
    )


def lists_stored(conn: Connection) -> list[str]:
    """Return the List-Ids of all stored series."""
    return sorted(conn.execute(select(series.c.list_id).distinct()).scalars())


def _batches(conn: Connection, scope: Scope) -> Iterator[frozenset[str]]:
    """Yield people with series in *scope*, so many that they posted about `BATCH` mails together."""
    query = select(message.c.sender_key, func.count()).where(message.c.kind.in_(_POSTED))
    if scope.limited:  # else also those whose mail was no series before
        query = query.where(message.c.sender_key.in_(select(series.c.sender).where(scope.where()).distinct()))
    batch: list[str] = []
    total = 0
    for sender, count in conn.execute(query.group_by(message.c.sender_key).order_by(message.c.sender_key)).all():
        if batch and total + count > BATCH:
            yield frozenset(batch)
            batch, total = [], 0
        batch.append(sender)
        total += count
    if batch:
        yield frozenset(batch)


def _stored(conn: Connection, senders: Collection[str], scope: Scope) -> dict[str, Before]:
    """Return the stored series of these people that are in *scope*, by id."""
    found: dict[str, Before] = {}
    counts = (finding.c.effect != Effect.NONE.value) & (finding.c.level == Level.FACT.value) & ~finding.c.waived
    for part in chunks(senders):
        mine = series.c.sender.in_(part) & scope.where()
        effects: dict[str, set[tuple[str, Effect]]] = {}
        rules = select(finding.c.series_id, finding.c.rule, finding.c.effect).join(series).where(mine, counts)
        for id_, rule, effect in conn.execute(rules):
            effects.setdefault(id_, set()).add((rule, Effect(effect)))
        columns = (series.c.id, series.c.root, series.c.posted_at, series.c.outcome)
        for id_, root, posted_at, outcome in conn.execute(select(*columns).where(mine)):
            found[id_] = Before(
                id=id_,
                root=root,
                posted_at=posted_at or 0,
                outcome=Outcome(outcome),
                effects=frozenset(effects.get(id_, ())),
            )
    return found


def _judged_by(conn: Connection, senders: Collection[str]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for part in chunks(senders):
        query = select(series.c.id, series.c.policy_id, series.c.policy_version).where(series.c.sender.in_(part))
        found.update((id_, (name, version)) for id_, name, version in conn.execute(query))
    return found
