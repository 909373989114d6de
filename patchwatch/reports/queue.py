# SPDX-License-Identifier: GPL-2.0-or-later
"""The triage queue as a table and as JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from patchwatch.reports.clean import fit, one_line, width
from patchwatch.reports.jsonable import Value, rfc3339
from patchwatch.reports.text import Style
from patchwatch.store.rows import SeriesRow

SCHEMA = "patchwatch.list/1"

_HEADS = ("OUTCOME", "SERIES", "AUTHOR", "REV", "PATCHES", "CODE", "TESTS", "DOCS", "DISCLOSED", "AGE", "LAST SPOKE")
_SUBJECT, _AUTHOR, _LAST = 1, 2, 10


def table(rows: Sequence[SeriesRow], now: datetime, columns: int | None, style: Style) -> Iterator[str]:
    """
    Give one line a series under a line of headings; ages are relative to *now*.

    *columns* is the width to fit (the subject gives way first); None writes everything in full.
    """
    cells = [_cells(row, now) for row in rows]
    widths = [max(width(line[at]) for line in (_HEADS, *cells)) for at in range(len(_HEADS))]
    if columns is not None:
        _shrink(widths, columns)
    yield style.faint(_line(_HEADS, widths))
    for row, line in zip(rows, cells, strict=True):
        text = _line(line, widths)
        yield style.outcome(row.outcome) + text[len(row.outcome.value) :]


def render_json(rows: Iterable[SeriesRow], now: datetime) -> str:
    """Return the list document; *now* is the time that ages were counted from."""
    document: dict[str, Value] = {"schema": SCHEMA, "now": rfc3339(now), "series": [_value(row) for row in rows]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def age(then: datetime | None, now: datetime) -> str:
    """Return how long ago: `3h`, `12d`, `7w`, `4y`; `-` when unknown."""
    if then is None:
        return "-"
    passed = max(now - then, timedelta())
    if passed < timedelta(hours=48):
        return f"{int(passed.total_seconds() // 3600)}h"
    days = passed.days
    if days < 21:
        return f"{days}d"
    return f"{days // 7}w" if days < 730 else f"{days // 365}y"


def _cells(row: SeriesRow, now: datetime) -> tuple[str, ...]:
    expected = "?" if row.expected is None else str(row.expected)
    last = f"{one_line(row.last_name or row.last_email or '')}, {age(row.last_at, now)}" if row.last_at else "-"
    return (
        row.outcome.value,
        one_line(row.subject),
        one_line(row.author_name or row.author_email),
        f"v{row.revision}",
        f"{row.found}/{expected}",
        _lines(row.added_code, row.removed_code),
        _lines(row.added_tests, row.removed_tests),
        _lines(row.added_docs, row.removed_docs),
        one_line(", ".join(row.agents)) if row.disclosed else "-",
        age(row.posted_at, now),
        last,
    )


def _lines(added: int, removed: int) -> str:
    return f"+{added} -{removed}" if added or removed else "-"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(fit(cell, columns) for cell, columns in zip(cells, widths, strict=True)).rstrip()


def _shrink(widths: list[int], columns: int) -> None:
    """Take room from the long columns, so that a line fits; never below what can still be read."""
    for at, least in ((_LAST, 14), (_AUTHOR, 12), (8, 12), (_SUBJECT, 24)):
        over = sum(widths) + 2 * (len(widths) - 1) - columns
        if at != _SUBJECT:
            widths[at] = min(widths[at], max(least, 20))
        elif over > 0:
            widths[at] = max(least, widths[at] - over)


def _value(row: SeriesRow) -> Value:
    return {
        "id": row.id,
        "list_id": row.list_id or None,
        "subject": row.subject,
        "author": {"name": row.author_name, "email": row.author_email},
        "date": rfc3339(row.posted_at),
        "revision": row.revision,
        "patches": row.patches,
        "found": row.found,
        "expected": row.expected,
        "complete": row.complete,
        "label": row.label,
        "state": row.state.value,
        "superseded_by": row.superseded_by,
        "outcome": row.outcome.value,
        "rules": list(row.rules),
        "lines": {
            "code": [row.added_code, row.removed_code],
            "tests": [row.added_tests, row.removed_tests],
            "docs": [row.added_docs, row.removed_docs],
        },
        "disclosed": row.disclosed,
        "agents": list(row.agents),
        "last": {"name": row.last_name, "email": row.last_email, "date": rfc3339(row.last_at)},
        "policy": {"id": row.policy_id, "version": row.policy_version, "status": row.policy_status},
    }
