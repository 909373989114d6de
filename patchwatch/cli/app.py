# SPDX-License-Identifier: GPL-2.0-or-later
"""All commands and their options. Nothing heavy is imported here: `--help` and completion stay quick."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from patchwatch import __version__
from patchwatch.cli.quick import QuickCommand, QuickGroup
from patchwatch.cli.settings import Settings

_HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    cls=QuickGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings=_HELP,
    help="Triage of mailed patch series under a project's AI-contribution policy. Prepares drafts; never sends.",
)
draft_app = typer.Typer(
    cls=QuickGroup, no_args_is_help=True, rich_markup_mode=None, context_settings=_HELP, help="Draft replies."
)
db_app = typer.Typer(
    cls=QuickGroup, no_args_is_help=True, rich_markup_mode=None, context_settings=_HELP, help="The database."
)
app.add_typer(draft_app, name="draft")
app.add_typer(db_app, name="db")


class Format(StrEnum):
    """Formats of `check`."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


class FailOn(StrEnum):
    """From which outcome on `check` exits 1."""

    ASK = "ask"
    DECLINE = "decline"
    NEVER = "never"


class OutcomeName(StrEnum):
    """Outcomes, for `list --outcome`."""

    READY = "ready"
    ASK = "ask"
    PROTOTYPE = "prototype"
    DECLINE = "decline"
    UNDETERMINED = "undetermined"


SeriesId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Message-ID, lore URL, unique prefix shown by list, or - for a mail on stdin."),
]
PolicyOption = Annotated[
    str | None,
    typer.Option("--policy", metavar="ID[@VERSION]", help="Judge by this policy; default: by list and date."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
Attest = Annotated[bool, typer.Option("--attest", help="Check signatures (DKIM, patatt) with b4's own code.")]
Online = Annotated[bool, typer.Option("--online", help="With --attest: ask DNS for DKIM keys.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"patchwatch {__version__}")
        raise typer.Exit


@app.callback()
def global_options(
    context: typer.Context,
    db: Annotated[str, typer.Option(metavar="URL", help="Database: a path or SQLAlchemy URL.")] = "",
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Configuration file.")] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Tell more.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Tell less.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colour, also on a terminal.")] = False,
    no_pager: Annotated[bool, typer.Option("--no-pager", help="Never start a pager.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show version.")] = False,
) -> None:
    """Options for all commands."""
    del version  # handled before any command
    context.obj = Settings(db, config, verbose=verbose, quiet=quiet, no_color=no_color, no_pager=no_pager)


@app.command(cls=QuickCommand)
def ingest(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Public-inbox directory.")],
    policy: PolicyOption = None,
) -> None:
    """Read archives into the database, assemble series and judge them; continues where the last run ended."""
    from patchwatch.cli.ingest import run_ingest

    run_ingest(context.obj, sources, policy)


@app.command(cls=QuickCommand)
def check(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="mbox, Maildir, .eml, archive, or -.")],
    policy: PolicyOption = None,
    format: Annotated[Format, typer.Option(help="Output format; text may change, JSON may not.")] = Format.TEXT,
    fail_on: Annotated[FailOn, typer.Option(help="Exit 1 from this outcome on.")] = FailOn.DECLINE,
    select: Annotated[list[str] | None, typer.Option(metavar="RULE", help="Run only this rule; may repeat.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="RULE", help="Leave this rule out; may repeat.")] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write to FILE instead of stdout.")] = None,
    tree: Annotated[
        list[str] | None, typer.Option(metavar="PATH[#BRANCH]", help="Say what is merged in this git tree; may repeat.")
    ] = None,
    since: Annotated[str, typer.Option(metavar="DAY", help="With --tree: only commits from this day on.")] = "",
    attest: Attest = False,
    online: Online = False,
) -> None:
    """Judge the mail in SOURCE without a database; exit 1 when a policy in force declines it."""
    from patchwatch.cli.check import Wanted, run_check

    wanted = Wanted(
        policy=policy,
        select=frozenset(select or ()),
        ignore=frozenset(ignore or ()),
        format=format.value,
        fail_on=fail_on.value,
        output=output,
        trees=tuple(tree or ()),
        since=since,
        attest=attest,
        online=online,
    )
    raise typer.Exit(run_check(context.obj, sources, wanted))


@app.command("list", cls=QuickCommand)
def list_(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]...", help="Only series with all these words in subject, author, list or id."),
    ] = None,
    json: Json = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many series; 0 for all.")] = 50,
    outcome: Annotated[OutcomeName | None, typer.Option(help="Only series with this outcome.")] = None,
    disclosed: Annotated[bool, typer.Option("--disclosed", help="Only series that disclose the use of AI.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also superseded and merged postings.")] = False,
) -> None:
    """Show the triage queue, newest first."""
    from patchwatch.cli.browse import run_list

    run_list(context.obj, words or [], as_json=json, limit=limit, outcome=outcome, disclosed=disclosed, every=every)


@app.command(cls=QuickCommand)
def show(
    context: typer.Context, series: SeriesId, json: Json = False, attest: Attest = False, online: Online = False
) -> None:
    """Show one series: patches, trailers, disclosures, findings with the lines and clauses they rest on."""
    from patchwatch.cli.browse import run_show

    run_show(context.obj, series, as_json=json, attest=attest, online=online)


@app.command(cls=QuickCommand)
def diff(
    context: typer.Context,
    series: SeriesId,
    first: Annotated[
        str | None, typer.Argument(metavar="[A", help="Revision (2, v2, rfcv1) or id; default: the one before.")
    ] = None,
    second: Annotated[str | None, typer.Argument(metavar="[B]]", help="Revision or id; default: the newest.")] = None,
    json: Json = False,
    tree: Annotated[
        str | None, typer.Option(metavar="PATH[#BRANCH]", help="Add git range-diff, applied in this git tree.")
    ] = None,
) -> None:
    """Show what changed between two revisions: patches, files, trailers, disclosures, findings."""
    from patchwatch.cli.compare import run_diff

    run_diff(context.obj, series, first, second, as_json=json, tree=tree)


@draft_app.command("new", cls=QuickCommand)
def draft_new(
    context: typer.Context,
    series: SeriesId,
    to: Annotated[str, typer.Option(metavar="SINK", help="Store it too: eml:PATH or maildir:PATH.")] = "",
) -> None:
    """Print a draft reply about a series; nothing is sent, ever."""
    from patchwatch.cli.draft import run_draft

    run_draft(context.obj, series, to=to)


@draft_app.command("write", cls=QuickCommand)
def draft_write(
    context: typer.Context,
    series: SeriesId,
    to: Annotated[
        str, typer.Option(metavar="SINK", help="eml:PATH or maildir:PATH; default: the configured one.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
) -> None:
    """Store a draft reply where your mail client finds it; a draft that is there already is never touched."""
    from patchwatch.cli.draft import run_draft_write

    run_draft_write(context.obj, series, to=to, dry_run=dry_run)


@db_app.command("rejudge", cls=QuickCommand)
def db_rejudge(context: typer.Context, policy: PolicyOption = None) -> None:
    """Judge all stored series again, without reading mail: after a change of policy or configuration."""
    from patchwatch.cli.ingest import run_rejudge

    run_rejudge(context.obj, policy)


@db_app.command("upgrade")
def db_upgrade(context: typer.Context) -> None:
    """Bring the database to the schema of this version; data is kept."""
    from patchwatch.cli.browse import run_upgrade

    run_upgrade(context.obj)
