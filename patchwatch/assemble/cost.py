# SPDX-License-Identifier: GPL-2.0-or-later
"""
What reading a series takes, so that a reviewer can set a time for it: lines, files, areas, words around them.

Counts come from the facts of each mail; what is moved, repeated or new needs its text, where that is at hand.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from patchwatch.model.cost import Moves, ReviewCost
from patchwatch.model.diff import FileChange, Role
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import PatchSize
from patchwatch.parse.diff import scan_diff
from patchwatch.parse.layout import is_quoted, read_in_body, signature_start
from patchwatch.parse.measures import Measures, lines_left, measure_changes

TextOf = Callable[[Message], Sequence[str] | None]
MAX_MEASURED = 5_000  # changed lines of a patch in which moves are looked for
_KINDS = ("whitespace-only", "moved", "repeated-edit")


def review_cost(series: Series, sizes: Sequence[PatchSize], text_of: TextOf | None = None) -> ReviewCost:
    """
    Add up what *series* asks a reviewer to read.

    *sizes* are those of its verdict (the policy says which files are generated, tests and so on); *text_of* gives the
    lines of a mail's decoded body, None for a mail that cannot be read again.
    """
    changed, left = dict.fromkeys(Role, 0), dict.fromkeys(Role, 0)
    blank = moved = repeated = new_files = measured = 0
    paths: set[str] = set()
    for nth, message in enumerate(patch.message for patch in series.patches):
        names = [change.path for change in message.files]
        paths.update(names)
        roles = dict(zip(names, sizes[nth].roles, strict=False)) if nth < len(sizes) else {}
        own = _by_role(message.files, roles)
        _add(changed, own)
        lines = text_of(message) if text_of is not None and sum(own.values()) <= MAX_MEASURED else None
        moves = None if lines is None or message.unreadable else _moves(message, lines)
        if lines is None or moves is None:
            _add(left, own)
            continue
        measured += 1
        new_files += _new_files(lines)
        blank, moved, repeated = blank + moves.whitespace, moved + moves.moved, repeated + moves.repeated
        _add(left, own if moves.rest == moves.total else _left(lines, roles, own))
    return ReviewCost(
        patches=len(series.patches),
        files=len(paths),
        areas=tuple(sorted({area_of(path) for path in paths})),
        changed=tuple(changed.items()),
        left=tuple(left.items()),
        log_lines=sum(patch.message.prose_lines for patch in series.patches),
        cover_lines=_cover_lines(series.cover, text_of),
        new_files=new_files if measured else None,
        moves=Moves(blank=blank, moved=moved, repeated=repeated) if measured else None,
        unmeasured=len(series.patches) - measured,
    )


def _moves(message: Message, lines: Sequence[str]) -> Measures | None:
    """Look for moved and repeated lines; there are none where nothing is added or nothing removed."""
    added, removed = sum(change.added for change in message.files), sum(change.removed for change in message.files)
    return measure_changes(lines) if added and removed else Measures(total=added + removed)


def area_of(path: str) -> str:
    """Return the first two directories of a path, as a stand-in for a subsystem; `.` for a file at the top."""
    return "/".join(path.split("/")[:-1][:2]) or "."


def _add(sums: dict[Role, int], more: Mapping[Role, int]) -> None:
    for role, count in more.items():
        sums[role] += count


def _by_role(files: Iterable[FileChange], roles: Mapping[str, Role]) -> dict[Role, int]:
    sums = dict.fromkeys(Role, 0)
    for change in files:
        sums[roles.get(change.path, Role.CODE)] += change.added + change.removed
    return sums


def _left(lines: Sequence[str], roles: Mapping[str, Role], own: dict[Role, int]) -> dict[Role, int]:
    """Count by role without what is moved or repeated; as it is when it cannot be read."""
    body = lines_left(lines, _KINDS)
    return own if body is None else _by_role(scan_diff(body)[0].files, roles)


def _new_files(lines: Sequence[str]) -> int:
    """Count the new files of a diff, by git's header lines or else by the old name."""
    diffs = [line for start, stop in scan_diff(lines)[1] for line in lines[start:stop]]
    by_git = sum(line.startswith("new file mode ") for line in diffs)
    return by_git or sum(line.startswith("--- /dev/null") for line in diffs)


def _cover_lines(cover: Message | None, text_of: TextOf | None) -> int | None:
    """Count the lines of a cover letter that are not blank, up to the list of patches or the diffstat."""
    lines = text_of(cover) if cover is not None and text_of is not None else None
    if lines is None:
        return None
    end = signature_start(lines)
    _, start = read_in_body(lines, end)
    stop = next((at for at in range(start, end) if _is_summary(lines[at])), end)
    return sum(1 for line in lines[start:stop] if line.strip() and not is_quoted(line))


def _is_summary(line: str) -> bool:
    """Whether git wrote this line: `Jo Doe (3):` above titles, or ` hw/foo.c | 4 ++--`."""
    if line.endswith("):"):
        return line[:1] != " " and line[:-2].rpartition("(")[2].isdigit()
    name, bar, count = line.rpartition(" | ")
    return bool(bar) and line.startswith(" ") and bool(name.strip()) and count.strip().partition(" ")[0].isdigit()
