# SPDX-License-Identifier: GPL-2.0-or-later
"""
`patchwatch check` without Typer.

b4, hooks and mail filters start this command once per patch, and importing Typer and building all commands costs as
much as reading, judging and writing. So a command line that holds nothing but known options of `check` is read here;
anything else (help, a mistake, a global option) goes Typer's way, which says the same and explains more. A test
compares both.
"""

import gc
from collections.abc import Sequence
from pathlib import Path

from patchwatch.cli.check_words import FAIL_ON, FORMATS
from patchwatch.cli.quick_classes import quick_classes

_OBJECTS = 100_000
_TEXT = {"--policy": "policy", "--since": "since", "--repo": "repo", "--output": "output"}
_WORDS = {"--format": ("format", FORMATS), "--fail-on": ("fail_on", FAIL_ON)}
_MANY = {"--select": "select", "--ignore": "ignore", "--git": "git", "--tree": "trees"}
_FLAGS = {"--exit-zero": "exit_zero", "--attest": "attest", "--online": "online"}


def straight_check(words: Sequence[str]) -> int | None:
    """Run `check` and return its exit code; None when *words* (without the program) are for Typer."""
    read = read_words(words)
    if read is None:
        return None
    gc.set_threshold(_OBJECTS, 50, 50)  # facts of mail hold no cycles: looking for some took a tenth of the time
    with quick_classes():
        return _check(*read)


def _check(sources: list[str], text: dict[str, str], many: dict[str, list[str]], flags: set[str]) -> int:
    from patchwatch.cli.check import Wanted, run_check
    from patchwatch.cli.settings import Settings

    wanted = Wanted(
        policy=text.get("policy"),
        format=text.get("format", "text"),
        fail_on=text.get("fail_on", "decline"),
        output=Path(text["output"]) if "output" in text else None,
        since=text.get("since", ""),
        repo=text.get("repo", ""),
        select=frozenset(many["select"]),
        ignore=frozenset(many["ignore"]),
        git=tuple(many["git"]),
        trees=tuple(many["trees"]),
        exit_zero="exit_zero" in flags,
        attest="attest" in flags,
        online="online" in flags,
    )
    return run_check(Settings(), sources, wanted)


def read_words(
    words: Sequence[str],
) -> tuple[list[str], dict[str, str], dict[str, list[str]], set[str]] | None:
    """Sort *words* into sources, options with one value, options that repeat, and flags."""
    if not words or words[0] != "check":
        return None
    sources: list[str] = []
    text: dict[str, str] = {}
    many: dict[str, list[str]] = {name: [] for name in _MANY.values()}
    flags: set[str] = set()
    rest = iter(words[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            sources.append(word)
        elif word in _FLAGS:
            flags.add(_FLAGS[word])
        elif name in _TEXT or name in _MANY or name in _WORDS:
            value = value if equals else next(rest, "")
            if not value or (not equals and value.startswith("-") and value != "-"):
                return None
            if name in _MANY:
                many[_MANY[name]].append(value)
            elif name in _TEXT:
                text[_TEXT[name]] = value
            elif value in _WORDS[name][1]:
                text[_WORDS[name][0]] = value
            else:
                return None
        else:
            return None
    return sources, text, many, flags
