# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose turn it is by what replies announce, whom they address, and what was answered already."""

import pytest

from builders_posting import ANN, JO, post, series_of, talk
from patchwatch.assemble.followups import follow_up

BO = "Bo Revi <bo@example.com>"
PATCH = post("[PATCH] fix", "p")
SERIES = (
    talk("[PATCH 0/2] two", "c"),
    *(post("[PATCH 1/2] a", "p1", "c"), post("[PATCH 2/2] b", "p2", "c")),
)
TAG = "Reviewed-by: Ann Onym <ann@example.net>\n"
REMARK = "The lock is taken twice here, it seems.\n"


def say(mid: str, parent: str, body: str, sender: str, minute: int) -> bytes:
    return talk("Re: [PATCH] fix", mid, parent, minute=minute, sender=sender, body=body)


def ball(*mails: bytes) -> tuple[str, str, str | None, bool]:
    found = follow_up(tuple(series_of(*mails).values()))
    (waits,) = (one.waits for one in found if one.superseded_by is None)
    assert waits is not None
    return waits.party.value, waits.message_id, None if waits.where is None else waits.where.quote, waits.question


def asked(body: str, *more: bytes) -> tuple[str, str, str | None, bool]:
    return ball(PATCH, say("r", "p", body, ANN, 10), *more)


@pytest.mark.parametrize(
    "line", ["I'll send v2.", "Right, will fix in the next version.", "I'll change it.", "Let me check."]
)
def test_what_the_author_announces_is_the_authors_turn(line: str) -> None:
    assert asked(REMARK, say("a", "r", f"{line}\n", JO, 20)) == ("author", "a", line, False)


def test_a_promise_stands_when_the_author_answers_others_and_others_approve() -> None:
    promise = say("a", "r", "I'll send v2.\n", JO, 20)
    other = say("s", "p", REMARK, BO, 30), say("b", "s", "It is not, see above in the file.\n", JO, 40)
    assert asked(REMARK, promise, *other)[:2] == ("author", "a")
    assert asked(REMARK, promise, say("s", "p", TAG.replace("Ann Onym <ann@example.net>", BO), BO, 30))[0] == "author"


def test_a_promise_ends_when_a_maintainer_acts_or_the_version_is_there() -> None:
    promise = say("a", "r", "I'll send v2.\n", JO, 20)
    acts = say("b", "a", "No need, I'll fix it when applying.\n", ANN, 30)
    assert asked(REMARK, promise, acts) == ("maintainer", "b", "No need, I'll fix it when applying.", False)
    told = say("a", "p", "Fixed in v2, as you can see.\n", JO, 20)
    second = post("[PATCH v2] fix", "p")
    assert ball(second, say("r", "p", REMARK, ANN, 10), told)[0] == "reviewers"
    assert ball(PATCH, say("r", "p", REMARK, ANN, 10), told)[0] == "author"


def test_a_reviewer_who_acts_or_looks_has_the_ball() -> None:
    assert asked("Fine, I'll apply it tomorrow.\n")[:2] == ("maintainer", "r")
    assert asked("I'll test it tomorrow.\n")[:2] == ("reviewers", "r")
    answer = say("a", "r", "Yes, it is the same on the other board.\n", JO, 20)
    assert asked("Fine, I'll apply it tomorrow.\n", answer)[:2] == ("maintainer", "a")


def test_who_asks_and_then_says_to_act_has_the_ball() -> None:
    assert asked("Is it a library too?\n\nAnyway, I will apply it.\n")[:2] == ("maintainer", "r")
    assert asked("I will apply it.\n\nIs it a library too?\n")[:2] == ("author", "r")


def test_who_acts_after_an_open_question_closes_it() -> None:
    acts = say("s", "p", "No matter, I'll fix it myself.\n", ANN, 20)
    assert asked("Why twice?\n", acts)[:2] == ("maintainer", "s")


@pytest.mark.parametrize(
    "body",
    [
        "Bo, what do you think?\n",
        "What do you think, Bo?\n",
        "It is fine with me.  Bo?\n",
        "@bo could you test it?\n",
        "Hi Bo,\n\nis it the same with you?\n",
    ],
)
def test_a_question_to_somebody_else_by_name_is_not_for_the_author(body: str) -> None:
    known = say("k", "p", REMARK, BO, 5)
    answered = say("a", "k", "It is not, see above in the file.\n", JO, 6)
    assert asked(body, known, answered)[::3] == ("reviewers", True)


