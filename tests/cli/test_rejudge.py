# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch db rejudge`: stored history under another text, without reading mail."""

import json
from pathlib import Path
from typing import Any

import pytest

import patchwatch.rejudging
from builders_archive import write_archive
from builders_cli import LIST_ID, TAGGED, UNSIGNED, added, dump, list_mail, patch_body, run
from builders_mail import mail_bytes

DRAFT = """
schema = 1
source = [{ url = "https://example.org/draft" }]
rule = [{ use = "undisclosed-ai", effect = "ask", params = { any-of = ["AI-used-for"] } }]
[policy]
id = "frob"
version = "2027-draft"
status = "proposed"
stance = "restrict"
effective = { from = 2027-01-01 }
"""
TAGGED_ID, UNSIGNED_ID = "20261003.tagged@example.org", "20261004.unsigned@example.org"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.toml"
    path.write_text(DRAFT, encoding="utf-8")
    return path


def rejudge(db: Path, *words: str | Path) -> dict[str, Any]:
    done = run("--db", db, "db", "rejudge", "--json", *words)
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads(done.out)
    return document


def outcomes(document: dict[str, Any], when: str) -> dict[str, int]:
    return {one["outcome"]: one[when] for one in document["outcomes"] if one[when]}


def test_a_dry_run_tells_what_a_draft_text_would_have_asked(filled: Path, draft: Path) -> None:
    before = dump(filled)
    document = rejudge(filled, "--dry-run", "--as-if-in-force", "--policy", draft)
    assert dump(filled) == before
    assert document["schema"] == "patchwatch.rejudge/1"
    assert document["policy"]["version"] == "2027-draft"
    assert (document["dry_run"], document["as_if_in_force"], document["series"]) == (True, True, 4)
    assert outcomes(document, "before") == {"ready": 3, "ask": 1}
    assert outcomes(document, "after") == {"ready": 3, "ask": 1}
    moves = {(one["from"], one["to"]): one["ids"] for one in document["changes"]}
    assert moves == {("ready", "ask"): [TAGGED_ID], ("ask", "ready"): [UNSIGNED_ID]}
    rules = {(one["rule"], one["effect"]): (one["before"], one["series"], one["ids"]) for one in document["rules"]}
    assert rules == {("undisclosed-ai", "ask"): (0, 1, [TAGGED_ID]), ("missing-sign-off", "ask"): (1, 0, [])}


def test_a_proposal_changes_nothing_until_it_is_taken_as_in_force(filled: Path, draft: Path) -> None:
    done = run("--db", filled, "db", "rejudge", "--dry-run", "--policy", draft)
    assert done.code == 0
    assert "under frob@2027-draft (proposed):" in done.out
    assert "0 of 4 series would be asked (1 before)" in done.out
    assert "--as-if-in-force" in done.err
    taken = run("--db", filled, "db", "rejudge", "--dry-run", "--as-if-in-force", "--policy", draft)
    assert "under frob@2027-draft (taken as if it were in force, at any date):" in taken.out
    assert "1 of 4 series would be asked (1 before)" in taken.out
    assert "by work, all revisions taken as one: 1 asked, 0 declined, of 4" in taken.out
    assert TAGGED_ID in taken.out


def test_judging_again_by_the_same_text_changes_nothing(filled: Path) -> None:
    before = dump(filled)
    done = run("--db", filled, "db", "rejudge", "--dry-run")
    assert "no outcome changes" in done.out
    assert run("--db", filled, "db", "rejudge").code == 0
    assert dump(filled) == before


def test_without_a_dry_run_the_verdicts_are_stored(filled: Path) -> None:
    dry = rejudge(filled, "--dry-run", "--policy", "qemu@2025-06")
    wet = rejudge(filled, "--policy", "qemu@2025-06")
    assert wet == {**dry, "dry_run": False}
    assert outcomes(wet, "after")["decline"] == 1
    shown = json.loads(run("--db", filled, "show", "--json", TAGGED_ID).out)["series"]
    assert (shown["outcome"], shown["policy"]["id"]) == ("decline", "qemu")


