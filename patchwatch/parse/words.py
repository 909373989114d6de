# SPDX-License-Identifier: GPL-2.0-or-later
"""
The words of a mail, for finding it by them.

A word is a run of letters, digits and `_`, in lower case. Each carries its field in front (`s:overflow`), so that one
index holds all fields, on every engine alike. What is read lies at hand since the mail was parsed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from patchwatch.model.mail import Message, MessageKind
from patchwatch.parse.headers import Headers
from patchwatch.parse.layout import Layout
from patchwatch.parse.said import outside

MAX_WORDS = 16_000  # of a mail; PostgreSQL counts places up to 16,383
MAX_CHARACTERS = 200_000  # of a mail's words; PostgreSQL takes a megabyte
MAX_WORD = 64  # characters; longer runs are encoded data
MAX_TEXT = 400_000  # characters of one field
PROSE, QUOTES, DIFF = PARTS = ("prose", "quotes", "diff")  # what may be left out

_WORD = re.compile(r"\w+")
_STAT = re.compile(r" \S[^|]{0,300}\| +(?:[0-9]+ [+-]*|Bin\b.*)")  # ` hw/foo.c | 3 ++-`


@dataclass(frozen=True, slots=True)
class ReadText:
    """The text of one mail as it was read: header fields, body lines, and where in them the log and the diffs are."""

    headers: Headers
    lines: Sequence[str]
    layout: Layout
    spans: Sequence[tuple[int, int]]


def split_words(text: str) -> list[str]:
    """Return the words of a text, in lower case; too long ones are left out."""
    words = _WORD.findall(text[:MAX_TEXT].lower())
    if words and max(map(len, words)) > MAX_WORD:
        words = [word for word in words if len(word) <= MAX_WORD]
    return words


def words_of(mail: Message, read: ReadText, parts: Iterable[str]) -> str:
    """Return the words of a mail, a blank between them: of headers and file names always, of its text by *parts*."""
    found: list[str] = []
    for field, text in _fields(mail, read, frozenset(parts)):
        words = split_words(text)
        if words:
            found.append(f"{field}:" + f" {field}:".join(words))
    text = " ".join(found)
    if len(text) > 3 * MAX_WORDS:
        text = " ".join(text[:MAX_CHARACTERS].split(" ")[:MAX_WORDS])
    return text


def _fields(mail: Message, read: ReadText, parts: frozenset[str]) -> Iterator[tuple[str, str]]:
    header = read.headers.text
    yield "s", mail.subject
    yield "f", header("from")
    yield "t", header("to")
    yield "c", header("cc")
    if mail.files:
        yield "n", "\n".join([f"{change.path} {change.old_path or ''}" for change in mail.files])
    is_patch = mail.kind is MessageKind.PATCH
    if parts & {PROSE, QUOTES}:
        text = _patch_text(read) if is_patch else _other_text(read)
        own = [line for line in text if line[:1] != ">"]
        if PROSE in parts:
            yield "b", "\n".join(own)
        if QUOTES in parts and len(own) != len(text):
            yield "q", "\n".join([line for line in text if line[:1] == ">"])
    if DIFF in parts and is_patch:
        yield from _diff(read)


def _patch_text(read: ReadText) -> list[str]:
    """Return the commit log, and what stands below the cut without the diffstat."""
    (start, stop), (first, last) = read.layout.log, read.layout.below
    return [*read.lines[start:stop], *[line for line in read.lines[first:last] if not _STAT.match(line)]]


def _other_text(read: ReadText) -> list[str]:
    return [line for start, stop in outside(read.layout.log, read.spans) for line in read.lines[start:stop]]


def _diff(read: ReadText) -> Iterator[tuple[str, str]]:
    """Give the lines of the diffs by what they are: removed, inserted, context, hunk headers, blob ids."""
    by_field: dict[str, list[str]] = {"r": [], "i": [], "x": [], "h": [], "o": [], "p": []}
    for start, stop in read.spans:
        _sort_lines(islice(read.lines, start, stop), by_field)
    for field, lines in by_field.items():
        if lines:
            yield field, "\n".join(lines)


def _sort_lines(lines: Iterable[str], by_field: dict[str, list[str]]) -> None:
    in_hunk = False
    for line in lines:
        first = line[:1]
        if first == "@":
            in_hunk = True
            by_field["h"].append(line.rpartition("@@")[2])
        elif first == "d" and line.startswith("diff "):
            in_hunk = False
        elif in_hunk and first in ("-", "+", " "):
            by_field["r" if first == "-" else "i" if first == "+" else "x"].append(line[1:])
        elif not in_hunk and line.startswith("index "):
            old, dots, new = line[6:].split(" ", 1)[0].partition("..")
            if dots:
                by_field["o"].append(old)
                by_field["p"].append(new)
