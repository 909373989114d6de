# SPDX-License-Identifier: GPL-2.0-or-later
"""Patch ids as git-patch-id(1) computes them, found by experiment against git 2.39."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_BLANKS = b" \t\n\r"
_HEX = frozenset("0123456789abcdefABCDEF")
_COMMIT_HEADS = "0123456789abcdefABCDEF"  # of 40 hex digits, and of From and commit
_BEFORE_HASH = ("From ", "commit ")
_MODULUS = 1 << 160
_IN_HEADER = -1
_MAX_HEX = 64


def patch_ids(
    lines: Sequence[str], heads: str, *, encoding: str = "utf-8", plain: Mapping[int, int] | None = None
) -> tuple[tuple[int, int, str], ...]:
    """
    Return what `git patch-id --stable` prints for *lines*, as (start, end, 40 hex digits).

    *start* is the index of a `diff ` line, *end* that after the last line read for the id.

    *lines* is one decoded body without line ends, *heads* as of `hunks.heads_of`. *plain* gives hunks that
    are known to be in order: index of the `@@` line to that after the last line.
    git reads on after a diff, so one text can give several ids; any line that starts with `diff `
    begins one, prose too.
    """
    found = []
    index = next_diff(lines, heads, 0)
    while index < len(heads):
        walk = _Walk(lines=lines, heads=heads, encoding=encoding, plain=plain or {})
        end = walk.run(index)
        found.append((index, end, walk.result()))
        index = next_diff(lines, heads, end)
    return tuple(found)


def next_diff(lines: Sequence[str], heads: str, index: int) -> int:
    """Return the next line that starts with `diff `, the number of lines when there is none."""
    while (index := heads.find("d", index)) >= 0:
        if lines[index].startswith("diff "):
            return index
        index += 1
    return len(heads)


def _names_commit(line: str) -> bool:
    """Tell whether git takes *line* for the start of the next commit of a log."""
    if line.startswith(_BEFORE_HASH):
        line = line.partition(" ")[2]
    return len(line) >= 40 and _HEX.issuperset(line[:40])


def is_plain_text(encoding: str) -> bool:
    """Whether line ends in a text change nothing about the bytes around them, so that whole files can be hashed."""
    return not encoding.startswith(("iso-2022", "utf-16"))


def id_of(hashes: Iterable[int]) -> str:
    """Return the id of a diff from the hashes of its files."""
    return (sum(hashes) % _MODULUS).to_bytes(20, "little").hex()


def hash_of_file(text: str, encoding: str) -> int:
    """Return the hash of one file: of its lines without those of the `index` and the hunk headers."""
    try:
        data = text.encode(encoding, "surrogateescape")
    except (UnicodeError, LookupError):
        data = text.encode("utf-8", "replace")
    digest = hashlib.sha1(data.translate(None, _BLANKS), usedforsecurity=False).digest()
    return int.from_bytes(digest, "little")


@dataclass(slots=True, kw_only=True)
class _Walk:
    """
    One diff on its way through git's counter.

    *before* and *after* are the lines the hunk still owes on each side; *before* is -1 in a file's header,
    and gets there too when a hunk has one `-` too many. The id is the sum of the files' hashes, the bytes
    taken as a little-endian number, so that the order of the files does not matter.
    """

    lines: Sequence[str]
    heads: str
    encoding: str
    plain: Mapping[int, int]
    before: int = _IN_HEADER
    after: int = _IN_HEADER
    binary: bool = False
    hunks: bool = False
    blobs: tuple[str, str] = ("", "")
    pieces: list[str] = field(default_factory=list)
    total: int = 0

    def result(self) -> str:
        """Return the id of all that was read, as 40 hex digits."""
        self._flush()
        return self.total.to_bytes(20, "little").hex()

    def run(self, index: int) -> int:
        """Read from the `diff ` line at *index*; return the index of the first line that was not read."""
        lines, heads = self.lines, self.heads
        while index < len(heads):
            line, head = lines[index], heads[index]
            if head == "@" and self.before == 0 and self.after == 0 and not self.binary and line.startswith("@@ -"):
                index = self._hunk(line, index)
                continue
            if head == "d" and (end := self._usual_header(line, index)):
                index = end
                continue
            index += 1
            if head == "\\" and line.startswith("\\ ") and len(line) >= 12:
                continue
            if head in _COMMIT_HEADS and _names_commit(line):
                break
            if not self._line(line):
                break
        return index

    def _usual_header(self, line: str, index: int) -> int:
        """Take the lines `diff`, `index`, `---`, `+++` at once where they stand so; 0 elsewhere."""
        lines = self.lines
        usual = (
            self.heads.startswith("di-+", index)
            and self.before == self.after
            and self.before in (0, _IN_HEADER)
            and not self.binary
            and line.startswith("diff ")
            and lines[index + 1].startswith("index ")
            and lines[index + 2].startswith("--- ")
        )
        if not usual:
            return 0
        if self.hunks and self.before == 0:
            self._flush()
            self.hunks = False
        self.before = self.after = 0
        self._index(lines[index + 1])
        self.pieces += (line, lines[index + 2], lines[index + 3])
        return index + 4

    def _line(self, line: str) -> bool:
        """Read a line that is no hunk header; False at the end of the diff."""
        if self.before == _IN_HEADER:
            if line.startswith("index "):
                self._index(line)
                return True
            if line.startswith(("GIT binary patch", "Binary files")):
                self._binary()
                return True
            if line.startswith("--- "):
                self.before = self.after = 1
            elif not (line[:1].isascii() and line[:1].isalpha()):
                return False
        if self.binary:
            if line.startswith("diff "):
                self.binary = False
                self.before = _IN_HEADER
            return True
        if self.before == 0 and self.after == 0:
            if not line.startswith("diff "):
                return False
            if self.hunks:
                self._flush()
            self.before = self.after = _IN_HEADER
            self.hunks = False
        head = line[:1]
        self.before -= head in ("-", " ")
        self.after -= head in ("+", " ")
        self.pieces.append(line)
        return True

    def _hunk(self, line: str, index: int) -> int:
        """Take a whole hunk at once if it is in order, else only the numbers of its first line."""
        self.hunks = True
        end = self.plain.get(index)
        if end is None:
            self.before, self.after = _numbers(line, self.before, self.after)
            return index + 1
        self.pieces += self.lines[index + 1 : end]
        return end

    def _index(self, line: str) -> None:
        """Remember the blob ids of `index 1..2 100644`: they stand for the content of a binary file."""
        old, dots, new = line[6:].partition("..")
        if dots:
            self.blobs = (old[:_MAX_HEX], new.partition(" ")[0][:_MAX_HEX])

    def _binary(self) -> None:
        self.binary = True
        self.before = 0
        self.pieces += self.blobs
        self._flush()

    def _flush(self) -> None:
        self.total = (self.total + hash_of_file("".join(self.pieces), self.encoding)) % _MODULUS
        self.pieces = []


def _numbers(line: str, before: int, after: int) -> tuple[int, int]:
    """Read the counts of a hunk header as git-patch-id does: what cannot be read keeps its value."""
    old, sep, rest = line[4:].partition(" +")
    count = _count(old)
    if count is None:
        return before, after
    if not sep:
        return count, after
    new = _count(rest.partition(" ")[0])
    return count, after if new is None else new


def _count(numbers: str) -> int | None:
    _, comma, count = numbers.partition(",")
    if not comma:
        return 1
    return int(count) if count.isascii() and count.isdecimal() and len(count) <= 9 else None
