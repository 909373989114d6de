# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of any table as aligned text, CSV or JSON: nothing in them can harm a terminal or a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterator, Sequence

from patchwatch.reports.clean import fit, one_line, width

_Value = str | int | float | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def answer_lines(names: Sequence[str], rows: Sequence[Sequence[_Value]], widest: int | None = None) -> Iterator[str]:
    """Give a line of headings and one for each row; numbers stand right. *widest* limits a column."""
    lines = [[one_line(name) for name in names], *([_cell(value) for value in row] for row in rows)]
    spaces = [max(width(line[at]) for line in lines) for at in range(len(names))]
    if widest is not None:
        spaces = [min(space, widest) for space in spaces]
    right = [any(row[at] is not None for row in rows) and all(_is_number(row[at]) for row in rows)
             for at in range(len(names))]  # fmt: skip
    for line in lines:
        cells = (_padded(cell, space, to_right) for cell, space, to_right in zip(line, spaces, right, strict=True))
        yield "  ".join(cells).rstrip()


def answer_csv(names: Sequence[str], rows: Sequence[Sequence[_Value]]) -> str:
    """Return CSV; text that a spreadsheet would take for a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in (names, *rows):
        writer.writerow(csv_cells(row))
    return out.getvalue()


def csv_cells(row: Sequence[_Value]) -> list[str]:
    """Return the cells of a row for CSV: text like a formula gets its apostrophe, numbers stay exact."""
    cells = [str(value) if isinstance(value, float) else _cell(value) for value in row]
    return [f"'{cell}" if isinstance(value, str) and cell.startswith(_FORMULA) else cell
            for cell, value in zip(cells, row, strict=True)]  # fmt: skip


def answer_json(names: Sequence[str], rows: Sequence[Sequence[_Value]], *, cut: bool) -> str:
    """Return a JSON document with one object for each row."""
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    document = {"schema": "patchwatch.query/1", "columns": list(names), "rows": objects, "cut": cut}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _cell(value: _Value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1_000_000 else str(value)
    return "" if value is None else one_line(str(value))


def _is_number(value: _Value) -> bool:
    return value is None or isinstance(value, int | float)


def _padded(cell: str, space: int, to_right: bool) -> str:
    if width(cell) > space:
        return fit(cell, space)
    blanks = " " * (space - width(cell))
    return blanks + cell if to_right else cell + blanks
