# SPDX-License-Identifier: GPL-2.0-or-later
"""What a text says follows from the findings; shown, never done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from patchwatch.model.terms import Consequence
from patchwatch.model.verdict import Finding, Suggestion

if TYPE_CHECKING:
    from patchwatch.model.history import History


def suggestions(
    outcomes: Sequence[Consequence], findings: Sequence[Finding], history: History | None
) -> Iterator[Suggestion]:
    """
    Yield what follows, in the order of the text; waived findings count for nothing.

    How many series of the author had such findings is not stored: where the text asks for more than this one, it
    is said what would have to be known, unless the author is known to have posted fewer in all.
    """
    counted = [finding for finding in findings if not finding.waived]
    for one in outcomes:
        rules = tuple(dict.fromkeys(finding.rule for finding in counted if _meets(finding, one)))
        if not rules and (one.rules or one.effects):
            continue
        if one.repeated <= 1:
            yield Suggestion(one.suggest, rules)
        elif history is None or 1 + sum(1 for _ in history.others(one.days)) >= one.repeated:
            yield Suggestion(one.suggest, rules, _condition(one))


def _meets(finding: Finding, one: Consequence) -> bool:
    return (not one.rules or finding.rule in one.rules) and (not one.effects or finding.effect.value in one.effects)


def _condition(one: Consequence) -> str:
    window = f" within {one.days} days" if one.days else ""
    return f"if at least {one.repeated} series of the author{window} had such findings, which is not known here"
