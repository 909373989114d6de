# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch list` and `show` on a small ingested archive."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from builders_archive import write_archive
from builders_cli import Result, added, example_archive, example_mails, list_mail, patch_body, run

LIST_KEYS = set(
    "id list_id subject author date revision patches found expected complete label state superseded_by outcome rules"
    " lines disclosed agents last policy".split()
)
UNSIGNED, TAGGED, PAIR, AUTO = (
    "20261004.unsigned@example.org",
    "20261003.tagged@example.org",
    "20261001.1-0@example.org",
    "20261005.auto@example.org",
)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("listed")
    with pytest.MonkeyPatch.context() as patch:  # made before the home of a test is there
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        assert run("--db", folder / "p.db", "ingest", example_archive(folder / "foo")).code == 0
    return folder / "p.db"


def ids(result: Result) -> list[str]:
    return [one["id"] for one in json.loads(result.out)["series"]]


def show(db: Path, wanted: str, stdin: bytes = b"") -> Any:  # a JSON document
    result = run("--db", db, "show", wanted, "--json", stdin=stdin)
    assert (result.code, result.err) == (0, "")
    return json.loads(result.out)


def columns(text: str) -> list[dict[str, str]]:
    """Read the table by its headings; no cell of these tests holds two blanks."""
    head, *lines = [re.split(" {2,}", line) for line in text.splitlines()]
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_list_shows_the_queue_newest_first_in_columns(db: Path) -> None:
    result = run("--db", db, "list")
    assert (result.code, result.err) == (0, "")
    rows = columns(result.out)
    assert [row["OUTCOME"] for row in rows] == ["ask", "ready", "ready"]
    titles = [row["SERIES"].rpartition("] ")[2] for row in rows]
    assert titles == ["hw/baz: no name", "hw/bar: say more", "hw/foo: two fixes"]
    assert {row["AUTHOR"] for row in rows} == {"Jo Doe"}
    assert [row["REV"] for row in rows] == ["v1", "v1", "v2"]
    assert [row["PATCHES"] for row in rows] == ["1/1", "1/1", "2/2"]
    assert [row["CODE"] for row in rows] == ["+2 -1", "+2 -1", "+4 -2"]
    assert [row["DISCLOSED"] for row in rows] == ["-", "Claude", "-"]
    assert [re.sub(r"\W*\d+\w\W*", "", row["LAST SPOKE"]) for row in rows] == ["Jo Doe", "Jo Doe", "Pat Reader"]
    assert all(re.fullmatch(r"\d+[hdwy]", row["AGE"]) for row in rows)


def test_columns_stand_below_their_heads(db: Path) -> None:
    head, *lines = run("--db", db, "list").out.splitlines()
    for name, words in (("AUTHOR", "Jo Doe"), ("REV", "v"), ("CODE", "+")):
        at = head.index(name)
        assert all(line[at:].startswith(words) and line[at - 1] == " " for line in lines)


def test_list_json_has_all_keys_and_rfc3339_times(db: Path) -> None:
    document = json.loads(run("--db", db, "list", "--json").out)
    assert document["schema"] == "patchwatch.list/1"
    assert document["now"].endswith("Z")
    assert all(set(one) >= LIST_KEYS for one in document["series"])
    unsigned, tagged, pair = document["series"]
    assert (unsigned["id"], unsigned["outcome"], unsigned["rules"]) == (UNSIGNED, "ask", ["missing-sign-off"])
    assert (tagged["id"], tagged["disclosed"], tagged["agents"]) == (TAGGED, True, ["Claude"])
    assert (pair["id"], pair["found"], pair["expected"], pair["revision"]) == (PAIR, 2, 2, 2)
    assert pair["last"] == {"name": "Pat Reader", "email": "pat@example.com", "date": "2026-10-02T10:00:00Z"}
    assert pair["lines"]["code"] == [4, 2]
    assert pair["policy"] == {"id": "linux", "version": "7.3", "status": "in-force"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [UNSIGNED, TAGGED, PAIR]),
        (("--all",), [AUTO, UNSIGNED, TAGGED, PAIR]),
        (("--outcome", "ask"), [UNSIGNED]),
        (("--outcome", "decline"), []),
        (("--disclosed",), [TAGGED]),
        (("--disclosed", "--outcome", "ask"), []),
        (("--limit", "1"), [UNSIGNED]),
        (("--limit", "0"), [UNSIGNED, TAGGED, PAIR]),
    ],
)
def test_options_narrow_the_queue(db: Path, options: tuple[str, ...], expected: list[str]) -> None:
    assert ids(run("--db", db, "list", "--json", *options)) == expected


