# SPDX-License-Identifier: GPL-2.0-or-later
"""What a query is asked against: the time, the user, the configured lists, the database; and its errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.sql.elements import SQLCoreOperations

from patchwatch.store.bulk import storable_text
from patchwatch.store.query.tree import QueryError, Term
from patchwatch.store.query.values import Range

Condition = ColumnElement[bool]
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """
    *text* is the query as written. *me*: the user's addresses in lower case. *lists*: List-Ids and addresses (lower
    case) of configured lists by their name. *parts*: what the index of words holds beside headers. *waived*: waived
    findings are found too. *recent*: the query asks for series of the last days only.
    """

    text: str
    now: datetime
    sqlite: bool = True
    me: frozenset[str] = frozenset()
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    parts: frozenset[str] = frozenset()
    waived: bool = False
    recent: bool = False

    def fault(self, term: Term, message: str) -> QueryError:
        """Return the error about one word of the query."""
        return QueryError(message, self.text, term.at, str(term))

    def begins(self, column: ColumnElement[str], start: str) -> Condition:
        """Whether a text begins with *start*, by an index on either engine; case counts."""
        if not self.sqlite:
            return column.startswith(start, autoescape=True)
        if start >= _LAST:
            return column >= start
        return and_(column >= start, column < start[:-1] + chr(_next(start[-1])))


def _next(char: str) -> int:
    """Return the code of the character after *char* that can be stored."""
    code = ord(char) + 1
    return 0xE000 if 0xD800 <= code < 0xE000 else min(code, 0x10FFFF)


def value_of(term: Term) -> str:
    """Return the value as it can be compared with what is stored."""
    return storable_text(term.value, nul=True)


def contains(column: ColumnElement[str], value: str) -> Condition:
    """Whether *value* stands in a text, without regard to case."""
    return func.lower(column).contains(value.lower(), autoescape=True)


def within(column: SQLCoreOperations[int] | SQLCoreOperations[int | None], wanted: Range) -> Condition:
    """Whether a number is in a range."""
    if wanted.low is not None and wanted.low == wanted.high:
        return column == wanted.low
    parts = [column >= wanted.low] if wanted.low is not None else []
    parts += [column <= wanted.high] if wanted.high is not None else []
    return and_(*parts)


def any_of(*conditions: Condition) -> Condition:
    """Join conditions by OR."""
    return conditions[0] if len(conditions) == 1 else or_(*conditions)
