# SPDX-License-Identifier: GPL-2.0-or-later
"""The spool: mails that no archive keeps, by blob id, whatever happens."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from builders_archive import git, make_mail
from patchwatch.errors import DatabaseError
from patchwatch.sources import spool as module
from patchwatch.sources.base import blob_id
from patchwatch.sources.spool import Spool, spool_path


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "x.db.mail.git")


def named(*mails: bytes) -> list[tuple[str, bytes]]:
    return [(blob_id(mail), mail) for mail in mails]


MANY = [make_mail(n, f"Body {n}.\n" * 30) for n in range(250)]
ODD = [b"\0\xff\r\n", b"", b"data 3\nabc\ndone\n", b"no line end", b"\n\n"]


@pytest.mark.parametrize("mails", [MANY[:3], MANY, ODD], ids=["few", "many", "odd"])
def test_every_byte_comes_back_by_gits_blob_id(spool: Spool, mails: list[bytes]) -> None:
    assert spool.read(blob_id(mails[0])) is None
    assert spool.add(named(*mails)) == len(mails)
    assert [spool.read(blob_id(mail)) for mail in mails] == mails
    assert git(spool.path, "cat-file", "-t", blob_id(mails[0])) == "blob"
    assert spool.blobs() == {blob_id(mail) for mail in mails}


def test_what_is_there_is_not_stored_again(spool: Spool) -> None:
    spool.add(named(*MANY))
    before = sorted(spool.path.rglob("*"))
    assert spool.add(named(*MANY)) == 0
    assert sorted(spool.path.rglob("*")) == before
    assert spool.add(named(*MANY, b"one more\n", b"one more\n")) == 1


def test_nothing_is_made_for_no_mail(spool: Spool) -> None:
    assert spool.add([]) == 0
    assert spool.drop(["0" * 40]) == 0
    assert not spool.path.exists()


@pytest.mark.parametrize("blob", ["HEAD", "", "0" * 40, "0" * 64, "../x", f"{blob_id(MANY[0])}:x"])
def test_what_is_no_mail_of_it_is_none(spool: Spool, blob: str) -> None:
    spool.add(named(*MANY[:2]))
    assert spool.read(blob) is None
    assert spool.read(blob_id(MANY[1])) == MANY[1]


def test_dropped_mails_leave_no_byte_and_others_stay(spool: Spool) -> None:
    secret = make_mail("s", "xyzzy-secret-word\n")
    spool.add(named(*MANY, secret))
    spool.add(named(b"a late one\n"))
    assert spool.drop([blob_id(secret), blob_id(MANY[7]), "0" * 40]) == 2
    assert spool.read(blob_id(secret)) is None
    rest = [mail for mail in MANY if mail is not MANY[7]]
    assert [spool.read(blob_id(mail)) for mail in rest] == rest
    assert spool.read(blob_id(b"a late one\n")) == b"a late one\n"
    assert b"xyzzy-secret-word" not in git(spool.path, "cat-file", "--batch-all-objects", "--batch").encode()
    assert len(list(spool.path.glob("objects/pack/*.pack"))) == 1
    assert spool.drop(spool.blobs()) == len(MANY)
    assert spool.blobs() == set()
    assert not list(spool.path.glob("objects/pack/pack-*"))


def test_a_reader_that_was_open_sees_what_another_process_wrote_and_packed(spool: Spool) -> None:
    spool.add(named(*MANY[:2]))
    assert spool.read(blob_id(MANY[0])) == MANY[0]
    other = Spool(spool.path)
    other.add(named(*MANY[2:]))
    assert spool.read(blob_id(MANY[200])) == MANY[200]
    other.drop([blob_id(MANY[1])])
    assert spool.read(blob_id(MANY[200])) == MANY[200]
    assert spool.read(blob_id(MANY[0])) == MANY[0]


def test_many_single_mails_are_packed_in_the_end(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_loose_count", lambda objects: len(list(module._loose(objects))))
    monkeypatch.setattr(module, "_LOOSE", 5)
    for mail in MANY[:8]:
        spool.add(named(mail))
    assert len(list(module._loose(spool.path / "objects"))) < 6
    assert [spool.read(blob_id(mail)) for mail in MANY[:8]] == MANY[:8]


def test_it_is_private_and_git_throws_nothing_away(spool: Spool) -> None:
    spool.add(named(*MANY))
    spool.add(named(b"loose\n"))
    assert spool.path.stat().st_mode & 0o777 == 0o700
    for words in (["gc", "--prune=now"], ["prune", "--expire=now"], ["repack", "-ad"]):
        subprocess.run(["git", f"--git-dir={spool.path}", *words], capture_output=True, check=False)
    assert spool.blobs() == {blob_id(mail) for mail in [*MANY, b"loose\n"]}


def test_hostile_settings_of_the_user_do_not_reach_it(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", "/nonexistent")
    spool.add(named(*ODD))
    (spool.path / "hooks").mkdir()
    (spool.path / "config").write_text("[broken")
    assert spool.add(named(*MANY)) == len(MANY)
    assert spool.read(blob_id(ODD[0])) == ODD[0]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match=r"file/x\.git: mail could not be stored: (File exists|Not a directory)"):
        Spool(tmp_path / "file" / "x.git").add(named(b"x"))


def test_a_damaged_pack_is_told_and_never_taken_for_an_absent_mail(spool: Spool) -> None:
    spool.add(named(*MANY))
    for path in spool.path.glob("objects/pack/*.pack"):
        path.chmod(0o600)
        path.write_bytes(b"PACK" + b"\0" * 100)
    with pytest.raises(DatabaseError, match="mail could not be"):
        spool.drop([blob_id(MANY[0])])


def test_cleaning_keeps_what_is_picked_and_waits_for_nobody(spool: Spool) -> None:
    assert spool.keep_only(lambda there: there) == 0
    spool.add(named(*MANY[:5]))
    kept = {blob_id(MANY[0]), blob_id(MANY[3])}
    other = Spool(spool.path)
    with pytest.raises(DatabaseError, match="mail could not be cleaned up: Resource temporarily unavailable"):
        other.keep_only(lambda _: ())
    spool.release()
    assert other.keep_only(lambda there: there & kept) == 3
    assert other.keep_only(lambda there: there) == 0
    assert other.blobs() == kept
    assert spool.add(named(MANY[1])) == 1


_FILL = """
import sys
from pathlib import Path
from patchwatch.sources.base import blob_id
from patchwatch.sources.spool import Spool
spool = Spool(Path(sys.argv[1]))
for n in range(10_000):
    mails = [b"%d %d\\n" % (n, m) * 50 for m in range(120)]
    spool.add([(blob_id(mail), mail) for mail in mails])
    print(n, flush=True)
    if n % 3 == 2:
        spool.drop([blob_id(mails[0])])
