# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reviewer is asked to read: plain numbers, no score and no verdict."""

from dataclasses import dataclass

from patchwatch.model.diff import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """
    Changed lines that are read faster, each counted once: *blank* only changed blanks, *moved* stand elsewhere now,
    *repeated* are the same edit in at least three places.
    """

    blank: int = 0
    moved: int = 0
    repeated: int = 0

    @property
    def lines(self) -> int:
        """All of them."""
        return self.blank + self.moved + self.repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCost:
    """
    The size of one posting for a reader.

    *changed* are the lines added and removed by role; *left* the same without *moves*. *lines* and *to_read* sum
    them up without generated files. *areas* are the first two directories of the paths, sorted. *log_lines* are the
    lines of all commit logs that are not blank, *cover_lines* those of the cover letter above its diffstat.

    *unmeasured* counts the patches whose text was not at hand or could not be read line by line: their lines are in
    *left* as they are. What needs text is None when it was there for no patch (*moves*, *new_files*) or not for the
    cover letter (*cover_lines*, also None without one).
    """

    patches: int
    files: int
    areas: tuple[str, ...]
    changed: tuple[tuple[Role, int], ...]
    left: tuple[tuple[Role, int], ...]
    log_lines: int
    cover_lines: int | None = None
    new_files: int | None = None
    moves: Moves | None = None
    unmeasured: int = 0

    @property
    def lines(self) -> int:
        """Lines that somebody wrote, changed in any way."""
        return sum(count for role, count in self.changed if role is not Role.GENERATED)

    @property
    def to_read(self) -> int:
        """The same without what is moved or repeated: at most so many have to be read word by word."""
        return sum(count for role, count in self.left if role is not Role.GENERATED)
