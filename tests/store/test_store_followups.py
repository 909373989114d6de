# SPDX-License-Identifier: GPL-2.0-or-later
"""What replies say and who owes the next mail: stored as computed, and read again after an upgrade from schema 0001."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import delete, func, select, text, update

from alembic import command
from builders_archive import write_archive
from builders_cli import added as add_mails
from builders_cli import example_mails, list_mail
from builders_store import (
    ANNA,
    BERT,
    added,
    later,
    make_message,
    make_series,
    make_verdict,
    reached,
    rewritten,
    store,
    tell,
)
from patchwatch.ingest import ingest
from patchwatch.judging import chooser
from patchwatch.model.followup import Claim, ClaimKind, Line, NotCarried, Party, Speech, Waits
from patchwatch.model.mail import Message, MessageKind
from patchwatch.policy.loader import load_policies
from patchwatch.sources.detect import open_source
from patchwatch.store import schema
from patchwatch.store.database import Database, open_database, upgrade
from patchwatch.store.load import load_messages
from patchwatch.store.read import list_series
from patchwatch.store.read_series import load_series
from patchwatch.store.triage_rows import pending_neighbourhood, replace_series
from patchwatch.store.writer import Writer
from patchwatch.triage import triage

ROOT = Path(__file__).resolve().parents[2]
SAID = Speech(
    own_lines=3,
    received=datetime(2038, 2, 1, tzinfo=UTC),
    to_count=2,
    question=Line(7, "Why 'so' — 100 %?"),
    objection=Line(8, "NAK"),
    claim=Claim(ClaimKind.FAILED, Line(None, "FAILED: patch"), is_notice=True),
)


def make_reply(name: str, parent: str, speech: Speech | None) -> Message:
    return make_message(name, parents=[parent], kind=MessageKind.REPLY, sender=BERT, author=BERT, speech=speech)


@pytest.mark.parametrize(
    "speech", [SAID, Speech(), Speech(claim=Claim(ClaimKind.APPLIED, Line(1, ""), is_notice=False)), None]
)
def test_what_a_mail_says_is_stored_and_read_again(any_db: Database, speech: Speech | None) -> None:
    mail = make_reply("r", "p", speech)
    store(any_db, make_message("p"), mail)
    with any_db.reading() as conn:
        assert mail in load_messages(conn, select(schema.message.c.id)).values()


@pytest.mark.parametrize("where", [Line(4, "Why?"), Line(None, "Subject"), None])
def test_who_owes_a_mail_is_stored_and_read_again(any_db: Database, where: Line | None) -> None:
    patch, reply = make_message("p"), make_reply("r", "p", SAID)
    waits = Waits(
        party=Party.AUTHOR, since=later(5), message_id="r@example.org", where=where, question=where is not None
    )
    lost = (NotCarried(revision=1, message_id="x@example.org", key="Acked-by", value="B <b@example.com>"),)
    series = make_series([patch], followups=(reply,), waits=waits, not_carried=lost)
    store(any_db, patch, reply)
    with any_db.writing() as conn:
        near = pending_neighbourhood(conn)
        assert near is not None
        replace_series(conn, near, [(series, make_verdict(series))])
    with any_db.reading() as conn:
        assert load_series(conn, series.id)[0] == series
        assert [row.waits for row in list_series(conn)] == [waits]
        (row,) = conn.execute(text("SELECT waits_for, since_message, line, is_question FROM v_waiting")).all()
    assert tuple(row) == ("author", "r@example.org", where and where.line, where is not None)
    with any_db.writing() as conn:
        conn.execute(delete(schema.series))
        assert conn.execute(select(func.count()).select_from(schema.waits)).scalar() == 0


def test_a_series_that_nobody_looked_at_waits_for_nothing_known(any_db: Database) -> None:
    patch = make_message("p")
    store(any_db, patch)
    with any_db.writing() as conn:
        near = pending_neighbourhood(conn)
        assert near is not None
        series = make_series([patch])
        replace_series(conn, near, [(series, make_verdict(series))])
        assert [row.waits for row in list_series(conn)] == [None]


def test_a_mail_stored_before_gets_what_it_lacks_and_its_thread_is_marked(any_db: Database) -> None:
    patch, reply, other = make_message("p"), make_reply("r", "p", SAID), make_message("other", sender=ANNA)
    store(any_db, patch, replace(reply, speech=None), other)
    with any_db.writing() as conn:
        conn.execute(delete(schema.pending))
    writer = store(any_db, patch, reply, other, location="/elsewhere")
    assert (writer.counts.new, writer.counts.known) == (0, 3)
    with any_db.reading() as conn:
        assert reply in load_messages(conn, select(schema.message.c.id)).values()
        marked = select(schema.msgid.c.mid).join(schema.pending, schema.pending.c.thread == schema.msgid.c.thread)
        assert set(conn.execute(marked).scalars()) == {"p@example.org", "r@example.org"}
    with any_db.writing() as conn:
        conn.execute(delete(schema.pending))
    store(any_db, patch, reply, other, location="/third")
    with any_db.reading() as conn:
        assert conn.execute(select(schema.pending)).all() == []


def read_all(path: Path, archive: Path) -> None:
    """Do what `ingest` does."""
    with open_database(str(path), create=True) as db:
        ingest(open_source(str(archive), None), db, location=str(archive))
        triage(db, chooser(load_policies(), None))


def as_released(path: Path) -> None:
    """Make the database what schema 0001 held of it."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    with open_database(str(path)) as db, db.writing() as conn:
        config.attributes["connection"] = conn
        command.downgrade(config, "0001")


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with open_database(str(path)) as db, db.reading() as conn:
        tables = [table for table in schema.metadata.sorted_tables if table.name != "pending"]
        return {table.name: sorted((tuple(row) for row in conn.execute(select(table))), key=repr) for table in tables}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    thanks = list_mail(
        "t@example.com",
        "Re: [PATCH] hw/bar: say more",
        "Applied, thanks!\n",
        reply_to="20261003.tagged@example.org",
        date="Fri, 09 Oct 2026 10:00:00 +0000",
        sender="Pat Reader <pat@example.com>",
    )
    mails = [*example_mails(), thanks]
    return write_archive(tmp_path / "archive", {0: add_mails(*mails[:4]), 1: add_mails(*mails[4:])})


