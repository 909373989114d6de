# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch list QUERY`: output formats, saved searches, faults, the search on lore."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from builders_archive import write_archive
from builders_cli import Result, added, list_mail, run
from builders_inbox import inbox, searched
from builders_query import fill, query_mails
from patchwatch.cli.listing import run_named
from patchwatch.cli.settings import Settings
from patchwatch.errors import UsageError
from patchwatch.reports.listed import COLUMNS
from patchwatch.store.database import open_database
from patchwatch.store.query.lore import lore_search


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    with open_database(str(folder / "p.db"), create=True) as made:
        fill(made, folder / "list", query_mails())
    return folder / "p.db"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text('[query.mine]\nq = "dfn:hw/nvme/ state:open"\n[query.either]\nq = "s:knob OR s:race"\n')
    return path


def ids(result: Result) -> list[str]:
    assert result.code == 0, result.err
    return [one["id"].partition("@")[0] for one in json.loads(result.out)["series"]]


def ask(db: Path, *words: str) -> list[str]:
    return ids(run("--db", db, "list", "--json", *words))


def test_words_of_the_command_line_are_one_query(db: Path) -> None:
    assert ask(db, "s:knob", "size:..2") == ["two"]
    assert ask(db, "s:knob size:..2") == ["two"]
    assert ask(db, "s:knob", "OR", "s:race") == ["two", "pair"]
    assert ask(db, "--", "-s:knob", "-s:race", "ai:no", "complete:yes", "role:code") == ["unsigned", "old"]


def test_options_and_query_hold_together(db: Path) -> None:
    assert ask(db, "hw", "--disclosed") == ["tagged"]
    assert ask(db, "hw", "--outcome", "ask") == []
    assert ask(db, "s:knob", "--all") == ["two", "one"]


def test_csv_has_a_head_and_no_formulas(tmp_path: Path, db: Path) -> None:
    rows = list(csv.reader(io.StringIO(run("--db", db, "list", "--csv", "s:race").out)))
    assert rows[0] == list(COLUMNS)
    assert rows[1][0] == "pair@example.org"
    evil = list_mail("evil@example.org", '=HYPERLINK("https://example.org")')
    run("--db", tmp_path / "p.db", "ingest", write_archive(tmp_path / "foo", {0: added(evil)}))
    (row,) = list(csv.reader(io.StringIO(run("--db", tmp_path / "p.db", "list", "--csv").out)))[1:]
    assert row[list(COLUMNS).index("subject")].startswith("'=")


def test_columns_are_those_that_were_asked_for(db: Path) -> None:
    text = run("--db", db, "list", "--columns", "id,waits,code", "s:race").out
    assert text.splitlines()[0].split() == ["ID", "WAITS", "CODE"]
    assert text.splitlines()[1].split() == ["pair@exa", "author", "4"]
    assert run("--db", db, "list", "--csv", "--columns", "subject", "s:race").out == (
        "subject\n[PATCH v2 0/2] hw/nvme: fix race\n"
    )
    result = run("--db", db, "list", "--columns", "id,colour")
    assert (result.code, "colour" in result.complaint) == (2, True)


def test_sort_orders_and_names_what_it_knows(db: Path) -> None:
    assert ask(db, "--sort", "-code", "--limit", "1") == ["pair"]
    assert ask(db, "--sort", "date")[0] == "old"
    result = run("--db", db, "list", "--sort", "colour")
    assert (result.code, "since" in result.complaint) == (2, True)


def test_explain_shows_tree_and_sql_with_values_apart(db: Path) -> None:
    text = run("--db", db, "list", "--explain", "s:zq7v OR age:..7d").out
    tree, sql, values = text.split("\n\n")
    assert tree.splitlines() == ["AND", "  OR", "    s:zq7v", "    age:..7d", "  rev:latest", "  state:open"]
    assert "zq7v" not in sql
    assert "zq7v" in values
    assert "SELECT series.id" in sql


def test_a_fault_is_one_line_and_exit_2(db: Path) -> None:
    result = run("--db", db, "list", "s:race siz:20")
    assert (result.code, result.out) == (2, "")
    assert "did you mean size:?" in result.complaint
    assert ">>siz:<<20" in result.complaint