"""


@pytest.mark.parametrize("after", [1, 3, 6])
def test_what_was_stored_survives_a_kill_at_any_moment(spool: Spool, after: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _FILL, str(spool.path)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    done = [int(process.stdout.readline()) for _ in range(after)]
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    stored = [b"%d %d\n" % (n, m) * 50 for n in done for m in range(1, 120)]
    assert [spool.read(blob_id(mail)) for mail in stored] == stored
    assert spool.add(named(*MANY)) == len(MANY)
    assert spool.drop([blob_id(MANY[0])]) == 1
    assert [spool.read(blob_id(mail)) for mail in stored] == stored


def test_it_lies_beside_the_file_and_for_a_server_below_the_data_folder(tmp_path: Path) -> None:
    home = tmp_path / "data"
    assert spool_path("/a/b/x.db", home) == Path("/a/b/x.db.mail.git")
    assert spool_path("sqlite:////a/b/x.db", home) == Path("/a/b/x.db.mail.git")
    first = spool_path("postgresql+psycopg://jo:secret@host/db", home)
    assert first.parent == home / "patchwatch"
    assert first == spool_path("postgresql+psycopg://ann@host/db", home)
    assert first != spool_path("postgresql+psycopg://ann@host/other", home)
    assert "secret" not in str(first)
