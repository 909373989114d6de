# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remembered of drafts, on both engines."""

from datetime import UTC, datetime, timedelta

from patchwatch.model.draft import Draft
from patchwatch.sinks.values import StoredState
from patchwatch.store import drafts
from patchwatch.store.database import Database
from patchwatch.store.drafts import About, Standing

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DRAFT = Draft(message_id="pw.1@example.com", in_reply_to="p@example.org", data=b"")
ABOUT = About("s@example.org", "s@example.org", 2, "f")
SINK = "maildir:/home/\udcff/Drafts"  # a path need not be text


def row(db: Database) -> drafts.DraftRow:
    with db.reading() as conn:
        found = drafts.recall(conn, DRAFT.message_id, SINK, frozenset({"me@example.com"}))
    assert found is not None
    return found


def test_an_intent_is_no_draft_that_was_there(any_db: Database) -> None:
    with any_db.writing() as conn:
        drafts.intend(conn, DRAFT, SINK, ABOUT, "a", NOW)
    assert (row(any_db).record.hashes, row(any_db).record.written) == (("a",), False)
    with any_db.writing() as conn:
        drafts.confirm(conn, DRAFT, SINK, ABOUT, StoredState.CREATED, "x", "a", NOW)
    assert (row(any_db).state, row(any_db).record.written, row(any_db).place) == ("created", True, "x")


def test_texts_are_remembered_newest_last_and_once(any_db: Database) -> None:
    for digest in "abcb":
        with any_db.writing() as conn:
            drafts.intend(conn, DRAFT, SINK, ABOUT, digest, NOW)
    assert row(any_db).hashes == ("a", "c", "b")


def test_an_edit_stays_an_edit_and_a_drop_a_drop(any_db: Database) -> None:
    with any_db.writing() as conn:
        drafts.confirm(conn, DRAFT, SINK, ABOUT, StoredState.KEPT_EDITED, "x", "a", NOW)
    assert row(any_db).record.edited
    with any_db.writing() as conn:
        drafts.mark_dropped(conn, row(any_db))
        drafts.confirm(conn, DRAFT, SINK, ABOUT, StoredState.KEPT_GONE, "", "a", NOW)
    assert drafts.standing(row(any_db), NOW) is Standing.DROPPED


def test_the_first_writing_counts_and_the_last_sight(any_db: Database) -> None:
    for hours in range(3):
        with any_db.writing() as conn:
            now = NOW + timedelta(hours=hours)
            drafts.confirm(conn, DRAFT, SINK, ABOUT, StoredState.UNCHANGED, "x", "a", now)
    assert (row(any_db).written_at, row(any_db).seen_at) == (NOW, NOW + timedelta(hours=2))
    gone = StoredState.KEPT_GONE
    assert drafts.standing(row(any_db), NOW + timedelta(days=14), found=gone) is Standing.GONE
    assert drafts.standing(row(any_db), NOW + timedelta(days=15), found=gone) is Standing.DROPPED


def test_the_view_shows_them(any_db: Database) -> None:
    with any_db.writing() as conn:
        drafts.confirm(conn, DRAFT, SINK, ABOUT, StoredState.CREATED, "x", "a", NOW)
        seen = conn.exec_driver_sql("SELECT message_id, revision, state, written, superseded FROM v_draft").all()
    assert [tuple(one) for one in seen] == [("pw.1@example.com", 2, "created", True, False)]
