# SPDX-License-Identifier: GPL-2.0-or-later
"""What queries find: every prefix, the same on SQLite and PostgreSQL; hostile values; forgotten mails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from builders_archive import write_epoch
from builders_cli import added
from builders_query import NOW, asked, fill, query_mails
from patchwatch.errors import UsageError
from patchwatch.ingest import ingest
from patchwatch.sources.git_archive import GitArchive
from patchwatch.store.database import Database
from patchwatch.store.query.context import Context
from patchwatch.store.query.find import MAX_COUNTED, find, neighbours, sql_of, statement
from patchwatch.store.query.prefixes import PREFIXES
from patchwatch.store.query.translate import read_query
from patchwatch.store.query.tree import QueryError
from patchwatch.store.schema import indexed, message, unindexed

EVERY = ["lost", "two", "one", "docs", "unsigned", "tagged", "pair", "old"]


@pytest.fixture
def filled(any_db: Database, tmp_path: Path) -> Iterator[Database]:
    fill(any_db, tmp_path / "list", query_mails())
    return any_db  # type: ignore[return-value]  # closed by its own fixture


ANSWERS: dict[str, list[str]] = {
    "": EVERY,
    # words
    "race": ["pair"],
    "RACE": ["pair"],
    "regression": ["pair"],
    "überlauf": ["pair"],
    "ÜBERLAUF": ["pair"],
    "überl*": ["pair"],
    "regress": [],
    '"hw nvme fix"': ["pair"],
    '"fix nvme"': [],
    "hw/nvme:": ["pair"],
    "unsigned@example.org": ["unsigned"],
    "<unsigned@example.org>": ["unsigned"],
    "öster": ["pair"],
    "race knob": [],
    "race OR knob": ["two", "one", "pair"],
    "NOT hw": ["lost", "docs", "old"],
    "-hw -net": ["docs", "old"],
    # mails
    's:"fix race"': ["pair"],
    "s:regression": [],
    "f:pat": ["pair"],
    "f:ann": ["pair"],
    "t:example.com": EVERY,
    "c:anybody": [],
    "tc:list": EVERY,
    "a:pat": ["pair"],
    "tcf:pat": ["pair"],
    "b:wrap": ["pair"],
    "nq:compiler": ["pair"],
    "nq:explain": [],
    "q:sizes": ["pair"],
    "q:compiler": [],
    "bs:explain": ["docs"],
    "l:linux-foo": EVERY,
    "l:linux": [],
    "list:linux-foo.vger.kernel.org": EVERY,
    "m:answer@": ["pair"],
    "mid:answer@example.com": ["pair"],
    "mid:answer@": [],
    "d:20261112": ["tagged"],
    "d:20261112..20261114": ["docs", "unsigned", "tagged"],
    "d:2026-11-17..": ["lost", "two"],
    "dt:20261117100000..20261117100000": ["two"],
    "d:1.week.ago..": ["lost", "two", "one", "docs"],
    "dfn:hw/nvme/": ["pair"],
    "dfn:hw/nv": ["pair"],
    "dfn:host.c": ["pair"],
    "dfn:nvme/host.c": ["pair"],
    "dfn:hw/*.c": ["two", "one", "unsigned", "tagged"],
    "dfn:**/*.c": [name for name in EVERY if name != "docs"],
    "dfn:hw/**": ["two", "one", "unsigned", "tagged", "pair"],
    "dfn:docs/guide.rs?": ["two", "docs"],
    "dfn:HW/nvme/": [],  # a directory is a path: case counts, as for git
    "dfa:kmalloc_array": ["pair"],
    "dfb:kmalloc_array": [],
    "dfctx:kmalloc_array": [],
    'dfb:"int c"': [*EVERY],
    "dfhh:nvme_init": ["pair"],
    "dfpre:1111111": EVERY,
    "dfpost:1111111": [],
    "dfblob:2222222": EVERY,
    # series
    "ai:yes": ["tagged"],
    "ai:no size:3..": ["pair"],
    "ai:yes size:3..": [],
    "ai:tag": ["tagged"],
    "ai:prose": [],
    "agent:CLAUDE": ["tagged"],
    "model:opus": ["tagged"],
    "rule:missing-sign-off": ["unsigned"],
    "rule:missing-sign-*": ["unsigned"],
    "rule:incomplete-series": ["lost"],
    "waived:yes": [],
    "state:superseded": ["one"],
    "outcome:undetermined": ["lost"],
    "complete:no": ["lost"],
    "size:4": ["pair"],
    "size:3..": ["pair"],
    "size:>3": ["pair"],
    "size:0": ["docs"],
    "tests:1..": ["pair"],
    "files:2..": ["two", "pair"],
    "patches:2": ["pair"],
    "rev:2..": ["two", "pair"],
    "rev:latest state:open": [name for name in EVERY if name != "one"],
    "age:..7d": ["lost", "two", "one", "docs"],
    "age:<7d": ["lost", "two", "one", "docs"],
    "age:30d..": ["old"],
    "waits:author": ["pair"],
    "waits:author since:3d..": ["pair"],
    "waits:author since:..3d": [],
    "trailer:fixes": ["pair"],
    "trailer:Fixes:begin": ["pair"],
    "trailer:Fixes:other": [],
    "trailer:Reviewed-by": [],
    "got:Reviewed-by": ["pair"],
    "got:reviewed-by:pat": ["pair"],
    "who:ann": ["pair"],
    "who:ann@example.net": ["pair"],
    "who:ANN@EXAMPLE.NET": ["pair"],
    "who:new": ["pair"],
    "who:known": ["lost", "two", "one", "docs", "unsigned", "tagged"],
    "role:tests": ["pair"],
    "role:docs": ["two", "docs"],
    "only:docs": ["docs"],
    "changed:files": ["two"],
    "changed:size": [],
    "changed:trailers": [],
    "policy:linux": EVERY[:-1],
    "policy:qemu": [],
    "merged:no": EVERY,
    "merged:yes": [],
    "draft:new": EVERY,
    "draft:stale": [],
}


def test_each_prefix_finds_its_series_on_both_engines(filled: Database) -> None:
    found = {query: asked(filled, query) for query in ANSWERS}
    assert found == ANSWERS


def test_each_prefix_is_asked_by_a_test() -> None:
    seen = " ".join(ANSWERS)
    assert [name for name in PREFIXES if f"{name}:" not in seen and name not in ("rt", "patchid")] == []


def test_patch_ids_and_arrivals_are_found(filled: Database) -> None:
    with filled.reading() as conn:
        (patch_id,) = conn.execute(select(message.c.patch_id).where(message.c.subject.contains("hw/baz"))).scalars()
    assert "unsigned" in asked(filled, f"patchid:{patch_id}")
    assert asked(filled, f"patchid:{patch_id[:7]}") == asked(filled, f"patchid:{patch_id}")
    assert asked(filled, "rt:1.day.ago..") == []


def test_the_queue_is_the_newest_revisions_of_open_series_unless_asked_otherwise(filled: Database) -> None:
    newest = [name for name in EVERY if name != "one"]
    assert asked(filled, "", queue=True) == newest
    assert asked(filled, "hw/frob", queue=True) == ["two"]
    assert asked(filled, "state:superseded", queue=True) == ["one"]
    assert asked(filled, "rev:1 hw/frob", queue=True) == []  # an old revision is not open
    assert asked(filled, "state:undetermined", queue=True) == ["lost"]


def test_configured_lists_and_own_addresses_are_known(filled: Database) -> None:
    lists = {"foo": frozenset({"linux-foo.vger.kernel.org"})}
    assert asked(filled, "l:foo", lists=lists) == EVERY
    assert asked(filled, "who:me", me=frozenset({"ann@example.net"})) == ["pair"]
    with pytest.raises(QueryError, match="me ="):
        asked(filled, "who:me")


@pytest.mark.parametrize(
    "query",
    ["size:big", "age:7", "d:2026", "ai:maybe", "state:closed", "waits:me", "rule:a'b", "role:x", "dfblob:12345",
     "patchid:xyz", "s:-", "s:a*b", "...", "dfn:*********", "rev:newest", "complete:perhaps"],
)  # fmt: skip
def test_a_value_that_is_none_is_named(db: Database, query: str, tmp_path: Path) -> None:
    fill(db, tmp_path / "list", query_mails()[:1])
    with pytest.raises(QueryError) as caught:
        asked(db, f"ancient {query}")
    assert caught.value.word == query


HOSTILE = [
    "'; DROP TABLE series; --", "x' OR '1'='1", "%", "_", "\\", '" OR "a', "NEAR(a b)", "a^2", "{s f}: x", "col:x*",
    "' & '!x", ":*", "\0", "\ud800", "\U0010ffff", "<->", "$1", "%s", ":p", "?", "𝒳", "a\u0301",
]  # fmt: skip


def test_no_value_is_ever_part_of_the_statement_and_none_harms(filled: Database) -> None:
    with filled.reading() as conn:
        for name in ["", *PREFIXES]:
            for value in (*HOSTILE, "Zq7vZq7v"):
                query = f'{name}:"{value}"' if name else f'"{value}"'
                try:
                    read = read_query(query, Context(text=query, now=NOW), conn)
                except QueryError:
                    continue
                sql, _ = sql_of(conn, statement(read.condition))
                assert "zq7v" not in sql.lower(), query
                find(conn, read.condition)
    assert asked(filled, "") == EVERY


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["", *PREFIXES]), value=st.text(min_size=1, max_size=30), star=st.booleans())
def test_any_text_is_answered_or_refused(filled: Database, name: str, value: str, star: bool) -> None:
    query = (f"{name}:" if name else "") + value + "*" * star
    try:
        found = asked(filled, query)
    except QueryError:
        return
    assert set(found) <= set(EVERY)


def test_what_is_not_in_the_index_is_refused_with_a_hint(any_db: Database, tmp_path: Path) -> None:
    fill(any_db, tmp_path / "list", query_mails(), index=())
    assert asked(any_db, "s:race dfn:hw/nvme/ f:ann") == ["pair"]
    for query in ("race", "b:race", "nq:race", "q:race", "dfa:race", "dfhh:race", "dfblob:1234567"):
        with pytest.raises(QueryError, match="needs an index that this database has not"):
            asked(any_db, query)


def test_another_choice_of_parts_reads_all_mail_again(any_db: Database, tmp_path: Path) -> None:
    fill(any_db, tmp_path / "list", query_mails(), index=("prose",))
    with pytest.raises(QueryError):
        asked(any_db, "dfa:kmalloc_array")
    fill(any_db, tmp_path / "list", query_mails(), index=("prose", "diff"))
    assert asked(any_db, "dfa:kmalloc_array") == ["pair"]
    assert asked(any_db, "race") == ["pair"]
    assert asked(any_db, "") == EVERY


def test_a_mail_that_vanished_leaves_no_word(any_db: Database, tmp_path: Path) -> None:
    mails, place = query_mails(), tmp_path / "list"
    fill(any_db, place, mails)
    assert words(any_db, "s:knob") == 2
    write_epoch(place / "git" / "0.git", added(*mails[:8], mails[10]), when=1_700_500_000)
    ingest(GitArchive(place, "list"), any_db, location=str(place), index=("prose", "quotes", "diff"))
    assert words(any_db, "s:knob") == 0
    assert words(any_db, "s:ancient") == 1
    with any_db.reading() as conn:
        assert conn.execute(select(unindexed)).all() == []
        rows = set(conn.execute(select(message.c.id)).scalars())
        assert set(conn.execute(select(indexed.c.message_id)).scalars()) == rows
        if conn.dialect.name == "sqlite":
            check = "CREATE VIRTUAL TABLE temp.seen USING fts5vocab(main, mail_words, instance)"
            conn.exec_driver_sql(check)
            assert set(conn.exec_driver_sql("SELECT doc FROM temp.seen").scalars()) == rows
            conn.exec_driver_sql("DROP TABLE temp.seen")


def words(db: Database, word: str) -> int:
    """Count the mails that the index has of a word."""
    with db.reading() as conn:
        if conn.dialect.name == "sqlite":
            query = text("SELECT count(*) FROM mail_words WHERE mail_words MATCH :word")
            return conn.execute(query, {"word": f'"{word}"'}).scalar() or 0
        query = text("SELECT count(*) FROM mail_words WHERE words @@ CAST(:word AS tsquery)")
        return conn.execute(query, {"word": f"'{word}'"}).scalar() or 0


def test_orders_limits_and_totals(filled: Database) -> None:
    assert asked(filled, "", sort="code")[-1] == "pair"
    assert asked(filled, "", sort="-code")[0] == "pair"
    with pytest.raises(UsageError, match="--sort"):
        asked(filled, "", sort="colour")
    with filled.reading() as conn:
        query = read_query("", Context(text="", now=NOW), conn, queue=False)
        found = find(conn, query.condition, limit=3)
        assert ([row.id.partition("@")[0] for row in found.rows], found.total) == (EVERY[:3], 8)
        assert set(neighbours(conn, ["one@example.org"])) >= {"old@example.org", "one@example.org", "pair@example.org"}
    assert MAX_COUNTED >= 1_000
