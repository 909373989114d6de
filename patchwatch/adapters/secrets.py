# SPDX-License-Identifier: GPL-2.0-or-later
"""
Passwords, from where the user keeps them: a command, git's credential store, or the keyring; never from a file of ours.
"""

import os
import shlex
import subprocess

from patchwatch.errors import ServerError, UsageError

_SECONDS = 60


def password_for(protocol: str, host: str, user: str, command: str, key: str) -> str:
    """
    Return the password of *user* at *host* (`name:port`).

    A configured *command* is asked alone (its first line counts); else `git credential` with *protocol*, then the
    keyring where the library is installed. Raises UsageError that names *key*, the setting that would help.
    """
    if command:
        return _from_command(command, key)
    found = _from_git(protocol, host, user) or _from_keyring(host, user)
    if not found:
        raise UsageError(
            f"no password for {user} at {host}: git credential and the keyring know none; set {key}, "
            f"or store it with `git credential approve` (protocol={protocol})"
        )
    return found


def _from_command(command: str, key: str) -> str:
    try:
        done = subprocess.run(
            shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=_SECONDS, check=False
        )
    except (OSError, ValueError) as error:
        raise UsageError(f"{key}: {command!r} cannot be run: {error}") from None
    except subprocess.TimeoutExpired:
        raise ServerError(f"{key}: {command!r} took more than {_SECONDS} seconds") from None
    word = done.stdout.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    if done.returncode or not word:
        raise UsageError(f"{key}: {command!r} gave no password (exit code {done.returncode})")
    return word


def _from_git(protocol: str, host: str, user: str) -> str:
    """Ask git's helpers, which must answer by themselves: nobody sits at a timer's terminal."""
    kept = {key: value for key, value in os.environ.items() if key not in ("GIT_DIR", "GIT_WORK_TREE")}
    environment = {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": ""}
    try:
        done = subprocess.run(
            ["git", "-c", "core.askPass=", "credential", "fill"],
            input=f"protocol={protocol}\nhost={host}\nusername={user}\n\n".encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",  # the settings of a repository that we happen to stand in may name a program
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stdout.decode("utf-8", "replace").split("\n") if done.returncode == 0 else []
    return next((line[9:] for line in lines if line.startswith("password=")), "")


def _from_keyring(host: str, user: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password(f"imap://{host}", user) or ""
    except KeyringError:
        return ""
