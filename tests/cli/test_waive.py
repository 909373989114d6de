# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch waive`: findings stay visible and no longer count, for all revisions, whatever is judged again."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import patchwatch.cli.ingest
import patchwatch.cli.rejudge
import patchwatch.cli.waive
from builders_archive import write_archive
from builders_cli import UNSIGNED, Result, added, list_mail, patch_body, run

ID = "20261004.unsigned@example.org"
RULE = "missing-sign-off"
NEXT = list_mail(
    "20261010.v2@example.org",
    "[PATCH v2] hw/baz: no name",
    patch_body(UNSIGNED),
    date="Sat, 10 Oct 2026 10:00:00 +0000",
    reply_to=ID,
)


@pytest.fixture(autouse=True)
def maintainer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be Robin, as git knows it."""
    pairs = {"user.name": "Robin Keller", "user.email": "robin@example.net"}
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(pairs)))
    for n, (key, value) in enumerate(pairs.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{n}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{n}", value)


def waive(db: Path, *words: str) -> Result:
    return run("--db", db, "waive", *words)


def shown(db: Path, wanted: str = ID) -> dict[str, Any]:
    series: dict[str, Any] = json.loads(run("--db", db, "show", "--json", wanted).out)["series"]
    return series


def state(db: Path, wanted: str = ID) -> tuple[str, bool]:
    series = shown(db, wanted)
    (finding,) = [one for one in series["findings"] if one["rule"] == RULE]
    return series["outcome"], finding["waived"]


def at(moment: datetime) -> Any:
    """Let all commands run at a moment."""

    class Fixed(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Fixed":
            return cls.fromtimestamp(moment.timestamp(), tz)

    commands = (patchwatch.cli.waive, patchwatch.cli.ingest, patchwatch.cli.rejudge)
    patches = [mock.patch.object(command, "datetime", Fixed) for command in commands]

    class All:
        def __enter__(self) -> None:
            for one in patches:
                one.start()

        def __exit__(self, *_: object) -> None:
            for one in patches:
                one.stop()

    return All()


def test_a_waived_finding_stays_visible_and_no_longer_counts(filled: Path) -> None:
    assert state(filled) == ("ask", False)
    done = waive(filled, ID, RULE, "--reason", "agreed in\n <x@example.org>")
    assert (done.code, done.out) == (0, "")
    assert "outcome: ready (was ask)" in done.err
    assert state(filled) == ("ready", True)
    (finding,) = [one for one in shown(filled)["findings"] if one["rule"] == RULE]
    told = finding["waiver"]
    assert told["who"] == {"name": "Robin Keller", "email": "robin@example.net"}
    assert told["reason"] == "agreed in <x@example.org>"
    assert told["until"] is None
    assert told["at"].endswith("Z")
    text = run("--db", filled, "show", ID).out
    assert f"waived ask {RULE}" in text
    assert "waived by Robin Keller <robin@example.net> on " in text
    assert RULE not in json.dumps(json.loads(run("--db", filled, "list", "--json", "--all").out))


def test_other_series_and_other_rules_are_untouched(filled: Path) -> None:
    before = {id_: shown(filled, id_)["outcome"] for id_ in ("20261003.tagged@example.org", "20261001.1-0@example.org")}
    waive(filled, ID, RULE, "--reason", "x")
    assert {id_: shown(filled, id_)["outcome"] for id_ in before} == before


def test_a_draft_does_not_speak_of_it(filled: Path) -> None:
    assert run("--db", filled, "draft", "new", ID).code == 0
    waive(filled, ID, RULE, "--reason", "x")
    assert run("--db", filled, "draft", "new", ID).complaint.startswith("no draft: waived: ")


def test_it_holds_for_the_revisions_before_and_after(filled: Path, archive: Path, tmp_path: Path) -> None:
    waive(filled, ID, RULE, "--reason", "x")
    write_archive(archive, {2: added(NEXT)})
    assert run("--db", filled, "ingest", archive).code == 0
    assert shown(filled, "20261010.v2@example.org")["revisions"]
    assert state(filled, "20261010.v2@example.org") == ("ready", True)
    waive(filled, "--drop", "1")
    assert state(filled, "20261010.v2@example.org") == ("ask", False)
    waive(filled, "20261010.v2@example.org", RULE, "--reason", "x")
    assert state(filled) == ("ready", True)


def test_it_survives_judging_again_and_reading_again(filled: Path, archive: Path) -> None:
    waive(filled, ID, RULE, "--reason", "x")
    assert run("--db", filled, "db", "rejudge").code == 0
    assert state(filled) == ("ready", True)
    assert run("--db", filled, "ingest", archive).code == 0
    assert state(filled) == ("ready", True)


def test_it_survives_that_the_mail_is_forgotten_and_comes_back(tmp_path: Path) -> None:
    archive, db = tmp_path / "foo", tmp_path / "p.db"
    mail = list_mail(ID, "[PATCH] hw/baz: no name", patch_body(UNSIGNED))
    write_archive(archive, {0: added(mail)})
    run("--db", db, "ingest", archive)
    waive(db, ID, RULE, "--reason", "x")
    write_archive(archive, {0: [*added(mail), ("d", mail)]})
    assert run("--db", db, "ingest", archive).code == 0
    assert run("--db", db, "show", ID).code == 3
    assert ID in waive(db, "--list").out
    write_archive(archive, {0: [*added(mail), ("d", mail), *added(mail)]})
    assert run("--db", db, "ingest", archive).code == 0
    assert state(db) == ("ready", True)


def test_it_goes_over_to_a_revision_that_stays(tmp_path: Path) -> None:
    archive, db = tmp_path / "foo", tmp_path / "p.db"
    mail = list_mail(ID, "[PATCH] hw/baz: no name", patch_body(UNSIGNED))
    write_archive(archive, {0: added(mail, NEXT)})
    run("--db", db, "ingest", archive)
    waive(db, ID, RULE, "--reason", "x")
    write_archive(archive, {0: [*added(mail, NEXT), ("d", mail)]})
    assert run("--db", db, "ingest", archive).code == 0
    assert run("--db", db, "show", ID).code == 3
    assert state(db, "20261010.v2@example.org") == ("ready", True)


def test_it_holds_when_a_late_cover_letter_changes_the_id_of_the_series(tmp_path: Path) -> None:
    archive, db = tmp_path / "foo", tmp_path / "p.db"
    first = list_mail("1@example.org", "[PATCH 1/1] hw/baz: no name", patch_body(UNSIGNED), reply_to="0@example.org")
    cover = list_mail("0@example.org", "[PATCH 0/1] hw/baz", "About it.\n")
    write_archive(archive, {0: added(first)})
    run("--db", db, "ingest", archive)
    waive(db, "1@example.org", RULE, "--reason", "x")
    write_archive(archive, {0: added(first, cover)})
    assert run("--db", db, "ingest", archive).code == 0
    assert shown(db, "0@example.org")["id"] == "0@example.org"
    assert state(db, "0@example.org") == ("ready", True)


def test_an_end_is_compared_with_the_time_of_the_run(filled: Path) -> None:
    day = datetime(2026, 11, 1, 12, tzinfo=UTC)
    with at(day):
        waive(filled, ID, RULE, "--reason", "x", "--until", "2026-11-03")
    (finding,) = [one for one in shown(filled)["findings"] if one["rule"] == RULE]
    assert finding["waiver"]["until"] == "2026-11-03T23:59:59Z"
    with at(datetime(2026, 11, 3, 23, 59, 59, tzinfo=UTC)):
        run("--db", filled, "db", "rejudge")
    assert state(filled) == ("ready", True)
    with at(datetime(2026, 11, 4, tzinfo=UTC)):
        assert "ended" in waive(filled, "--list").out
        assert state(filled) == ("ready", True)  # nothing was judged yet
        run("--db", filled, "db", "rejudge")
    assert state(filled) == ("ask", False)


def test_the_longest_of_several_speaks(filled: Path) -> None:
    soon = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    waive(filled, ID, RULE, "--reason", "short", "--until", soon)
    waive(filled, ID, RULE, "--reason", "long", "--by", "Tomasz Wilk <tomasz@example.net>")
    (finding,) = [one for one in shown(filled)["findings"] if one["rule"] == RULE]
    assert finding["waiver"]["reason"] == "long"
    assert finding["waiver"]["who"] == {"name": "Tomasz Wilk", "email": "tomasz@example.net"}


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((ID, "agent-sign-off", "--reason", "x"), 2, "has no finding of 'agent-sign-off'"),
        ((ID, "missing-signoff", "--reason", "x"), 2, f"did you mean {RULE}?"),
        ((ID, "zzz", "--reason", "x"), 2, f"it has {RULE}"),
        (("20261003.tagged@example.org", RULE, "--reason", "x"), 2, f"has no finding of {RULE!r}"),
        (("nobody@example.org", RULE, "--reason", "x"), 3, "no series nobody@example.org"),
        ((ID, RULE), 2, "--reason"),
        ((ID, RULE, "--reason", "  "), 2, "--reason"),
        ((ID, RULE, "--reason", "x", "--until", "soon"), 2, "--until 'soon'"),
        ((ID, RULE, "--reason", "x", "--until", "2001-01-01"), 2, "is over already"),
        ((ID, RULE, "--asked", "--reason", "x"), 2, "waive what?"),
        ((ID, "--reason", "x"), 2, "waive what?"),
        ((), 2, "waive what?"),
        (("--list", "--drop", "1"), 2, "one thing at a time"),
        (("--list", ID, RULE), 2, "a series at most"),
        (("--drop", "7"), 3, "no waiver 7"),
        ((ID, RULE, "--reason", "x", "--json"), 2, "--json goes with --list"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    filled: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    done = waive(filled, *words)
    assert done.code == code
    assert told in done.complaint
    assert waive(filled, "--list").complaint == "no waivers"
    assert state(filled) == ("ask", False)


def test_what_was_missing_is_no_clause_that_anybody_can_lift(tmp_path: Path) -> None:
    archive, db = tmp_path / "foo", tmp_path / "p.db"
    write_archive(archive, {0: added(list_mail("1@example.org", "[PATCH 1/2] hw/baz: half"))})
    run("--db", db, "ingest", archive)
    done = waive(db, "1@example.org", "incomplete-series", "--reason", "x")
    assert (done.code, "no clause" in done.complaint) == (2, True)
    assert shown(db, "1@example.org")["outcome"] == "undetermined"


def test_the_list_tells_who_when_and_why(filled: Path) -> None:
    waive(filled, ID, RULE, "--reason", "agreed", "--by", "Tomasz Wilk")
    waive(filled, "20261003.tagged@example.org", "--asked", "--reason", "asked on the list")
    lines = waive(filled, "--list").out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["1", ID, RULE],
        ["2", "20261003.tagged@example.org", "(asked"],
    ]
    assert "waived by Tomasz Wilk on" in lines[0]
    (only,) = waive(filled, "--list", ID[:12]).out.splitlines()
    assert only == lines[0]
    document = json.loads(waive(filled, "--list", "--json").out)
    assert document["schema"] == "patchwatch.waive/1"
    assert [(one["number"], one["rule"], one["asked"]) for one in document["waivers"]] == [
        (1, RULE, False),
        (2, None, True),
    ]


OWN = """
schema = 1
source = [{ url = "https://example.org/p" }]
rule = [{ use = "missing-sign-off", effect = "ask" }, { use = "outside-allowed-scenario", effect = "ask" }]
waiver = { by = ["maintainer", "list-consensus"], self = false }
scenario = [
  { id = "asked", when = { prior-contact = true }, outcome = "allow" },
  { id = "otherwise", outcome = "ask-first" },
]
[policy]
id = "own"
version = "1"
status = "in-force"
stance = "restrict"
effective = { from = 2020-01-01 }
[tag."Assisted-by"]
means = "ai"
"""


@pytest.fixture
def own(tmp_path: Path, archive: Path) -> tuple[Path, Path]:
    """A configuration with a policy of its own, and a database that was judged by it."""
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    config = tmp_path / "config.toml"
    config.write_text(f'policies = ["{tmp_path}/own.toml"]\nme = ["jo@example.org"]\n', encoding="utf-8")
    db = tmp_path / "own.db"
    assert run("--config", config, "--db", db, "ingest", "--policy", "own@1", archive).code == 0
    return config, db


def test_ones_own_series_is_refused_where_the_text_says_so(own: tuple[Path, Path]) -> None:
    config, db = own  # Jo posted the series, and here Robin's further address is Jo's
    refused = run("--config", config, "--db", db, "waive", ID, RULE, "--reason", "x")
    assert refused.code == 2
    assert "own@1 does not let people waive for their own series" in refused.err
    assert "maintainer or list-consensus" in refused.err
    again = run("--config", config, "--db", db, "waive", ID, RULE, "--reason", "x", "--by", "Jo Doe")
    assert again.code == 2
    allowed = run("--config", config, "--db", db, "waive", ID, RULE, "--reason", "x", "--by", "Pat <pat@example.com>")
    assert allowed.code == 0
    assert "leaves waivers to maintainer or list-consensus" in allowed.err


def test_contact_before_posting_is_what_a_policy_may_ask_for(own: tuple[Path, Path]) -> None:
    config, db = own
    tagged = "20261003.tagged@example.org"
    assert shown(db, tagged)["outcome"] == "ask"
    words = ("waive", tagged, "--asked", "--reason", "x", "--by", "Pat <pat@example.com>")
    done = run("--config", config, "--db", db, *words)
    assert "outcome: ready (was ask)" in done.err
    assert shown(db, tagged)["policy"]["id"] == "own"  # judged anew by the text of before, not by that of the list
    assert shown(db, tagged)["findings"] == []
    run("--config", config, "--db", db, "waive", "--drop", "1")
    assert shown(db, tagged)["outcome"] == "ask"


def test_without_an_identity_somebody_has_to_be_named(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_CONFIG_COUNT")
    done = waive(filled, ID, RULE, "--reason", "x")
    assert (done.code, "who decides? --by NAME" in done.complaint) == (2, True)
    assert waive(filled, ID, RULE, "--reason", "x", "--by", "Tomasz Wilk").code == 0
    assert state(filled) == ("ready", True)


def test_somebody_else_with_the_message_id_of_a_waived_series_gains_nothing(tmp_path: Path) -> None:
    archive, db = tmp_path / "foo", tmp_path / "p.db"
    mine = list_mail(ID, "[PATCH] hw/baz: no name", patch_body(UNSIGNED))
    other = list_mail(
        ID, "[PATCH] hw/own: other", patch_body(UNSIGNED), sender="Kim Park <kim@example.com>",
        date="Mon, 05 Oct 2026 10:00:00 +0000",
    )  # fmt: skip
    theirs = list_mail(
        "kim@example.com", "[PATCH] hw/own: more", patch_body(UNSIGNED), sender="Kim Park <kim@example.com>"
    )
    write_archive(archive, {0: added(mine)})
    run("--db", db, "ingest", archive)
    waive(db, ID, RULE, "--reason", "x")
    write_archive(archive, {0: added(mine, other, theirs)})
    assert run("--db", db, "ingest", archive).code == 0
    assert state(db, "kim@example.com") == ("ask", False)
    run("--db", db, "db", "rejudge")
    assert state(db)[1] is True
