# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch db check`, `export`, `vacuum` and `backup`."""

import csv
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from patchwatch.cli.settings import Settings
from patchwatch.errors import InputError
from patchwatch.ingest import clean_spool
from patchwatch.reports.answers import csv_cells
from patchwatch.reports.clean import one_line, several
from patchwatch.store.check import check_database
from patchwatch.store.database import open_database
from patchwatch.store.sql_console import plain
from patchwatch.store.upkeep import Rows, back_up, new_file, vacuum, view_rows
from patchwatch.store.view import View


def run_check(settings: Settings) -> int:
    """Print what is wrong; return the exit code."""
    with open_database(settings.database) as db:
        found = check_database(db)
    for fault in found.faults:
        sys.stdout.write(f"wrong: {fault.rule}: not so for {fault.count}, such as {one_line(fault.example)}\n")
    if found.faults:
        settings.say("nothing was changed; restore a copy, or ingest into a new database")
        return 1
    held = f"{several(found.messages, 'message')}, {found.series} series"
    sys.stdout.write(f"ok: {several(found.checks, 'check')}, {held}\n")
    return 0


def run_vacuum(settings: Settings) -> None:
    """Make the database small, and the mail kept beside it; say what it came to."""
    with open_database(settings.database) as db:
        before, after = vacuum(db)
        gone = clean_spool(db, settings.spool)
    if gone:
        settings.say(f"the text of {several(gone, 'mail')} that no source has any more was forgotten")
    settings.say(f"{settings.database}: {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB now")


def run_backup(settings: Settings, to: Path) -> None:
    """Copy the database into a new file."""
    with open_database(settings.database) as db:
        back_up(db, to)
    settings.say(f"{to}: is a copy of {settings.database}")


def run_export(settings: Settings, form: str, to: Path) -> None:
    """Write all views: a file for each into a folder, or all as tables of one SQLite file."""
    with open_database(settings.database) as db:
        if form == "sqlite":
            with new_file(to) as made, closing(sqlite3.connect(made)) as copy:
                total = sum(_write_table(copy, view, rows) for view, rows in view_rows(db))
                copy.commit()
        else:
            try:
                to.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"{to}: cannot be made: {error.strerror}") from error
            total = sum(_write_text(to / f"{view.name}.{form}", form, view, rows) for view, rows in view_rows(db))
    settings.say(f"{to}: {several(total, 'row')}")


def _write_table(copy: sqlite3.Connection, view: View, rows: Rows) -> int:
    names = ", ".join(f'"{name}"' for name in view.columns)
    copy.execute(f"CREATE TABLE {view.name} ({names})")
    marks = ", ".join("?" * len(view.columns))
    done = copy.executemany(f"INSERT INTO {view.name} VALUES ({marks})", (tuple(map(plain, row)) for row in rows))  # noqa: S608 - our own names
    return max(0, done.rowcount)


def _write_text(path: Path, form: str, view: View, rows: Rows) -> int:
    total = 0
    with new_file(path) as made, made.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if form == "csv":
            writer.writerow(view.columns)
        for total, row in enumerate(rows, 1):  # noqa: B007 - counted
            values = [plain(value) for value in row]
            if form == "csv":
                writer.writerow(csv_cells(values))
            else:
                file.write(json.dumps(dict(zip(view.columns, values, strict=True)), ensure_ascii=False) + "\n")
    return total
