# SPDX-License-Identifier: GPL-2.0-or-later
"""
git on the epochs of a mirror of ours: no configuration, hook or helper of anybody, one protocol, never another host.

A pack that git cannot take whole is thrown away by git itself, and a new epoch is made beside its place: whatever is
at `git/N.git` was complete at least once.
"""

import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from patchwatch.errors import InputError, ServerError
from patchwatch.sources.git_env import GitProblem, resolve_head, safe_environment
from patchwatch.sources.web import AskedToWait, user_agent, wait_seconds

_SECONDS = 6 * 3600
_OPTIONS = ("--no-auto-gc", "--no-write-fetch-head", "--no-tags", "--force", "--prune", "--quiet")
_REFS = "+refs/heads/*:refs/heads/*"
_LATER = tuple(f"error: {status}" for status in (403, 429, 503))


class Git:
    """Runs git for the epochs of the list at *url*, which ends in `/`."""

    def __init__(self, url: str, contact: str) -> None:
        self._url = url
        self._contact = contact

    def fetch(self, here: Path, name: str) -> bool:
        """Fetch the epoch *name* (below the URL) into *here*, which is made when it is new; say whether news came."""
        if here.exists():
            before = _head(here)
            self._fetch(here, name)
            if _head(here) is None:
                self._set_head(here, name)  # the branch has another name now
            return _head(here) != before
        part = here.with_name(f"{here.name}.part")
        part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._run(None, "init", "-q", "--bare", "--template=", str(part))  # also mends one that was interrupted
        for left in (part / "objects" / "pack").glob("tmp_*"):
            left.unlink()
        self._fetch(part, name)
        self._set_head(part, name)
        part.rename(here)
        return True

    def first_times(self, here: Path, most: int) -> list[int]:
        """Return the times (UTC seconds) of the first *most* mails of an epoch, as the archive has them."""
        lines = self._run(here, "rev-list", "--timestamp", "--reverse", "HEAD", "--", check=False).split("\n")
        words = [line.partition(" ")[0] for line in lines[:most]]
        return [int(word) for word in words if word.isdigit()]

    def _fetch(self, here: Path, name: str) -> None:
        self._run(here, "fetch", *_OPTIONS, "--", self._url + name, _REFS)

    def _set_head(self, here: Path, name: str) -> None:
        said = self._run(here, "ls-remote", "--symref", "--", self._url + name, "HEAD").partition("\n")[0]
        branch = said.removeprefix("ref: ").partition("\t")[0]
        if said.startswith("ref: refs/heads/"):
            self._run(here, "symbolic-ref", "HEAD", branch)

    def _run(self, repository: Path | None, *words: str, check: bool = True) -> str:
        """Run git with no configuration but ours; ServerError with its first complaint."""
        where = () if repository is None else (f"--git-dir={repository}",)
        settings = (
            "core.hooksPath=/dev/null", "http.followRedirects=false", f"http.userAgent={user_agent(self._contact)}",
            "http.lowSpeedLimit=1000", "http.lowSpeedTime=60", "credential.helper=", "transfer.bundleURI=false",
            "gc.auto=0", "maintenance.auto=false", "core.fsync=committed",
        )  # fmt: skip
        command = ["git", *(word for one in settings for word in ("-c", one)), *where, *words]
        environment = {**safe_environment(), "GIT_ALLOW_PROTOCOL": urlsplit(self._url).scheme}
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=_SECONDS, check=False
            )
        except FileNotFoundError:
            raise InputError("git is not installed; it is needed to mirror archives") from None
        except subprocess.TimeoutExpired:
            raise ServerError(f"{self._url}: git {words[0]} took more than {_SECONDS} seconds") from None
        if check and done.returncode:
            raise self._failure(done.stderr.decode("utf-8", "replace"))
        return done.stdout.decode("utf-8", "replace").strip()

    def _failure(self, told: str) -> ServerError:
        lines = told.splitlines()
        said = next((line for line in lines if line.startswith(("fatal:", "error:"))), "git gave no reason")
        text = "".join(char if char.isprintable() else "?" for char in said[:200])
        if any(status in said for status in _LATER):
            return AskedToWait(f"{self._url}: asks to be left alone ({text})", wait_seconds(""))
        return ServerError(f"{self._url}: {text}")


def _head(repository: Path) -> str | None:
    with suppress(GitProblem):
        return resolve_head(repository)
    return None
