# SPDX-License-Identifier: GPL-2.0-or-later
"""Storing what an archive tells: deletes, repeats, rewrites, threads, and runs that were killed."""

import shutil
from contextlib import suppress
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from builders_store import (
    ANNA,
    added,
    blob_of_name,
    deleted,
    dump,
    make_full_message,
    make_message,
    make_series,
    make_verdict,
    reached,
    rewritten,
    store,
    tell,
)
from patchwatch.errors import DatabaseError
from patchwatch.model.mail import Message, Person
from patchwatch.model.source import Cursor, Unreadable
from patchwatch.store import schema
from patchwatch.store.database import Database, open_database
from patchwatch.store.load import load_messages
from patchwatch.store.read import blob_of, list_unreadable
from patchwatch.store.triage_rows import pending_neighbourhood, replace_series
from patchwatch.store.writer import Counts, Writer


def stored(db: Database) -> list[Message]:
    with db.reading() as conn:
        return list(load_messages(conn, select(schema.message.c.id)).values())


def subjects(db: Database) -> set[str]:
    return {message.message_id.partition("@")[0] for message in stored(db)}


def test_a_message_comes_back_equal(any_db: Database) -> None:
    messages = [make_full_message("full"), make_message("plain"), make_message("undated", date=None)]
    store(any_db, *messages)
    assert stored(any_db) == messages


def test_text_that_no_database_takes_is_replaced_and_stops_nothing(any_db: Database) -> None:
    bad = make_message("bad", subject="a\udcffb", in_reply_to=("x\udcff@example.org",), sender=Person("\udc80", "a@b"))
    huge = make_message("huge", prose_lines=1 << 70)
    store(any_db, bad, huge)
    first, second = stored(any_db)
    assert "\ufffd" in first.subject
    assert first.in_reply_to[0].endswith("@example.org")
    assert second.prose_lines == (1 << 63) - 1


def test_the_longest_message_ids_and_addresses_fit_all_indexes(any_db: Database) -> None:
    wild = "".join(chr(0x10000 + n * 7) for n in range(998))
    tame = "".join(chr(33 + n * n % 90) for n in range(998))
    store(any_db, *(make_message("a", text=i, message_id=i, sender=Person("", i * 20)) for i in (wild, tame)))
    first, second = stored(any_db)
    assert wild.startswith(first.message_id)
    assert second.message_id == tame


def test_nul_is_kept_by_sqlite_and_replaced_for_postgresql(any_db: Database) -> None:
    store(any_db, make_message("nul", subject="a\0b"))
    assert stored(any_db)[0].subject in ("a\0b", "a\ufffdb")


def test_cursor_and_counts_tell_what_was_stored(any_db: Database) -> None:
    writer = store(any_db, make_message("a"), make_message("b"))
    tell(writer, deleted(2, make_message("a")), added(3, make_message("b")), reached(4))
    assert writer.counts == Counts(new=2, known=1, deleted=1, forgotten=1)
    assert Writer(any_db, "public-inbox", "/archive").cursor() == Cursor(tips=(("0", "t4"),), counts=(("0", 4),))
    assert Writer(any_db, "public-inbox", "/other").cursor() == Cursor()


def test_an_exception_in_a_batch_stores_nothing(db: Database) -> None:
    writer = Writer(db, "public-inbox", "/archive")
    with suppress(ZeroDivisionError), writer.batch() as batch:
        batch.add(*added(0, make_message("a")))
        raise ZeroDivisionError
    assert stored(db) == []
    assert writer.counts == Counts()


def test_a_delete_forgets_the_mail_and_all_that_hangs_on_it(any_db: Database) -> None:
    writer = store(any_db, make_full_message("full"), make_message("b"))
    tell(writer, deleted(2, make_full_message("full")), reached(3))
    assert subjects(any_db) == {"b"}
    content = dump(any_db)
    for name in ("reference", "alias", "trailer", "file", "disclosure", "defect"):
        assert content[name] == []
    assert content["threads"] == [("b@example.org",)]


def test_a_delete_of_an_unknown_mail_holds_for_an_older_epoch_read_later(db: Database) -> None:
    writer = Writer(db, "public-inbox", "/archive")
    tell(writer, deleted(0, make_message("a"), epoch="10"), reached(1, "10"))
    tell(writer, added(0, make_message("a"), epoch="9"), added(1, make_message("b"), epoch="9"), reached(2, "9"))
    assert subjects(db) == {"b"}
    assert writer.counts.new == 1


