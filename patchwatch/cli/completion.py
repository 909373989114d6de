# SPDX-License-Identifier: GPL-2.0-or-later
"""
`patchwatch completion bash|zsh|fish`: the script for a shell, and the values that it asks for.

Values come from what is at hand: names of commands, prefixes, policies, rules, saved searches, ids of series. Whoever
asks is typing: any fault means no values, and a slow database is left alone.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from patchwatch.cli.settings import Settings
from patchwatch.errors import UsageError

_SECONDS = 0.2
_MOST = 100
_TAKING = ("--policy", "--query", "--select", "--ignore")

_BASH = """\
_patchwatch() {
    local IFS=$'\\n' word="${COMP_LINE:0:COMP_POINT}"
    word="${word##* }"
    local -a found
    found=($(patchwatch completion --values -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$word" 2>/dev/null))
    # readline takes what follows the last colon for the word
    if [[ "$word" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
        found=("${found[@]#"${word%"${word##*:}"}"}")
    fi
    COMPREPLY=("${found[@]}")
}
complete -o default -o nospace -F _patchwatch patchwatch
"""
_ZSH = """\
#compdef patchwatch
_patchwatch() {
    local -a found
    found=("${(@f)$(patchwatch completion --values -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    [[ -n "$found" ]] && compadd -S '' -- "${found[@]}" || _files
}
compdef _patchwatch patchwatch
"""
_FISH = """\
function __patchwatch_values
    set -l words (commandline -opc) (commandline -ct)
    patchwatch completion --values -- $words[2..-1] 2>/dev/null
end
complete -c patchwatch -a '(__patchwatch_values)'
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def run_completion(shell: str) -> None:
    """Print the script of a shell."""
    if shell not in SCRIPTS:
        raise UsageError(f"completion: {shell!r} is none of {', '.join(SCRIPTS)}")
    sys.stdout.write(SCRIPTS[shell])


def run_values(settings: Settings, words: list[str], commands: Iterable[str]) -> None:
    """Print what the last of *words* can become, a line each; nothing on any fault, or after a fifth of a second."""
    timed = hasattr(signal, "setitimer")
    if timed:
        signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
        signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        found = values(settings, words, commands)
    except Exception:  # noqa: BLE001 - completion is silent
        found = []
    finally:
        if timed:
            signal.setitimer(signal.ITIMER_REAL, 0)
    sys.stdout.write("".join(f"{one}\n" for one in found))


def values(settings: Settings, words: list[str], commands: Iterable[str]) -> list[str]:
    """Return what the last word can become."""
    *before, typed = words or [""]
    before = [word for word in before if not word.startswith("-") or word in _TAKING]
    source = _source(settings, before, typed, commands)
    return sorted({one for one in source() if one.startswith(typed) and one.isprintable() and " " not in one})[:_MOST]


def _source(settings: Settings, before: list[str], typed: str, commands: Iterable[str]) -> Callable[[], Iterable[str]]:
    """Return what gives the candidates for a word after *before*."""
    last = before[-1] if before else ""
    if not before:
        return lambda: commands
    if last == "--policy" or before[:2] == ["policy", "show"]:
        return _policies
    if last in ("--select", "--ignore") or last == "rule" or (before[0] == "waive" and len(before) == 2):
        return _rules
    if last == "--query" or before == ["query"]:
        return lambda: settings.config.query
    if before[0] == "list":
        return lambda: _terms(typed)
    if before[0] in ("show", "diff", "waive") or before[:2] in (["draft", "new"], ["draft", "write"]):
        return lambda: _ids(settings, typed)
    return list


def _policies() -> list[str]:
    folder = Path(__file__).resolve().parent.parent / "policies"
    return [path.stem for path in folder.glob("*.toml") if not path.stem.startswith("_")]


def _rules() -> list[str]:
    folder = Path(__file__).resolve().parent.parent / "rules"
    return [path.stem.replace("_", "-") for path in folder.glob("*.py") if path.stem[0] != "_" and path.stem != "base"]


def _terms(typed: str) -> Iterable[str]:
    """Return prefixes, or the words that a prefix takes."""
    from patchwatch.store.query.prefixes import PREFIXES

    name, colon, _ = typed.partition(":")
    if not colon:
        return [f"{prefix}:" for prefix in PREFIXES]
    if name == "rule":
        return [f"rule:{rule}" for rule in _rules()]
    if name == "policy":
        return [f"policy:{policy.partition('-')[0]}" for policy in _policies()]
    return [f"{name}:{word}" for word in PREFIXES[name].words]


def _ids(settings: Settings, typed: str) -> list[str]:
    """Return ids of series that begin so, straight from an SQLite file: the engine takes too long to import."""
    import sqlite3

    path = Path(settings.database.removeprefix("sqlite:///")).expanduser()
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.05)
    try:
        query = "SELECT id FROM series WHERE id >= ? AND id < ? AND latest ORDER BY posted_at DESC LIMIT ?"
        return [row[0] for row in conn.execute(query, (typed, f"{typed}\U0010ffff", _MOST))]
    finally:
        conn.close()
