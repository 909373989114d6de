# SPDX-License-Identifier: GPL-2.0-or-later
"""The diff scanner, judged by git apply and unidiff."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from patchwatch.model.diff import Diff, FileChange
from patchwatch.parse import diff as diff_module
from patchwatch.parse.code_lines import Body, count_code, count_sound, language_of
from patchwatch.parse.diff import _Scanner, scan_diff
from patchwatch.parse.hunks import heads_of, read_hunk, sound_hunk

BODIES = Path(__file__).parents[2] / "fixtures" / "diffs"
GOOD = sorted(p.name for p in BODIES.glob("*.txt") if not p.name.startswith("bad-"))
BAD = sorted(p.name for p in BODIES.glob("bad-*.txt"))
# Where we differ from `git apply -p1` on purpose.
NO_PREFIX = {"no-prefix.txt": "-p0", "svn-revisions.txt": "-p0", "plain-diff-u.txt": "-p0"}  # -p1 drops a directory
KEPT_WHOLE = {"absolute-path.txt"}  # -p1 drops the leading slash, and with it the oddity
REFUSED_AS_MAIL = {"stray-hunk-in-log.txt"}  # git am takes it: the hunk is above the cut
WITHOUT_DIFF = {"cover-letter.txt"}

HEADER = "diff --git a/x.c b/x.c\nindex 1111111..2222222 100644\n--- a/x.c\n+++ b/x.c\n"


def scan(text: str) -> Diff:
    return scan_diff(text.split("\n"))[0]


def body(name: str) -> str:
    return (BODIES / name).read_text(encoding="utf-8")


def numstat(text: str, cwd: Path, *, strip: str = "-p1") -> list[tuple[str, str, str]] | None:
    """Return what git apply counts: (added, removed, path), None when it refuses."""
    env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "apply", "--numstat", "-z", strip]
    done = subprocess.run(command, input=text.encode(), capture_output=True, cwd=cwd, env=env, check=False)
    if done.returncode:
        return None
    rows = [row.split("\t", 2) for row in done.stdout.decode().split("\0") if row]
    return [(added, removed, path) for added, removed, path in rows]


def counted(diff: Diff) -> list[tuple[str, str, str]]:
    return [("-", "-", f.path) if f.binary else (str(f.added), str(f.removed), f.path) for f in diff.files]


@pytest.mark.parametrize("name", GOOD)
def test_counts_and_names_are_those_of_git_apply(name: str, tmp_path: Path) -> None:
    text = body(name)
    diff = scan(text)
    assert diff.problems == ()
    if name in REFUSED_AS_MAIL:
        assert numstat(text, tmp_path) is None
        text = text[text.index("---\n") :]
    want = numstat(text, tmp_path, strip=NO_PREFIX.get(name, "-p1"))
    if name in WITHOUT_DIFF:
        assert (want, diff.files) == (None, ())
    elif name in KEPT_WHOLE:
        assert want == [(a, r, p.lstrip("/")) for a, r, p in counted(diff)]
    else:
        assert want
        assert counted(diff) == want


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_said(name: str) -> None:
    assert scan(body(name)).problems


@pytest.mark.parametrize("name", sorted(set(BAD) - {"bad-signature-eaten.txt", "bad-hunk-long.txt", "bad-no-hunk.txt"}))
def test_git_refuses_or_ignores_them_too(name: str, tmp_path: Path) -> None:
    assert numstat(body(name), tmp_path) is None


@pytest.mark.parametrize("name", ["bad-signature-eaten.txt", "bad-hunk-long.txt", "bad-no-hunk.txt"])
def test_problems_git_does_not_see_leave_its_counts(name: str, tmp_path: Path) -> None:
    assert counted(scan(body(name))) == numstat(body(name), tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bad-hunk-short.txt", "fewer lines"),
        ("bad-signature-eaten.txt", "signature"),
        ("bad-hunk-long.txt", "more lines"),
        ("bad-wrapped.txt", "wrapped or mangled"),
        ("bad-leading-blank-eaten.txt", "wrapped or mangled"),
        ("bad-context-only.txt", "changes nothing"),
        ("bad-hunk-header.txt", "cannot be read"),
        ("bad-no-hunk.txt", "No hunk follows"),
        ("bad-hunk-without-file.txt", "belongs to no file"),
        ("bad-stray-hunk-below-cut.txt", "belongs to no file"),
        ("bad-combined.txt", "combined"),
    ],
)
def test_problem_names_its_kind(name: str, words: str) -> None:
    (problem,) = scan(body(name)).problems
    assert words in problem


def test_wrapped_line_does_not_lose_the_rest_of_the_hunk() -> None:
    text = body("bad-wrapped.txt")
    diff, ((_, end),) = scan_diff(text.split("\n"))
    assert (diff.files[0].added, diff.files[0].removed) == (1, 0)
    assert text.split("\n")[end] == "-- "


@pytest.mark.parametrize("name", sorted(set(GOOD) - WITHOUT_DIFF - {"svn-revisions.txt"}))
def test_spans_hold_the_diff_and_nothing_else(name: str) -> None:
    lines = body(name).split("\n")
    diff, spans = scan_diff(lines)
    assert spans
    inside = [line for start, end in spans for line in lines[start:end]]
    outside = "\n".join(lines[: spans[0][0]] + lines[spans[-1][1] :])
    assert scan(outside).files == ()
    assert scan("\n".join(inside)).files == diff.files
    assert all(not line.startswith("Signed-off-by") for line in inside)


def test_span_of_a_svn_diff_begins_at_its_index_line() -> None:
    assert scan_diff(body("svn-revisions.txt").split("\n"))[1] == ((0, 11),)


def test_two_diffs_are_two_spans() -> None:
    lines = body("two-diffs-in-one-mail.txt").split("\n")
    _, spans = scan_diff(lines)
    assert [lines[start] for start, _ in spans] == ["diff --git a/src/a.c b/src/a.c", "diff --git a/src/b.c b/src/b.c"]


def test_renames_and_copies_have_an_old_path() -> None:
    files = scan(body("rename-and-copy.txt")).files + scan(body("pure-rename-and-mode.txt")).files
    assert [(f.path, f.old_path) for f in files] == [
        ("src/new_name.c", "src/old_name.c"),
        ("src/ring.c", None),
        ("src/ring2.c", "src/ring.c"),
        ("src/last_name.c", "src/new_name.c"),
        ("tools/run.sh", None),
    ]


def test_deleted_file_has_its_old_name() -> None:
    assert scan(body("deleted-file-plain.txt")).files[0].path == "src/n.c"
    assert [f.path for f in scan(body("new-and-deleted.txt")).files] == ["empty.c", "fresh.c", "gone.c", "void.c"]


def test_names_without_prefix_keep_their_directory() -> None:
    assert [f.path for f in scan(body("no-prefix.txt")).files] == ["doc/guide.rst", "fresh.c"]
    assert [f.path for f in scan(body("svn-revisions.txt")).files] == ["src/a.c"]
    assert [f.path for f in scan("--- /dev/null\n+++ src/n.c\n@@ -0,0 +1 @@\n+x\n").files] == ["src/n.c"]


@pytest.mark.parametrize(
    "pair", [("i", "w"), ("c", "w"), ("o", "w"), ("b", "a"), ("a", "a"), (".", "."), ("old", "new")]
)
def test_prefixes_are_dropped(pair: tuple[str, str]) -> None:
    old, new = (f"{prefix}/src/x.c" for prefix in pair)
    for text in (
        f"diff --git {old} {new}\nold mode 100644\nnew mode 100755\n",
        f"--- {old}\n+++ {new}\n@@ -1 +1 @@\n-a\n+b\n",
    ):
        assert [f.path for f in scan(text).files] == ["src/x.c"]


def test_odd_paths_are_data() -> None:
    assert scan(body("climbing-path.txt")).odd_paths == ("../../etc/a.c",)
    assert scan(body("absolute-path.txt")).odd_paths == ("/srv/demo/a.c",)
    assert scan("diff --git a/x b/y\nsimilarity index 100%\nrename from /x\nrename to y..z/a\n").odd_paths == ("/x",)


def test_quoted_names_are_bytes_of_utf8_or_latin1() -> None:
    name = r'"a/\346\227\245\t\"\\.c"'
    text = f"diff --git {name} {name.replace('a/', 'b/')}\nold mode 100644\nnew mode 100755\n"
    assert scan(text).files[0].path == '日\t"\\.c'
    assert scan(text.replace(r"\346\227\245", r"\344")).files[0].path == 'ä\t"\\.c'


def test_plain_name_without_orig_is_taken() -> None:
    hunk = "@@ -1 +1 @@\n-a\n+b\n"
    assert scan(f"--- a/x.c.orig\n+++ b/x.c\n{hunk}").files[0].path == "x.c"
    assert scan(f"--- a/x.c\n+++ b/x.c.new\n{hunk}").files[0].path == "x.c"


def test_unclear_names_are_a_problem() -> None:
    assert scan("diff --git a/x y b/z q\nold mode 100644\nnew mode 100755\n").problems
    assert scan("diff --git a/x b/y\nold mode 100644\nnew mode 100755\n").problems
    assert scan(HEADER.replace("+++ b/x.c", "+++ b/y.c") + "@@ -1 +1 @@\n-a\n+b\n").problems


def test_binary_patch_cut_in_the_middle_is_a_problem() -> None:
    lines = body("binary-patch.txt").split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("literal"))
    assert scan("\n".join([*lines[: at + 2], "some text"])).problems
    assert not scan("\n".join(lines)).problems


def test_signature_is_never_a_removal() -> None:
    diff = scan(body("removed-line-like-signature.txt"))
    assert (diff.files[0].added, diff.files[0].removed) == (0, 1)
    assert scan(HEADER + "@@ -1,3 +1,2 @@\n a\n-b\n c\n-- \n2.39.5\n").files[0].removed == 1


def test_new_file_with_old_lines_is_a_problem() -> None:
    header = "diff --git a/x.c b/x.c\nnew file mode 100644\nindex 0000000..2222222\n--- /dev/null\n+++ b/x.c\n"
    assert scan(header + "@@ -1 +1 @@\n-a\n+b\n").problems
    assert not scan(header + "@@ -0,0 +1 @@\n+b\n").problems


def test_prose_about_diffs_is_no_diff() -> None:
    for text in (
        "diff --git a/x b/x\nis how a diff begins.\n",
        "--- old\ntext\n+++ new\n",
        "@@ -1,2 +1,2 @@\nis a hunk header.\n",
        "@@@ is nothing.\n",
        "Binary files a and b differ\n",
        "",
    ):
        assert scan_diff(text.split("\n")) == (Diff(), ())


def test_code_lines_leave_out_blank_and_comment_lines() -> None:
    ring = scan(body("two-hunks.txt")).files[0]
    assert (ring.added, ring.removed, ring.code_added, ring.code_removed) == (7, 2, 2, 2)


@pytest.mark.parametrize(
    ("path", "added", "code"),
    [
        ("a.c", ["// x", "/* y", " * z", " */", "", "int a; /* b", "c */", "*p = 1;", 'f("/*");', "g();"], 4),
        ("a.h", ["* inside a comment", "*", "\t*\tx", "*p = 1;"], 1),
        ("a.c", ["end of it */", "x();", "/* a */ y();", "/* a */ /* b */"], 2),
        ("a.c", ["see http://x/* // */", "", ""], 1),
        ("a.py", ["# x", "", "x = 1  # y", "\t# z"], 1),
        ("Makefile.am", ["# x", "a: b"], 1),
        ("a.lua", ["-- x", "--[[ y", "z()"], 1),
        ("a.el", [";; x", "(y)"], 1),
        ("a.html", ["<!-- x", "y", "-->", "<p>"], 1),
        ("a.rst", ["", "# x", "// y"], 3),
        ("a.unknown", ["", "# x", "// y"], 3),
        ("x_defconfig", ["# CONFIG_X is not set"], 1),
        ("a.vim", ['" x'], 1),
    ],
)
def test_code_lines_by_language(path: str, added: list[str], code: int) -> None:
    lines = "".join(f"+{line}\n" for line in added)
    (change,) = scan(f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(added)} @@\n{lines}").files
    assert (change.added, change.code_added) == (len(added), code)
    lines = lines.replace("\n+", "\n-").replace("+", "-", 1)
    (change,) = scan(f"--- a/{path}\n+++ /dev/null\n@@ -1,{len(added)} +0,0 @@\n{lines}").files
    assert (change.removed, change.code_removed) == (len(added), code)


def test_comment_state_is_kept_for_each_side() -> None:
    text = "--- a/x.c\n+++ b/x.c\n@@ -1,4 +1,4 @@\n-/* old\n+/* new */\n x();\n-y();\n+z();\n end */\n"
    assert (scan(text).files[0].code_added, scan(text).files[0].code_removed) == (1, 0)


def test_caps_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_module, "_MAX_FILES", 3)
    diff = scan((HEADER + "@@ -1 +1 @@\n-a\n+b\n") * 5)
    assert len(diff.files) == 3
    assert "not read" in diff.problems[-1]
    monkeypatch.setattr(diff_module, "_MAX_HUNKS", 2)
    assert "not read" in scan(HEADER + "@@ -1 +1 @@\n-a\n+b\n" * 5).problems[-1]


def test_problems_are_not_listed_without_end() -> None:
    assert len(scan((HEADER + "@@ -1,9 +1,9 @@\n-a\n+b\n") * 500).problems) == 21


@pytest.mark.parametrize("name", sorted(set(GOOD) - WITHOUT_DIFF))
def test_unidiff_agrees(name: str) -> None:
    text = body(name)
    start = min(begin for begin, _ in scan_diff(text.split("\n"))[1])
    seen = [(f.added, f.removed) for f in PatchSet("\n".join(text.split("\n")[start:]) + "\n")]
    assert [(f.added, f.removed) for f in scan(text).files if f.added or f.removed] == [s for s in seen if s != (0, 0)]


TOKENS = st.sampled_from(
    [
        *("diff --git a/x.c b/x.c", "diff --git", "diff --git ", 'diff --git "a/x b/y"', "diff --cc x", "diff -u a b"),
        *(
            "index 1..2",
            "old mode 1",
            "new file mode 1",
            "deleted file mode 1",
            "rename from x",
            "rename to",
            "copy to y",
        ),
        *("--- a/x.c", "+++ b/x.c", "--- /dev/null", "+++ /dev/null", '--- "a/\\', "+++ \t", "--- ", "+++ "),
        *("@@ -1,2 +1,2 @@", "@@ -1 +1 @@", "@@ -0,0 +1,3 @@", "@@ -1,999999999 +1 @@", "@@ -" + "9" * 5000 + " +1 @@"),
        *(
            "@@ -",
            "@@ -1,2",
            "@@@ -1 -1 +1 @@@",
            "@@ -1,0 +1,0 @@",
            "\\ No newline at end of file",
            "\\",
            "Binary files",
        ),
        *("GIT binary patch", "literal 3", "delta 0", "zcmV", "Binary files a and b differ", "Index: x", "======"),
        *(
            "-- ",
            "--",
            "---",
            "--- text",
            "+",
            "-",
            " ",
            "",
            "+int a; /* b",
            "-*/",
            " /*",
            "+//",
            "\t",
            "text",
            "> quote",
        ),
        *("From " + "0" * 40, "commit " + "f" * 40, "a" * 40, "\ufffd", "\udc80", "+\ud800\u2028", "\x0c+", "diff x"),
    ]
)
HOSTILE = st.lists(st.one_of(TOKENS, TOKENS, st.text(max_size=8).map(lambda s: s.replace("\n", ""))), max_size=40)


@given(HOSTILE)
@settings(max_examples=300, deadline=None)
def test_hostile_lines_never_raise_and_bound_the_counts(lines: list[str]) -> None:
    diff, spans = scan_diff(lines)
    assert sum(f.added + f.removed for f in diff.files) <= len(lines)
    assert all(f.code_added <= f.added and f.code_removed <= f.removed for f in diff.files)
    flat = [edge for span in spans for edge in span]
    assert flat == sorted(flat)
    assert all(start < end for start, end in spans)
    assert not flat or flat[-1] <= len(lines)
    assert bool(spans) or not diff.files


@given(
    st.lists(
        st.sampled_from(["Text.", "", "  indented", "> --- a/x", "Fixes: 1 (x)", "+1 from me", "- item"]), max_size=9
    )
)
@settings(max_examples=50, deadline=None)
def test_text_above_changes_nothing_but_the_place(log: list[str]) -> None:
    lines = body("two-hunks.txt").split("\n")
    diff, spans = scan_diff(lines)
    shifted = tuple((start + len(log), end + len(log)) for start, end in spans)
    assert scan_diff(log + lines) == (diff, shifted)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("+- "), st.sampled_from(["", "a", "-- ", "++", "/* x", "x */", "// y", "- ", "@@ -1 +1 @@"])
        ),
        min_size=1,
        max_size=12,
    ).filter(lambda body: any(sign != " " for sign, _ in body))
)
@settings(max_examples=60, deadline=None)
def test_any_hunk_that_fits_is_counted_as_git_does(body: list[tuple[str, str]]) -> None:
    old, new = sum(s in "- " for s, _ in body), sum(s in "+ " for s, _ in body)
    lines = "".join(f"{sign}{text}\n" for sign, text in body)
    text = f"{HEADER}@@ -1,{old} +1,{new} @@\n{lines}"
    assert counted(scan(text)) == numstat(text, Path("/"))


@pytest.mark.parametrize(
    "unit",
    [
        "@@ -1,999999999 +1,999999999 @@\n+a\n",
        HEADER + "@@ -1 +1 @@\n-a\n+b\n",
        HEADER + "@@ -1,9 +1,9 @@\n-a\n\\\n",
        "--- a/x\n+++ b/x\n",
        "diff --cc x\nindex 1\n",
        HEADER + '@@ -0,0 +1 @@\n+"/*/*/*\n',
    ],
)
def test_work_grows_in_step_with_the_text(unit: str) -> None:
    def steps(times: int) -> int:
        lines = _Counted((unit * times).split("\n"))
        scan_diff(lines)
        return lines.reads

    assert steps(400) < 2.5 * steps(200)


class _Counted(Sequence[str]):
    """Lines that count how often one of them is looked at."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.reads = 0

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, key: int) -> str: ...
    @overload
    def __getitem__(self, key: slice) -> list[str]: ...
    def __getitem__(self, key: int | slice) -> str | list[str]:
        got = self.lines[key]
        self.reads += len(got) if isinstance(key, slice) else 1
        return got


