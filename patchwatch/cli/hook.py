# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch hook`: the rules where git and pre-commit ask for them, before anybody else sees a patch."""

from typing import Annotated

import typer

from patchwatch.cli.quick import QuickCommand, QuickGroup

_NAMES = "applypatch-msg, commit-msg, pre-push, sendemail-validate"

hook_app = typer.Typer(
    cls=QuickGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Hooks of git that judge before anything is sent or applied.",
)
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help=f"{_NAMES}; default: all.")]


@hook_app.command("install", cls=QuickCommand)
def install(context: typer.Context, names: Names = None) -> None:
    """Write hooks into this repository; a hook of somebody else is never touched."""
    from patchwatch.cli.hook_files import install_hooks

    install_hooks(context.obj, names or [])


@hook_app.command("uninstall", cls=QuickCommand)
def uninstall(context: typer.Context, names: Names = None) -> None:
    """Remove the hooks that `hook install` wrote, and no others."""
    from patchwatch.cli.hook_files import uninstall_hooks

    uninstall_hooks(context.obj, names or [])


@hook_app.command("run", cls=QuickCommand, context_settings={"ignore_unknown_options": True})
def run(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{_NAMES}, or pre-commit.")],
    given: Annotated[list[str] | None, typer.Argument(metavar="[ARG]...", help="What git gives to this hook.")] = None,
) -> None:
    """Do what a hook does; quiet when there is nothing to say. `git config patchwatch.failOn ask` stops earlier."""
    from patchwatch.cli.hook_run import run_hook

    raise typer.Exit(run_hook(context.obj, name, given or []))
