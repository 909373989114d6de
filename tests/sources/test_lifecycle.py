# SPDX-License-Identifier: GPL-2.0-or-later
"""
The life of a real archive: mails come, go, are purged and edited, epochs begin, mirrors are cloned anew.

After each step what we hold is what public-inbox itself serves from its index, and text that it took back is in no
file of ours. The steps are random with a fixed seed; `make lifecycle STEPS=500 SEED=7` takes longer walks.
"""

import os
import random
import shutil
import sqlite3
import subprocess
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from builders_archive import ENV
from builders_cli import patch_body, run
from builders_inbox import ADDRESS, LIST_ID, Inbox, inbox
from patchwatch.sources.base import live_messages
from patchwatch.sources.detect import open_source

STEPS = int(os.environ.get("STEPS") or 0)
SEED = int(os.environ.get("SEED") or 6)


def index_of(archive: Path) -> set[str]:
    """Return the blob ids that public-inbox serves: a row of its index holds nine lines, the sixth is the blob."""
    (index,) = [*archive.glob("xap*/over.sqlite3"), *archive.glob("public-inbox/xap*/over.sqlite3")]
    with closing(sqlite3.connect(index)) as conn:
        rows = conn.execute("SELECT ddd FROM over WHERE num > 0").fetchall()
    return {zlib.decompress(data).decode().split("\n")[5] for (data,) in rows}


