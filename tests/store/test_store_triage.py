# SPDX-License-Identifier: GPL-2.0-or-later
"""Triage beside other runs: judging holds no lock, what comes meanwhile is not lost, and nothing is judged by half."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from builders_store import deleted, make_message, reached, store, tell
from patchwatch.judging import Chooser, chooser
from patchwatch.model.mail import Subject
from patchwatch.model.series import Series
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy
from patchwatch.store.database import Database
from patchwatch.store.read import all_ids
from patchwatch.store.read_series import load_series
from patchwatch.store.schema import pending
from patchwatch.store.triage_rows import mark_all
from patchwatch.store.writer import Writer
from patchwatch.triage import triage

PLAIN = chooser(load_policies(), "linux")


def meanwhile(act: Callable[[int], None]) -> Chooser:
    """Return a chooser that acts, as another process would, while the first of a run's series is judged."""
    calls: list[str] = []

    def choose(series: Series) -> Policy:
        if series.id == "p@example.org":
            calls.append(series.id)
            act(len(calls))
        return PLAIN(series)

    return choose


def ids(db: Database) -> set[str]:
    with db.reading() as conn:
        assert conn.execute(select(pending)).all() == []
        return set(all_ids(conn))


@pytest.mark.parametrize("times", [1, 3])
def test_mail_that_comes_while_judging_is_stored_at_once_and_judged(any_db: Database, times: int) -> None:
    def act(call: int) -> None:
        if call <= times:
            store(any_db, make_message(f"late-{call}"), location=f"/other/{call}")

    store(any_db, make_message("p"))
    assert triage(any_db, meanwhile(act)) == 1 + times
    assert ids(any_db) == {"p@example.org", *(f"late-{call}@example.org" for call in range(1, times + 1))}


def test_an_answer_to_what_is_being_judged_is_not_lost(any_db: Database) -> None:
    """Its thread is marked already: the mark alone would not tell."""

    def act(call: int) -> None:
        if call == 1:
            store(any_db, make_message("other", parents=["p"]), location="/other")

    store(any_db, make_message("p"))
    triage(any_db, meanwhile(act))
    assert ids(any_db) == {"p@example.org", "other@example.org"}


def test_a_mail_taken_back_while_judging_leaves_no_series(any_db: Database) -> None:
    mail = make_message("p")

    def act(call: int) -> None:
        if call == 1:
            tell(Writer(any_db, "public-inbox", "/archive", "test"), deleted(1, mail), reached(2))

    store(any_db, mail)
    assert triage(any_db, meanwhile(act)) == 0
    assert ids(any_db) == set()


def test_of_two_runs_at_once_one_writes(any_db: Database) -> None:
    written: list[int] = []

    def act(call: int) -> None:
        if call == 1:
            written.append(triage(any_db, PLAIN))

    store(any_db, make_message("p"))
    assert (triage(any_db, meanwhile(act)), written) == (0, [1])
    assert ids(any_db) == {"p@example.org"}


def test_a_run_that_dies_while_judging_leaves_all_as_it_was(any_db: Database) -> None:
    store(any_db, make_message("p"))

    def act(call: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        triage(any_db, meanwhile(act))
    assert triage(any_db, PLAIN) == 1


def test_judging_again_says_the_same_whatever_else_is_judged(any_db: Database) -> None:
    """Whether a patch may still come goes by the newest date of the list, not of the batch."""

    def part(name: str, hours: int, list_id: str) -> None:
        date = datetime(2026, 11, 2, 10, tzinfo=UTC) + timedelta(hours=hours)
        prefix = Subject(title=name, is_patch=True, position=1, total=2)
        store(any_db, make_message(name, prefix=prefix, date=date, list_id=list_id), location=f"/{name}")
        triage(any_db, PLAIN)

    def told() -> dict[str, bool]:
        with any_db.reading() as conn:
            found = [load_series(conn, id_) for id_ in all_ids(conn)]
        return {one.id: "may still arrive" in "".join(f.message for f in v.findings) for one, v in found}

    part("new", 100, "one.example.org")
    part("elsewhere", 900, "two.example.org")
    part("old", 0, "one.example.org")
    before = told()
    assert before == {"new@example.org": True, "elsewhere@example.org": True, "old@example.org": False}
    with any_db.writing() as conn:
        mark_all(conn)
    triage(any_db, PLAIN)
    assert told() == before
