# SPDX-License-Identifier: GPL-2.0-or-later
"""Look for what must not be in a database: damaged pages, rows without owners, facts that contradict each other."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.schema import ForeignKeyConstraint

from patchwatch.errors import DatabaseError
from patchwatch.store.bulk import chunks
from patchwatch.store.database import Database
from patchwatch.store.schema import indexed, metadata
from patchwatch.store.views import VIEWS

_WORDS = "CREATE VIRTUAL TABLE temp.checked_vocabulary USING fts5vocab(main, mail_words, instance)"

# What each may not find; the first column names a row for people.
_INVARIANTS = {
    "series have a patch or a cover letter": """
SELECT s.id FROM series s WHERE NOT EXISTS
  (SELECT 1 FROM series_message x WHERE x.series_id = s.id AND x.role IN ('patch', 'cover'))""",
    "series have as many patches as they say": """
SELECT s.id FROM series s WHERE s.patches <>
  (SELECT count(*) FROM series_message x WHERE x.series_id = s.id AND x.role = 'patch')""",
    "each slot of a series holds one patch": """
SELECT series_id FROM series_message WHERE role = 'patch' AND position IS NOT NULL
  GROUP BY series_id, position HAVING count(*) > 1""",
    "series are complete when no slot is empty": """
SELECT id FROM series WHERE expected IS NOT NULL AND (complete <> (found = expected) OR complete <> (missing = ''))""",
    "one posting of each work is the latest": """
SELECT root FROM series WHERE latest GROUP BY root HAVING count(*) > 1""",
    "superseded series name the posting that replaced them": """
SELECT id FROM series WHERE state = 'superseded' AND (superseded_by IS NULL OR latest)""",
    "open series say who owes the next mail": """
SELECT s.id FROM series s WHERE s.latest AND s.state = 'open'
  AND NOT EXISTS (SELECT 1 FROM waits w WHERE w.series_id = s.id)""",
    "merged series name a commit": """
SELECT s.id FROM series s WHERE s.state = 'merged'
  AND NOT EXISTS (SELECT 1 FROM merged m WHERE m.series_id = s.id)""",
    "sizes are those of patches of the series": """
SELECT z.series_id FROM patch_size z WHERE z.message_row IS NOT NULL AND NOT EXISTS
  (SELECT 1 FROM series_message x WHERE x.series_id = z.series_id AND x.message_id = z.message_row)""",
    "threads are named by their smallest Message-ID row": """
SELECT i.mid FROM msgid i LEFT JOIN msgid t ON t.id = i.thread
  WHERE t.id IS NULL OR t.thread <> t.id OR i.thread > i.id""",
    "series belong to a thread": """
SELECT s.id FROM series s LEFT JOIN msgid i ON i.id = s.thread WHERE i.id IS NULL OR i.thread <> i.id""",
    "threads that are to be judged are known": """
SELECT p.thread FROM pending p LEFT JOIN msgid i ON i.id = p.thread WHERE i.id IS NULL""",
    "cursors stand behind all events of their epoch": """
SELECT e.blob FROM event e LEFT JOIN cursor c ON c.source_id = e.source_id AND c.epoch = e.epoch
  WHERE c.count IS NULL OR e.position >= c.count""",
    "mails are in the log of a source": """
SELECT m.blob FROM message m WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.blob = m.blob AND e.op = 'm')""",
    "words wait to be taken out only of mails that are gone": """
SELECT u.row_id FROM unindexed u JOIN message m ON m.id = u.row_id""",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold: *rule* says what should, *count* how often it does not, *example* where."""

    rule: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How many things were looked at, what the database holds, and what is wrong."""

    checks: int
    messages: int
    series: int
    faults: tuple[Fault, ...]


def check_database(db: Database) -> Checked:
    """Look at everything, change nothing. Raises DatabaseError when the file itself is damaged."""
    with db.reading() as conn:
        if conn.dialect.name == "sqlite":
            _refuse_damage(conn, db.label)
        answers = [*_shape(conn), *_owners(conn), *_contradictions(conn), _words(conn)]
        counts = [conn.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() or 0 for name in ("message", "series")]  # noqa: S608 - our own names
    faults = tuple(answer for answer in answers if answer.count)
    return Checked(len(answers), counts[0], counts[1], faults)


def _refuse_damage(conn: Connection, label: str) -> None:
    said = [str(line) for line in conn.exec_driver_sql("PRAGMA integrity_check(3)").scalars()]
    if said != ["ok"]:
        what = " ".join(said[0].split())
        raise DatabaseError(f"{label}: is damaged ({what}): restore a copy, or remove it and ingest again")


def _shape(conn: Connection) -> Iterator[Fault]:
    there = inspect(conn)
    names = {*there.get_table_names(), *there.get_view_names()}
    missing = sorted({*metadata.tables, *(view.name for view in VIEWS)} - names)
    yield Fault("all tables and views are there", len(missing), ", ".join(missing))


def _owners(conn: Connection) -> Iterator[Fault]:
    """Look for rows whose owner is gone, by every foreign key of the schema."""
    for table in metadata.sorted_tables:
        for key in table.constraints:
            if not isinstance(key, ForeignKeyConstraint):
                continue
            owner = key.referred_table.alias("owner")
            pairs = [(element.parent, owner.c[element.column.name]) for element in key.elements]
            match = pairs[0][0] == pairs[0][1]
            for ours, theirs in pairs[1:]:
                match &= ours == theirs
            query = select(func.count(), func.min(pairs[0][0])).select_from(table.outerjoin(owner, match))
            orphans = query.where(pairs[0][0].is_not(None), pairs[0][1].is_(None))
            count, example = conn.execute(orphans).one()
            yield Fault(f"rows of {table.name} have their {key.referred_table.name}", count, str(example))


def _contradictions(conn: Connection) -> Iterator[Fault]:
    for rule, query in _INVARIANTS.items():
        found = conn.exec_driver_sql(query).scalars().all()
        yield Fault(rule, len(found), str(found[0]) if found else "")


def _words(conn: Connection) -> Fault:
    """Compare the rows that are said to be in the index of words with those that are."""
    rule = "the index of words holds mails that are known to be in it"
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql(_WORDS)
        query = "SELECT DISTINCT doc FROM temp.checked_vocabulary"
    else:
        query = "SELECT message_id FROM mail_words"
    there = set(conn.exec_driver_sql(query).scalars())
    said = set(conn.execute(select(indexed.c.message_id)).scalars())
    gone = set(conn.execute(select(metadata.tables["unindexed"].c.row_id)).scalars())
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("DROP TABLE temp.checked_vocabulary")
    odd = sorted((there - said - gone) | _not_in(conn, said - there))
    return Fault(rule, len(odd), f"row {odd[0]}" if odd else "")


def _not_in(conn: Connection, rows: set[int]) -> set[int]:
    """Leave out mails without any word: nothing of them can be in the index."""
    message = metadata.tables["message"]
    found = set[int]()
    for part in chunks(sorted(rows)):
        query = select(message.c.id).where(message.c.id.in_(part), message.c.subject != "")
        found.update(conn.execute(query).scalars())
    return found
