# SPDX-License-Identifier: GPL-2.0-or-later
"""What a query is once it has been read: terms, and how they are joined."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from patchwatch.errors import UsageError

MAX_CHARACTERS = 2_000
MAX_TERMS = 50
MAX_DEPTH = 10


class QueryError(UsageError):
    """A query that cannot be read; *at* is the place of the word in question, *word* that word."""

    def __init__(self, message: str, text: str, at: int, word: str) -> None:
        self.at = at
        self.word = word
        super().__init__(f"query: {message} (at character {at + 1}: {_shown(text, at, word)})")


@dataclass(frozen=True, slots=True)
class Term:
    """`prefix:value` (prefix "": a bare word); *at* is where it stands, *quoted* whether in quotes."""

    prefix: str
    value: str
    at: int = 0
    quoted: bool = False

    def __str__(self) -> str:
        value = f'"{self.value}"' if self.quoted or not self.value else self.value
        return f"{self.prefix}:{value}" if self.prefix else value


@dataclass(frozen=True, slots=True)
class Not:
    """What does not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """What holds together; no parts: everything."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Of which one holds."""

    parts: tuple["Node", ...]


Node: TypeAlias = Term | Not | And | Or


def terms(node: Node) -> Iterator[Term]:
    """Give all terms in their order; a tree is at most some `MAX_DEPTH` deep, the parser sees to that."""
    match node:
        case Term():
            yield node
        case Not(part):
            yield from terms(part)
        case And(parts) | Or(parts):
            for one in parts:
                yield from terms(one)


def outline(node: Node, margin: str = "") -> Iterator[str]:
    """Draw a tree, one node a line."""
    match node:
        case Term():
            yield f"{margin}{node}"
        case Not(part):
            yield f"{margin}NOT"
            yield from outline(part, margin + "  ")
        case And(parts) | Or(parts):
            yield margin + ("AND" if isinstance(node, And) else "OR")
            for one in parts:
                yield from outline(one, margin + "  ")


def _shown(text: str, at: int, word: str) -> str:
    """Quote the query around a word, the word between `>>` and `<<`."""
    before = text[max(0, at - 20) : at]
    after = text[at + len(word) : at + len(word) + 20]
    return f"{before}>>{word[:60]}<<{after}"
