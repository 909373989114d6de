# SPDX-License-Identifier: GPL-2.0-or-later
"""
The order of a patch mail: in-body headers, commit log, cut, notes and diffstat, diff, signature.

Where the log ends follows git-am: the first line that is `---` and blanks, `--- name`, or starts with
`diff -` or `Index: `. A `---` heading inside a log therefore cuts for us as it does for git.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_VALUE = 2_000  # characters of an in-body field that are kept; each folded line would copy all before it
_IN_BODY = frozenset({"from", "subject", "date"})


@dataclass(frozen=True, slots=True)
class Layout:
    """Half-open line ranges (0-based) of one decoded body; *in_body* maps lower-case names to values."""

    in_body: dict[str, str]
    log: tuple[int, int]
    below: tuple[int, int]


def is_cut(line: str) -> bool:
    """Whether git-am would end the commit log at this line."""
    if line.startswith("---"):
        rest = line[3:]
        return not rest.strip() or (rest[0] == " " and not rest[1:2].isspace())
    return line.startswith(("diff -", "Index: "))


def lay_out_patch(lines: Sequence[str], diff_start: int | None) -> Layout:
    """Divide a body that has (or should have) a diff; *diff_start* is its first line, None without one."""
    end = signature_start(lines) if diff_start is None else diff_start
    in_body, start = read_in_body(lines, end)
    cut = end
    for at in range(start, end):
        line = lines[at]
        if line and line[0] in "-dI" and is_cut(line):
            cut = at
            break
    below = cut + 1 if cut < end and lines[cut].startswith("---") else cut
    return Layout(in_body, (start, cut), (below, end))


def read_in_body(lines: Sequence[str], end: int) -> tuple[dict[str, str], int]:
    """
    Read the `From:`, `Subject:`, `Date:` lines that begin a body, as git-mailinfo does.

    Returns them with lower-case names and the first line after them; ({}, first text line) without any.
    """
    at = 0
    while at < end and not lines[at].strip():
        at += 1
    found: dict[str, str] = {}
    start, key = at, ""
    while at < end and lines[at].strip():
        line = lines[at]
        if key and line[0] in " \t":
            if len(found[key]) < MAX_VALUE:
                found[key] += " " + line[:MAX_VALUE].strip()
        else:
            name, colon, value = line.partition(":")
            key = name.lower()
            if not colon or key not in _IN_BODY or key in found:
                break
            found[key] = value.strip()
        at += 1
    if "from" not in found and "subject" not in found:
        return {}, start
    while at < end and not lines[at].strip():
        at += 1
    return found, at


def signature_start(lines: Sequence[str]) -> int:
    """Return the line where the signature (`-- `) or a list's footer begins; len(lines) without one."""
    end = len(lines)
    tail = lines[-39:]
    if "-- " not in tail and "--" not in tail:
        rules = [at for at, line in enumerate(tail, end - len(tail)) if len(line) >= 40 and not line.strip("_ ")]
        return rules[0] if rules else end
    for at in range(end - 1, max(-1, end - 40), -1):
        line = lines[at]
        if line in ("-- ", "--"):
            return at
        if len(line) >= 40 and not line.strip("_ "):
            end = at
    return end


def is_quoted(line: str) -> bool:
    """Whether a line quotes somebody: `>` after blanks."""
    return line[:1] in (">", " ", "\t") and line.lstrip()[:1] == ">"
