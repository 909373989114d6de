# SPDX-License-Identifier: GPL-2.0-or-later
"""From the merged content of a policy file to a Policy: names looked up, defaults filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Literal, cast

from patchwatch.model.terms import Consequence, Discretion, Human, Measure, Scenario, Source, Tag, WaiverTerms, When
from patchwatch.model.verdict import Effect, PolicyRef, Skipped
from patchwatch.parse.roles import DEFAULT_ROLES, RoleGlobs
from patchwatch.policy.paths import PathGlobs
from patchwatch.policy.profile import ALWAYS, BINDING, PROTOTYPE_LABELS, Policy, RuleUse
from patchwatch.policy.text import normal_json
from patchwatch.rules.base import Rule, load_rule

if TYPE_CHECKING:
    from patchwatch.policy.schema import MeasureTable, OutcomeTable, PolicyFile, RuleTable, TagTable, WhenTable


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
        until=head.get("effective", {}).get("until", ""),
    )
    uses, lost = _uses(data, ref, trusted=trusted)
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
        rules=uses,
        lost=lost,
        human=tuple(Human(id=h["id"], ask=h["ask"], when=when_of(h.get("when", {}))) for h in data.get("human", [])),
        discretion=_discretion(data),
        waiver=_waiver(data),
        outcomes=tuple(_consequence(entry) for entry in data.get("outcome", [])),
        exclude=PathGlobs.of(head.get("exclude-paths", [])),
        start=_day(data, "from"),
        review_by=_day(data, "review-by"),
        stale_after_days=head.get("stale-after-days", 180),
    )


def overlaid(base: Policy, data: PolicyFile, *, trusted: bool) -> Policy:
    """
    Return *base* with the overlay *data* on top: its rules for patches that touch its paths, and its questions.

    An overlay that does not bind adds its rules without effect. What the linter refuses in an overlay is not read.
    """
    upper = build(data, {}, trusted=trusted)
    paths = PathGlobs.of(data.get("select", {}).get("paths", []))
    uses = tuple(
        replace(use, paths=paths, effect=use.effect if upper.binding else Effect.NONE)
        for use in upper.rules
        if use.rule.id not in ALWAYS
    )
    state = "" if upper.binding else f", {upper.ref.status}: without effect"
    digest = hashlib.sha256((base.ref.digest + upper.ref.digest).encode()).hexdigest()
    return replace(
        base,
        ref=replace(base.ref, digest=digest),
        sources=(*base.sources, *upper.sources),
        tags=(*base.tags, *upper.tags),
        measures=(*base.measures, *upper.measures),
        rules=(*base.rules, *uses),
        lost=(*base.lost, *upper.lost),
        human=(*base.human, *upper.human),
        discretion=(*base.discretion, *upper.discretion),
        outcomes=(*base.outcomes, *upper.outcomes),
        notes=(*base.notes, f"with {upper.ref.id}@{upper.ref.version} on top{state} ({upper.ref.source})"),
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
        ignore=tuple(table.get("ignore", ())),
        window_days=table.get("window-days", 0),
    )


def _discretion(data: PolicyFile) -> tuple[Discretion, ...]:
    return tuple(
        Discretion(paths=tuple(entry["paths"]), may=tuple(entry["may"]), disputed=entry.get("disputed", False))
        for entry in data.get("discretion", [])
    )


def _waiver(data: PolicyFile) -> WaiverTerms | None:
    table = data.get("waiver")
    return WaiverTerms(by=tuple(table["by"]), own=table.get("self", True)) if table is not None else None


def _consequence(entry: OutcomeTable) -> Consequence:
    when = entry.get("when", {})
    effect = when.get("effect", [])
    return Consequence(
        suggest=entry["suggest"],
        rules=tuple(when.get("rules", ())),
        effects=(effect,) if isinstance(effect, str) else tuple(effect),
        repeated=when.get("repeated", 1),
        days=when.get("days", 0),
    )


def _day(data: PolicyFile, key: Literal["from", "review-by"]) -> date | None:
    text = data["policy"].get("effective", {}).get(key)
    return date.fromisoformat(text) if text is not None else None


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


def _uses(data: PolicyFile, ref: PolicyRef, *, trusted: bool) -> tuple[tuple[RuleUse, ...], tuple[Skipped, ...]]:
    """Return the rules in the order of the file, then those that belong to every policy; and what is not there."""
    uses: list[RuleUse] = []
    lost: list[Skipped] = []
    for entry in _entries(data, ref):
        try:
            rule = load_rule(entry["use"])
        except KeyError:
            lost.append(Skipped(rule=entry["use"], reason="this patchwatch has no such rule"))
            continue
        # What holds for every policy is not in its text, so it cites where the thing itself is described.
        default = rule.sources[0] if entry["use"] in ALWAYS[1:] or not ref.source else ref.source
        uses.append(
            RuleUse(
                rule=_configured(rule, entry.get("params", {}), trusted=trusted),
                effect=Effect(entry.get("effect", "none")),
                clause=entry.get("clause", default),
                why=entry.get("why", ""),
                when=when_of(entry.get("when", {})),
            )
        )
    return tuple(uses), tuple(lost)


def _entries(data: PolicyFile, ref: PolicyRef) -> Iterator[RuleTable]:
    entries = [entry for entry in data.get("rule", []) if entry.get("effect") != "off"]
    listed = {entry["use"] for entry in entries}
    always: list[RuleTable] = [{"use": name} for name in ALWAYS if name not in listed]
    if ref.status in BINDING:
        always = [entry for entry in always if entry["use"] != "unadopted-policy"]
    yield from (*entries, *always)


def _configured(rule: type[Rule], params: Mapping[str, object], *, trusted: bool) -> Rule:
    if not trusted:
        from pydantic import TypeAdapter

        return TypeAdapter(rule).validate_json(normal_json(params), strict=True)
    frozen = {k.replace("-", "_"): tuple(v) if isinstance(v, list) else v for k, v in params.items()}
    return rule(**frozen)
