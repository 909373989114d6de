# SPDX-License-Identifier: GPL-2.0-or-later
"""The header of one file in git's diff format, and the end of a binary patch (git-diff(1), "Generating patch text")."""

from collections.abc import Sequence
from typing import NamedTuple

from patchwatch.parse.diff_names import MAX_NAME, NULL, header_name, split_pair, without_prefix

_EXTENDED = (
    "old mode ",
    "new mode ",
    "new file mode ",
    "deleted file mode ",
    "similarity index ",
    "dissimilarity index ",
)
_RENAMES = {
    "rename from": "from",
    "rename to": "to",
    "copy from": "from",
    "copy to": "to",
    "rename old": "from",
    "rename new": "to",
}
_BINARY_PARTS = 2  # forward and reverse


class GitHeader(NamedTuple):
    """
    What the lines from `diff --git` to the first hunk say.

    *end* is the index after the header, the line of `GIT binary patch` or `Binary files` included.
    *has_data* says that data of a binary patch follow, *wants_hunks* that the file is there for its hunks only.
    """

    path: str
    old_path: str | None
    end: int
    binary: bool
    has_data: bool
    wants_hunks: bool
    is_new: bool
    is_deleted: bool
    problem: str


def read_git_header(lines: Sequence[str], heads: str, at: int) -> GitHeader | None:
    """Read the header at the `diff --git` line *at*; None when no header line follows, as in prose."""
    names = {"from": "", "to": "", "old": "", "new": ""}
    seen = set[str]()
    index = at + 1
    while index < len(heads):
        line = lines[index]
        if line.startswith("index "):
            pass
        elif line.startswith("--- "):
            names["old"] = header_name(line[4:])
        elif line.startswith("+++ "):
            names["new"] = header_name(line[4:])
        elif line.startswith(_EXTENDED):
            seen.add(line[:8])
        elif line.startswith(("rename ", "copy ")) and (key := " ".join(line.split(" ", 2)[:2])) in _RENAMES:
            names[_RENAMES[key]] = header_name(line[len(key) + 1 :])
        else:
            break
        index += 1
    if index == at + 1:
        return None
    following = lines[index] if index < len(heads) else ""
    data = following.startswith("GIT binary patch")
    binary = data or (following.startswith(("Binary files ", "Files ")) and following.endswith(" differ"))
    old_path, path, problem = _names(lines[at][11 : 2 * MAX_NAME], names)
    return GitHeader(
        path=path,
        old_path=old_path,
        end=index + binary,
        binary=binary,
        has_data=data,
        wants_hunks=bool(names["new"] or names["old"]) or not (seen or names["from"] or names["to"]),
        is_new="new file" in seen,
        is_deleted="deleted " in seen,
        problem=f"The name in line {at + 1} is unclear: {problem}." if problem else "",
    )


def usual_name(lines: Sequence[str], heads: str, at: int) -> str:
    """
    Return the path of a changed file with a plain name, as nine in ten have, "" for all others.

    The four lines of its header then hold nothing else, and a hunk follows.
    """
    if not heads.startswith("i-+@", at + 1):
        return ""
    name = lines[at + 2][6:]
    usual = (
        lines[at] == f"diff --git a/{name} b/{name}"
        and lines[at + 2].startswith("--- a/")
        and lines[at + 3] == f"+++ b/{name}"
        and lines[at + 1].startswith("index ")
        and lines[at + 4].startswith("@@ -")
        and "\t" not in name
        and len(name) < MAX_NAME - 2
    )
    return name if usual else ""


def _names(pair: str, names: dict[str, str]) -> tuple[str | None, str, str]:
    """
    Return old path (None if it is the same, or there is none), path and what is unclear about them.

    Names of renames and copies have no prefix, so they go first; then `---` and `+++`, then `diff --git`.
    """
    old, new = names["old"], names["new"]
    if names["from"] and names["to"]:
        return _changed(names["from"], names["to"])
    if old and new and NULL not in (old, new):
        known = without_prefix(old, new)
        # A mailer may have joined the `index` line to it.
        agree = pair.startswith(f"{old} {new}") or without_prefix(*split_pair(pair, old, new)) == known
        return *_changed(*known)[:2], "" if agree else "its lines disagree"
    first, second = split_pair(pair, old, new)
    if old == NULL or new == NULL:
        known = without_prefix(first, second) if first and second else without_prefix(old, new)
        return None, known[0] if new == NULL else known[1], ""
    if not first:
        return None, new or old or pair, "two names cannot be told apart"
    old_path, path, _ = _changed(*without_prefix(first, second))
    return old_path, path, "" if old_path is None or new or old else "two names, but no rename"


def _changed(old: str, new: str) -> tuple[str | None, str, str]:
    return (old if old != new else None), new, ""


def end_of_binary(lines: Sequence[str], heads: str, index: int) -> tuple[int, bool]:
    """
    Return the index after the data of a binary patch that begin at *index*, and whether they look whole.

    Each of the one or two parts is a line `literal N` or `delta N`, lines of base 85 with a letter for their
    length in front, and an empty line.
    """
    for part in range(_BINARY_PARTS):
        if index >= len(heads) or not _is_part(lines[index]):
            return index, part > 0
        index += 1
        while index < len(heads) and _is_base85(lines[index]):
            index += 1
        if index >= len(heads) or lines[index].strip():
            return index, False
        index += 1
    return index, True


def _is_part(line: str) -> bool:
    kind, _, size = line.partition(" ")
    return kind in ("literal", "delta") and size.isascii() and size.isdecimal()


def _is_base85(line: str) -> bool:
    return len(line) > 1 and len(line) % 5 == 1 and line[0].isascii() and line[0].isalpha() and " " not in line
