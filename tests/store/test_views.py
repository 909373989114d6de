# SPDX-License-Identifier: GPL-2.0-or-later
"""What views compute: the same on both engines."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text

from builders_store import BERT, START, later, make_link, make_message, make_series, make_verdict, store
from patchwatch.model.diff import FileChange
from patchwatch.model.followup import Line, Party, Waits
from patchwatch.model.mail import Message, Place, Trailer
from patchwatch.model.series import Series, State
from patchwatch.model.verdict import Effect, Evidence, Finding, Level, Part, Verdict
from patchwatch.store.database import Database
from patchwatch.store.schema import draft
from patchwatch.store.triage_rows import pending_neighbourhood, replace_series
from patchwatch.store.view import address_in, area_of

QUOTE = Evidence(message_id="two@example.org", part=Part.COMMIT_LOG, line=4, quote="No name here")


def ask(db: Database, query: str) -> list[tuple[object, ...]]:
    with db.reading() as conn:
        return [tuple(row) for row in conn.exec_driver_sql(query)]


def fill(db: Database, *judged: tuple[Series, Verdict]) -> None:
    store(db, *(message for series, _ in judged for message in series.messages))
    with db.writing() as conn:
        near = pending_neighbourhood(conn)
        assert near is not None
        replace_series(conn, near, judged)


def found(rule: str, effect: Effect, *evidence: Evidence) -> Finding:
    return Finding(rule=rule, level=Level.FACT, effect=effect, message="m", evidence=evidence, clause="c")


def patch(name: str, *paths: str, minutes: int = 0, added: int = 3) -> Message:
    files = tuple(FileChange(path=path, added=added, code_added=added) for path in paths)
    return make_message(name, files=files, date=later(minutes))


def two_revisions(db: Database) -> None:
    """Store v1, which asks for two things, and v2, which asks for one and swaps a file."""
    one = make_series([patch("one", "a/b.c", "a/old.c")], state=State.SUPERSEDED, superseded_by="two@example.org")
    two = make_series(
        [patch("two", "a/b.c", "a/new.c", "a/more.c", minutes=60, added=5)],
        revision=2,
        earlier=(make_link(1, one.id),),
        waits=Waits(
            party=Party.AUTHOR, since=later(90), message_id="q@example.org", where=Line(3, "Why?"), question=True
        ),
    )
    asks = [found("zero", Effect.ASK), found("alpha", Effect.DECLINE), found("alpha", Effect.DECLINE)]
    before = make_verdict(one, findings=(*asks, found("quiet", Effect.NONE)))
    fill(db, (one, before), (two, make_verdict(two, findings=(found("zero", Effect.ASK, QUOTE, QUOTE),))))


def test_a_pair_of_revisions_tells_what_changed_in_rules_sizes_and_files(any_db: Database) -> None:
    two_revisions(any_db)
    query = (
        "select revision, previous_revision, rules_before, rules_after, code_before, code_after, files_added,"
        " files_dropped from v_revision"
    )
    assert ask(any_db, query) == [(2, 1, "alpha,zero", "zero", 6, 15, 2, 1)]


def test_an_author_counts_works_not_revisions_and_no_disclosure(any_db: Database) -> None:
    two_revisions(any_db)
    (row,) = ask(any_db, "select author_email, name, series, open_questions, merged, first_at, last_at from v_author")
    assert row == ("anna@example.org", "Anna Example", 1, 1, 0, int(START.timestamp()), int(later(60).timestamp()))
    with any_db.reading() as conn:
        names = conn.exec_driver_sql("select * from v_author").keys()
    assert not [name for name in names if "disclos" in name or "score" in name or "rule" in name]


def test_works_of_the_last_seven_days_go_by_the_clock(any_db: Database) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    new, old = (make_message(name, date=now - timedelta(days=days)) for name, days in (("new", 6), ("old", 8)))
    fill(any_db, *((one, make_verdict(one)) for one in (make_series([new]), make_series([old]))))
    assert ask(any_db, "select series, series_7d from v_author") == [(2, 1)]


def test_a_finding_names_the_mail_and_line_it_rests_on_once(any_db: Database) -> None:
    two_revisions(any_db)
    query = "select rule, message_id, part, line, quote from v_finding where latest"
    assert ask(any_db, query) == [("zero", "two@example.org", "commit-log", 4, "No name here")]
    assert ask(any_db, "select count(*) from v_finding where message_id is null") == [(4,)]


def test_a_first_post_is_unknown_while_the_database_is_young(any_db: Database) -> None:
    first = make_series([make_message("a")])
    again = make_series([make_message("b", date=START + timedelta(days=100))])
    newcomer = make_series([make_message("c", sender=BERT, author=BERT, date=START + timedelta(days=101))])
    early = make_series([make_message("d", sender=BERT, author=BERT, date=START + timedelta(days=102))])
    fill(any_db, *((one, make_verdict(one)) for one in (first, again, newcomer, early)))
    assert ask(any_db, "select series_id, first_time from v_series order by posted_at") == [
        ("a@example.org", None),
        ("b@example.org", False),
        ("c@example.org", True),
        ("d@example.org", False),
    ]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("Anna Example <Anna@Example.org>", "anna@example.org"),
        ("bert@example.com", "bert@example.com"),
        ("Anna <a@example.org> # for 6.1", "a@example.org"),
        ("An <odd> name <a@example.org>", "a@example.org"),
        ("Nobody", None),
        ("12 characters of text and @ sign", None),
        ("", None),
        ("<>", None),
        ("<" * 900 + ">" * 900, None),
    ],
)
def test_the_address_of_a_trailer_is_cut_out(any_db: Database, value: str, wanted: str | None) -> None:
    with any_db.reading() as conn:
        query = text(f"select {address_in('t.v')} from (select cast(:v as text) as v) t")  # noqa: S608 - ours
        assert conn.execute(query, {"v": value}).scalar() == wanted


@pytest.mark.parametrize(
    ("path", "area"),
    [("hw/nvme/ctrl.c", "hw/nvme"), ("hw/nvme/x/y.c", "hw/nvme"), ("fs/a.c", "fs"), ("Makefile", "."), ("a/b/", "a/b")],
)
def test_a_subsystem_is_the_first_two_directories(any_db: Database, path: str, area: str) -> None:
    with any_db.reading() as conn:
        query = text(f"select {area_of('t.p')} from (select cast(:p as text) as p) t")  # noqa: S608 - ours
        assert conn.execute(query, {"p": path}).scalar() == area


def test_trailers_and_files_have_these_columns(any_db: Database) -> None:
    trailer = Trailer(key="Acked-by", value="B <B@example.com>", line=3, place=Place.TRAILERS, quote="Acked-by: B")
    one = make_series([make_message("one", trailers=(trailer,), files=(FileChange(path="lib/zlib/a.c"),))])
    fill(any_db, (one, make_verdict(one)))
    assert ask(any_db, "select email from v_trailer") == [("b@example.com",)]
    assert ask(any_db, "select subsystem from v_file") == [("lib/zlib",)]


def test_a_draft_is_stale_when_it_was_written_for_an_older_revision_and_not_sent(any_db: Database) -> None:
    two_revisions(any_db)
    row: dict[str, object] = {
        "sink": "s", "place": "", "root": "one@example.org", "revision": 1, "target": "t", "hashes": "", "findings": "",
        "intended_at": 1, "written_at": 2, "seen_at": 2, "state": "created", "series_id": "one@example.org",
    }  # fmt: skip
    changes: dict[str, dict[str, object]] = {
        "old@x": {},
        "current@x": {"series_id": "two@example.org"},
        "dropped@x": {"state": "dropped"},
        "intended@x": {"written_at": None},
        "two@example.org": {},  # such a mail is in the archive
    }
    with any_db.writing() as conn:
        conn.execute(insert(draft), [row | change | {"message_id": id_} for id_, change in changes.items()])
    assert ask(any_db, "select message_id from v_draft where stale") == [("old@x",)]
    assert ask(any_db, "select message_id from v_draft where sent") == [("two@example.org",)]
