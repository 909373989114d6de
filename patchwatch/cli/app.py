# SPDX-License-Identifier: GPL-2.0-or-later
"""All commands and their options. Nothing heavy is imported here: `--help` and completion stay quick."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from patchwatch import __version__
from patchwatch.cli import ask_commands, draft_commands
from patchwatch.cli.hook import hook_app
from patchwatch.cli.policies import policy_app
from patchwatch.cli.quick import QuickCommand, QuickGroup
from patchwatch.cli.settings import Settings
from patchwatch.cli.upkeep import add_to

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
draft_commands.add_to(draft_app)
app.add_typer(policy_app, name="policy")
app.add_typer(db_app, name="db")
app.add_typer(hook_app, name="hook")


class Format(StrEnum):
    """Formats of `check`."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    B4 = "b4"
    CHECKPATCH = "checkpatch"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    HTML = "html"


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
Force = Annotated[
    bool, typer.Option("--force", help="Also repeat points of earlier revisions, and drafts that you deleted.")
]
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
    offline: Annotated[bool, typer.Option("--offline", help="Use no network.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show version.")] = False,
) -> None:
    """Options for all commands."""
    del version  # handled before any command
    context.obj = Settings(
        db, config, verbose=verbose, quiet=quiet, no_color=no_color, no_pager=no_pager, offline=offline
    )


add_to(app)
ask_commands.add_to(app, db_app)


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
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE...", help="mbox, Maildir, .eml, archive, Message-ID or -.")
    ] = None,
    git: Annotated[
        list[str] | None, typer.Option(metavar="RANGE", help="Judge these commits as they would be posted; may repeat.")
    ] = None,
    repo: Annotated[str, typer.Option(metavar="DIR", help="With --git: the repository; default: the one here.")] = "",
    policy: Annotated[
        str | None,
        typer.Option(metavar="ID[@VERSION]|FILE.toml", help="Judge by this policy; default: by list and date."),
    ] = None,
    format: Annotated[Format, typer.Option(help="Output format; text may change, JSON may not.")] = Format.TEXT,
    fail_on: Annotated[FailOn, typer.Option(help="Exit 1 from this outcome on.")] = FailOn.DECLINE,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 whatever is found.")] = False,
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
        exit_zero=exit_zero,
        git=tuple(git or ()),
        repo=repo,
        trees=tuple(tree or ()),
        since=since,
        attest=attest,
        online=online,
    )
    raise typer.Exit(run_check(context.obj, sources or [], wanted))


@app.command(cls=QuickCommand)
def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="As in the key schema: check, list/1; default: all names.")
    ] = None,
) -> None:
    """Print the JSON Schema of what a command prints as JSON."""
    from patchwatch.cli.schema import run_schema

    run_schema(name)


@app.command("list", cls=QuickCommand)
def list_(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUERY]...", help="Words and prefix:value terms, as on lore; see docs/query.rst."),
    ] = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV with a line of headings instead of text.")] = False,
    columns: Annotated[str, typer.Option(metavar="A,B,...", help="Only these columns, in text and CSV.")] = "",
    sort: Annotated[str, typer.Option(metavar="[-]COLUMN", help="Order by this column; - for the largest first.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="At most so many series; 0 for all.")] = 50,
    query: Annotated[str, typer.Option(metavar="NAME", help="A saved search of the configuration.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Show how the query was read, and its SQL.")] = False,
    lore: Annotated[bool, typer.Option("--lore", help="Print the equivalent search on lore.")] = False,
    outcome: Annotated[OutcomeName | None, typer.Option(help="Only series with this outcome.")] = None,
    disclosed: Annotated[bool, typer.Option("--disclosed", help="Only series that disclose the use of AI.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also superseded and merged postings.")] = False,
) -> None:
    """Show the triage queue, newest first."""
    from patchwatch.cli.listing import Wanted, run_list

    wanted = Wanted(
        query=" ".join(words or []),
        name=query,
        form="json" if json else "csv" if csv else "text",
        columns=columns,
        sort=sort,
        limit=limit,
        outcome=outcome,
        disclosed=disclosed,
        every=every,
    )
    run_list(context.obj, wanted, explain=explain, lore=lore)


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


@app.command(cls=QuickCommand)
def rule(
    context: typer.Context,
    rule: Annotated[str | None, typer.Argument(metavar="[ID]", help="The rule to explain; without it: all.")] = None,
    json: Json = False,
) -> None:
    """Explain a rule: what it checks and why, which policies use it, and an example; or list all rules."""
    from patchwatch.cli.rules import run_rule

    run_rule(context.obj, rule, as_json=json)


@app.command(cls=QuickCommand)
def waive(
    context: typer.Context,
    series: Annotated[str | None, typer.Argument(metavar="[ID", help="The series; as for show.")] = None,
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]]", help="The rule whose findings are waived.")] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why: words, a Message-ID or a URL.")] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="Last day it holds; default: for good.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decided, if not you: a name, or Name <address>.")] = "",
    asked: Annotated[bool, typer.Option("--asked", help="Record that the submitter asked before posting.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List what was decided, on all series or on ID.")] = False,
    drop: Annotated[int | None, typer.Option(metavar="N", help="Take decision N back.")] = None,
    json: Json = False,
) -> None:
    """Record a maintainer's decision that findings of a rule do not count for a series; they stay visible."""
    from patchwatch.cli.waive import Asked, command

    command(context.obj, Asked(series=series, rule=rule, reason=reason, until=until, by=by), asked=asked,
            listed=listed, drop=drop, as_json=json)  # fmt: skip


