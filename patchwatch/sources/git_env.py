# SPDX-License-Identifier: GPL-2.0-or-later
"""
Run git on objects of a repository that is not trusted.

git reads the objects through an empty bare repository of our own (GIT_DIR) with GIT_OBJECT_DIRECTORY
set to theirs. So no configuration, hook, graft, replace ref, promisor remote or shallow file of the
archive is ever loaded. Where the branch stands is read from the ref files here, without git.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from patchwatch.errors import UsageError
from patchwatch.sources.stream import read_small

if TYPE_CHECKING:
    import subprocess

_HEX = frozenset("0123456789abcdef")
_REF_CAP = 1 << 10
_PACKED_CAP = 16 << 20
_SHORT_CALL = 600  # seconds
# A blob over the threshold is streamed instead of held in memory; a commit graph could hide commits.
_CONFIG = """[core]
\trepositoryformatversion = {version}
\tbare = true
\tbigFileThreshold = 16m
\tcommitGraph = false
\tmultiPackIndex = false
[extensions]
\tobjectFormat = {format}
"""
_SAFE = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOC_LIMIT": "1g",  # a small delta can stand for gigabytes
    "LC_ALL": "C",
}


class GitProblem(Exception):  # noqa: N818 - always caught here and told as an event
    """Something in an epoch that cannot be read; the text is for people."""


def safe_environment() -> dict[str, str]:
    """Return our environment without any GIT_* variable, plus those that switch off what could run code."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**kept, **_SAFE}


def is_object_id(text: str) -> bool:
    """Whether *text* is a full sha1 or sha256 object id in lower-case hex."""
    return len(text) in (40, 64) and _HEX.issuperset(text)


class BorrowedObjects:
    """
    A context in which git sees the objects of *directories*, the first one being the main one.

    *id_length* is 40 for sha1, 64 for sha256. Processes that were started are ended on leaving.
    """

    def __init__(self, directories: Sequence[Path], id_length: int) -> None:
        import tempfile

        self._temporary = tempfile.TemporaryDirectory(prefix="patchwatch-")
        self.directory = Path(self._temporary.name)
        self.id_length = id_length
        sha256 = id_length == 64
        config = _CONFIG.format(version=1 if sha256 else 0, format="sha256" if sha256 else "sha1")
        (self.directory / "config").write_text(config if sha256 else config.partition("[extensions]")[0])
        (self.directory / "HEAD").write_text("ref: refs/heads/none\n")
        (self.directory / "refs").mkdir()
        (self.directory / "objects").mkdir()
        self._environment = {
            **safe_environment(),
            "GIT_DIR": str(self.directory),
            "GIT_OBJECT_DIRECTORY": str(directories[0].absolute()),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": ":".join(_quoted(str(d.absolute())) for d in directories[1:]),
        }
        self._errors = (self.directory / "errors").open("w+b")
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, stdin: "IO[bytes] | int | None" = None) -> "subprocess.Popen[bytes]":
        """Start `git ARGUMENTS` with its output as a buffered pipe. Raises UsageError without git."""
        import subprocess

        try:
            process = subprocess.Popen(
                ["git", *arguments],
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=self._environment,
                cwd=self.directory,
                bufsize=1 << 18,
            )
        except FileNotFoundError:
            raise UsageError("git is not installed; it is needed to read public-inbox archives") from None
        self._started.append(process)
        return process

    def ask(self, *arguments: str) -> tuple[int, bytes]:
        """Run a short command and return its exit code and output. Raises GitProblem when it takes too long."""
        import subprocess

        process = self.start(*arguments)
        try:
            output, _ = process.communicate(timeout=_SHORT_CALL)
        except subprocess.TimeoutExpired:
            raise GitProblem(f"git {arguments[0]} took more than {_SHORT_CALL} seconds") from None
        return process.returncode, output

    def complaint(self) -> str:
        """Return the first error that git wrote, cut and printable."""
        self._errors.seek(0)
        lines = self._errors.read(10_000).decode("utf-8", "replace").splitlines()
        found = [line for line in lines if line.startswith(("fatal:", "error:"))]
        text = "".join(c if c.isprintable() else "?" for c in found[0][:200]) if found else ""
        return text or "git gave no reason"

    def close(self) -> None:
        """End what still runs and remove the temporary repository."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close_quietly(pipe)
            process.wait()
        self._errors.close()
        self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _close_quietly(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:  # the process is gone and something was left to write
        return


def _quoted(path: str) -> str:
    """Quote a path for the colon-separated list, as git(1) says for GIT_ALTERNATE_OBJECT_DIRECTORIES."""
    if ":" not in path and not path.startswith('"'):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def resolve_head(repository: Path) -> str | None:
    """
    Return the commit id that HEAD stands for, None for an unborn branch; reads the files, asks no git.

    Raises GitProblem when the refs cannot be read, are of a kind not known here, or point out of `refs/`.
    """
    return resolve_ref(repository, "HEAD")


def resolve_ref(repository: Path, name: str, common: Path | None = None) -> str | None:
    """
    Return the commit id of HEAD or of a full ref name, as `resolve_head` does.

    *common* is where the refs of a linked work tree lie: only its HEAD is its own.
    """
    common = common or repository
    if (common / "reftable").exists():
        raise GitProblem("its refs are in the reftable format, which this version does not read")
    if name != "HEAD" and not _is_ref_name(name):
        return None
    asked = name
    for _ in range(5):
        data = _read_ref((repository if name == "HEAD" else common) / name, _REF_CAP)
        if data is None:
            return _packed_ref(common, name)
        text = data.decode("ascii", "replace").strip()
        if not text.startswith("ref:"):
            break
        name = text[4:].strip()
        if not _is_ref_name(name):
            raise GitProblem(f"{asked} names no ref")
    if not is_object_id(text):
        raise GitProblem(f"{asked if asked == name else f'the ref of {asked}'} holds no commit id")
    return text


def _is_ref_name(name: str) -> bool:
    parts = name.split("/")
    plain = all(part and not part.startswith(".") for part in parts)
    return parts[0] == "refs" and len(parts) > 2 and plain and name.isascii() and name.isprintable()


def _packed_ref(repository: Path, name: str) -> str | None:
    """Look *name* up in packed-refs, whose lines are `ID NAME`."""
    data = _read_ref(repository / "packed-refs", _PACKED_CAP) or b""
    end = data.find(f" {name}\n".encode())
    if name == "HEAD" or end < 0:
        return None
    text = data[max(0, end - 65) : end].rpartition(b"\n")[2].decode("ascii", "replace")
    if not is_object_id(text):
        raise GitProblem("packed-refs is damaged")
    return text


def _read_ref(path: Path, cap: int) -> bytes | None:
    try:
        return read_small(path, cap)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise GitProblem(f"{path.name} cannot be read: {reason}") from None


def refusal(repository: Path) -> str:
    """
    Say why the objects of *repository* are not to be read, "" when they are.

    A shallow clone lacks the beginning. Alternates make git read objects elsewhere on this machine;
    epochs have none unless somebody wrote them.
    """
    if (repository / "shallow").exists():
        return "a shallow clone; `git fetch --unshallow` completes it"
    if (repository / "objects" / "info" / "alternates").exists():
        return "borrows objects from elsewhere (objects/info/alternates), which is not followed"
    return ""
