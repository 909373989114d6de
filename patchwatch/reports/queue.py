# SPDX-License-Identifier: GPL-2.0-or-later
"""The triage queue as a table and as JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from patchwatch.model.followup import Party
from patchwatch.model.verdict import Outcome
from patchwatch.parse.subject import parse_subject
from patchwatch.reports.clean import fit, one_line, width
from patchwatch.reports.jsonable import Value, rfc3339, waits
from patchwatch.reports.text import Style
from patchwatch.store.rows import SeriesRow

SCHEMA = "patchwatch.list/1"

_HEADS = (
    "OUTCOME",
    "ID",
    "SERIES",
    "AUTHOR",
    "REV",
    "PATCHES",
    "CODE",
    "TESTS",
    "DOCS",
    "DISCLOSED",
    "AGE",
    "WAITS",
    "LAST SPOKE",
)
_SERIES, _AUTHOR, _DISCLOSED, _WAITS, _LAST = 2, 3, 9, 11, 12
_LEAST = 36  # columns of a subject that can still be told from another


def table(
    rows: Sequence[SeriesRow], ids: Sequence[str], now: datetime, columns: int | None, style: Style
) -> Iterator[str]:
    """
    Give one line a series under a line of headings; ages are relative to *now*, *ids* are what `show` takes.

    *columns* is the width to fit: subjects give way, and where too little of them would stay each series takes
    two lines. None writes everything in full.
    """
    cells = [_cells(row, shown, now) for row, shown in zip(rows, ids, strict=True)]
    widths = [max(width(line[at]) for line in (_HEADS, *cells)) for at in range(len(_HEADS))]
    if columns is not None:
        for at, most in ((_LAST, 20), (_AUTHOR, 18), (_DISCLOSED, 16)):
            widths[at] = min(widths[at], most)
        over = sum(widths) + 2 * (len(widths) - 1) - columns
        if over > 0 and widths[_SERIES] - over < _LEAST:
            yield from _two_lines(rows, cells, now, columns, style)
            return
        widths[_SERIES] -= max(0, over)
    yield style.faint(_line(_HEADS, widths))
    for row, line in zip(rows, cells, strict=True):
        text = _line(line, widths)
        yield _painted(row, style) + text[len(line[0]) :]


def _two_lines(
    rows: Sequence[SeriesRow], cells: Sequence[Sequence[str]], now: datetime, columns: int, style: Style
) -> Iterator[str]:
    """Give the subject on a line of its own, and the rest below it with words instead of headings."""
    margin = max(len(cell[0]) for cell in cells) + 2
    for row, cell in zip(rows, cells, strict=True):
        yield (_painted(row, style) + " " * (margin - len(cell[0])) + fit(cell[2], columns - margin).rstrip())
        lines = [f"{name} {cell[at]}" for at, name in ((6, "code"), (7, "tests"), (8, "docs")) if cell[at] != "-"]
        told = [f"disclosed: {cell[_DISCLOSED]}"] if row.disclosed else []
        last = (
            f"last: {cell[_LAST]}"
            if row.last_email != row.author_email
            else f"last: {age(row.last_at, now)} the author"
        )
        owed = [f"waits: {cell[_WAITS]}"] if row.waits is not None else []
        parts = [cell[1], cell[_AUTHOR], f"{cell[4]} {cell[5]}", *lines, *told, cell[10], *owed, last]
        yield from (" " * margin + style.faint(line) for line in _filled(parts, columns - margin))


def _filled(parts: Sequence[str], columns: int) -> Iterator[str]:
    """Put parts on as many lines as they need, ` · ` between them."""
    line = parts[0]
    for part in parts[1:]:
        if width(line) + 3 + width(part) > columns:
            yield fit(line, columns).rstrip()
            line = part
        else:
            line = f"{line} · {part}"
    yield fit(line, columns).rstrip()


def render_json(rows: Iterable[SeriesRow], now: datetime) -> str:
    """Return the list document; *now* is the time that ages were counted from."""
    document: dict[str, Value] = {"schema": SCHEMA, "now": rfc3339(now), "series": [_value(row) for row in rows]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def short_ids(wanted: Iterable[str], every: Iterable[str], least: int = 8) -> list[str]:
    """Return for each id the shortest start, of *least* characters or more, that no other id of *every* shares."""
    ordered = sorted(set(every))
    place = {one: at for at, one in enumerate(ordered)}
    found = []
    for one in wanted:
        at = place[one]
        near = ordered[max(0, at - 1) : at] + ordered[at + 1 : at + 2]
        shared = max((_shared(one, other) for other in near), default=0)
        found.append(one[: max(least, shared + 1)])
    return found


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


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


def _painted(row: SeriesRow, style: Style) -> str:
    word = outcome_word(row)
    return style.outcome(row.outcome) if word == row.outcome.value else style.faint(word)


def outcome_word(row: SeriesRow) -> str:
    """Return the outcome for people: `ready` under no policy at all says less, and so is another word."""
    unjudged = row.policy_id == "none" and row.outcome is Outcome.READY
    return "no policy" if unjudged else row.outcome.value


def _cells(row: SeriesRow, shown: str, now: datetime) -> tuple[str, ...]:
    expected = "?" if row.expected is None else str(row.expected)
    last = f"{age(row.last_at, now)} {one_line(row.last_name or row.last_email or '')}" if row.last_at else "-"
    return (
        outcome_word(row),
        one_line(shown),
        one_line(_title(row)),
        one_line(row.author_name or row.author_email),
        f"v{row.revision}",
        f"{row.found}/{expected}",
        _lines(row.added_code, row.removed_code),
        _lines(row.added_tests, row.removed_tests),
        _lines(row.added_docs, row.removed_docs),
        one_line(", ".join(row.agents)) if row.disclosed else "-",
        age(row.posted_at, now),
        _waits(row, now),
        last,
    )


def _waits(row: SeriesRow, now: datetime) -> str:
    """Return `author 3d`: who owes the next mail, and for how long; how long nobody owes one says nothing."""
    if row.waits is None:
        return "-"
    party = row.waits.party
    return party.value if party is Party.NOBODY else f"{party.value} {age(row.waits.since, now)}"


def _title(row: SeriesRow) -> str:
    """Return the subject without what other columns say: the words of the brackets that are left stay."""
    subject = parse_subject(row.subject)
    words = " ".join((*sorted(subject.flags), *subject.tags))
    return f"[{words}] {subject.title}" if words else subject.title


def _lines(added: int, removed: int) -> str:
    return f"+{added} -{removed}" if added or removed else "-"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(fit(cell, columns) for cell, columns in zip(cells, widths, strict=True)).rstrip()


def _value(row: SeriesRow) -> Value:
    return {
        "id": row.id,
        "list_id": row.list_id or None,
        "subject": parse_subject(row.subject).title or row.subject,
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
        "waits": waits(row.waits),
        "last": {"name": row.last_name, "email": row.last_email, "date": rfc3339(row.last_at)},
        "policy": {"id": row.policy_id, "version": row.policy_version, "status": row.policy_status},
    }
