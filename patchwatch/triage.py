# SPDX-License-Identifier: GPL-2.0-or-later
"""The database's mail into series and verdicts: only those that new or deleted mail can have changed."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from patchwatch.assemble.followups import follow_up
from patchwatch.assemble.merged import TreesOf, mark_merged
from patchwatch.assemble.series import assemble
from patchwatch.assemble.threads import mark_shared_ids
from patchwatch.judging import Chooser, judge_all
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.policy.profile import Policy
from patchwatch.store.commits import commits_for
from patchwatch.store.database import Database
from patchwatch.store.history import recall
from patchwatch.store.scrub import scrub
from patchwatch.store.triage_rows import Neighbourhood, newest_of_lists, pending_neighbourhood, replace_series, state_of
from patchwatch.store.waivers import waivers_about
from patchwatch.waiving import Decisions, ids_of

_TRIES = 3


def triage(
    db: Database,
    choose: Chooser,
    trees_of: TreesOf | None = None,
    me: frozenset[str] = frozenset(),
    fresh: Mapping[str, Message] | None = None,
    now: datetime | None = None,
) -> int:
    """
    Assemble and judge what is marked, replace it in *db*, and return the number of series written.

    *trees_of* says in which git trees a series is looked for, *me* are the user's addresses in lower case;
    *fresh* are mails by blob id that were stored a moment ago, so that they need not be read back; *now* is the
    time of the run, by which waivers end.

    Judging takes long, so it happens without the write lock; when something was stored meanwhile, it is done again, in
    the end with the lock. The marks go with the write: a killed run leaves them and the old series. Text that was
    taken back is then out of the file as well: no series quotes it any more.
    """
    written = _judge_marked(db, choose, trees_of, me, fresh, now)
    scrub(db)
    return written


def _judge_marked(
    db: Database,
    choose: Chooser,
    trees_of: TreesOf | None,
    me: frozenset[str],
    fresh: Mapping[str, Message] | None,
    now: datetime | None,
) -> int:
    for _ in range(_TRIES):
        with db.reading() as conn:
            seen = state_of(conn)
            near = pending_neighbourhood(conn, fresh)
            if near is None:
                return 0
            judged = judge_near(conn, near, choose, trees_of, me, now)
        with db.writing() as conn:
            if state_of(conn) == seen:
                return replace_series(conn, near, judged)
    with db.writing() as conn:
        near = pending_neighbourhood(conn, fresh)
        return 0 if near is None else replace_series(conn, near, judge_near(conn, near, choose, trees_of, me, now))


def judge_near(
    conn: Connection,
    near: Neighbourhood,
    choose: Chooser,
    trees_of: TreesOf | None,
    me: frozenset[str],
    now: datetime | None,
) -> list[tuple[Series, Verdict]]:
    """Assemble and judge a neighbourhood; reads only. Series of people who are not its senders are in parts."""
    series = assemble(mark_shared_ids(near.messages))
    if trees_of is not None:
        series = mark_merged(series, commits_for(conn, series), trees_of)
    decisions = Decisions(waivers=waivers_about(conn, ids_of(series)), at=now)
    series = follow_up(series, me)
    chosen = {id(one): choose(one) for one in series}  # choosing is as dear as judging

    def choose_once(one: Series) -> Policy:
        return chosen[id(one)]

    history = recall(conn, series, near.senders, choose_once)
    newest = newest_of_lists(conn, series)

    def as_of(one: Series) -> datetime | None:
        return newest.get(one.head.list_id)

    return judge_all(series, choose_once, known=True, decisions=decisions, history=history, as_of=as_of)
