# SPDX-License-Identifier: GPL-2.0-or-later
"""
`patchwatch ingest` killed with SIGKILL at random points, out of disk, twice at once: the tables end the same.

The points are random parts of the measured time, from a fixed seed; batches are small here, so that a run has many.
`make kill KILLS=200 SEED=7` tries more of them.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from select import select
from time import monotonic

import pytest

from builders_archive import ArchiveEvent, write_archive
from builders_cli import list_mail, patch_body

KILLS = int(os.environ.get("KILLS") or 12)
SEED = int(os.environ.get("SEED") or 6)
IN_A_ROW = 4
BATCH = 30
GONE = "xyzzyplugh"
_START = f"""
import json, os, resource, sys
import patchwatch.ingest, patchwatch.sources.git_archive, patchwatch.triage, patchwatch.cli.ingest, patchwatch.cli.app
from patchwatch.cli import main
patchwatch.ingest.BATCH = patchwatch.sources.git_archive.BATCH = {BATCH}
for line in sys.stdin:
    words, log, most_bytes = json.loads(line)
    pid = os.fork()
    if not pid:
        break
    print(pid, flush=True)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # its id is not given to another process before we were asked
    print("ended", flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
else:
    sys.exit()
for handle, place in ((0, os.devnull), (1, log), (2, log)):
    os.dup2(os.open(place, os.O_RDWR | os.O_CREAT | os.O_APPEND), handle)
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
sys.argv = ["patchwatch", *words]
main()
"""


class Starter:
    """
    Starts `patchwatch ingest` in processes of their own, one after the other.

    They are forked off one that has loaded patchwatch already: so all of their time is work, and every kill hits it.
    """

    def __init__(self, place: Path) -> None:
        self._log = place / "log"
        temporary = place / "tmp"
        temporary.mkdir()
        pipe = subprocess.PIPE
        environment = {**os.environ, "TMPDIR": str(temporary)}  # a killed process takes nothing away
        self._process = subprocess.Popen([sys.executable, "-c", _START], stdin=pipe, stdout=pipe, env=environment)

    def begin(self, db: Path, archive: Path, most_bytes: int = 0) -> int:
        """Start a run and return its process id."""
        assert self._process.stdin is not None
        self._log.unlink(missing_ok=True)
        order = [["--db", str(db), "ingest", str(archive)], str(self._log), most_bytes]
        self._process.stdin.write(f"{json.dumps(order)}\n".encode())
        self._process.stdin.flush()
        return int(self._line())

    def finish(self) -> tuple[int, str]:
        """Wait for the end of the run; return its exit code and what it said."""
        assert self._line() == b"ended\n"
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        code = int(self._line())
        return code, self._log.read_text() if self._log.exists() else ""

    def whole(self, db: Path, archive: Path) -> float:
        """Run without any disturbance; return how long it took."""
        start = monotonic()
        self.begin(db, archive)
        code, said = self.finish()
        assert code == 0, said
        return monotonic() - start

    def kill_after(self, pid: int, seconds: float) -> bool:
        """Kill the run after so many seconds; return whether it was still at work."""
        assert self._process.stdout is not None
        select([self._process.stdout], [], [], seconds)
        os.kill(pid, signal.SIGKILL)  # one that has ended keeps its id until `finish`
        return self.finish()[0] == -signal.SIGKILL

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@pytest.fixture
def starters(tmp_path: Path) -> Iterator[list[Starter]]:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(Starter(tmp_path / name))
    yield made
    for starter in made:
        starter.close()


def mail(n: int, word: str = "fix") -> bytes:
    """Return a patch of a series of three, or every fourth time an answer."""
    of, part = divmod(n, 4)
    first = f"{of}.0@example.org"
    if part == 3:
        return list_mail(f"{n}.re@example.com", f"Re: [PATCH 1/3] {word} {of}", f"> x\n\nWhy {word}?\n", reply_to=first)
    log = f"It is {word}.\n\nSigned-off-by: Jo Doe <jo@example.org>\n"
    reply_to = first if part else ""
    return list_mail(
        f"{of}.{part}@example.org", f"[PATCH {part + 1}/3] {word} {of}", patch_body(log), reply_to=reply_to
    )


def stage(archive: Path, number: int) -> None:
    """Bring the archive to one of three states: mail; more mail and deletes; a purge, an edit and one more mail."""
    first: list[ArchiveEvent] = [("m", mail(n, GONE if n % 40 == 10 else "fix")) for n in range(160)]
    more: list[ArchiveEvent] = [("m", mail(n)) for n in range(160, 240)]
    gone: list[ArchiveEvent] = [("d", data) for _, data in first[20:60:7]]
    if number == 2:
        first = [("m", b"" if n % 80 == 10 else mail(n) if n % 40 == 10 else data) for n, (_, data) in enumerate(first)]
    epochs = (
        {0: first}
        if number == 0
        else {0: first, 1: [*more[:40], *gone, *more[40:], *([("m", mail(240))] * (number - 1))]}
    )
    write_archive(archive, epochs)


def tables(db: Path) -> dict[str, list[str]]:
    """Return all rows; row numbers too, as nothing may hang on how often a run was begun."""
    with closing(sqlite3.connect(db)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
        names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # The index of words keeps its own books; what is in it is told by its vocabulary.
        kept = [name for name in names if not name.startswith("mail_words") or name.endswith("_vocab")]
        return {name: sorted(map(repr, conn.execute(f'SELECT * FROM "{name}"'))) for name in kept}  # noqa: S608


def leaves_nothing(db: Path) -> bool:
    return not any(GONE.encode() in path.read_bytes() for path in db.parent.glob(f"{db.name}*") if path.is_file())


def states(starter: Starter, place: Path) -> Iterator[tuple[Path, float, dict[str, list[str]]]]:
    """Bring an archive to each state; yield it, how long its ingest takes, and the tables of an undisturbed run."""
    (place / "whole").mkdir()
    db, archive = place / "whole" / "patchwatch.db", place / "list"
    for number in range(3):
        stage(archive, number)
        yield archive, starter.whole(db, archive), tables(db)


def restore(db: Path, before: Path) -> None:
    for path in db.parent.glob(f"{db.name}*"):
        path.unlink()
    if before.exists():
        shutil.copy(before, db)


def test_run_killed_at_any_moment_is_continued_to_the_same_tables(starters: list[Starter], tmp_path: Path) -> None:
    dice = random.Random(SEED)  # noqa: S311 - points that can be tried again
    starter = starters[0]
    db, before = tmp_path / "patchwatch.db", tmp_path / "before.db"
    kills, missed = 0, 0
    for state, (archive, seconds, expected) in enumerate(states(starter, tmp_path)):
        if db.exists():
            shutil.copy(db, before)
        while kills < KILLS * (state + 1) // 3:
            restore(db, before)
            for _ in range(IN_A_ROW):
                hit = starter.kill_after(starter.begin(db, archive), dice.random() * seconds)
                kills, missed = kills + hit, missed + (not hit)
            starter.whole(db, archive)
            assert tables(db) == expected, f"state {state}, after {kills} kills"
            assert leaves_nothing(db) or state < 2
            assert missed < 10 * KILLS, "runs end before they are killed"


def test_disk_that_fills_up_at_any_size_changes_nothing_that_counts(starters: list[Starter], tmp_path: Path) -> None:
    db, before = tmp_path / "patchwatch.db", tmp_path / "before.db"
    starter, full = starters[0], 0
    for archive, _, expected in states(starter, tmp_path):
        if db.exists():
            shutil.copy(db, before)
        largest = max(path.stat().st_size for path in (tmp_path / "whole").iterdir())
        for part in range(1, 4):
            starter.begin(db, archive, largest * part // 4)
            code, said = starter.finish()
            assert code in (0, 3, 5), said
            assert "Traceback" not in said
            full += code == 5
        starter.whole(db, archive)
        assert tables(db) == expected
    assert full > 3


def test_two_runs_at_once_end_in_the_same_tables(starters: list[Starter], tmp_path: Path) -> None:
    db = tmp_path / "patchwatch.db"
    for archive, _, expected in states(starters[0], tmp_path):
        for starter in starters:
            starter.begin(db, archive)
        ends = [starter.finish() for starter in starters]
        for code, said in ends:
            assert code == 0 or (code == 5 and ("another run" in said or "is locked" in said)), said
        starters[0].whole(db, archive)
        assert tables(db) == expected
