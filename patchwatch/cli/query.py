# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch query`: SQL over the views, or a saved search."""

import sys
from datetime import UTC, datetime

from patchwatch.cli.browse import page
from patchwatch.cli.listing import run_named
from patchwatch.cli.settings import Settings
from patchwatch.errors import UsageError
from patchwatch.reports.answers import answer_csv, answer_json, answer_lines
from patchwatch.store.database import open_database
from patchwatch.store.sql_console import run_sql

_ROWS = 1000
_SERIES = 50
_WIDEST = 60  # columns of a terminal for one cell


def run_query(settings: Settings, words: str, *, form: str, limit: int | None, explain: bool) -> None:
    """Print what a query or a saved search finds; *limit* None: as many as is usual for it."""
    saved = settings.config.query.get(words.strip())
    sql = saved.q if saved is not None else words
    if not is_sql(sql):
        if explain:
            raise UsageError("--explain here is for SQL; for a saved search: patchwatch list --query NAME --explain")
        run_named(settings, words.strip(), form=form, limit=_SERIES if limit is None else limit)
        return
    parameters: dict[str, str | int] = {"now": int(datetime.now(UTC).timestamp()), "me": _me(settings)}
    with open_database(settings.database) as db:
        answer = run_sql(db, sql, parameters, limit=_ROWS if limit is None else limit, explain=explain)
    if form == "json":
        sys.stdout.write(answer_json(answer.columns, answer.rows, cut=answer.cut))
    elif form == "csv":
        sys.stdout.write(answer_csv(answer.columns, answer.rows))
    else:
        page(settings, answer_lines(answer.columns, answer.rows, _WIDEST if sys.stdout.isatty() else None))
    if answer.cut:
        settings.say(f"the first {len(answer.rows)} rows; --limit N shows more")


def is_sql(text: str) -> bool:
    """Say whether it is SQL: a query begins with one of two words, maybe in parentheses."""
    words = text.lstrip("( \t\r\n").lower().split(None, 1)
    return len(words) > 1 and words[0] in ("select", "with")


def _me(settings: Settings) -> str:
    """Return the user's first address, in lower case; "" without one."""
    return (settings.config.me or [settings.config.drafts.email])[0].lower()
