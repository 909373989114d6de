# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses and Message-IDs of header fields (RFC 5322, read leniently and in linear time)."""

import re

from patchwatch.model.mail import Person
from patchwatch.parse.headers import decode_words

MAX_ADDRESSES = 1_000
MAX_ID = 998

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
    head, bracket, tail = value.rpartition("<")
    if bracket:
        email = tail.partition(">")[0]
        name = head.strip()
    else:
        email, paren, comment = value.partition("(")
        name = comment.rpartition(")")[0] or comment if paren else ""
    return Person(clean_name(name), "".join(email.split()).strip('"\0'))


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


def bare_addresses(value: str) -> list[str]:
    """Return the lower-case addresses of a list, in order."""
    if '"' not in value and "(" not in value:
        words = value.lower().replace("<", " ").replace(">", " ").replace(",", " ").split()
        return [word.strip(";:") for word in words if "@" in word and len(word) <= MAX_ID][:MAX_ADDRESSES]
    found = []
    for part in split_addresses(value):
        inner = part.rpartition("<")[2].partition(">")[0] if "<" in part else part.partition("(")[0]
        address = "".join(inner.split()).lower()
        if "@" in address and len(address) <= MAX_ID:
            found.append(address)
    return found


def message_ids(value: str) -> list[str]:
    """Return the ids in `<...>` of a field, bare, blanks and NUL removed, case kept; over-long ones dropped."""
    ids = []
    for inner in _ID.findall(value):
        bare = "".join(inner.split()).replace("\0", "").replace("\ufffd", "")
        if bare and len(bare) <= MAX_ID:
            ids.append(bare)
    return ids
