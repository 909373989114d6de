# SPDX-License-Identifier: GPL-2.0-or-later
"""
What each hook judges: a message with its diff, commits that leave, or a mail that is about to be sent.

A hook has one patch, or what is pushed together, so the rules that need more are skipped (`check --git` runs them).
Findings go to stderr, where git shows them. By default only a declined patch stops git; `patchwatch.failOn` says
from which outcome on.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from patchwatch.cli.check import Wanted, assembled, judged_by
from patchwatch.cli.check_git import Repository, open_repository, target_config
from patchwatch.cli.check_mail import Mail
from patchwatch.cli.choosing import Texts, texts_for
from patchwatch.cli.hook_files import NAMES
from patchwatch.cli.settings import Settings
from patchwatch.errors import InputError, UsageError
from patchwatch.model.series import State
from patchwatch.model.verdict import Outcome
from patchwatch.parse.mail import read_message
from patchwatch.reports.checkpatch import render_checkpatch
from patchwatch.sources.base import raw_message
from patchwatch.sources.detect import open_source
from patchwatch.sources.git_range import GitRange

_NO_COMMIT = "0"
_CUT = "# ------------------------ >8 ------------------------"
_DIFF = "--cached -p --binary --full-index --no-color --no-ext-diff --no-textconv -M --src-prefix=a/ --dst-prefix=b/"
_ROOT = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the empty tree, which every repository knows


def run_hook(settings: Settings, name: str, given: Sequence[str]) -> int:
    """Judge what hook *name* was given; return the exit code, 1 to stop git."""
    if name not in (*NAMES, "pre-commit"):
        raise UsageError(f"no hook {name!r}; there is {', '.join(NAMES)} and pre-commit")
    repository = open_repository(".")
    if name == "pre-push" or (name == "pre-commit" and "PRE_COMMIT_TO_REF" in os.environ):
        return max((_judge_range(settings, repository, *one) for one in _pushed(name, given)), default=0)
    if not given:
        raise UsageError(f"hook run {name}: git gives a file to this hook")
    texts = _texts(settings, repository, ["HEAD"])
    mail = Mail()
    if name == "sendemail-validate":
        mail.take(open_source(given[0]), given[0])
    else:
        data = _applied(Path(given[0])) if name == "applypatch-msg" else _committed(Path(given[0]))
        raw = raw_message(data, given[0])
        mail.found[raw.blob] = read_message(raw)
        mail.keep(raw.blob, raw.data)
    return _judge(settings, repository, texts, mail)


def _texts(settings: Settings, repository: Repository, bases: Sequence[str]) -> Texts:
    return texts_for(settings, repository.policy or None, target_config(repository, bases))


def _judge(settings: Settings, repository: Repository, texts: Texts, mail: Mail, *, alone: bool = True) -> int:
    """Tell what is found on stderr; return 1 when it is to stop git."""
    wanted = Wanted(format="checkpatch")
    judged, _ = judged_by(assembled(settings, mail, wanted), texts, mail, wanted, alone=alone)
    stops = _stopping(repository)
    for line in render_checkpatch(judged, mail.lines):
        sys.stderr.write(f"patchwatch: {line}")
    return int(any(verdict.outcome in stops for one, verdict in judged if one.state is State.OPEN))


def _stopping(repository: Repository) -> frozenset[Outcome]:
    asked = repository.settings.get("patchwatch.failon", "decline")
    outcomes = {"decline": {Outcome.DECLINE}, "ask": {Outcome.DECLINE, Outcome.ASK}, "never": set[Outcome]()}
    if asked not in outcomes:
        raise UsageError(f"git config patchwatch.failOn: {asked!r} is not one of ask, decline, never")
    return frozenset(outcomes[asked])


def _judge_range(settings: Settings, repository: Repository, commits: str, base: str) -> int:
    now = datetime.now(UTC).replace(microsecond=0)
    mail = Mail()
    try:
        mail.take(GitRange(commits, repository.path, repository.poster, now), f"--git {commits}")
    except InputError:
        return 0  # nothing that changes a file: a moved branch, merges only
    return _judge(settings, repository, _texts(settings, repository, [base]), mail, alone=False)


def _pushed(name: str, given: Sequence[str]) -> list[tuple[str, str]]:
    """Return for each branch that is pushed the range of its new commits, and what it goes on from."""
    if name == "pre-commit":
        old, new = os.environ.get("PRE_COMMIT_FROM_REF", ""), os.environ["PRE_COMMIT_TO_REF"]
        lines = [f"refs/heads/x {new} refs/heads/x {old or _NO_COMMIT}"]
        remote = os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    else:
        lines, remote = sys.stdin.read().splitlines(), given[0] if given else ""
    found = []
    for line in lines:
        words = line.split()
        if len(words) != 4 or not words[1].strip(_NO_COMMIT) or not words[2].startswith("refs/heads/"):
            continue
        new, old = words[1], words[3]
        if old.strip(_NO_COMMIT) and _git("cat-file", "-e", f"{old}^{{commit}}")[0] == 0:
            found.append((f"{old}..{new}", old))
            continue
        known = _git("for-each-ref", "--format=%(objectname)", f"refs/remotes/{remote}")[1].decode().split()
        base = _git("merge-base", new, *known[:1])[1].decode().strip() if known else ""
        found.append((" ".join([new, *(f"^{one}" for one in dict.fromkeys(known))]), base or new))
    return found


def _committed(message: Path) -> bytes:
    """Return a commit that is being made as the mail it would become."""
    text = _read(message).partition(f"\n{_CUT}")[0]
    _, log = _git("stripspace", "--strip-comments", data=text.encode("utf-8", "surrogateescape"))
    base = "HEAD" if _git("rev-parse", "--verify", "--quiet", "HEAD")[0] == 0 else _ROOT
    _, diff = _git("-c", "core.fsmonitor=false", "diff-index", *_DIFF.split(), base, "--")
    ident = _git("var", "GIT_AUTHOR_IDENT")[1].decode("utf-8", "replace").rpartition(">")[0] + ">"
    return _mail(ident, log, diff)


def _applied(message: Path) -> bytes:
    """Return a patch that `git am` is applying: its message as it is now, and its diff."""
    place = Path(_git("rev-parse", "--git-path", "rebase-apply")[1].decode().strip())
    info = dict(line.partition(": ")[::2] for line in _read(place / "info").splitlines())
    ident = f"{info.get('Author', '')} <{info.get('Email', '')}>"
    return _mail(ident, _read(message).encode("utf-8", "surrogateescape"), _bytes(place / "patch"))


def _mail(ident: str, log: bytes, diff: bytes) -> bytes:
    title, _, rest = log.lstrip(b"\n").partition(b"\n\n")
    head = [
        b"From: " + ident.encode("utf-8", "surrogateescape"),
        b"Date: " + format_datetime(datetime.now(UTC).replace(microsecond=0)).encode(),
        b"Message-ID: <commit@git.invalid>",
        b"Subject: [PATCH] " + b" ".join(title.split()),
        b'Content-Type: text/plain; charset="utf-8"',
        b"Content-Transfer-Encoding: 8bit",
    ]
    return b"\n".join(head) + b"\n\n" + rest.rstrip(b"\n") + b"\n---\n\n" + diff


def _read(path: Path) -> str:
    return _bytes(path).decode("utf-8", "surrogateescape")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _git(*words: str, data: bytes = b"") -> tuple[int, bytes]:
    try:
        done = subprocess.run(["git", *words], input=data, capture_output=True, check=False)
    except OSError:
        raise UsageError("git is not installed; hooks are its own") from None
    return done.returncode, done.stdout
