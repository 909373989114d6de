# SPDX-License-Identifier: GPL-2.0-or-later
"""What people with different addresses post about one work: the same in the database, run by run, as all at once."""

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import select

from alembic import command
from builders_archive import write_archive
from builders_mail import raw_of, read
from builders_posting import ANN, JO, patch_text, post
from patchwatch.assemble.series import assemble
from patchwatch.ingest import ingest
from patchwatch.judging import chooser
from patchwatch.model.mail import MarkKind
from patchwatch.model.source import Added, Deleted, Reached
from patchwatch.policy.loader import load_policies
from patchwatch.sources.detect import open_source
from patchwatch.store.database import Database, open_database, upgrade
from patchwatch.store.load import load_messages
from patchwatch.store.read import all_ids
from patchwatch.store.read_series import load_series
from patchwatch.store.schema import message, series
from patchwatch.store.writer import Writer
from patchwatch.triage import triage

ROOT = Path(__file__).resolve().parents[2]
DAY = 24 * 60
ELSEWHERE = "Jo Doe <jo@example.com>"

Told = dict[str, tuple[tuple[str, ...], str | None]]


def linking(mid: str, *mids: str, number: int = 2, sender: str = JO) -> bytes:
    below = "".join(f"v{n}: <{other}>\n" for n, other in enumerate(mids, 1))
    return post(f"[PATCH v{number}] {mid}", mid, minute=number * DAY, sender=sender, body=patch_text("3", below=below))


def changed(mid: str, number: int, sender: str) -> bytes:
    body = patch_text("4", below="change-id: 20260101-x-1\n")
    return post(f"[PATCH v{number}] {mid}", mid, minute=number * DAY, sender=sender, body=body)


FIRST = post("[PATCH] one", "a@x")
STRANGER = (FIRST, linking("b@x", "a@x", sender=ANN))
SAME_CHANGE = (changed("a", 1, JO), changed("b", 2, ANN))
NAMESAKE = (changed("a", 1, JO), changed("b", 2, ELSEWHERE))
BOTH_WAYS = (FIRST, linking("b@x", "a@x", sender=ELSEWHERE), linking("c@x", "a@x", "b@x", number=3))
FURTHER = (*NAMESAKE, post("[PATCH v3] a", "c", minute=3 * DAY), post("[PATCH] other", "o", sender=ELSEWHERE))
CHAIN = (FIRST, linking("b@x", "a@x", sender=ANN), linking("c@x", "b@x", number=3, sender="Bo Ek <bo@example.com>"))


class Fed:
    """A database that is fed mail by mail."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._writer = Writer(db, "public-inbox", "/archive", "test")
        self._count = 0
        self._choose = chooser(load_policies(), "linux")

    def run(self, *mails: bytes, gone: Sequence[bytes] = ()) -> int:
        """Store mails, take others back, and assemble; return how many series were written."""
        with self._writer.batch() as batch:
            for mail in mails:
                batch.add(Added(epoch="0", position=self._count, raw=raw_of(mail)), read(mail))
                self._count += 1
            for mail in gone:
                batch.delete(Deleted(epoch="0", position=self._count, blob=raw_of(mail).blob))
                self._count += 1
            batch.reached(Reached(epoch="0", tip=f"tip-{self._count}", count=self._count))
        return triage(self._db, self._choose)

    def told(self) -> Told:
        """Return notes and successor of each series."""
        with self._db.reading() as conn:
            found = [load_series(conn, id_)[0] for id_ in all_ids(conn)]
        return {one.id: (one.notes, one.superseded_by) for one in found}


def whole(*mails: bytes) -> Told:
    return {one.id: (one.notes, one.superseded_by) for one in assemble(map(read, mails))}


@pytest.mark.parametrize("mails", [STRANGER, SAME_CHANGE, NAMESAKE, BOTH_WAYS, FURTHER, CHAIN])
def test_run_by_run_in_any_order_is_the_same_as_all_at_once(any_db: Database, mails: tuple[bytes, ...]) -> None:
    fed = Fed(any_db)
    for order in list(permutations(mails))[::2]:
        for mail in order:
            fed.run(mail)
        assert fed.told() == whole(*mails)
        for number, mail in enumerate(order, 1):
            fed.run(gone=[mail])
            assert fed.told() == whole(*order[number:])


def test_the_cases_of_this_test_tell_what_they_should() -> None:
    assert whole(*STRANGER)["a@x"] == (("continued-by ann@example.net: b@x",), None)
    assert whole(*SAME_CHANGE)["a"] == (("continued-by ann@example.net: b",), None)
    assert whole(*NAMESAKE)["a"] == ((), "b")
    assert whole(*FURTHER)["b"] == ((), "c")
    assert whole(*BOTH_WAYS)["a@x"] == ((), "b@x")
    assert whole(*CHAIN)["b@x"][0] == ("continued-by bo@example.com: c@x", "continues jo@example.org: a@x")


def test_a_mail_elsewhere_writes_nothing_of_those_who_are_tied_to_its_sender(db: Database) -> None:
    fed = Fed(db)
    fed.run(*STRANGER)
    assert fed.run(post("[PATCH] other", "o@x", sender=ANN)) == 2  # both of hers
    assert fed.told() == whole(*STRANGER, post("[PATCH] other", "o@x", sender=ANN))


def test_a_database_of_schema_0003_gets_former_revisions_and_marks_with_the_next_ingest(tmp_path: Path) -> None:
    reply = post("Re: [PATCH] one", "r@x", "a@x", minute=5, body="Thanks, I'll send v2.\n")
    archive = write_archive(tmp_path / "archive", {0: [("m", mail) for mail in (*BOTH_WAYS, reply)]})
    path = str(tmp_path / "x.db")

    def read_all() -> Told:
        with open_database(path, create=True) as db:
            ingest(open_source(str(archive)), db, location=str(archive))
            triage(db, chooser(load_policies(), "linux"))
            with db.reading() as conn:
                found = [load_series(conn, id_)[0] for id_ in all_ids(conn)]
                mails = load_messages(conn, select(message.c.id)).values()
        assert {one.message_id: one.predecessors for one in mails}["c@x"] == ("b@x", "a@x")
        assert [mark.kind for one in mails for mark in one.marks] == [MarkKind.NEXT_VERSION]
        return {one.id: (one.notes, one.superseded_by) for one in found}

    fresh = read_all()
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    with open_database(path) as db, db.writing() as conn:
        config.attributes["connection"] = conn
        command.downgrade(config, "0003")
        conn.execute(series.update().values(superseded_by=None, notes="old"))
    assert upgrade(path)[0] == "0003"
    assert read_all() == fresh
