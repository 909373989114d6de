# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reviewer is asked to read, as text and as plain values."""

from collections.abc import Callable, Iterator
from textwrap import wrap

from patchwatch.model.cost import ReviewCost
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.reports.clean import clean, several

CostOf = Callable[[Series, Verdict], ReviewCost]
Value = None | bool | int | str | list["Value"] | dict[str, "Value"]

_WIDTH = 100
_AREAS = 3
_MAX_AREAS = 100


def cost_lines(cost: ReviewCost) -> Iterator[str]:
    """Tell how much there is to read, so that somebody can set a time for it."""
    if not cost.files:
        return
    new = f" ({cost.new_files} new)" if cost.new_files else ""
    shown = ", ".join(clean(area) if area != "." else "./" for area in cost.areas[:_AREAS])
    more = f" and {len(cost.areas) - _AREAS} more" if len(cost.areas) > _AREAS else ""
    faster = f", {cost.moves.lines} of them moved or repeated" if cost.moves is not None and cost.moves.lines else ""
    told = f"about {several(cost.lines, 'line')} in {several(cost.files, 'file')}{new} of {shown}{more}{faster}"
    words = f"commit logs {several(cost.log_lines, 'line')}"
    if cost.cover_lines is not None:
        words = f"cover letter {several(cost.cover_lines, 'line')}, {words}"
    if cost.unmeasured:
        which = "" if cost.moves is None else f" in {cost.unmeasured} of {cost.patches} patches"
        words += f"; moved lines and new files not looked for{which}"
    yield from wrap(f"to read: {told}; {words}", _WIDTH, initial_indent="  ", subsequent_indent="      ")


def cost_value(cost: ReviewCost) -> Value:
    """Return the numbers; null where the text of the mails was needed and not there."""
    return {
        "lines": cost.lines,
        "to_read": cost.to_read,
        "by_role": {
            role.value: {"lines": lines, "to_read": left}
            for (role, lines), (_, left) in zip(cost.changed, cost.left, strict=True)
        },
        "moved": None if cost.moves is None else cost.moves.moved,
        "blank": None if cost.moves is None else cost.moves.blank,
        "repeated": None if cost.moves is None else cost.moves.repeated,
        "patches": cost.patches,
        "unmeasured": cost.unmeasured,
        "files": cost.files,
        "new_files": cost.new_files,
        "areas": [_text(area) for area in cost.areas[:_MAX_AREAS]],
        "area_count": len(cost.areas),
        "log_lines": cost.log_lines,
        "cover_lines": cost.cover_lines,
    }


def _text(text: str) -> str:
    """Keep JSON valid UTF-8: lone surrogates become U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
