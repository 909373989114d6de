# SPDX-License-Identifier: GPL-2.0-or-later
"""Marks: what is kept of the text and the diff of a mail for rules that come later."""

import difflib
from collections.abc import Sequence

import pytest

from builders_mail import DIFF, LOG, read_mail
from patchwatch.model.mail import Mark, MarkKind, Message

COVER = "[PATCH 0/2] hw/foo: reset"
TAG = "Assisted-by: Claude:claude-opus-4-6\n"


def diff_of(path: str, old: Sequence[str], new: Sequence[str], *, is_new: bool = False, context: int = 3) -> str:
    """Return a diff as git prints it."""
    head = f"diff --git a/{path} b/{path}\n" + ("new file mode 100644\n" if is_new else "") + "index 1111111..2222222\n"
    names = ("/dev/null" if is_new else f"a/{path}", f"b/{path}")
    lines = difflib.unified_diff([f"{x}\n" for x in old], [f"{x}\n" for x in new], *names, n=context)
    return head + "".join(lines)


def patch(*diffs: str, log: str = LOG, subject: str = "[PATCH] hw/foo: change it", below: str = "") -> Message:
    message = read_mail(subject, f"{log}---\n{below}\n{''.join(diffs)}-- \n2.39\n")
    assert message.defects == ()
    return message


def of(message: Message, kind: MarkKind) -> list[Mark]:
    return [mark for mark in message.marks if mark.kind is kind]


def in_ten_files(old: str, new: str, count: int = 10) -> list[str]:
    """Return diffs that replace *old* by *new* in as many files, `#` being another name in each."""
    names = ("alpha", "beta", "gamma", "delta", "eps", "zeta", "eta", "theta", "iota", "kappa", "la", "mu")[:count]
    return [
        diff_of(
            f"d/{n}.c", [f"int {n};", *old.replace("#", n).split("\n")], [f"int {n};", *new.replace("#", n).split("\n")]
        )
        for n in names
    ]


def test_a_usual_patch_has_no_mark() -> None:
    assert read_mail().marks == ()


# Repeated edits


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = old_name(#);", "x = new_name(#);"),
        ("p = kzalloc(sizeof(struct #), GFP_KERNEL);", "p = kzalloc_obj(struct #);"),
    ],
    ids=["a rename", "carried names"],
)
def test_one_edit_in_ten_hunks_is_counted(old: str, new: str) -> None:
    message = patch(*in_ten_files(old, new))
    assert of(message, MarkKind.REPEATED_EDIT) == [Mark(MarkKind.REPEATED_EDIT, 10, 10)]


def test_removing_one_and_the_same_line_is_one_edit() -> None:
    message = patch(*in_ten_files("  keep;\n  .owner = THIS_MODULE,", "  keep;"))
    assert of(message, MarkKind.REPEATED_EDIT) == [Mark(MarkKind.REPEATED_EDIT, 10, 10)]


def test_removing_another_line_in_each_file_is_not() -> None:
    assert patch(*in_ten_files("  keep;\n  free(#);", "  keep;")).marks == ()


def test_nine_hunks_are_not_counted() -> None:
    assert patch(*in_ten_files("x = old_name(#);", "x = new_name(#);", 9)).marks == ()


def test_the_same_place_with_different_names_is_not_one_edit() -> None:
    assert patch(*in_ten_files("x = f(a);", "x = f(#);")).marks == ()
    assert patch(*in_ten_files("x = #;", "y = #_y;")).marks == ()


def test_seven_of_ten_are_counted_and_six_are_not() -> None:
    same, other = in_ten_files("x = a;", "x = b;"), in_ten_files("x = f(a);", "x = f(#);")
    assert of(patch(*same[:7], *other[7:]), MarkKind.REPEATED_EDIT) == [Mark(MarkKind.REPEATED_EDIT, 7, 10)]
    assert patch(*same[:6], *other[6:]).marks == ()


