# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands about drafts that were written: their names and options."""

from typing import Annotated

import typer

from patchwatch.cli.quick import QuickCommand

DraftId = Annotated[
    str, typer.Argument(metavar="ID", help="The series, as for show, or the Message-ID of a draft of ours.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
Only = Annotated[str, typer.Option(metavar="SINK", help="Only the draft in this place.")]


def add_to(app: typer.Typer) -> None:
    """Give *app* (`patchwatch draft`) these commands."""
    app.command("list", cls=QuickCommand)(draft_list)
    app.command("show", cls=QuickCommand)(draft_show)
    app.command("drop", cls=QuickCommand)(draft_drop)


def draft_list(
    context: typer.Context,
    json: Json = False,
    stale: Annotated[bool, typer.Option("--stale", help="Only those that a newer revision overtook.")] = False,
) -> None:
    """List the drafts that were written: open, edited, stale, sent, gone, dropped."""
    from patchwatch.cli.drafts_kept import run_list

    run_list(context.obj, as_json=json, stale=stale)


def draft_show(
    context: typer.Context,
    draft: DraftId,
    lore: Annotated[
        bool, typer.Option("--lore", help="Print the git command and the mailto: link to reply by, as lore does.")
    ] = False,
) -> None:
    """Print a draft as it lies in its place now, or, when none was written, as it would be."""
    from patchwatch.cli.drafts_kept import run_show

    run_show(context.obj, draft, lore=lore)


def draft_drop(
    context: typer.Context,
    draft: DraftId,
    to: Only = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; delete nothing.")] = False,
) -> None:
    """Take a draft out of its place again, if it is there and nobody changed it."""
    from patchwatch.cli.drafts_kept import run_drop

    run_drop(context.obj, draft, to=to, dry_run=dry_run)
