# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands that set patchwatch up and keep it going: their names and options."""

from typing import Annotated

import typer

from patchwatch.cli.quick import QuickCommand

Offline = Annotated[bool, typer.Option("--offline", help="Use no network.")]


def add_to(app: typer.Typer) -> None:
    """Give *app* these commands."""
    for command in (init, sync, doctor, config):
        app.command(cls=QuickCommand)(command)


def sync(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these lists of the configuration.")
    ] = None,
    offline: Offline = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be fetched and read; write nothing.")
    ] = False,
    epochs: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Download the newest N epochs of an archive; 0 for all.")
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="DAY", help="Download no epochs older than the one in which DAY falls.")
    ] = "",
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Tell more.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Tell less: only what fails.")] = False,
) -> None:
    """Fetch or read the configured archives, assemble series and judge them; silent when nothing is new."""
    from patchwatch.cli.sync import Asked, run_sync

    context.obj.verbose |= verbose
    context.obj.quiet |= quiet
    asked = Asked(names=tuple(names or ()), offline=offline, dry_run=dry_run, epochs=epochs, since=since)
    raise typer.Exit(run_sync(context.obj, asked))


def doctor(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False
) -> None:
    """Check archives, database, room, clock, lists and programs; change nothing and say what to do."""
    from patchwatch.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(context.obj, as_json=json))


def init(
    context: typer.Context,
    archives: Annotated[
        list[str] | None, typer.Argument(metavar="[ARCHIVE]...", help="Folder or URL of a list's archive.")
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="What to call the list; default: by its archive.")] = "",
    address: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address of the list; default: ask its archive.")
    ] = "",
    list_id: Annotated[str, typer.Option(metavar="ID", help="List-Id of the list; default: ask its archive.")] = "",
    policy: Annotated[
        str, typer.Option(metavar="ID", help="Policy of the list; default: the one that claims it.")
    ] = "",
    to: Annotated[
        str, typer.Option(metavar="SINK", help="Where drafts go; default: the Maildir of drafts you have.")
    ] = "",
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="Your address; default: git's.")] = "",
    contact: Annotated[str, typer.Option(metavar="TEXT", help="Address or URL that servers are told.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a configuration that is there.")] = False,
    b4: Annotated[bool, typer.Option("--b4", help="Only print the lines that have b4 ask patchwatch.")] = False,
    offline: Offline = False,
) -> None:
    """Write a configuration, and print lines for mutt, aerc, cron and b4."""
    from patchwatch.cli.init import Asked, run_init

    asked = Asked(
        archives=tuple(archives or ()), name=name, address=address, list_id=list_id, policy=policy, to=to, email=email,
        contact=contact, force=force, b4=b4, offline=offline,
    )  # fmt: skip
    run_init(context.obj, asked)


def config(
    context: typer.Context,
    show_origin: Annotated[
        bool, typer.Option("--show-origin", help="Say which line of which file it is from.")
    ] = False,
) -> None:
    """Show the settings that hold."""
    from patchwatch.cli.config_shown import run_config

    run_config(context.obj, show_origin=show_origin)