@draft_app.command("new", cls=QuickCommand)
def draft_new(
    context: typer.Context,
    series: SeriesId,
    to: Annotated[str, typer.Option(metavar="SINK", help="Store it too, as write does.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be stored; write nothing.")] = False,
    force: Force = False,
) -> None:
    """Print a draft reply about a series; nothing is sent, ever."""
    from patchwatch.cli.draft import run_draft

    run_draft(context.obj, series, to=to, dry_run=dry_run, force=force)


@draft_app.command("write", cls=QuickCommand)
def draft_write(
    context: typer.Context,
    series: SeriesId,
    to: Annotated[
        str,
        typer.Option(
            metavar="SINK", help="eml:, maildir:, mbox:PATH, imap:NAME, notmuch, stdout; default: configured."
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    force: Force = False,
) -> None:
    """Store a draft reply where your mail client finds it; a draft that is there already is never touched."""
    from patchwatch.cli.draft import run_draft_write

    run_draft_write(context.obj, series, to=to, dry_run=dry_run, force=force)


@db_app.command("rejudge", cls=QuickCommand)
def db_rejudge(
    context: typer.Context,
    policy: Annotated[
        str | None,
        typer.Option(metavar="ID[@VERSION]|FILE.toml", help="Judge by this policy, or by one that is being written."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; store nothing.")] = False,
    as_if: Annotated[
        bool,
        typer.Option("--as-if-in-force", help="With --dry-run: as if the text were in force, for mail of any date."),
    ] = False,
    since: Annotated[str, typer.Option(metavar="DAY", help="Only series posted from this day on.")] = "",
    list_name: Annotated[
        str, typer.Option("--list", metavar="NAME", help="Only this list: a configured name, List-Id or address.")
    ] = "",
    json: Json = False,
) -> None:
    """Judge stored series again, without reading mail, and tell which outcomes change."""
    from patchwatch.cli.rejudge import Asked, run_rejudge

    asked = Asked(policy=policy, dry_run=dry_run, as_if=as_if, since=since, list_name=list_name)
    run_rejudge(context.obj, asked, as_json=json)


@app.command("completion", cls=QuickCommand)
def completion(
    context: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="bash|zsh|fish", help="The shell.")] = None,
    asked: Annotated[bool, typer.Option("--values", help="For the scripts: what the last word can become.")] = False,
) -> None:
    """Print what a shell needs to complete commands, terms, rules, policies, saved searches and ids."""
    from patchwatch.cli.completion import run_completion, run_values

    if asked:
        run_values(context.obj, words or [""], [*_names(app), *(one.name or "" for one in app.registered_groups)])
    else:
        run_completion((words or [""])[0])


def _names(group: typer.Typer) -> list[str]:
    return [one.name or (one.callback.__name__ if one.callback else "") for one in group.registered_commands]


@db_app.command("upgrade")
def db_upgrade(context: typer.Context) -> None:
    """Bring the database to the schema of this version; data is kept."""
    from patchwatch.cli.browse import run_upgrade

    run_upgrade(context.obj)
