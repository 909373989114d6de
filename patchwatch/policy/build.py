# SPDX-License-Identifier: GPL-2.0-or-later
"""From the merged content of a policy file to a Policy: names looked up, defaults filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from patchwatch.model.terms import Discretion, Human, Measure, Scenario, Source, Tag, WaiverTerms, When
from patchwatch.model.verdict import Effect, PolicyRef
from patchwatch.parse.roles import DEFAULT_ROLES, RoleGlobs
from patchwatch.policy.profile import ALWAYS, BINDING, PROTOTYPE_LABELS, Policy, RuleUse
from patchwatch.policy.text import normal_json
from patchwatch.rules.base import Rule, load_rule

if TYPE_CHECKING:
    from patchwatch.policy.schema import MeasureTable, PolicyFile, RuleTable, TagTable, WhenTable


def build(data: PolicyFile, versions: Mapping[str, PolicyFile], *, trusted: bool) -> Policy:
    """
    Return the policy of merged *data*; *versions* are the other versions of the project, by name.

    *trusted* content was validated before (shipped files, by the tests): parameters are taken as they are,
    which saves a fifth of a start-up. Call `link_faults` first for all other content.
    """
    head = data["policy"]
    sources = tuple(_source(entry) for entry in data.get("source", []))
    tags = tuple(_tag(key, table, versions) for key, table in data.get("tag", {}).items())
    ref = PolicyRef(
        id=head["id"],
        version=head.get("version", ""),
        status=head.get("status", "in-force"),
        source=sources[0].url if sources else "",
        digest=_digest(data, tags),
    )
    waiver = data.get("waiver")
    return Policy(
        ref=ref,
        stance=head.get("stance", "silent"),
        sources=sources,
        roles=_roles(data),
        labels=tuple(data.get("labels", {}).get("prototype", PROTOTYPE_LABELS)),
        exempt_uses=frozenset(head.get("exempt-uses", [])),
        tags=tags,
        measures=tuple(_measure(name, table) for name, table in data.get("measure", {}).items()),
        scenarios=_scenarios(data),
        rules=tuple(_uses(data, ref, trusted=trusted)),
        human=tuple(Human(id=h["id"], ask=h["ask"], when=when_of(h.get("when", {}))) for h in data.get("human", [])),
        discretion=tuple(
            Discretion(paths=tuple(d["paths"]), may=tuple(d["may"]), disputed=d.get("disputed", False))
            for d in data.get("discretion", [])
        ),
        waiver=WaiverTerms(by=tuple(waiver["by"]), own=waiver.get("self", True)) if waiver else None,
        stale_after_days=head.get("stale-after-days", 180),
    )


def when_of(table: WhenTable) -> When:
    """Read a condition."""
    return When(
        evidence=tuple(table.get("evidence", ())),
        uses=tuple(table.get("uses", ())),
        uses_not=tuple(table.get("uses-not", ())),
        kind=tuple(table.get("kind", ())),
        only_roles=tuple(table.get("only-roles", ())),
        any_roles=tuple(table.get("any-roles", ())),
        label=table.get("label", ""),
        message_kind=tuple(table.get("message-kind", ())),
        first_time=table.get("first-time"),
        prior_contact=table.get("prior-contact"),
    )


def _roles(data: PolicyFile) -> RoleGlobs:
    """Return the policy's globs; roles that it does not name keep their default ones."""
    table = data.get("roles")
    if table is None:
        return DEFAULT_ROLES
    return RoleGlobs.of(
        generated=table.get("generated", DEFAULT_ROLES.generated),
        tests=table.get("tests", DEFAULT_ROLES.tests),
        build=table.get("build", DEFAULT_ROLES.build),
        docs=table.get("docs", DEFAULT_ROLES.docs),
        code=table.get("code", DEFAULT_ROLES.code),
    )


def _digest(data: PolicyFile, tags: tuple[Tag, ...]) -> str:
    """Return the SHA-256 of the content and of the tags of other versions that it refers to."""
    older = repr([tag.also_accept for tag in tags])
    return hashlib.sha256((normal_json(cast("Mapping[str, object]", data)) + older).encode()).hexdigest()


def _source(entry: Mapping[str, object]) -> Source:
    return Source(
        url=str(entry["url"]),
        revision=str(entry.get("revision", "")),
        retrieved=str(entry.get("retrieved", "")),
        via=str(entry.get("via", "text")),
    )


def _tag(key: str, table: TagTable, versions: Mapping[str, PolicyFile]) -> Tag:
    also = [versions[name].get("tag", {}) for name in table.get("also-accept", []) if name in versions]
    return Tag(
        key=key,
        means=table.get("means", "ai"),
        grammar=table.get("grammar", "text"),
        first=table.get("first", ""),
        rest=table.get("rest", ""),
        items=tuple(table.get("items", ())),
        item=table.get("item", ""),
        separator=table.get("separator", ","),
        note=table.get("note", "none"),
        before=table.get("before", ""),
        after=table.get("after", ""),
        names_model=table.get("names-model", "ignore"),
        also_accept=tuple(_tag(key, tags[key], {}) for tags in also if key in tags),
    )


def _measure(name: str, table: MeasureTable) -> Measure:
    borderline = table.get("borderline", "any-reading")
    return Measure(
        name=name,
        count=table.get("count", "added"),
        scope=table.get("scope", "lines"),
        exclude_roles=tuple(table.get("exclude-roles", ())),
        per=table.get("per", "patch"),
        limit=table.get("limit", 0),
        borderline=borderline if isinstance(borderline, int) else None,
    )


def _scenarios(data: PolicyFile) -> tuple[Scenario, ...]:
    return tuple(
        Scenario(
            id=entry["id"],
            outcome=entry["outcome"],
            when=when_of(entry.get("when", {})),
            measure=entry.get("measure", ""),
            note=entry.get("note", ""),
            ask=tuple(entry.get("ask", ())),
        )
        for entry in data.get("scenario", [])
    )


def _uses(data: PolicyFile, ref: PolicyRef, *, trusted: bool) -> Iterator[RuleUse]:
    """Yield the rules in the order of the file, then those that belong to every policy."""
    entries = [entry for entry in data.get("rule", []) if entry.get("effect") != "off"]
    listed = {entry["use"] for entry in entries}
    always: list[RuleTable] = [{"use": name} for name in ALWAYS if name not in listed]
    if ref.status in BINDING:
        always = [entry for entry in always if entry["use"] != "unadopted-policy"]
    for entry in (*entries, *always):
        rule = load_rule(entry["use"])
        # What holds for every policy is not in its text, so it cites where the thing itself is described.
        default = rule.sources[0] if entry["use"] in ALWAYS[1:] or not ref.source else ref.source
        yield RuleUse(
            rule=_configured(rule, entry.get("params", {}), trusted=trusted),
            effect=Effect(entry.get("effect", "none")),
            clause=entry.get("clause", default),
            why=entry.get("why", ""),
            when=when_of(entry.get("when", {})),
        )


def _configured(rule: type[Rule], params: Mapping[str, object], *, trusted: bool) -> Rule:
    if not trusted:
        from pydantic import TypeAdapter

        return TypeAdapter(rule).validate_json(normal_json(params), strict=True)
    frozen = {k.replace("-", "_"): tuple(v) if isinstance(v, list) else v for k, v in params.items()}
    return rule(**frozen)