_CHANGES = st.sampled_from(
    [
        "x = 1;",
        "",
        "\t",
        "// a",
        "/* a */",
        "/* a",
        " * b",
        " */",
        "*/ y",
        "*p = 1;",
        "/* a */ y;",
        '"/*"',
        "# c",
        "a /* b",
    ]
)


@given(
    st.lists(st.tuples(st.sampled_from("+- "), _CHANGES), min_size=1, max_size=12),
    st.sampled_from("c py html sql ini".split()),
)
@settings(max_examples=300)
def test_counting_what_is_no_code_gives_the_same_as_counting_code(body: list[tuple[str, str]], suffix: str) -> None:
    language = language_of(f"x.{suffix}")
    assert language is not None
    lines = [sign + text for sign, text in body]
    added, removed = (sum(sign == one for sign, _ in body) for one in "+-")
    quick = count_sound("\n".join(["", *lines, ""]), language, added, removed)
    assert quick is None or quick == count_code([Body(lines, added, removed)], language)


@given(HOSTILE)
@settings(max_examples=300)
def test_a_hunk_that_needs_no_second_look_gets_the_same_answer_with_one(lines: list[str]) -> None:
    heads = heads_of(lines)
    for at, line in enumerate(lines):
        if line.startswith("@@ -") and (quick := sound_hunk(lines, heads, at)):
            hunk = read_hunk(lines, heads, at)
            assert quick == hunk[:3]
            assert (hunk.plain, hunk.problem) == (True, "")


