# SPDX-License-Identifier: GPL-2.0-or-later
"""
How much of a diff is moved, re-indented or the same edit over and over: what a reviewer reads faster.

Line-level work on one patch at a time, when somebody looks at it; the counts of `parse.diff` come first and
stay what they are. unidiff reads the hunks here: it is right on what `scan_diff` found sound, and speed does
not matter for a single patch.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from patchwatch.parse.diff import scan_diff
from patchwatch.parse.hunks import read_range

REPEATS = 3  # an edit that occurs as often is mechanical
MIN_LETTERS = 4  # shorter lines (`}`, `else`) are equal by chance
MAX_LINES = 200_000
_MAX_LINE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """
    Lines of all files of a diff, added and removed ones together; each line counts once, in this order.

    *whitespace*: removed and added again in one hunk with other blanks only. *moved*: removed in one place,
    added with the same content (blanks aside) in another. *repeated*: replaced by the same edit (same words
    out, same words in) in at least three places. *total* is what the diff adds and removes.
    """

    total: int = 0
    whitespace: int = 0
    moved: int = 0
    repeated: int = 0

    @property
    def rest(self) -> int:
        """Lines that are none of these: what has to be read word by word."""
        return self.total - self.whitespace - self.moved - self.repeated


class _Line(NamedTuple):
    """
    A changed line: its hunk, its run of neighbouring changes, its sign, its text without blanks at the ends.

    *at* and *head* are the places of the line and of its hunk's first line in the lines of the diffs, from 0.
    """

    hunk: int
    run: int
    sign: str
    text: str
    at: int
    head: int


def measure_changes(lines: Sequence[str]) -> Measures | None:
    """
    Measure the diffs of one decoded body, split at LF; None when they cannot be read line by line.

    None is also the answer for a diff that does not fit its own numbers, and for more than 200,000 lines.
    """
    found = _sorted_out(lines)
    if found is None:
        return None
    changed, whitespace, moved, repeated = found[1:]
    return Measures(total=len(changed), whitespace=len(whitespace), moved=len(moved), repeated=len(repeated))


def lines_left(lines: Sequence[str], ignore: Collection[str]) -> list[str] | None:
    """
    Return the diffs of one decoded body with the lines of *ignore* as unchanged ones; None when they cannot be read.

    *ignore* holds `whitespace-only`, `moved` and `repeated-edit`. The result counts like any other diff.
    """
    found = _sorted_out(lines)
    if found is None:
        return None
    body, changed, *kinds = found
    longer: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for kind, places in zip(("whitespace-only", "moved", "repeated-edit"), kinds, strict=True):
        for line in (changed[place] for place in places if kind in ignore):
            body[line.at] = " " + body[line.at][1:]
            longer[line.head][line.sign == "-"] += 1  # an added line is now in the old file too, and so on
    for head, more in longer.items():
        counts = read_range(body[head])
        if counts is None:
            return None
        body[head] = f"@@ -1,{counts[0] + more[0]} +1,{counts[1] + more[1]} @@"
    return body


def _sorted_out(lines: Sequence[str]) -> tuple[list[str], list[_Line], set[int], set[int], set[int]] | None:
    """Return the lines of the diffs, the changed ones, and which of these are whitespace, moved, repeated."""
    diff, spans = scan_diff(lines)
    if diff.problems or not spans or sum(stop - start for start, stop in spans) > MAX_LINES:
        return None
    body = [line for start, stop in spans for line in lines[start:stop]]
    changed = _changed_lines(body)
    if changed is None or len(changed) != sum(change.added + change.removed for change in diff.files):
        return None
    left = set(range(len(changed)))
    whitespace = _pair(changed, left, within_hunk=True)
    moved = _pair(changed, left, within_hunk=False)
    return body, changed, whitespace, moved, _repeated(changed, left)


def _changed_lines(lines: Sequence[str]) -> list[_Line] | None:
    """Read all changed lines with unidiff; None when it refuses what git accepts."""
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    try:
        patch = PatchSet("\n".join([*lines, ""]))
    except (UnidiffParseError, ValueError, IndexError):
        return None
    found: list[_Line] = []
    hunk_number = run = 0
    for file in patch:
        for hunk in file:
            hunk_number += 1
            run += 1
            head = (hunk[0].diff_line_no or 2) - 2 if len(hunk) else 0
            for line in hunk:
                if line.is_added or line.is_removed:
                    text = str(line.value)[:_MAX_LINE].strip()
                    found.append(_Line(hunk_number, run, line.line_type, text, (line.diff_line_no or 1) - 1, head))
                else:
                    run += 1
    return found


def _pair(changed: Sequence[_Line], left: set[int], *, within_hunk: bool) -> set[int]:
    """Take pairs of a removed and an added line of equal content out of *left*; return them."""
    waiting: dict[tuple[int, str], list[int]] = defaultdict(list)
    taken: set[int] = set()
    for at in sorted(left):
        line = changed[at]
        content = "".join(line.text.split())
        if sum(char.isalnum() for char in content) < MIN_LETTERS:
            continue
        key = (line.hunk if within_hunk else 0, content)
        if waiting[key] and changed[waiting[key][-1]].sign != line.sign:
            taken |= {at, waiting[key].pop()}
        else:
            waiting[key].append(at)
    left -= taken
    return taken


def _repeated(changed: Sequence[_Line], left: set[int]) -> set[int]:
    """Return the lines of edits that occur at least three times: equal words out, equal words in."""
    edits: dict[tuple[tuple[str, str], ...], list[int]] = defaultdict(list)
    for edit, old, new in _edits(changed, left):
        edits[edit] += [old, new]
    return {at for edit, places in edits.items() if edit and len(places) >= 2 * REPEATS for at in places}


def _edits(changed: Sequence[_Line], left: set[int]) -> Iterator[tuple[tuple[tuple[str, str], ...], int, int]]:
    """Give for each removed line and the added line in its place the words that differ, and both places."""
    runs: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for at in sorted(left):
        runs[changed[at].run][changed[at].sign == "+"].append(at)
    for removed, added in runs.values():
        if len(removed) == len(added):
            for old, new in zip(removed, added, strict=True):
                yield _edit(changed[old].text, changed[new].text), old, new


def _edit(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Return the words of two lines that differ, cut to 8; () when their words do not line up."""
    before, after = _words(old), _words(new)
    if len(before) != len(after):
        return ()
    return tuple((a, b) for a, b in zip(before, after, strict=True) if a != b)[:8]


def _words(line: str) -> list[str]:
    """Split a line into identifiers, numbers and single signs."""
    words: list[str] = []
    word: list[str] = []
    for char in line:
        if char.isalnum() or char == "_":
            word.append(char)
            continue
        if word:
            words.append("".join(word))
            word = []
        if not char.isspace():
            words.append(char)
    if word:
        words.append("".join(word))
    return words
