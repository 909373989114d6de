# SPDX-License-Identifier: GPL-2.0-or-later
"""Git as a judge: each mail through git mailinfo once, and what the other commands are given from it."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from oracles.corpus import Mail

WORKERS = 2
_T = TypeVar("_T")
_R = TypeVar("_R")
_SEPARATOR = b"From %040x Mon Sep 17 00:00:00 2001\n"


@dataclass(frozen=True, slots=True)
class View:
    """What git mailinfo makes of a mail: its headers, commit log and patch; *refused* says why not."""

    info: dict[str, str]
    log: bytes
    patch: bytes
    refused: str


def git(*arguments: str, stdin: bytes, cwd: str) -> subprocess.CompletedProcess[bytes]:
    """Run git outside any repository, without anybody's settings."""
    env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CEILING_DIRECTORIES": "/"}
    return subprocess.run(["git", *arguments], input=stdin, capture_output=True, cwd=cwd, env=env, check=False)


def each(work: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
    """Do *work* on all items, two at a time: it waits for processes."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, items))


@lru_cache(maxsize=1)
def views(mails: tuple[Mail, ...]) -> list[View]:
    """Return git's view of each mail."""
    return each(_mailinfo, mails)


def _mailinfo(mail: Mail) -> View:
    with tempfile.TemporaryDirectory() as folder:
        done = git("mailinfo", "msg", "patch", stdin=mail.data, cwd=folder)
        info: dict[str, str] = {}
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            key, colon, value = line.partition(": ")
            if colon:
                info[key] = value
        if done.returncode:
            return View(info, b"", b"", done.stderr.decode("utf-8", "replace").strip() or "refused")
        return View(info, Path(folder, "msg").read_bytes(), Path(folder, "patch").read_bytes(), "")


def numstat(patch: bytes, cwd: str, *options: str) -> list[tuple[str, str, str]] | None:
    """Return (added, removed, path) as git apply counts them; None when it refuses the patch."""
    done = git("apply", "--numstat", "-z", *options, stdin=patch, cwd=cwd)
    if done.returncode:
        return None
    rows = [row.split("\t", 2) for row in done.stdout.decode("utf-8", "replace").split("\0") if row]
    return [(added, removed, path) for added, removed, path in rows]


def patch_ids(patches: Sequence[bytes], cwd: str) -> list[list[str]]:
    """Return all ids of each patch, from one process: a line with a commit's id before each tells them apart."""
    stream = b"".join(_SEPARATOR % number + patch + b"\n" for number, patch in enumerate(patches, 1))
    found: list[list[str]] = [[] for _ in patches]
    number = 0
    for line in git("patch-id", "--stable", stdin=stream, cwd=cwd).stdout.decode().splitlines():
        value, _, commit = line.partition(" ")
        number = int(commit, 16) or number  # zero: a further id of the same text
        if 0 < number <= len(found):
            found[number - 1].append(value)
    return found


def lone_patch_ids(patch: bytes, cwd: str) -> list[str]:
    """Return all ids of one text, also those below a line with a commit's id of its own."""
    return [
        line.partition(" ")[0]
        for line in git("patch-id", "--stable", stdin=patch, cwd=cwd).stdout.decode().split("\n")
        if line
    ]


def our_text(mail: Mail) -> bytes:
    """Return the body as we decoded it, in the charset of the mail where that can hold it."""
    text = "\n".join(mail.lines)
    try:
        return text.encode(mail.body.encoding)
    except UnicodeError:
        return text.encode("utf-8", "replace")


def parsed_trailers(log: str, cwd: str) -> list[tuple[str, str]]:
    """Return the trailers git interpret-trailers finds in a commit log; it wants a title, so one is put above."""
    stdin = b"x\n\n" + log.encode("utf-8", "replace")
    done = git("interpret-trailers", "--parse", stdin=stdin, cwd=cwd)
    pairs = (line.partition(": ") for line in done.stdout.decode("utf-8", "replace").split("\n") if line)
    return [(key, value) for key, _, value in pairs]
