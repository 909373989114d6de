# SPDX-License-Identifier: GPL-2.0-or-later
"""Hooks as files of a repository: ours are written and removed, those of others are only told about."""

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from patchwatch.cli.settings import Settings
from patchwatch.errors import UsageError

NAMES = ("applypatch-msg", "commit-msg", "pre-push", "sendemail-validate")
MARK = "# Written by `patchwatch hook install`; `patchwatch hook uninstall` removes it."
_SCRIPT = """\
#!/bin/sh
{mark}
if [ ! -x {python} ]; then
	echo 'patchwatch: is no longer installed here, so nothing was checked' >&2
	exit 0
fi
exec {python} -m patchwatch hook run {name} "$@"
"""


def install_hooks(settings: Settings, names: Sequence[str]) -> None:
    """Write hooks; none of them when one is somebody else's, with the line to add there."""
    folder = _folder()
    wanted = [folder / name for name in _known(names)]
    foreign = [path for path in wanted if path.exists() and not _is_ours(path)]
    if foreign:
        lines = "; ".join(f'{path}: add `patchwatch hook run {path.name} "$@" || exit`' for path in foreign)
        raise UsageError(f"there are hooks of others, which are left alone: {lines}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in wanted:
            text = _SCRIPT.format(mark=MARK, python=shlex.quote(sys.executable), name=path.name)
            beside = path.with_name(f".{path.name}.patchwatch")
            beside.write_text(text, encoding="utf-8")
            beside.chmod(0o755)
            beside.replace(path)
            settings.say(f"{path}: written")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}") from None


def uninstall_hooks(settings: Settings, names: Sequence[str]) -> None:
    """Remove our hooks."""
    folder = _folder()
    for path in (folder / name for name in _known(names)):
        if not path.exists():
            continue
        if not _is_ours(path):
            settings.say(f"{path}: is somebody else's, and stays")
            continue
        try:
            path.unlink()
        except OSError as error:
            raise UsageError(f"{path}: cannot be removed: {error.strerror}") from None
        settings.say(f"{path}: removed")


def _known(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in NAMES:
            raise UsageError(f"no hook {name!r}; there is {', '.join(NAMES)}")
    return tuple(dict.fromkeys(names)) or NAMES


def _is_ours(path: Path) -> bool:
    try:
        return not path.is_symlink() and MARK.encode() in path.read_bytes()[:500]
    except OSError:
        return False


def _folder() -> Path:
    """Return where git looks for the hooks of this repository (core.hooksPath)."""
    command = ["git", "rev-parse", "--git-path", "hooks"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError:
        raise UsageError("git is not installed; hooks are its own") from None
    if done.returncode:
        raise UsageError("no git repository here; hooks are installed in one")
    return Path(done.stdout.strip())
