# SPDX-License-Identifier: GPL-2.0-or-later
"""Short words for the columns of `schema.py`; each column has a comment, from which the docs are made."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Constraint, ForeignKey, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# `Column` and its type objects have no narrower common type than Any (SQLAlchemy's edge).
def column(type_: TypeEngine[Any], name: str, comment: str, key: str, *args: ForeignKey) -> Column[Any]:
    """Make a column; *key* holds letters: P primary key, U unique, I index, N nullable."""
    return Column(
        name,
        type_,
        *args,
        comment=comment,
        primary_key="P" in key,
        unique=True if "U" in key else None,
        index=True if "I" in key else None,
        nullable="N" in key,
        autoincrement=False,
    )


def text(name: str, comment: str, key: str = "") -> Column[Any]:
    """Make a column of text."""
    return column(Text(), name, comment, key)


def flag(name: str, comment: str) -> Column[Any]:
    """Make a column of true or false."""
    return column(Boolean(), name, comment, "")


def number(name: str, comment: str, key: str = "") -> Column[Any]:
    """Make a column of numbers of any size a mail may state."""
    return column(BigInteger(), name, comment, key)


def row_id(name: str, comment: str, key: str = "P") -> Column[Any]:
    """Make a column of row ids or of an order."""
    return column(Integer(), name, comment, key)


def link(name: str, target: str, comment: str, key: str = "", *, cascade: bool = False) -> Column[Any]:
    """Make a foreign key to *target* ("table.column"); *cascade*: goes with what it points to."""
    type_ = Text() if target == "series.id" else Integer()
    return column(type_, name, comment, key, ForeignKey(target, ondelete="CASCADE" if cascade else None))


def of_message(key: str = "P") -> Column[Any]:
    """Make the link of a part of a mail to its mail."""
    return link("message_id", "message.id", "the message (its row)", key, cascade=True)


def of_series(key: str = "P") -> Column[Any]:
    """Make the link of a part of a series to its series."""
    return link("series_id", "series.id", "the series", key, cascade=True)


def seq(what: str = "order within the owner, from 0") -> Column[Any]:
    """Make the column that orders the parts of one owner."""
    return row_id("seq", what)


def clustered(name: str, comment: str, *items: Column[Any] | Constraint | Index) -> Table:
    """Make a table whose rows lie in the order of its primary key, without row ids."""
    return Table(name, metadata, *items, comment=comment, sqlite_with_rowid=False)
