# SPDX-License-Identifier: GPL-2.0-or-later
"""Which postings are the same work, on what evidence, and which one stands."""

from dataclasses import replace

import pytest

from builders_mail import raw_of, read
from builders_posting import ANN, patch_text, post, series_of, slots, talk
from patchwatch.assemble.followups import follow_up, given_in
from patchwatch.assemble.series import assemble
from patchwatch.model.followup import Party
from patchwatch.model.mail import Person
from patchwatch.model.series import Series, State

DAY = 24 * 60


def newer(found: dict[str, Series]) -> dict[str, str | None]:
    return {id_: one.superseded_by for id_, one in found.items()}


def blob_of(mail: bytes) -> str:
    return raw_of(mail).blob


def evidence(one: Series) -> list[tuple[int, str]]:
    return [(link.revision, link.evidence) for link in one.earlier]


def changed(
    mid: str, change: str, *, sender: str = "Jo Doe <jo@example.org>", minute: int = 0, number: int = 1
) -> bytes:
    body = patch_text(mid, below=f"change-id: {change}\n")
    return post(f"[PATCH v{number}] title of {mid}", mid, sender=sender, minute=minute, body=body)


def test_change_id_of_one_person_links_whatever_the_title() -> None:
    found = series_of(changed("a", "20260101-x-1"), changed("b", "20260101-x-1", minute=DAY, number=2))
    assert newer(found) == {"a": "b", "b": None}
    assert evidence(found["b"]) == [(1, "change-id")]


def test_change_id_of_somebody_else_is_told_and_supersedes_nothing() -> None:
    mails = [changed("a", "20260101-x-1"), changed("b", "20260101-x-1", minute=DAY, number=2, sender=ANN)]
    found = series_of(*mails)
    assert newer(found) == {"a": None, "b": None}
    assert (found["a"].notes, found["b"].notes) == (("continued-by ann@example.net: b",), ())


def linking(
    mid: str, *names: str, title: str = "", number: int = 2, minute: int = DAY, sender: str = "Jo Doe <jo@example.org>"
) -> bytes:
    below = "".join(f"- Link to v{n}: https://patch.msgid.link/{name}\n" for n, name in enumerate(names, 1))
    return post(
        f"[PATCH v{number}] {title or mid}", mid, minute=minute, sender=sender, body=patch_text(mid, below=below)
    )


FIRST, SECOND = post("[PATCH] one", "a@x"), linking("b@x", "a@x")
ELSEWHERE = "Jo Doe <jo@example.com>"


def test_a_link_to_the_former_revision_ties_whatever_the_title() -> None:
    found = series_of(FIRST, SECOND)
    assert newer(found) == {"a@x": "b@x", "b@x": None}
    assert evidence(found["b@x"]) == [(1, "link")]


def test_a_link_to_a_patch_of_the_former_revision_ties_the_series() -> None:
    parts = talk("[PATCH 0/1] one", "c@x"), post("[PATCH 1/1] part", "p@x", "c@x")
    assert newer(series_of(*parts, linking("b@x", "p@x")))["c@x"] == "b@x"


def test_a_link_beats_an_equal_title() -> None:
    mails = [post("[PATCH] fix", "a@x"), post("[PATCH] other", "o@x"), linking("b@x", "o@x", title="fix")]
    assert newer(series_of(*mails)) == {"a@x": None, "o@x": "b@x", "b@x": None}


def test_a_link_to_what_is_newer_ties_nothing() -> None:
    found = series_of(post("[PATCH v3] one", "a@x"), linking("b@x", "a@x"), linking("c@x", "lost@x"))
    assert set(newer(found).values()) == {None}


def test_a_stranger_who_links_a_posting_replaces_nothing() -> None:
    for sender in (ANN, ELSEWHERE):
        address = sender.partition("<")[2].strip(">")
        found = series_of(FIRST, linking("b@x", "a@x", sender=sender))
        assert newer(found) == {"a@x": None, "b@x": None}
        assert found["a@x"].notes == (f"continued-by {address}: b@x",)
        assert found["b@x"].notes == ("continues jo@example.org: a@x",)


def test_two_addresses_that_link_each_other_under_one_name_are_one_person() -> None:
    other, third = linking("b@x", "a@x", sender=ELSEWHERE), linking("c@x", "a@x", "b@x", number=3, minute=2 * DAY)
    found = series_of(FIRST, other, third)
    assert newer(found) == {"a@x": "b@x", "b@x": "c@x", "c@x": None}
    assert evidence(found["b@x"]) == [(1, "link, sent from jo@example.org under the same name")]
    assert evidence(found["c@x"]) == [(1, "link"), (2, "link, sent from jo@example.com under the same name")]
    assert not any(one.notes for one in found.values())


