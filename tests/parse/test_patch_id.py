# SPDX-License-Identifier: GPL-2.0-or-later
"""Patch ids, judged by git patch-id."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwatch.parse.diff import scan_diff
from patchwatch.parse.hunks import heads_of
from patchwatch.parse.patch_id import patch_ids

BODIES = Path(__file__).parents[2] / "fixtures" / "diffs"
NAMES = sorted(p.name for p in BODIES.glob("*.txt"))
# git prints an id for each stretch it reads; one of several does not stand for the mail.
SEVERAL = {"index-style-with-diff-lines.txt", "two-diffs-in-one-mail.txt"}
# git takes prose that starts with "diff " for a diff; we leave that id out.
PROSE = {"trailing-prose-starts-with-diff.txt", "log-line-starts-with-diff.txt"}


def git_ids(data: bytes, cwd: Path) -> list[str]:
    env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "patch-id", "--stable"]
    done = subprocess.run(command, input=data, capture_output=True, cwd=cwd, env=env, check=True)
    return [line.split()[0].decode() for line in done.stdout.splitlines()]


def our_ids(text: str) -> list[str]:
    lines = text.split("\n")
    if lines[-1] == "":
        del lines[-1]
    return [value for _, _, value in patch_ids(lines, heads_of(lines))]


@pytest.mark.parametrize("name", NAMES)
def test_ids_of_a_text_are_those_git_prints(name: str, tmp_path: Path) -> None:
    data = (BODIES / name).read_bytes()
    assert our_ids(data.decode()) == git_ids(data, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_id_of_a_mail_is_the_one_git_prints(name: str, tmp_path: Path) -> None:
    data = (BODIES / name).read_bytes()
    ours = scan_diff(data.decode().split("\n"))[0].patch_id
    printed = git_ids(data, tmp_path)
    if name in SEVERAL:
        assert len(printed) > 1
        assert ours is None
    elif name in PROSE:
        assert len(printed) == 2
        assert ours == printed[name.startswith("log")]
    else:
        assert ([] if ours is None else [ours]) == printed


def test_id_does_not_depend_on_blanks_lines_numbers_and_text_around() -> None:
    text = (BODIES / "two-hunks.txt").read_text()
    other = "Another log\n\n" + text.replace("@@ -", "@@ -9").replace("\treturn", "  return").replace("2.39.5", "9.9.9")
    assert other != text
    first, second = (scan_diff(t.split("\n"))[0].patch_id for t in (text, other))
    assert first is not None
    assert first == second


def test_id_does_not_depend_on_the_order_of_files() -> None:
    lines = (BODIES / "odd-names.txt").read_text().split("\n")
    first, second = (i for i, line in enumerate(lines) if line.startswith("diff "))
    end = lines.index("-- ")
    turned = [*lines[:first], *lines[second:end], *lines[first:second], *lines[end:]]
    assert scan_diff(turned)[0].patch_id == scan_diff(lines)[0].patch_id is not None


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "gb2312"])
def test_id_hashes_the_bytes_of_the_mail(encoding: str, tmp_path: Path) -> None:
    letter = "中" if encoding == "gb2312" else "é"
    text = f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+{letter}\n"
    diff, _ = scan_diff(text.split("\n"), encoding=encoding)
    assert [diff.patch_id] == git_ids(text.encode(encoding), tmp_path)


@pytest.mark.parametrize("encoding", ["ascii", "no-such-charset", "rot13"])
def test_unfit_encoding_falls_back_to_utf8(encoding: str, tmp_path: Path) -> None:
    text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+é\n"
    diff, _ = scan_diff(text.split("\n"), encoding=encoding)
    assert [diff.patch_id] == git_ids(text.encode(), tmp_path)


def test_undecodable_bytes_are_hashed_as_they_came(tmp_path: Path) -> None:
    data = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+\xff\n"
    diff, _ = scan_diff(data.decode(errors="surrogateescape").split("\n"))
    assert [diff.patch_id] == git_ids(data, tmp_path)


# Binary files come with their index line: without one git hashes what its stack happened to hold.
TOKENS = [
    *("diff --git a/x b/x", "diff -u a b", "diff x", "diff", "index 1..2 100644", "index 12", "old mode 100644"),
    *("--- a/x", "+++ b/x", "--- ", "+++ ", "@@ -1,2 +1,2 @@", "@@ -1 +1 @@", "@@ -1,3 +1", "@@ -1,x +1,2 @@"),
    *(
        "@@ -0,0 +1,2 @@",
        "@@ -x",
        "@@ -1 1",
        "\\ No newline at end of file",
        "\\ short",
        "\\ 9 letters",
        "\\ 10 letters",
    ),
    *(
        "index 1..2\nGIT binary patch",
        "literal 3",
        "zcmV",
        "index 3..4 100644\nBinary files a/x and b/x differ",
        "-- ",
        "--",
        "---",
        "",
        " ",
        "\t",
    ),
    *("+a", "-b", " c", "+ a\tb\r\x0b\x0c", "Text", "2.39", "From " + "0" * 40 + " x", "commit " + "aF" * 20, "b" * 40),
    *("b" * 39, "From me", "é"),
]


@given(st.lists(st.lists(st.sampled_from(TOKENS), max_size=24), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_the_ids_of_git(bodies: list[list[str]]) -> None:
    # Many texts in one process: a line with a commit's id, alone, ends whatever came before.
    text = "".join("".join(f"{line}\n" for line in [*lines, "commit " + "0" * 40]) for lines in bodies)
    assert our_ids(text) == git_ids(text.encode(), Path("/"))


@given(st.lists(st.sampled_from(TOKENS), max_size=24))
@settings(max_examples=100, deadline=None)
def test_mail_has_the_one_id_of_git_or_none(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    ours = scan_diff(text.split("\n"))[0].patch_id
    assert ours is None or ours in git_ids(text.encode(), Path("/"))
