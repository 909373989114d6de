# SPDX-License-Identifier: GPL-2.0-or-later
"""
Commits of a repository as the mails they would be posted as: judged before anybody else sees them.

The repository is the user's own, so its refs are resolved by git as the user would; nothing in it is run: no
hooks, drivers, filters or transports, and only plumbing that reads. The mails are what `git format-patch --from`
and `git send-email` make: one poster, in-body From for other authors, the date of posting, a thread.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from patchwatch.errors import InputError, UsageError
from patchwatch.model.mail import Person, RawMessage
from patchwatch.model.source import Unreadable
from patchwatch.sources.base import PlainSource, raw_message
from patchwatch.sources.git_env import safe_environment

MAX_COMMITS = 5_000
_SECONDS = 120
_DIFF = (
    "diff-tree --root -r -p --binary --no-commit-id --no-ext-diff --no-textconv --no-color --full-index -U3 -M "
    "--diff-algorithm=myers --indent-heuristic --submodule=short --ignore-submodules=none "
    "--src-prefix=a/ --dst-prefix=b/"
).split()
_B4_COVER = b"--- b4-submit-tracking ---"


@dataclass(frozen=True, slots=True)
class _Commit:
    """A commit's author, title and log (after the title) in UTF-8, and its diff as it is."""

    id: str
    author: bytes
    title: bytes
    log: bytes
    diff: bytes

    @property
    def is_cover(self) -> bool:
        """Whether this is the empty commit in which b4 keeps a cover letter."""
        return not self.diff and _B4_COVER in self.log


def _utf8(text: bytes, charset: str) -> bytes:
    """Return *text* in UTF-8; as it is when it is not what the commit says."""
    if charset.lower() in ("utf-8", "utf8", ""):
        return text
    try:
        return text.decode(charset).encode("utf-8")
    except (LookupError, UnicodeError):
        return text


def _ident(person: Person) -> bytes:
    """Return a person as git writes one in a commit."""
    return f"{person.name} <{person.email}>".encode("utf-8", "replace")


def _quoted(ident: bytes) -> bytes:
    """Return `Name <address>` as a From header has it: a name with signs of the address syntax is quoted."""
    name, _, address = ident.rpartition(b"<")
    name = b" ".join(name.split())
    if name.translate(None, b'()<>@,:;.\\"[]') != name:
        escaped = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        name = b'"' + escaped + b'"'
    return name + b" <" + address if name else b"<" + address


class GitRange(PlainSource):
    """
    The commits of *commits* (`base..tip` as git reads it; a single revision means its own commit) in *repository*.

    *poster* is who would send them, None: the author of the last commit; *posted* is when. Raises InputError for a
    range without commits, UsageError for one that git cannot read.
    """

    kind = "git-range"

    def __init__(self, commits: str, repository: str, poster: Person | None, posted: datetime) -> None:
        self.name = commits
        self._repository = repository
        self._poster = poster
        self._posted = posted
        self._ids = self._resolved(commits)

    @property
    def _is_range(self) -> bool:
        return ".." in self.name or len(self.name.split()) > 1

    @property
    def base(self) -> str:
        """The commit that the range goes on from: what `A` of `A..B` is, else the parent of the first one; or ""."""
        left, dots, _ = self.name.strip().partition("..")
        wanted = (left or "HEAD") if dots and " " not in self.name.strip() else f"{self._ids[0]}^"
        code, output, _ = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{wanted}^{{commit}}")
        return output.decode("ascii", "replace").strip() if code == 0 else ""

    def items(self) -> Iterator[RawMessage | Unreadable]:
        """Yield one mail for each commit that changes something, a cover letter of b4 first."""
        found = [self._commit(one) for one in self._ids]
        covers = [one for one in found if one.is_cover][:1]
        patches = [one for one in found if one.diff]
        if not patches:
            yield self.unreadable(f"--git {self.name}", "no commit in it changes a file")
            return
        poster = patches[-1].author if self._poster is None else _ident(self._poster)
        root = (covers or patches)[0].id
        for place, one in enumerate((*covers, *patches), 0 if covers else 1):
            yield raw_message(self._mail(one, place, len(patches), poster, root), f"{self._repository}: {one.id[:12]}")

    def _resolved(self, commits: str) -> list[str]:
        named = commits.split()
        if not named or any(word.startswith("-") for word in named):  # an option of git could write files
            raise UsageError(f"--git {commits!r}: is no range of commits")
        walk = f"--max-count={MAX_COMMITS + 1}" if self._is_range else "--no-walk"
        words = ("rev-list", "--reverse", "--topo-order", "--no-merges", walk, *named, "--")
        code, output, complaint = self._git(*words)
        if code:
            raise UsageError(f"--git {commits}: {complaint}")
        ids = output.decode("ascii", "replace").split()
        if not ids:
            raise InputError(f"--git {commits}: no commits in this range")
        if len(ids) > MAX_COMMITS:
            raise UsageError(f"--git {commits}: more than the {MAX_COMMITS} commits that are judged at once")
        return ids

    def _commit(self, commit: str) -> _Commit:
        _, raw, _ = self._git("cat-file", "commit", commit)
        head, _, message = raw.partition(b"\n\n")
        fields = dict(line.split(b" ", 1) for line in reversed(head.split(b"\n")) if b" " in line.strip())
        author = fields.get(b"author", b"").rpartition(b">")[0] + b">"
        _, diff, _ = self._git(*_DIFF, commit)
        charset = fields.get(b"encoding", b"utf-8").strip().decode("ascii", "replace")
        author, message = _utf8(author, charset), _utf8(message, charset)  # as git mails it
        title, _, log = message.lstrip(b"\n").partition(b"\n\n")
        return _Commit(commit, author, b" ".join(title.split()), log, diff)

    def _mail(self, commit: _Commit, place: int, total: int, poster: bytes, root: str) -> bytes:
        """Write one mail; *place* 0 is the cover letter."""
        counter = f" {place}/{total}" if total > 1 or not place else ""
        answers = b"" if commit.id == root else f"In-Reply-To: <{root}@git.invalid>\n".encode()
        lines = [
            b"From: " + _quoted(poster),
            b"Date: " + format_datetime(self._posted).encode(),
            f"Message-ID: <{commit.id}@git.invalid>".encode(),
            f"Subject: [PATCH{counter}] ".encode() + commit.title,
            b"MIME-Version: 1.0",
            b'Content-Type: text/plain; charset="utf-8"',
            b"Content-Transfer-Encoding: 8bit",
        ]
        own = b"" if commit.author == poster or commit.is_cover else b"From: " + _quoted(commit.author) + b"\n\n"
        if commit.is_cover:
            text = commit.log.partition(_B4_COVER)[0].rstrip(b"\n") + b"\n"
        else:
            text = own + commit.log.rstrip(b"\n") + b"\n---\n\n" + commit.diff
        return b"\n".join(lines) + b"\n" + answers + b"\n" + text

    def _git(self, *words: str) -> tuple[int, bytes, str]:
        """Run git in the repository; return its code, output and first complaint."""
        command = [
            "git",
            "-C",
            self._repository,
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.fsmonitor=false",
            *words,
        ]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=safe_environment(),
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise UsageError("git is not installed; --git needs it") from None
        except subprocess.TimeoutExpired:
            raise UsageError(f"git {words[0]} took more than {_SECONDS} seconds") from None
        lines = done.stderr.decode("utf-8", "replace").splitlines()
        said = next((line for line in lines if line.startswith(("fatal:", "error:"))), "git gave no reason")
        return done.returncode, done.stdout, "".join(char if char.isprintable() else "?" for char in said[:200])
