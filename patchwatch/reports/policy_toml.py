# SPDX-License-Identifier: GPL-2.0-or-later
"""The merged content of a policy as TOML, ready to be saved as a file of one's own."""

import json
from collections.abc import Iterator, Mapping

# Values of these keys are dates of TOML; a version that looks like a day stays a text.
_DAYS = frozenset({"from", "until", "review-by", "retrieved"})
_NAMED = ("tag", "measure")  # tables of tables


def merged_toml(data: Mapping[str, object]) -> Iterator[str]:
    """Give the lines: values first, then tables, as TOML wants it."""
    for key, value in data.items():
        if not isinstance(value, dict):
            yield from _entry(key, value)
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _table(key, value)


def _entry(key: str, value: object) -> Iterator[str]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        yield f"{key} = ["
        yield from (f"  {_written('', one)}," for one in value)
        yield "]"
    else:
        yield f"{key_text(key)} = {_written(key, value)}"


def _table(name: str, table: Mapping[str, object]) -> Iterator[str]:
    inner = {key: value for key, value in table.items() if isinstance(value, dict) and name in _NAMED}
    if len(inner) < len(table) or not table:
        yield ""
        yield f"[{name}]"
        for key, value in table.items():
            if key not in inner:
                yield f"{key_text(key)} = {_written(key, value)}"
    for key, value in inner.items():
        yield from _table(f"{name}.{key_text(key)}", value)


def _written(key: str, value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key_text(name)} = {_written(name, one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_written("", one) for one in value) + "]"
    if key in _DAYS and isinstance(value, str):
        return value
    # JSON's escapes are TOML's, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key_text(key: str) -> str:
    """Write a key bare, or in quotes where it must be."""
    plain = key and all(char.isascii() and (char.isalnum() or char in "-_") for char in key)
    return key if plain else json.dumps(key, ensure_ascii=False)
