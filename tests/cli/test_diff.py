# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch diff`: what a reader is told between two revisions."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from builders_archive import ENV, write_archive
from builders_cli import LIST_ID, added, run
from builders_mail import mail_bytes
from builders_posting import when

SIGNED = "Signed-off-by: Jo Doe <jo@example.org>\n"
TAGGED = f"Assisted-by: Claude:claude-opus-4-5\n{SIGNED}"
LINES = [f"int a{n};\n" for n in range(1, 21)]
DAY = 24 * 60
START = 280 * DAY  # October 2026: the Linux policy is in force


def change(path: str, *numbers: int) -> str:
    """Return a diff that changes so many single lines of a file of LINES."""
    hunks = "".join(
        f"@@ -{n - 1},3 +{n - 1},3 @@\n int a{n - 1};\n-int a{n};\n+int b{n};\n int a{n + 1};\n" for n in numbers
    )
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n{hunks}"


def patch(subject: str, mid: str, parent: str, log: str, diff: str, minute: int) -> bytes:
    body = f"It is wrong.\n\n{log}---\n\n{diff}-- \n2.39\n"
    return mail_bytes(subject, body, mid=mid, date=when(START + minute), reply_to=parent, headers=LIST_ID)


def cover(subject: str, mid: str, minute: int, more: str = "") -> bytes:
    return mail_bytes(subject, f"Text.\n{more}", mid=mid, date=when(START + minute), headers=LIST_ID)


