# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults between the tables of a policy file: names that lead nowhere, effects that no policy may have."""

from collections.abc import Iterator, Mapping

from pydantic import TypeAdapter, ValidationError

from patchwatch.model.verdict import Level
from patchwatch.policy.profile import ALWAYS, BINDING
from patchwatch.policy.schema import PolicyFile, RuleTable, TagTable
from patchwatch.policy.text import key_path, normal_json
from patchwatch.rules.base import Rule, load_rule, rule_ids

_NEEDED = (("words", ("first",)), ("list", ("items", "item")))


def link_faults(own: PolicyFile, data: PolicyFile, versions: Mapping[str, PolicyFile]) -> list[str]:
    """
    Return all faults of a file as `key.path[1]: what is wrong`.

    *own* is its content as written, which the paths speak of; *data* is the same with what it inherits;
    *versions* are the versions of the same project by name, for `also-accept`.
    """
    found = [*_head_faults(data), *_rule_faults(own, data), *_tag_faults(own, versions), *_scenario_faults(own, data)]
    return list(dict.fromkeys(found))


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
            yield f"{at}.use: there is no rule {entry['use']!r}{_near(entry['use'])}"
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
    try:
        TypeAdapter(rule).validate_json(normal_json(entry.get("params", {})), strict=True)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            yield f"{at}.params.{key_path(fault['loc'])}: {fault['msg']}"


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
        if not known:
            yield f"{at}.{key}: {form!r} is none of agent:model, model, name, tool, literal:WORD"


def _scenario_faults(own: PolicyFile, data: PolicyFile) -> Iterator[str]:
    questions = {entry["id"] for entry in data.get("human", [])}
    used = {entry["use"] for entry in data.get("rule", []) if entry.get("effect") != "off"}
    for index, entry in enumerate(own.get("scenario", [])):
        name = entry.get("measure", "")
        if name and name not in data.get("measure", {}):
            yield f"scenario[{index}].measure: there is no measure {name!r}"
        elif name and "borderline-size" not in used:
            yield f"scenario[{index}].measure: needs the rule borderline-size, or nobody hears of a borderline size"
        for number, question in enumerate(entry.get("ask", [])):
            if question not in questions:
                yield f"scenario[{index}].ask[{number}]: there is no question {question!r} under `human`"


def _near(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, rule_ids(), n=3)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(rule_ids())}"
