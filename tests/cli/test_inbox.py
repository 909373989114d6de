# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch ingest` of inboxes: their mail is kept, read again, joined with that of archives, and survives a kill."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_archive import make_mail, write_archive
from builders_cli import added, command, dump, example_mails, list_mail, run
from builders_imap import Dovecot, dovecot
from builders_posting import via_list
from builders_search import index, notmuch
from patchwatch.ingest import clean_spool
from patchwatch.sources.base import blob_id
from patchwatch.sources.spool import Spool
from patchwatch.store.database import open_database

ID = "20261003.tagged@example.org"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "patchwatch.db"


def maildir(place: Path, mails: list[bytes]) -> Path:
    for folder in ("cur", "new", "tmp"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(mails):
        (place / "new" / f"{1000 + number}.{number}.host").write_bytes(mail)
    return place


def mbox(place: Path, mails: list[bytes]) -> Path:
    place.write_bytes(b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail + b"\n" for mail in mails))
    return place


def ingest(db: Path, *sources: str | Path, stdin: bytes = b"") -> str:
    result = run("--db", db, "ingest", *sources, stdin=stdin)
    assert (result.code, result.out) == (0, ""), result.err
    return result.err.replace("patchwatch: ", "")


def shown(db: Path, wanted: str = ID) -> dict[str, object]:
    result = run("--db", db, "show", "--json", wanted)
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert isinstance(found, dict)
    return found


def draft(db: Path, wanted: str) -> str:
    """Return a draft, which quotes the mail: so that was read again."""
    (Path(os.environ["HOME"]) / ".gitconfig").write_text("[user]\nname = Pat\nemail = pat@example.net\n")
    result = run("--db", db, "draft", "new", wanted)
    assert result.code == 0, result.err
    return result.out


def queue(db: Path) -> object:
    return json.loads(run("--db", db, "list", "--all", "--json", "--limit", "0").out)["series"]


@pytest.mark.parametrize("store", [maildir, mbox], ids=["maildir", "mbox"])
def test_an_inbox_gives_the_same_series_as_an_archive(tmp_path: Path, db: Path, store: object) -> None:
    assert callable(store)
    place = store(tmp_path / "box", example_mails())
    assert ingest(db, place) == "box: 7 new messages, 4 series judged\n"
    other = tmp_path / "other.db"
    ingest(other, write_archive(tmp_path / "archive", {0: added(*example_mails())}))
    assert queue(db) == queue(other)
    assert shown(db)["series"] == shown(other)["series"]


def test_mail_is_read_again_when_the_inbox_is_empty(tmp_path: Path, db: Path) -> None:
    box = maildir(tmp_path / "box", example_mails())
    ingest(db, box)
    for path in (box / "new").iterdir():
        path.unlink()
    assert ingest(db, box) == "box: nothing new\n"
    assert "> It overflows." in draft(db, "20261004.unsigned@example.org")


def test_a_second_run_changes_nothing_and_a_moved_mail_is_no_news(tmp_path: Path, db: Path) -> None:
    box = maildir(tmp_path / "box", example_mails())
    ingest(db, box)
    before, spooled = dump(db), sorted(Path(f"{db}.mail.git").rglob("*"))
    (box / "new" / "1000.0.host").rename(box / "cur" / "1000.0.host:2,S")
    assert ingest(db, box) == "box: nothing new\n"
    assert dump(db) == before
    assert sorted(Path(f"{db}.mail.git").rglob("*")) == spooled


def test_mails_from_a_pipe_come_one_by_one_and_twice_without_harm(db: Path) -> None:
    for mail in example_mails():
        assert "1 new message" in ingest(db, "-", stdin=mail)
    before = queue(db)
    for mail in [*example_mails()[::-1], b"".join(b"From x@y Thu Jan  1 00:00:00 1970\n" + m + b"\n"
                                                  for m in example_mails())]:  # fmt: skip
        assert ingest(db, "-", stdin=mail) == "-: nothing new\n"
    assert queue(db) == before
    assert len([line for line in dump(db) if line.startswith('INSERT INTO "event"')]) == 7


def test_an_mbox_that_was_written_anew_gives_only_what_is_new(tmp_path: Path, db: Path) -> None:
    mails = example_mails()
    ingest(db, mbox(tmp_path / "box", mails[:4]))
    assert ingest(db, mbox(tmp_path / "box", mails[::-1])).startswith("box: 3 new messages")
    assert len([line for line in dump(db) if line.startswith('INSERT INTO "event"')]) == 7
    assert ingest(db, mbox(tmp_path / "box", mails[:1])) == "box: nothing new\n"
    assert len(json.loads(run("--db", db, "list", "--all", "--json", "--limit", "0").out)["series"]) == 4


