# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch sync --dry-run`: what would be fetched and read; nothing is written."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from patchwatch.cli.settings import Settings
from patchwatch.errors import InputError, PatchwatchError, ServerError
from patchwatch.model.source import Cursor
from patchwatch.reports.clean import one_line, several
from patchwatch.sources.mirror import Fetched, Mirror
from patchwatch.syncing import Place, database_file, made_ready

if TYPE_CHECKING:
    from patchwatch.store.database import Database


def tell_plan(settings: Settings, places: Sequence[Place], mirror: Callable[[Place], Mirror]) -> int:
    """Print a line for each place on stdout; return the exit code."""
    now, failed = datetime.now(UTC).timestamp(), False
    db = _database(settings)
    try:
        for ready in made_ready(places, lambda place: mirror(place).plan(now)):
            place, error = ready.place, ready.failed
            try:
                if error is not None:
                    raise error
                told = _fetching(ready.fetched) if ready.fetched is not None else _reading(settings, place, db)
            except PatchwatchError as problem:
                failed = True
                sys.stderr.write(f"patchwatch: {one_line(f'{place.name}: {problem}')}\n")
                continue
            sys.stdout.write(f"{one_line(f'{place.name}: {place.where}: {told}')}\n")
    finally:
        if db is not None:
            db.close()
    return ServerError.exit_code if failed else 0


def cursor_of(db: "Database", location: str) -> Cursor:
    """Return how far the source at *location* has been read."""
    from sqlalchemy import select

    from patchwatch.store.schema import cursor, source

    query = select(cursor.c.epoch, cursor.c.tip, cursor.c.count).join(source).where(source.c.location == location)
    with db.reading() as conn:
        rows = conn.execute(query).all()
    return Cursor(
        tips=tuple((epoch, tip) for epoch, tip, _ in rows), counts=tuple((epoch, count) for epoch, _, count in rows)
    )


def _database(settings: Settings) -> "Database | None":
    """Open the database to look at, None when there is none yet."""
    file = database_file(settings.database)
    if file is not None and not file.exists():
        return None
    from patchwatch.store.database import open_database

    try:
        return open_database(settings.database)
    except InputError:
        return None


def _fetching(plan: Fetched) -> str:
    parts = [f"would clone {_epochs(plan.cloned)}"] if plan.cloned else []
    parts += [f"would fetch {_epochs(plan.updated)}"] if plan.updated else []
    parts += [f"leaves out {_epochs(plan.left)}"] if plan.left else []
    return ", ".join(parts) or "nothing to fetch"


def _epochs(numbers: Sequence[int]) -> str:
    """Name epochs, which come newest first; many of them by the first and the last."""
    if len(numbers) > 4:
        return f"{several(len(numbers), 'epoch')} ({min(numbers)} to {max(numbers)})"
    return f"epoch{'s' * (len(numbers) > 1)} {', '.join(map(str, sorted(numbers)))}"


def _reading(settings: Settings, place: Place, db: "Database | None") -> str:
    from patchwatch.ingest import location_of
    from patchwatch.sources.detect import open_source

    if place.is_far or (":" in place.source and not Path(place.source).exists()):
        return "would be asked for new mail"
    source = open_source(place.source, None, settings.config.imap)
    cursor = Cursor() if db is None else cursor_of(db, location_of(place.source, source))
    number = source.count(cursor)
    if number is None:
        return "would be read"
    return f"would read {several(number, 'new message')}" if number else "nothing new"
