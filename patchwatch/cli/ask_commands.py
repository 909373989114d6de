# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands that ask the database and look after it: their names and options."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from patchwatch.cli.quick import QuickCommand

Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


class ExportFormat(StrEnum):
    """Formats of `db export`."""

    CSV = "csv"
    JSONL = "jsonl"
    SQLITE = "sqlite"


def add_to(app: typer.Typer, db_app: typer.Typer) -> None:
    """Give *app* and its group `db` these commands."""
    for asking in (query, who):
        app.command(cls=QuickCommand)(asking)
    for keeping in (check, export, vacuum, backup):
        db_app.command(cls=QuickCommand)(keeping)


def query(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="NAME|SQL", help='A saved search, or "select ..." over the views.')
    ],
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV with a line of headings instead of text.")] = False,
    limit: Annotated[int | None, typer.Option(min=0, help="At most so many rows; 0 for as many as allowed.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show how the database would answer this SQL.")] = False,
) -> None:
    """Ask the database with read-only SQL over the stable views, or run a saved search."""
    from patchwatch.cli.query import run_query

    form = "json" if json else "csv" if csv else "text"
    run_query(context.obj, " ".join(words), form=form, limit=limit, explain=explain)


def who(
    context: typer.Context,
    address: Annotated[
        list[str], typer.Argument(metavar="ADDRESS", help="jo@example.org, Jo Doe <jo@example.org>, or me.")
    ],
    json: Json = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many series of a kind; 0 for all.")] = 20,
) -> None:
    """Show facts on one submitter: first mail, lists, series, answers owed and given. No score."""
    from patchwatch.cli.who import run_who

    run_who(context.obj, " ".join(address), as_json=json, limit=limit)


def check(context: typer.Context) -> None:
    """Look for damage and contradictions in the database; change nothing."""
    from patchwatch.cli.dbtools import run_check

    raise typer.Exit(run_check(context.obj))


def export(
    context: typer.Context,
    output: Annotated[Path, typer.Option(metavar="DIR|FILE", help="A folder; for sqlite a new file.")],
    format: Annotated[ExportFormat, typer.Option(help="A file for each view, or one SQLite file.")] = ExportFormat.CSV,
) -> None:
    """Write the stable views for other programs."""
    from patchwatch.cli.dbtools import run_export

    run_export(context.obj, format.value, output)


def vacuum(context: typer.Context) -> None:
    """Give room of removed rows back to the system."""
    from patchwatch.cli.dbtools import run_vacuum

    run_vacuum(context.obj)


def backup(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file for the copy.")]
) -> None:
    """Copy the database, also while it is in use."""
    from patchwatch.cli.dbtools import run_backup

    run_backup(context.obj, file)
