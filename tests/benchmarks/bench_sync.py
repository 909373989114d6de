# SPDX-License-Identifier: GPL-2.0-or-later
"""
CPU of `patchwatch sync` as a command, children counted, when nothing is new; prints figures, judges nothing.

Fifty epochs on disk, and the same list as a mirror of a server on loopback whose manifest did not change.
"""

import gzip
import json
import resource
import shutil
import subprocess
import sys
from hashlib import sha1
from pathlib import Path
from time import time

import pytest

from builders_archive import git, make_mail, write_archive
from builders_web import Page, served

EPOCHS = 50
RUNS = 5


def best(command: list[str]) -> float:
    """Return the least user + system seconds of several runs, children counted: noise only ever adds."""
    found = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    mails = {number: [("m", make_mail(f"{number}-{n}")) for n in range(3)] for number in range(EPOCHS)}
    return write_archive(tmp_path_factory.mktemp("many") / "list", mails)


def manifest_of(archive: Path) -> bytes:
    """Return the manifest that public-inbox makes of an archive."""
    found = {}
    for epoch in (archive / "git").iterdir():
        refs = f"{git(epoch, 'show-ref')}\n".encode()
        found[f"/list/git/{epoch.name}"] = {"fingerprint": sha1(refs, usedforsecurity=False).hexdigest(), "modified": 1}
    return gzip.compress(json.dumps(found).encode())


def test_a_sync_without_news(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    config = tmp_path / "config.toml"
    command = [
        sys.executable,
        "-m",
        "patchwatch",
        "--config",
        str(config),
        "--db",
        str(tmp_path / "x.db"),
        "-q",
        "sync",
    ]
    bare = best([sys.executable, "-c", "pass"])
    with served({"/list/manifest.js.gz": Page(manifest_of(archive), "application/gzip")}) as server:
        mirror = tmp_path / "data" / "patchwatch" / "mirrors" / server.url.partition("://")[2] / "list"
        shutil.copytree(archive, mirror)
        known = {path.removesuffix(".git").rpartition("/")[2]: entry["fingerprint"]
                 for path, entry in json.loads(gzip.decompress(manifest_of(archive))).items()}  # fmt: skip
        state = {"fingerprints": known, "left": [], "wait_until": 0}
        print()
        for name, where in (("on disk", str(archive)), ("mirrored", f"{server.url}/list/")):
            config.write_text(f'[list.many]\narchive = "{where}"\n')
            (mirror / "patchwatch-mirror.json").write_text(json.dumps({**state, "looked": time()}))
            subprocess.run(command, check=True)
            seconds = best(command)
            print(f"sync, {EPOCHS} epochs, no news, {name}: {seconds:.2f} CPU s, {seconds / bare:.0f} x python -c pass")
