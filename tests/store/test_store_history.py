# SPDX-License-Identifier: GPL-2.0-or-later
"""What the database recalls about submitters and lists: the same at any time and by any way of reading."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, inspect, text

from builders_store import ANNA, BERT, START, make_message, store
from patchwatch.assemble.series import assemble
from patchwatch.model.diff import FileChange
from patchwatch.model.history import History
from patchwatch.model.mail import Message, MessageKind, Person, Subject
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy, RuleUse
from patchwatch.reports.jsonable import series_value
from patchwatch.reports.text import Style, show_lines
from patchwatch.rules.base import load_rule, rule_ids
from patchwatch.store.base_rates import base_rate, with_base_rates
from patchwatch.store.database import Database
from patchwatch.store.history import recall
from patchwatch.store.read_series import load_series
from patchwatch.store.threads import mark_senders
from patchwatch.store.triage_rows import mark_all, pending_neighbourhood
from patchwatch.triage import triage

BASE = load_policies().get("linux@7.3", None)
RULES = [load_rule(rule_id)() for rule_id in rule_ids() if load_rule(rule_id).reads]
POLICY = replace(
    BASE, rules=tuple(RuleUse(rule=rule, effect=Effect.NONE, clause="https://example.org") for rule in RULES)
)


def choose(_: Series) -> Policy:
    return POLICY


def patch(name: str, sender: Person, date: datetime, *, lines: int = 5, log: int = 3, **more: object) -> Message:
    files = (FileChange(path=f"hw/{name}.c", added=lines, code_added=lines),)
    plain = make_message(name, sender=sender, author=sender, date=date, files=files, prose_lines=log)
    return replace(plain, **more)  # type: ignore[arg-type]  # a builder takes any field


def year(count: int = 210) -> list[Message]:
    """Make a series a day by as many people, the last one two months before `START`."""
    last = START - timedelta(days=62)
    people = [Person(f"Person Number{n}", f"p{n}@example.com") for n in range(count)]
    return [patch(f"y{n}", who, last - timedelta(days=n), lines=n + 101, log=n % 9) for n, who in enumerate(people)]


def anna(*days: float) -> list[Message]:
    return [patch(f"a{n}", ANNA, START + timedelta(days=day)) for n, day in enumerate(days)]


def recalled(conn: Connection, wanted: str) -> History | None:
    near = pending_neighbourhood(conn)
    assert near is not None
    series = assemble(near.messages)
    tell = recall(conn, series, near.senders, choose)
    return tell(next(one for one in series if one.id == wanted))


class Facts(NamedTuple):
    """All that rules can learn from a history."""

    known: tuple[object, ...]
    earlier: list[str]
    starts: tuple[object, ...]
    logs: list[int | None]


def facts(known: History | None) -> Facts:
    assert known is not None
    figures = known.figures
    return Facts(
        (known.date, known.list_id, known.project, known.root, known.first_time, known.oldest_mail, known.known_since),
        [posting.id for posting in known.recent(0)],
        (figures.series, figures.burst(7, 99), figures.burst(30, 50), figures.first_series()),
        [figures.log_lines(changed, 99) for changed in (1, 5, 50, 200)],
    )


def test_rows_tell_the_same_as_mails_at_hand(any_db: Database) -> None:
    store(any_db, *year(), *anna(-200, -199, 0))
    with any_db.reading() as conn:
        at_hand = facts(recalled(conn, "a2@example.org"))
    triage(any_db, choose)
    with any_db.writing() as conn:
        mark_senders(conn, {"anna@example.org"})
    with any_db.reading() as conn:
        near = pending_neighbourhood(conn)
        assert near is not None
        assert len(near.messages) == 3
        assert facts(recalled(conn, "a2@example.org")) == at_hand
    assert at_hand.starts == (
        212,
        1,
        1,
        tuple(range(101, 219)),
    )
    assert at_hand.logs[3] == 8


def test_figures_leave_out_revisions_and_copies_for_stable_trees(db: Database) -> None:
    at = START - timedelta(days=40)
    again = patch(
        "v2", Person("", "p5@example.com"), at, prefix=Subject(title="foo: fix y5", is_patch=True, revision=2)
    )
    copy = patch("s0", BERT, at, prefix=Subject(title="foo: fix s0", is_patch=True, tags=("5.10.y",)))
    store(db, *year(), again, copy, *anna(0))
    for _ in ("at hand", "stored"):
        with db.writing() as conn:
            mark_senders(conn, {"anna@example.org"})
        with db.reading() as conn:
            known = recalled(conn, "a0@example.org")
        assert known is not None
        assert known.figures.series == 210
        triage(db, choose)


def test_what_came_later_changes_nothing(db: Database) -> None:
    store(db, *year(), *anna(-3, 0))
    triage(db, choose)
    with db.writing() as conn:
        mark_all(conn)
    with db.reading() as conn:
        before = facts(recalled(conn, "a1@example.org"))
    later = [replace(one, date=START + timedelta(days=n)) for n, one in enumerate(year(5))]
    later = [replace(one, message_id=f"l{n}@example.org", blob=f"{n:040x}") for n, one in enumerate(later)]
    store(db, *later, patch("b9", ANNA, START + timedelta(hours=1)), location="/later")
    with db.writing() as conn:
        mark_all(conn)
    with db.reading() as conn:
        assert facts(recalled(conn, "a1@example.org")) == before


def verdicts(db: Database) -> dict[str, object]:
    with db.reading() as conn:
        ids = conn.execute(text("select id from series order by id")).scalars().all()
        return {one: load_series(conn, one)[1] for one in ids}


def test_judging_a_part_again_gives_the_same_verdicts(db: Database) -> None:
    store(db, *year(), *anna(-400, -2, -1, 0), patch("big", BERT, START, lines=900, log=90))
    triage(db, choose)
    first = verdicts(db)
    found = {finding.rule for verdict in first.values() for finding in verdict.findings}  # type: ignore[attr-defined]
    assert found == {"submission-burst", "large-first-series"}
    for who in ("anna@example.org", "bert@example.com"):
        with db.writing() as conn:
            mark_senders(conn, {who})
        triage(db, choose)
        assert verdicts(db) == first


def test_a_reply_makes_its_sender_known(any_db: Database) -> None:
    asks = replace(
        make_message("r", parents=["y3"], sender=BERT, author=BERT, date=START - timedelta(days=10)),
        kind=MessageKind.REPLY,
        prefix=Subject(title="x", is_reply=True),
        has_diff=False,
    )
    store(any_db, *year(), asks, patch("b0", BERT, START), patch("c0", ANNA, START))
    with any_db.reading() as conn:
        bert, other = recalled(conn, "b0@example.org"), recalled(conn, "c0@example.org")
    assert bert is not None
    assert other is not None
    assert (bert.first_time, other.first_time) == (False, True)
    assert bert.oldest_mail == START - timedelta(days=10)


def test_another_address_in_the_posting_is_the_same_submitter(any_db: Database) -> None:
    home = Person("Bert Example", "bert@home.example.org")
    old = patch("h0", home, START - timedelta(days=3), lines=7)
    one = patch("n1", BERT, START, prefix=Subject(title="n1", is_patch=True, position=1, total=2))
    two = patch(
        "n2",
        home,
        START,
        in_reply_to=("n1@example.org",),
        prefix=Subject(title="n2", is_patch=True, position=2, total=2),
    )
    store(any_db, *year(), old, one, two)
    with any_db.reading() as conn:
        at_hand = recalled(conn, "n1@example.org")
    triage(any_db, choose)
    with any_db.writing() as conn:
        mark_senders(conn, {"bert@example.com"})
    with any_db.reading() as conn:
        stored = recalled(conn, "n1@example.org")
    assert at_hand is not None
    assert stored is not None
    for known in (at_hand, stored):
        assert [(p.id, p.added, p.subject) for p in known.recent(0)] == [("h0@example.org", 7, "[PATCH] foo: fix h0")]


def test_a_name_that_is_known_with_another_address_may_be_the_same_person(any_db: Database) -> None:
    store(any_db, *year(), patch("h0", Person("Bert Example", "bert@home.example.org"), START - timedelta(days=30)))
    triage(any_db, choose)
    store(any_db, patch("n0", BERT, START), location="/later")
    with any_db.reading() as conn:
        known = recalled(conn, "n0@example.org")
    assert known is not None
    assert (known.known_else, known.first_time) == (True, None)


def test_a_list_that_is_known_for_less_than_90_days_tells_nobody_new(db: Database) -> None:
    store(db, *[patch(f"y{n}", Person("", f"p{n}@example.com"), START - timedelta(days=n)) for n in range(80)])
    with db.reading() as conn:
        known = recalled(conn, "y0@example.org")
    assert known is not None
    assert known.first_time is None


def test_a_few_wrong_clocks_do_not_make_a_database_old(db: Database) -> None:
    young = [patch(f"y{n}", Person("", f"p{n}@example.com"), START - timedelta(days=n)) for n in range(80)]
    wrong = [patch(f"w{n}", Person("", f"w{n}@example.com"), datetime(2000, 1, 1, tzinfo=START.tzinfo)) for n in "ab"]
    store(db, *young, *wrong)
    with db.reading() as conn:
        known = recalled(conn, "y0@example.org")
    assert known is not None
    assert known.first_time is None


def test_series_of_others_and_without_a_date_have_no_history(db: Database) -> None:
    store(
        db,
        *anna(0),
        patch("u", BERT, START, in_reply_to=("a0@example.org",)),
        replace(patch("d", ANNA, START), date=None),
    )
    with db.writing() as conn:
        mark_senders(conn, {"anna@example.org"})
        conn.execute(text("delete from pending"))
    with db.reading() as conn:
        assert recalled(conn, "u@example.org") is None
        assert recalled(conn, "d@example.org") is None
        assert recalled(conn, "a0@example.org") is not None


def test_nothing_is_left_behind(any_db: Database) -> None:
    store(any_db, *anna(0))
    with any_db.reading() as conn:
        for _ in range(2):
            recalled(conn, "a0@example.org")
        assert "replaced" not in inspect(conn).get_temp_table_names()


# --- base rates ------------------------------------------------------------------------------------------------


def rate_of(db: Database, wanted: str, rule: str) -> tuple[int, int, str, bool]:
    with db.reading() as conn:
        found = base_rate(conn, load_series(conn, wanted)[0], rule)
    assert found is not None
    return found.having, found.series, found.among, found.enough


def large(names: Iterable[str], at: datetime) -> list[Message]:
    return [
        patch(name, Person(f"Large {name}", f"{name}@example.net"), at - timedelta(days=n), lines=600)
        for n, name in enumerate(names)
    ]


def test_a_base_rate_counts_first_series_only_where_that_is_the_question(any_db: Database) -> None:
    store(any_db, *year(), *anna(-2, -1), *large(["l0", "l1", "l2"], START))
    triage(any_db, choose)
    # 118 people came after the first 90 days of the list, then Anna and three more.
    assert rate_of(any_db, "l0@example.org", "large-first-series") == (
        3,
        122,
        "first series",
        True,
    )
    with any_db.reading() as conn:
        one, verdict = load_series(conn, "l0@example.org")
        shown = [finding.base_rate for finding in with_base_rates(conn, one, verdict).findings]
    assert [None if rate is None else rate.having for rate in shown] == [3]


def test_a_base_rate_ends_with_the_series_that_is_shown(db: Database) -> None:
    store(db, *year(), *large(["l0", "l1", "l2"], START))
    triage(db, choose)
    assert rate_of(db, "l2@example.org", "large-first-series")[0] == 1


def test_a_base_rate_leaves_out_what_was_not_looked_at_and_other_policies(db: Database) -> None:
    store(db, *year(), *large(["l0"], START))
    triage(db, choose)
    with db.writing() as conn:
        conn.execute(text("update series set policy_version = 'x' where id in ('y0@example.org', 'y1@example.org')"))
        conn.execute(text("insert into skipped values ('y2@example.org', 99, 'large-first-series', 'why')"))
    assert rate_of(db, "l0@example.org", "large-first-series") == (1, 116, "first series", True)


@pytest.mark.parametrize(("others", "enough"), [(48, False), (49, True)])
def test_under_50_series_there_is_nothing_to_compare(db: Database, others: int, enough: bool) -> None:
    people = [Person("", f"q{n}@example.com") for n in range(others)]
    store(db, *[patch(f"q{n}", who, START - timedelta(days=n)) for n, who in enumerate(people)], *anna(0))
    triage(db, choose)
    assert rate_of(db, "a0@example.org", "long-message-for-diff") == (0, 0, "series", False)
    with db.writing() as conn:
        conn.execute(text("delete from skipped"))
    assert rate_of(db, "a0@example.org", "long-message-for-diff") == (0, others + 1, "series", enough)


def test_a_heuristic_finding_is_shown_with_its_base_rate_and_a_fact_without(db: Database) -> None:
    store(db, *year(), *anna(-2, -1, 0), *large(["l0"], START))
    triage(db, choose)
    with db.reading() as conn:
        told = {}
        for wanted in ("l0@example.org", "a2@example.org"):
            one, verdict = load_series(conn, wanted)
            shown = with_base_rates(conn, one, verdict)
            (value,) = json.loads(json.dumps(series_value(one, shown)))["findings"]
            told[wanted] = (value.get("base_rate"), "\n".join(show_lines(one, shown, Style())))
    rate, text_of = told["l0@example.org"]
    since = "2026-05-07T10:00:00Z"  # 90 days after the third mail of the list
    assert rate == {"list": "list.example.org", "series": 120, "with": 1, "since": since, "among": "first series"}
    assert "1 of 120 first series on this list carry this (since 2026-" in text_of
    rate, text_of = told["a2@example.org"]
    assert rate is None
    assert "3 series in 7 days" in text_of
    assert "carry this" not in text_of