@pytest.mark.parametrize("body", ["Jo, what do you think?\n", "Hi Jo, Bo,\n\nis it?\n", "Cleo, what do you think?\n"])
def test_a_question_that_names_the_author_or_nobody_known_is_for_the_author(body: str) -> None:
    known = say("k", "p", REMARK, BO, 5)
    answered = say("a", "k", "It is not, see above in the file.\n", JO, 6)
    assert asked(body, known, answered)[:2] == ("author", "r")


@pytest.mark.parametrize(
    "body", ["Thanks!\n", "Ok.\n", "Got it, thanks.\n", "Great, thanks!\n", "Makes sense.\n", "You're welcome.\n"]
)
def test_a_bare_answer_of_the_author_leaves_the_ball(body: str) -> None:
    assert asked(REMARK, say("a", "r", body, JO, 20))[:2] == ("author", "r")
    assert asked(TAG, say("a", "r", body, JO, 20))[:2] == ("maintainer", "r")


def test_what_one_reviewer_tells_another_leaves_the_ball() -> None:
    aside = say("s", "r", "It was the same in the last release, by the way.\n", BO, 20)
    assert asked(TAG, aside)[:2] == ("maintainer", "r")


def test_a_question_that_somebody_else_answered_waits_for_who_asked() -> None:
    assert asked("Why twice?\n", say("s", "r", "Because of the board.\n", BO, 20))[:2] == ("reviewers", "r")
    assert asked("Why twice?\n", say("s", "r", "And why here?\n", BO, 20))[:2] == ("author", "r")


def test_a_conversation_that_went_on_has_answered_what_was_asked_before() -> None:
    later = say("s", "p", "It works here now.\n", ANN, 20), say("a", "s", "Good to hear that it does.\n", JO, 30)
    assert asked("Why twice?\n", *later)[:2] == ("reviewers", "a")


def test_an_answer_to_a_remark_beside_a_trailer_leaves_it_to_the_maintainer() -> None:
    answer = say("a", "r", "It is, for the old boards.\n", JO, 20)
    assert asked(f"Is it needed?\n\n{TAG}", answer)[:2] == ("maintainer", "a")


def test_a_remark_on_one_patch_outlasts_a_trailer_for_another() -> None:
    remark, tag = say("r", "p1", REMARK, ANN, 10), say("s", "p2", TAG, ANN, 20)
    assert ball(*SERIES, remark, tag)[:2] == ("author", "r")
    assert ball(*SERIES, remark, say("s", "c", TAG, ANN, 20))[:2] == ("maintainer", "s")
    assert ball(*SERIES, remark, tag, say("t", "p1", TAG, ANN, 30))[:2] == ("maintainer", "t")


def test_an_author_who_takes_the_patch_back_ends_the_waiting() -> None:
    taken = say("a", "r", "Please ignore this patch.\n", JO, 20)
    assert asked(REMARK, taken) == ("nobody", "a", "Please ignore this patch.", False)
    assert ball(*SERIES, say("a", "p1", "Please ignore this patch.\n", JO, 20))[0] != "nobody"


@pytest.mark.parametrize(
    "line",
    ["Merged. Thanks!", "All now queued up, thanks.", "This is now in master.", "Pushed to repository, thanks."],
)
def test_words_for_applied_end_the_waiting(line: str) -> None:
    assert asked(f"{line}\n") == ("nobody", "r", line, False)


def test_an_answered_question_after_it_was_applied_opens_nothing() -> None:
    asks = say("s", "r", "Do you mean the other one?\n", ANN, 20)
    assert asked("Applied, thanks.\n", asks)[0] == "author"
    assert asked("Applied, thanks.\n", asks, say("a", "s", "The other one, of course.\n", JO, 30))[0] == "nobody"


def test_one_note_for_each_patch_is_all_of_them_wherever_it_hangs() -> None:
    notes = [say(f"r{n}", "p1", "Applied, thanks.\n", ANN, 10 + n) for n in (1, 2)]
    assert ball(*SERIES, notes[0])[0] != "nobody"
    assert ball(*SERIES, *notes)[:2] == ("nobody", "r2")


def test_a_part_that_a_trailer_is_for_is_no_remark() -> None:
    assert asked(f"For the board code:\n{TAG}")[:2] == ("maintainer", "r")
