# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference of policy files is written from the schema that checks them."""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, fill

import pytest

from builders_cli import run
from patchwatch.policy.schema import json_schema
from patchwatch.policy.shape import Schema

PAGE = Path(__file__).parents[2] / "docs" / "policies.rst"
BEGIN = ".. reference begins: `pytest --update-golden` writes it from the schema\n"
END = ".. reference ends\n"
TITLES = (
    ("PolicyTable", "policy"),
    ("EffectiveTable", "policy.effective"),
    ("SourceTable", "source"),
    ("SelectTable", "select"),
    ("LabelsTable", "labels"),
    ("TagTable", "tag.KEY"),
    ("MeasureTable", "measure.NAME"),
    ("ScenarioTable", "scenario"),
    ("RuleTable", "rule"),
    ("HumanTable", "human"),
    ("WhenTable", "when, of scenario, rule and human"),
    ("DiscretionTable", "discretion"),
    ("WaiverTable", "waiver"),
    ("OutcomeTable", "outcome"),
    ("OutcomeWhenTable", "when, of outcome"),
    ("ExampleTable", "example"),
)


def kind(node: Schema) -> str:
    """Say what a value may be."""
    if "$ref" in node:
        return "table"
    if "anyOf" in node:
        return " or ".join(kind(one) for one in node["anyOf"])  # type: ignore[attr-defined]  # a list in this schema
    if "enum" in node or "const" in node:
        words = node.get("enum", [node.get("const")])
        return " ".join(f"``{word}``" for word in words)  # type: ignore[attr-defined]
    if node.get("type") == "array":
        inner = kind(node["items"])  # type: ignore[arg-type]
        return f"list of {inner if inner.startswith('`') else inner + 's'}"
    if node.get("format") == "date":
        return "date"
    return {"string": "text", "integer": "number", "boolean": "true or false", "object": "table"}[str(node.get("type"))]


def table(node: Schema) -> Iterator[str]:
    """Give the definition list of one table."""
    required = node.get("required", [])
    for key, one in node["properties"].items():  # type: ignore[attr-defined]
        need = "required, " if key in required else ""  # type: ignore[operator]
        text = f"({need}{kind(one)}) {one['description']}".replace("`", "``").replace("````", "``")
        yield f"``{key}``"
        yield fill(text, 136, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def reference() -> str:
    schema = json_schema()
    parts = ["Reference", "---------", "", "A file", "~~~~~~", "", *table(schema)]
    for name, title in TITLES:
        parts += ["", title, "~" * len(title), "", *table(schema["$defs"][name])]  # type: ignore[index]
    return "\n".join(parts)


def test_the_reference_is_that_of_the_schema(pytestconfig: pytest.Config) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    shown, end, after = rest.partition(END)
    assert end
    wanted = f"\n{reference()}\n\n"
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(f"{before}{BEGIN}{wanted}{END}{after}", encoding="utf-8")
    else:
        assert shown == wanted


def test_every_table_of_the_schema_is_in_the_reference() -> None:
    assert {name for name, _ in TITLES} == set(json_schema()["$defs"])  # type: ignore[call-overload]


def blocks() -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    found = [re.split(r"\n(?=\S)", part)[0] for part in text.split(".. code:: toml\n\n")[1:]]
    return [dedent(block) for block in found]


def test_the_worked_example_is_good_and_says_what_it_says(tmp_path: Path) -> None:
    frob, _, overlay = blocks()
    (tmp_path / "frob.toml").write_text(frob, encoding="utf-8")
    (tmp_path / "frob-net.toml").write_text(overlay, encoding="utf-8")
    result = run("policy", "lint", tmp_path / "frob.toml")
    assert (result.code, result.out) == (0, f"{tmp_path / 'frob.toml'}: no faults\n")
    assert run("policy", "lint", tmp_path).code == 0
    assert run("policy", "test", tmp_path / "frob.toml").out == "frob@2026-10, 1 example: all as they say\n"


def test_the_repository_file_of_the_page_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from patchwatch.config import load_repository_config

    (tmp_path / ".git").mkdir()
    (tmp_path / ".patchwatch.toml").write_text(blocks()[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_repository_config().policy == "frob"
