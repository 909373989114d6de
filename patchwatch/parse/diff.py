# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the diff of a mail changes, file by file, counted as `git apply --numstat` does.

A diff is found where git-apply(1) finds one: `diff --git` with header lines after it, or `---`, `+++` and
`@@` lines in a row. Only lines at the mail's own level count; a quoted or indented diff is text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

from patchwatch.model.diff import Diff, FileChange
from patchwatch.parse.code_lines import Body, count_by_hunk, count_code, count_sound, language_of
from patchwatch.parse.diff_header import GitHeader, end_of_binary, read_git_header, usual_name
from patchwatch.parse.diff_names import NULL, header_name, odd_ones, shorter, without_prefix
from patchwatch.parse.hunks import heads_of, measure, read_hunk, read_range, rest_of, sound_hunk
from patchwatch.parse.patch_id import hash_of_file, id_of, is_plain_text, next_diff, patch_ids

_MAX_FILES = 50_000
_MAX_HUNKS = 500_000
_MAX_PROBLEMS = 20
_MARKS = ("diff ", "--- ", "@@ -", "@@@ -", "Binary files ")
_COMBINED_HEADER = ("index ", "mode ", "new file mode ", "deleted file mode ", "--- ", "+++ ", "Binary files ")
# What other tools write above `---`: `diff -u a b`, and the lines of cvs, svn and quilt.
_LEAD_IN = ("diff ", "Index: ", "======", "RCS file: ", "retrieving revision ")

_Range = tuple[int, int, int, int]
Spans = tuple[tuple[int, int], ...]


def scan_diff(lines: Sequence[str], *, encoding: str = "utf-8") -> tuple[Diff, Spans]:
    """
    Read all diffs of one mail; return them as one `Diff`, and the spans of lines that are diff content.

    *lines* is the decoded body split at `\\n`, log, signature and footers included, without CR at line ends.
    Spans are half-open, counted from 0, in order, from the first header line to the end of the last hunk.
    *encoding* is what the mail was written in: a patch id is a hash of bytes.

    Never raises, and takes linear time. What does not fit is a sentence in `problems`, after which the
    numbers are lower bounds at best. The data of binary patches are not unpacked. `patch_id` is None when
    git would print several for the diffs of this mail, as it does for two patches in one mail: the first
    alone would stand for less than the mail holds.
    """
    count = len(lines) - 1 if lines and lines[-1] == "" else len(lines)
    heads = heads_of(lines[:count])
    start = _next_mark(lines, heads, 0)
    if start == count:
        return Diff(), ()
    scanner = _Scanner(lines=lines, heads=heads, encoding=encoding)
    scanner.run(start)
    scanner.add_strays()
    diff = Diff(
        files=tuple(scanner.files),
        hunks=scanner.hunks,
        patch_id=scanner.usual_id() or _patch_id(scanner, encoding),
        problems=tuple(scanner.problems),
        odd_paths=odd_ones(path for file in scanner.files for path in (file.path, file.old_path)),
    )
    return diff, tuple(scanner.spans)


@cache
def _mark_heads() -> re.Pattern[str]:
    """Match what the lines of `_MARKS` begin with."""
    return re.compile(r"[-d@B]")


def _next_mark(lines: Sequence[str], heads: str, index: int) -> int:
    """Return the next line from *index* on that may begin something, the number of lines when there is none."""
    for match in _mark_heads().finditer(heads, index):
        if lines[match.start()].startswith(_MARKS):
            return match.start()
    return len(heads)


def _patch_id(scanner: "_Scanner", encoding: str) -> str | None:
    """Return the one id git gives for the diffs; ids of prose that starts with `diff ` are left out."""
    if not scanner.spans:
        return None
    spans = iter(scanner.spans)
    begin, stop = next(spans)
    found = []
    for start, end, value in patch_ids(scanner.lines, scanner.heads, encoding=encoding, plain=scanner.plain):
        while stop <= start and stop < scanner.spans[-1][1]:
            begin, stop = next(spans)
        if start < stop and begin < end:
            found.append(value)
    return found[0] if len(found) == 1 else None


