# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the command line: inside this process where only its words matter, as a process where the process matters."""

import io
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from builders_archive import ArchiveEvent, write_archive
from builders_mail import DIFF, LOG, mail_bytes
from patchwatch.cli import main
from peers import require

LIST_ID = "List-Id: <linux-foo.vger.kernel.org>\n"
TAGGED = LOG.replace("Signed-off-by", "Assisted-by: Claude:claude-opus-4-5 sparse\nSigned-off-by")
UNSIGNED = "It overflows.\n\n"


@dataclass(frozen=True, slots=True)
class Result:
    """What a run of patchwatch left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """Stderr, which must be exactly one line of ours and no traceback."""
        assert self.err.startswith("patchwatch: "), self.err
        assert self.err.endswith("\n"), self.err
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err[len("patchwatch: ") : -1]


def run(*arguments: str | Path, stdin: bytes = b"") -> Result:
    """Run `patchwatch ARGUMENTS` in this process, with streams of its own."""
    streams = [io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="") for data in (stdin, b"", b"")]
    with (
        mock.patch.object(sys, "argv", ["patchwatch", *map(str, arguments)]),
        mock.patch.multiple(sys, stdin=streams[0], stdout=streams[1], stderr=streams[2]),
    ):
        code = _exit_code()
        for stream in streams[1:]:
            stream.flush()
    out, err = (stream.buffer.getvalue().decode() for stream in streams[1:])
    return Result(code, out, err)


def _exit_code() -> int:
    try:
        main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def command(*arguments: str | Path) -> list[str]:
    """Return the command line that starts patchwatch in a process of its own."""
    return [sys.executable, "-c", "from patchwatch.cli import main; main()", *map(str, arguments)]


def spawn(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> Result:
    """Run `patchwatch ARGUMENTS` as a process."""
    return spawn_raw(command(*arguments), stdin, **environment)


def spawn_raw(words: Sequence[str], stdin: bytes = b"", **environment: str) -> Result:
    """Run any command as a process."""
    done = subprocess.run(words, input=stdin, capture_output=True, check=False, env={**os.environ, **environment})
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def patch_body(log: str = LOG, diff: str = DIFF) -> str:
    """Return the body of a patch mail."""
    return f"{log}---\n hw/foo.c | 3 ++-\n\n{diff}-- \n2.39\n"


def list_mail(
    mid: str,
    subject: str = "[PATCH] hw/foo: fix overflow",
    body: str | None = None,
    *,
    reply_to: str = "",
    date: str = "Thu, 01 Oct 2026 10:00:00 +0000",
    sender: str = "Jo Doe <jo@example.org>",
) -> bytes:
    """Return a mail of the list that the Linux policy covers."""
    text = patch_body() if body is None else body
    return mail_bytes(subject, text, mid=mid, sender=sender, date=date, reply_to=reply_to, headers=LIST_ID)


def example_mails() -> list[bytes]:
    """Return a small list: a series with cover letter and answer, a tagged patch, an unsigned one, an AUTOSEL one."""
    day = "Thu, {:02} Oct 2026 10:00:00 +0000".format
    cover, first = "20261001.1-0@example.org", "20261001.1-1@example.org"
    return [
        list_mail(cover, "[PATCH v2 0/2] hw/foo: two fixes", "Two of them.\n", date=day(1)),
        list_mail(first, "[PATCH v2 1/2] hw/foo: fix overflow", reply_to=cover, date=day(1)),
        list_mail("20261001.1-2@example.org", "[PATCH v2 2/2] hw/foo: fix more", reply_to=cover, date=day(1)),
        list_mail("a1@example.com", "Re: [PATCH v2 1/2] hw/foo: fix overflow", "> It overflows.\n\nWhere?\n",
                  reply_to=first, date=day(2), sender="Pat Reader <pat@example.com>"),
        list_mail("20261003.tagged@example.org", "[PATCH] hw/bar: say more", patch_body(TAGGED), date=day(3)),
        list_mail("20261004.unsigned@example.org", "[PATCH] hw/baz: no name", patch_body(UNSIGNED), date=day(4)),
        list_mail("20261005.auto@example.org", "[PATCH AUTOSEL 6.18] hw/foo: old fix", date=day(5)),
    ]  # fmt: skip


def added(*mails: bytes) -> list[ArchiveEvent]:
    """Return the archive events that add *mails*."""
    return [("m", mail) for mail in mails]


def example_archive(folder: Path) -> Path:
    """Write the small list as an archive of two epochs and return it."""
    mails = example_mails()
    return write_archive(folder, {0: added(*mails[:4]), 1: added(*mails[4:])})


def bound(*arguments: str | Path) -> Result:
    """Run a process to which file modes apply: root gives up the capabilities that overrule them."""
    words = command(*arguments)
    if os.geteuid() == 0:
        words = [require("setpriv", "util-linux"), "--bounding-set=-dac_override,-dac_read_search", *words]
    return spawn_raw(words)


def dump(db: Path) -> list[str]:
    """Return all rows of all tables as SQL, without the index of words: how that is stored depends on the batches."""
    with closing(sqlite3.connect(db)) as conn, closing(sqlite3.connect(":memory:")) as copy:
        conn.backup(copy)
        copy.execute("DROP TABLE IF EXISTS mail_words")
        return list(copy.iterdump())
