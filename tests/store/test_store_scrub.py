# SPDX-License-Identifier: GPL-2.0-or-later
"""Text that an archive took back is nowhere in the files of the database, whatever was in the way."""

import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from builders_store import added, deleted, make_full_message, make_message, reached, rewritten, store, tell
from patchwatch.model.mail import Defect, DefectKind, Message, Person
from patchwatch.model.source import Unreadable
from patchwatch.store import database
from patchwatch.store.columns import metadata
from patchwatch.store.database import Database
from patchwatch.store.forget import OUTSIDE
from patchwatch.store.scrub import is_marked, scrub
from patchwatch.store.triage_rows import pending_neighbourhood, replace_series
from patchwatch.store.writer import Writer

SECRET = b"xyzzyplugh"
WORD = SECRET.decode()


@pytest.fixture(autouse=True)
def plain_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite leave deleted rows where they are: Debian builds one that does not, others are not so."""
    monkeypatch.setattr(database, "_PRAGMAS", (*database._PRAGMAS, "PRAGMA secure_delete=OFF"))


def files(db: Database) -> bytes:
    """Return all bytes of the database and of the files beside it."""
    path = Path(db.label)
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")) if one.is_file())


def secret(name: str) -> Message:
    """Make a mail that says the word in every field a row is made of."""
    return replace(
        make_full_message(name),
        subject=f"[PATCH] {WORD}-subject",
        sender=Person(f"{WORD} name", f"{WORD}@example.org"),
        message_id=f"{name}.{WORD}@example.org",
        references=(f"{WORD}-parent@example.org",),
        recipients=(f"{WORD}-to@example.org",),
        defects=(Defect(kind=DefectKind.DATE, detail=f"{WORD}-defect"),),
    )


def judged(db: Database) -> None:
    """Take the marks that triage takes: one is the submitter's address."""
    with db.writing() as conn:
        near = pending_neighbourhood(conn)
        assert near is not None
        replace_series(conn, near, [])


def marked(db: Database) -> bool:
    with db.reading() as conn:
        return is_marked(conn)


def many(count: int) -> list[Message]:
    return [make_message(f"m{n}", text="x" * (n % 97)) for n in range(count)]


