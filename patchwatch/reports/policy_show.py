# SPDX-License-Identifier: GPL-2.0-or-later
"""One policy in full: what it demands in plain words, and as JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING

from patchwatch.model.verdict import Effect, Level
from patchwatch.policy.files import Profile
from patchwatch.policy.profile import ALWAYS, Policy, RuleUse
from patchwatch.reports.policy_words import (
    EFFECTS,
    consequence_words,
    dates_words,
    discretion_words,
    measure_words,
    scenario_words,
    tag_words,
    waiver_words,
    when_words,
)
from patchwatch.rules.base import parameters

if TYPE_CHECKING:
    from patchwatch.policy.schema import ExampleTable, PolicyFile

SCHEMA = "patchwatch.policy/1"
_WIDTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A profile with all that is known of it: its own file, the merged content, the policy made of it, its examples."""

    profile: Profile
    headline: str
    data: "PolicyFile"
    policy: Policy
    examples: "Sequence[ExampleTable]"
    today: date


def show_lines(shown: Shown) -> Iterator[str]:
    """Say in plain words what a policy demands."""
    profile, policy = shown.profile, shown.policy
    yield f"{profile}: {policy.stance.replace('-', ' ')}, {dates_words(profile, shown.today)}"
    if shown.headline:
        yield from _item(shown.headline)
    if profile.overlay_of:
        paths = ", ".join(shown.data.get("select", {}).get("paths", []))
        yield from _item(f"lies on {profile.overlay_of} for patches that touch {paths}")
    yield from _section("the text", _sources(shown))
    yield from _section("judges mail of", _selection(shown.data))
    yield from _section("outside of the text", _outside(shown))
    for effect in (Effect.DECLINE, Effect.ASK, Effect.NONE):
        uses = [use for use in policy.rules if _effective(use, policy) is effect and use.rule.id not in ALWAYS]
        yield from _section(f"it {EFFECTS[effect.value]}", (line for use in uses for line in _rule(use, policy)))
    yield from _section("tags", (line for tag in policy.tags for line in _indented(tag_words(tag))))
    kinds = (f"{one.id}: {scenario_words(one, policy.measures)}" for one in policy.scenarios)
    yield from _section("kinds of change with AI content, the first that fits", _items(kinds))
    yield from _section("sizes", _items(f"{one.name}: {measure_words(one)}" for one in policy.measures))
    yield from _section("questions for you, never answered by the tool", _items(one.ask for one in policy.human))
    yield from _section("left to maintainers", _items(map(discretion_words, policy.discretion)))
    if policy.waiver is not None:
        yield from _section("a clause is lifted by", _items([waiver_words(policy.waiver)]))
    yield from _section("the text says follows, and nothing is done", _items(map(consequence_words, policy.outcomes)))
    told = (f"{one['id']}: {one.get('says', one['outcome'])}" for one in shown.examples)
    yield from _section(f"examples (run them: patchwatch policy test {profile})", _items(told))
    yield ""
    yield f"file: {profile.path}"


def render_json(shown: Shown) -> str:
    """Return the merged content as one JSON document, with the dates in words and the digest."""
    document = {
        "schema": SCHEMA,
        "id": shown.profile.id,
        "version": shown.profile.version,
        "in_force": not shown.profile.abstract and shown.policy.binding and shown.profile.covers(shown.today),
        "digest": shown.policy.ref.digest,
        "path": str(shown.profile.path),
        "content": shown.data,
        "examples": [{key: value for key, value in one.items() if key != "mail"} for one in shown.examples],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield title
        yield from found


def _item(text: str) -> Iterator[str]:
    # URLs stay whole, so that a terminal opens them.
    yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="      ", break_long_words=False,
                    break_on_hyphens=False)  # fmt: skip


def _items(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _item(text)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield ("      " if number else "  ") + line


def _sources(shown: Shown) -> Iterator[str]:
    for source in shown.policy.sources:
        told = [
            f"revision {source.revision}" if source.revision else "",
            f"read {source.retrieved or 'at no known date'}",
        ]
        told += {"secondary": ["told by others"], "thread": ["a thread"], "press": ["press"]}.get(source.via, [])
        yield from _item(f"{source.url} ({', '.join(filter(None, told))})")
    if shown.policy.review_by is not None:
        yield from _item(f"to be read again by {shown.policy.review_by}")


def _selection(data: "PolicyFile") -> Iterator[str]:
    select = data.get("select", {})
    for words, name in (
        (select.get("list-ids", []), "lists"),
        (select.get("addresses", []), "addresses"),
        (select.get("subject-prefixes", []), "subjects with"),
    ):
        if words:
            yield from _item(f"{name}: {', '.join(words)}")
    if not any(select.values()) and not data["policy"].get("abstract"):
        yield from _item("no list: only where --policy or the configuration names it")


def _outside(shown: Shown) -> Iterator[str]:
    if shown.policy.exempt_uses:
        yield from _item(f"AI used only for {', '.join(sorted(shown.policy.exempt_uses))}")
    paths = shown.data["policy"].get("exclude-paths", [])
    if paths:
        yield from _item(f"files {', '.join(paths)}")
    if shown.policy.labels != Policy(ref=shown.policy.ref).labels:
        yield from _item(f"labels of prototypes: {', '.join(shown.policy.labels) or 'the text knows none'}")


def _effective(use: RuleUse, policy: Policy) -> Effect:
    """Return what the rule can do: heuristics and texts that do not bind have no effect."""
    return use.effect if use.rule.level is Level.FACT and policy.binding else Effect.NONE


def _rule(use: RuleUse, policy: Policy) -> Iterator[str]:
    would = f" (would {use.effect.value} if it were in force)" if use.effect is not _effective(use, policy) else ""
    if use.rule.level is not Level.FACT:
        would = " (a heuristic: it informs and never decides)"
    yield from _item(f"{use.rule.id}: {use.rule.title}{would}")
    condition = when_words(use.when)
    for text in (f"where {condition}" if condition else "", f"because {use.why}" if use.why else ""):
        if text:
            yield from wrap(text, _WIDTH, initial_indent="      ", subsequent_indent="      ")
    params = _params(use)
    if params:
        yield from wrap(params, _WIDTH, initial_indent="      ", subsequent_indent="      ")
    if use.clause != policy.ref.source:
        yield f"      {use.clause}"


def _params(use: RuleUse) -> str:
    told = []
    for one in parameters(type(use.rule)):
        value = getattr(use.rule, one.name.replace("-", "_"))
        if value != one.default:
            told.append(f"{one.name} = {', '.join(map(str, value)) if isinstance(value, tuple) else value}")
    return "; ".join(told)
