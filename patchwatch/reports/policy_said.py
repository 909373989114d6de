# SPDX-License-Identifier: GPL-2.0-or-later
"""What a report says about the text that judged, and about what that text leaves to people."""

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from patchwatch.model.verdict import PolicyRef, Verdict
from patchwatch.reports.clean import clean
from patchwatch.reports.policy_words import discretion_words, waiver_words

if TYPE_CHECKING:
    from patchwatch.reports.jsonable import Value

_WIDTH = 100


def policy_lines(verdict: Verdict) -> Iterator[str]:
    """Name the text, and say why it is this one where that is not plain."""
    ref = verdict.policy
    if ref.id == "none":
        why = "; ".join(verdict.notes) or "no text that is known here was in force for this list at that date"
        yield f"  policy: none: {clean(why)}"
        return
    yield f"  policy: {ref.id}@{ref.version}{_standing(ref)}" + (f" {ref.source}" if ref.source else "")
    for note in verdict.notes:
        yield f"    {clean(note)}"


def _standing(ref: PolicyRef) -> str:
    """Say that a text ended or does not bind; nothing where it simply holds."""
    if ref.status == "superseded":
        return f" (in force until {ref.until})" if ref.until else " (in force at that date)"
    return "" if ref.status == "in-force" else f" ({ref.status})"


def terms_lines(verdict: Verdict) -> Iterator[str]:
    """Say what follows by the text, what maintainers may do, and who may lift a clause."""
    for one in verdict.suggest:
        why = f" ({', '.join(one.rules)})" if one.rules else ""
        unless = f", {one.unless_known}" if one.unless_known else ""
        yield from _item(f"what the text says follows: {one.suggest.replace('-', ' ')}{why}{unless}")
    for leeway in verdict.discretion:
        yield from _item(f"by the text {discretion_words(leeway)}")
    if verdict.waiver is not None:
        yield from _item(f"a clause is lifted by {waiver_words(verdict.waiver)}")


def terms_value(verdict: Verdict) -> "dict[str, Value]":
    """Return the same for JSON."""
    terms = verdict.waiver
    return {
        "suggest": [
            {"suggest": one.suggest, "rules": list(one.rules), "unless_known": one.unless_known or None}
            for one in verdict.suggest
        ],
        "discretion": [
            {"paths": list(one.paths), "may": list(one.may), "disputed": one.disputed} for one in verdict.discretion
        ],
        "waivable": None if terms is None else {"by": list(terms.by), "self": terms.own},
    }


def _item(text: str) -> Iterator[str]:
    yield from wrap(clean(text), _WIDTH, initial_indent="  ", subsequent_indent="      ")
