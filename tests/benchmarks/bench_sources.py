# SPDX-License-Identifier: GPL-2.0-or-later
"""
Reading archives beside `git cat-file --batch` over the same blobs, in CPU seconds, children counted.

`make bench ARCHIVES=DIR` measures the archives below DIR; without it one of 27,000 made-up mails is built.
"""

import hashlib
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.bench_commands import best, blobs_of, cpu_seconds
from builders_archive import ArchiveEvent, write_archive
from builders_mail import mail_bytes
from builders_v1 import write_v1
from patchwatch.model.source import Added, Cursor
from patchwatch.sources.base import Source
from patchwatch.sources.detect import open_source
from patchwatch.store.database import open_database
from patchwatch.store.scrub import mark_for_scrub, scrub

MADE_UP = 27_000
LATER = 100
PEOPLE = 400
RUNS = 3


def cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def least(work: Callable[[], object]) -> float:
    """Return the CPU of the best of several runs: noise only ever adds."""
    found = []
    for _ in range(RUNS):
        start = cpu()
        work()
        found.append(cpu() - start)
    return min(found)


def mails(first: int, count: int) -> list[ArchiveEvent]:
    """Return series of four patches of about 6 kB, as on lists, by some hundred people."""
    return [("m", _mail(n)) for n in range(first, first + count)]


def _mail(n: int) -> bytes:
    person = n // 4 % PEOPLE
    lines = [f"+\tvalue_{n * 31 % 977}[{k}] = {(n * k * 7919) % 100_003};" for k in range(200)]
    hunk = f"@@ -{n % 500 + 1} +{n % 500 + 1},201 @@\n context\n" + "\n".join(lines)
    body = f"Part {n}.\n\nSigned-off-by: P <p{person}@example.org>\n---\n f.c | 200 +\n\n"
    body += f"diff --git a/f{n % 90}.c b/f{n % 90}.c\n--- a/f{n % 90}.c\n+++ b/f{n % 90}.c\n{hunk}\n-- \n2.39\n"
    return mail_bytes(
        f"[PATCH {n % 4 + 1}/4] part {n}",
        body,
        mid=f"{n}@x",
        sender=f"P <p{person}@example.org>",
        reply_to=f"{n - n % 4}@x" if n % 4 else "",
    )


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("made") / "made-up", {0: mails(0, MADE_UP)})


@pytest.fixture(scope="module")
def archives(made_up: Path) -> list[Path]:
    named = os.environ.get("ARCHIVES")
    return sorted(path.parent for path in Path(named).glob("*/git") if path.is_dir()) if named else [made_up]


def read_and_hash(source: Source) -> int:
    """Read every mail and compute its id, as a reader does that trusts nobody."""
    count = 0
    for event in source.events(Cursor()):
        if isinstance(event, Added):
            digest = hashlib.sha1(b"blob %d\0" % len(event.raw.data), usedforsecurity=False)
            digest.update(event.raw.data)
            assert digest.hexdigest() == event.raw.blob
            count += 1
    return count


def beside_git(name: str, archive: Path, epochs: list[tuple[Path, bytes]]) -> None:
    floor = sum(
        best(["git", f"--git-dir={epoch}", "cat-file", "--batch", "--buffer"], names) for epoch, names in epochs
    )
    count = read_and_hash(open_source(str(archive)))
    seconds = least(lambda: read_and_hash(open_source(str(archive))))
    print(
        f"\n{name}: {count} mails read and hashed in {seconds:.2f} CPU s, {count / seconds:.0f} per CPU s, "
        f"{seconds / floor:.2f} x git cat-file --batch ({floor:.2f})"
    )


def test_reading_and_hashing_beside_git(archives: list[Path]) -> None:
    for archive in archives:
        beside_git(f"v2 {archive.name}", archive, blobs_of(archive))


def test_reading_v1_beside_git(tmp_path: Path) -> None:
    repo = write_v1(tmp_path / "v1", mails(0, MADE_UP))
    listed = [
        "git",
        f"--git-dir={repo}",
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objecttype) %(objectname)",
    ]
    lines = subprocess.run(listed, capture_output=True, check=True).stdout.split(b"\n")
    beside_git("v1", repo, [(repo, b"".join(line[5:] + b"\n" for line in lines if line.startswith(b"blob ")))])


def test_adding_mails_as_a_command(made_up: Path, tmp_path: Path) -> None:
    database = tmp_path / "patchwatch.db"
    command = [sys.executable, "-m", "patchwatch", "--db", str(database), "ingest", str(made_up)]
    first, _ = cpu_seconds(command)
    nothing = best(command)
    found = []
    for run in range(RUNS):
        write_archive(made_up, {run + 1: mails(MADE_UP + run * LATER, LATER)})
        found.append(cpu_seconds(command)[0])
    bare = best([sys.executable, "-c", "pass"])
    print(
        f"\n{MADE_UP} mails ingested and judged in {first:.2f} CPU s; {LATER} more: {min(found):.2f} CPU s; "
        f"nothing new: {nothing:.2f} CPU s ({nothing / bare:.0f} x python -c pass)"
    )
    before = database.stat().st_size
    with open_database(str(database)) as db:
        with db.writing() as conn:
            mark_for_scrub(conn)
        start = cpu()
        assert scrub(db)
        seconds = cpu() - start
    print(
        f"scrubbed after a purge: {before / 1e6:.0f} MB in {seconds:.2f} CPU s, {seconds / first:.2f} of the first run"
    )