def test_a_cut_list_says_how_much_more_there_is(db: Path) -> None:
    result = run("--db", db, "list", "--limit", "1")
    assert len(result.out.splitlines()) == 2
    assert result.complaint == "1 of 3 series; --limit 0 shows all"


def test_an_empty_queue_says_so_and_succeeds(db: Path) -> None:
    result = run("--db", db, "list", "--outcome", "decline")
    assert (result.code, result.out, result.complaint) == (0, "", "no series")


def test_automatic_stable_selections_are_hidden_and_superseded_ones_too(tmp_path: Path) -> None:
    mails = [
        list_mail("v1@example.org", date="Thu, 01 Oct 2026 10:00:00 +0000"),
        list_mail("v2@example.org", "[PATCH v2] hw/foo: fix overflow", date="Thu, 08 Oct 2026 10:00:00 +0000"),
        list_mail("auto@example.org", "[PATCH AUTOSEL 7.2] hw/old: backport"),
    ]
    run("--db", tmp_path / "p.db", "ingest", write_archive(tmp_path / "foo", {0: added(*mails)}))
    assert ids(run("--db", tmp_path / "p.db", "list", "--json")) == ["v2@example.org"]
    every = ids(run("--db", tmp_path / "p.db", "list", "--json", "--all"))
    assert sorted(every) == ["auto@example.org", "v1@example.org", "v2@example.org"]


def test_the_width_of_a_terminal_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = list_mail("1@example.org", f"[PATCH] hw/foo: {'long words ' * 20}")
    run("--db", tmp_path / "p.db", "ingest", write_archive(tmp_path / "foo", {0: added(long)}))
    monkeypatch.setenv("COLUMNS", "110")
    text = run("--db", tmp_path / "p.db", "list").out
    assert max(map(len, text.splitlines())) <= 110
    assert "…" in text


