# SPDX-License-Identifier: GPL-2.0-or-later
"""
Text of a query to tokens, in one pass.

A blank ends a word; quotes keep blanks and parentheses in a value. `NOT`, `OR`, `AND` are operators in capitals
only, and `-` before a word is `NOT`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from patchwatch.store.query.prefixes import PREFIXES, nearest, refused
from patchwatch.store.query.tree import MAX_CHARACTERS, MAX_TERMS, QueryError, Term


class Kind(StrEnum):
    """What a token is."""

    TERM = "term"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    OPEN = "("
    CLOSE = ")"


_OPERATORS = {kind.value: kind for kind in (Kind.AND, Kind.OR, Kind.NOT)}
_UNKNOWN_TO_US = frozenset(("XOR", "NEAR", "ADJ"))
# A word: letters that look like a prefix and a colon; then a value in quotes, or all up to a blank or parenthesis.
_PREFIX = re.compile(r"([A-Za-z]{1,40}):")
_PLAIN = re.compile(r'[^\s()"]+')


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, where it begins, how it was written, and for a word what it says."""

    kind: Kind
    at: int
    text: str
    term: Term | None = None


def tokens(text: str) -> list[Token]:
    """Cut a query into tokens. Raises QueryError for what is too long or not closed, and for an unknown prefix."""
    if len(text) > MAX_CHARACTERS:
        message = f"longer than {MAX_CHARACTERS} characters ({len(text)})"
        raise QueryError(message, text, MAX_CHARACTERS, text[MAX_CHARACTERS : MAX_CHARACTERS + 10])
    found: list[Token] = []
    at = count = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
            continue
        if char in "()":
            found.append(Token(Kind.OPEN if char == "(" else Kind.CLOSE, at, char))
            at += 1
            continue
        if char == "-" and at + 1 < len(text) and not text[at + 1].isspace() and text[at + 1] != ")":
            found.append(Token(Kind.NOT, at, "-"))
            at += 1
            continue
        token, at = _word(text, at)
        found.append(token)
        count += token.kind is Kind.TERM
        if count > MAX_TERMS:
            raise QueryError(f"more than {MAX_TERMS} terms", text, token.at, token.text)
    return found


def _word(text: str, at: int) -> tuple[Token, int]:
    prefix = _prefix(text, at)
    start = at + len(prefix) + 1 if prefix else at
    value, end, quoted = _value(text, start)
    word = text[at:end]
    if not prefix and not quoted:
        if word in _OPERATORS:
            return Token(_OPERATORS[word], at, word), end
        if word.partition("/")[0] in _UNKNOWN_TO_US:
            raise QueryError(f"{word} is no operator here: AND, OR, NOT and quotes are", text, at, word)
    if prefix and not value:
        what = f'a value follows directly, as in {prefix}:word or {prefix}:"two words"'
        raise QueryError(f"{prefix}: has no value: {what}", text, at, word)
    if not value.strip():
        raise QueryError("nothing between the quotes", text, at, word)
    return Token(Kind.TERM, at, word, Term(prefix, value, at, quoted)), end


def _prefix(text: str, at: int) -> str:
    """Return the prefix of the word at *at*, "" for none. Raises QueryError when nobody knows it."""
    match = _PREFIX.match(text, at)
    if match is None or text.startswith("//", match.end()):  # a URL is a bare word
        return ""
    name = match[1]
    if name in PREFIXES:
        return name
    word = text[at : match.end()]
    if reason := refused(name):
        raise QueryError(f"{name}: {reason}", text, at, word)
    near = nearest(name)
    hint = f"did you mean {near}:?" if near else "`patchwatch list --help` names them"
    raise QueryError(f'no prefix {name}: is known; {hint} (as words: "{name}: ...")', text, at, word)


def _value(text: str, start: int) -> tuple[str, int, bool]:
    """Return the value that begins at *start*, where it ends, and whether it was quoted."""
    if text[start : start + 1] == '"':
        close = text.find('"', start + 1)
        if close < 0:
            raise QueryError("a quote is not closed", text, start, text[start : start + 20])
        return text[start + 1 : close], close + 1, True
    match = _PLAIN.match(text, start)
    return (match[0], match.end(), False) if match else ("", start, False)
