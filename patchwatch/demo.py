# SPDX-License-Identifier: GPL-2.0-or-later
"""
`python -m patchwatch.demo ARCHIVE`: what a maintainer does on the first day, shown on a small archive.

Runs the real commands, each as a process of its own, in a throw-away home folder: nothing of the user's
configuration is read, and nothing outside that folder is written.
"""

import json
import os
import shlex
import signal
import site
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_CONFIG = """\
[list.frob-devel]
list_id = "frob-devel.lists.example.org"
policy = "linux"

[drafts]
name = "Robin Keller"
email = "robin.keller@example.org"
"""
_CONFIG_FILE = Path(".config/patchwatch/config.toml")
_USAGE = 2


class StepFailed(Exception):  # noqa: N818 - what happened
    """A step left with a code other than 0."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a step failed with exit code {code}")
        self.code = code


def main(arguments: Sequence[str]) -> int:
    """Show the demo on the archive that *arguments* names; return the exit code, that of a failed step first."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m patchwatch.demo ARCHIVE\n")
        return _USAGE
    with TemporaryDirectory(prefix="patchwatch-demo-") as home:
        try:
            _show(arguments[0], Path(home))
        except StepFailed as failed:
            sys.stderr.write(f"patchwatch.demo: {failed}\n")
            return failed.code
    return 0


def _show(archive: str, home: Path) -> None:
    environment = _environment(home)
    (home / _CONFIG_FILE).parent.mkdir(parents=True)
    (home / _CONFIG_FILE).write_text(_CONFIG, encoding="utf-8")
    _say(f"$ cat ~/{_CONFIG_FILE}\n{_CONFIG}")
    _step(["ingest", archive], environment)
    _step(["list"], environment)
    asked = _newest_question(environment)
    _step(["show", asked], environment)
    _step(["draft", "new", asked], environment)


def _environment(home: Path) -> dict[str, str]:
    """Return an environment whose home is *home*, without the user's settings of git, XDG and pagers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "XDG_"))}
    own = {
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PAGER": "cat",
        "PYTHONUSERBASE": site.getuserbase(),  # else a `pip install --user` is lost with the home
    }
    return {**kept, **own}


def _step(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Print a command as one types it, then run it."""
    _say(f"\n$ patchwatch {shlex.join(arguments)}\n")
    done = subprocess.run(_command(arguments), env=environment, check=False)
    if done.returncode:
        raise StepFailed(done.returncode if done.returncode > 0 else 1)


def _newest_question(environment: Mapping[str, str]) -> str:
    """Return the id of the first series in the queue that a reply can be drafted to."""
    done = subprocess.run(
        _command(["list", "--json", "--limit", "0"]), env=environment, check=False, stdout=subprocess.PIPE
    )
    if done.returncode:
        raise StepFailed(done.returncode)
    for series in json.loads(done.stdout)["series"]:
        if series["outcome"] in ("ask", "decline"):
            return str(series["id"])
    sys.stderr.write("patchwatch.demo: no series in this archive asks for a reply\n")
    raise StepFailed(1)


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "patchwatch", *arguments]


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nothing here talks to a server
    sys.exit(main(sys.argv[1:]))