def test_a_plain_diff_without_git_headers_counts_as_well() -> None:
    plain = [one.partition("2222222\n")[2] for one in in_ten_files("x = a;", "x = b;")]
    assert of(patch(*plain), MarkKind.REPEATED_EDIT) == [Mark(MarkKind.REPEATED_EDIT, 10, 10)]


# Tools


@pytest.mark.parametrize(
    "line",
    [
        "Done with Coccinelle:",
        "sed -i s/old_name/new_name/ $(git grep -l old_name)",
        "(scripts/checkpatch.pl --fix-inplace)",
        "Reformatted by `clang-format`.",
        "Mechanically changed.",
    ],
)
def test_a_tool_named_beside_repeated_edits_is_quoted(line: str) -> None:
    message = patch(*in_ten_files("x = a;", "x = b;"), log=f"Why.\n\n{line}\n\n{LOG}")
    assert of(message, MarkKind.TOOL_NAMED) == [Mark(MarkKind.TOOL_NAMED, line=3, quote=line)]


@pytest.mark.parametrize("line", ["The description is better.", "It was used before.", "> Done with Coccinelle"])
def test_other_words_and_quotes_name_no_tool(line: str) -> None:
    message = patch(*in_ten_files("x = a;", "x = b;"), log=f"Why.\n\n{line}\n\n{LOG}")
    assert of(message, MarkKind.TOOL_NAMED) == []


def test_tools_are_read_in_covers_and_declaring_mails_but_not_in_every_patch() -> None:
    line = "Done with Coccinelle."
    assert [mark.line for mark in read_mail(COVER, f"Why.\n{line}\n").marks] == [2]
    assert of(patch(DIFF, log=f"{line}\n\n{TAG}{LOG}"), MarkKind.TOOL_NAMED)
    assert patch(DIFF, log=f"{line}\n\n{LOG}").marks == ()


# Headings


def test_headings_of_both_kinds_are_quoted() -> None:
    body = "## What changes\n\nIt resets.\n\nChecklist\n=========\n\n- done\n"
    assert [(mark.line, mark.quote) for mark in of(read_mail(COVER, body), MarkKind.HEADING)] == [
        (1, "## What changes"),
        (5, "Checklist"),
    ]


@pytest.mark.parametrize("line", ["#include <a.h>", "#1234 is fixed", "==", "=====", "+----+", "* item"])
def test_what_only_looks_like_a_heading_is_none(line: str) -> None:
    assert of(read_mail(COVER, f"Text.\n\n{line}\n"), MarkKind.HEADING) == []


def test_headings_are_read_where_a_description_stands() -> None:
    log = f"# Why\n\n{LOG}"
    assert of(patch(DIFF, log=log), MarkKind.HEADING)
    assert of(patch(DIFF, log=log, subject="[PATCH 1/2] x: y"), MarkKind.HEADING)
    assert not of(patch(DIFF, log=log, subject="[PATCH 2/2] x: y"), MarkKind.HEADING)
    assert read_mail("Re: [PATCH] x: y", "# Why\n", reply_to="a@example.org").marks == ()


# Reproducers


@pytest.mark.parametrize(
    "line", ["BUG: KASAN: slab-out-of-bounds in foo_init", "To reproduce, unbind twice.", "Tested."]
)
def test_a_declaring_mail_keeps_the_lines_that_show_a_bug(line: str) -> None:
    message = patch(DIFF, log=f"Why.\n{line}\n\n{TAG}{LOG}")
    assert [(mark.line, mark.quote) for mark in of(message, MarkKind.REPRODUCER)] == [(2, line)]
    assert of(patch(DIFF, log=f"Why.\n{line}\n\n{LOG}"), MarkKind.REPRODUCER) == []


def test_the_declaring_trailer_itself_shows_nothing() -> None:
    assert of(patch(DIFF, log=f"Why.\n\n{TAG}{LOG}"), MarkKind.REPRODUCER) == []


