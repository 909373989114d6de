# SPDX-License-Identifier: GPL-2.0-or-later
"""`git config patchwatch.policy`: the policy that the owner of a repository chose, and no file inside of it can."""

import os
from pathlib import Path

POLICY_KEY = "patchwatch.policy"


def configured_policy(start: Path | None = None) -> str:
    """
    Return `git config patchwatch.policy` of the repository around *start*, "" without one.

    A mail that b4 checks names no list. git is started only where a file of its configuration could hold the key.
    """
    return _ask_git() if _is_mentioned(start or Path.cwd()) else ""


def _is_mentioned(start: Path) -> bool:
    home = Path(os.environ.get("HOME", "/nonexistent"))
    xdg = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [home / ".gitconfig", xdg / "git" / "config"]
    if os.environ.get("GIT_CONFIG_NOSYSTEM", "0") in ("", "0", "false"):
        files.append(Path("/etc/gitconfig"))
    if "GIT_CONFIG_GLOBAL" in os.environ or "GIT_CONFIG_COUNT" in os.environ or "GIT_DIR" in os.environ:
        return True
    for place in (start, *start.parents):
        if (place / ".git").is_dir():
            files.append(place / ".git" / "config")
            break
        if (place / ".git").exists():
            return True  # a work tree or submodule: its configuration is elsewhere
    return any(_mentions(path) for path in files)


def _mentions(path: Path) -> bool:
    try:
        text = path.read_bytes().lower()
    except OSError:
        return False
    return b"patchwatch" in text or b"[include" in text


def _ask_git() -> str:
    import subprocess

    command = ["git", "config", "--includes", "--get", POLICY_KEY]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""