def test_small_batches_give_the_same(filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    archive = tmp_path / "more"
    people = [
        mail_bytes("[PATCH] hw/foo: more", patch_body(UNSIGNED), mid=f"{n}@example.com",
                   sender=f"P{n} <p{n}@example.com>", headers=LIST_ID)
        for n in range(6)
    ]  # fmt: skip
    write_archive(archive, {0: added(*people)})
    run("--db", filled, "ingest", archive)
    words = ("--dry-run", "--policy", "qemu@2025-06")
    whole = rejudge(filled, *words)
    assert whole["series"] == 10
    monkeypatch.setattr(patchwatch.rejudging, "BATCH", 1)
    assert rejudge(filled, *words) == whole
    assert rejudge(filled, *words[1:]) == {**whole, "dry_run": False}


def test_a_series_counts_once_whatever_it_is_waived_from(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.email")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "robin@example.net")
    run("--db", filled, "waive", UNSIGNED_ID, "missing-sign-off", "--reason", "x")
    document = rejudge(filled, "--dry-run")
    assert document["changes"] == []
    assert document["rules"] == []


def test_the_history_can_be_bounded_by_day_and_list(filled: Path, tmp_path: Path) -> None:
    other = mail_bytes(
        "[PATCH] x: y", patch_body(TAGGED), mid="other@example.com", date="Mon, 05 Oct 2026 10:00:00 +0000",
        headers="List-Id: <other.example.com>\n",
    )  # fmt: skip
    write_archive(tmp_path / "other", {0: added(other)})
    run("--db", filled, "ingest", tmp_path / "other")
    words = ("--dry-run", "--policy", "qemu@2025-06")
    assert rejudge(filled, *words)["series"] == 5
    assert rejudge(filled, *words, "--since", "2026-10-04")["series"] == 3
    assert rejudge(filled, *words, "--list", "other.example.com")["series"] == 1
    assert rejudge(filled, *words, "--list", "linux-foo@vger.kernel.org")["series"] == 4
    config = tmp_path / "c.toml"
    config.write_text('[list.foo]\nlist_id = "linux-foo.vger.kernel.org"\n', encoding="utf-8")
    done = run("--config", config, "--db", filled, "db", "rejudge", "--json", *words, "--list", "foo")
    assert json.loads(done.out)["series"] == 4


def test_what_is_outside_the_bounds_keeps_the_text_that_judged_it(filled: Path) -> None:
    run("--db", filled, "db", "rejudge", "--policy", "linux@7.0")
    done = run("--db", filled, "db", "rejudge", "--policy", "qemu@2025-06", "--since", "2026-10-04")
    assert done.err == "patchwatch: 2 series judged again\n"
    policies = {
        id_: json.loads(run("--db", filled, "show", "--json", id_).out)["series"]["policy"]
        for id_ in (TAGGED_ID, UNSIGNED_ID)
    }
    assert {id_: (one["id"], one["version"]) for id_, one in policies.items()} == {
        TAGGED_ID: ("linux", "7.0"),
        UNSIGNED_ID: ("qemu", "2025-06"),
    }


def test_works_are_counted_beside_their_revisions(tmp_path: Path) -> None:
    first = list_mail("1@example.org", "[PATCH] hw/baz: tagged", patch_body(TAGGED))
    second = list_mail("2@example.org", "[PATCH v2] hw/baz: tagged", patch_body(TAGGED), reply_to="1@example.org")
    write_archive(tmp_path / "foo", {0: added(first, second)})
    run("--db", tmp_path / "p.db", "ingest", tmp_path / "foo")
    document = rejudge(tmp_path / "p.db", "--dry-run", "--policy", "qemu@2025-06")
    assert (document["series"], document["works"]) == (2, 1)
    (declined,) = [one for one in document["outcomes"] if one["outcome"] == "decline"]
    assert (declined["after"], declined["works"]) == (2, 1)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--policy", "DRAFT"), 2, "--dry-run tries it"),
        (("--policy", "gone.toml", "--dry-run"), 2, "is no file"),
        (("--policy", "nobody", "--dry-run"), 2, "no policy 'nobody'"),
        (("--as-if-in-force", "--policy", "qemu@2026-05-v2"), 2, "give --dry-run too"),
        (("--as-if-in-force", "--dry-run"), 2, "needs one text"),
        (("--as-if-in-force", "--dry-run", "--policy", "qemu"), 2, "needs one text"),
        (("--since", "soon"), 2, "--since"),
        (("--list", "nowhere"), 3, "there is linux-foo.vger.kernel.org"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    filled: Path, draft: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    before = dump(filled)
    done = run("--db", filled, "db", "rejudge", *(str(draft) if word == "DRAFT" else word for word in words))
    assert done.code == code
    assert told in done.complaint
    assert dump(filled) == before


def test_all_faults_of_a_draft_text_are_told(filled: Path, draft: Path) -> None:
    draft.write_text(DRAFT.replace("undisclosed-ai", "undisclosed-aj").replace("restrict", "strict"), encoding="utf-8")
    done = run("--db", filled, "db", "rejudge", "--dry-run", "--policy", draft)
    assert done.code == 2
    assert "policy.stance" in done.err


def test_a_read_only_database_can_be_asked(filled: Path) -> None:
    filled.chmod(0o444)
    assert rejudge(filled, "--dry-run", "--policy", "qemu@2025-06")["series"] == 4
