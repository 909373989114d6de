# SPDX-License-Identifier: GPL-2.0-or-later
"""
The index of words: FTS5 without content on SQLite, `tsvector` on PostgreSQL; both get the words that we split.

FTS5 takes a mail out only when it is told its words again. Keeping them would cost as much as the index, and the
archive may have purged the mail; so they are read back out of the index, in one pass for all mails of a run (`sweep`).
Until then their row numbers, listed in `unindexed`, are not given to other mails.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, func, insert, select, update

from patchwatch.parse.words import PARTS
from patchwatch.store.bulk import chunks, insert_rows
from patchwatch.store.database import Database
from patchwatch.store.schema import cursor, indexed, text_index, unindexed

VERSION = "1"  # of how words are split: another one has all mail read again

_VOCABULARY = "CREATE VIRTUAL TABLE temp.mail_vocabulary USING fts5vocab(main, mail_words, instance)"


def settle(conn: Connection, parts: Collection[str]) -> None:
    """
    Make the index one of *parts*: where it holds others, it is emptied, and all mail is read again into it.

    As after an upgrade, the cursors lose their tips: no mail is forgotten meanwhile.
    """
    wanted = ",".join([VERSION, *sorted(set(parts) & set(PARTS))])
    stored = conn.execute(select(text_index.c.parts)).scalar()
    if stored == wanted:
        return
    conn.execute(delete(text_index))
    conn.execute(insert(text_index).values(parts=wanted))
    clear(conn)
    conn.execute(update(cursor).values(tip=""))


def clear(conn: Connection) -> None:
    """Empty the index."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("INSERT INTO mail_words(mail_words) VALUES ('delete-all')")
    else:
        conn.exec_driver_sql("TRUNCATE mail_words")
    conn.execute(delete(indexed))
    conn.execute(delete(unindexed))


def parts_of(conn: Connection) -> frozenset[str]:
    """Return which parts of mails the index holds beside headers and file names."""
    stored = conn.execute(select(text_index.c.parts)).scalar() or ""
    return frozenset(stored.split(",")[1:])


def add_words(conn: Connection, words: Mapping[int, str]) -> None:
    """Add the words of mails, by row, that are not in the index yet; those that are stay as they are."""
    known = set[int]()
    for part in chunks(words):
        known.update(conn.execute(select(indexed.c.message_id).where(indexed.c.message_id.in_(part))).scalars())
    new = [(row, text) for row, text in sorted(words.items()) if row not in known]
    if not new:
        return
    insert_rows(conn, indexed, [(row,) for row, _ in new])
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("INSERT INTO mail_words(rowid, words) VALUES (?, ?)", new)
    else:
        rows = [(row, _vector(text)) for row, text in new]
        conn.exec_driver_sql("INSERT INTO mail_words(message_id, words) VALUES (%s, %s::tsvector)", rows)


def forget_words(conn: Connection, rows: Collection[int]) -> None:
    """Note that these mails, which are about to go, have to leave the index; on PostgreSQL they go by themselves."""
    if conn.dialect.name != "sqlite":
        return
    for part in chunks(rows):
        there = conn.execute(select(indexed.c.message_id).where(indexed.c.message_id.in_(part))).scalars().all()
        insert_rows(conn, unindexed, [(row,) for row in there])


def first_free(conn: Connection) -> int:
    """Return the first row number that no mail in the index had."""
    return (conn.execute(select(func.max(unindexed.c.row_id))).scalar() or 0) + 1


def sweep(db: Database) -> None:
    """Take the words of all forgotten mails out of the index."""
    with db.reading() as conn:
        if conn.execute(select(unindexed.c.row_id).limit(1)).scalar() is None:
            return
    with db.writing() as conn:
        gone = list(conn.execute(select(unindexed.c.row_id).order_by(unindexed.c.row_id)).scalars())
        conn.exec_driver_sql(_VOCABULARY)
        for part in chunks(gone):
            _take_out(conn, part)
        conn.exec_driver_sql("DROP TABLE temp.mail_vocabulary")
        conn.execute(delete(unindexed))


def _take_out(conn: Connection, rows: list[int]) -> None:
    """Read the words of these mails back, in their order, and tell FTS5 to delete them."""
    marks = ",".join("?" * len(rows))
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    query = f"SELECT doc, offset, term FROM temp.mail_vocabulary WHERE doc IN ({marks})"  # noqa: S608 - question marks
    for row, place, word in conn.exec_driver_sql(query, tuple(rows)):
        found[row].append((place, word))
    gone = [(row, " ".join(word for _, word in sorted(words))) for row, words in found.items()]
    if gone:
        conn.exec_driver_sql("INSERT INTO mail_words(mail_words, rowid, words) VALUES ('delete', ?, ?)", gone)


def _vector(text: str) -> str:
    """Write words as a tsvector: each once, with its places."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for n, word in enumerate(text.split(" "), 1):
        if word:
            places[word].append(str(n))
    return " ".join(f"'{word}':{','.join(at[:255])}" for word, at in places.items())