def test_copies_over_lists_and_inboxes_are_one_series_with_all_deliveries(tmp_path: Path, db: Path) -> None:
    mails = example_mails()
    archive = write_archive(tmp_path / "archive", {0: added(*mails)})
    ingest(db, archive)
    alone = queue(db)
    ingest(db, maildir(tmp_path / "box", [via_list(mail) for mail in mails]), mbox(tmp_path / "mbox", mails))
    assert queue(db) == alone
    found = shown(db, "20261001.1-0@example.org")
    deliveries = found["deliveries"]
    assert isinstance(deliveries, list)
    first = [one for one in deliveries if one["message_id"] == "20261001.1-1@example.org"]
    places = {(Path(one["source"]).name, one["list"], one["kind"]) for one in first}
    assert places == {
        ("archive", "linux-foo.vger.kernel.org", "public-inbox"),
        ("mbox", "linux-foo.vger.kernel.org", "mbox"),
        ("box", "foo.lists.example.com", "maildir"),
    }
    assert {one["blob"] for one in first} == {blob_id(mails[1]), blob_id(via_list(mails[1]))}
    assert {one["time"] for one in first} == {None, "2026-01-01T20:00:00Z"}
    assert len({one["message_id"] for one in deliveries}) == 4


def test_a_mail_that_the_archive_takes_back_stays_when_an_inbox_has_it(tmp_path: Path, db: Path) -> None:
    mail = list_mail("x@example.org")
    ingest(db, write_archive(tmp_path / "archive", {0: added(mail)}), maildir(tmp_path / "box", [mail]))
    ingest(db, write_archive(tmp_path / "archive", {0: [*added(mail), ("d", mail)]}))
    assert [one["kind"] for one in deliveries(db, "x@example.org")] == ["maildir"]


def deliveries(db: Path, wanted: str) -> list[dict[str, str]]:
    found = shown(db, wanted)["deliveries"]
    assert isinstance(found, list)
    return found


def test_text_that_was_taken_back_can_be_cleaned_out_of_the_spool(tmp_path: Path, db: Path) -> None:
    half, whole = list_mail("w@example.org", body="xyzzy "), list_mail("w@example.org", body="xyzzy not a word\n")
    box = tmp_path / "box"
    box.write_bytes(b"From x@y Thu Jan  1 00:00:00 1970\n" + half)
    ingest(db, box)
    box.write_bytes(b"From x@y Thu Jan  1 00:00:00 1970\n" + whole)
    ingest(db, box)
    spool = Spool(Path(f"{db}.mail.git"))
    assert spool.blobs() == {blob_id(half), blob_id(whole)}
    with open_database(str(db)) as opened:
        assert clean_spool(opened, spool) == 1
    assert spool.blobs() == {blob_id(whole)}


def test_a_mail_that_cannot_be_kept_is_not_stored(tmp_path: Path, db: Path) -> None:
    Path(f"{db}.mail.git").write_text("in the way")
    result = run("--db", db, "ingest", maildir(tmp_path / "box", example_mails()))
    assert result.code == 5
    assert "patchwatch.db.mail.git: mail could not be stored" in result.complaint
    Path(f"{db}.mail.git").unlink()
    assert ingest(db, tmp_path / "box") == "box: 7 new messages, 4 series judged\n"