class Life:
    """An archive, a mirror of it, a database that reads the mirror, and what has happened."""

    def __init__(self, box: Inbox, place: Path, seed: int) -> None:
        self.box = box
        self.mirror = place / "mirror"
        self.db = place / "patchwatch.db"
        self.random = random.Random(seed)  # noqa: S311 - a walk to be repeated
        self.story: list[str] = []
        self.taken_back: set[bytes] = set()
        self._sent: list[bytes] = []
        self._number = 0

    @property
    def is_v1(self) -> bool:
        return not (self.box.archive / "git").is_dir()

    def steps(self, more: int) -> None:
        """Let each thing happen once, then *more* at random."""
        kinds = [self.add, self.remove, self.add, self.same_message_id, self.clone_anew, self.add_again]
        if not self.is_v1:
            kinds[4:4] = [self.add, self.rotate, self.edit, self.purge]
        for what in kinds:
            self.story.append(what())
            self.compare()
        for _ in range(more):
            self.step()

    def step(self) -> None:
        """Let one thing happen and compare; a failure tells the whole story."""
        steps: list[tuple[int, Callable[[], str]]] = [
            (4, self.add),
            (1, self.add_again),
            (1, self.same_message_id),
            (3, self.remove),
            (1, self.clone_anew),
        ]
        if not self.is_v1:
            steps += [(2, self.purge), (2, self.edit), (1, self.rotate)]
        weights = [weight for weight, _ in steps]
        ((_, what),) = self.random.choices(steps, weights)
        self.story.append(what())
        self.compare()

    def compare(self) -> None:
        self._fetch()
        served = index_of(self.box.archive)
        result = run("--db", self.db, "ingest", self.mirror)
        assert result.code == 0, (self.story, result.err)
        with closing(sqlite3.connect(self.db)) as conn:
            stored = {blob for (blob,) in conn.execute("SELECT blob FROM message")}
        assert stored == served, self.story
        assert {raw.blob for raw in live_messages(open_source(str(self.mirror)))} == served, self.story
        kept = b"".join(path.read_bytes() for path in self.db.parent.glob(f"{self.db.name}*") if path.is_file())
        assert not [word for word in self.taken_back if word in kept], self.story

    def _mail(self, mid: str = "") -> bytes:
        self._number += 1
        word = f"word{self.random.getrandbits(48):012x}"
        head = f"From: {word} <{word}@example.com>\nTo: {ADDRESS}\nList-Id: <{LIST_ID}>\n"
        mid = mid or f"{self._number}@x.org"
        head += f"Date: Thu, {1 + self._number % 28} Jan 2026 10:00:00 +0000\nMessage-ID: <{mid}>\n"
        replies = self._sent and self.random.random() < 0.3
        if replies:
            parent = self.random.choice(self._sent).partition(b"Message-ID: <")[2].partition(b">")[0].decode()
            head += f"In-Reply-To: <{parent}>\n"
        subject = f"Re: [PATCH] fix {word}" if replies else f"[PATCH] fix {word}"
        body = (
            f"Yes, {word} is right.\n" if replies else patch_body(f"It is {word}.\n\nSigned-off-by: {word} <a@b.org>\n")
        )
        return f"{head}Subject: {subject}\n\n{body}".encode()

    def add(self) -> str:
        mail = self._mail()
        self._sent.append(mail)
        self.box.add(mail)
        return f"add {words_of(mail)}"

    def add_again(self) -> str:
        """Deliver a mail once more, be it live, deleted or purged."""
        if not self._sent:
            return self.add()
        mail = self.random.choice(self._sent)
        self.taken_back -= words_of(mail)
        self.box.add(mail)
        return f"again {words_of(mail)}"

    def same_message_id(self) -> str:
        if not self._sent:
            return self.add()
        mid = self.random.choice(self._sent).partition(b"Message-ID: <")[2].partition(b">")[0].decode()
        mail = self._mail(mid)
        self.box.add(mail)
        return f"same id {mid}"

    def _live(self) -> tuple[str, bytes] | None:
        blobs = sorted(index_of(self.box.archive))
        if not blobs:
            return None
        blob = self.random.choice(blobs)
        data = open_source(str(self.box.archive)).read(blob)
        assert data is not None
        return blob, data

    def _bearing(self, mid: str) -> int:
        """Return how many live mails bear a Message-ID."""
        head = f"Message-ID: <{mid}>".encode()
        return sum(head in raw.data for raw in live_messages(open_source(str(self.box.archive))))

    def remove(self) -> str:
        found = self._live()
        if found is None:
            return self.add()
        self.box.remove(found[1])
        return f"rm {words_of(found[1])}"

    def purge(self) -> str:
        found = self._live()
        if found is None:
            return self.add()
        self.box.purge(found[1])
        self.taken_back |= words_of(found[1])
        return f"purge {words_of(found[1])}"

    def edit(self) -> str:
        found = self._live()
        if found is None:
            return self.add()
        data = found[1]
        mid = data.partition(b"Message-ID: <")[2].partition(b">")[0].decode()
        if self._bearing(mid) > 1:  # public-inbox-edit wants to be told which
            return self.rotate()
        new = f"word{self.random.getrandbits(48):012x}"
        self.box.edit(mid, f"s/word[0-9a-f]*/{new}/g")
        self.taken_back |= words_of(data)
        return f"edit {mid} to {new}"

    def rotate(self) -> str:
        """Begin an epoch by hand: who writes takes the highest number."""
        git = self.box.archive / "git"
        number = len(list(git.glob("*.git")))
        subprocess.run(["git", "init", "-q", "--bare", "-b", "master", str(git / f"{number}.git")], check=True, env=ENV)
        alternates = self.box.archive / "all.git" / "objects" / "info" / "alternates"
        alternates.write_text(f"../../git/{number}.git/objects\n{alternates.read_text()}")
        self.compare()  # an epoch without any commit; public-inbox-purge itself fails on one
        return f"rotate to {number}, {self.add()}"

    def clone_anew(self) -> str:
        shutil.rmtree(self.mirror, ignore_errors=True)
        return "clone anew"

    def _fetch(self) -> None:
        """Bring the mirror up to date as mirrors do: all refs, by force, old objects stay."""
        if self.is_v1:
            pairs = [(self.box.archive, self.mirror)]
        else:
            pairs = [(path, self.mirror / "git" / path.name) for path in sorted((self.box.archive / "git").iterdir())]
        for theirs, ours in pairs:
            if ours.exists():
                words = ["git", f"--git-dir={ours}", "fetch", "-q", str(theirs), "+refs/*:refs/*"]
            else:
                words = ["git", "clone", "-q", "--mirror", str(theirs), str(ours)]
            subprocess.run(words, check=True, env=ENV, stderr=subprocess.DEVNULL)


def words_of(mail: bytes) -> set[bytes]:
    """Return the invented words that only this mail has."""
    return {b"word" + rest[:12] for rest in mail.split(b"word")[1:]}


@pytest.mark.parametrize(("version", "more"), [(2, 2), (1, 0)])
def test_what_we_hold_is_what_public_inbox_serves(version: int, more: int, tmp_path: Path) -> None:
    with inbox(version=version) as box:
        life = Life(box, tmp_path, SEED)
        life.steps(STEPS or more)
        whole = tmp_path / "whole.db"
        assert run("--db", whole, "ingest", life.mirror).code == 0
        assert listed(whole) == listed(life.db), life.story


def listed(db: Path) -> str:
    return run("--db", db, "list", "--all", "--json", "--limit", "0").out
