# SPDX-License-Identifier: GPL-2.0-or-later
"""Which patches belong to one posting: what threads, numbers, senders and times say, and what they do not."""

import pytest

from builders_posting import ANN, JO, messages_of, patch_text, post, series_of, slots, talk
from patchwatch.assemble.series import assemble

HOME = "Jo Doe <jo@example.com>"


def test_two_series_with_first_patches_as_heads_stay_apart_within_the_hour() -> None:
    found = series_of(
        post("[PATCH 1/2] a", "a1"),
        post("[PATCH 2/2] b", "a2", "a1"),
        post("[PATCH 1/2] c", "b1", minute=5),
        post("[PATCH 2/2] d", "b2", "b1", minute=5),
    )
    assert {one.id: one.complete for one in found.values()} == {"a1": True, "b1": True}


def test_patchset_counters_number_patchsets() -> None:
    found = series_of(
        talk("[PATCHSET v4 3/6] whole", "c"), post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")
    )
    series = found["c"]
    assert (series.revision, series.expected, series.complete) == (4, 2, True)


def test_an_unnumbered_patch_subject_without_diff_is_the_cover_of_its_patches() -> None:
    found = series_of(
        talk("[PATCH] whole", "c"), post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c", minute=1)
    )
    assert list(found) == ["c"]
    assert found["c"].complete


def test_one_numbered_child_makes_no_cover() -> None:
    found = series_of(talk("Hello", "c"), post("[PATCH 1/2] a", "p1", "c"))
    assert list(found) == ["p1"]


def test_one_numbered_child_of_the_same_send_email_run_does() -> None:
    cover, first = (f"20260101100000.77-{n}-jo@example.org" for n in (1, 4))
    found = series_of(talk("Rework foo", cover), post("[PATCH 3/5] a", first, cover))
    assert (list(found), found[cover].missing) == ([cover], (1, 2, 4, 5))


def test_members_win_over_the_cover_on_the_total() -> None:
    found = series_of(
        talk("[PATCH 0/3] whole", "c"), post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")
    )
    assert (found["c"].expected, found["c"].complete) == (2, True)


def test_members_that_state_another_revision_are_another_series() -> None:
    found = series_of(talk("[PATCH v2 0/1] whole", "c"), post("[PATCH v3 1/1] a", "p", "c"))
    assert {one.id: (one.revision, one.missing) for one in found.values()} == {"c": (2, (1,)), "p": (3, ())}


def test_a_patch_that_answers_the_first_takes_its_revision() -> None:
    found = series_of(post("[PATCH v5 1/2] a", "p1"), post("[PATCH 2/2] b", "p2", "p1"))
    assert slots(found["p1"]) == {1: "p1", 2: "p2"}


def test_a_newer_patch_that_answers_the_first_is_another_revision() -> None:
    found = series_of(post("[PATCH 1/2] a", "p1"), post("[PATCH v2 2/2] b", "p2", "p1"))
    assert {one.id: one.revision for one in found.values()} == {"p1": 1, "p2": 2}


def test_two_sets_of_patches_under_one_cover_are_two_postings() -> None:
    mails = [talk("[PATCH v6 0/3] whole", "c")]
    mails += [post(f"[PATCH v6 {n}/3] a{n}", f"a{n}", "c", minute=n) for n in (1, 2, 3)]
    mails += [post(f"[PATCH v6 {n}/2] b{n}", f"b{n}", "c", minute=n) for n in (1, 2)]
    found = series_of(*mails)
    assert {one.id: (one.expected, one.complete) for one in found.values()} == {"c": (3, True), "b1": (2, True)}


def test_a_wrong_total_on_one_patch_does_not_tear_it_out() -> None:
    found = series_of(
        talk("[PATCH 0/3] whole", "c"),
        *(post("[PATCH 1/3] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c"), post("[PATCH 3/3] c", "p3", "c")),
    )
    assert (list(found), found["c"].complete) == (["c"], True)


@pytest.mark.parametrize("number", ["3/2", "1.1/2"])
def test_addenda_and_inserted_patches_need_no_slot(number: str) -> None:
    found = series_of(
        talk("[PATCH 0/2] whole", "c"),
        *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")),
        post(f"[PATCH {number}] one more", "p3", "c", minute=40),
    )
    assert [patch.message.message_id for patch in found["c"].patches] == ["p1", "p2", "p3"]
    assert found["c"].complete


def test_a_series_sent_again_under_its_cover_fills_no_hole_of_the_first() -> None:
    found = series_of(
        talk("[PATCH 0/3] whole", "c"),
        *(post("[PATCH 1/3] a", "p1", "c"), post("[PATCH 3/3] c", "p3", "c")),
        *(post(f"[PATCH {n}/3] a{n}", f"q{n}", "c", minute=90) for n in (1, 2, 3)),
    )
    assert slots(found["c"]) == {1: "p1", 3: "p3"}
    assert slots(found["q1"]) == {1: "q1", 2: "q2", 3: "q3"}


def test_unthreaded_series_sent_again_fills_no_hole_of_the_first() -> None:
    found = series_of(
        *(post("[PATCH 1/3] a", "p1"), post("[PATCH 3/3] c", "p3")),
        *(post(f"[PATCH {n}/3] a{n}", f"q{n}", minute=30 + n) for n in (1, 2, 3)),
    )
    assert {one.id: one.complete for one in found.values()} == {"p1": False, "q1": True}


