# SPDX-License-Identifier: GPL-2.0-or-later
"""
Read the commits of a git tree: a clone of the project, bare or with a work tree, or a linked work tree.

A clone is configured by its owner, and may have been made by a stranger: as with archives, only its objects are
read, through a repository of our own. None of its configuration, hooks, attributes or drivers is ever loaded.
Unlike archives it may borrow objects from elsewhere (`git clone --shared`) and may be shallow.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from patchwatch.model.commit import Commit
from patchwatch.parse.commit import read_commit
from patchwatch.sources.git_env import BorrowedObjects, GitProblem, is_object_id, resolve_ref
from patchwatch.sources.stream import read_small

if TYPE_CHECKING:
    import subprocess

_BATCH = 2_000  # commits between two looks at whether git is still well
_COMMIT_CAP = 1 << 20
_DRAIN = 1 << 20
_SMALL = 1 << 12
_SHALLOW_CAP = 16 << 20
_PATHS = 5_000
# As git format-patch writes a patch without any configuration: its patch id is that of the mail.
_DIFF = (
    "diff-tree --stdin --root -r -p --no-ext-diff --no-textconv --no-color --full-index -U3 -M "
    "--diff-algorithm=myers --indent-heuristic --submodule=short --ignore-submodules=none "
    "--src-prefix=a/ --dst-prefix=b/"
).split()


class GitTree:
    """
    A branch of a repository; *spec* is `PATH` (what HEAD stands for) or `PATH#BRANCH`.

    A context manager. Every method raises GitProblem when the tree cannot be read.
    """

    def __init__(self, spec: str) -> None:
        path, mark, branch = spec.rpartition("#")
        if not mark or Path(spec).is_dir():
            path, branch = spec, ""
        self.name = spec
        self._branch = branch
        self._private, self._common = _places(Path(path))
        self._borrowed: BorrowedObjects | None = None
        self._hasher: BorrowedObjects | None = None
        self.boundary = frozenset(_shallow(self._common))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes and remove the temporary repositories."""
        for borrowed in {id(one): one for one in (self._borrowed, self._hasher) if one is not None}.values():
            borrowed.close()
        self._borrowed = self._hasher = None

    @property
    def object_folder(self) -> Path:
        """Where the objects of the tree lie."""
        return self._common / "objects"

    def tip(self) -> str:
        """Return the commit that the branch stands at, without starting git."""
        name = "HEAD"
        if self._branch:
            heads = (f"refs/heads/{self._branch}", f"refs/remotes/{self._branch}", f"refs/tags/{self._branch}")
            found = next((tip for tip in (resolve_ref(self._common, one) for one in heads) if tip), None)
        else:
            # HEAD belongs to the work tree, the branch that it names to the repository.
            found = resolve_ref(self._private, name, self._common)
        if found is None:
            raise GitProblem(f"has no {f'branch {self._branch}' if self._branch else 'commit yet'}")
        return found

    def ids(self, until: str, *, since: str | None = None, after: int | None = None) -> list[str]:
        """
        Return the commits that *until* reaches and *since* does not, without merges.

        *after*: only those committed at or after this second. All history is walked for it: one commit with a
        wrong date must not hide those before it.
        """
        exclude = [] if since is None else [f"^{since}"]
        lines = self._run("rev-list", "--timestamp", "--no-merges", until, *exclude, "--")
        pairs = (line.split() for line in lines)
        ids = [one.decode() for when, one in pairs if after is None or int(when) >= after]
        return [one for one in ids if one not in self.boundary]

    def touching(self, until: str, paths: Collection[str]) -> set[str]:
        """Return the commits of *until* that change any of *paths*; all of them when there are too many paths."""
        usable = [path for path in paths if _is_usable(path)]
        if len(usable) > _PATHS:
            return set(self.ids(until))
        if not usable:
            return set()
        wanted = self._objects.directory / "paths"
        wanted.write_bytes(b"".join([until.encode(), b"\n--\n", *(path.encode() + b"\n" for path in usable)]))
        # With the simplification of history whole branches would be left out.
        options = ("--literal-pathspecs", "rev-list", "--no-merges", "--full-history", "--stdin")
        with wanted.open("rb") as file:
            return {line.decode().strip() for line in self._run(*options, stdin=file)} - self.boundary

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether *newer* builds on *older*; False when *older* is gone."""
        return self._objects.ask("merge-base", "--is-ancestor", older, newer)[0] == 0

    def commits(self, ids: Sequence[str], *, changes: bool = True) -> Iterator[Commit]:
        """Read commits in the order of *ids*; without *changes* they have no patch id, which is far quicker."""
        for start in range(0, len(ids), _BATCH):
            part = ids[start : start + _BATCH]
            patch_ids = self._patch_ids(part) if changes else {}
            for one, data in self._raw(part):
                yield read_commit(one, data, patch_ids.get(one[:40]))

    @property
    def _objects(self) -> BorrowedObjects:
        """The repository of our own that borrows the objects of the tree; its shallow file is a list of ids."""
        if self._borrowed is None:
            self._borrowed = BorrowedObjects([self._common / "objects"], len(self.tip()))
            if self.boundary:
                (self._borrowed.directory / "shallow").write_text("".join(f"{one}\n" for one in sorted(self.boundary)))
        return self._borrowed

    @property
    def _hashing(self) -> BorrowedObjects:
        """Where `patch-id` runs: in a sha256 repository it would print other ids than those of mails."""
        if self._hasher is None:
            same = len(self.tip()) == 40
            self._hasher = self._objects if same else BorrowedObjects([self._common / "objects"], 40)
        return self._hasher

    def _patch_ids(self, ids: Sequence[str]) -> dict[str, str]:
        """Return patch ids by the first 40 digits of the commit id."""
        wanted = self._write(ids)
        with wanted.open("rb") as file:
            diffs = self._objects.start(*_DIFF, stdin=file)
        hashed = self._hashing.start("patch-id", "--stable", stdin=diffs.stdout)
        _pipe(diffs).close()  # only patch-id reads it
        pairs = (line.decode().split() for line in _pipe(hashed))
        found = {commit[:40]: patch_id for patch_id, commit in pairs}
        self._end(hashed)
        self._end(diffs)
        return found

    def _raw(self, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        with self._write(ids).open("rb") as file:
            process = self._objects.start("cat-file", "--batch", "--buffer", stdin=file)
        output = _pipe(process)
        for one in ids:
            words = output.readline().split()
            if len(words) != 3 or words[1] != b"commit":
                raise GitProblem(f"commit {one} cannot be read: {self._objects.complaint()}")
            size = int(words[2])
            data = output.read(min(size, _COMMIT_CAP))
            left = size + 1 - len(data)
            while left and (chunk := output.read(min(left, _DRAIN))):
                left -= len(chunk)
            yield one, data
        self._end(process)

    def _write(self, ids: Sequence[str]) -> Path:
        path = self._objects.directory / "wanted"
        path.write_text("".join(f"{one}\n" for one in ids))
        return path

    def _run(self, *arguments: str, stdin: IO[bytes] | None = None) -> list[bytes]:
        process = self._objects.start(*arguments, stdin=stdin)
        lines = list(_pipe(process))
        self._end(process)
        return lines

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait for a process; its result counts only when it ended well."""
        if process.wait():
            raise GitProblem(f"its history cannot be read: {self._objects.complaint()}")
        _pipe(process).close()


