# SPDX-License-Identifier: GPL-2.0-or-later
"""Who writes a draft: the configuration, else what git knows of the user."""

import subprocess
from pathlib import Path

from patchwatch.config import Config
from patchwatch.errors import UsageError
from patchwatch.model.draft import Identity
from patchwatch.model.mail import Person
from patchwatch.parse.addresses import parse_person


def find_identity(config: Config) -> Identity:
    """
    Return the identity of drafts: `drafts.email`, else git's `sendemail.from`, else `user.email`.

    All of these and the configured `me` are own addresses. UsageError naming the keys when there is none.
    """
    git_from = [parse_person(value) for value in reversed(_git("--get-regexp", r"^sendemail\..*from$"))]
    # As for git, the last of several values holds: a repository's own wins over the user's.
    name = config.drafts.name or "".join(_git("user.name")[-1:])
    email = "".join(_git("user.email")[-1:])
    configured = Person(name, config.drafts.email) if config.drafts.email else None
    candidates = [one for one in (configured, *git_from, Person(name, email)) if one is not None and one.email]
    if not candidates:
        raise UsageError("no identity for drafts: set drafts.email in the configuration, or git's user.email")
    chosen = candidates[0]
    person = chosen if chosen.name else Person(name, chosen.email)
    own = dict.fromkeys([*config.me, *(one.email for one in candidates)])
    return Identity(person=person, own=tuple(own), signature=_signature(config))


def _signature(config: Config) -> str:
    """Return the configured signature, else that of `~/.signature`, without its `-- ` line."""
    if config.drafts.signature:
        return config.drafts.signature
    try:
        return (Path.home() / ".signature").read_text(encoding="utf-8", errors="replace")[:2000].rstrip("\n")
    except OSError:
        return ""


def _git(*arguments: str) -> list[str]:
    """Return the values that git's configuration has for a key (or a pattern of keys)."""
    query = arguments if len(arguments) > 1 else ("--get-all", *arguments)
    try:
        done = subprocess.run(["git", "config", "--includes", *query], capture_output=True, text=True, check=False)
    except OSError:
        return []
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    return [line.partition(" ")[2] for line in lines] if len(arguments) > 1 else lines
