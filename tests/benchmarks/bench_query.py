# SPDX-License-Identifier: GPL-2.0-or-later
"""
How long questions take on a database that `patchwatch ingest` filled: `python tests/benchmarks/bench_query.py FILE`.

In process, warm: the median and the slowest but one of 20 runs, in milliseconds, with the rows of a first page.
"""

import sys
import time
from datetime import UTC, datetime

from sqlalchemy import func, select

from patchwatch.store.database import open_database
from patchwatch.store.query.context import Context
from patchwatch.store.query.find import statement
from patchwatch.store.query.translate import read_query
from patchwatch.store.read import series_rows
from patchwatch.store.schema import message, series

QUESTIONS = (
    "",
    "dfn:drivers/net/ ai:no size:21.. age:..7d",
    "rule:outside-allowed-scenario OR rule:borderline-size",
    "waits:author since:7d..",
    "waits:us since:3d..",
    "rev:2.. changed:rules",
    "rev:2.. changed:files",
    "who:new size:101.. age:..7d",
    "complete:no age:2d..",
    "size:101.. tests:0",
    "draft:stale",
    "ai:yes size:21..",
    "s:fix",
    "overflow",
    '"out of bounds"',
    "zzzunheard",
    "f:ada",
    "m:@example.org",
    "dfn:drivers/**/*.c",
    "trailer:Fixes",
    "got:Reviewed-by:ada",
    "got:Nobody-by",
    "d:1.week.ago..",
    "NOT ai:yes",
)
RUNS = 20


def main(path: str) -> None:
    """Print one line for each question."""
    with open_database(path) as db, db.reading() as conn:
        mails = conn.execute(select(func.count()).select_from(message)).scalar()
        newest = conn.execute(select(func.max(series.c.posted_at))).scalar() or 0
        now = datetime.fromtimestamp(newest, tz=UTC)
        print(f"{mails} mails, {conn.execute(select(func.count()).select_from(series)).scalar()} series")
        for question in QUESTIONS:
            times, rows = [], 0
            for _ in range(RUNS):
                start = time.perf_counter()
                query = read_query(question, Context(text=question, now=now), conn)
                rows = len(series_rows(conn, statement(query.condition, limit=51)))
                times.append((time.perf_counter() - start) * 1000)
            times.sort()
            print(f"{times[RUNS // 2]:8.1f} {times[-2]:8.1f}  {rows:3}  {question or '(the queue)'}")


if __name__ == "__main__":
    main(sys.argv[1])
