# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch who`: facts on one address, and no judgement."""

import json
from pathlib import Path

import pytest

from builders_archive import write_archive
from builders_cli import added, list_mail, patch_body, run

DAY = "Thu, {:02} Oct 2026 10:00:00 +0000".format
KIM = "Kim Roe <Kim@example.com>"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Jo posts two works, one in two revisions; Kim asks on both and is answered once; Kim posts one as well."""
    mails = [
        list_mail("a1@example.org", "[PATCH] hw/foo: fix overflow", date=DAY(1)),
        list_mail("q1@example.com", "Re: [PATCH] hw/foo: fix overflow", "> It overflows.\n\nWhere does it?\n",
                  reply_to="a1@example.org", date=DAY(2), sender=KIM),
        list_mail("r1@example.org", "Re: [PATCH] hw/foo: fix overflow", "> Where does it?\n\nIn the loop.\n",
                  reply_to="q1@example.com", date=DAY(3)),
        list_mail("a2@example.org", "[PATCH v2] hw/foo: fix overflow", patch_body(), date=DAY(4)),
        list_mail("b1@example.org", "[PATCH] hw/bar: say more", date=DAY(5)),
        list_mail("q2@example.com", "Re: [PATCH] hw/bar: say more", "> It overflows.\n\nCan you say why?\n",
                  reply_to="b1@example.org", date=DAY(6), sender=KIM),
        list_mail("k1@example.com", "[PATCH] hw/kim: \x1b[31mone", date=DAY(7), sender=KIM),
    ]  # fmt: skip
    assert run("--db", tmp_path / "w.db", "ingest", write_archive(tmp_path / "a", {0: added(*mails)})).code == 0
    return tmp_path / "w.db"


def facts(db: Path, *words: str) -> dict[str, object]:
    result = run("--db", db, "who", *words, "--json")
    assert (result.code, result.err) == (0, "")
    found = json.loads(result.out)
    assert isinstance(found, dict)
    return found


def test_works_postings_and_answers_are_counted(talk: Path) -> None:
    found = facts(talk, "JO@example.org")
    assert (found["email"], found["names"], found["messages"]) == ("jo@example.org", ["Jo Doe"], 4)
    assert found["first"] == {
        "message_id": "a1@example.org", "subject": "[PATCH] hw/foo: fix overflow", "date": "2026-10-01T10:00:00Z",
    }  # fmt: skip
    assert found["lists"] == [{"list": "linux-foo.vger.kernel.org", "messages": 4}]
    assert [found[name] for name in ("postings", "applied", "answers", "replies_to_others")] == [3, 0, 1, 0]
    works = found["series"]
    assert isinstance(works, list)
    assert [(work["id"], work["revision"]) for work in works] == [("b1@example.org", 1), ("a2@example.org", 2)]
    assert found["owed"] == ["b1@example.org"]
    assert works[0]["waits"] == {
        "for": "author", "since": "2026-10-06T10:00:00Z", "message_id": "q2@example.com", "is_question": True,
        "quote": "Can you say why?",
    }  # fmt: skip


def test_answers_to_others_and_who_keeps_this_person_waiting_are_told_too(talk: Path) -> None:
    found = facts(talk, KIM)
    assert [found[name] for name in ("postings", "answers", "replies_to_others")] == [1, 0, 2]
    assert (found["owed"], found["waiting"]) == ([], ["k1@example.com"])


def test_the_text_names_mails_and_holds_no_escape_of_theirs(talk: Path) -> None:
    result = run("--db", talk, "who", "jo@example.org")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[:6] == [
        "Jo Doe <jo@example.org>",
        "first     2026-10-01  [PATCH] hw/foo: fix overflow",
        "last      2026-10-05  [PATCH] hw/bar: say more",
        "lists     linux-foo.vger.kernel.org (4 mails)",
        "series    2 in 3 postings, 0 known to be applied",
        "answers   1 mail on own series, 0 on those of others",
    ]
    assert "asks (by its form): q2@example.com\n        > Can you say why?" in result.out
    other = run("--db", talk, "who", "kim@example.com").out
    assert "\x1b" not in other
    assert "\\x1b[31mone" in other


def test_nothing_weighs_a_person(talk: Path) -> None:
    """Findings, outcomes and disclosures belong to series: none is counted here."""
    text = run("--db", talk, "who", "jo@example.org").out.lower()
    assert not [word for word in ("score", "rank", "disclos", "outcome", "finding", "risk") if word in text]
    totals = {key for key, value in facts(talk, "jo@example.org").items() if isinstance(value, int)}
    assert totals == {"messages", "postings", "applied", "answers", "replies_to_others"}


def test_long_lists_are_cut_and_say_so(talk: Path) -> None:
    lines = run("--db", talk, "who", "jo@example.org", "--limit", "1").out.splitlines()
    assert lines[-1] == "  and 1 more"


def test_an_unknown_address_is_exit_3_and_no_address_exit_2(talk: Path) -> None:
    unknown = run("--db", talk, "who", "nobody@example.net")
    assert (unknown.code, unknown.out) == (3, "")
    assert "nobody@example.net" in unknown.complaint
    assert run("--db", talk, "who", "Jo").code == 2
    assert run("--db", talk, "who", "me").code == 2


def test_me_is_the_configured_address(talk: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text('me = ["Jo@example.org"]\n', encoding="utf-8")
    assert run("--config", config, "--db", talk, "who", "me").out.startswith("Jo Doe <jo@example.org>\n")
