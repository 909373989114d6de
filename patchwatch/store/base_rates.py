# SPDX-License-Identifier: GPL-2.0-or-later
"""How usual a heuristic finding is on its list: counted when it is shown, over the year before and no further."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, exists, func, or_, select

from patchwatch.model.history import ODD, YOUNG, BaseRate, window_of
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Verdict
from patchwatch.rules.base import load_rule
from patchwatch.store.message_rows import to_time
from patchwatch.store.schema import finding, series, skipped

NEWCOMERS = "first series"


def with_base_rates(conn: Connection, one: Series, verdict: Verdict) -> Verdict:
    """Return *verdict* with the base rate of each heuristic finding; facts speak for themselves."""
    rules = {found.rule for found in verdict.findings if found.level is Level.INFO}
    rates = {rule: base_rate(conn, one, rule) for rule in sorted(rules)}
    return replace(verdict, findings=tuple(replace(f, base_rate=rates.get(f.rule)) for f in verdict.findings))


def base_rate(conn: Connection, one: Series, rule: str) -> BaseRate | None:
    """
    Count the works on the list of a stored series, and those in which *rule* found something.

    Left out are series that the rule could not look at or that another text judged. None without a list or date.
    """
    row = conn.execute(select(series).where(series.c.id == one.id)).mappings().one_or_none()
    if row is None or one.date is None or not row["list_id"]:
        return None
    among = _among(rule)
    since = window_of(one.date)[0]
    if among == NEWCOMERS:
        since = max(since, _from_then(conn, row["list_id"]) or since)
    wanted = [
        series.c.list_id == row["list_id"],
        series.c.posted_at >= int(since.timestamp()),
        series.c.posted_at <= row["posted_at"],
        series.c.policy_id == row["policy_id"],
        series.c.policy_version == row["policy_version"],
        or_(_has(rule), ~exists().where(skipped.c.series_id == series.c.id, skipped.c.rule == rule)),
    ]
    if among == NEWCOMERS:
        older = series.alias()
        wanted.append(~exists().where(older.c.sender == series.c.sender, older.c.posted_at < series.c.posted_at))
    counted = select(func.count(series.c.root.distinct()), func.count(case((_has(rule), series.c.root)).distinct()))
    every, having = conn.execute(counted.where(*wanted)).one()
    return BaseRate(list_id=row["list_id"], series=every, having=having, since=since, among=among)


def _has(rule: str) -> ColumnElement[bool]:
    return exists().where(finding.c.series_id == series.c.id, finding.c.rule == rule)


def _among(rule: str) -> str:
    try:
        return load_rule(rule).among
    except KeyError:  # of somebody else's package, which is not here any more
        return "series"


def _from_then(conn: Connection, list_id: str) -> datetime | None:
    """Return from when on it can be told who is new on a list."""
    here = select(series.c.posted_at).where(series.c.list_id == list_id, series.c.posted_at.is_not(None))
    known = to_time(conn.execute(here.order_by(series.c.posted_at).offset(ODD).limit(1)).scalar())
    return None if known is None else known + YOUNG
