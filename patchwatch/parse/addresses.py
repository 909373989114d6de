# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses and Message-IDs of header fields (RFC 5322, read leniently and in linear time)."""

import re
from collections.abc import Sequence
from functools import lru_cache

from patchwatch.model.mail import Person
from patchwatch.parse.headers import decode_words

MAX_ADDRESSES = 1_000
MAX_ID = 998
_REMEMBERED = 2_000  # characters of a value that is kept for the next mail with the same one

_SPECIAL = re.compile(r'[",<>()\\:;]')
_ID = re.compile(r"<([^<>]{1,1200})>")


def split_addresses(value: str) -> list[str]:
    """
    Split an address list at its commas (not those in quotes, comments or angle brackets).

    *value* is undecoded text, so that an encoded comma separates nothing. Groups lose their name.
    """
    if '"' not in value and "(" not in value and ":" not in value:
        return [part.strip() for part in value.split(",") if part.strip()][:MAX_ADDRESSES]
    parts: list[str] = []
    start = depth = at = 0
    quoted = angle = False
    while (match := _SPECIAL.search(value, at)) is not None:
        char, at = match.group(), match.end()
        if char == "\\":
            at += 1
        elif char == '"' and depth == 0:
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif char in "<>":
            angle = char == "<"
        elif char in ",;" and not angle:
            parts.append(value[start : match.start()])
            start = at
        elif char == ":" and not angle:
            start = at
    parts.append(value[start:])
    return [part.strip() for part in parts if part.strip()][:MAX_ADDRESSES]


def parse_person(value: str) -> Person:
    """Read one mailbox: `Name <a@b>`, `a@b (Name)`, `"Name" <a@b>`, `a@b`; encoded words are decoded."""
    return _known_person(value) if len(value) < _REMEMBERED else _read_person(value)


def _read_person(value: str) -> Person:
    head, bracket, tail = value.rpartition("<")
    if bracket:
        email = tail.partition(">")[0]
        name = head.strip()
    else:
        email, paren, comment = value.partition("(")
        name = comment.rpartition(")")[0] or comment if paren else ""
    return Person(clean_name(name), "".join(email.split()).strip('"\0'))


_known_person = lru_cache(maxsize=4096)(_read_person)


def clean_name(name: str) -> str:
    """Decode a display name: quotes and backslashes undone, encoded words read, blanks folded."""
    name = name.strip()
    if len(name) > 1 and name[0] == '"' == name[-1]:
        name = name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if "=?" in name:
        name = decode_words(name)
    return " ".join(name.split())


def parse_people(value: str) -> tuple[Person, ...]:
    """Read an address list; entries without an `@` are dropped."""
    people = (parse_person(part) for part in split_addresses(value))
    return tuple(person for person in people if "@" in person.email)


def bare_addresses(value: str) -> Sequence[str]:
    """Return the lower-case addresses of a list, in order."""
    return _known_addresses(value) if len(value) < _REMEMBERED else _read_addresses(value)


def _read_addresses(value: str) -> tuple[str, ...]:
    if '"' not in value and "(" not in value:
        words = value.lower().replace("<", " ").replace(">", " ").replace(",", " ").split()
        return tuple([word.strip(";:") for word in words if "@" in word and len(word) <= MAX_ID][:MAX_ADDRESSES])
    parts = _simple_parts(value)
    if parts is None:
        parts = split_addresses(value)
    found = []
    for part in parts:
        inner = part.rpartition("<")[2].partition(">")[0] if "<" in part else part.partition("(")[0]
        address = "".join(inner.split()).lower()
        if "@" in address and len(address) <= MAX_ID:
            found.append(address)
    return tuple(found)


def _simple_parts(value: str) -> list[str] | None:
    """Split where quotes stand around names only: the names are dropped; None for all other values."""
    if '"' in value:
        value = _quoted_name().sub("", value)
    if '"' in value or ":" in value or ";" in value or "(" in value or ")" in value or "\\" in value:
        return None
    parts = [part for part in value.split(",") if part and not part.isspace()]
    if any(part.count("<") != part.count(">") for part in parts) or len(parts) > MAX_ADDRESSES:
        return None
    return parts


@lru_cache(maxsize=1)
def _quoted_name() -> re.Pattern[str]:
    """Match the name in `"Doe, Jo" <jo@example.org>`."""
    return re.compile(r'"[^"\\]*+"(?=[ \t]*+<)')


_known_addresses = lru_cache(maxsize=1024)(_read_addresses)


def message_ids(value: str) -> list[str]:
    """Return the ids in `<...>` of a field, bare, blanks and NUL removed, case kept; over-long ones dropped."""
    found: list[str] = _ID.findall(value)
    together = "".join(found)
    if len(together) <= MAX_ID and together.isascii() and together.isprintable() and " " not in together:
        return found
    ids = []
    for inner in found:
        bare = "".join(inner.split()).replace("\0", "").replace("\ufffd", "")
        if bare and len(bare) <= MAX_ID:
            ids.append(bare)
    return ids