_HUNK = "@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
_CHUNKS = st.sampled_from(
    [
        "diff --git a/y b/y\n+++ index 1..2 100644\n--- a/y\n+++ b/y\n" + _HUNK,
        "diff --git a/y b/y\n--- index 1..2 100644\n--- a/y\n+++ b/y\n" + _HUNK,
        HEADER + "@@ -1 +0,0 @@\n-b\n+runs on\n+twice\n",
        *(HEADER + _HUNK, HEADER + _HUNK * 2, HEADER + "@@ -1 +0,0 @@\n-b\n", HEADER, _HUNK, "-- \n2.39\n", "\n"),
        "diff --git a/n.c b/n.c\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/n.c\n@@ -0,0 +1 @@\n+a\n",
        "diff --git a/o b/n\nsimilarity index 90%\nrename from o\nrename to n\nindex 1..2\n--- a/o\n+++ b/n\n" + _HUNK,
        "diff --git a/o b/n\nsimilarity index 100%\nrename from o\nrename to n\n",
        "diff --git a/m b/m\nold mode 100644\nnew mode 100755\n--- a/m\n+++ b/m\n" + _HUNK,
        "diff --git a/x b/x\nindex 1..2\nBinary files a/x and b/x differ\n",
        "diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n" + _HUNK,
        "diff --cc x\nindex 1,2..3\n@@@ -1 -1 +1 @@@\n--a\n++b\n",
        *(
            "--- a/x\n+++ b/x\n" + _HUNK,
            "diff of prose\n",
            "Log.\n---\n",
            "\\ No newline at end of file\n",
            "f" * 40 + "\n",
        ),
    ]
)


@given(st.lists(_CHUNKS, max_size=6))
@settings(max_examples=600)
def test_the_id_of_a_usual_patch_is_that_of_the_long_way(chunks: list[str]) -> None:
    lines = "".join(chunks).split("\n")
    quick = scan_diff(lines)[0].patch_id
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_Scanner, "usual_id", lambda _: "")
        assert scan_diff(lines)[0].patch_id == quick


def test_diff_without_files_is_the_default() -> None:
    assert scan("Hello,\n\nno diff here.\n") == Diff()
    assert scan(HEADER + "@@ -1 +1 @@\n-a\n+b\n").files == (
        FileChange(path="x.c", added=1, removed=1, code_added=1, code_removed=1),
    )
