# SPDX-License-Identifier: GPL-2.0-or-later
"""
CPU of reading all facts of each mail, beside `git cat-file --batch` on the same blobs; prints figures, judges nothing.

Measured is bytes to `Message` in one process, without git and without the garbage collector, as `ingest` runs it.
`make bench ARCHIVES=DIR` measures every public-inbox directory below DIR; without it made-up mails are read.
"""

import gc
import os
import resource
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_archive import ArchiveEvent, write_archive
from builders_mail import mail_bytes
from patchwatch.model.mail import RawMessage
from patchwatch.parse.mail import read_message

MADE_UP = 4_000
RUNS = 3


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The archives below $ARCHIVES, else one that is made here."""
    named = os.environ.get("ARCHIVES")
    if named:
        return sorted(path.parent for path in Path(named).glob("*/git") if path.is_dir())
    mails: list[ArchiveEvent] = [
        ("m", mail_bytes(f"[PATCH {n % 4 + 1}/4] part {n}", mid=f"{n}@x", reply_to=f"{n - n % 4}@x" if n % 4 else ""))
        for n in range(MADE_UP)
    ]
    return [write_archive(tmp_path_factory.mktemp("made") / "made-up", {0: mails})]


def names_of(epoch: Path) -> bytes:
    """Return the object names of the mails of one epoch, oldest first, a line each."""
    commits = subprocess.run(
        ["git", f"--git-dir={epoch}", "rev-list", "--reverse", "--all"], capture_output=True, check=True
    ).stdout
    checked = subprocess.run(
        ["git", f"--git-dir={epoch}", "cat-file", "--batch-check=%(objectname)"],
        input=b"".join(commit + b":m\n" for commit in commits.split()),
        capture_output=True,
        check=True,
    ).stdout
    return b"".join(line + b"\n" for line in checked.split(b"\n") if line and b" " not in line)


def batch(epoch: Path, names: bytes) -> tuple[bytes, float]:
    """Run git cat-file --batch; return its output and the CPU seconds it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = subprocess.run(
        ["git", f"--git-dir={epoch}", "cat-file", "--batch", "--buffer"], input=names, capture_output=True, check=True
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def raw_messages(found: bytes) -> Iterator[RawMessage]:
    """Split the output of git cat-file --batch."""
    at = 0
    while at < len(found):
        end = found.index(b"\n", at)
        name, _, size = found[at:end].split()
        at = end + 1 + int(size)
        yield RawMessage(blob=name.decode(), data=found[end + 1 : at], origin="bench")
        at += 1


def test_facts_of_each_mail_beside_reading_the_blobs(archives: list[Path]) -> None:
    print()
    for archive in archives:
        raws: list[RawMessage] = []
        floor = 0.0
        for epoch in sorted((archive / "git").glob("*.git")):
            names = names_of(epoch)
            found, seconds = batch(epoch, names)
            floor += min(seconds, *(batch(epoch, names)[1] for _ in range(RUNS - 1)))
            raws += raw_messages(found)
        seconds = min(timed(raws) for _ in range(RUNS))
        print(
            f"{archive.name}: {len(raws)} mails, {len(raws) / seconds:.0f} mails per CPU s, "
            f"{seconds / len(raws) * 1e6:.0f} us a mail, {seconds / floor:.1f} x git cat-file --batch"
        )
        for kind, (count, spent) in sorted(by_kind(raws).items()):
            print(f"  {kind:6} {count:6} mails {spent / count * 1e6:5.0f} us")
        assert len(raws) > 0


def timed(raws: list[RawMessage]) -> float:
    """Return the CPU seconds for all mails."""
    gc.collect()
    gc.disable()
    started = time.process_time()
    for raw in raws:
        read_message(raw)
    spent = time.process_time() - started
    gc.enable()
    return spent


def by_kind(raws: list[RawMessage]) -> dict[str, tuple[int, float]]:
    """Return number of mails and CPU seconds for each kind of message."""
    found: defaultdict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    gc.disable()
    for raw in raws:
        started = time.process_time()
        message = read_message(raw)
        count, spent = found[message.kind.value]
        found[message.kind.value] = (count + 1, spent + time.process_time() - started)
    gc.enable()
    return dict(found)
