# SPDX-License-Identifier: GPL-2.0-or-later
"""
CPU of whole commands, children counted, beside a peer in the same run; prints ratios, judges nothing.

`make bench ARCHIVES=DIR` measures every public-inbox directory below DIR; without it an archive of made-up
mails is built.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from builders_archive import ArchiveEvent, write_archive
from builders_mail import mail_bytes

MADE_UP = 4_000
RUNS = 5


def cpu_seconds(command: list[str], stdin: bytes = b"") -> tuple[float, int]:
    """Run a command; return its user + system seconds, children counted, and its peak memory in kB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, input=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss


def best(command: list[str], stdin: bytes = b"") -> float:
    """Return the least of several runs: noise only ever adds."""
    return min(cpu_seconds(command, stdin)[0] for _ in range(RUNS))


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


def blobs_of(archive: Path) -> list[tuple[Path, bytes]]:
    """Return the mails of each epoch as input for git cat-file."""
    found = []
    for epoch in sorted((archive / "git").glob("*.git")):
        names = subprocess.run(
            [
                "git",
                f"--git-dir={epoch}",
                "cat-file",
                "--batch-all-objects",
                "--batch-check=%(objecttype) %(objectname)",
            ],
            capture_output=True,
            check=True,
        ).stdout.split(b"\n")
        found.append((epoch, b"\n".join(line[5:] for line in names if line.startswith(b"blob ")) + b"\n"))
    return found


def test_ingest_beside_reading_the_blobs(archives: list[Path], tmp_path: Path) -> None:
    floor, mails = 0.0, 0
    for archive in archives:
        for epoch, names in blobs_of(archive):
            floor += best(["git", f"--git-dir={epoch}", "cat-file", "--batch", "--buffer"], names)
            mails += names.count(b"\n")
    runs = []
    for number in range(3):
        database = tmp_path / f"{number}.db"
        where = [str(archive) for archive in archives]
        command = [sys.executable, "-m", "patchwatch", "--db", str(database), "ingest", "--policy", "linux", *where]
        runs.append(cpu_seconds(command))
    again = best(command)
    seconds, memory = min(run[0] for run in runs), max(run[1] for run in runs)
    print(
        f"\ningest, assembled and judged: {mails} mails, {seconds:.2f} CPU s, {mails / seconds:.0f} mails per CPU s, "
        f"{seconds / floor:.1f} x git cat-file --batch, peak {memory // 1024} MB, "
        f"{database.stat().st_size / mails:.0f} bytes a mail; nothing new: {again:.2f} CPU s"
    )


def test_start_up_beside_a_bare_python(tmp_path: Path) -> None:
    mail = tmp_path / "one.eml"
    mail.write_bytes(mail_bytes())
    patchwatch = [sys.executable, "-m", "patchwatch"]
    bare = best([sys.executable, "-c", "pass"])
    print()
    for name, command in (
        ("import typer", [sys.executable, "-c", "import typer"]),
        ("--help", [*patchwatch, "--help"]),
        ("check", [*patchwatch, "check", str(mail)]),
        ("check --format json", [*patchwatch, "check", "--format", "json", str(mail)]),
        ("check --format b4", [*patchwatch, "check", "--format", "b4", str(mail)]),
        ("check --format checkpatch", [*patchwatch, "check", "--format", "checkpatch", str(mail)]),
    ):
        print(f"{name:26} {best(command) / bare:5.1f} x python -c pass")


def test_check_of_many_patches_beyond_start_up(tmp_path: Path) -> None:
    """1,000 patches in one mbox, less what one patch costs."""
    mails = [mail_bytes(f"[PATCH] hw/foo: change {n}", mid=f"{n}@x") for n in range(1000)]
    box, one = tmp_path / "many.mbox", tmp_path / "one.eml"
    box.write_bytes(b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail + b"\n" for mail in mails))
    one.write_bytes(mails[0])
    print()
    for kind in ("text", "json", "checkpatch"):
        command = [sys.executable, "-m", "patchwatch", "check", "--policy", "linux", "--format", kind]
        seconds = best([*command, str(box)]) - best([*command, str(one)])
        print(f"check --format {kind:12} {1000 / seconds:6.0f} patches per CPU s")
