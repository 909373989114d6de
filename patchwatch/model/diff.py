# SPDX-License-Identifier: GPL-2.0-or-later
"""What a diff changes, file by file."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a file is for; policies count by role."""

    CODE = "code"
    TESTS = "tests"
    DOCS = "docs"
    GENERATED = "generated"
    BUILD = "build"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """
    One file of a diff.

    *added* and *removed* equal `git apply --numstat`; binary files count 0. *code_added* and
    *code_removed* leave out blank and comment-only lines (all lines, for a language we do not know).
    *path* is the new path (the old one for a deletion), *old_path* only differs after a rename or copy.
    """

    path: str
    old_path: str | None = None
    added: int = 0
    removed: int = 0
    code_added: int = 0
    code_removed: int = 0
    binary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """
    All changes of one text. *problems* are sentences: hunk headers that do not fit their lines and the like.

    *patch_id* equals `git patch-id --stable`, None when there is no diff or git would print none.
    *hunks* is their number in all files.
    """

    files: tuple[FileChange, ...] = ()
    hunks: int = 0
    patch_id: str | None = None
    problems: tuple[str, ...] = ()
    odd_paths: tuple[str, ...] = ()