def test_a_mail_added_after_its_delete_is_live_again(db: Database) -> None:
    a = make_message("a")
    writer = Writer(db, "public-inbox", "/archive")
    tell(writer, added(0, a), deleted(1, a))
    assert stored(db) == []
    tell(writer, added(2, a))
    assert stored(db) == [a]
    tell(writer, deleted(0, a, epoch="1"))
    assert stored(db) == []


def test_a_mail_of_two_archives_goes_with_the_last_of_them(db: Database) -> None:
    a = make_message("a")
    one, two = store(db, a, location="/one"), store(db, a, location="/two")
    assert two.counts == Counts(known=1)
    with db.reading() as conn:
        assert [place.location for place in blob_of(conn, a.message_id)] == ["/one", "/two"]
    tell(one, deleted(1, a))
    assert stored(db) == [a]
    with db.reading() as conn:
        assert [(place.blob, place.location) for place in blob_of(conn, a.message_id)] == [(a.blob, "/two")]
    tell(two, deleted(1, a))
    assert stored(db) == []


def test_two_mails_with_one_message_id_both_stay(db: Database) -> None:
    store(db, make_message("a"), make_message("a", text="other"))
    assert [message.message_id for message in stored(db)] == ["a@example.org"] * 2


def test_a_rewritten_epoch_forgets_what_it_no_longer_holds(db: Database) -> None:
    a, b, c = make_message("a"), make_message("b"), make_message("c")
    edited = make_message("b", text="edited")
    writer = store(db, a, b, c)
    ids = dump_ids(db)
    tell(writer, rewritten(), added(0, a))
    assert Writer(db, "public-inbox", "/archive").cursor() == Cursor()
    tell(writer, added(1, edited))
    tell(writer, reached(3, tip="u"))
    assert {message.blob for message in stored(db)} == {a.blob, edited.blob}
    assert dump_ids(db)[a.blob] == ids[a.blob]
    assert writer.cursor() == Cursor(tips=(("0", "u3"),), counts=(("0", 3),))


def test_an_event_that_vanished_between_two_batches_of_a_rewrite_is_forgotten(db: Database) -> None:
    mails = [make_message(name) for name in "abcd"]
    writer = store(db, *mails)
    tell(writer, rewritten(), added(0, mails[0]), added(1, mails[1]))
    tell(writer, added(3, mails[3]), reached(4))
    assert subjects(db) == {"a", "b", "d"}


def test_a_rewrite_leaves_deletes_of_other_epochs_in_force(db: Database) -> None:
    a, b = make_message("a"), make_message("b")
    writer = store(db, a, b)
    tell(writer, deleted(0, a, epoch="1"), reached(1, "1"))
    tell(writer, rewritten(), added(0, a), added(1, b), reached(2))
    assert subjects(db) == {"b"}


def dump_ids(db: Database) -> dict[str, int]:
    with db.reading() as conn:
        return dict(conn.execute(select(schema.message.c.blob, schema.message.c.id)).all())


def test_a_killed_run_is_repeated_without_a_trace(tmp_path: Path, db: Database) -> None:
    mails = [make_message(name, parents=["root"]) for name in "abcdef"]
    half = Writer(db, "public-inbox", "/archive", "test")
    tell(half, *(added(n, mail) for n, mail in enumerate(mails[:4])))  # killed before `reached`
    again = Writer(db, "public-inbox", "/archive", "test")
    assert again.cursor() == Cursor()
    tell(again, *(added(n, mail) for n, mail in enumerate(mails[:2])))
    tell(again, *(added(n, mail) for n, mail in enumerate(mails[2:], 2)), reached(6))
    assert again.counts == Counts(new=2, known=4)
    with open_database(str(tmp_path / "straight.db"), create=True) as straight:
        store(straight, *mails)
        assert dump(db) == dump(straight)


def test_a_killed_run_followed_by_a_rewrite_keeps_only_the_new_history(db: Database) -> None:
    mails = [make_message(name) for name in "abc"]
    tell(Writer(db, "public-inbox", "/archive"), *(added(n, mail) for n, mail in enumerate(mails)))
    tell(Writer(db, "public-inbox", "/archive"), added(0, mails[2]), reached(1))
    assert subjects(db) == {"c"}


def test_telling_everything_again_changes_nothing(db: Database) -> None:
    mails = [make_message(name) for name in "abc"]
    store(db, *mails)
    before = dump(db)
    with db.writing() as conn:
        conn.execute(text("DELETE FROM pending"))
    assert store(db, *mails).counts == Counts(known=3)
    assert dump(db) == before | {"pending": []}


