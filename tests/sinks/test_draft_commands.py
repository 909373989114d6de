# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch draft list`, `show` and `drop`, from a small archive to a Maildir and back."""

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from builders_archive import write_archive
from builders_cli import Result, added, example_archive, list_mail, patch_body, run
from peers import require

UNSIGNED = "20261004.unsigned@example.org"
DRAFT = "pw.f8e22ce8e8ca@example.com"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a database, a configured Maildir for drafts, and one draft in it."""
    (tmp_path / "config.toml").write_text(
        f'[drafts]\nname = "Pat Maintainer"\nemail = "pat@example.com"\nto = "maildir:{tmp_path}/Drafts"\n'
    )
    assert patchwatch(tmp_path, "ingest", example_archive(tmp_path / "foo")).code == 0
    assert patchwatch(tmp_path, "draft", "write", UNSIGNED).code == 0
    return tmp_path


def patchwatch(work: Path, *arguments: str | Path) -> Result:
    return run("--db", work / "p.db", "--config", work / "config.toml", *arguments)


def comes_in(work: Path, *mails: bytes) -> None:
    """More mail arrives on the list."""
    name = f"more{len(list(work.glob('more*')))}"
    assert patchwatch(work, "ingest", write_archive(work / name, {0: added(*mails)})).code == 0


def listed(work: Path, *options: str) -> list[dict[str, object]]:
    document = json.loads(patchwatch(work, "draft", "list", "--json", *options).out)
    assert document["schema"] == "patchwatch.drafts/1"
    return list(document["drafts"])


def state(work: Path) -> object:
    (one,) = listed(work)
    return one["state"]


def stored(work: Path) -> list[Path]:
    return [path for path in (work / "Drafts").rglob("*") if path.is_file()]


def soon(minutes: int = 5) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(minutes=minutes))


def test_without_drafts_the_list_is_empty(tmp_path: Path) -> None:
    assert patchwatch(tmp_path, "--help").code == 0
    (tmp_path / "config.toml").write_text("")
    patchwatch(tmp_path, "ingest", example_archive(tmp_path / "foo"))
    result = patchwatch(tmp_path, "draft", "list")
    assert (result.code, result.out, result.complaint) == (0, "", "no drafts")


def test_a_draft_that_waits_is_open(work: Path) -> None:
    (one,) = listed(work)
    assert (one["state"], one["series_id"], one["message_id"]) == ("open", UNSIGNED, DRAFT)
    assert one["where"] == str(stored(work)[0])
    text = patchwatch(work, "draft", "list").out
    assert text.startswith(f"open     {UNSIGNED}  v1  maildir:{work}/Drafts  [PATCH] hw/baz: no name")


def test_an_edited_draft_is_listed_as_edited(work: Path) -> None:
    (path,) = stored(work)
    path.write_bytes(path.read_bytes().replace(b"Could you", b"Would you"))
    assert state(work) == "edited"


def test_a_draft_is_stale_when_a_new_revision_came(work: Path) -> None:
    assert listed(work, "--stale") == []
    comes_in(work, list_mail("v2@example.org", "[PATCH v2] hw/baz: no name", date="Thu, 08 Oct 2026 10:00:00 +0000"))
    assert state(work) == "stale"
    assert len(listed(work, "--stale")) == 1
    assert len(stored(work)) == 1, "reported, never deleted"


def test_a_sent_draft_is_recognised_by_its_id(work: Path) -> None:
    comes_in(work, list_mail(DRAFT, "Re: [PATCH] hw/baz: no name", "> x\n\nSigned?\n", reply_to=UNSIGNED, date=soon()))
    assert state(work) == "sent"
    stored(work)[0].unlink()
    assert state(work) == "sent"


@pytest.mark.parametrize(
    ("sender", "minutes", "expected"),
    [
        ("Pat M <PAT@example.com>", 5, "sent"),
        ("Other <other@example.com>", 5, "open"),
        ("Pat M <pat@example.com>", -600, "open"),
    ],
    ids=["mine", "of another person", "older than the draft"],
)
def test_an_answer_of_mine_under_another_id_counts_as_sent(
    work: Path, sender: str, minutes: int, expected: str
) -> None:
    mail = list_mail("own@example.com", "Re: x", "> x\n\nNo.\n", reply_to=UNSIGNED, date=soon(minutes), sender=sender)
    comes_in(work, mail)
    (one,) = listed(work)
    assert (one["state"], one["sent_as"]) == (expected, "own@example.com" if expected == "sent" else None)


def test_a_draft_that_went_away_is_gone_and_later_dropped(work: Path) -> None:
    stored(work)[0].unlink()
    assert state(work) == "gone"
    past = int((datetime.now(UTC) - timedelta(days=15)).timestamp())
    with closing(sqlite3.connect(work / "p.db")) as conn, conn:
        conn.execute("UPDATE draft SET seen_at = ?", (past,))
    assert state(work) == "dropped"


def test_a_place_that_cannot_be_looked_into_is_told_and_nothing_is_made_up(work: Path) -> None:
    stored(work)[0].unlink()
    for name in ("cur", "new", "tmp"):
        (work / "Drafts" / name).rmdir()
    (work / "Drafts").rmdir()
    (work / "Drafts").write_text("a file")
    result = patchwatch(work, "draft", "list")
    assert (result.code, result.out[:8]) == (0, "open    ")
    assert "could not look into maildir:" in result.complaint
    assert listed(work)[0]["looked"] is False


@pytest.mark.parametrize("wanted", [UNSIGNED, DRAFT, f"<{DRAFT}>", "pw.f8e2", "20261004"])
def test_drop_takes_out_what_is_ours(work: Path, wanted: str) -> None:
    (path,) = stored(work)
    result = patchwatch(work, "draft", "drop", wanted, "--dry-run")
    assert (result.complaint, path.exists(), state(work)) == (f"draft dropped (dry run): {path}", True, "open")
    result = patchwatch(work, "draft", "drop", wanted)
    assert (result.code, result.complaint, stored(work)) == (0, f"draft dropped: {path}", [])
    assert state(work) == "dropped"
    assert "kept-gone" in patchwatch(work, "draft", "write", UNSIGNED).complaint
    assert state(work) == "dropped"
    assert "created" in patchwatch(work, "draft", "write", UNSIGNED, "--force").complaint
    assert state(work) == "open"


def test_drop_leaves_an_edited_draft(work: Path) -> None:
    (path,) = stored(work)
    path.write_bytes(path.read_bytes().replace(b"Could you", b"Would you"))
    result = patchwatch(work, "draft", "drop", UNSIGNED)
    assert (result.code, path.exists()) == (3, True)
    assert "was edited" in result.complaint


def test_drop_of_what_is_gone_or_never_was_is_one_line(work: Path) -> None:
    stored(work)[0].unlink()
    result = patchwatch(work, "draft", "drop", UNSIGNED)
    assert (result.code, "any more" in result.complaint) == (3, True)
    result = patchwatch(work, "draft", "drop", UNSIGNED, "--to", f"eml:{work}/x")
    assert (result.code, "draft list" in result.complaint) == (3, True)


def test_show_prints_the_draft_as_it_lies_there(work: Path) -> None:
    (path,) = stored(work)
    path.write_bytes(path.read_bytes().replace(b"Could you", b"Would you"))
    assert patchwatch(work, "draft", "show", UNSIGNED).out == path.read_text()


def test_show_without_a_stored_draft_prints_what_would_be_written(work: Path) -> None:
    (path,) = stored(work)
    text = path.read_text()
    path.unlink()
    shown = patchwatch(work, "draft", "show", UNSIGNED).out
    assert shown.partition("Message-ID")[2] == text.partition("Message-ID")[2]


def test_the_lore_way_is_a_command_that_git_takes_and_a_mailto_link(work: Path) -> None:
    require("git", "git")
    (path,) = stored(work)
    shown = patchwatch(work, "draft", "show", UNSIGNED, "--lore").out
    command, _, link = shown.rstrip("\n").partition("\n\n")
    assert command.startswith("git send-email --suppress-cc=self \\\n    --in-reply-to=20261004.unsigned@example.org ")
    assert command.endswith((f" {path}", f" '{path}'"))
    asked = ["sh", "-c", command.replace("send-email", "send-email --dry-run --confirm=never --smtp-server=/bin/false")]
    env = {**os.environ, "EMAIL": "pat@example.com", "GIT_AUTHOR_NAME": "Pat", "GIT_COMMITTER_NAME": "Pat"}
    done = subprocess.run(asked, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=env)
    assert done.returncode == 0, done.stderr
    assert "In-Reply-To: <20261004.unsigned@example.org>" in done.stdout
    assert "To: Jo Doe <jo@example.org>" in done.stdout or "To: jo@example.org" in done.stdout
    assert "(body)" not in done.stdout + done.stderr
    parts = urlsplit(link)
    assert (parts.scheme, unquote(parts.path)) == ("mailto", "jo@example.org")
    fields = parse_qs(parts.query)
    assert fields["In-Reply-To"] == [f"<{UNSIGNED}>"]
    assert fields["Cc"] == ["list@example.com"]
    assert fields["Subject"] == ["Re: [PATCH] hw/baz: no name"]
    assert fields["Body"] == [path.read_text().partition("\n\n")[2].replace("\n", "\r\n")]


def test_a_draft_that_the_list_already_has_is_not_written_by_an_empty_database(work: Path) -> None:
    comes_in(work, list_mail(DRAFT, "Re: [PATCH] x", patch_body(), reply_to=UNSIGNED))
    for path in [*work.glob("p.db*"), *stored(work)]:
        path.unlink()
    patchwatch(work, "ingest", work / "foo")
    patchwatch(work, "ingest", work / "more0")
    result = patchwatch(work, "draft", "write", UNSIGNED)
    assert "draft kept-gone" in result.complaint
    assert stored(work) == []
