# SPDX-License-Identifier: GPL-2.0-or-later
"""Series and verdicts: what triage takes and gives, and what lists and `show` read."""

import pytest
from sqlalchemy import select

from builders_store import (
    ANNA,
    BERT,
    added,
    dump,
    later,
    make_full_message,
    make_full_verdict,
    make_identity,
    make_link,
    make_message,
    make_series,
    make_verdict,
    store,
)
from patchwatch.errors import InputError
from patchwatch.model.followup import Line, NotCarried, Party, Waits
from patchwatch.model.mail import MessageKind, Person
from patchwatch.model.series import Series, State
from patchwatch.model.verdict import Outcome, Verdict
from patchwatch.store import schema
from patchwatch.store.database import Database
from patchwatch.store.read import blob_of, list_series, resolve_series
from patchwatch.store.read_series import load_series
from patchwatch.store.schema import metadata
from patchwatch.store.triage_rows import Neighbourhood, mark_all, pending_neighbourhood, replace_series
from patchwatch.store.views import VIEWS


def neighbourhood(db: Database) -> Neighbourhood:
    with db.writing() as conn:
        near = pending_neighbourhood(conn)
    assert near is not None
    return near


def judge(db: Database, *judged: tuple[Series, Verdict]) -> None:
    with db.writing() as conn:
        near = pending_neighbourhood(conn)
        assert near is not None
        replace_series(conn, near, judged)


def full_series() -> Series:
    cover = make_message("cover", kind=MessageKind.COVER, has_diff=False, disclosures=(make_identity(),))
    patches = [make_full_message("one"), make_message("two", sender=BERT)]
    return make_series(
        patches,
        id=cover.message_id,
        author=BERT,
        revision=3,
        revision_inferred=False,
        expected=4,
        cover=cover,
        missing=(3, 4),
        followups=(make_message("reply", parents=["cover"], kind=MessageKind.REPLY, sender=BERT, date=later(9)),),
        foreign=(make_message("foreign", parents=["cover"], sender=BERT, date=None),),
        label="rfc",
        tags=("net-next", "v5.10"),
        state=State.SUPERSEDED,
        superseded_by="v4@example.org",
        earlier=(make_link(1, "v1@example.org"), make_link(2, "v2@example.org")),
        notes=("a note", "and another"),
        waits=Waits(
            party=Party.NOBODY, since=later(20), message_id="v4@example.org", where=Line(3, "Why?"), question=True
        ),
        not_carried=(NotCarried(revision=2, message_id="r@example.org", key="Acked-by", value="B <b@example.com>"),),
    )


def store_full(db: Database) -> tuple[Series, Verdict]:
    series = full_series()
    verdict = make_full_verdict(series)
    store(db, *series.messages, *series.followups, *series.foreign)
    judge(db, (series, verdict))
    return series, verdict


def series_tables(db: Database) -> list[list[tuple[object, ...]]]:
    names = ("series", "series_message", "revision_link", "patch_size", "patch_role", "finding", "evidence")
    tables = [metadata.tables[name] for name in (*names, "skipped", "question", "waits", "not_carried")]
    with db.reading() as conn:
        return [[tuple(row) for row in conn.execute(select(t).order_by(*t.primary_key.columns))] for t in tables]


def test_a_series_and_its_verdict_come_back_equal(any_db: Database) -> None:
    series, verdict = store_full(any_db)
    with any_db.reading() as conn:
        assert load_series(conn, series.id) == (series, verdict)


def test_storing_an_unchanged_series_again_gives_identical_rows(any_db: Database) -> None:
    judged = store_full(any_db)
    before = series_tables(any_db)
    assert all(before)
    with any_db.writing() as conn:
        mark_all(conn)
    judge(any_db, judged)
    assert series_tables(any_db) == before


