# SPDX-License-Identifier: GPL-2.0-or-later
"""Build public-inbox v1 archives, ordinary and odd ones, with git fast-import."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from hashlib import sha1
from pathlib import Path

from builders_archive import ENV, ArchiveEvent


def place_of(mail: bytes) -> str:
    """Return where a v1 archive keeps a mail."""
    found = re.search(rb"(?im)^message-id: <([^>]*)>", mail)
    name = sha1(found[1] if found else mail, usedforsecurity=False).hexdigest()
    return f"{name[:2]}/{name[2:]}"


def write_v1(
    repo: Path, events: Iterable[ArchiveEvent], when: int = 1_700_000_000, object_format: str = "sha1"
) -> Path:
    """
    Write a v1 archive with one commit per event, anew if it exists, and return it.

    An event is ("m", mail), ("d", mail to be taken out), ("", b"") for a commit without a change, or a path with or
    without a mode before it ("120000 ab/cdef...") and the content of that file.
    """
    shutil.rmtree(repo, ignore_errors=True)
    init = ["git", "init", "-q", "--bare", "-b", "master", f"--object-format={object_format}", str(repo)]
    subprocess.run(init, check=True, env=ENV)
    shutil.rmtree(repo / "hooks", ignore_errors=True)
    out: list[bytes] = []
    for n, (place, mail) in enumerate(events):
        who = b"A <a@example.org> %d +0000\n" % (when + n)
        out += [b"commit refs/heads/master\nauthor ", who, b"committer ", who, b"data 2\ns\n"]
        mode, _, path = place.rpartition(" ")
        if place == "d":
            out.append(f"D {place_of(mail)}\n".encode())
        elif place:
            path = place_of(mail) if path == "m" else path
            out.append(b"M %s inline %s\ndata %d\n%s\n" % ((mode or "100644").encode(), path.encode(), len(mail), mail))
    command = ["git", f"--git-dir={repo}", "fast-import", "--quiet", "--date-format=raw"]
    subprocess.run(command, input=b"".join(out), check=True, env=ENV)
    return repo