def _pipe(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    if process.stdout is None:
        raise GitProblem("git was started without a pipe")
    return process.stdout


def _is_usable(path: str) -> bool:
    """Tell whether a path from a mail can be that of a file in a tree, and be asked for on a line of its own."""
    parts = path.split("/")
    odd = any(sign in path for sign in "\n\0") or not path.isprintable()
    return bool(path) and not odd and not any(part in ("", ".", "..") for part in parts)


def _places(path: Path) -> tuple[Path, Path]:
    """Return the git directory of *path* and the one it shares with other work trees (the same, mostly)."""
    private = path
    dot = path / ".git"
    if dot.is_dir():
        private = dot
    elif dot.is_file():
        private = path / _line(dot).removeprefix("gitdir:").strip()
    common = private / _line(private / "commondir") if (private / "commondir").is_file() else private
    if not (private / "HEAD").exists() or not (common / "objects").is_dir():
        raise GitProblem("is no git repository")
    return private, common


def _line(path: Path) -> str:
    try:
        return (read_small(path, _SMALL) or b"").decode("utf-8", "surrogateescape").strip("\n")
    except (OSError, ValueError):
        raise GitProblem(f"{path.name} cannot be read") from None


def _shallow(repository: Path) -> list[str]:
    """Return the commits at which a shallow clone ends: what they change is not known."""
    try:
        data = read_small(repository / "shallow", _SHALLOW_CAP)
    except (OSError, ValueError):
        raise GitProblem("its file `shallow` cannot be read") from None
    lines = (data or b"").decode("ascii", "replace").split()
    if not all(is_object_id(line) for line in lines):
        raise GitProblem("its file `shallow` is damaged")
    return lines
