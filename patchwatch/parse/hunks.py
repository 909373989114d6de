# SPDX-License-Identifier: GPL-2.0-or-later
"""Hunks of a unified diff: what the `@@` line promises, and which lines keep the promise."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

# As many lines in a row that cannot stand in a hunk are taken for the end of a torn hunk, fewer for wrapped lines.
_ODD_LINES = 3
_STEP = 256
SIGNATURES = ("-- ", "--")


class Hunk(NamedTuple):
    """
    One hunk's body: *end* is the index after its last line, `\\ No newline` included.

    *plain* says that each line starts with blank, plus or minus. *problem* is a sentence when lines and
    header do not agree, else "".
    """

    end: int
    added: int
    removed: int
    plain: bool = False
    problem: str = ""


def heads_of(lines: Sequence[str]) -> str:
    """
    Return the first characters of *lines*, one for each line, `\\n` for an empty one.

    Counting in this string replaces a loop over lines.
    """
    return "".join([line[0] if line else "\n" for line in lines])


@cache
def _range_pattern() -> re.Pattern[str]:
    # As in: @@ -1,7 +1,8 @@ int main(void); a count of ten digits is no count, no mail has so many lines
    return re.compile(r"@@[ ]-\d++(?:,(\d{1,9}))?[ ][+]\d++(?:,(\d{1,9}))?[ ]@@", re.ASCII)


def read_range(line: str) -> tuple[int, int] | None:
    """
    Return the numbers of old and new lines of a `@@ -1,7 +1,8 @@` line, None when it is no such line.

    A missing count is 1 (POSIX diff -u). Line numbers are not read, whatever their size.
    """
    match = _range_pattern().match(line)
    if match is None:
        return None
    old, new = match.groups()
    return int(old or 1), int(new or 1)


def measure(heads: str, start: int, old: int, new: int) -> Hunk | None:
    """
    Find the end of a hunk whose lines fit *old* and *new* exactly, None when they do not.

    An empty line is context: mailers strip blanks at line ends, and git takes it so. Each round takes as
    many lines as are missing at least; the lines missing then are at most half, so the rounds are few. No
    round takes much more than those before, or headers with large numbers would cost the whole text each.
    """
    if max(old, new) > len(heads) - start:
        return None
    end, added, removed, plain = start, 0, 0, True
    while need := old if old > new else new:
        if need > _STEP + end - start:
            need = _STEP + end - start
        stop = end + need
        plus, minus = heads.count("+", end, stop), heads.count("-", end, stop)
        context = heads.count(" ", end, stop)
        if plus + minus + context != need:
            plain = False
            context += heads.count("\n", end, stop)
            if plus + minus + context + heads.count("\\", end, stop) != need:
                return None
        old -= minus + context
        new -= plus + context
        if old < 0 or new < 0:
            return None
        end = stop
        added += plus
        removed += minus
    if heads.startswith("\\", end):
        end += 1
        plain = False
    return Hunk(end, added, removed, plain)


def sound_hunk(lines: Sequence[str], heads: str, at: int) -> tuple[int, int, int] | None:
    """
    Return end, added and removed of the hunk at the `@@ -` line *at* if nothing about it needs a second look.

    That is so for nearly all but the last one of a mail: its lines, up to the next hunk or file, are as many as the
    header says, and each starts with blank, plus or minus. `read_hunk` would say the same.
    """
    match = _range_pattern().match(lines[at])
    if match is None:
        return None
    old, new = map(int, match.groups("1"))
    end = heads.find("@", at + 1)
    file = heads.find("d", at + 1, end if end > 0 else len(heads))
    if file > 0:
        end = file
    length = end - at - 1
    if length < old or length < new or not lines[end].startswith(("@@ -", "diff ")):
        return None
    added, removed = heads.count("+", at + 1, end), heads.count("-", at + 1, end)
    context = heads.count(" ", at + 1, end)
    if added + removed + context != length or not added + removed:
        return None
    return (end, added, removed) if old == removed + context and new == added + context else None


def read_hunk(lines: Sequence[str], heads: str, at: int) -> Hunk:
    """
    Read the hunk whose `@@ -` line is *lines[at]*; *lines* are those of one body, *heads* from `heads_of`.

    What does not fit is told in `problem`, and the body is followed as far as it looks like one.
    """
    counts = read_range(lines[at])
    if counts is None:
        end = rest_of(lines, heads, at + 1)
        return _counted(heads, at + 1, end, f"The hunk header at line {at + 1} cannot be read.")
    hunk = measure(heads, at + 1, *counts)
    if hunk is None:
        return _walk(lines, heads, at, *counts)
    if hunk.plain and hunk.added and heads.startswith("@", hunk.end):
        return hunk
    problem = _doubt(lines, heads, at, hunk)
    if not _runs_on(lines, heads, hunk.end):
        return hunk._replace(problem=problem) if problem else hunk
    end = rest_of(lines, heads, hunk.end)
    return hunk._replace(
        end=end, plain=False, problem=f"The hunk at line {at + 1} has more lines than its header says."
    )


def _doubt(lines: Sequence[str], heads: str, at: int, hunk: Hunk) -> str:
    """Return what makes a hunk doubtful although its numbers fit."""
    if not hunk.added and not hunk.removed:
        return f"The hunk at line {at + 1} changes nothing."
    if not hunk.plain and heads.find("\\", at + 1, hunk.end) >= 0:
        for index in range(at + 1, hunk.end):
            if heads[index] == "\\" and (lines[index][:2] != "\\ " or len(lines[index]) < 11):
                return f"Line {index + 1} cannot stand in a hunk."
    if lines[hunk.end - 1] in SIGNATURES and _text_follows(lines, hunk.end):
        # A lost line makes room for the signature; git counts it as removed then.
        return f"The hunk at line {at + 1} is cut short: it takes the signature for a removed line."
    return ""


def _text_follows(lines: Sequence[str], index: int) -> bool:
    following = lines[index] if index < len(lines) else ""
    return following.strip() != "" and not following.startswith(("@@ -", "diff ", "--", "Index: ", "\\ "))


def _runs_on(lines: Sequence[str], heads: str, index: int) -> bool:
    """Tell whether a complete hunk goes on at *index*: no text, signature or next header starts like that."""
    head = heads[index : index + 1]
    if head == "-":
        return lines[index][1:2] != "-"
    return head == "+" or (head == " " and lines[index].strip() != "")


def rest_of(lines: Sequence[str], heads: str, index: int) -> int:
    """Return the end of the lines from *index* that can only be diff content."""
    while index < len(heads) and heads[index] in "+- \\" and lines[index] not in SIGNATURES:
        if lines[index].startswith("--- ") and heads.startswith("+", index + 1):
            break
        index += 1
    return index


def _counted(heads: str, start: int, end: int, problem: str) -> Hunk:
    return Hunk(end, heads.count("+", start, end), heads.count("-", start, end), problem=problem)


def _walk(lines: Sequence[str], heads: str, at: int, old: int, new: int) -> Hunk:
    """Follow a hunk that does not fit: over wrapped lines, up to the next header, signature or other text."""
    index, odd, first_odd = at + 1, 0, 0
    while index < len(heads) and (old > 0 or new > 0) and odd <= _ODD_LINES:
        head = heads[index]
        if _is_stop(lines, heads, index):
            break
        if head in "+- \n\\":
            odd = 0
            old -= head in "- \n"
            new -= head in "+ \n"
        else:
            odd += 1
            first_odd = first_odd or index + 1
        index += 1
    if odd > _ODD_LINES:
        index -= odd
    if old <= 0 and new <= 0:
        index = rest_of(lines, heads, index)
    if first_odd and odd <= _ODD_LINES:
        problem = f"Line {first_odd} cannot stand in a hunk: wrapped or mangled by a mailer?"
        return _counted(heads, at + 1, index, problem)
    if old >= 0 and new >= 0:
        return _counted(heads, at + 1, index, f"The hunk at line {at + 1} has fewer lines than its header says.")
    return _counted(heads, at + 1, index, f"The lines of the hunk at line {at + 1} do not fit its header.")


def _is_stop(lines: Sequence[str], heads: str, index: int) -> bool:
    head = heads[index]
    if head == "-":
        line = lines[index]
        return line in SIGNATURES or (line.startswith("--- ") and heads[index + 1 : index + 3] == "+@")
    if head in "@d":
        return lines[index].startswith(("@@ -", "diff --git "))
    return False
