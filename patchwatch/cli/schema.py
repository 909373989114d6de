# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch schema`: the JSON Schemas of what commands print as JSON."""

import sys
from pathlib import Path

from patchwatch.errors import UsageError

_FOLDER = Path(__file__).resolve().parent.parent / "schemas"
_FIRST = "patchwatch."


def names() -> list[str]:
    """Return the names of all schemas as they stand in `schema`, without the beginning they share: `check/1`."""
    return sorted("/".join(path.stem.rsplit("-", 1)) for path in _FOLDER.glob("*.json"))


def schema_text(name: str) -> str:
    """Return one schema; the number may be left out for the newest. Raises UsageError, which names what exists."""
    wanted = name.strip().removeprefix(_FIRST)
    found = [one for one in names() if wanted in (one, one.partition("/")[0])]
    if not found:
        raise UsageError(f"no schema {name!r}; there is {', '.join(names())}")
    newest = max(found, key=lambda one: int(one.partition("/")[2]))
    return (_FOLDER / f"{newest.replace('/', '-')}.json").read_text(encoding="utf-8")


def run_schema(name: str | None) -> None:
    """Print one schema, or the names of all."""
    if name is None:
        sys.stdout.write("".join(f"{_FIRST}{one}\n" for one in names()))
    else:
        sys.stdout.write(schema_text(name))
