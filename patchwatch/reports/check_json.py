# SPDX-License-Identifier: GPL-2.0-or-later
"""`check --format json` and `jsonl`."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from patchwatch.model.mail import Message, MessageKind
from patchwatch.model.series import Series
from patchwatch.model.verdict import PolicyRef, Verdict
from patchwatch.reports.cost import CostOf
from patchwatch.reports.jsonable import Value, defects, policy, series_value

SCHEMA = "patchwatch.check/1"

_COUNTED = {
    MessageKind.PATCH: "patches",
    MessageKind.COVER: "covers",
    MessageKind.REPLY: "replies",
    MessageKind.PULL: "pulls",
    MessageKind.OTHER: "other",
}


def render_json(
    judged: Sequence[tuple[Series, Verdict]],
    messages: Sequence[Message],
    fallback: PolicyRef,
    cost_of: CostOf | None = None,
) -> str:
    """
    Return the whole document of one check.

    The policy on top is that of the newest series (each series names its own too); *fallback* when there
    is no series.
    """
    newest = max(judged, key=_posted, default=None)
    document: dict[str, Value] = {
        "schema": SCHEMA,
        "policy": policy(newest[1].policy if newest is not None else fallback),
        "counts": counts(messages),
        "series": [series_value(series, verdict, cost_of=cost_of) for series, verdict in judged],
        "defects": [one for message in messages for one in defects(message)],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def render_jsonl(judged: Iterable[tuple[Series, Verdict]], cost_of: CostOf | None = None) -> Iterator[str]:
    """Give one line per series."""
    for series, verdict in judged:
        value: dict[str, Value] = {"schema": SCHEMA, **series_value(series, verdict, cost_of=cost_of)}
        yield json.dumps(value, ensure_ascii=False) + "\n"


def counts(messages: Iterable[Message]) -> dict[str, Value]:
    """Count messages by kind."""
    found = {"messages": 0, **dict.fromkeys(_COUNTED.values(), 0)}
    for message in messages:
        found["messages"] += 1
        found[_COUNTED[message.kind]] += 1
    return {**found}


def _posted(one: tuple[Series, Verdict]) -> float:
    date: datetime | None = one[0].date
    return 0.0 if date is None else date.timestamp()