def test_mail_that_vanished_from_history_leaves_no_byte(db: Database) -> None:
    mails = many(300)
    gone = [secret(f"s{n}") for n in range(40)]
    mixed = [one for n, mail in enumerate(mails) for one in ([mail] if n % 8 else [gone[n // 8], mail])]
    writer = store(db, *mixed)
    assert SECRET in files(db)
    tell(writer, rewritten(), *(added(n, mail) for n, mail in enumerate(mails)), reached(len(mails), tip="u"))
    judged(db)
    assert SECRET in files(db), "nothing to scrub: this test shows nothing"
    assert marked(db)
    assert scrub(db)
    assert SECRET not in files(db)
    assert not marked(db)
    with db.reading() as conn:
        assert conn.execute(text("SELECT count(*) FROM message")).scalar() == len(mails)


def test_delete_leaves_the_file_alone_and_a_purge_after_it_does_not(db: Database) -> None:
    keep, gone = make_message("a"), secret("s")
    writer = store(db, keep, gone)
    tell(writer, deleted(2, gone), reached(3))
    assert not marked(db)
    tell(writer, rewritten(), added(0, keep), reached(1, tip="u"))
    judged(db)
    assert marked(db)
    assert scrub(db)
    assert SECRET not in files(db)


def test_delete_that_outlives_its_purged_mail_does_not_keep_it(db: Database) -> None:
    keep, gone = make_message("a"), secret("s")
    writer = store(db, keep, gone)
    tell(writer, deleted(2, gone), reached(3))
    tell(writer, rewritten(), added(0, keep), deleted(1, gone), reached(2, tip="u"))
    assert marked(db)


def test_mail_that_another_archive_still_has_needs_no_scrub(db: Database) -> None:
    mail = make_message("a")
    one = store(db, mail, location="/one")
    store(db, mail, location="/two")
    tell(one, rewritten(), reached(0, tip="u"))
    assert not marked(db)


def test_rewrite_that_takes_nothing_back_needs_no_scrub(db: Database) -> None:
    a, b = make_message("a"), make_message("b")
    writer = store(db, a, b)
    tell(writer, rewritten(), added(0, b), added(1, a), reached(2, tip="u"))
    assert not marked(db)


def test_mark_belongs_to_the_transaction(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = store(db, make_message("a"))
    monkeypatch.setattr("patchwatch.store.writer.Counts", None)  # fails after the mark was set
    with pytest.raises(TypeError):
        tell(writer, rewritten(), reached(0, tip="u"))
    assert not marked(db)


def test_reader_in_the_way_postpones_it(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("patchwatch.store.database._BUSY_SECONDS", 0.0)
    db.engine.dispose()
    writer = store(db, make_message("a"), secret("s"))
    tell(writer, rewritten(), added(0, make_message("a")), reached(1, tip="u"))
    judged(db)
    with closing(sqlite3.connect(db.label)) as reader, caplog.at_level(logging.WARNING):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM message").fetchone()
        assert not scrub(db)
    assert "the next run tries again" in caplog.text
    assert marked(db)
    assert scrub(db)
    assert SECRET not in files(db)


def test_killed_run_leaves_the_mark_to_the_next(db: Database) -> None:
    writer = store(db, make_message("a"), secret("s"))
    tell(writer, rewritten(), added(0, make_message("a")), reached(1, tip="u"))
    again = Writer(db, "public-inbox", "/archive", "test")
    tell(again, added(1, make_message("b")), reached(2, tip="u"))
    judged(db)
    assert marked(db)
    assert scrub(db)
    assert SECRET not in files(db)


def test_words_of_deleted_rows_leave_a_full_text_table_too(db: Database) -> None:
    with db.writing() as conn:
        conn.execute(text("CREATE VIRTUAL TABLE words USING fts5(body, content='')"))
        conn.execute(text("CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row)"))
        for n in range(50):
            body = f"plain words {n} {WORD if n == 7 else ''}"
            conn.execute(text("INSERT INTO words(rowid, body) VALUES(:n, :body)"), {"n": n, "body": body})
    with db.writing() as conn:
        old = {"n": 7, "body": f"plain words 7 {WORD}"}
        conn.execute(text("INSERT INTO words(words, rowid, body) VALUES('delete', :n, :body)"), old)
        conn.exec_driver_sql("PRAGMA user_version=1")
    assert SECRET in files(db)
    assert scrub(db)
    assert SECRET not in files(db)
    with db.reading() as conn:
        assert conn.execute(text("SELECT count(*) FROM words WHERE words MATCH 'plain'")).scalar() == 49


def test_reasons_for_what_was_unreadable_go_with_a_rewrite(db: Database) -> None:
    writer = store(db, make_message("a"))
    tell(writer, (Unreadable(epoch="0", origin="git/0.git:1", reason=WORD), None), reached(1))
    tell(writer, rewritten(), reached(0, tip="u"))
    assert scrub(db)
    assert SECRET not in files(db)


def test_forgetting_knows_every_table() -> None:
    going = {"message", "series"}
    while True:
        more = {
            table.name
            for table in metadata.tables.values()
            if any(key.ondelete == "CASCADE" and key.column.table.name in going for key in table.foreign_keys)
        } - going
        if not more:
            break
        going |= more
    untold = metadata.tables.keys() - going - OUTSIDE.keys()
    assert not untold, f"say in patchwatch/store/forget.py what becomes of {untold} when a mail is forgotten"
    assert OUTSIDE.keys() <= metadata.tables.keys() - going
    assert all(OUTSIDE.values())
