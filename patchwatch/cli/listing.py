# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch list`, and saved searches."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, or_

from patchwatch.cli.browse import page
from patchwatch.cli.settings import Settings
from patchwatch.errors import UsageError
from patchwatch.reports.clean import clean
from patchwatch.reports.listed import chosen, columns_text, render_csv
from patchwatch.reports.queue import render_json, short_ids, table
from patchwatch.reports.text import Style
from patchwatch.store.database import open_database
from patchwatch.store.query.context import Condition, Context
from patchwatch.store.query.find import MAX_COUNTED, Found, find, neighbours, sql_of, statement
from patchwatch.store.query.lore import lore_search
from patchwatch.store.query.translate import Query, read_query
from patchwatch.store.query.tree import outline, terms
from patchwatch.store.schema import series


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for: a query, or the *name* of a saved one, or both; and how to show it."""

    query: str = ""
    name: str = ""
    form: str = "text"
    columns: str = ""
    sort: str = ""
    limit: int = 50
    outcome: str | None = None
    disclosed: bool = False
    every: bool = False


def run_list(settings: Settings, wanted: Wanted, *, explain: bool = False, lore: bool = False) -> None:
    """Print the queue; say on stderr how much more there is."""
    wanted = _with_saved(settings, wanted)
    columns, now = chosen(wanted.columns), datetime.now(UTC)
    if lore:
        _print_lore(settings, wanted.query)
        return
    with open_database(settings.database) as db, db.reading() as conn:
        query = read_query(wanted.query, _context(settings, wanted.query, now), conn, queue=not wanted.every)
        condition = _narrowed(query, wanted)
        if explain:
            page(settings, _explained(conn, query, condition, wanted))
            return
        found = find(conn, condition, sort=wanted.sort, limit=wanted.limit)
        known = neighbours(conn, [row.id for row in found.rows]) if wanted.form == "text" else []
    if wanted.form != "text":
        sys.stdout.write(
            render_json(found.rows, now) if wanted.form == "json" else render_csv(found.rows, now, columns)
        )
        return
    _print_text(settings, found, known, columns, now)


def run_named(settings: Settings, name: str, *, form: str = "text", limit: int = 50) -> None:
    """Run a saved search: the series it finds."""
    run_list(settings, Wanted(name=name, form=form, limit=limit))


def saved_query(settings: Settings, name: str) -> str:
    """Return the text of a saved search. Raises UsageError naming those there are."""
    saved = settings.config.query
    if name not in saved:
        known = f"there are: {', '.join(sorted(saved))}" if saved else 'add [query.NAME] with q = "..." to it'
        raise UsageError(f"the configuration has no search {name!r}; {known}")
    return saved[name].q


def _with_saved(settings: Settings, wanted: Wanted) -> Wanted:
    """Put the saved search before what was typed: both must hold."""
    if not wanted.name:
        return wanted
    saved = saved_query(settings, wanted.name)
    both = f"({saved}) {wanted.query}" if wanted.query.strip() and saved.strip() else saved + wanted.query
    return replace(wanted, query=both)


def _context(settings: Settings, text: str, now: datetime) -> Context:
    lists = {
        name: frozenset(one for one in (entry.list_id.lower(), entry.address.lower().replace("@", ".", 1)) if one)
        for name, entry in settings.config.list.items()
    }
    return Context(text=text, now=now, me=settings.config.own_addresses(), lists=lists)


def _narrowed(query: Query, wanted: Wanted) -> Condition:
    """Add what options ask for; what a program selects for stable trees is a class of its own."""
    parts = [query.condition]
    if not wanted.every and not any(term.prefix in ("m", "mid") for term in terms(query.tree)):
        parts.append(or_(series.c.label.is_(None), series.c.label != "autosel"))
    if wanted.outcome is not None:
        parts.append(series.c.outcome == str(wanted.outcome))
    if wanted.disclosed:
        parts.append(series.c.disclosed)
    return and_(*parts)


def _print_text(settings: Settings, found: Found, known: list[str], columns: tuple[str, ...], now: datetime) -> None:
    if not found.rows:
        settings.say("no series")
        return
    ids = short_ids([row.id for row in found.rows], known)
    if columns:
        page(settings, columns_text(found.rows, now, columns, ids))
    else:
        terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
        space = shutil.get_terminal_size((120, 50)).columns if terminal else None
        page(settings, table(found.rows, ids, now, space, Style(settings.colour)))
    if len(found.rows) < found.total:
        total = f"more than {MAX_COUNTED}" if found.total > MAX_COUNTED else str(found.total)
        settings.say(f"{len(found.rows)} of {total} series; --limit 0 shows all")


def _print_lore(settings: Settings, text: str) -> None:
    found = lore_search(text)
    if found.left_out:
        settings.say(f"lore has no equivalent of: {clean(' '.join(found.left_out))}")
    if found.url:
        sys.stdout.write(f"{found.url}\n")
    else:
        settings.say("nothing of this query can be searched on lore")


def _explained(conn: Connection, query: Query, condition: Condition, wanted: Wanted) -> Iterator[str]:
    """Give the tree, the SQL, and the values that are bound in it."""
    yield from map(clean, outline(query.tree))
    shown = statement(condition, sort=wanted.sort, limit=wanted.limit).with_only_columns(series.c.id)
    sql, values = sql_of(conn, shown)
    yield ""
    yield from sql.splitlines()
    yield ""
    yield from (clean(f"{name} = {value!r}") for name, value in values.items())
