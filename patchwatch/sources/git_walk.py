# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the commits of a public-inbox v2 epoch do, and the bytes of the blobs they name.

A commit adds a mail as the file `m` or takes one out as the file `d`; `D m` beside that says nothing
(public-inbox-v2-format(5)). Only regular files of mode 100644 count, as in public-inbox itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, NamedTuple

from patchwatch.sources.base import KEPT, MAIL_CAP
from patchwatch.sources.git_env import BorrowedObjects, GitProblem

EMPTY_BLOBS = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)
RAW = ("--raw", "--no-renames", "--no-abbrev")
_ODD_CAP = 100_000  # entries that are no mail, in one walk
_DRAIN = 1 << 20


class Step(NamedTuple):
    """One entry that a commit changes. *kind*: "m" and "d" with a blob id, "!" with the reason it is no mail."""

    commit: str
    kind: str
    value: str


def walk(git: BorrowedObjects, since: str | None, until: str) -> list[Step]:
    """
    Return the steps of the commits after *since* up to *until*, parents first.

    The list is made before any mail is read (about 200 bytes a mail), so that damaged history is
    known before anything is told. Trees are not descended into: a mail is a top-level file, and a
    nest of shared trees would be exponential. Raises GitProblem.
    """
    return list(_steps(raw_changes(git, since, until), git.id_length))


def raw_changes(git: BorrowedObjects, since: str | None, until: str) -> Iterator[bytes]:
    """
    Yield the lines of `diff-tree --raw` for the commits after *since* up to *until*, parents first.

    A line is a commit id alone, or `:MODE MODE ID ID STATUS<TAB>PATH` of a top-level entry that it
    changes. Raises GitProblem, at the end too: until then nothing told is certain.
    """
    exclude = [] if since is None else [f"^{since}"]
    commits = git.start("rev-list", "--reverse", "--topo-order", until, *exclude, "--")
    changes = git.start("diff-tree", "--stdin", "--root", *RAW, stdin=commits.stdout)
    pipe_of(commits.stdout).close()  # only diff-tree reads it, so rev-list notices when that ends
    yield from pipe_of(changes.stdout)
    if changes.wait() or commits.wait():
        raise GitProblem(f"its history cannot be walked: {git.complaint()}")


def _steps(lines: Iterable[bytes], width: int) -> Iterator[Step]:
    """Read `diff-tree --raw` lines: a commit id alone, or `:MODE MODE ID ID STATUS<TAB>PATH`."""
    commit, odd = "", 0
    new_id = slice(16 + width, 16 + 2 * width)
    status = 17 + 2 * width
    for line in lines:
        if line[0] != 58:  # ":"
            commit = line[:width].decode()
            continue
        path = line[status + 2 : -1]
        action = line[status : status + 1]
        if path in (b"m", b"d") and line[8:14] == b"100644" and action in (b"A", b"M"):
            blob = line[new_id].decode()
            if blob not in EMPTY_BLOBS:
                yield Step(commit, path.decode(), blob)
        elif action != b"D":
            odd += 1
            if odd > _ODD_CAP:
                raise GitProblem(f"over {_ODD_CAP} entries that are no mail: not a public-inbox archive")
            yield Step(commit, "!", _odd(path, line[8:14], action))


def _odd(path: bytes, mode: bytes, action: bytes) -> str:
    name = path[:80].decode("ascii", "replace")
    what = {b"120000": "a symlink", b"040000": "a directory", b"160000": "a submodule"}.get(
        mode, f"of mode {mode.decode()}"
    )
    if path not in (b"m", b"d"):
        return f"a file {name} that is neither m nor d"
    return (
        f"{name} is {what}, not a plain file" if mode != b"100644" else f"{name} changed its type ({action.decode()})"
    )


def read_blobs(git: BorrowedObjects, blobs: Sequence[str]) -> Iterator[tuple[bytes, bool, str]]:
    """
    Yield (data, whether it was cut, why it is no mail or "") in the order asked for, from one `cat-file` process.

    The ids go through a file, not a pipe: writing and reading in turn would deadlock, and this needs
    no thread. Raises GitProblem on a missing or damaged object.
    """
    path = git.directory / "wanted"
    with path.open("w") as wanted:
        wanted.writelines(f"{blob}\n" for blob in blobs)
    with path.open("rb") as wanted:
        output = pipe_of(git.start("cat-file", "--batch", "--buffer", stdin=wanted).stdout)
    readline, read = output.readline, output.read
    for _ in blobs:
        header = readline()
        problem = "" if header.startswith(b" blob ", git.id_length) else _no_blob(header)
        if header.endswith(b"\n"):
            size = int(header[header.rindex(b" ") :])
            if problem or size > MAIL_CAP:
                yield _drain(output, size), True, problem
                continue
            data = read(size)
            if len(data) == size and read(1):
                yield data, False, ""
                continue
        raise GitProblem(f"an object cannot be read: {git.complaint()}")


def _no_blob(header: bytes) -> str:
    """Say what cat-file found instead of a blob. Raises GitProblem when it found nothing."""
    name, _, rest = header.decode().rstrip("\n").partition(" ")
    if rest == "missing":
        raise GitProblem(f"blob {name} is missing from the mirror or damaged")
    return f"m is a git {rest.partition(' ')[0]}, not a mail"


def _drain(output: IO[bytes], size: int) -> bytes:
    """Read past an object of *size* bytes and its newline; return its beginning."""
    head = output.read(KEPT)
    left = size + 1 - len(head)
    while left and (chunk := output.read(min(left, _DRAIN))):
        left -= len(chunk)
    return head


def pipe_of(pipe: IO[bytes] | None) -> IO[bytes]:
    """Return a pipe that a process was started with."""
    if pipe is None:
        raise GitProblem("git was started without a pipe")
    return pipe


class BlobReader:
    """Reads single blobs again through one long-lived process."""

    def __init__(self, git: BorrowedObjects) -> None:
        import subprocess
        import weakref

        self._git = git
        self._finish = weakref.finalize(self, git.close)  # also when nobody closes the source
        self._process = git.start("cat-file", "--batch", stdin=subprocess.PIPE)

    def get(self, blob: str) -> bytes | None:
        """Return a blob (its first `KEPT` bytes if over the cap), None when absent. Raises OSError, GitProblem."""
        asked, output = pipe_of(self._process.stdin), pipe_of(self._process.stdout)
        asked.write(blob.encode() + b"\n")
        asked.flush()
        header = output.readline()
        if not header:
            raise GitProblem(f"an object cannot be read: {self._git.complaint()}")
        if header.endswith(b" missing\n"):
            return None
        kind, _, size_text = header[self._git.id_length + 1 :].partition(b" ")
        size = int(size_text)
        data = _drain(output, size) if size > MAIL_CAP else output.read(size + 1)[:size]
        return data if kind == b"blob" else None

    def close(self) -> None:
        """End the process."""
        self._finish()