def test_a_list_shows_the_summary(any_db: Database) -> None:
    series, _ = store_full(any_db)
    with any_db.reading() as conn:
        assert list_series(conn) == []  # it is superseded
        (row,) = list_series(conn, latest_only=False)
    assert (row.id, row.subject, row.author_email, row.posted_at) == (
        series.id,
        series.subject,
        BERT.email,
        series.date,
    )
    assert (row.expected, row.found, row.patches, row.complete) == (4, 2, 2, False)
    assert (row.revision, row.root, row.previous_id, row.latest) == (3, "v1@example.org", "v2@example.org", False)
    assert (row.added_tests, row.removed_tests, row.added_code) == (5, 4, 0)
    assert (row.disclosed, row.agents) == (True, ("Robot",))
    assert (row.last_name, row.last_at) == (BERT.name, later(9))
    assert (row.outcome, row.rules, row.policy_id) == (Outcome.ASK, ("undisclosed-ai",), "test")


def test_a_reviewers_own_disclosure_is_not_that_of_the_series(db: Database) -> None:
    patch = make_message("a")
    reply = make_message("r", parents=["a"], kind=MessageKind.REPLY, sender=BERT, disclosures=(make_identity(),))
    store(db, patch, reply)
    series = make_series([patch], followups=(reply,))
    judge(db, (series, make_verdict(series)))
    with db.reading() as conn:
        assert list_series(conn)[0].disclosed is False


def test_lists_are_newest_first_with_undated_ones_last(any_db: Database) -> None:
    dates = {"b": later(1), "a": later(1), "new": later(5), "undated": None}
    mails = [make_message(name, date=date) for name, date in dates.items()]
    store(any_db, *mails)
    judge(any_db, *((found, make_verdict(found)) for found in (make_series([mail]) for mail in mails)))
    with any_db.reading() as conn:
        names = [row.id.partition("@")[0] for row in list_series(conn)]
        assert names == ["new", "a", "b", "undated"]
        assert [row.id for row in list_series(conn, limit=1)] == ["new@example.org"]
        assert list_series(conn, outcome=Outcome.DECLINE) == []


def test_nothing_is_pending_in_an_empty_or_finished_database(any_db: Database) -> None:
    with any_db.writing() as conn:
        assert pending_neighbourhood(conn) is None
    mail = make_message("a")
    store(any_db, mail)
    judge(any_db, (make_series([mail]), make_verdict(make_series([mail]))))
    with any_db.writing() as conn:
        assert pending_neighbourhood(conn) is None


def test_the_neighbourhood_holds_all_threads_of_the_people_concerned_and_no_others(any_db: Database) -> None:
    old = make_message("old", sender=Person("A", "anna@EXAMPLE.org"))
    answer = make_message("answer", parents=["old"], kind=MessageKind.REPLY, sender=BERT)
    other = make_message("other", sender=BERT)
    writer = store(any_db, old, answer, other)
    judge(any_db, *((found, make_verdict(found)) for found in map(make_series, ([old], [other]))))
    new = make_message("new")
    with writer.batch() as batch:
        batch.add(*added(3, new))
    near = neighbourhood(any_db)
    assert near.senders == {ANNA.email.lower()}
    assert near.messages == (old, answer, new)
    assert sorted(near.rows) == sorted(mail.blob for mail in near.messages)


def test_replacing_leaves_the_series_of_others_alone(db: Database) -> None:
    anna, bert = make_message("anna"), make_message("bert", sender=BERT)
    store(db, anna, bert)
    judged = [(found, make_verdict(found)) for found in map(make_series, ([anna], [bert]))]
    judge(db, *judged)
    with db.writing() as conn:
        conn.execute(schema.pending.insert().from_select(["thread"], select(schema.msgid.c.thread).limit(1)))
    judge(db, *judged[1:])  # Bert's is not to be replaced, Anna has none any more
    with db.reading() as conn:
        assert [row.id for row in list_series(conn)] == ["bert@example.org"]


def test_of_two_series_with_one_id_the_first_is_kept(db: Database) -> None:
    one, two = make_message("a"), make_message("a", text="other", subject="[PATCH] other")
    store(db, one, two)
    judge(db, *((found, make_verdict(found)) for found in (make_series([one]), make_series([two]))))
    with db.reading() as conn:
        assert load_series(conn, "a@example.org")[0].head == one


