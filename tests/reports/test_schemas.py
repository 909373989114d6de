# SPDX-License-Identifier: GPL-2.0-or-later
"""The JSON Schemas that ship, against what commands really print, by a validator that is not ours."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from builders_cli import run
from builders_judged import MAILS, checked_json, mbox
from patchwatch.cli.schema import names, schema_text

ROOT = Path(__file__).parents[2]
MAIL = sorted(path for path in (ROOT / "fixtures" / "mail").iterdir() if path.suffix in (".eml", ".mbox"))


# Any: documents of any shape are what is tested here.
def faults(document: Any) -> list[str]:
    schema = json.loads(schema_text(document["schema"]))
    checker = Draft202012Validator.FORMAT_CHECKER
    return [
        f"{e.json_path}: {e.message}"
        for e in Draft202012Validator(schema, format_checker=checker).iter_errors(document)
    ]


def unknown_keys(value: Any, schema: Any, whole: Any) -> Iterator[str]:
    """Yield the keys of *value* that the schema does not name; a schema without properties leaves them open."""
    if "$ref" in schema:
        inner = whole["$defs"][schema["$ref"].rpartition("/")[2]]
        more = schema.get("properties", {})
        schema = {**inner, "properties": {**inner.get("properties", {}), **more}}
    if isinstance(value, dict) and "properties" in schema:
        for key, one in value.items():
            if key in schema["properties"]:
                yield from unknown_keys(one, schema["properties"][key], whole)
            else:
                yield key
    elif isinstance(value, list):
        for one in value:
            yield from unknown_keys(one, schema.get("items", {}), whole)


def checked(document: Any) -> None:
    whole = json.loads(schema_text(document["schema"]))
    top = whole
    if "$defs" in whole:
        top = whole["$defs"]["document" if "series" in document else "line"]
    assert faults(document) == []
    assert set(unknown_keys(document, top, whole)) == set()


@pytest.mark.parametrize("name", names())
def test_a_schema_is_one_and_names_what_it_is_for(name: str) -> None:
    schema = json.loads(run("schema", name).out)
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"patchwatch.{name}"


@pytest.mark.parametrize("path", MAIL, ids=lambda path: path.name)
def test_check_prints_what_its_schema_says(path: Path) -> None:
    checked(json.loads(run("check", "--policy", "linux", "--format", "json", "--fail-on", "never", path).out))
    for line in run("check", "--policy", "qemu", "--format", "jsonl", "--fail-on", "never", path).out.splitlines():
        checked(json.loads(line))


def test_other_commands_print_what_their_schemas_say(tmp_path: Path) -> None:
    database = tmp_path / "p.db"
    assert run("--db", database, "ingest", "--policy", "linux", ROOT / "fixtures" / "demo").code == 0
    listed = json.loads(run("--db", database, "list", "--json", "--all").out)
    checked(listed)
    for one in listed["series"]:
        checked(json.loads(run("--db", database, "show", "--json", one["id"]).out))
        if one["revision"] > 1:
            checked(json.loads(run("--db", database, "diff", "--json", one["id"]).out))
    checked(json.loads(run("rule", "--json").out))
    checked(json.loads(run("rule", "undisclosed-ai", "--json").out))
    checked(json.loads(run("policy", "list", "--json").out))
    checked(json.loads(run("policy", "show", "qemu", "--json").out))


@pytest.mark.parametrize("outcome", MAILS)
def test_a_document_that_breaks_the_contract_is_refused(outcome: str) -> None:
    document = checked_json(outcome, "json", "--fail-on", "never")
    assert faults(document) == []
    document["series"][0]["outcome"] = "perhaps"
    assert faults(document)
    del document["counts"]
    assert any("counts" in one for one in faults(document))


def test_without_a_name_all_schemas_are_listed_and_an_unknown_one_is_refused() -> None:
    assert run("schema").out.splitlines() == [f"patchwatch.{name}" for name in names()]
    assert run("schema", "check").out == run("schema", "patchwatch.check/1").out
    result = run("schema", "nope")
    assert (result.code, result.out) == (2, "")
    assert "there is check/1, " in result.complaint


def test_an_empty_run_fits_too() -> None:
    checked(json.loads(run("check", "-", "--format", "json", stdin=mbox(MAILS["ready"])).out))
