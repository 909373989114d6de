# SPDX-License-Identifier: GPL-2.0-or-later
"""Roles of files."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwatch.model.diff import FileChange, Role
from patchwatch.parse.roles import DEFAULT_ROLES, RoleGlobs


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("configure", "generated"),
        ("sub/configure", "generated"),
        ("po/de.po", "generated"),
        ("po/old/de.po", "code"),
        ("web/x.min.js", "generated"),
        ("tests/unit/x.c", "tests"),
        ("t/t0001.sh", "tests"),
        ("tools/testing/selftests/x.c", "tests"),
        ("gcc/testsuite/x.c", "tests"),
        ("testsuite/x.c", "tests"),
        ("test_x.py", "tests"),
        ("lib/test-x.c", "tests"),
        ("lib/x_test.go", "tests"),
        ("lib/x-test.c", "tests"),
        ("latest/x.c", "code"),
        ("lib/x_test", "code"),
        ("Makefile", "build"),
        ("fs/Makefile.am", "build"),
        ("fs/Kconfig.debug", "build"),
        ("CMakeLists.txt", "build"),
        ("makefile", "code"),
        ("docs/x.c", "docs"),
        ("sub/docs/x.c", "code"),
        ("README", "docs"),
        ("sub/README.git", "docs"),
        ("NEWS.md", "docs"),
        ("sub/NEWS", "code"),
        ("sub/notes.txt", "docs"),
        ("src/main.c", "code"),
        ("", "code"),
    ],
)
def test_default_roles(path: str, role: str) -> None:
    assert DEFAULT_ROLES.role(path) == Role(role)


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("*.c", ["a.c", ".c"], ["d/a.c", "a.cc", "A.C"]),
        ("a?c", ["abc", "aäc"], ["a/c", "ac", "abbc"]),
        ("**", ["", "a", "a/b"], []),
        ("a/**", ["a/", "a/b", "a/b/c"], ["a", "b/a/c", "aa/b"]),
        ("**/a", ["a", "b/a", "c/b/a"], ["ba", "a/b"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb", "axb"]),
        ("a**b", ["ab", "a/b", "a/c/b"], ["a/c"]),
        ("**/*x*/y", ["x/y", "a/bxb/y"], ["x/b/y", "y"]),
        ("*a*b*", ["ab", "xaxbx", "aab"], ["ba", "a/b"]),
        ("[a].c", ["[a].c"], ["a.c"]),
        ("a.c", ["a.c"], ["abc", "a.c/x"]),
        ("", [""], ["a"]),
    ],
)
def test_globs(glob: str, yes: list[str], no: list[str]) -> None:
    globs = RoleGlobs(docs=(glob,))
    assert [p for p in yes + no if globs.role(p) is Role.DOCS] == yes


def as_regex(glob: str) -> str:
    parts = re.split(r"(?:(?<=/)|^)(\*\*/)|(\*\*)|(\*)|(\?)", glob)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part) or re.escape(part) for part in parts if part)


@given(st.text("a/*?", max_size=7), st.text("ab/", max_size=8))
@settings(max_examples=400, deadline=None)
def test_globs_mean_what_the_regular_expression_says(glob: str, path: str) -> None:
    wanted = re.fullmatch(as_regex(glob), path, re.DOTALL) is not None
    assert (RoleGlobs(build=(glob,)).role(path) is Role.BUILD) == wanted


def test_first_role_in_order_wins() -> None:
    globs = RoleGlobs.of(docs=["*"], build=["*.b"], tests=["*.t.b"], generated=["x*"], code=["never"])
    assert [globs.role(p) for p in ("a", "a.b", "a.t.b", "x.t.b", "d/a")] == [
        Role.DOCS,
        Role.BUILD,
        Role.TESTS,
        Role.GENERATED,
        Role.CODE,
    ]


def test_code_globs_come_last() -> None:
    assert RoleGlobs(docs=("*.md",), code=("**",)).role("a.md") is Role.DOCS


def test_rename_has_a_role_only_if_both_paths_share_it() -> None:
    assert DEFAULT_ROLES.role_of(FileChange(path="tests/a.c", old_path="tests/b.c")) is Role.TESTS
    assert DEFAULT_ROLES.role_of(FileChange(path="tests/a.c", old_path="src/a.c")) is Role.CODE
    assert DEFAULT_ROLES.role_of(FileChange(path="tests/a.c", old_path="docs/a.c")) is Role.CODE
    assert DEFAULT_ROLES.role_of(FileChange(path="tests/a.c")) is Role.TESTS


def test_equal_globs_are_equal_whatever_they_remember() -> None:
    one, two = RoleGlobs(docs=("*.md",)), RoleGlobs.of(docs=["*.md"])
    one.role("a.md")
    assert one == two
    assert hash(one) == hash(two)


def test_many_paths_are_not_all_remembered() -> None:
    globs = RoleGlobs(docs=("*.md",))
    for number in range(20_010):
        globs.role(f"{number}.c")
    assert len(globs._known) < 20_000
    assert globs.role("5.c") is Role.CODE


def test_work_is_one_step_for_each_character() -> None:
    globs = RoleGlobs(docs=("**/*a*a*a*a*a*a*b", "**a**a**a**b"))
    assert globs.role("a" * 100_000) is Role.CODE
