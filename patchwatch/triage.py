# SPDX-License-Identifier: GPL-2.0-or-later
"""The database's mail into series and verdicts: only those that new or deleted mail can have changed."""

from collections.abc import Mapping

from patchwatch.assemble.followups import follow_up
from patchwatch.assemble.merged import TreesOf, mark_merged
from patchwatch.assemble.series import assemble
from patchwatch.assemble.threads import mark_shared_ids
from patchwatch.judging import Chooser, judge_all
from patchwatch.model.mail import Message
from patchwatch.store.commits import commits_for
from patchwatch.store.database import Database
from patchwatch.store.triage_rows import pending_neighbourhood, replace_series


def triage(
    db: Database,
    choose: Chooser,
    trees_of: TreesOf | None = None,
    me: frozenset[str] = frozenset(),
    fresh: Mapping[str, Message] | None = None,
) -> int:
    """
    Assemble and judge what is marked, replace it in *db*, and return the number of series written.

    *trees_of* says in which git trees a series is looked for, *me* are the user's addresses in lower case;
    *fresh* are mails by blob id that were stored a moment ago, so that they need not be read back. One
    transaction: a killed run leaves the marks and the old series.
    """
    with db.writing() as conn:
        near = pending_neighbourhood(conn, fresh)
        if near is None:
            return 0
        series = assemble(mark_shared_ids(near.messages))
        if trees_of is not None:
            series = mark_merged(series, commits_for(conn, series), trees_of)
        judged = judge_all(follow_up(series, me), choose, known=True)
        return replace_series(conn, near, judged)
