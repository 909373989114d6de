# SPDX-License-Identifier: GPL-2.0-or-later
"""
Text that its archive took back leaves the database file as well: free pages, gaps inside pages, full-text segments.

Deleted rows stay readable in the file until SQLite uses their place again, and `secure_delete` does not help all the
way: what moves when pages are split leaves a copy behind. So the file is written anew. That is needed rarely, as only
a purge or an edit takes text back (a delete in an archive leaves the mail in its history), so a transaction that
forgets such text leaves a mark, and whoever ends a run calls `scrub`. A killed run leaves the mark to the next one.
"""

import logging
import sqlite3

from sqlalchemy import Connection

from patchwatch.store.database import Database
from patchwatch.store.text_index import sweep

_MARK = 1  # PRAGMA user_version, which belongs to the transaction like any row
_NO_MARK = 0

_logger = logging.getLogger(__name__)


def mark_for_scrub(conn: Connection) -> None:
    """Note that this transaction forgets text which is no longer published."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql(f"PRAGMA user_version={_MARK}")


def is_marked(conn: Connection) -> bool:
    """Whether forgotten text may still be in the file."""
    return conn.dialect.name == "sqlite" and conn.exec_driver_sql("PRAGMA user_version").scalar() == _MARK


def scrub(db: Database) -> bool:
    """
    Write an SQLite file anew if it is marked; return whether nothing forgotten is left in it.

    It takes the time of a copy and as much room for a while. When a reader or writer is in the way, or the disk is
    full, the mark stays, and the next run tries again. A PostgreSQL server frees rows on its own terms.
    """
    with db.reading() as conn:
        if not is_marked(conn):
            return True
    sweep(db)
    raw = db.engine.raw_connection()
    try:
        driver = raw.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            return True
        clean = _rewrite(driver)
        reason = "another process is reading it"
    except sqlite3.Error as error:
        clean, reason = False, str(error)
    finally:
        raw.invalidate()  # its settings are not those of the others
    if not clean:
        _logger.warning("%s: forgotten text may still be in the file (%s); the next run tries again", db.label, reason)
    return clean


def _rewrite(conn: sqlite3.Connection) -> bool:
    conn.execute("PRAGMA temp_store=FILE")  # the copy would be held in memory otherwise
    for (name,) in conn.execute(
        "SELECT name FROM sqlite_master"
        " WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%' AND sql NOT LIKE '%USING fts5vocab%'"
    ).fetchall():
        quoted = '"' + name.replace('"', '""') + '"'
        conn.execute(f"INSERT INTO {quoted}({quoted}) VALUES('optimize')")  # words of deleted rows stay until a merge
    conn.execute("VACUUM")
    busy, _, _ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        return False
    conn.execute(f"PRAGMA user_version={_NO_MARK}")
    return True
