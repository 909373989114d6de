# SPDX-License-Identifier: GPL-2.0-or-later
"""
The vocabulary of a policy file, schema 1: every table, key and word there is. Anything else is a fault.

Only files of people are checked at run time; those that ship are checked by the tests, so that no start pays
for pydantic: this module is imported when a check is due, and for types. Validation is strict and in JSON
mode, so that `true` is no 1 and a list of TOML is fine.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, NotRequired, Required

from annotated_types import Ge, Len, MinLen
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from patchwatch.policy.text import key_path, normal_json

SCHEMA = 1

Words = list[str]
Name = Annotated[str, MinLen(1)]
Status = Literal["in-force", "superseded", "proposed", "unwritten", "withdrawn"]
Stance = Literal["forbid", "restrict", "allow-with-disclosure", "allow", "detection", "silent"]
Use = Literal[
    "code", "tests", "docs", "comments", "commit-message", "content", "research", "analysis", "static-analysis",
    "debugging", "bug-finding", "review", "autocomplete", "spelling", "grammar", "translation", "accessibility",
    "rename", "reformat", "unknown",
]  # fmt: skip
RoleWord = Literal["code", "tests", "docs", "generated", "build"]
May = Literal[
    "reject-outright", "extra-testing", "lower-priority", "ask-explain", "accept-outside-limits"
]  # fmt: skip


class SourceTable(TypedDict, total=False):
    url: Required[Name]
    revision: str
    retrieved: date
    via: Literal["text", "secondary", "thread", "press"]


SelectTable = TypedDict("SelectTable", {"list-ids": Words, "addresses": Words}, total=False)
WhenTable = TypedDict(
    "WhenTable",
    {
        "evidence": list[Literal["trailer", "prose", "identity", "link", "branch"]],
        "uses": list[Use],
        "uses-not": list[Use],
        "kind": list[Literal["bug-fix", "mechanical", "bug-report"]],
        "only-roles": list[RoleWord | Literal["comments"]],
        "any-roles": list[RoleWord],
        "label": Literal["prototype", "none"],
        "message-kind": list[Literal["patch", "cover", "reply", "bug-report", "pull"]],
        "first-time": bool,
        "prior-contact": bool,
    },
    total=False,
)
TagTable = TypedDict(
    "TagTable",
    {
        "means": Literal["ai", "human", "either"],
        "grammar": Literal["words", "list", "text", "person"],
        "first": str,
        "rest": str,
        "items": Words,
        "item": str,
        "separator": Annotated[str, Len(1, 1)],
        "note": Literal["none", "parenthesised"],
        "before": str,
        "after": str,
        "names-model": Literal["ignore", "forbid", "require"],
        "also-accept": Words,
    },
    total=False,
)
MeasureTable = TypedDict(
    "MeasureTable",
    {
        "count": Literal["added", "removed", "added+removed", "max"],
        "scope": Literal["lines", "lines-no-docs", "code"],
        "exclude-roles": list[RoleWord],
        "per": Literal["patch", "series"],
        "limit": Annotated[int, Ge(0)],
        "borderline": Literal["any-reading"] | Annotated[int, Ge(0)],
    },
    total=False,
)


class ScenarioTable(TypedDict, total=False):
    """A kind of change the text speaks about."""

    id: Required[Name]
    when: WhenTable
    measure: str
    outcome: Required[Literal["allow", "allow-with-note", "maintainer-discretion", "ask-first", "decline"]]
    note: str
    ask: Words


class RuleTable(TypedDict, total=False):
    """A rule that the policy uses. What *params* may hold is the rule's own business."""

    use: Required[Name]
    effect: Literal["decline", "ask", "none", "off"]
    when: WhenTable
    params: dict[str, object]
    why: str
    clause: str


class HumanTable(TypedDict, total=False):
    """A question for a person."""

    id: Required[Name]
    ask: Required[Name]
    when: WhenTable


class DiscretionTable(TypedDict, total=False):
    """What the text leaves to maintainers."""

    paths: Required[Words]
    may: Required[list[May]]
    disputed: bool


class WaiverTable(TypedDict, total=False):
    """Who may lift a clause."""

    by: Required[list[Literal["maintainer", "named-reviewer", "core", "list-consensus"]]]
    self: bool


EffectiveTable = TypedDict(
    "EffectiveTable", {"from": Required[date], "until": NotRequired[date], "review-by": NotRequired[date]}, total=False
)
PolicyTable = TypedDict(
    "PolicyTable",
    {
        "id": Required[Name],
        "version": str,
        "status": Status,
        "stance": Stance,
        "abstract": bool,
        "effective": EffectiveTable,
        "exempt-uses": list[Use],
        "stale-after-days": Annotated[int, Ge(1)],
    },
    total=False,
)


class LabelsTable(TypedDict, total=False):
    """Subject prefixes with a meaning."""

    prototype: Words


class PolicyFile(TypedDict, total=False):
    """One file: one version of one text."""

    schema: Required[int]
    inherit: str
    policy: Required[PolicyTable]
    source: list[SourceTable]
    select: SelectTable
    roles: dict[RoleWord, Words]
    labels: LabelsTable
    tag: dict[str, TagTable]
    measure: dict[str, MeasureTable]
    scenario: list[ScenarioTable]
    rule: list[RuleTable]
    human: list[HumanTable]
    discretion: list[DiscretionTable]
    waiver: WaiverTable


def shape_faults(data: Mapping[str, object]) -> list[str]:
    """Return every fault in tables, keys and words of one file, each as `key.path[1]: what is wrong`."""
    version = data.get("schema")
    if isinstance(version, int) and version > SCHEMA:
        return [f"schema: {version} needs a newer patchwatch (this one reads {SCHEMA})"]
    typed = with_config(ConfigDict(extra="forbid", strict=True))(PolicyFile)
    try:
        TypeAdapter(typed).validate_json(normal_json(data), strict=True)
    except ValidationError as error:
        return [f"{key_path(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_url=False)]
    return []


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a policy file, for editors."""
    return TypeAdapter(with_config(ConfigDict(extra="forbid", strict=True))(PolicyFile)).json_schema(by_alias=True)
