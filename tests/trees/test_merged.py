# SPDX-License-Identifier: GPL-2.0-or-later
"""Which patches are in a tree: facts decide, a title alone shows."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from builders_mail import DIFF, LOG, mail_bytes, read
from patchwatch.assemble.merged import Commits, Sought, mark_merged
from patchwatch.assemble.series import assemble
from patchwatch.assemble.threads import mark_shared_ids
from patchwatch.model.commit import Commit, CommitLink, Match
from patchwatch.model.mail import Message, Person
from patchwatch.model.series import Series, State
from patchwatch.parse.commit import read_commit

TREE = "/home/me/linux"
JO = Person("Jo Doe", "jo@example.org")
EVE = Person("Eve Other", "eve@example.net")


def a_patch(number: int, total: int = 2, revision: int = 1, cover: str = "", text: str = "") -> Message:
    version = f" v{revision}" if revision > 1 else ""
    counter = f" {number}/{total}" if total > 1 else ""
    body = f"{LOG}---\n\n{DIFF.replace('int c', f'int {text}c{number}v{revision}')}-- \n2.39\n"
    mid = f"v{revision}.{number}@example.org"
    day = f"Thu, {revision:02} Jan 2026 10:0{number}:00 +0000"
    return read(mail_bytes(f"[PATCH{version}{counter}] foo: part {number}", body, mid=mid, reply_to=cover, date=day))


def posted(total: int = 2, revision: int = 1) -> list[Message]:
    version = f" v{revision}" if revision > 1 else ""
    mid = f"v{revision}.0@example.org"
    day = f"Thu, {revision:02} Jan 2026 10:00:00 +0000"
    cover = read(mail_bytes(f"[PATCH{version} 0/{total}] foo: parts", "Some.\n", mid=mid, date=day))
    return [cover, *(a_patch(number, total, revision, mid) for number in range(1, total + 1))]


def commit(
    patch: Message | None = None,
    *,
    link: str = "",
    origin: bool = True,
    title: str = "another title",
    author: Person = EVE,
    number: int = 1,
    when: int = 1_800_000_000,
) -> Commit:
    return Commit(
        id=f"{number:040x}",
        patch_id=patch.patch_id if patch is not None else "0" * 40,
        author=author,
        title=title,
        committed_at=when,
        links=(CommitLink(message_id=link, origin=origin),) if link else (),
    )


def marked(messages: Sequence[Message], *commits: Commit, tree: str = TREE) -> list[Series]:
    known = Commits()
    for one in commits:
        known.add(tree, one)
    return list(mark_merged(assemble(mark_shared_ids(messages)), known, lambda _: frozenset({TREE})))


def found(one: Series) -> list[tuple[str, str]]:
    return [(merge.message_id, merge.by.value) for merge in one.merged]


def test_series_is_merged_when_commits_name_all_its_patches() -> None:
    (one,) = marked(posted(), commit(link="v1.1@example.org"), commit(link="v1.2@example.org", number=2))
    assert one.state is State.MERGED
    assert found(one) == [("v1.1@example.org", "link"), ("v1.2@example.org", "link")]
    assert one.merged[0].commit == f"{1:040x}"
    assert one.merged[0].tree == TREE
    assert one.notes == ()


def test_series_is_merged_by_patch_ids() -> None:
    mails = posted()
    (one,) = marked(mails, commit(mails[1]), commit(mails[2], number=2))
    assert one.state is State.MERGED
    assert {merge.by for merge in one.merged} == {Match.PATCH_ID}


def test_part_of_a_series_is_a_note_and_it_stays_open() -> None:
    (one,) = marked(posted(5), *(commit(link=f"v1.{n}@example.org", number=n) for n in (1, 3, 5)))
    assert one.state is State.OPEN
    assert one.notes == ("3 of 5 patches merged",)


def test_series_with_a_missing_patch_is_not_merged() -> None:
    (one,) = marked(posted()[:2], commit(link="v1.1@example.org"))
    assert one.state is State.OPEN
    assert one.notes == ("1 of 2 patches merged",)


def test_title_and_author_alone_are_shown_and_decide_nothing() -> None:
    (one,) = marked([a_patch(1, 1)], commit(title="foo: Part 1", author=JO))
    assert found(one) == [("v1.1@example.org", "title")]
    assert one.state is State.OPEN
    assert one.notes == ()


def test_title_by_another_author_is_nothing() -> None:
    (one,) = marked([a_patch(1, 1)], commit(title="foo: part 1", author=EVE))
    assert one.merged == ()


@pytest.mark.parametrize(
    ("title", "author", "is_it"),
    [("foo: part 1", EVE, True), ("else", JO, True), ("fix what part 1 broke", EVE, False)],
)
def test_plain_link_counts_when_title_or_author_is_the_same(title: str, author: Person, *, is_it: bool) -> None:
    """A fix may link the patch that broke something, a report or another's attempt."""
    (one,) = marked([a_patch(1, 1)], commit(link="v1.1@example.org", origin=False, title=title, author=author))
    assert (one.state is State.MERGED) is is_it