def test_a_second_run_at_the_same_time_is_refused(db: Database) -> None:
    first, second = Writer(db, "public-inbox", "/archive"), Writer(db, "public-inbox", "/archive")
    tell(first, added(0, make_message("a")), reached(1))
    with pytest.raises(DatabaseError, match="another run"):
        tell(second, added(0, make_message("b")), reached(1))
    assert subjects(db) == {"a"}


def test_unreadable_things_are_remembered_once_and_go_with_a_rewrite(db: Database) -> None:
    writer = Writer(db, "public-inbox", "/archive")
    odd = Unreadable(epoch="0", origin="git/0.git:abc", reason="empty")
    tell(writer, (odd, None), (replace(odd, reason="a symlink"), None))
    tell(writer, (odd, None))
    with db.reading() as conn:
        assert [(row.location, row.reason) for row in list_unreadable(conn)] == [("/archive", "empty")]
    tell(writer, rewritten())
    with db.reading() as conn:
        assert list_unreadable(conn) == []


CHAIN = [
    make_message("reply1", parents=["lost"]),
    make_message("reply2", parents=["lost"]),
    make_message("deep", references=("reply1@example.org", "unseen@example.org")),
    make_message("twin", aliases=("unseen@example.org",)),
    make_message("alone"),
]


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_threads_do_not_depend_on_the_order_of_arrival(db: Database, order: tuple[int, ...]) -> None:
    writer = Writer(db, "public-inbox", "/archive")
    for position, which in enumerate(order):
        tell(writer, added(position, CHAIN[which]))
    thread = ("deep", "lost", "reply1", "reply2", "twin", "unseen")
    expected = [("alone@example.org",), tuple(f"{name}@example.org" for name in thread)]
    content = dump(db)
    assert content["threads"] == expected
    assert content["pending"] == expected


def test_a_thread_splits_when_the_mail_that_held_it_goes(db: Database) -> None:
    writer = store(db, *CHAIN)
    tell(writer, deleted(5, CHAIN[2]), reached(6))
    content = dump(db)
    assert content["threads"] == [
        ("alone@example.org",),
        ("lost@example.org", "reply1@example.org", "reply2@example.org"),
        ("twin@example.org", "unseen@example.org"),
    ]
    assert content["pending"] == content["threads"]


def test_forgetting_takes_the_quotes_and_marks_the_persons_other_series(any_db: Database) -> None:
    one, two = make_message("one"), make_message("two")
    writer = store(any_db, one, two)
    with any_db.writing() as conn:
        near = pending_neighbourhood(conn)
        assert near is not None
        replace_series(conn, near, [(found, make_verdict(found)) for found in map(make_series, ([one], [two]))])
    tell(writer, deleted(2, one), reached(3))
    with any_db.writing() as conn:
        assert conn.execute(select(schema.series.c.id)).scalars().all() == [two.message_id]
        near = pending_neighbourhood(conn)
        assert near is not None
        assert near.senders == {ANNA.email.lower()}
        assert near.messages == (two,)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_split_into_batches_gives_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, data: st.DataObject
) -> None:
    names = st.sampled_from("abcdef")
    step = st.tuples(st.sampled_from("aad"), names, st.lists(names, max_size=2))
    steps = data.draw(st.lists(step, min_size=1, max_size=14))
    cuts = data.draw(st.sets(st.integers(1, len(steps))))
    mails = {name: make_message(name) for name in "abcdef"}
    for op, name, parents in steps:
        if op == "a" and mails[name].in_reply_to == ():
            mails[name] = replace(mails[name], references=tuple(f"{parent}@example.org" for parent in parents))
    log = [added(n, mails[name]) if op == "a" else deleted(n, mails[name]) for n, (op, name, _) in enumerate(steps)]
    folder = tmp_path_factory.mktemp("split")
    paths = [shutil.copy(empty_database, f"{folder}/{name}") for name in ("one.db", "many.db")]
    with open_database(paths[0]) as one, open_database(paths[1]) as many:
        tell(Writer(one, "public-inbox", "/archive"), *log, reached(len(log)))
        start = 0
        for cut in sorted(cuts | {len(steps)}):
            tell(Writer(many, "public-inbox", "/archive"), *log[start:cut], reached(cut))
            start = cut
        left, right = dump(one), dump(many)
        # What was stored for a while stays marked, which costs a look and changes nothing.
        assert set(left.pop("pending")) <= set(right.pop("pending"))
        left.pop("pending_sender")
        right.pop("pending_sender")
        assert left == right
        assert {message.blob for message in stored(one)} == live_by_definition(steps)


def live_by_definition(steps: list[tuple[str, str, list[str]]]) -> set[str]:
    last = {name: op for op, name, _ in steps}
    return {blob_of_name(name) for name, op in last.items() if op == "a"}
