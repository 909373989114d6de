# SPDX-License-Identifier: GPL-2.0-or-later
"""What a view is, and pieces of SQL that mean the same on SQLite and PostgreSQL."""

from dataclasses import dataclass

# The two things for which the engines have no common word.
_ON_POSTGRESQL = {"group_concat(": "string_agg(", "unixepoch()": "CAST(extract(epoch FROM now()) AS bigint)"}
_LOOKED_AT = 1000  # characters of a text that a view takes apart: what follows costs more than linear time

SERIES_DOC = {
    "list": "List-Id it was posted to",
    "state": "open, superseded, merged",
    "latest": "no newer revision is known",
    "disclosed": "the sender states the use of AI somewhere in the series",
    "posted_at": "date of the series",
    "day": "date as 2026-11-20",
    "week": "ISO week as 2026-W47",
}
ID_DOC = {"series_id": "id of the series"}
MESSAGE_DOC = {"message_id": "Message-ID without <>"}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """*columns* maps each column, in order, to what it means; *body* is the select statement, as SQLite takes it."""

    name: str
    comment: str
    columns: dict[str, str]
    body: str

    @property
    def create(self) -> str:
        """The statement that makes the view on SQLite."""
        return self.create_on("sqlite")

    def create_on(self, dialect: str) -> str:
        """Return the statement that makes the view on *dialect*."""
        body = self.body
        if dialect == "postgresql":
            for ours, theirs in _ON_POSTGRESQL.items():
                body = body.replace(ours, theirs)
        return f"CREATE VIEW {self.name} AS {body}"


def address_in(value: str) -> str:
    """
    Return SQL for the address in *value*, `Name <address>` or a bare one; null where there is none.

    Only trim functions take text apart alike on both engines: trimming all characters but one ends at that one.
    """
    text = f"substr({value}, 1, {_LOOKED_AT})"
    after = f"substr({text}, length(rtrim({text}, replace({text}, '<', ''))) + 1)"
    found = f"trim({_before(after, '>')})"
    return f"CASE WHEN {found} LIKE '%_@_%' AND {found} NOT LIKE '% %' THEN lower({found}) END"


def area_of(path: str) -> str:
    """Return SQL for the first two directories of *path*; `.` for a file at the top."""
    text = f"substr({path}, 1, {_LOOKED_AT})"
    rest = f"substr({text}, length({_before(text, '/')}) + 2)"
    return (
        f"CASE WHEN {text} LIKE '%/%/%' THEN {_before(text, '/')} || '/' || {_before(rest, '/')}"
        f" WHEN {text} LIKE '%/%' THEN {_before(text, '/')} ELSE '.' END"
    )


def _before(text: str, mark: str) -> str:
    """Return SQL for what stands before the first *mark*, all of *text* without one."""
    return f"substr({text}, 1, length({text}) - length(ltrim({text}, replace({text}, '{mark}', ''))))"