def test_a_saved_search_filters_and_is_narrowed_by_words(db: Path, config: Path) -> None:
    base = ("--config", config, "--db", db, "list", "--json", "--query")
    assert ids(run(*base, "mine")) == ["pair"]
    assert ids(run(*base, "either")) == ["two", "pair"]
    assert ids(run(*base, "either", "dfn:hw/nvme/")) == ["pair"]
    result = run(*base, "nobody")
    assert (result.code, "either, mine" in result.complaint) == (2, True)


def test_a_saved_search_runs_by_its_name(db: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(str(db), config)
    run_named(settings, "mine", form="json")
    assert [one["id"] for one in json.loads(capsys.readouterr().out)["series"]] == ["pair@example.org"]
    with pytest.raises(UsageError, match="no search 'x'"):
        run_named(settings, "x")


@pytest.mark.parametrize(
    ("query", "asked", "left_out"),
    [
        ('s:"fix race" f:ann', 's:"fix race" f:ann', []),
        ("dfn:hw/nvme/ ai:no size:21..", "dfn:hw/nvme/", ["ai:no", "size:21.."]),
        ("a OR b", "a OR b", []),
        ("a OR ai:no", "", ["ai:no"]),
        ("s:x (f:a OR f:b) NOT t:c", "s:x (f:a OR f:b) NOT t:c", []),
        ("dfn:*.c s:x", "s:x", ["dfn:*.c"]),
        ("waits:us", "", ["waits:us"]),
    ],
)
def test_lore_gets_what_it_knows_and_the_rest_is_named(query: str, asked: str, left_out: list[str]) -> None:
    found = lore_search(query)
    assert list(found.left_out) == left_out
    assert found.url == (f"https://lore.kernel.org/all/?q={quote_plus(asked)}" if asked else "")


def test_a_list_is_the_place_on_lore() -> None:
    assert lore_search("l:qemu-devel.nongnu.org s:x").url.startswith("https://lore.kernel.org/qemu-devel/?q=")


def test_lore_is_printed_without_a_database(tmp_path: Path) -> None:
    result = run("--db", tmp_path / "none.db", "list", "--lore", "s:x age:..7d")
    assert (result.code, result.out) == (0, "https://lore.kernel.org/all/?q=s%3Ax\n")
    assert "age:..7d" in result.complaint


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The same mails in a real public-inbox with its Xapian index, and in our database."""
    folder = tmp_path_factory.mktemp("searched")
    with inbox("searched") as box:
        write_archive(box.archive, {0: added(*query_mails())})
        box.index_words()
        with open_database(str(folder / "p.db"), create=True) as made:
            fill(made, folder / "list", query_mails())
        with box.served() as url:
            yield url, folder / "p.db"


# Days: an end is one without mail, since on a server it is cut at the time of day of the asking.
LORE = [
    "s:race", 's:"fix race"', "s:knob OR s:race", "f:pat", "f:ann", "t:example.com", "b:regression", "nq:compiler",
    "q:sizes", "q:compiler", "bs:overflows", "dfn:host.c", "dfn:hw/nvme/", "dfn:guide.rst", "m:answer@example.com",
    "d:20261110..20261116", "d:..20261110", "d:20261116..", "dfa:kmalloc_array", 'dfb:"int c"',
    "dfhh:nvme_init", "dfpre:1111111", "dfpost:2222222", "race", '"fix race"', "überlauf", "a:pat", "tc:list", "s:rac*",
]  # fmt: skip


def test_prefixes_mean_what_they_mean_on_a_real_public_inbox(both: tuple[str, Path]) -> None:
    url, db = both
    series_of = {"pair-1": "pair", "pair-2": "pair", "answer": "pair"}
    theirs, ours = {}, {}
    for query in LORE:
        found = {one.partition("@")[0] for one in searched(url, query)}
        theirs[query] = sorted({series_of.get(one, one) for one in found})
        ours[query] = sorted(ask(db, "--all", query))
    assert ours == theirs
    assert searched(url, "s:nothing_like_it") == []