def two_revisions() -> list[bytes]:
    """
    Return v1 and v2 of a work.

    Patch 1 loses its disclosure, 2 stays, 3 is dropped, 4 has another title and place; the last one is new.
    """
    one, two, three, four = (change(f"hw/{name}.c", 3) for name in "abcd")
    return [
        cover("[PATCH 0/4] whole", "c1@x", 0),
        patch("[PATCH 1/4] first", "p1@x", "c1@x", TAGGED, one, 0),
        patch("[PATCH 2/4] same", "p2@x", "c1@x", SIGNED, two, 0),
        patch("[PATCH 3/4] dropped", "p3@x", "c1@x", SIGNED, three, 0),
        patch("[PATCH 4/4] old name", "p4@x", "c1@x", SIGNED, four, 0),
        cover("[PATCH v2 0/4] whole", "c2@x", DAY),
        patch("[PATCH v2 1/4] first", "q1@x", "c2@x", SIGNED, change("hw/a.c", 3, 9), DAY),
        patch("[PATCH v2 2/4] new name", "q4@x", "c2@x", SIGNED, four, DAY),
        patch("[PATCH v2 3/4] same", "q3@x", "c2@x", f"Reviewed-by: Ann Onym <ann@example.net>\n{SIGNED}", two, DAY),
        patch("[PATCH v2 4/4] added", "q2@x", "c2@x", SIGNED, change("tests/e.c", 5), DAY),
    ]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two revisions of one work, and a single patch, judged by the Linux policy."""
    alone = patch("[PATCH] alone", "alone@x", "", SIGNED, change("hw/z.c", 2), 0)
    archive = write_archive(tmp_path / "list", {0: added(*two_revisions(), alone)})
    assert run("--db", tmp_path / "x.db", "ingest", "--policy", "linux", archive).code == 0
    return tmp_path / "x.db"


def diff(database: Path, *arguments: str) -> str:
    done = run("--db", database, "diff", *arguments)
    assert (done.code, done.err) == (0, "")
    return done.out


def document(database: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(diff(database, "--json", *arguments))
    assert found["schema"] == "patchwatch.diff/1"
    return found


def test_any_member_names_the_work_and_the_newest_two_are_compared(database: Path) -> None:
    assert diff(database, "p3@x") == diff(database, "c2@x", "1", "v2") == diff(database, "<q1@x>", "c1@x", "c2@x")


def test_patches_are_paired_by_text_then_title(database: Path) -> None:
    found = document(database, "c1@x")
    pairs = [
        (one["change"], *(side and side["position"] for side in (one["before"], one["after"])))
        for one in found["patches"]
    ]
    assert pairs == [
        ("changed", 1, 1),
        ("retitled", 4, 2),
        ("unchanged", 2, 3),
        ("added", None, 4),
        ("dropped", 3, None),
    ]


def test_trailers_disclosures_files_and_outcomes(database: Path) -> None:
    found = document(database, "c1@x")
    first, _, same, *_ = found["patches"]
    assert [one["key"] for one in first["trailers"]["lost"]] == ["Assisted-by"]
    assert [one["key"] for one in same["trailers"]["gained"]] == ["Reviewed-by"]
    assert [one["message_id"] for one in found["disclosures"]["vanished"]] == ["p1@x"]
    assert found["disclosures"]["appeared"] == []
    assert {one["path"]: (one["change"], one["before"], one["after"]) for one in found["files"]} == {
        "hw/a.c": ("changed", [1, 1], [2, 2]),
        "hw/c.c": ("dropped", [1, 1], None),
        "tests/e.c": ("added", None, [1, 1]),
    }
    assert found["same_files"] == 2
    assert found["by_role"]["tests"] == {"before": [0, 0], "after": [1, 1]}
    assert [found[side]["policy"]["id"] for side in ("from", "to")] == ["linux", "linux"]


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_every_key_is_documented(database: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "json.rst").read_text(encoding="utf-8")
    words = {word.strip(",.") for quoted in re.findall(r"``([^`]+)``", page) for word in quoted.split()}
    assert keys_of(document(database, "c1@x")) <= words


def test_backwards_is_the_mirror(database: Path) -> None:
    found = document(database, "c1@x", "2", "1")
    assert [one["message_id"] for one in found["disclosures"]["appeared"]] == ["p1@x"]
    assert (found["from"]["revision"], found["to"]["revision"]) == (2, 1)


def test_the_text_says_it_in_plain_words(database: Path) -> None:
    text = diff(database, "c1@x")
    assert "disclosed before, not now\n  patch 1, trailers line 3: Assisted-by: Claude:claude-opus-4-5\n" in text
    assert "  ~  4 -> 2   new name  (was: old name; same diff)\n" in text
    assert "             gained: Reviewed-by: Ann Onym <ann@example.net>\n" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["c1@x", "7"], "no revision 7 of c2@x; known are v1, v2"),
        (["c1@x", "rfcv1"], "no revision rfcv1 of c2@x; known are v1, v2"),
        (["c1@x", "1", "v1"], "1 and v1 are the same posting; known are v1, v2"),
        (["alone@x"], "only one revision of alone@x is known: v1"),
        (["nobody@x"], "no series nobody@x"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(database: Path, arguments: list[str], words: str) -> None:
    done = run("--db", database, "diff", *arguments)
    assert done.code == 3
    assert words in done.complaint


def git(*arguments: str, cwd: Path) -> str:
    return subprocess.run(["git", *arguments], cwd=cwd, env=ENV, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A git tree with the files that the patches change, and a work tree with changes of its own."""
    root = tmp_path / "tree"
    for name in ("hw/a.c", "hw/b.c", "hw/c.c", "hw/d.c", "tests/e.c"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("".join(LINES))
    git("init", "-q", "-b", "master", cwd=root)
    git("add", ".", cwd=root)
    git("commit", "-q", "-m", "start", cwd=root)
    (root / "hw/a.c").write_text("in work\n")
    return root


def everything_in(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_range_diff_comes_from_git_and_leaves_the_tree_alone(database: Path, tree: Path) -> None:
    before = everything_in(tree)
    text = diff(database, "c1@x", "--tree", str(tree))
    told = text.partition("range-diff\n")[2]
    for words in (" ! 1:", " first", " ! 3:", " ! 2:", " new name", "-    Assisted-by: Claude:claude-opus-4-5"):
        assert words in told
    assert everything_in(tree) == before


def test_hooks_and_filters_of_the_tree_never_run(database: Path, tree: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for name in ("post-index-change", "pre-applypatch", "reference-transaction", "post-commit"):
        hook = tree / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
        hook.chmod(0o755)
    git("config", "core.fsmonitor", f"touch {ran}", cwd=tree)
    git("config", "diff.external", f"touch {ran}", cwd=tree)
    ran.unlink(missing_ok=True)
    assert "range-diff" in diff(database, "c1@x", "--tree", str(tree))
    assert not ran.exists()


def test_a_revision_that_does_not_apply_is_one_line(database: Path, tree: Path) -> None:
    (tree / "hw/c.c").write_text("other\n")
    git("commit", "-q", "-a", "-m", "moved on", cwd=tree)
    text = diff(database, "c1@x", "--tree", str(tree))
    tip = git("rev-parse", "HEAD", cwd=tree)[:12]
    assert text.endswith(f"range-diff\n  none: {tree}: patch 1 of the first revision does not apply to {tip}\n\n")
    found = document(database, "c1@x", "--tree", str(tree))
    assert found["range_diff"] is None
    assert "does not apply" in found["range_diff_problem"]


def test_what_is_no_git_tree_is_told(database: Path, tmp_path: Path) -> None:
    assert "none: " in diff(database, "c1@x", "--tree", str(tmp_path))
