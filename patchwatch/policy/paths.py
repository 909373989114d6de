# SPDX-License-Identifier: GPL-2.0-or-later
"""Sets of files, by globs as those of roles."""

from collections.abc import Iterable
from dataclasses import dataclass

from patchwatch.model.diff import FileChange, Role
from patchwatch.model.mail import Message
from patchwatch.parse.roles import RoleGlobs


@dataclass(frozen=True, slots=True)
class PathGlobs:
    """Files that match one of some globs."""

    globs: RoleGlobs

    @classmethod
    def of(cls, patterns: Iterable[str]) -> "PathGlobs | None":
        """Build from globs; None for none at all."""
        found = tuple(patterns)
        return cls(RoleGlobs(generated=found)) if found else None  # the first role tried: what matches has it

    def hold(self, path: str) -> bool:
        """Whether *path* matches."""
        return self.globs.role(path) is Role.GENERATED

    def both(self, change: FileChange) -> bool:
        """Whether a changed file matches, under its old name too."""
        return self.hold(change.path) and (change.old_path is None or self.hold(change.old_path))

    def either(self, change: FileChange) -> bool:
        """Whether a changed file matches under one of its names."""
        return self.hold(change.path) or (change.old_path is not None and self.hold(change.old_path))

    def touched(self, message: Message) -> bool:
        """Whether *message* changes a file that matches."""
        return any(self.either(change) for change in message.files)
