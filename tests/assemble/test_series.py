# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages to series: slots, covers, people, revisions; and no arrival order matters."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders_mail import read_mail
from patchwatch.assemble.series import assemble
from patchwatch.model.mail import Message
from patchwatch.model.series import Series, State

OTHER = "Ann Onym <ann@example.net>"


def at(minute: int) -> str:
    return f"Thu, 01 Jan 2026 {10 + minute // 60:02}:{minute % 60:02}:00 +0000"


def patch(
    number: int, total: int, mid: str, *, prefix: str = "PATCH", parent: str = "", minute: int = 0, sender: str = ""
) -> Message:
    subject = f"[{prefix} {number}/{total}] part {number}"
    who = sender or "Jo Doe <jo@example.org>"
    return read_mail(subject, mid=mid, reply_to=parent, date=at(minute), sender=who)


def cover(
    total: int, mid: str, *, prefix: str = "PATCH", parent: str = "", title: str = "whole", minute: int = 0
) -> Message:
    return read_mail(f"[{prefix} 0/{total}] {title}", "Cover.\n", mid=mid, reply_to=parent, date=at(minute))


def reply(mid: str, parent: str, *, sender: str = OTHER, minute: int = 30) -> Message:
    return read_mail("Re: x", "Why?\n", mid=mid, reply_to=parent, sender=sender, date=at(minute))


def shape(series: Series) -> tuple[str, list[int | None], tuple[int, ...], bool]:
    return series.id, [p.position for p in series.patches], series.missing, series.complete


def only(messages: Sequence[Message]) -> Series:
    found = assemble(messages)
    assert len(found) == 1
    return found[0]


def test_a_single_patch_is_a_series_of_one() -> None:
    series = only([read_mail()])
    assert shape(series) == ("1@example.org", [1], (), True)
    assert (series.expected, series.revision, series.revision_inferred) == (1, 1, True)


def test_cover_and_patches() -> None:
    series = only([cover(2, "c"), patch(1, 2, "p1", parent="c"), patch(2, 2, "p2", parent="c")])
    assert shape(series) == ("c", [1, 2], (), True)
    assert series.cover is not None


def test_patches_that_answer_the_first_need_no_cover() -> None:
    series = only([patch(1, 3, "p1"), patch(2, 3, "p2", parent="p1"), patch(3, 3, "p3", parent="p1")])
    assert shape(series) == ("p1", [1, 2, 3], (), True)


def test_a_chain_of_patches_is_one_series() -> None:
    series = only([patch(1, 3, "p1"), patch(2, 3, "p2", parent="p1"), patch(3, 3, "p3", parent="p2")])
    assert shape(series)[1] == [1, 2, 3]


def test_an_unknown_cover_still_groups_its_patches() -> None:
    series = only([patch(2, 3, "p2", parent="lost", minute=200), patch(1, 3, "p1", parent="lost")])
    assert shape(series) == ("p1", [1, 2], (3,), False)


def test_unthreaded_patches_join_within_an_hour_only() -> None:
    near = assemble([patch(1, 2, "p1"), patch(2, 2, "p2", minute=59)])
    far = assemble([patch(1, 2, "p1"), patch(2, 2, "p2", minute=61)])
    assert [shape(one)[1] for one in near] == [[1, 2]]
    assert [shape(one)[1] for one in far] == [[1], [2]]


def test_send_email_ids_of_one_run_join_whatever_the_time() -> None:
    series = only([patch(1, 2, "20260101100000.77-1-j@x"), patch(2, 2, "20260101100000.77-2-j@x", minute=300)])
    assert series.complete


def test_only_the_sender_fills_a_slot() -> None:
    found = assemble([cover(2, "c"), patch(1, 2, "p1", parent="c"), patch(2, 2, "x", parent="c", sender=OTHER)])
    mine = next(one for one in found if one.id == "c")
    assert mine.missing == (2,)
    assert [m.message_id for m in mine.foreign] == ["x"]


def test_a_taken_slot_starts_another_posting() -> None:
    found = assemble([cover(1, "c"), patch(1, 1, "p1", parent="c"), patch(1, 1, "p1b", parent="c", minute=5)])
    assert [one.id for one in found] == ["c", "p1b"]


def test_a_diff_in_a_reply_never_fills_a_slot() -> None:
    answer = read_mail("Re: [PATCH 2/2] part 2", mid="r", reply_to="c")
    assert only([cover(2, "c"), patch(1, 2, "p1", parent="c"), answer]).missing == (2,)


def test_an_addendum_is_listed_but_never_needed() -> None:
    series = only([cover(1, "c"), patch(1, 1, "p1", parent="c"), patch(2, 1, "p2", parent="c", minute=9)])
    assert shape(series) == ("c", [1, 2], (), True)


def test_a_root_mail_without_counter_is_the_cover_of_its_patches() -> None:
    root = read_mail("kill some typedefs v3", "Hello.\n", mid="c")
    series = only([root, patch(1, 2, "p1", parent="c"), patch(2, 2, "p2", parent="c")])
    assert (series.id, series.revision, series.complete) == ("c", 3, True)


def test_members_take_the_revision_of_the_cover() -> None:
    series = only([cover(1, "c", prefix="PATCH v4"), patch(1, 1, "p1", parent="c")])
    assert (series.revision, series.revision_inferred) == (4, False)


def test_a_cover_alone_is_incomplete() -> None:
    assert shape(only([cover(2, "c")])) == ("c", [], (1, 2), False)


def test_a_pull_request_is_no_series_unless_its_patches_came_along() -> None:
    pull = read_mail("[PULL 0/1] x", "The following changes since commit\n", mid="c")
    assert assemble([pull]) == ()
    assert only([pull, patch(1, 1, "p1", prefix="PULL", parent="c")]).id == "c"