def test_a_database_of_schema_0001_keeps_its_data_and_the_next_ingest_reads_what_it_lacks(
    tmp_path: Path, archive: Path
) -> None:
    path = tmp_path / "old.db"
    read_all(path, archive)
    fresh = contents(path)
    assert {row[1] for row in fresh["waits"]} == {"author", "reviewers", "nobody"}
    as_released(path)
    assert upgrade(str(path))[0] == "0001"
    old = contents(path)
    assert (old["speech"], old["waits"], {row[2] for row in old["cursor"]}) == ([], [], {""})
    assert all(old[name] == fresh[name] for name in ("message", "trailer", "series", "finding", "event"))
    read_all(path, archive)
    assert contents(path) == fresh


def test_reading_an_upgraded_archive_again_never_forgets_a_mail(tmp_path: Path, db: Database) -> None:
    """In batches: the first one must not take the rest of the log for what was taken back."""
    mails = [make_message(f"m{n}") for n in range(6)]
    writer = store(db, *mails)
    with db.writing() as conn:
        conn.execute(update(schema.cursor).values(tip=""))
    writer = Writer(db, "public-inbox", "/archive", "test")
    for start in (0, 2, 4):
        again = [rewritten()] if start == 0 else []
        tell(writer, *again, *(added(n, mails[n]) for n in (start, start + 1)), reached(start + 2))
        assert writer.counts.forgotten == 0
    assert (writer.counts.new, writer.counts.known) == (0, 6)
    tell(Writer(db, "public-inbox", "/archive", "test"), rewritten(), added(0, mails[0]), reached(1))
    with db.reading() as conn:
        assert len(load_messages(conn, select(schema.message.c.id))) == 1  # a real rewrite cuts as ever


def test_an_upgraded_database_whose_archive_is_gone_is_shown_all_the_same(tmp_path: Path, archive: Path) -> None:
    path = tmp_path / "old.db"
    read_all(path, archive)
    as_released(path)
    upgrade(str(path))
    with open_database(str(path)) as db:
        with db.reading() as conn:
            assert {row.waits for row in list_series(conn)} == {None}
        triage(db, chooser(load_policies(), None))
        with db.reading() as conn:
            parties = [row.waits and row.waits.party for row in list_series(conn)]
    assert None not in parties
    assert Party.AUTHOR in parties  # who spoke last is known, what was said is not
