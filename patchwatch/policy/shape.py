# SPDX-License-Identifier: GPL-2.0-or-later
"""
Hold what a person wrote against a JSON Schema, and tell every fault in words that help.

The schema is the one that editors get, so that nothing is a fault here which an editor took. Of JSON Schema
it reads what our own tables need: types, closed words, required and known keys, lengths, least numbers, dates.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import cast

Schema = Mapping[str, object]

_NOUNS = {
    "string": "a text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}
_SHOWN = 12


def find_faults(value: object, schema: Schema) -> list[str]:
    """
    Return all faults of *value* (as `json.loads` gives it), each as `key.path[1]: what is wrong`.

    A value of the wrong type is one fault: what would be inside it is not looked at.
    """
    return list(_faults(value, schema, cast("Mapping[str, Schema]", schema.get("$defs", {})), ""))


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return "; did you mean `x`?" for the nearest of *known*, else what there is (when that is little)."""
    near = get_close_matches(name, known, n=1) or get_close_matches(name.replace("_", "-").lower(), known, n=1)
    near = near or [one for one in sorted(known) if len(name) > 2 and one.startswith(name)][:1]
    if near:
        return f"; did you mean `{near[0]}`?"
    listed = sorted(known)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return f"; there is {', '.join(f'`{one}`' for one in listed[:_SHOWN])}{more}" if listed else ""


def _faults(value: object, schema: Schema, defs: Mapping[str, Schema], at: str) -> Iterator[str]:
    schema = _resolved(schema, defs)
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        yield from _any_of(value, choices, defs, at)
        return
    wanted = schema.get("type")
    if isinstance(wanted, str) and not _is(value, wanted):
        yield f"{at or 'the file'}: is {_named(value)}, but {_expected(schema, defs)} is wanted"
        return
    yield from _value_faults(value, schema, at)
    if isinstance(value, list):
        items = cast("Schema", schema.get("items", {}))
        for index, one in enumerate(value):
            yield from _faults(one, items, defs, f"{at}[{index}]")
    if isinstance(value, dict):
        yield from _table_faults(value, schema, defs, at)


def _any_of(value: object, choices: Sequence[Schema], defs: Mapping[str, Schema], at: str) -> Iterator[str]:
    """Tell the faults of the alternative that is of the value's type; of none, what there is to choose from."""
    choices = [one for one in choices if one.get("type") != "null"]  # TOML has no such value
    tried = [(one, list(_faults(value, one, defs, at))) for one in choices]
    if any(not faults for _, faults in tried):
        return
    alike = [faults for one, faults in tried if _is(value, str(_resolved(one, defs).get("type", "")))]
    if len(alike) == 1:
        yield from alike[0]
        return
    yield f"{at}: is {_named(value)}, but {' or '.join(_expected(one, defs) for one in choices)} is wanted"


def _value_faults(value: object, schema: Schema, at: str) -> Iterator[str]:
    words = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if isinstance(words, list) and value not in words:
        yield f"{at}: {_named(value)} is none of its words{did_you_mean(str(value), [str(one) for one in words])}"
    elif isinstance(value, str):
        if not value and schema.get("minLength"):
            yield f"{at}: is empty"
        elif len(value) > int(str(schema.get("maxLength", len(value)))):
            yield f"{at}: {_named(value)} is longer than {schema['maxLength']}"
        elif schema.get("format") == "date" and not _is_day(value):
            yield f"{at}: {_named(value)} is no date such as 2026-01-31"
    elif isinstance(value, int) and "minimum" in schema and value < int(str(schema["minimum"])):
        yield f"{at}: {value} is less than {schema['minimum']}"


def _table_faults(value: Mapping[str, object], schema: Schema, defs: Mapping[str, Schema], at: str) -> Iterator[str]:
    known = cast("Mapping[str, Schema]", schema.get("properties", {}))
    others = schema.get("additionalProperties", True)
    names = cast("Mapping[str, Sequence[str]]", schema.get("propertyNames", {})).get("enum", [])
    for key, one in value.items():
        inner = f"{at}.{_quoted(key)}" if at else _quoted(key)
        if key in known:
            yield from _faults(one, known[key], defs, inner)
        elif others is False or (names and key not in names):
            yield f"{inner}: there is no such key{did_you_mean(key, list(known) or list(names))}"
        elif isinstance(others, dict):
            yield from _faults(one, others, defs, inner)
    for key in cast("Sequence[str]", schema.get("required", ())):
        if key not in value:
            yield f"{at}.{key}: is required" if at else f"{key}: is required"


def _resolved(schema: Schema, defs: Mapping[str, Schema]) -> Schema:
    reference = schema.get("$ref")
    return defs[str(reference).rpartition("/")[2]] if reference is not None else schema


def _is(value: object, wanted: str) -> bool:
    match wanted:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case "null":
            return value is None
    return True


def _named(value: object) -> str:
    """Name a value for people: short ones as they are, tables and lists by what they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return _NOUNS["array" if isinstance(value, list) else "object"]
    text = str(value)
    return repr(text if len(text) <= 60 else text[:59] + "…") if isinstance(value, str) else text


def _expected(schema: Schema, defs: Mapping[str, Schema]) -> str:
    schema = _resolved(schema, defs)
    words = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if isinstance(words, list):
        return " or ".join(f"`{word}`" for word in words)
    if schema.get("format") == "date":
        return "a date"
    if schema.get("type") == "array":
        inner = _resolved(cast("Schema", schema.get("items", {})), defs).get("type")
        return "a list of " + {"string": "texts", "object": "tables"}.get(str(inner), "values")
    return _NOUNS.get(str(schema.get("type")), "something else")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def _quoted(key: str) -> str:
    """Write a key as TOML would: bare, or in quotes."""
    plain = key and all(char.isascii() and (char.isalnum() or char in "-_") for char in key)
    return key if plain else f'"{key}"'
