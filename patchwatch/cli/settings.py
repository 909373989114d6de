# SPDX-License-Identifier: GPL-2.0-or-later
"""What the global options say, for the commands."""

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patchwatch.config import Config
    from patchwatch.policy.loader import Policies


@dataclass
class Settings:
    """Global options; the configuration is read when a command first asks for it."""

    db_option: str = ""
    config_option: Path | None = None
    verbose: bool = False
    quiet: bool = False
    no_color: bool = False
    no_pager: bool = False

    @cached_property
    def config(self) -> "Config":
        """The configuration file's content."""
        from patchwatch.config import load_config

        return load_config(self.config_option)

    @property
    def database(self) -> str:
        """The database to use: `--db`, else the configured one, else the default path."""
        from patchwatch.config import database_path

        return self.db_option or self.config.db or str(database_path())

    @property
    def policies(self) -> "Policies":
        """All policies: shipped, the user's folder, and files that the configuration names."""
        from patchwatch.config import policy_folder
        from patchwatch.policy.loader import load_policies

        named = [Path(name).expanduser() for name in self.config.policies]
        folder = policy_folder()
        return load_policies([folder, *named] if folder.is_dir() else named)

    @property
    def colour(self) -> bool:
        """Whether stdout takes colour: a terminal, unless somebody says no."""
        if self.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()

    def say(self, text: str) -> None:
        """Tell the user something on stderr, unless `-q`."""
        if not self.quiet:
            sys.stderr.write(f"patchwatch: {text}\n")