def test_an_unthreaded_cover_joins_its_patches() -> None:
    found = series_of(
        talk("[PATCH 0/2] whole", "c"), post("[PATCH 1/2] a", "p1", minute=1), post("[PATCH 2/2] b", "p2", minute=2)
    )
    assert (list(found), found["c"].complete) == (["c"], True)


def test_a_cover_that_comes_late_takes_the_place_of_the_unknown_parent() -> None:
    patches = [post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")]
    assert list(series_of(*patches)) == ["p1"]
    assert list(series_of(*patches, talk("[PATCH 0/2] whole", "c", minute=500))) == ["c"]


def test_an_equal_name_on_another_address_fills_a_slot_in_the_thread_with_a_note() -> None:
    found = series_of(
        talk("[PATCH 0/2] whole", "c"),
        *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c", sender=HOME)),
    )
    assert found["c"].complete
    assert any("jo@example.com" in note for note in found["c"].notes)


def test_an_equal_name_outside_the_thread_is_nobody() -> None:
    found = series_of(post("[PATCH 1/2] a", "p1"), post("[PATCH 2/2] b", "p2", sender=HOME, minute=1))
    assert sorted(found) == ["p1", "p2"]


def test_another_address_never_takes_a_slot_from_the_sender() -> None:
    found = series_of(
        talk("[PATCH 0/2] whole", "c"),
        *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "x", "c", sender=HOME, minute=1)),
        post("[PATCH 2/2] b", "p2", "c", minute=9),
    )
    assert slots(found["c"]) == {1: "p1", 2: "p2"}
    assert "x" in found


def test_patches_of_others_fill_no_slot_and_are_listed() -> None:
    found = series_of(
        talk("[PATCH 0/2] whole", "c"),
        *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "x", "c", sender=ANN)),
    )
    assert found["c"].missing == (2,)
    assert [one.message_id for one in found["c"].foreign] == ["x"]


def test_patches_by_several_authors_through_gitgitgadget_are_one_series() -> None:
    relay = "via GitGitGadget <gitgitgadget@gmail.com>"
    cover = "pull.7.v2.git.1767261600.gitgitgadget@gmail.com"
    mails = [talk("[PATCH v2 0/2] whole", cover, sender=f"Jo Doe {relay}")]
    for number, author in enumerate(("Jo Doe <jo@example.org>", ANN), 1):
        mid = f"{str(number) * 40}.1767261600.git.gitgitgadget@gmail.com"
        body = f"From: {author}\n\n{patch_text(str(number))}"
        name = author.partition(" <")[0]
        mails.append(post(f"[PATCH v2 {number}/2] p{number}", mid, cover, sender=f"{name} {relay}", body=body))
    found = series_of(*mails)
    assert (list(found), found[cover].complete) == ([cover], True)
    assert [patch.message.author.email for patch in found[cover].patches] == ["jo@example.org", "ann@example.net"]


def test_the_sender_of_a_list_that_rewrites_from_is_no_author_of_one_patch() -> None:
    via, headers = "Jo Doe via Dev <dev@example.com>", "Reply-To: Jo Doe <jo@example.org>\n"
    found = series_of(
        post("[PATCH 0/2] whole", "c", sender=via, headers=headers, body="Text.\n"),
        post("[PATCH 1/2] a", "p1", "c", sender=via, headers=headers),
        post("[PATCH 2/2] b", "p2", "c", sender=via, headers=headers, body=f"From: {ANN}\n\n{patch_text()}"),
    )
    assert found["c"].complete
    assert found["c"].patches[1].message.author.email == "ann@example.net"


def test_members_of_one_revision_that_answer_different_mails_of_the_thread_are_one_posting() -> None:
    found = series_of(
        talk("[PATCH 0/2] whole", "c"),
        *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")),
        *(post("[PATCH v2 1/2] a", "q1", "p1", minute=90), post("[PATCH v2 2/2] b", "q2", "p2", minute=300)),
    )
    assert (sorted(found), found["q1"].complete) == (["c", "q1"], True)


def test_a_thread_of_thousands_is_assembled() -> None:
    """A climb or a scan for each mail would take minutes here."""
    chain = [post(f"[PATCH {n}/3000] p", f"m{n}", f"m{n - 1}" if n > 1 else "", minute=n) for n in range(1, 3001)]
    replies = [talk("Re: x", f"r{n}", f"r{n - 1}" if n else "m1", sender=ANN, minute=n) for n in range(3000)]
    found = assemble(messages_of([*chain, *replies]))
    assert [(one.id, one.complete, len(one.followups)) for one in found] == [("m1", True, 3000)]


@pytest.mark.parametrize("sender", [ANN, JO])
def test_a_mail_without_diff_that_has_the_subject_of_what_it_answers_is_a_reply(sender: str) -> None:
    answer = talk("[PATCH v2 2/3] b", "r", "p", sender=sender, body="Looks wrong to me.\n", minute=5)
    found = series_of(post("[PATCH v2 2/3] b", "p"), answer)
    assert [(one.id, [mail.message_id for mail in one.followups]) for one in found.values()] == [("p", ["r"])]


@pytest.mark.parametrize("subject", ["[PATCH v3 2/3] b", "[PATCH v2 1/3] b", "[PATCH v2 2/3] c"])
def test_a_patch_without_diff_and_with_another_subject_stays_a_patch(subject: str) -> None:
    found = series_of(post("[PATCH v2 2/3] b", "p"), talk(subject, "r", "p", body="It got lost.\n", minute=5))
    assert [mail.message_id for one in found.values() for mail in one.followups] == []
    assert "r" in {mail.message_id for one in found.values() for mail in one.messages}
