# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reviewer is asked to read: lines net of moves, files, areas, words around them."""

from collections.abc import Sequence

import pytest

from builders_mail import mail_bytes, read
from patchwatch.assemble.cost import MAX_MEASURED, area_of, review_cost
from patchwatch.assemble.series import assemble
from patchwatch.engine import sizes_of
from patchwatch.model.cost import Moves, ReviewCost
from patchwatch.model.diff import Role
from patchwatch.model.mail import Message
from patchwatch.policy.loader import load_policies

LOG = "Why it is.\n\nAnd how.\n\nSigned-off-by: Jo Doe <jo@example.org>\n---\n\n"
NONE = load_policies().get("none", None)
FUNCTION = [f"        step_{number}(device);" for number in range(6)]


def change(path: str, lines: Sequence[str], *, new: bool = False) -> str:
    """Return a diff of one hunk; *lines* have their signs."""
    old, added = sum(line[0] != "+" for line in lines), sum(line[0] != "-" for line in lines)
    names = f"--- {'/dev/null' if new else f'a/{path}'}\n+++ b/{path}\n"
    mode = "new file mode 100644\n" if new else ""
    body = "".join(f"{line}\n" for line in lines)
    head = f"diff --git a/{path} b/{path}\n{mode}index 1111111..2222222\n{names}"
    return f"{head}@@ -{min(old, 1)},{old} +1,{added} @@\n{body}"


def signed(sign: str, lines: Sequence[str] = FUNCTION) -> list[str]:
    return [sign + line for line in lines]


def cost_of(*mails: bytes, with_text: bool = True) -> ReviewCost:
    messages = [read(data) for data in mails]
    bodies = {
        message.blob: data.decode().partition("\n\n")[2].split("\n")
        for message, data in zip(messages, mails, strict=True)
    }
    (series,) = assemble(messages)

    def text_of(message: Message) -> Sequence[str] | None:
        return bodies.get(message.blob)

    return review_cost(series, sizes_of(series, NONE), text_of if with_text else None)


def patch(*diffs: str, subject: str = "[PATCH] hw/foo: change it", mid: str = "1@example.org", to: str = "") -> bytes:
    return mail_bytes(subject, f"{LOG}{''.join(diffs)}-- \n2.39\n", mid=mid, reply_to=to)


def test_a_moved_function_is_not_to_be_read_again() -> None:
    moved = cost_of(
        patch(change("hw/a.c", [" x", *signed("-")]), change("hw/b.c", [" y", *signed("+"), "+        more(device);"]))
    )
    assert (moved.lines, moved.to_read, moved.moves) == (13, 1, Moves(moved=12))
    assert dict(moved.left)[Role.CODE] == 1


def test_what_is_left_is_counted_by_role() -> None:
    both = cost_of(
        patch(
            change("hw/a.c", [" x", *signed("-"), "+        other(device);"]),
            change("tests/a.c", [" y", *signed("+"), "+        check(device);", "+        check_all(device);"]),
        )
    )
    assert {role: count for role, count in both.changed if count} == {Role.CODE: 7, Role.TESTS: 8}
    assert {role: count for role, count in both.left if count} == {Role.CODE: 1, Role.TESTS: 2}


def test_blank_changes_and_repeated_edits_are_told_apart() -> None:
    lines = [" x", "-\tif (device)", "+        if (device)"]
    for name in ("alpha", "beta", "gamma"):
        lines += [" x", f"-        old_name({name});", f"+        new_name({name});"]
    assert cost_of(patch(change("hw/a.c", lines))).moves == Moves(blank=2, repeated=6)


def test_generated_files_are_changed_but_not_to_be_read() -> None:
    cost = cost_of(patch(change("po/de.po", [" x", "+a"]), change("hw/a.c", [" x", "+int a;"])))
    assert (cost.lines, cost.to_read, dict(cost.changed)[Role.GENERATED]) == (1, 1, 1)


def test_files_are_counted_once_and_new_ones_told() -> None:
    first = patch(
        change("hw/net/a.c", ["+a"], new=True), subject="[PATCH 1/2] a", mid="1@example.org", to="0@example.org"
    )
    second = patch(
        change("hw/net/a.c", [" a", "+b"]),
        change("README", [" x", "+new file mode 100644"]),
        subject="[PATCH 2/2] b",
        mid="2@example.org",
        to="0@example.org",
    )
    cover = mail_bytes("[PATCH 0/2] both", "Two.\n", mid="0@example.org")
    cost = cost_of(cover, first, second)
    assert (cost.patches, cost.files, cost.new_files) == (2, 2, 1)
    assert cost.areas == (".", "hw/net")
    assert cost.log_lines == 6


def test_a_cover_letter_counts_above_what_git_adds() -> None:
    body = (
        "Two patches | and a line.\n\nThey help (2):\n\n> quoted\n\nJo Doe (2):\n  a\n  b\n\n a.c | 2 ++\n"
        " 1 file changed\n-- \n2.39\n"
    )
    patches = [
        patch(change("a.c", [" x", "+y"]), subject=f"[PATCH {at}/2] {at}", mid=f"{at}@example.org", to="0@example.org")
        for at in (1, 2)
    ]
    short = body.replace("They help (2):\n\n", "")
    assert cost_of(mail_bytes("[PATCH 0/2] x", short, mid="0@example.org"), *patches).cover_lines == 1
    assert (
        cost_of(mail_bytes("[PATCH 0/2] x", "One.\n\nTwo.\n a.c | 2 ++\n", mid="0@example.org"), *patches).cover_lines
        == 2
    )
    assert (
        cost_of(mail_bytes("[PATCH 0/2] x", "One.\n", mid="0@example.org"), *patches, with_text=False).cover_lines
        is None
    )


def test_without_the_text_the_lines_stay_and_the_rest_is_unknown() -> None:
    mail = patch(change("hw/a.c", [" x", *signed("-")]), change("hw/b.c", [" y", *signed("+")]))
    cost = cost_of(mail, with_text=False)
    assert (cost.lines, cost.to_read, cost.moves, cost.new_files, cost.unmeasured) == (12, 12, None, None, 1)


def test_a_torn_diff_is_not_measured() -> None:
    mail = patch(change("hw/a.c", [" x", *signed("-"), *signed("+")]).replace("@@ -1,7", "@@ -1,9"))
    assert read(mail).unreadable
    assert (cost_of(mail).unmeasured, cost_of(mail).moves) == (1, None)
    only_new = patch(change("hw/a.c", [" x", *signed("+")]).replace("@@ -1,1", "@@ -1,9"))
    assert (cost_of(only_new).unmeasured, cost_of(only_new).moves) == (1, None)


def test_a_huge_patch_is_not_measured() -> None:
    lines = [f"+line {number};" for number in range(MAX_MEASURED)]
    assert cost_of(patch(change("hw/a.c", [" x", *lines]))).unmeasured == 0
    assert cost_of(patch(change("hw/a.c", [" x", "-gone;", *lines]))).unmeasured == 1


@pytest.mark.parametrize(
    ("path", "area"),
    [("Makefile", "."), ("lib/a.c", "lib"), ("hw/net/a.c", "hw/net"), ("a/b/c/d.c", "a/b"), ("", ".")],
)
def test_an_area_is_two_directories(path: str, area: str) -> None:
    assert area_of(path) == area
