# SPDX-License-Identifier: GPL-2.0-or-later
"""The database's mail into series and verdicts: only those that new or deleted mail can have changed."""

from patchwatch.assemble.series import assemble
from patchwatch.assemble.threads import mark_shared_ids
from patchwatch.judging import Chooser, judge_all
from patchwatch.store.database import Database
from patchwatch.store.triage_rows import pending_neighbourhood, replace_series


def triage(db: Database, choose: Chooser) -> int:
    """
    Assemble and judge what is marked, replace it in *db*, and return the number of series written.

    One transaction: a killed run leaves the marks and the old series.
    """
    with db.writing() as conn:
        near = pending_neighbourhood(conn)
        if near is None:
            return 0
        judged = judge_all(assemble(mark_shared_ids(near.messages)), choose, known=True)
        return replace_series(conn, near, judged)
