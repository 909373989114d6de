# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a file is for, by globs on its path.

`*` and `?` stop at `/`, `**` does not; `**/` stands for any number of directories, none too, so `**/x` is also
`x` at the root. Globs hold for the whole path from the repository's root, case counts, and every other character
stands for itself (no `[a-z]`, no braces).

All globs are tried at once, one step for each character of the path, whatever the globs are: a set of places in
them, kept as the bits of one number, moves along (the Shift-And method of Baeza-Yates and Gonnet).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from patchwatch.model.diff import FileChange, Role

# First match wins; the rest is code. Build before docs, or CMakeLists.txt were documentation.
_ORDER = (Role.GENERATED, Role.TESTS, Role.BUILD, Role.DOCS, Role.CODE)
# As many answers are remembered: hostile mail may hold any number of paths.
_MAX_KNOWN = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGlobs:
    """The globs of each role; tried in the order generated, tests, build, docs, code, whatever matches none is code."""

    generated: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    _known: dict[str, Role] = field(default_factory=dict, init=False, repr=False, compare=False)
    _machine: "list[_Machine]" = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        *,
        generated: Iterable[str] = (),
        tests: Iterable[str] = (),
        build: Iterable[str] = (),
        docs: Iterable[str] = (),
        code: Iterable[str] = (),
    ) -> "RoleGlobs":
        """Build from any iterables, as the lists of TOML."""
        return cls(
            generated=tuple(generated), tests=tuple(tests), build=tuple(build), docs=tuple(docs), code=tuple(code)
        )

    def role(self, path: str) -> Role:
        """Return the role of *path*, which is relative to the repository's root."""
        known = self._known.get(path)
        if known is None:
            known = self._find(path)
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[path] = known
        return known

    def role_of(self, change: FileChange) -> Role:
        """Return the role of a changed file; after a rename or copy both paths must have it, else it is code."""
        role = self.role(change.path)
        if change.old_path is None or self.role(change.old_path) is role:
            return role
        return Role.CODE

    def _find(self, path: str) -> Role:
        if not self._machine:
            self._machine.append(_Machine())
            globs = (self.generated, self.tests, self.build, self.docs, self.code)
            for role, patterns in zip(_ORDER, globs, strict=True):
                for pattern in patterns:
                    self._machine[0].add(pattern, role)
        return self._machine[0].run(path)


class _Machine:
    """
    All globs side by side; one bit for each place in a glob, its end included.

    A place holds what must come next: one character, any but `/`, a star that may loop, or a `**/` (two places:
    the first may be skipped as a whole, the second loops and is left by `/`).
    """

    def __init__(self) -> None:
        """Start without globs: everything is code."""
        self.size = 0
        self.start = 0
        self.chars: dict[str, int] = {}
        self.any_name = 0
        self.stars = 0
        self.deep_stars = 0
        self.folders = 0
        self.ends: list[tuple[int, Role]] = []
        self.steps: dict[tuple[int, str], int] = {}

    def add(self, glob: str, role: Role) -> None:
        """Append *glob*; the first one that matches tells the role."""
        self.start |= 1 << self.size
        index = 0
        while index < len(glob):
            bit = 1 << self.size
            if glob.startswith("**/", index) and (index == 0 or glob[index - 1] == "/"):
                self.folders |= bit
                self.deep_stars |= bit << 1
                self.chars["/"] = self.chars.get("/", 0) | bit << 1
                self.size += 2
                index += 3
                continue
            if glob.startswith("**", index):
                self.deep_stars |= bit
                self.stars |= bit
                index += 2
            elif glob[index] == "*":
                self.stars |= bit
                index += 1
            elif glob[index] == "?":
                self.any_name |= bit
                index += 1
            else:
                self.chars[glob[index]] = self.chars.get(glob[index], 0) | bit
                index += 1
            self.size += 1
        self.ends.append((1 << self.size, role))
        self.size += 1

    def run(self, path: str) -> Role:
        """Return the role of the first glob that matches the whole *path*."""
        places = self._skip(self.start)
        steps = self.steps
        for char in path:
            following = steps.get((places, char))
            if following is None:
                following = self._step(places, char)
            places = following
            if not places:
                return Role.CODE
        return next((role for end, role in self.ends if places & end), Role.CODE)

    def _step(self, places: int, char: str) -> int:
        """Return the places after *char*; names are alike, so most steps were made before."""
        taken = self.chars.get(char, 0)
        loops = self.deep_stars
        if char != "/":
            taken |= self.any_name
            loops |= self.stars
        following = self._skip((places & taken) << 1 | places & loops)
        if len(self.steps) >= _MAX_KNOWN:
            self.steps.clear()
        self.steps[places, char] = following
        return following

    def _skip(self, places: int) -> int:
        """Add the places after stars and `**/`, which may stand for nothing."""
        while True:
            folders = places & self.folders
            more = places | (places & self.stars) << 1 | folders << 1 | folders << 2
            if more == places:
                return places
            places = more


DEFAULT_ROLES = RoleGlobs(
    generated=("po/*.po", "**/configure", "**/*.min.js"),
    tests=(
        "tests/**",
        "test/**",
        "t/**",
        "tools/testing/**",
        "**/testsuite/**",
        "**/test_*",
        "**/test-*",
        "**/*_test.*",
        "**/*-test.*",
    ),
    build=("**/Makefile*", "**/meson.build", "**/Kconfig*", "**/CMakeLists.txt", "**/*.mk", "**/configure.ac"),
    docs=(
        "docs/**",
        "doc/**",
        "Documentation/**",
        "**/*.rst",
        "**/*.md",
        "**/*.texi",
        "**/*.txt",
        "**/README*",
        "NEWS*",
        "ChangeLog*",
    ),
)
