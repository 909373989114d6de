# SPDX-License-Identifier: GPL-2.0-or-later
"""
What `check --git` takes from a repository: who posts, which policy its owner chose, what its target branch says.

The configuration of the repository is its owner's own; a file inside of it is not: `.patchwatch.toml` is read from the
base of the range, never from the work tree, where the commits that are judged could have put one.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

from patchwatch.cli.repository import POLICY_KEY
from patchwatch.cli.settings import Settings
from patchwatch.config import MAX_REPOSITORY_FILE, REPOSITORY_FILE, RepositoryConfig, repository_config
from patchwatch.errors import UsageError
from patchwatch.model.mail import Person
from patchwatch.parse.addresses import parse_person
from patchwatch.sources.git_range import GitRange

_KEYS = r"^(patchwatch\.(policy|failon)|user\.name|user\.email|sendemail\.from)$"
_LINK = "120000"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at *path*, with the values of its git configuration that matter here."""

    path: str
    settings: dict[str, str]

    @property
    def policy(self) -> str:
        """What `git config patchwatch.policy` says, "" for nothing."""
        return self.settings.get(POLICY_KEY, "")

    @property
    def poster(self) -> Person | None:
        """Who would send mail: as for git send-email; None when git knows nobody."""
        named = self.settings.get("sendemail.from", "")
        found = parse_person(named) if named else None
        if found is not None and found.email:
            return found
        email = self.settings.get("user.email", "")
        return Person(self.settings.get("user.name", ""), email) if email else None


def open_repository(path: str) -> Repository:
    """Return the repository that *path* is in; UsageError when there is none."""
    code, out = _git(path, "rev-parse", "--git-dir")
    if code:
        raise UsageError(f"{path}: no git repository; --repo DIR names one")
    _, out = _git(path, "config", "--null", "--includes", "--get-regexp", _KEYS)
    pairs = (entry.partition("\n") for entry in out.decode("utf-8", "replace").split("\0"))
    return Repository(path, {key: value for key, _, value in pairs if key})  # the last of several holds


def ranges(repository: Repository, asked: Sequence[str], settings: Settings) -> list[GitRange]:
    """Return the commits of each range as mail that is posted now by the user."""
    now = datetime.combine(settings.today, time(12), UTC) if os.environ.get("PATCHWATCH_TODAY") else datetime.now(UTC)
    return [GitRange(one, repository.path, repository.poster, now.replace(microsecond=0)) for one in asked]


def target_config(repository: Repository, bases: Sequence[str]) -> RepositoryConfig:
    """Return what `.patchwatch.toml` says at the first of *bases* that has one."""
    for base in filter(None, bases):
        code, out = _git(repository.path, "ls-tree", base, "--", REPOSITORY_FILE)
        mode, _, rest = out.decode("utf-8", "replace").partition(" ")
        if code or not rest:
            continue
        name = Path(f"{base[:12]}:{REPOSITORY_FILE}")
        if mode == _LINK:
            raise UsageError(f"{name}: is a link; a repository's settings are a file of its own")
        blob = rest.split()[1]
        _, size = _git(repository.path, "cat-file", "-s", blob)
        if int(size or b"0") > MAX_REPOSITORY_FILE:
            raise UsageError(f"{name}: is larger than {MAX_REPOSITORY_FILE} bytes")
        return repository_config(name, _git(repository.path, "cat-file", "blob", blob)[1])
    return RepositoryConfig()


def _git(path: str, *words: str) -> tuple[int, bytes]:
    """Run git with the user's own configuration; none of these commands runs a hook, filter or helper."""
    try:
        done = subprocess.run(
            ["git", "-C", path, *words], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return 1, b""
    return done.returncode, done.stdout
