# SPDX-License-Identifier: GPL-2.0-or-later
"""What the global options say, for the commands."""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from patchwatch.errors import UsageError

if TYPE_CHECKING:
    from patchwatch.config import Config
    from patchwatch.policy.loader import Policies
    from patchwatch.sources.spool import Spool


@dataclass
class Settings:
    """Global options; the configuration is read when a command first asks for it."""

    db_option: str = ""
    config_option: Path | None = None
    verbose: bool = False
    quiet: bool = False
    no_color: bool = False
    no_pager: bool = False
    offline: bool = False

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

    @cached_property
    def spool(self) -> "Spool":
        """The mail that is kept beside the database, of sources that keep none."""
        from patchwatch.config import data_home
        from patchwatch.sources.spool import Spool, spool_path

        return Spool(spool_path(self.database, data_home()))

    def contact_for(self, where: str) -> str | None:
        """Return what a server is told about the user when mail is at a URL, None when no network may be used."""
        if self.offline:
            return None
        return self.config.contact if where.lower().startswith(("http://", "https://")) else ""

    @property
    def today(self) -> date:
        """The day of the run, in UTC; `PATCHWATCH_TODAY` sets it, so that what a run says can be repeated."""
        said = os.environ.get("PATCHWATCH_TODAY", "")
        if not said:
            return datetime.now(UTC).date()
        try:
            return date.fromisoformat(said)
        except ValueError:
            raise UsageError(f"PATCHWATCH_TODAY: {said!r} is no day such as 2026-01-31") from None

    @cached_property
    def policies(self) -> "Policies":
        """All policies: shipped, the user's folder, and files that the configuration names."""
        return self.policies_with()

    def policies_with(self, *more: Path) -> "Policies":
        """Return all policies and those of the files *more*."""
        from patchwatch.config import policy_folder
        from patchwatch.policy.loader import load_policies

        named = [Path(name).expanduser() for name in self.config.policies]
        folder = policy_folder()
        policies = load_policies([*([folder] if folder.is_dir() else []), *named, *more])
        for name, one in self.config.list.items():
            try:
                policies.require(one.policy or "none")
            except UsageError as error:
                raise UsageError(f"configuration: list.{name}.policy: {error}") from None
        return policies

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