def test_marks_of_a_declaration_come_from_log_and_notes_once_each() -> None:
    message = patch(DIFF, log=f"Tested on a board.\n\n{TAG}{LOG}", below="Tested again.\n")
    assert [mark.line for mark in of(message, MarkKind.TESTING)] == [1]


# Tests


def functions(count: int, form: str = "def test_#():\n    assert f('#', 7) == 3\n") -> list[str]:
    names = [f"name_{number}" for number in range(count)]
    return [line for name in names for line in form.replace("#", name).split("\n")]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("tests/test_x.py", "def test_#():\n    assert f('#', 7) == 3\n"),
        ("tests/test_y.py", "    def test_#(self):\n        self.assertEqual(f('#'), 3)\n"),
        ("tests/x_test.c", 'static void test_#(void)\n{\n\trun("#", 1);\n}\n'),
        ("tests/x.cc", "TEST(Suite, #) {\n  EXPECT_EQ(f(#), 1);\n}\n"),
        ("pkg/x_test.go", "func Test#(t *testing.T) {\n\tif f(1) != 2 {\n\t\tt.Fail()\n\t}\n}\n"),
        ("test/x.js", "it('does #', () => {\n  expect(f('#')).toBe(1);\n});\n"),
        ("t/t0001-x.sh", "test_expect_success '#' '\n\tgit # a &&\n\ttest_cmp a b\n'\n"),
        ("tests/x.rs", 'fn test_#() {\n    assert!(f("#"));\n}\n'),
    ],
)
def test_six_functions_alike_are_counted_in_each_language(path: str, form: str) -> None:
    message = patch(diff_of(path, [], functions(6, form), is_new=True))
    (mark,) = of(message, MarkKind.ALIKE_TESTS)
    assert (mark.count, mark.of) == (6, 6)
    assert mark.quote == "+" + form.partition("\n")[0].replace("#", "name_0")


def test_functions_that_differ_in_a_line_are_told_apart() -> None:
    other = ["def test_more():", "    with raises(E):", "        f(1)", ""]
    (mark,) = of(patch(diff_of("tests/x.py", [], functions(5) + other, is_new=True)), MarkKind.ALIKE_TESTS)
    assert (mark.count, mark.of) == (5, 6)


def test_what_stands_in_braces_is_compared() -> None:
    bodies = ["a();", "b = 1;", "if (c)", "return d[1];", "e(1, 2);", "f->g();"]
    lines = [x for at, y in enumerate(bodies) for x in (f"static void test_{at}(void)", "{", f"\t{y}", "}", "")]
    assert patch(diff_of("tests/x_test.c", [], lines, is_new=True)).marks == ()


def test_four_alike_or_alike_ones_outside_tests_are_no_mark() -> None:
    assert patch(diff_of("tests/x.py", [], functions(4), is_new=True)).marks == ()
    assert patch(diff_of("src/x.py", [], functions(9), is_new=True)).marks == ()


def test_functions_that_were_there_before_are_not_new() -> None:
    old = functions(6)
    new = [line.replace("== 3", "== 4") for line in old]
    assert of(patch(diff_of("tests/x.py", old, new)), MarkKind.ALIKE_TESTS) == []


TEST = ["import f", "", "", "def test_a():", "    assert f(1) == 1", "", "", "def test_b():", "    assert f(2) == 2"]


@pytest.mark.parametrize(
    ("old", "new", "quote"),
    [
        ("def test_b", "@pytest.mark.skip\ndef test_b", "+@pytest.mark.skip"),
        ("def test_b", '@unittest.skip("later")\ndef test_b', '+@unittest.skip("later")'),
        ("    assert f(2)", "    pytest.xfail()\n    assert f(2)", "+    pytest.xfail()"),
    ],
)
def test_a_skip_of_an_old_test_is_quoted(old: str, new: str, quote: str) -> None:
    message = patch(diff_of("tests/test_x.py", TEST, "\n".join(TEST).replace(old, new).split("\n")))
    (mark,) = of(message, MarkKind.TEST_SKIP)
    assert mark.quote == quote
    assert mark.line is not None


