# SPDX-License-Identifier: GPL-2.0-or-later
"""Decisions of maintainers in the database, and history judged again, on both engines."""

from dataclasses import replace

from builders_store import ANNA, BERT, START, later, make_message, store
from patchwatch.model.verdict import Outcome, Waiver
from patchwatch.policy.loader import load_policies
from patchwatch.rejudging import Scope, as_before, rejudge, what_if
from patchwatch.store.database import Database
from patchwatch.store.triage_rows import neighbourhood
from patchwatch.store.waivers import (
    add_waiver,
    all_waivers,
    drop_waiver,
    senders_of_work,
    waivers_about,
    waivers_of_work,
    work_of,
)
from patchwatch.triage import judge_near, triage

POLICIES = load_policies()
MADE = Waiver(number=0, series_id="a@example.org", rule="missing-sign-off", who=ANNA, at=START, reason="x\ud800")


def fill(db: Database) -> None:
    """Store two works, judged by the text of Linux: one of Anna, one of Bert."""
    store(
        db,
        make_message("a", patch_id="1" * 40, date=START),
        make_message("b", patch_id="2" * 40, date=later(60), sender=BERT, author=BERT),
    )
    triage(db, lambda _: POLICIES.get("linux@7.3", None))


def test_decisions_are_numbered_read_and_taken_back(any_db: Database) -> None:
    with any_db.writing() as conn:
        first = add_waiver(conn, MADE)
        second = add_waiver(conn, replace(MADE, rule="", series_id="b@example.org", until=later(60)))
        assert (first.number, second.number) == (1, 2)
        assert set(first.reason[1:]) == {"\ufffd"}  # text that no database takes is replaced
        assert second == replace(
            MADE, number=2, rule="", series_id="b@example.org", until=later(60), reason=first.reason
        )
        assert all_waivers(conn) == (first, second)
        assert waivers_about(conn, ["b@example.org", "c@example.org"]) == (second,)
        assert waivers_about(conn, [f"{n}@example.org" for n in range(2000)]) == ()
        assert drop_waiver(conn, 1) == first
        assert drop_waiver(conn, 1) is None
        assert all_waivers(conn) == (second,)


def test_a_work_is_found_by_any_of_its_mails(any_db: Database) -> None:
    fill(any_db)
    with any_db.writing() as conn:
        made = add_waiver(conn, MADE)
        assert work_of(conn, "a@example.org") == "a@example.org"
        assert work_of(conn, "nobody@example.org") is None
        assert senders_of_work(conn, "a@example.org") == {"anna@example.org"}
        assert waivers_of_work(conn, "a@example.org") == (made,)
        assert waivers_of_work(conn, "b@example.org") == ()


def test_history_is_judged_by_another_text_with_and_without_storing_it(any_db: Database) -> None:
    fill(any_db)
    none = POLICIES.get("none", None)

    def changes(scope: Scope) -> dict[str, tuple[Outcome, Outcome]]:
        found = what_if(
            any_db,
            scope,
            lambda conn, senders: judge_near(
                conn, neighbourhood(conn, senders), lambda _: none, None, frozenset(), START
            ),
        )
        return {one.before.id: (one.before.outcome, one.outcome) for one in found}

    asked = (Outcome.ASK, Outcome.READY)
    assert changes(Scope()) == {"a@example.org": asked, "b@example.org": asked}
    assert changes(Scope(since=later(30))) == {"b@example.org": asked}
    assert changes(Scope(list_ids=frozenset({"other.example.org"}))) == {}
    stored = rejudge(any_db, Scope(), lambda _: triage(any_db, lambda _: none))
    assert {one.before.id: one.outcome for one in stored} == dict.fromkeys(changes(Scope()), Outcome.READY)
    assert changes(Scope()) == dict.fromkeys(changes(Scope()), (Outcome.READY, Outcome.READY))


def test_a_stored_series_keeps_its_text_and_a_new_one_gets_the_usual(any_db: Database) -> None:
    fill(any_db)
    seven = POLICIES.get("linux@7.0", None)
    with any_db.reading() as conn:
        near = neighbourhood(conn, frozenset({"anna@example.org"}))
        choose = as_before(conn, ["anna@example.org"], POLICIES, lambda _: seven)
        judged = judge_near(conn, near, choose, None, frozenset(), None)
    assert {one.id: verdict.policy.version for one, verdict in judged} == {"a@example.org": "7.3"}
    with any_db.reading() as conn:
        choose = as_before(conn, [], POLICIES, lambda _: seven)
    assert choose(judged[0][0]) is seven
