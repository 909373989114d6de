# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the commits of a public-inbox v1 archive do: one bare repository, a mail in a file named by its Message-ID.

The path is the SHA-1 of the Message-ID without `<>`, cut 2/38 (public-inbox-v1-format(5)). A new file is a new mail,
a file that goes is a mail that goes. A file with another content is both: at its path there is one mail at a time.
(The reference indexer ignores such a commit, which its own tools never write.)
"""

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from patchwatch.sources.git_env import BorrowedObjects, GitProblem, refusal, resolve_head
from patchwatch.sources.git_walk import EMPTY_BLOBS, RAW, Step, pipe_of, raw_changes

_HEX = b"0123456789abcdef"
_FILE, _FOLDER = b"100644", b"040000"
_EMPTY_TREES = {40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904"}
_EMPTY_TREES[64] = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
# A commit is one mail; a history whose commits change many files at once could be endless and yet small.
_STEPS_A_COMMIT = 4
_SLACK = 1_000_000
_LOOKED_AT = 1 << 16  # bytes of a tree's listing


class _Change(NamedTuple):
    """One line of `diff-tree --raw`."""

    old_mode: bytes
    new_mode: bytes
    old: str
    new: str
    name: bytes

    @property
    def is_new(self) -> bool:
        return self.new_mode != b"000000"


class _Folder(NamedTuple):
    """A folder that a commit changes; *old* and *new* are tree ids."""

    commit: str
    name: bytes
    old: str
    new: str


def walk_v1(git: BorrowedObjects, since: str | None, until: str) -> list[Step]:
    """
    Return the steps of the commits after *since* up to *until*, parents first, as `git_walk.walk` does.

    git compares the top level of each commit, then each folder that differs with its former self: two levels
    and never more, as a nest of shared trees would be exponential. Raises GitProblem.
    """
    budget = _Budget()
    plan = list(_top_level(git, since, until, budget))
    return list(_steps(git, plan, budget))


class _Budget:
    """How many steps the commits seen so far may make."""

    def __init__(self) -> None:
        self.left = _SLACK

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise GitProblem("its commits change far more files than mails come in: not a public-inbox archive")


def _top_level(git: BorrowedObjects, since: str | None, until: str, budget: _Budget) -> "Iterator[_Folder | Step]":
    commit, width = "", git.id_length
    empty = _EMPTY_TREES[width]
    for line in raw_changes(git, since, until):
        if line[0] != 58:  # ":"
            commit = line[:width].decode()
            budget.left += _STEPS_A_COMMIT
            continue
        budget.spend()
        change = _change(line, width)
        old = change.old if change.old_mode == _FOLDER else empty
        new = change.new if change.new_mode == _FOLDER else empty
        if _is_hex(change.name, 2) and old != new:
            yield _Folder(commit, change.name, old, new)
        elif change.is_new:
            yield Step(commit, "!", f"{_shown(change.name)} is no folder of mails")


def _steps(git: BorrowedObjects, plan: "list[_Folder | Step]", budget: _Budget) -> Iterator[Step]:
    """Let one git compare the pairs of trees; it answers each with their ids and then what differs."""
    path = git.directory / "pairs"
    with path.open("w") as pairs:
        pairs.writelines(f"{item.old} {item.new}\n" for item in plan if isinstance(item, _Folder))
    with path.open("rb") as pairs:
        process = git.start("diff-tree", "--stdin", *RAW, stdin=pairs)
    output = pipe_of(process.stdout)
    line = output.readline()
    for item in plan:
        if isinstance(item, Step):
            yield item
            continue
        expected = f"{item.old} {item.new}\n".encode()
        # git leaves out a pair of which it cannot read a tree, and ends as if all were well.
        if line != expected or (line := output.readline())[:1] != b":":
            raise GitProblem(f"a tree is missing or damaged: {git.complaint()}")
        while line[:1] == b":":
            budget.spend()
            yield from _of_file(item, _change(line, git.id_length))
            line = output.readline()
    if process.wait():
        raise GitProblem(f"its history cannot be walked: {git.complaint()}")


def _of_file(folder: _Folder, change: _Change) -> Iterator[Step]:
    named = _is_hex(change.name, 38)
    if named and change.old_mode == _FILE and change.old not in EMPTY_BLOBS:
        yield Step(folder.commit, "d", change.old)
    if named and change.new_mode == _FILE:
        if change.new not in EMPTY_BLOBS:
            yield Step(folder.commit, "m", change.new)
    elif change.is_new:
        where = _shown(folder.name + b"/" + change.name)
        mode = change.new_mode.decode()
        yield Step(
            folder.commit, "!", f"{where} is of mode {mode}, not a plain file" if named else f"{where} is no mail"
        )


def _change(line: bytes, width: int) -> _Change:
    old, new = slice(15, 15 + width), slice(16 + width, 16 + 2 * width)
    return _Change(line[1:7], line[8:14], line[old].decode(), line[new].decode(), line[19 + 2 * width : -1])


def _is_hex(name: bytes, length: int) -> bool:
    return len(name) == length and not name.strip(_HEX)


def _shown(name: bytes) -> str:
    return name[:80].decode("ascii", "replace")


def why_not_v1(repository: Path) -> str:
    """
    Say why a bare repository is no v1 archive, "" when it is one.

    An archive that never had mail is known by the lock or the index that public-inbox keeps in it.
    """
    try:
        tip = resolve_head(repository)
        if reason := refusal(repository):
            return reason
        names = {} if tip is None else _entries(repository, tip, len(tip))
        if not names and tip is not None:
            names = _first_entry(repository, tip)
        if not names:
            marked = (repository / "ssoma.lock").exists() or (repository / "public-inbox").is_dir()
            return "" if marked else "a bare git repository without any mail"
        folders = [tree for name, (mode, tree) in names.items() if _is_hex(name, 2) and mode == _FOLDER]
        if folders and any(_is_hex(name, 38) for name in _entries(repository, folders[0], len(folders[0]))):
            return ""
    except GitProblem as problem:
        return f"a git repository that cannot be read: {problem}"
    if names.keys() <= {b"m", b"d"}:
        return "one epoch of a public-inbox v2 archive; give the directory that has git/ in it"
    return "a git repository, but no public-inbox v1 archive: no mails at paths as XX/XXXX..."


def _first_entry(repository: Path, tip: str) -> dict[bytes, tuple[bytes, str]]:
    """Return what the first commit with any content added: all mail of an archive may be deleted."""
    with BorrowedObjects([repository / "objects"], len(tip)) as git:
        for line in raw_changes(git, None, tip):
            if line[:1] == b":":
                change = _change(line, len(tip))
                return {change.name: (change.new_mode, change.new)}
    return {}


def _entries(repository: Path, tree: str, id_length: int) -> dict[bytes, tuple[bytes, str]]:
    """Return the first entries of a tree: mode and id by name."""
    with BorrowedObjects([repository / "objects"], id_length) as git:
        process = git.start("ls-tree", "-z", tree, "--")
        listing = pipe_of(process.stdout).read(_LOOKED_AT)
        if not listing and process.wait():
            raise GitProblem(git.complaint())
    found = {}
    for entry in takewhile(lambda one: b"\t" in one, listing.split(b"\0")[:-1]):
        facts, _, name = entry.partition(b"\t")
        mode, _, object_id = facts.split(b" ")
        found[name] = (mode, object_id.decode())
    return found