def test_a_success_turned_into_a_known_failure_is_a_skip() -> None:
    old = ["test_expect_success 'a' '", "\tgit a", "'"]
    new = ["test_expect_failure 'a' '", "\tgit a", "'"]
    assert [m.quote for m in of(patch(diff_of("t/t1.sh", old, new)), MarkKind.TEST_SKIP)] == ["+" + new[0]]


@pytest.mark.parametrize(
    "added",
    [
        ["", "@pytest.mark.skipif(NO_GPU)", "def test_c():", "    assert f(3)"],
        ["", "def test_c():", "    if NO_GPU:", "        pytest.skip()", "    assert f(3)"],
        ["# pytest.skip() is not what we want"],
    ],
)
def test_a_new_test_may_skip_itself(added: list[str]) -> None:
    assert of(patch(diff_of("tests/test_x.py", TEST, TEST + added)), MarkKind.TEST_SKIP) == []


def test_a_skip_that_only_changes_its_place_is_none() -> None:
    old = ["@pytest.mark.skip", "@deco", "@more", *TEST[3:]]
    new = ["@deco", "@more", "@pytest.mark.skip", *TEST[3:]]
    assert patch(diff_of("tests/test_x.py", old, new)).marks == ()


def test_a_new_file_may_skip_all_of_itself() -> None:
    new = ["import pytest", "pytest.skip(allow_module_level=True)"]
    assert patch(diff_of("tests/test_x.py", [], new, is_new=True)).marks == ()
    assert of(patch(diff_of("tests/test_x.py", TEST, [*TEST[:2], *new, *TEST[2:]])), MarkKind.TEST_SKIP)


def test_a_new_file_a_moved_line_and_code_are_no_skips() -> None:
    skipped = ["@pytest.mark.skip", *TEST[3:]]
    assert patch(diff_of("tests/test_x.py", [], skipped, is_new=True)).marks == ()
    moved = diff_of("tests/test_x.py", [*skipped, "", ""], ["", "", *skipped], context=9)
    assert of(patch(moved), MarkKind.TEST_SKIP) == []
    assert patch(diff_of("src/x.py", TEST, ["@pytest.mark.skip", *TEST])).marks == ()


def test_a_test_file_after_another_is_found_by_its_own_header() -> None:
    diffs = diff_of("src/x.py", TEST, TEST[:-1]) + diff_of(
        "tests/test_x.py", TEST, [*TEST[:7], "@pytest.mark.skip", *TEST[7:]]
    )
    assert [mark.quote for mark in of(patch(diffs), MarkKind.TEST_SKIP)] == ["+@pytest.mark.skip"]


def test_lines_of_marks_hold_their_quotes() -> None:
    diffs = diff_of("tests/test_x.py", TEST, [*TEST[:7], "@pytest.mark.skip", *TEST[7:], *functions(6)])
    log = f"# Why\n\nTested. Done with sed.\n\n{TAG}{LOG}"
    body = f"{log}---\n\n{diffs}-- \n2.39\n"
    marks = read_mail(body=body).marks
    assert {mark.kind for mark in marks} >= {
        MarkKind.HEADING,
        MarkKind.TOOL_NAMED,
        MarkKind.TEST_SKIP,
        MarkKind.ALIKE_TESTS,
    }
    assert all(body.split("\n")[mark.line - 1] == mark.quote for mark in marks if mark.line is not None)


def test_caps_hold() -> None:
    message = read_mail(COVER, "# x\n" * 100 + "sed\n" * 100)
    assert len(of(message, MarkKind.HEADING)) == 30
    assert len(of(message, MarkKind.TOOL_NAMED)) == 3
    long = read_mail(COVER, "# " + "x" * 5_000)
    assert [len(mark.quote) for mark in long.marks] == [512]
