# SPDX-License-Identifier: GPL-2.0-or-later
"""Which postings are the same work, on what evidence, and which one stands."""

import pytest

from builders_posting import ANN, patch_text, post, series_of, talk
from patchwatch.model.series import Series, State

DAY = 24 * 60


def newer(found: dict[str, Series]) -> dict[str, str | None]:
    return {id_: one.superseded_by for id_, one in found.items()}


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
    found = series_of(*mails, whole=True)
    assert newer(found) == {"a": None, "b": None}
    assert found["a"].notes == ("continued-by ann@example.net: b",)
    assert not series_of(*mails)["a"].notes


@pytest.mark.parametrize(
    "line",
    ["Supersedes: <a@x>", "Obsoletes: a@x", "Supersedes: https://lore.example.org/list/a@x/", "supersedes: <a%40x>"],
)
def test_supersedes_names_the_earlier_posting(line: str) -> None:
    found = series_of(
        post("[PATCH] one", "a@x"), talk("[PATCH v2 0/1] two", "c@x", minute=DAY, body=f"Text.\n\n{line}\n")
    )
    linked = "%40" not in line
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


def test_single_patches_sent_anew_do_not_replace_the_series() -> None:
    found = series_of(
        talk("[PATCH 0/2] whole", "c"),
        *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")),
        post("[PATCH v2 2/2] b", "q2", "p2", minute=90),
    )
    assert {id_: one.state for id_, one in found.items()} == {"c": State.OPEN, "q2": State.OPEN}
    assert found["q2"].notes == ("partial: single patches of c sent anew; the others are there",)
    assert evidence(found["q2"]) == [(1, "in-reply-to")]


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
