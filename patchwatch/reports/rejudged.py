# SPDX-License-Identifier: GPL-2.0-or-later
"""What judging stored series again changed, or would change: counts, never per person."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from patchwatch.model.verdict import Effect, Outcome, PolicyRef
from patchwatch.reports.clean import clean
from patchwatch.reports.jsonable import Value
from patchwatch.reports.jsonable import policy as policy_value

SHOWN = 5
Effects = frozenset[tuple[str, Effect]]
_SEVERITY = {Effect.DECLINE: 0, Effect.ASK: 1, Effect.NONE: 2}


@dataclass(slots=True)
class Group:
    """How many series, in how many works, and the newest of them by id."""

    series: int = 0
    works: set[str] = field(default_factory=set)
    newest: list[tuple[int, str]] = field(default_factory=list)

    def add(self, id_: str, root: str, posted_at: int) -> None:
        """Count one series."""
        self.series += 1
        self.works.add(root)
        self.newest = sorted([*self.newest, (posted_at, id_)], reverse=True)[:SHOWN]

    @property
    def ids(self) -> list[str]:
        """The ids of the newest, newest first."""
        return [id_ for _, id_ in self.newest]


@dataclass(slots=True)
class Tally:
    """The sums over all series."""

    all: Group = field(default_factory=Group)
    before: Counter[Outcome] = field(default_factory=Counter)
    after: defaultdict[Outcome, Group] = field(default_factory=lambda: defaultdict(Group))
    moves: defaultdict[tuple[Outcome, Outcome], Group] = field(default_factory=lambda: defaultdict(Group))
    rules: defaultdict[tuple[str, Effect], Group] = field(default_factory=lambda: defaultdict(Group))
    rules_before: Counter[tuple[str, Effect]] = field(default_factory=Counter)

    def add(
        self, id_: str, root: str, posted_at: int, outcomes: tuple[Outcome, Outcome], effects: tuple[Effects, Effects]
    ) -> None:
        """Count one series; *outcomes* and *effects* are those before and after."""
        self.all.add(id_, root, posted_at)
        self.before[outcomes[0]] += 1
        self.after[outcomes[1]].add(id_, root, posted_at)
        self.rules_before.update(effects[0])
        for effect in effects[1]:
            self.rules[effect].add(id_, root, posted_at)
        if outcomes[0] is not outcomes[1]:
            self.moves[outcomes].add(id_, root, posted_at)

    def rule_order(self) -> list[tuple[str, Effect]]:
        """Return rules with an effect, before or after: the strongest effect and the most series first."""
        keys = {*self.rules, *self.rules_before}
        return sorted(keys, key=lambda key: (_SEVERITY[key[1]], -self._count(key), key[0]))

    def _count(self, key: tuple[str, Effect]) -> int:
        return self.rules[key].series if key in self.rules else 0

    def move_order(self) -> list[tuple[tuple[Outcome, Outcome], Group]]:
        """Return the moves from outcome to outcome, those of most series first."""
        return sorted(self.moves.items(), key=lambda item: (-item[1].series, item[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which words the sums are given: *ref* None is the text of each list and date."""

    ref: PolicyRef | None
    as_if: bool
    dry_run: bool

    @property
    def name(self) -> str:
        """The text, as `id@version`, with what has to be known of it."""
        if self.ref is None:
            return "the policy of each list and date"
        name = f"{self.ref.id}@{self.ref.version}" if self.ref.version else self.ref.id
        if self.as_if:
            return f"{name} (taken as if it were in force, at any date)"
        return name if self.ref.status in ("", "in-force") else f"{name} ({self.ref.status})"


def lines(tally: Tally, terms: Terms) -> Iterator[str]:
    """Give the sums as text."""
    would = "would be" if terms.dry_run else "are"
    asked, declined = (tally.after[outcome] for outcome in (Outcome.ASK, Outcome.DECLINE))
    yield f"under {clean(terms.name)}:"
    yield f"  {asked.series} of {tally.all.series} series {would} asked ({tally.before[Outcome.ASK]} before),"
    yield f"  {declined.series} {would} declined ({tally.before[Outcome.DECLINE]} before)"
    yield (
        f"  by work, all revisions taken as one: {len(asked.works)} asked, {len(declined.works)} declined, "
        f"of {len(tally.all.works)}"
    )
    yield ""
    if tally.moves:
        rows = [(str(group.series), old, new, _ids(group)) for (old, new), group in tally.move_order()]
        yield from _table(("series", "outcome now" if terms.dry_run else "outcome was", "then", "newest"), rows)
    else:
        yield "no outcome changes"
    order = tally.rule_order()
    if order:
        yield ""
        rules = [_rule_row(tally, key) for key in order]
        yield from _table(("rule", "effect", "series", "before", "newest"), rules)


def _rule_row(tally: Tally, key: tuple[str, Effect]) -> tuple[str, ...]:
    group = tally.rules[key] if key in tally.rules else Group()
    return (key[0], key[1].value, str(group.series), str(tally.rules_before[key]), _ids(group))


def _ids(group: Group) -> str:
    """Name up to three series."""
    shown = group.ids if group.series <= 3 else group.ids[:2]
    more = [f"and {group.series - len(shown)} more"] if group.series > len(shown) else []
    return " ".join([*map(clean, shown), *more])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Lay rows out in columns; the last one is as wide as it wants."""
    every = [head, *rows]
    widths = [max(len(row[at]) for row in every) for at in range(len(head) - 1)]
    for row in every:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()


def render_json(tally: Tally, terms: Terms) -> str:
    """Return the sums as JSON."""
    changes: list[Value] = [
        {"from": old.value, "to": new.value, "series": group.series, "works": len(group.works), "ids": [*group.ids]}
        for (old, new), group in tally.move_order()
    ]
    document: dict[str, Value] = {
        "schema": "patchwatch.rejudge/1",
        "policy": None if terms.ref is None else policy_value(terms.ref),
        "as_if_in_force": terms.as_if,
        "dry_run": terms.dry_run,
        "series": tally.all.series,
        "works": len(tally.all.works),
        "outcomes": [
            {
                "outcome": one.value,
                "before": tally.before[one],
                "after": tally.after[one].series,
                "works": len(tally.after[one].works),
            }
            for one in Outcome
        ],
        "changes": changes,
        "rules": [_rule_value(tally, key) for key in tally.rule_order()],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _rule_value(tally: Tally, key: tuple[str, Effect]) -> Value:
    group = tally.rules[key] if key in tally.rules else Group()
    return {
        "rule": key[0],
        "effect": key[1].value,
        "series": group.series,
        "works": len(group.works),
        "before": tally.rules_before[key],
        "ids": [*group.ids],
    }
