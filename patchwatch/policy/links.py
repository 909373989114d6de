# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults between the tables of a policy file: names that lead nowhere, effects that no policy may have."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema

from patchwatch.model.verdict import Level
from patchwatch.policy.profile import ALWAYS, BINDING
from patchwatch.policy.schema import ExampleTable, PolicyFile, RuleTable, TagTable
from patchwatch.policy.shape import did_you_mean, find_faults
from patchwatch.policy.text import key_path, normal_json
from patchwatch.rules.base import Rule, found_ids, load_rule, rule_ids

_NEEDED = (("words", ("first",)), ("list", ("items", "item")))


def link_faults(own: PolicyFile, data: PolicyFile, versions: Mapping[str, PolicyFile]) -> list[str]:
    """
    Return all faults of a file as `key.path[1]: what is wrong`.

    *own* is its content as written, which the paths speak of; *data* is the same with what it inherits;
    *versions* are the versions of the same project by name, for `also-accept`.
    """
    found = [
        *_head_faults(data),
        *_source_faults(own),
        *_rule_faults(own, data),
        *_tag_faults(own, versions),
        *_measure_faults(own),
        *_scenario_faults(own, data),
        *_outcome_faults(own),
        *_doubles(own),
    ]
    return list(dict.fromkeys(found))


def example_faults(examples: Sequence[ExampleTable]) -> list[str]:
    """Return the faults of the examples of a file, which are read apart from it."""
    found = []
    seen: set[str] = set()
    for index, example in enumerate(examples):
        if example["id"] in seen:
            found.append(f"example[{index}].id: {example['id']} stands here twice")
        seen.add(example["id"])
        found += _unknown_rules(f"example[{index}].findings", example.get("findings", []))
    return found


def _head_faults(data: PolicyFile) -> Iterator[str]:
    head = data["policy"]
    if not _is_name(head["id"]):
        yield f"policy.id: {head['id']!r} is not made of a-z 0-9 . _ -"
    if head.get("abstract", False):
        if not head["id"].startswith("_"):
            yield "policy.id: the id of an abstract base begins with _"
        return
    for key in ("version", "status", "stance", "effective"):
        if key not in head:
            yield f"policy.{key}: is required"
    if "version" in head and not _is_name(head["version"]):
        yield f"policy.version: {head['version']!r} is not made of a-z 0-9 . _ -"
    effective = head.get("effective")
    if effective is not None and effective.get("until", effective["from"]) < effective["from"]:
        yield "policy.effective.until: is before `from`"
    if "unknown" in head.get("exempt-uses", []):
        yield "policy.exempt-uses: `unknown` can never be exempt"
    if not data.get("source"):
        yield "source: at least one is required"


def _source_faults(own: PolicyFile) -> Iterator[str]:
    for index, source in enumerate(own.get("source", [])):
        if not source["url"].startswith(("https://", "http://")):
            yield f"source[{index}].url: is no URL"


def _doubles(own: PolicyFile) -> Iterator[str]:
    """Yield ids that stand twice where each is to name one thing."""
    lists = (
        ("scenario", [entry["id"] for entry in own.get("scenario", [])]),
        ("human", [entry["id"] for entry in own.get("human", [])]),
    )
    for key, names in lists:
        for index, name in enumerate(names):
            if name in names[:index]:
                yield f"{key}[{index}].id: {name} stands here twice"


def _is_name(text: str) -> bool:
    return (
        bool(text)
        and text[0] not in ".-"
        and all(c.isascii() and (c.islower() or c.isdigit() or c in "._-") for c in text)
    )


def _rule_faults(own: PolicyFile, data: PolicyFile) -> Iterator[str]:
    seen: set[str] = set()
    for index, entry in enumerate(own.get("rule", [])):
        at = f"rule[{index}]"
        if entry["use"] in seen:
            yield f"{at}.use: {entry['use']} stands here twice"
        seen.add(entry["use"])
        try:
            rule = load_rule(entry["use"])
        except KeyError:
            near = did_you_mean(entry["use"], (*rule_ids(), *found_ids()))
            yield f"{at}.use: there is no rule {entry['use']!r}{near}"
            continue
        yield from _effect_faults(at, entry, rule, data)
        yield from _param_faults(at, entry, rule)


