# SPDX-License-Identifier: GPL-2.0-or-later
"""
Tokens to a tree: a blank means AND, which binds closer than OR; NOT binds closest.

The parser keeps its own stack: parentheses of a query never become depth of our calls.
"""

from dataclasses import dataclass, field

from patchwatch.store.query.tokens import Kind, Token, tokens
from patchwatch.store.query.tree import MAX_DEPTH, And, Node, Not, Or, QueryError


@dataclass(slots=True)
class _Level:
    """What is open between two parentheses: alternatives, each a list of parts; and how often NOT is pending."""

    opened: Token | None
    alternatives: list[list[Node]] = field(default_factory=lambda: [[]])
    negated: bool = False
    operator: Token | None = None  # one that still needs something after it

    def take(self, node: Node) -> None:
        """Add what was read."""
        self.alternatives[-1].append(Not(node) if self.negated else node)
        self.negated, self.operator = False, None

    def node(self) -> Node:
        """Return what was read, as one node."""
        found = [_one(parts, And) for parts in self.alternatives]
        return _one(found, Or)


def _one(parts: list[Node], kind: type[And] | type[Or]) -> Node:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def parse_query(text: str) -> Node:
    """Read a query; an empty one is an And of nothing. Raises QueryError, which names the word in question."""
    levels = [_Level(None)]
    for token in tokens(text):
        level = levels[-1]
        match token.kind:
            case Kind.TERM:
                if token.term is not None:
                    level.take(token.term)
            case Kind.NOT:
                level.negated = not level.negated
                level.operator = token
            case Kind.AND | Kind.OR:
                _operator(level, token, text)
            case Kind.OPEN:
                if len(levels) > MAX_DEPTH:
                    raise QueryError(f"more than {MAX_DEPTH} parentheses inside each other", text, token.at, "(")
                levels.append(_Level(token))
            case Kind.CLOSE:
                inner = _closed(levels, token, text)
                levels[-1].take(inner)
    if len(levels) > 1 and levels[-1].opened is not None:
        raise QueryError("a parenthesis is not closed", text, levels[-1].opened.at, "(")
    _complete(levels[0], text)
    return levels[0].node()


def _operator(level: _Level, token: Token, text: str) -> None:
    if level.operator is not None or not level.alternatives[-1]:
        raise QueryError(f"{token.text} needs a word before it", text, token.at, token.text)
    level.operator = token
    if token.kind is Kind.OR:
        level.alternatives.append([])


def _closed(levels: list[_Level], token: Token, text: str) -> Node:
    if len(levels) == 1:
        raise QueryError("a parenthesis too much", text, token.at, ")")
    level = levels.pop()
    _complete(level, text)
    if not level.alternatives[-1]:
        raise QueryError("nothing between the parentheses", text, token.at, ")")
    return level.node()


def _complete(level: _Level, text: str) -> None:
    if level.operator is not None:
        token = level.operator
        raise QueryError(f"{token.kind.value} needs a word after it", text, token.at, token.text)
