# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch config`: each setting with its value, and with `--show-origin` the line that says so."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

from patchwatch.cli.settings import Settings
from patchwatch.config import config_path
from patchwatch.reports.clean import one_line

_TABLE = re.compile(r"\s*\[([^\[\]]{1,500})\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_\"'.-]{1,200})\s*=")


def run_config(settings: Settings, *, show_origin: bool) -> None:
    """Print all settings that are not empty, as TOML keys with dots."""
    path = settings.config_option or config_path()
    lines = _lines(path)
    given = dict(_settings("", settings.config))
    given["db"] = settings.database
    for key, value in given.items():
        if value in ("", [], None):
            continue
        origin = ""
        if show_origin:
            said = f"{path}:{lines[key]}" if key in lines else "default"
            origin = f"{'--db' if key == 'db' and settings.db_option else said}\t"
        shown = json.dumps(value, ensure_ascii=False)
        sys.stdout.write(f"{origin}{one_line(f'{key} = {shown}')}\n")


def _settings(prefix: str, part: object) -> Iterator[tuple[str, object]]:
    """Yield the settings of a part of the configuration with their full names."""
    if is_dataclass(part):
        for one in fields(part):
            yield from _settings(f"{prefix}.{one.name}" if prefix else one.name, getattr(part, one.name))
    elif isinstance(part, dict):
        for name, inner in part.items():
            yield from _settings(f"{prefix}.{name}", inner)
    else:
        yield prefix, part


def _lines(path: Path) -> dict[str, int]:
    """Return the number of the line of each key; those inside of inline tables have none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        if head := _TABLE.match(line):
            table = f"{_plain(head[1])}."
        elif key := _KEY.match(line):
            found.setdefault(table + _plain(key[1]), number)
    return found


def _plain(key: str) -> str:
    """Return a key without blanks and quotes: `list."a b"` is `list.a b`."""
    return ".".join(word.strip().strip("\"'") for word in key.split("."))