def test_link_to_the_cover_letter_credits_the_patch_with_that_title() -> None:
    (one,) = marked(
        posted(),
        commit(link="v1.0@example.org", title="foo: part 1"),
        commit(link="v1.0@example.org", title="foo: part 2", number=2),
        commit(link="v1.0@example.org", title="foo: something else", number=3),
    )
    assert one.state is State.MERGED
    assert [merge.commit for merge in one.merged] == [f"{1:040x}", f"{2:040x}"]


def test_commit_that_names_an_earlier_revision_credits_that_one() -> None:
    mails = [*posted(revision=2), *posted(revision=3)]
    second, third = marked(
        mails,
        commit(link="v2.1@example.org", title="foo: part 1", author=JO),
        commit(link="v2.2@example.org", title="foo: part 2", author=JO, number=2),
    )
    assert second.state is State.SUPERSEDED
    assert found(second) == [("v2.1@example.org", "link"), ("v2.2@example.org", "link")]
    assert third.state is State.OPEN
    assert found(third) == [("v3.1@example.org", "title"), ("v3.2@example.org", "title")]
    assert third.notes == ("of v2 2 patches are merged",)


def test_newest_revision_is_merged_and_the_former_stays_superseded() -> None:
    mails = [*posted(revision=1), *posted(revision=2)]
    first, second = marked(
        mails, *(commit(link=f"v2.{n}@example.org", title=f"foo: part {n}", author=JO, number=n) for n in (1, 2))
    )
    assert (first.state, second.state) == (State.SUPERSEDED, State.MERGED)
    assert second.notes == ()


def test_surest_match_wins_then_the_oldest_commit() -> None:
    patch = a_patch(1, 1)
    commits = [
        commit(title="foo: part 1", author=JO, number=1, when=1),
        commit(patch, number=2, when=2),
        commit(link="v1.1@example.org", number=3, when=9),
        commit(link="v1.1@example.org", number=4, when=8),
    ]
    for order in (commits, commits[::-1]):
        (one,) = marked([patch], *order)
        assert [(merge.commit, merge.by) for merge in one.merged] == [(f"{4:040x}", Match.LINK)]


def test_only_the_trees_of_the_series_count() -> None:
    (one,) = marked([a_patch(1, 1)], commit(link="v1.1@example.org"), tree="/home/me/other")
    assert (one.state, one.merged) == (State.OPEN, ())


def test_mail_with_the_id_of_an_applied_patch_is_not_merged() -> None:
    """Anybody can post a mail with the Message-ID of another."""
    real = a_patch(1, 1)
    copy = read(
        mail_bytes("[PATCH] foo: other", None, mid="v1.1@example.org", sender="Eve <eve@example.net>").replace(
            b"int b", b"int x"
        )
    )
    applied = commit(real, link="v1.1@example.org", title="foo: part 1", author=JO)
    states = {one.subject: one.state for one in marked([real, copy], applied)}
    assert states == {"[PATCH] foo: part 1": State.MERGED, "[PATCH] foo: other": State.OPEN}


def test_patch_without_a_diff_is_not_a_commit_without_a_change() -> None:
    patch = replace(a_patch(1, 1), patch_id=None)
    (one,) = marked([patch], replace(commit(), patch_id=None))
    assert one.merged == ()


def test_what_is_sought_takes_all_that_is_found() -> None:
    mails = posted()
    sought = Sought.of(assemble(mails))
    taken = (
        commit(mails[1]),
        commit(link="v1.0@example.org"),
        commit(link="v1.2@example.org", origin=False),
        commit(title="FOO:  part 2"),
    )
    assert all(map(sought.may_be, taken))
    assert not sought.may_be(commit(link="x@example.org"))


def test_a_commit_that_was_reverted_is_noted_and_only_in_its_tree() -> None:
    first, by = commit(link="v1.1@example.org"), commit(link=f"commit:{1:040x}", origin=False, number=2)
    (one,) = marked([a_patch(1, 1)], first, by)
    assert (one.state, one.notes) == (State.MERGED, (f"reverted by {2:040x}",))
    again = commit(link=f"commit:{2:040x}", origin=False, number=3)
    assert marked([a_patch(1, 1)], first, by, again)[0].notes == ()


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (f"This reverts commit {'a' * 40}.", 1),
        (f"This reverts commit {'a' * 40}, reversing\nchanges made to {'b' * 40}.", 1),
        (f"Fine.  This reverts commit {'a' * 64} and more", 1),
        ("This reverts commit 0123456789ab", 0),
        ("This reverts commit ", 0),
        (f"This reverts commit {'A' * 40}.", 0),
    ],
)
def test_what_a_commit_reverts_is_read_from_the_line_that_git_writes(line: str, count: int) -> None:
    data = f"author A <a@example.org> 1 +0000\ncommitter A <a@example.org> 1 +0000\n\nTitle\n\n{line}\n".encode()
    assert len(read_commit("1" * 40, data, None).links) == count