@pytest.mark.parametrize(
    "text",
    [
        "cover@example.org",
        "<cover@example.org>",
        " cover@example.org\n",
        "cov",
        "one@example.org",
        "other@example.org",
        "<reply@example.org>",
        "https://lore.example.org/list/cover@example.org/",
        "https://lore.example.org/list/cover%40example.org/T/#u",
        "https://lore.example.org/r/reply@example.org",
    ],
)
def test_a_series_is_found_by_what_people_paste(any_db: Database, text: str) -> None:
    store_full(any_db)
    with any_db.reading() as conn:
        assert resolve_series(conn, text) == "cover@example.org"


@pytest.mark.parametrize("text", ["nobody@example.org", "", "<>", "https://x/", "%", "_over", "https://[", "\udcff\0"])
def test_what_names_no_series_is_an_input_error(any_db: Database, text: str) -> None:
    store_full(any_db)
    with any_db.reading() as conn, pytest.raises(InputError, match="no series"):
        resolve_series(conn, text)


def test_an_ambiguous_prefix_lists_what_fits(db: Database) -> None:
    mails = [make_message("aa1"), make_message("aa2")]
    store(db, *mails)
    judge(db, *((found, make_verdict(found)) for found in (make_series([mail]) for mail in mails)))
    with db.reading() as conn, pytest.raises(InputError, match=r"(?s)several series fit aa:.*aa1@.*aa2@"):
        resolve_series(conn, "aa")


def test_an_unknown_series_or_mail_is_said_to_be_unknown(db: Database) -> None:
    with db.reading() as conn:
        assert blob_of(conn, "nobody@example.org") == []
        with pytest.raises(InputError, match="no series"):
            load_series(conn, "nobody@example.org")


def test_a_mail_is_found_by_a_further_message_id(db: Database) -> None:
    store_full(db)
    with db.reading() as conn:
        (place,) = blob_of(conn, "third@example.org")
    assert (place.blob, place.kind, place.location) == (make_full_message("one").blob, "public-inbox", "/archive")


def test_views_have_the_documented_columns_and_rows(any_db: Database) -> None:
    store_full(any_db)
    with any_db.reading() as conn:
        for view in VIEWS:
            result = conn.exec_driver_sql(f"SELECT * FROM {view.name}")  # noqa: S608  # our own name
            assert list(result.keys()) == list(view.columns), view.name
            assert all(view.columns.values())
            # This series is superseded, its former revisions are unknown, and nobody has drafted anything.
            assert result.fetchall() or view.name in ("v_waiting", "v_revision", "v_draft"), view.name


def test_views_answer_questions_of_reviewers_alike_on_both_engines(any_db: Database) -> None:
    store_full(any_db)

    def ask(query: str) -> list[tuple[object, ...]]:
        with any_db.reading() as conn:
            return [tuple(row) for row in conn.exec_driver_sql(query)]

    assert ask("select day, week from v_series where not complete and disclosed") == [("2038-02-01", "2038-W05")]
    assert ask("select position, added, added_tests from v_patch order by position") == [(1, 6, 5), (2, None, None)]
    assert ask("select path, role from v_file where not latest order by path") == [
        ("a/b.c", "tests"),
        ("logo.png", "build"),
    ]
    assert ask("select in_reply_to from v_message where message_id = 'reply@example.org'") == [("cover@example.org",)]
    assert ask("select count(*) from v_finding where not waived and effect = 'ask'") == [(1,)]
    assert ask("select kind, count(*) from v_disclosure group by kind order by kind") == [
        ("identity", 2),
        ("trailer", 1),
    ]
    assert ask("select key from v_trailer where not from_reply order by line") == [("acked-by",), ("Signed-off-by",)]


def test_threads_that_join_take_their_series_along(db: Database) -> None:
    mails = [make_message("a"), make_message("b", sender=BERT)]
    writer = store(db, *mails)
    judge(db, *((found, make_verdict(found)) for found in (make_series([mail]) for mail in mails)))
    bridge = make_message("bridge", parents=["a", "b"], kind=MessageKind.REPLY, sender=Person("", "c@example.com"))
    with writer.batch() as batch:
        batch.add(*added(2, bridge))
    near = neighbourhood(db)
    assert near.senders == {ANNA.email.lower(), BERT.email.lower()}
    assert set(near.messages) == {*mails, bridge}
    assert dump(db)["threads"] == [("a@example.org", "b@example.org", "bridge@example.org")]