def test_two_people_who_link_each_other_stay_two() -> None:
    mails = [FIRST, linking("b@x", "a@x", sender=ANN), linking("c@x", "b@x", number=3, minute=2 * DAY)]
    found = series_of(*mails)
    assert newer(found) == dict.fromkeys(("a@x", "b@x", "c@x"))
    assert found["b@x"].notes == ("continued-by jo@example.org: c@x", "continues jo@example.org: a@x")


def test_one_word_is_no_name() -> None:
    first, other = (f"root <root@example.{end}>" for end in ("org", "com"))
    mails = [
        changed("a", "20260101-x-1", sender=first),
        changed("b", "20260101-x-1", sender=other, minute=DAY, number=2),
    ]
    assert set(newer(series_of(*mails)).values()) == {None}


def test_an_equal_change_id_under_one_name_ties_two_addresses() -> None:
    mails = [changed("a", "20260101-x-1"), changed("b", "20260101-x-1", sender=ELSEWHERE, minute=DAY, number=2)]
    found = series_of(*mails)
    assert newer(found) == {"a": "b", "b": None}
    assert evidence(found["b"]) == [(1, "change-id, sent from jo@example.org under the same name")]


def test_of_very_many_people_with_one_change_id_only_the_newest_are_compared() -> None:
    base = read(changed("a", "20260101-x-1"))
    mails = [
        replace(base, blob=f"{n:040x}", message_id=f"{n}@x", sender=Person(f"P {n}", f"p{n:02}@example.com"))
        for n in range(60)
    ]
    found = {one.id: one.notes for one in assemble(mails)}
    assert found["0@x"] == tuple(f"continued-by p{n}@example.com: {n}@x" for n in range(10, 15))
    assert found["59@x"] == ()


def test_only_so_many_strangers_are_told() -> None:
    strangers = [linking(f"s{n}@x", "a@x", sender=f"S {n} <s{n}@example.net>") for n in range(9)]
    assert len(series_of(FIRST, *strangers)["a@x"].notes) == 5


@pytest.mark.parametrize(
    "line",
    ["Supersedes: <a@x>", "Obsoletes: a@x", "Supersedes: https://lore.example.org/list/a@x/", "supersedes: <a%40x>"],
)
def test_supersedes_names_the_earlier_posting(line: str) -> None:
    found = series_of(
        post("[PATCH] one", "a@x"), talk("[PATCH v2 0/1] two", "c@x", minute=DAY, body=f"Text.\n\n{line}\n")
    )
    linked = "<a%40x>" not in line
    assert newer(found) == {"a@x": "c@x" if linked else None, "c@x": None}
    assert evidence(found["c@x"]) == ([(1, "supersedes")] if linked else [])


def test_somebody_elses_supersedes_does_nothing() -> None:
    found = series_of(
        post("[PATCH] one", "a@x"),
        talk("[PATCH v2 0/1] two", "c@x", minute=DAY, sender=ANN, body="Text.\n\nSupersedes: <a@x>\n"),
    )
    assert newer(found) == {"a@x": None, "c@x": None}


def test_one_gitgitgadget_pull_request_is_one_work() -> None:
    relay = "Jo Doe via GitGitGadget <gitgitgadget@gmail.com>"
    first, second = (f"pull.7.{v}git.176726160{n}.gitgitgadget@gmail.com" for n, v in ((1, ""), (2, "v2.")))
    found = series_of(
        talk("[PATCH 0/1] one", first, sender=relay), talk("[PATCH v2 0/1] two", second, sender=relay, minute=DAY)
    )
    assert evidence(found[second]) == [(1, "pull-request")]


def test_pull_requests_to_two_repositories_have_numbers_of_their_own() -> None:
    relay = "Jo Doe via GitGitGadget <gitgitgadget@gmail.com>"
    first, second = (f"pull.7.{v}.1767261601000.gitgitgadget@gmail.com" for v in ("git", "v2.git.git"))
    found = series_of(
        talk("[PATCH 0/1] one", first, sender=relay), talk("[PATCH v2 0/1] two", second, sender=relay, minute=DAY)
    )
    assert newer(found)[first] is None


