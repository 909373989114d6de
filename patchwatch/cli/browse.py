# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch list`, `show` and `db upgrade`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from patchwatch.cli.mails import Mails, measures_of
from patchwatch.cli.settings import Settings
from patchwatch.cli.signatures import with_signatures
from patchwatch.errors import InputError, UsageError
from patchwatch.model.verdict import Outcome
from patchwatch.parse.addresses import message_ids
from patchwatch.parse.headers import split_headers
from patchwatch.reports.jsonable import series_value
from patchwatch.reports.queue import matches, render_json, short_ids, table
from patchwatch.reports.text import Style, show_lines
from patchwatch.store.database import open_database, upgrade
from patchwatch.store.read import all_ids, list_series, resolve_series
from patchwatch.store.read_series import load_series


def run_list(
    settings: Settings,
    words: Sequence[str],
    *,
    as_json: bool,
    limit: int,
    outcome: str | None,
    disclosed: bool,
    every: bool,
) -> None:
    """Print the queue; say on stderr how much more there is."""
    wanted = Outcome(outcome) if outcome is not None else None
    with open_database(settings.database) as db, db.reading() as conn:
        rows = list_series(conn, latest_only=not every, outcome=wanted)
        known = all_ids(conn)
    if not every:
        rows = [row for row in rows if row.label != "autosel"]  # batches of a machine: their own class
    for word in words:
        if ":" in word and not word.startswith("<"):
            raise UsageError(f"{word!r}: list takes plain words; searching by field is not there yet")
        rows = [row for row in rows if matches(row, word)]
    if disclosed:
        rows = [row for row in rows if row.disclosed]
    shown = rows[:limit] if limit else rows
    now = datetime.now(UTC)
    if as_json:
        sys.stdout.write(render_json(shown, now))
        return
    if not rows:
        settings.say("no series")
        return
    terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
    columns = shutil.get_terminal_size((120, 50)).columns if terminal else None
    ids = short_ids([row.id for row in shown], known)
    page(settings, table(shown, ids, now, columns, Style(settings.colour)))
    if len(shown) < len(rows):
        settings.say(f"{len(shown)} of {len(rows)} series; --limit 0 shows all")


def run_show(settings: Settings, wanted: str, *, as_json: bool, attest: bool = False, online: bool = False) -> None:
    """Print one series in full."""
    if online and not attest:
        raise UsageError("--online is about signatures: give --attest too")
    with open_database(settings.database) as db, db.reading() as conn:
        series, verdict = load_series(conn, series_id(conn, wanted))
        mails = Mails(conn)
        measures = measures_of(series, mails)
        if attest:
            (series,) = with_signatures([series], mails.data, online=online)
    if as_json:
        document = {"schema": "patchwatch.show/1", "series": series_value(series, verdict, measures)}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        return
    page(settings, show_lines(series, verdict, Style(settings.colour), measures))


def run_upgrade(settings: Settings) -> None:
    """Migrate the database."""
    before, after = upgrade(settings.database)
    settings.say(f"{settings.database}: at revision {after}" + ("" if before == after else f" (was {before})"))


def series_id(conn: Connection, wanted: str) -> str:
    """Find the series that the user means; `-` reads a mail from stdin and takes its Message-ID."""
    if wanted != "-":
        return resolve_series(conn, wanted)
    ids = message_ids(split_headers(sys.stdin.buffer.read(1 << 20)).plain("message-id"))
    if not ids:
        raise InputError("stdin: no mail with a Message-ID (in mutt: set pipe_decode=no)")
    return resolve_series(conn, ids[0])


def page(settings: Settings, lines: Iterable[str]) -> None:
    """Write lines, through the user's pager on a terminal, as git does."""
    text = "".join(f"{line}\n" for line in lines)
    pager = os.environ.get("GIT_PAGER", os.environ.get("PAGER", "less"))
    if settings.no_pager or not sys.stdout.isatty() or pager in ("", "cat"):
        sys.stdout.write(text)
        return
    environment = {**os.environ, "LESS": os.environ.get("LESS", "FRX")}
    try:
        subprocess.run(pager, shell=True, input=text, text=True, env=environment, check=False)  # noqa: S602 - as git
    except OSError:
        sys.stdout.write(text)