def test_replies_belong_to_the_nearest_posting_above() -> None:
    messages = [
        *(cover(1, "c1"), patch(1, 1, "p1", parent="c1")),
        *(
            cover(1, "c2", prefix="PATCH v2", parent="c1", minute=90),
            patch(1, 1, "p2", prefix="PATCH v2", parent="c2", minute=90),
        ),
        *(
            reply("r1", "p1"),
            reply("r2", "p2", minute=99),
            reply("r3", "r2", sender="Jo Doe <jo@example.org>", minute=100),
        ),
    ]
    first, second = assemble(messages)
    assert [m.message_id for m in first.followups] == ["r1"]
    assert [m.message_id for m in second.followups] == ["r2", "r3"]


def test_a_newer_revision_supersedes_by_title() -> None:
    first, second = assemble([cover(1, "c1"), cover(1, "c2", prefix="PATCH v2", minute=90)])
    assert (first.state, first.superseded_by) == (State.SUPERSEDED, "c2")
    assert [(link.revision, link.id) for link in second.earlier] == [(1, "c1")]


def test_the_highest_revision_is_the_latest_even_when_its_date_is_older() -> None:
    found = assemble([cover(1, "c3", prefix="PATCH v3"), cover(1, "c2", prefix="PATCH v2", minute=90)])
    assert {one.id: one.superseded_by for one in found} == {"c2": "c3", "c3": None}


def test_a_changed_title_is_linked_by_change_id_or_by_reply() -> None:
    by_id = [
        read_mail("[PATCH 0/1] one", "Cover.\n\nchange-id: 20260101-x-12\n", mid="c1"),
        read_mail("[PATCH v2 0/1] two", "Cover.\n\nchange-id: 20260101-x-12\n", mid="c2", date=at(90)),
    ]
    by_reply = [cover(1, "c1", title="one"), cover(1, "c2", prefix="PATCH v2", parent="c1", title="two", minute=90)]
    assert [one.superseded_by for one in assemble(by_id)] == ["c2", None]
    assert [one.superseded_by for one in assemble(by_reply)] == ["c2", None]


def test_somebody_elses_posting_of_the_same_title_is_no_revision() -> None:
    mine = read_mail("[PATCH] x", mid="a")
    theirs = read_mail("[PATCH v2] x", mid="b", sender=OTHER, date=at(90))
    assert [one.superseded_by for one in assemble([mine, theirs])] == [None, None]


def test_rfc_is_older_than_any_posting_without_it() -> None:
    found = assemble([cover(1, "r2", prefix="RFC PATCH v2"), cover(1, "p1", minute=90)])
    assert {one.id: one.superseded_by for one in found} == {"r2": "p1", "p1": None}
    assert [one.label for one in found] == ["rfc", None]


def test_stable_postings_of_two_trees_are_siblings() -> None:
    found = assemble([patch(1, 1, "a", prefix="PATCH 6.1"), patch(1, 1, "b", prefix="PATCH 5.15", minute=90)])
    assert [one.superseded_by for one in found] == [None, None]


def test_an_incomplete_resend_does_not_stand_for_a_complete_series() -> None:
    messages = [
        *(patch(1, 2, "p1"), patch(2, 2, "p2", parent="p1")),
        patch(1, 2, "r1", prefix="RESEND PATCH", minute=200),
    ]
    assert {one.id: one.superseded_by for one in assemble(messages)} == {"p1": None, "r1": None}


def test_loops_in_the_thread_are_cut() -> None:
    first = read_mail("Re: a", "x\n", mid="a", reply_to="b")
    second = read_mail("Re: b", "x\n", mid="b", reply_to="a")
    own = read_mail(mid="c", reply_to="c")
    assert [one.id for one in assemble([first, second, own])] == ["c"]


def test_a_mail_delivered_twice_is_one_and_another_mail_with_its_id_is_not() -> None:
    copy = read_mail(headers="Received: from elsewhere\n")
    other = read_mail("[PATCH] hw/bar: something else", date=at(90))
    assert len(assemble([read_mail(), copy])) == 1
    first, second = assemble([read_mail(), copy, other])
    assert (first.id, second.id) == ("1@example.org", f"blob:{other.blob}")
    assert second.notes


MESSAGES = [
    *(cover(3, "c"), patch(1, 3, "p1", parent="c"), patch(2, 3, "p2", parent="c"), patch(3, 3, "p3", parent="p2")),
    *(
        cover(2, "d", prefix="PATCH v2", parent="c", minute=90),
        patch(1, 2, "q1", prefix="PATCH v2", parent="d", minute=90),
    ),
    *(patch(1, 2, "u1", prefix="PATCH net", minute=10), patch(2, 2, "u2", prefix="PATCH net", minute=40)),
    *(patch(1, 2, "u3", prefix="PATCH net", minute=70), patch(2, 2, "f", parent="c", sender=OTHER)),
    *(reply("r1", "p2"), reply("r2", "r1", minute=31), reply("r3", "lost")),
    *(read_mail(mid="s"), read_mail("[PATCH v3] hw/foo: fix overflow", mid="s3", date=at(5))),
]


@settings(max_examples=80, deadline=None)
@given(st.permutations(MESSAGES), st.lists(st.sampled_from(MESSAGES), max_size=3))
def test_any_order_and_any_copies_give_the_same_series(messages: list[Message], copies: list[Message]) -> None:
    assert assemble([*messages, *copies]) == assemble(MESSAGES)


@pytest.mark.parametrize("gone", range(len(MESSAGES)))
def test_taking_a_mail_away_equals_never_having_had_it(gone: int) -> None:
    rest = MESSAGES[:gone] + MESSAGES[gone + 1 :]
    assert assemble(rest) == assemble(list(reversed(rest)))
