# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults are told in words that help: where, what, and what was perhaps meant."""

import pytest

from patchwatch.policy.schema import json_schema, shape_faults
from patchwatch.policy.shape import did_you_mean, find_faults

GOOD: dict[str, object] = {"schema": 1, "policy": {"id": "toy"}}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"select": {"list-id": ["x"]}}, "select.list-id: there is no such key; did you mean `list-ids`?"),
        ({"select": {"list_ids": ["x"]}}, "select.list_ids: there is no such key; did you mean `list-ids`?"),
        ({"rules": []}, "rules: there is no such key; did you mean `rule`?"),
        ({"select": {"list-ids": "x"}}, "select.list-ids: is 'x', but a list of texts is wanted"),
        ({"select": {"list-ids": [1]}}, "select.list-ids[0]: is 1, but a text in quotes is wanted"),
        ({"rule": {"use": "x"}}, "rule: is a table, but a list of tables is wanted"),
        ({"rule": [{}]}, "rule[0].use: is required"),
        ({"rule": [{"use": ""}]}, "rule[0].use: is empty"),
        (
            {"rule": [{"use": "x", "effect": "asks"}]},
            "rule[0].effect: 'asks' is none of its words; did you mean `ask`?",
        ),
        (
            {"scenario": [{"id": "a", "outcome": "allow", "when": {"kind": ["bugfix"]}}]},
            "scenario[0].when.kind[0]: 'bugfix' is none of its words; did you mean `bug-fix`?",
        ),
        ({"measure": {"a b": {"limit": True}}}, 'measure."a b".limit: is true, but a whole number is wanted'),
        ({"measure": {"a": {"limit": -1}}}, "measure.a.limit: -1 is less than 0"),
        ({"measure": {"a": {"borderline": -1}}}, "measure.a.borderline: -1 is less than 0"),
        (
            {"measure": {"a": {"borderline": []}}},
            "measure.a.borderline: is a list, but `any-reading` or a whole number is wanted",
        ),
        ({"tag": {"X": {"separator": ", "}}}, "tag.X.separator: ', ' is longer than 1"),
        ({"roles": {"test": []}}, "roles.test: there is no such key; did you mean `tests`?"),
        ({"source": [{"url": "u", "retrieved": "soon"}]}, "source[0].retrieved: 'soon' is no date such as 2026-01-31"),
        (
            {"source": [{"url": "u", "retrieved": "2026-01-31 10:00:00"}]},
            "source[0].retrieved: '2026-01-31 10:00:00' is no date such as 2026-01-31",
        ),
        ({"schema": 0}, "schema: 0 is no version; write 1"),
        ({"schema": True}, "schema: is true, but a whole number is wanted"),
        ({"policy": {}}, "policy.id: is required"),
    ],
)
def test_one_fault_in_our_own_words(content: dict[str, object], fault: str) -> None:
    assert shape_faults({**GOOD, **content}) == [fault]


def test_all_faults_are_told_at_once() -> None:
    content = {"policy": {"id": 1, "colour": "red"}, "waiver": {"by": ["me"]}, "labels": []}
    places = [fault.partition(":")[0] for fault in shape_faults(content)]
    assert places == ["policy.id", "policy.colour", "waiver.by[0]", "labels", "schema"]


def test_a_long_value_is_cut_and_a_higher_schema_is_told_alone() -> None:
    (fault,) = shape_faults({**GOOD, "inherit": "x", "policy": {"id": "toy", "status": "s" * 100}})
    assert f"{'s' * 59}…" in fault
    assert shape_faults({"schema": 2, "news": 1}) == ["schema: 2 needs a newer patchwatch (this one reads 1)"]


def test_names_that_are_like_nothing_are_answered_with_what_there_is() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "; there is `a`, `b`"
    assert did_you_mean("zzz", []) == ""
    assert did_you_mean("zzz", [f"n{n:02}" for n in range(20)]).endswith("`n11` and 8 more")


def test_every_key_has_a_description_for_editors() -> None:
    schema = json_schema()
    tables = [schema, *schema["$defs"].values()]  # type: ignore[attr-defined]  # a schema of pydantic has them
    for table in tables:
        for name, key in table["properties"].items():
            assert key.get("description"), f"{table['title']}: {name}"


def test_a_schema_without_types_takes_everything() -> None:
    assert find_faults({"a": [1, {"b": None}]}, {}) == []