def test_kill_between_spool_and_commit_ends_in_the_same_tables(tmp_path: Path, db: Path) -> None:
    box = maildir(tmp_path / "box", [*example_mails(), *(make_mail(n) for n in range(300))])
    calm = tmp_path / "calm.db"
    ingest(calm, box)
    for stop in ("patchwatch.sources.spool.Spool._sync", "patchwatch.store.writer.Writer._store"):
        hook = f"""
import os, signal
from pkgutil import resolve_name
module, _, name = {stop!r}.rpartition(".")
owner = resolve_name(module.rpartition(".")[0] + ":" + module.rpartition(".")[2])
setattr(owner, name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
from patchwatch.cli import main
main()
"""
        words = command("--db", db, "ingest", box)
        done = subprocess.run([words[0], "-c", hook, *words[3:]], capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert Spool(Path(f"{db}.mail.git")).blobs()
        assert not [line for line in dump(db) if line.startswith('INSERT INTO "event"')]
    assert ingest(db, box).startswith("box: 307 new messages")
    assert dump(db) == dump(calm)
    assert Spool(Path(f"{db}.mail.git")).blobs() == Spool(Path(f"{calm}.mail.git")).blobs()


def test_after_an_upgrade_that_wants_all_mail_again_facts_are_completed_and_nothing_doubled(
    tmp_path: Path, db: Path
) -> None:
    import sqlite3

    box = maildir(tmp_path / "box", example_mails())
    ingest(db, box)
    before = dump(db)
    with sqlite3.connect(db) as conn:
        conn.execute("UPDATE cursor SET tip = ''")
        conn.execute("DELETE FROM trailer")
    next(box.glob("new/1004.*")).rename(tmp_path / "away")  # what the inbox has no more is read from what is kept
    ingest(db, box)
    (tmp_path / "away").rename(box / "new" / "1004.4.host")
    assert [line for line in dump(db) if '"cursor"' not in line] == [line for line in before if '"cursor"' not in line]
    ingest(db, box)
    assert [line for line in dump(db) if '"event"' in line] == [line for line in before if '"event"' in line]


@pytest.fixture(scope="module")
def running() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


def settings(place: Path, server: Dovecot, command: str = "printf secret") -> Path:
    path = place / "config.toml"
    path.write_text(
        f'[imap.work]\nhost = "127.0.0.1"\nport = {server.port}\nuser = "alice"\ntls = false\n'
        f'password_command = "{command}"\nfolders = ["INBOX"]\n'
    )
    return path


def test_an_imap_account_is_read_and_a_failing_one_stops_no_other(tmp_path: Path, db: Path, running: Dovecot) -> None:
    running.clear("INBOX")
    with running.open() as imap:
        for mail in example_mails():
            imap.append("INBOX", mail, "")
    config = settings(tmp_path, running)
    done = run("--config", config, "--db", db, "ingest", "imap:work")
    assert (done.code, done.err) == (0, "patchwatch: imap:work: 7 new messages, 4 series judged\n")
    assert run("--config", config, "--db", db, "ingest", "imap:work").err == "patchwatch: imap:work: nothing new\n"
    running.clear("INBOX")
    assert "> It overflows." in draft(db, "20261004.unsigned@example.org")
    expired = settings(tmp_path, running, "printf expired")
    box = mbox(tmp_path / "box", [list_mail("late@example.org")])
    done = run("--config", expired, "--db", db, "ingest", "imap:work", box)
    assert done.code == 4
    assert "box: 1 new message" in done.err
    assert "imap:work (127.0.0.1): the login of alice was refused" in done.err
    assert "nothing new" not in done.err


def test_a_notmuch_query_is_read(tmp_path: Path, db: Path) -> None:
    with notmuch(tmp_path / "nm") as box:
        index(box, example_mails())
        assert (
            ingest(db, "notmuch:from:jo@example.org")
            == "notmuch:from:jo@example.org: 6 new messages, 4 series judged\n"
        )
        assert ingest(db, "notmuch:from:jo@example.org") == "notmuch:from:jo@example.org: nothing new\n"


def test_prefixes_name_the_kind_of_a_path(tmp_path: Path, db: Path) -> None:
    box = maildir(tmp_path / "box", example_mails())
    assert ingest(db, f"maildir:{box}").startswith("box: 7 new messages")
    assert ingest(db, box) == "box: nothing new\n"
    home = Path(os.environ["HOME"])
    maildir(home / "Mail", [list_mail("late@example.org")])
    assert ingest(db, "maildir:~/Mail").startswith("Mail: 1 new message")


def test_vacuum_forgets_the_text_of_mail_that_no_source_has(db: Path, tmp_path: Path) -> None:
    mail, gone = list_mail("1@example.org"), list_mail("2@example.org")
    assert run("--db", db, "ingest", maildir(tmp_path / "box", [mail])).code == 0
    spool = Spool(Path(f"{db}.mail.git"))
    spool.add([(blob_id(gone), gone)])
    assert spool.blobs() == {blob_id(mail), blob_id(gone)}
    spool.release()
    result = run("--db", db, "db", "vacuum")
    assert result.code == 0
    assert "the text of 1 mail that no source has any more was forgotten" in result.err
    assert Spool(Path(f"{db}.mail.git")).blobs() == {blob_id(mail)}