def _effect_faults(at: str, entry: RuleTable, rule: type[Rule], data: PolicyFile) -> Iterator[str]:
    effect = entry.get("effect", "none")
    if effect == "off" and entry["use"] in ALWAYS:
        yield f"{at}.effect: {entry['use']} belongs to every policy"
    if effect == "decline" and rule.level is not Level.FACT:
        yield f"{at}.effect: {entry['use']} is no fact rule and cannot decline"
    if effect == "decline" and not entry.get("why"):
        yield f"{at}.why: is required with `decline`"
    if effect == "decline" and data["policy"].get("status", "in-force") not in BINDING:
        yield f"{at}.effect: a text that is {data['policy'].get('status')} cannot decline"
    if not entry.get("clause", "https://").startswith(("https://", "http://")):
        yield f"{at}.clause: is no URL"


def _param_faults(at: str, entry: RuleTable, rule: type[Rule]) -> Iterator[str]:
    params = entry.get("params", {})
    adapter = TypeAdapter(rule)
    try:
        found = find_faults(params, adapter.json_schema(by_alias=True))
    except PydanticInvalidForJsonSchema:  # a third-party rule may check its parameters in ways of its own
        found = []
    for fault in found:
        yield f"{at}.params.{fault}"
    if not found:
        try:
            adapter.validate_json(normal_json(params), strict=True)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                yield f"{at}.params.{key_path(one['loc'])}: the rule does not take it: {one['msg']}"


def _tag_faults(own: PolicyFile, versions: Mapping[str, PolicyFile]) -> Iterator[str]:
    for key, table in own.get("tag", {}).items():
        yield from _grammar_faults(f"tag.{key}", table)
        for index, name in enumerate(table.get("also-accept", [])):
            if name not in versions or key not in versions[name].get("tag", {}):
                yield f"tag.{key}.also-accept[{index}]: version {name!r} of this policy has no such tag"


def _grammar_faults(at: str, table: TagTable) -> Iterator[str]:
    grammar = table.get("grammar", "text")
    for name, keys in _NEEDED:
        if grammar == name and not any(key in table for key in keys):
            yield f"{at}: grammar `{name}` needs {' or '.join(keys)}"
    for key, form in (("first", table.get("first")), ("rest", table.get("rest")), ("item", table.get("item"))):
        known = form in (None, "agent:model", "model", "name", "tool") or str(form).startswith("literal:")
        known = known and form != "literal:"
        if not known:
            yield f"{at}.{key}: {form!r} is none of agent:model, model, name, tool, literal:WORD"


def _measure_faults(own: PolicyFile) -> Iterator[str]:
    for name, table in own.get("measure", {}).items():
        if "window-days" in table and table.get("per") != "author":
            yield f'measure.{name}.window-days: is only for `per = "author"`'


def _outcome_faults(own: PolicyFile) -> Iterator[str]:
    for index, entry in enumerate(own.get("outcome", [])):
        when = entry.get("when", {})
        yield from _unknown_rules(f"outcome[{index}].when.rules", when.get("rules", []))
        if "days" in when and "repeated" not in when:
            yield f"outcome[{index}].when.days: needs `repeated` beside it"


def _unknown_rules(at: str, names: Sequence[str]) -> Iterator[str]:
    known = (*rule_ids(), *found_ids())
    for index, name in enumerate(names):
        if name not in known:
            yield f"{at}[{index}]: there is no rule {name!r}{did_you_mean(name, known)}"


def _scenario_faults(own: PolicyFile, data: PolicyFile) -> Iterator[str]:
    questions = {entry["id"] for entry in data.get("human", [])}
    used = {entry["use"] for entry in data.get("rule", []) if entry.get("effect") != "off"}
    if own.get("scenario") and not data["policy"].get("abstract") and "outside-allowed-scenario" not in used:
        yield "scenario: needs the rule outside-allowed-scenario, which says how much scenarios may ask for"
    for index, entry in enumerate(own.get("scenario", [])):
        name = entry.get("measure", "")
        if name and name not in data.get("measure", {}):
            near = did_you_mean(name, list(data.get("measure", {})))
            yield f"scenario[{index}].measure: there is no measure {name!r}{near}"
        elif name and "borderline-size" not in used:
            yield f"scenario[{index}].measure: needs the rule borderline-size, or nobody hears of a borderline size"
        for number, question in enumerate(entry.get("ask", [])):
            if question not in questions:
                near = did_you_mean(question, sorted(questions))
                yield f"scenario[{index}].ask[{number}]: there is no question {question!r} under `human`{near}"
