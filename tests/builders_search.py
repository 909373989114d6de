# SPDX-License-Identifier: GPL-2.0-or-later
"""Real notmuch and lei, each with a mail store of its own below a folder; `os.environ` names it to them meanwhile."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from peers import require


@contextmanager
def notmuch(home: Path) -> Iterator[Path]:
    """Give the Maildir of an empty notmuch database."""
    require("notmuch", "notmuch")
    for folder in ("cur", "new", "tmp"):
        (home / "mail" / folder).mkdir(parents=True)
    config = home / "notmuch-config"
    config.write_text(f"[database]\npath={home / 'mail'}\n[new]\ntags=unread\n[search]\nexclude_tags=spam\n")
    with mock.patch.dict(os.environ, NOTMUCH_CONFIG=str(config)):
        yield home / "mail"


def index(box: Path, mails: Sequence[bytes]) -> None:
    """Make *mails* (more than before, if any were) what notmuch holds."""
    for number, mail in enumerate(mails):
        path = box / "cur" / f"{1000 + number}.{number}.host:2,S"
        if not path.exists():
            path.write_bytes(mail)
            tell("notmuch", "new", "--quiet")  # one by one: of mails with one date the first known comes first


def tell(*words: str) -> str:
    """Run a program and return what it says."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return done.stdout.decode()


@contextmanager
def lei(home: Path) -> Iterator[None]:
    """Give lei an empty store below *home*; its daemon is ended again."""
    require("lei", "lei")
    runtime = Path(tempfile.mkdtemp(prefix="pw-", dir="/tmp"))  # a short path: it holds a socket
    with mock.patch.dict(os.environ, HOME=str(home), XDG_RUNTIME_DIR=str(runtime)):
        try:
            yield
        finally:
            subprocess.run(["lei", "daemon-kill"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
            shutil.rmtree(runtime, ignore_errors=True)


def learn(place: Path, mails: Sequence[bytes]) -> None:
    """Import mails that lei does not know yet, one file each."""
    for number, mail in enumerate(mails):
        path = place / f"{number}.eml"
        if not path.exists():
            path.write_bytes(mail)
            tell("lei", "import", "--quiet", "--no-kw", "-F", "eml", str(path))