def test_b4_topics_link_when_the_title_changed() -> None:
    first, second = (f"20260101-foo-fix-v{n}-0-{str(n) * 12}@example.org" for n in (1, 2))
    found = series_of(talk("[PATCH 0/1] one", first), talk("[PATCH v2 0/1] two", second, minute=DAY))
    assert evidence(found[second]) == [(1, "topic")]


def test_the_strongest_evidence_is_told() -> None:
    found = series_of(
        talk("[PATCH 0/1] one", "a", body="Text.\n\nchange-id: 20260101-x-1\n"),
        talk("[PATCH v2 0/1] one", "b", "a", minute=DAY, body="Text.\n\nchange-id: 20260101-x-1\n"),
        talk("[PATCH v3 0/1] one", "c", "b", minute=2 * DAY),
    )
    assert evidence(found["b"]) == [(1, "change-id")]
    assert evidence(found["c"]) == [(1, "title"), (2, "in-reply-to")]


def test_half_of_the_patches_alike_is_a_note_and_no_link() -> None:
    first = [talk("[PATCH 0/2] one", "c"), post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")]
    second = [
        talk("[PATCH v2 0/2] two", "d", minute=DAY),
        *(post("[PATCH v2 1/2] a", "q1", "d", minute=DAY), post("[PATCH v2 2/2] other", "q2", "d", minute=DAY)),
    ]
    found = series_of(*first, *second)
    assert newer(found) == {"c": None, "d": None}
    assert found["d"].notes == ("probably a revision of c (1 of 2 patches alike)",)
    assert not found["c"].notes


def test_less_than_half_is_nothing() -> None:
    first = [post(f"[PATCH {n}/3] a{n}", f"p{n}", "c") for n in (1, 2, 3)]
    second = [post(f"[PATCH v2 {n}/3] {'a1' if n == 2 else f'b{n}'}", f"q{n}", "d", minute=DAY) for n in (1, 2, 3)]
    assert not any(one.notes for one in series_of(*first, *second).values())


def test_postings_to_different_trees_are_siblings_even_with_one_change_id() -> None:
    found = series_of(
        *(
            post(f"[PATCH {tree}] fix", tree, minute=n, body=patch_text(below="change-id: 20260101-x-1\n"))
            for n, tree in enumerate(("6.1.y", "5.15.y", "5.10.y"))
        )
    )
    assert set(newer(found).values()) == {None}


def test_an_answer_to_a_posting_for_another_stable_tree_is_no_revision_of_it() -> None:
    found = series_of(post("[PATCH 6.1.y] fix", "a"), post("[PATCH 5.15.y v2] fix", "b", "a", minute=DAY))
    assert newer(found) == {"a": None, "b": None}


def test_a_tag_that_begins_with_v_is_no_stable_tree() -> None:
    found = series_of(post("[PATCH virtio] fix", "a"), post("[PATCH v2] fix", "b", minute=DAY))
    assert newer(found)["a"] == "b"


def test_projects_are_kept_apart() -> None:
    other = post("[PATCH v2] fix", "b", minute=DAY).replace(b"To: list@example.com", b"To: other@example.com")
    assert newer(series_of(post("[PATCH] fix", "a"), other))["a"] is None


def test_an_untagged_repeat_years_later_is_other_work() -> None:
    found = series_of(
        post("[PATCH] fix", "a"), post("[PATCH] fix", "b", minute=DAY), post("[PATCH] fix", "z", minute=400 * DAY)
    )
    assert newer(found) == {"a": "b", "b": None, "z": None}


def test_skipped_numbers_and_a_late_first_revision_are_linked() -> None:
    found = series_of(
        post("[PATCH v4] fix", "d", minute=3), post("[PATCH v2] fix", "b", minute=2), post("[PATCH] fix", "a", minute=4)
    )
    assert newer(found) == {"a": "b", "b": "d", "d": None}
    assert [link.revision for link in found["d"].earlier] == [1, 2]


def test_a_resend_stands_for_what_it_repeats() -> None:
    found = series_of(post("[PATCH v2] fix", "a"), post("[PATCH RESEND v2] fix", "b", minute=DAY))
    assert (newer(found)["a"], found["b"].label) == ("b", "resend")


def test_rfc_numbers_are_their_own_and_older() -> None:
    found = series_of(
        *(post(f"[RFC PATCH v{n}] fix", f"r{n}", minute=n) for n in (1, 2, 3)),
        *(post("[PATCH] fix", "p1", minute=10), post("[PATCH v2] fix", "p2", minute=20)),
    )
    assert newer(found) == {"r1": "r2", "r2": "r3", "r3": "p1", "p1": "p2", "p2": None}


def test_an_rfc_is_linked_to_the_patches_that_answer_it() -> None:
    found = series_of(post("[RFC PATCH v2] one", "r"), post("[PATCH] two", "p", "r", minute=DAY))
    assert newer(found) == {"r": "p", "p": None}


def test_single_patches_sent_anew_do_not_end_the_series() -> None:
    found = series_of(
        talk("[PATCH 0/2] whole", "c"),
        *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")),
        post("[PATCH v2 2/2] b", "q2", "p2", minute=90),
    )
    assert {id_: (one.state, one.superseded_by) for id_, one in found.items()} == {
        "c": (State.OPEN, None),
        "q2": (State.SUPERSEDED, "c"),
    }
    assert evidence(found["q2"]) == [(1, "in-reply-to")]


SERIES = (
    talk("[PATCH 0/2] whole", "c"),
    *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")),
    talk(
        "Re: [PATCH 2/2] b",
        "r",
        "p2",
        sender=ANN,
        minute=60,
        body="Please fix.\n\nReviewed-by: Ann Onym <ann@example.net>\n",
    ),
)


@pytest.mark.parametrize("subject", ["[PATCH v2 2/2] b", "[PATCH v2] b", "[PATCH v2 1/1] b"])
@pytest.mark.parametrize("parent", ["p2", "r"])
def test_a_patch_sent_anew_stands_in_its_slot(subject: str, parent: str) -> None:
    answer = talk("Re: [PATCH v2] b", "s", "q2", sender=ANN, minute=95)
    headers = "References: <c> <p2> <r>\n" if parent == "r" else ""
    anew = post(subject, "q2", "" if headers else parent, minute=90, headers=headers)
    found = series_of(*SERIES, anew, answer)
    assert slots(found["c"]) == {1: "p1", 2: "q2"}
    assert found["c"].complete
    assert found["c"].notes == ("rerolled: patch 2 as v2, q2",)
    assert found["q2"].notes == ("rerolled: stands for patch 2 of c",)
    assert [mail.message_id for mail in found["c"].followups] == ["p2", "r", "s"]


def test_of_several_for_one_slot_the_newest_stands() -> None:
    anew = (post("[PATCH v2 2/2] b", "q2", "p2", minute=90), post("[PATCH v3 2/2] b", "q3", "q2", minute=99))
    found = series_of(*anew, *SERIES)
    assert slots(found["c"]) == {1: "p1", 2: "q3"}
    assert found["c"].notes == ("rerolled: patch 2 as v2, q2", "rerolled: patch 2 as v3, q3")
    assert newer(found)["c"] is None


def test_a_single_patch_with_another_title_is_a_revision_and_no_slot() -> None:
    found = series_of(*SERIES, post("[PATCH v2] all in one", "q", "p2", minute=90))
    assert (slots(found["c"]), newer(found)["c"]) == ({1: "p1", 2: "p2"}, "q")


def test_a_patch_sent_anew_by_somebody_else_takes_no_slot() -> None:
    found = series_of(*SERIES, post("[PATCH v2 2/2] b", "q2", "p2", minute=90, sender=ANN))
    assert slots(found["c"]) == {1: "p1", 2: "p2"}


def test_what_was_said_of_a_replaced_patch_is_not_said_of_all() -> None:
    (one, *_) = follow_up([series_of(*SERIES, post("[PATCH v2 2/2] b", "q2", "p2", minute=90))["c"]])
    assert [given.to for given in given_in(one)[blob_of(SERIES[3])]] == [("p2",)]
    assert one.waits is not None
    assert (one.waits.party, one.waits.message_id) == (Party.REVIEWERS, "q2")


def test_a_whole_revision_after_a_partial_one_replaces_both() -> None:
    found = series_of(
        talk("[PATCH 0/2] whole", "c"),
        *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")),
        post("[PATCH v2 2/2] b", "q2", "p2", minute=90),
        talk("[PATCH v3 0/2] whole", "d", minute=300),
    )
    assert newer(found) == {"c": "d", "q2": "d", "d": None}


def test_an_incomplete_new_revision_does_replace_the_old_one() -> None:
    found = series_of(post("[PATCH] whole", "a"), talk("[PATCH v2 0/2] whole", "b", minute=DAY))
    assert newer(found) == {"a": "b", "b": None}