@pytest.mark.parametrize("variable", ["NO_COLOR", ""])
def test_colour_is_for_those_who_want_it(db: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if variable:
        monkeypatch.setenv(variable, "1")
    for command in (("list",), ("show", UNSIGNED)):
        assert ("\x1b[" in run("--db", db, *command).out) is not bool(variable)
        assert "\x1b[" not in run("--db", db, "--no-color", *command).out


@pytest.mark.parametrize(
    "wanted",
    [
        PAIR,
        f"<{PAIR}>",
        "20261001.1-2@example.org",
        "<20261001.1-2@example.org>",
        "a1@example.com",
        f"https://lore.kernel.org/linux-foo/{PAIR}/",
        f"https://lore.kernel.org/r/{PAIR}",
        "https://lore.kernel.org/linux-foo/20261001.1-1%40example.org/T/#u",
        "20261001",
    ],
)
def test_show_finds_a_series_by_any_name_it_has(db: Path, wanted: str) -> None:
    assert show(db, wanted)["series"]["id"] == PAIR


def test_show_takes_a_mail_from_stdin(db: Path) -> None:
    assert show(db, "-", stdin=example_mails()[2])["series"]["id"] == PAIR
    assert show(db, "-", stdin=example_mails()[3])["series"]["id"] == PAIR


def test_stdin_without_a_mail_is_not_found(db: Path) -> None:
    result = run("--db", db, "show", "-", stdin=b"")
    assert result.code == 3
    assert "Message-ID" in result.complaint


def test_an_ambiguous_prefix_names_the_candidates(db: Path) -> None:
    result = run("--db", db, "show", "202610")
    assert (result.code, result.out) == (3, "")
    for one in (UNSIGNED, TAGGED, PAIR, AUTO):
        assert one in result.complaint


@pytest.mark.parametrize("wanted", ["nothing@example.org", "%", "_", "https://lore.kernel.org/", "", "<>"])
@pytest.mark.parametrize("command", [("show",), ("draft", "new")])
def test_an_unknown_series_is_exit_3(db: Path, command: tuple[str, ...], wanted: str) -> None:
    result = run("--db", db, *command, wanted)
    assert (result.code, result.out) == (3, "")
    assert "no series" in result.complaint


def test_show_json_agrees_with_check_json(db: Path) -> None:
    from_db = show(db, UNSIGNED)
    assert from_db["schema"] == "patchwatch.show/1"
    (checked,) = json.loads(run("check", "-", "--format", "json", stdin=example_mails()[5]).out)["series"]
    for patch in from_db["series"]["patches"]:
        assert patch.pop("measures") == {"total": 3, "whitespace": 0, "moved": 0, "repeated": 0}
    assert from_db["series"].pop("notes")[0].startswith("probably a revision of ")  # all the examples have one diff
    assert checked.pop("notes") == []
    told = [one.pop("skipped") for one in (from_db["series"], checked)]
    assert {one["reason"] for one in told[1]} == {"needs the database"}
    assert "needs the database" not in {one["reason"] for one in told[0]}
    assert from_db["series"] == checked


def test_show_text_gives_patches_trailers_findings_with_line_and_clause(db: Path) -> None:
    text = run("--db", db, "show", TAGGED).out
    assert "Signed-off-by: Jo Doe <jo@example.org>" in text
    assert "disclosed: Claude (claude-opus-4-5, sparse)" in text
    assert "+2 -1  code      hw/foo.c" in text
    text = run("--db", db, "show", UNSIGNED).out
    assert "ask missing-sign-off" in text
    assert "“Subject: [PATCH] hw/baz: no name”" in text
    assert "https://docs.kernel.org/process/submitting-patches.html" in text
    assert "Pat Reader <pat@example.com>" in run("--db", db, "show", PAIR).out


def test_show_says_what_superseded_a_series(tmp_path: Path) -> None:
    mails = [
        list_mail("v1@example.org", date="Thu, 01 Oct 2026 10:00:00 +0000"),
        list_mail("v2@example.org", "[PATCH v2] hw/foo: fix overflow", date="Thu, 08 Oct 2026 10:00:00 +0000"),
    ]
    run("--db", tmp_path / "p.db", "ingest", write_archive(tmp_path / "foo", {0: added(*mails)}))
    assert "superseded by v2@example.org" in run("--db", tmp_path / "p.db", "show", "v1@example.org").out
    assert "earlier: v1 v1@example.org" in run("--db", tmp_path / "p.db", "show", "v2@example.org").out


def test_show_and_list_are_free_of_control_characters_of_the_mail(tmp_path: Path) -> None:
    evil = patch_body("Bell \x07.\n\nAssisted-by: Claude:claude-opus-4-5 spa\x1b[31mrse\n")
    mail = list_mail("evil@example.org", "[PATCH] a\x1b[2Jb\u202ec", evil, sender='"J\x1b[7mo" <jo@example.org>')
    run("--db", tmp_path / "p.db", "ingest", write_archive(tmp_path / "foo", {0: added(mail)}))
    text = run("--db", tmp_path / "p.db", "list").out + run("--db", tmp_path / "p.db", "show", "evil@example.org").out
    assert not [char for char in text if char != "\n" and (ord(char) < 32 or 127 <= ord(char) < 160)]
    assert "\u202e" not in text
    assert "\\x1b[2J" in text


def test_words_narrow_the_queue_by_subject_author_list_agent_or_id(db: Path) -> None:
    assert ids(run("--db", db, "list", "HW/BAZ", "--json")) == [UNSIGNED]
    assert ids(run("--db", db, "list", "claude", "--json")) == [TAGGED]
    assert ids(run("--db", db, "list", "jo", "unsigned@", "--json")) == [UNSIGNED]
    assert ids(run("--db", db, "list", "nothing-like-it", "--json")) == []
    assert ids(run("--db", db, "list", "f:pat", "--json")) == [PAIR]  # who answered it


def test_ready_under_no_policy_is_called_so(tmp_path: Path) -> None:
    mail = list_mail("1@example.org", body=patch_body(), date="Thu, 01 Oct 2020 10:00:00 +0000")
    archive = write_archive(tmp_path / "old", {0: added(mail)})
    assert run("--db", tmp_path / "p.db", "ingest", archive).code == 0
    assert columns(run("--db", tmp_path / "p.db", "list").out)[0]["OUTCOME"] == "no policy"
    (one,) = json.loads(run("--db", tmp_path / "p.db", "list", "--json").out)["series"]
    assert (one["outcome"], one["policy"]["id"]) == ("ready", "none")


def test_another_policy_is_told_and_rejudge_applies_it(tmp_path: Path) -> None:
    archive = example_archive(tmp_path / "foo")
    assert run("--db", tmp_path / "p.db", "ingest", "--policy", "linux", archive).code == 0
    again = run("--db", tmp_path / "p.db", "ingest", "--policy", "qemu", archive)
    assert "db rejudge --policy qemu" in again.err
    assert ids(run("--db", tmp_path / "p.db", "list", "--outcome", "decline", "--json")) == []
    assert run("--db", tmp_path / "p.db", "db", "rejudge", "--policy", "qemu").code == 0
    assert ids(run("--db", tmp_path / "p.db", "list", "--outcome", "decline", "--json")) == [TAGGED]