@dataclass(slots=True, kw_only=True)
class _Scanner:
    """The state of one pass over a body; *heads* is `hunks.heads_of` of its lines and tells their number."""

    lines: Sequence[str]
    heads: str
    encoding: str
    hashes: list[int] = field(default_factory=list)
    hashed_lines: int = 0
    files: list[FileChange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)
    plain: dict[int, int] = field(default_factory=dict)
    hunks: int = 0
    last: tuple[int, int, int] = (0, 0, 0)

    def run(self, index: int) -> None:
        """Read all diffs from *index* on."""
        count = len(self.heads)
        while index < count and self._within_caps():
            line = self.lines[index]
            if line.startswith("diff --git "):
                index = self._git_file(index)
            elif line.startswith(("diff --cc ", "diff --combined ")):
                index = self._combined(index)
            elif line.startswith("--- "):
                index = self._plain_file(index)
            else:
                index = self._outside(index, line)
            if index < count and not self.lines[index].startswith("diff --git "):
                index = _next_mark(self.lines, self.heads, index)

    def add_strays(self) -> None:
        """
        Report hunks without a file, unless they are prose: in a log that has a diff after it.

        git-am(1) gives everything below the cut to git-apply, which refuses such a hunk there.
        """
        if not self.strays:
            return
        cut = -1
        if self.spans:
            cut = next(i for i, line in enumerate(self.lines) if i == self.spans[0][0] or _is_cut(line))
        for index in self.strays:
            counts = read_range(self.lines[index])
            fits = counts is not None and measure(self.heads, index + 1, *counts) is not None
            if index > cut and (cut >= 0 or fits):
                self._problem(f"The hunk at line {index + 1} belongs to no file.")

    def usual_id(self) -> str:
        """
        Return the patch id where git's reading cannot differ from ours, as for most patches, else "".

        All lines then are of files with a hash, without a gap, and no line in front of them begins a diff too.
        """
        start, end = self.spans[0] if len(self.spans) == 1 else (0, 0)
        if self.hashed_lines != end - start or start == end or not is_plain_text(self.encoding):
            return ""
        if next_diff(self.lines, self.heads, 0) != start:
            return ""
        if end < len(self.heads) and self.heads[end] in "@d\\" and self.lines[end].startswith(("diff ", "@@ -", "\\")):
            return ""
        return id_of(self.hashes)

    def _within_caps(self) -> bool:
        if len(self.files) < _MAX_FILES and self.hunks < _MAX_HUNKS:
            return True
        self._problem(f"More than {_MAX_FILES} files or {_MAX_HUNKS} hunks: the rest was not read.", always=True)
        return False

    def _problem(self, sentence: str, *, always: bool = False) -> None:
        if len(self.problems) < _MAX_PROBLEMS or always:
            self.problems.append(sentence)
        elif len(self.problems) == _MAX_PROBLEMS:
            self.problems.append("There are further problems.")

    def _span(self, start: int, end: int) -> None:
        if self.spans and self.spans[-1][1] == start:
            start = self.spans.pop()[0]
        self.spans.append((start, end))

    def _git_file(self, at: int) -> int:
        if name := usual_name(self.lines, self.heads, at):
            end = self._hashed_file(at, at + 4, name, None)
            self._span(at, end)
            return end
        header = read_git_header(self.lines, self.heads, at)
        if header is None:
            return at + 1
        index, binary = header.end, header.binary
        if header.has_data:
            index, whole = end_of_binary(self.lines, self.heads, index)
            if not whole:
                self._problem(f"The binary patch at line {at + 1} is cut short or damaged.")
        if header.problem:
            self._problem(header.problem)
        end = index
        if not binary:
            end = self._hashed_file(at, index, header.path, header.old_path)
            self._check_header(header, at, index, end)
        else:
            self.files.append(FileChange(path=header.path, old_path=header.old_path, binary=True))
        self._span(at, end)
        return end

    def _check_header(self, header: GitHeader, at: int, start: int, end: int) -> None:
        if start == end and header.wants_hunks:
            self._problem(f"No hunk follows the header at line {at + 1}.")
        body = self.heads[start:end]
        if header.is_new and (" " in body or "-" in body):
            self._problem(f"The new file of line {at + 1} has old lines.")
        if header.is_deleted and (" " in body or "+" in body):
            self._problem(f"The deleted file of line {at + 1} has lines left.")

    def _hashed_file(self, at: int, start: int, path: str, old_path: str | None) -> int:
        """Read the hunks of a file and hash it if that can be done; return the index after the last one."""
        hashed = len(self.hashes)
        end = self._hunks(start, path, old_path, self._hashed_header(at, start))
        if len(self.hashes) > hashed:
            self.hashed_lines += end - at
        return end

    def _hashed_header(self, at: int, end: int) -> str:
        """Return the lines from `diff --git` on that belong to the patch id, "" for no usual header with hunks."""
        lines = self.lines
        if self.heads.startswith("i-+@", at + 1) and end == at + 4:
            return f"{lines[at]}{lines[at + 2]}{lines[at + 3]}"
        if not self.heads.startswith("-+@", end - 2) or not self.heads[at : end - 2].isalpha():
            return ""
        return "".join([line for line in lines[at:end] if not line.startswith("index ")])

    def _hunks(self, index: int, path: str, old_path: str | None, top: str = "") -> int:
        """
        Read the hunks of one file and append the file; return the index after the last one.

        *top* is what its header gives to the patch id, "" if that cannot be said.
        """
        lines, heads = self.lines, self.heads
        added = removed = 0
        bodies: list[_Range] = []
        sound = True
        while heads.startswith("@", index) and lines[index].startswith("@@ -"):
            start = index + 1
            if found := sound_hunk(lines, heads, index):
                self.plain[index] = found[0]
                index, plus, minus = found
            else:
                sound = self._read_hunk(index) and sound
                index, plus, minus = self.last
            added += plus
            removed += minus
            bodies.append((start, index, plus, minus))
            self.hunks += 1
            if self.hunks >= _MAX_HUNKS:
                break
        plus, minus = self._code(path, bodies, added, removed, top=top, sound=sound)
        self.files.append(
            FileChange(
                path=path,
                old_path=old_path,
                added=added,
                removed=removed,
                code_added=min(plus, added),  # lines after the end of a hunk that runs on are in neither
                code_removed=min(minus, removed),
            )
        )
        return index

    def _read_hunk(self, index: int) -> bool:
        """Read a hunk that needs a closer look into `last`; tell whether all its lines have one of the three signs."""
        hunk = read_hunk(self.lines, self.heads, index)
        if hunk.problem:
            self._problem(hunk.problem)
        if hunk.plain:
            self.plain[index] = hunk.end
        self.last = hunk[:3]
        return hunk.plain

    def _code(
        self, path: str, bodies: Sequence[_Range], added: int, removed: int, *, top: str, sound: bool
    ) -> tuple[int, int]:
        """Return how many lines are code, and hash the file; *bodies* are ranges with what they add and remove."""
        language = language_of(path)
        lines, whole = self.lines, ""
        if sound:
            whole = "\n".join(["", *chain.from_iterable([lines[body[0] : body[1]] for body in bodies]), ""])
            if top and bodies:
                self.hashes.append(hash_of_file(top + whole, self.encoding))
            code = (added, removed) if language is None else count_sound(whole, language, added, removed)
            if code is not None:
                return code
        if language is None:
            return added, removed
        hunks = [Body(lines[start:end], plus, minus) for start, end, plus, minus in bodies]
        return count_by_hunk(hunks, whole, language) if sound else count_code(hunks, language)

    def _plain_file(self, at: int) -> int:
        """Read a file of `diff -u`, svn, quilt: `---` and `+++` lines outside git's format."""
        if not self._starts(at + 1, "+++ "):
            return at + 1
        start = self._lead_in(at)
        if not self._starts(at + 2, "@@ -"):
            self._problem(f"No hunk follows the header at line {at + 1}.")
            self._span(start, at + 2)
            return at + 2
        old = header_name(self.lines[at][4:], dated=True)
        new = header_name(self.lines[at + 1][4:], dated=True)
        old_path, path = without_prefix(old, new)
        end = self._hunks(at + 2, old_path if new == NULL else shorter(old_path, path), None)
        self._span(start, end)
        return end

    def _starts(self, index: int, mark: str) -> bool:
        return index < len(self.heads) and self.lines[index].startswith(mark)

    def _lead_in(self, at: int) -> int:
        """Return where the lines of other tools above the `---` line *at* begin."""
        floor = max(at - len(_LEAD_IN), self.spans[-1][1] if self.spans else 0)
        while at > floor and self.lines[at - 1].startswith(_LEAD_IN):
            at -= 1
        return at

    def _combined(self, at: int) -> int:
        """Step over a diff of a merge; its columns are no changes to one version of a file."""
        index = at + 1
        while index < len(self.heads) and self.lines[index].startswith(_COMBINED_HEADER):
            index += 1
        if index == at + 1:
            return index
        while self._starts(index, "@@@ -") or self._starts(index, "@@@@"):
            index = rest_of(self.lines, self.heads, index + 1)
        self._problem(f"The combined diff at line {at + 1} is not counted.")
        self._span(at, index)
        return index

    def _outside(self, at: int, line: str) -> int:
        """Take note of what belongs to a diff but stands outside of one."""
        if line.startswith("@@ -") and read_range(line) is not None:
            self.strays.append(at)
        elif line.startswith("@@@ -") and " @@@" in line[5:]:
            self._problem(f"The combined diff at line {at + 1} is not counted.")
        elif (
            line.startswith("Binary files ") and line.endswith(" differ") and at and self.lines[at - 1][:6] == "diff -"
        ):
            self._problem(f"The binary change at line {at + 1} is not in git's format.")
        return at + 1


def _is_cut(line: str) -> bool:
    return line.startswith("---") and (line[3:4] == " " or line[3:].strip() == "")
