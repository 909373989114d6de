# SPDX-License-Identifier: GPL-2.0-or-later
"""The queue as columns that somebody chose: plain text or CSV."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from patchwatch.errors import UsageError
from patchwatch.reports.clean import one_line, width
from patchwatch.reports.jsonable import rfc3339
from patchwatch.reports.queue import age
from patchwatch.store.rows import SeriesRow

_Cell = Callable[[SeriesRow, datetime], str]

COLUMNS: dict[str, _Cell] = {
    "id": lambda row, _: row.id,
    "list": lambda row, _: row.list_id,
    "subject": lambda row, _: row.subject,
    "author": lambda row, _: row.author_name,
    "email": lambda row, _: row.author_email,
    "date": lambda row, _: rfc3339(row.posted_at) or "",
    "age": lambda row, now: age(row.posted_at, now),
    "rev": lambda row, _: str(row.revision),
    "patches": lambda row, _: str(row.patches),
    "expected": lambda row, _: "" if row.expected is None else str(row.expected),
    "complete": lambda row, _: _yes(row.complete),
    "code": lambda row, _: str(row.added_code),
    "tests": lambda row, _: str(row.added_tests),
    "docs": lambda row, _: str(row.added_docs),
    "disclosed": lambda row, _: _yes(row.disclosed),
    "agents": lambda row, _: ", ".join(row.agents),
    "outcome": lambda row, _: row.outcome.value,
    "rules": lambda row, _: ", ".join(row.rules),
    "state": lambda row, _: row.state.value,
    "waits": lambda row, _: "" if row.waits is None else row.waits.party.value,
    "since": lambda row, _: "" if row.waits is None else rfc3339(row.waits.since) or "",
    "last": lambda row, _: rfc3339(row.last_at) or "",
    "policy": lambda row, _: f"{row.policy_id}@{row.policy_version}",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def chosen(text: str) -> tuple[str, ...]:
    """Read `--columns`. Raises UsageError."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in COLUMNS:
            raise UsageError(f"--columns: {name!r} is none of {', '.join(COLUMNS)}")
    return names


def render_csv(rows: Sequence[SeriesRow], now: datetime, columns: Sequence[str] = ()) -> str:
    """
    Return a line of headings and one for each series.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front: subjects are other people's text.
    """
    names = columns or tuple(COLUMNS)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        cells = [one_line(COLUMNS[name](row, now)) for name in names]
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue()


def columns_text(rows: Sequence[SeriesRow], now: datetime, columns: Sequence[str], ids: Sequence[str]) -> Iterator[str]:
    """Give a line of headings and one for each series, in columns; *ids* are what `show` takes."""
    lines = [tuple(name.upper() for name in columns)]
    for row, short in zip(rows, ids, strict=True):
        lines.append(tuple(one_line(short if name == "id" else COLUMNS[name](row, now)) or "-" for name in columns))
    widths = [max(width(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        cells = (cell + " " * (space - width(cell)) for cell, space in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _yes(value: bool) -> str:
    return "yes" if value else "no"
