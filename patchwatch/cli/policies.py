# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands of `patchwatch policy`; what they do is in `cli.policy_work`, imported when one runs."""

from pathlib import Path
from typing import Annotated

import typer

from patchwatch.cli.quick import QuickCommand, QuickGroup

policy_app = typer.Typer(
    cls=QuickGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Policies of projects.",
)
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


@policy_app.command("list", cls=QuickCommand)
def policy_list(context: typer.Context, json: Json = False) -> None:
    """List all policies; those in force today are marked."""
    from patchwatch.cli.policy_work import run_list

    run_list(context.obj, as_json=json)


@policy_app.command("show", cls=QuickCommand)
def policy_show(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(metavar="ID[@VERSION]|FILE.toml", help="Default: the version in force.")],
    json: Json = False,
    merged: Annotated[bool, typer.Option("--merged", help="TOML with all that it inherits.")] = False,
) -> None:
    """Say in plain words what a policy demands, with its sources, dates and clauses."""
    from patchwatch.cli.policy_work import run_show

    run_show(context.obj, policy, as_json=json, merged=merged)


@policy_app.command("lint", cls=QuickCommand)
def policy_lint(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Policy files, or folders of them.")],
) -> None:
    """Tell all faults of policy files, and what is odd about them; exit 2 when there is a fault."""
    from patchwatch.cli.policy_work import run_lint

    raise typer.Exit(run_lint(context.obj, files))


@policy_app.command("schema", cls=QuickCommand)
def policy_schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    from patchwatch.cli.policy_work import run_schema

    run_schema()


@policy_app.command("test", cls=QuickCommand)
def policy_test(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|ID]...", help="Policy files or ids; default: all policies.")
    ] = None,
) -> None:
    """Judge the examples in policy files; exit 1 when a policy says something else than they expect."""
    from patchwatch.cli.policy_work import run_test

    raise typer.Exit(run_test(context.obj, names or []))


@policy_app.command("index", hidden=True)
def policy_index() -> None:
    """Write the index of the shipped policy files anew, after one was changed."""
    from patchwatch.cli.policy_work import run_index

    run_index()
