# SPDX-License-Identifier: GPL-2.0-or-later
"""
File names in the headers of a diff: quoted, dated, with `a/` and `b/` before them or without.

As git does with `-p1`, the first directory is dropped, with one exception: when it is the same on both sides
(`diff.noprefix`), git would drop a real directory, we keep it. `a/`, `b/` or `./` on both sides is a prefix still.
"""

import re
from collections.abc import Iterable
from functools import cache

NULL = "/dev/null"
# a b: default; i w c o: diff.mnemonicPrefix (index, working tree, commit, object).
_PREFIXES = frozenset("abciow")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
MAX_NAME = 4_096  # PATH_MAX of Linux; a longer name is cut, and odd
_DATE_SPAN = 60  # a date at the end of a name is looked for in so many characters


def header_name(text: str, *, dated: bool = False) -> str:
    """
    Return the name in *text*, what follows `--- ` or `+++ `, prefix included.

    A TAB ends it (git adds one after names with blanks, diff -u a date). With *dated*, a date after blanks
    is cut off too, as some diff programs write it.
    """
    text = text[:MAX_NAME]
    if text[:1] == '"':
        name, _ = unquote(text)
        return name
    name, tab, _ = text.partition("\t")
    if dated and not tab and text[-1:].isdigit():
        return _undated(name)
    return name


def _undated(name: str) -> str:
    tail = name[-_DATE_SPAN:]
    match = _date_pattern().search(tail)
    return name if match is None else (name[: len(name) - len(tail) + match.start()]).rstrip()


@cache
def _date_pattern() -> re.Pattern[str]:
    # As in: x.c 2020-01-31 10:00:00.000000000 +0100
    return re.compile(r"[ ]\d{4}-\d\d-\d\d[ ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[ ][+-]\d{4})?$")


def unquote(text: str) -> tuple[str, int]:
    """
    Undo git's C quoting of a name that starts with `"`; return the name and the index after its end.

    Octal escapes are bytes: UTF-8 if they can be, else latin-1. A missing end quote ends at the line's end.
    """
    end = 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    inner = text[1:end]
    return (_unescape(inner) if "\\" in inner else inner), min(end + 1, len(text))


def _unescape(inner: str) -> str:
    chunks = inner.split("\\")
    data = bytearray(chunks[0].encode("utf-8", "replace"))
    literal = False
    for chunk in chunks[1:]:
        if literal or not chunk:
            # "\\\\" splits into an empty chunk and the text after it
            literal = not literal and not chunk
            data += b"\\" if literal else chunk.encode("utf-8", "replace")
            continue
        octal = chunk[:3]
        if len(octal) == 3 and octal[0] in "0123" and octal.isascii() and all(c in "01234567" for c in octal):
            data.append(int(octal, 8))
            chunk = chunk[3:]
        elif chunk[0] in _ESCAPES:
            data.append(_ESCAPES[chunk[0]])
            chunk = chunk[1:]
        data += chunk.encode("utf-8", "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def split_pair(text: str, old: str, new: str) -> tuple[str, str]:
    """
    Split *text*, what follows `diff --git `, into old and new name, prefixes included; ("", "") if unclear.

    *old* and *new* are what is known from other lines ("" or `/dev/null` if nothing is): with blanks in names
    only one known side, or two names that are the same, tell where the second one starts.
    """
    if text[:1] == '"':
        first, end = unquote(text)
        return first, header_name(text[end + 1 :])
    if text[-1:] == '"' and (cut := text.find(' "')) >= 0:
        return text[:cut], unquote(text[cut + 1 :])[0]
    if new not in ("", NULL) and text.endswith(f" {new}"):
        return text[: -len(new) - 1], new
    if old not in ("", NULL) and text.startswith(f"{old} "):
        return old, text[len(old) + 1 :]
    middle = len(text) // 2
    if len(text) % 2 and text[middle] == " " and _same_file(text[:middle], text[middle + 1 :]):
        return text[:middle], text[middle + 1 :]
    first, blank, second = text.partition(" ")
    return (first, second) if blank and " " not in second else ("", "")


def _same_file(old: str, new: str) -> bool:
    return old == new or old.partition("/")[2] == new.partition("/")[2] != ""


def without_prefix(old: str, new: str) -> tuple[str, str]:
    """
    Drop the prefixes of *old* and *new*; `/dev/null` stays.

    What is dropped differs between the sides with the same path behind it, or is one of git's letters. With
    one side only, just git's letters are taken for a prefix: anything else may be a directory.
    """
    if old.startswith("a/") and new.startswith("b/"):
        return old[2:], new[2:]
    old_head, _, old_tail = old.partition("/")
    new_head, _, new_tail = new.partition("/")
    if old == NULL:
        return old, (new_tail if new_tail and new_head in _PREFIXES else new)
    if new == NULL:
        return (old_tail if old_tail and old_head in _PREFIXES else old), new
    if not old_tail or not new_tail:
        return old, new
    if old_head == new_head == ".":
        return old_tail, new_tail
    if old_head in _PREFIXES and new_head in _PREFIXES and (old_head != new_head or old_head in "ab"):
        return old_tail, new_tail
    return (old_tail, new_tail) if old_tail == new_tail and old_head != new_head else (old, new)


def shorter(old: str, new: str) -> str:
    """Return the name of a file outside git's format: the new one, or the old if that is the new without an end."""
    return old if old and old != NULL and new.startswith(old) else new


def is_odd(path: str) -> bool:
    """Tell whether *path* is absolute, climbs with `..`, is empty or too long: to be shown, never to be opened."""
    if path[:1] == "/" or not 0 < len(path) < MAX_NAME - 2:
        return True
    return ".." in path and ".." in path.split("/")


def odd_ones(paths: Iterable[str | None]) -> tuple[str, ...]:
    """Return the odd ones of *paths*, each once, in order."""
    return tuple(dict.fromkeys(p for p in paths if p is not None and is_odd(p)))
