# SPDX-License-Identifier: GPL-2.0-or-later
"""What `list`, `show` and `check` say of replies: who owes the next mail, and who gave what."""

import json
from pathlib import Path

from builders_archive import write_archive
from builders_cli import added, list_mail, run

COVER, ONE, TWO = "20261001.1-0@example.org", "20261001.1-1@example.org", "20261001.1-2@example.org"
PAT = "Pat Reader <pat@example.com>"
ANN = "Ann Onym <ann@example.net>"


def day(number: int) -> str:
    return f"Thu, {number:02} Oct 2026 10:00:00 +0000"


def answer(mid: str, parent: str, body: str, number: int, sender: str = PAT) -> bytes:
    return list_mail(mid, "Re: [PATCH 0/2] hw/foo: two fixes", body, reply_to=parent, date=day(number), sender=sender)


def mails() -> list[bytes]:
    return [
        list_mail(COVER, "[PATCH 0/2] hw/foo: two fixes", "Two of them.\n", date=day(1)),
        list_mail(ONE, "[PATCH 1/2] hw/foo: fix overflow", reply_to=COVER, date=day(1)),
        list_mail(TWO, "[PATCH 2/2] hw/foo: fix more", reply_to=COVER, date=day(1)),
        answer("a1@example.net", COVER, f"Reviewed-by: {ANN}\nTested-by: {PAT}\n", 2, ANN),
        answer("a2@example.com", ONE, "> x\nNAK, as it is.\nWhere is the lock?\n", 3),
    ]


def test_the_ball_and_the_trailers_are_shown_by_list_and_show(tmp_path: Path) -> None:
    archive, db = write_archive(tmp_path / "archive", {0: added(*mails())}), tmp_path / "p.db"
    assert run("--db", db, "ingest", archive).code == 0
    (row,) = json.loads(run("--db", db, "list", "--json").out)["series"]
    assert row["waits"] == {
        "for": "author",
        "since": "2026-10-03T10:00:00Z",
        "message_id": "a2@example.com",
        "line": 3,
        "quote": "Where is the lock?",
        "question": True,
    }
    heads, line = run("--db", db, "list").out.splitlines()
    assert "WAITS" in heads
    assert "  author " in line
    shown = run("--db", db, "show", COVER).out
    assert (
        "waits for author since 2026-10-03: mail of Pat Reader <pat@example.com>\n      line 3: “Where is the lock?”"
        in shown
    )
    relayed = f"Tested-by for all patches (not the sender's, not counted: {PAT})"
    assert f"{ANN}: Reviewed-by for all patches, {relayed}" in shown
    assert "objects, line 2: “NAK, as it is.”" in shown


def test_check_gives_the_same_facts_as_json(tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    for number, mail in enumerate([*mails(), answer("t@example.com", COVER, "Applied, thanks!\n", 4)]):
        (folder / "new" / str(number)).write_bytes(mail)
    (series,) = json.loads(run("check", folder, "--format", "json").out)["series"]
    assert (series["waits"]["for"], series["waits"]["quote"]) == ("nobody", "Applied, thanks!")
    assert series["state"] == "open"
    first, second, third = series["followups"]
    assert [(one["key"], one["to"], one["status"], one["counts"]) for one in first["gave"]] == [
        ("Reviewed-by", [ONE, TWO], "exact", True),
        ("Tested-by", [ONE, TWO], "relayed", False),
    ]
    assert (second["kind"], second["question"]) == ("reply", {"line": 3, "quote": "Where is the lock?"})
    assert second["objection"] == {"line": 2, "quote": "NAK, as it is."}
    assert (third["kind"], third["claim"]) == ("applied", {"kind": "applied", "line": 1, "quote": "Applied, thanks!"})


def test_answers_wait_for_us_when_the_configuration_says_who_we_are(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('me = ["Pat@example.com"]\n', encoding="utf-8")
    author = "Jo Doe <jo@example.org>"
    every = [*mails(), answer("j@example.org", "a2@example.com", "In the caller.\n", 5, author)]
    archive, db = write_archive(tmp_path / "archive", {0: added(*every)}), tmp_path / "p.db"
    assert run("--db", db, "--config", config, "ingest", archive).code == 0
    (row,) = json.loads(run("--db", db, "list", "--json").out)["series"]
    assert (row["waits"]["for"], row["waits"]["message_id"]) == ("us", "j@example.org")
