# SPDX-License-Identifier: GPL-2.0-or-later
"""Who gave which trailer to which patch, and who owes the next mail: from mails as bytes, in any order."""

from itertools import permutations
from time import process_time

import pytest

from builders_mail import DIFF, LOG, mail_bytes, read, read_mail
from patchwatch.assemble.followups import follow_up, given_in, kind_of
from patchwatch.assemble.series import assemble
from patchwatch.model.followup import GivenStatus, Line, Party
from patchwatch.model.mail import Message
from patchwatch.model.series import Series, State

JO = "Jo Doe <jo@example.org>"
ANN = "Ann Onym <ann@example.net>"
BO = "Bo Revi <bo@example.com>"
ME = "Mei Tainer <me@example.com>"
BOT = "kernel test robot <lkp@intel.com>"
US = frozenset({"me@example.com"})


def at(minute: int) -> str:
    return f"Thu, 01 Jan 2026 {10 + minute // 60:02}:{minute % 60:02}:00 +0000"


def patch(mid: str = "p", prefix: str = "PATCH", parent: str = "", minute: int = 0, trailers: str = "") -> Message:
    log = LOG + trailers
    return read_mail(
        f"[{prefix}] hw/foo: part {mid[-1]}", f"{log}---\n{DIFF}", mid=mid, reply_to=parent, date=at(minute)
    )


def cover(mid: str = "c", prefix: str = "PATCH 0/2", minute: int = 0, title: str = "hw/foo: two fixes") -> Message:
    return read_mail(f"[{prefix}] {title}", "Two.\n", mid=mid, date=at(minute))


def reply(
    mid: str, parent: str, body: str, sender: str = ANN, minute: int = 30, *, to: str = "", headers: str = ""
) -> Message:
    data = mail_bytes("Re: [PATCH] hw/foo", body, mid=mid, reply_to=parent, sender=sender, date=at(minute),
                      headers=headers)  # fmt: skip
    return read(data.replace(b"To: list@example.com", f"To: {to}\nCc: list@example.com".encode()) if to else data)


def pair(prefix: str = "", mid: str = "") -> list[Message]:
    """Return a series of two with a cover letter."""
    return [cover(f"c{mid}", f"PATCH{prefix} 0/2"), patch(f"{mid}p1", f"PATCH{prefix} 1/2", f"c{mid}"),
            patch(f"{mid}p2", f"PATCH{prefix} 2/2", f"c{mid}")]  # fmt: skip


def last(mails: list[Message], me: frozenset[str] = frozenset()) -> Series:
    """Return the newest series with all that is known of its follow-ups."""
    return max(follow_up(assemble(mails), me), key=lambda one: one.revision)


def ball(mails: list[Message], me: frozenset[str] = frozenset()) -> tuple[str, str, str | None]:
    waits = last(mails, me).waits
    assert waits is not None
    return waits.party.value, waits.message_id, waits.where.quote if waits.where is not None else None


def given(mails: list[Message]) -> list[tuple[str, tuple[str, ...], str, bool]]:
    found = given_in(last(mails))
    return [(one.key, one.to, one.status.value, one.counts) for some in found.values() for one in some]


# --- trailers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trailer", "sender", "status"),
    [
        ("Reviewed-by: Ann Onym <ann@example.net>", ANN, "exact"),
        ("Reviewed-by: Ann Onym <ANN@Example.net> # on m68k", ANN, "exact"),
        ("Reviewed-by: ann@example.net", ANN, "exact"),
        ("Reviewed-by: Ann Onym <ann@work.example>", ANN, "weak"),
        ("Reviewed-by: Ann Onym", ANN, "weak"),
        ("Reviewed-by: Ann Onym <ann@work.example>", '"Onym, Ann" <ann@example.net>', "weak"),
        ("Reviewed-by: Bo Revi <bo@example.com>", ANN, "relayed"),
        ("Reviewed-by: Ann", "Ann <other@example.com>", "relayed"),
        ("Reviewed-by: Bo Revi <bo@example.com> # <ann@example.net>", ANN, "relayed"),
        ("Reviewed-by: Ann Onym <ann@work.example>, Bo Revi <bo@example.com>", ANN, "relayed"),
    ],
)
def test_whose_trailer_it_is_goes_by_address_then_by_the_whole_name(trailer: str, sender: str, status: str) -> None:
    found = given([patch(), reply("r", "p", trailer + "\n", sender)])
    assert found == [("Reviewed-by", ("p",), status, status != "relayed")]


@pytest.mark.parametrize(
    "sender",
    [
        '"Foe, Jane" <jane@example.net>',
        '"Revi, " <jane@example.net>',
        '", Bo Revi, x" <jane@example.net>',
        '"Bo Revi <bo@example.com>" <jane@example.net>',
        "=?utf-8?q?Foe=2C_Jane?= <jane@example.net>",
    ],
)
def test_a_comma_in_the_display_name_gives_nobody_elses_trailer(sender: str) -> None:
    found = given([patch(), reply("r", "p", "Reviewed-by: Bo Revi <bo@example.com>\n", sender)])
    assert [(status, counts) for _, _, status, counts in found] == [("relayed", False)]


def test_a_trailer_goes_to_the_nearest_patch_above_through_other_replies() -> None:
    mails = [*pair(), reply("q", "p2", "Why?\n", BO, 20), reply("r", "q", "Tested-by: Ann Onym <ann@example.net>\n")]
    assert given(mails) == [("Tested-by", ("p2",), "exact", True)]


def test_a_trailer_on_the_cover_letter_goes_to_every_patch() -> None:
    assert given([*pair(), reply("r", "c", "Acked-by: Ann Onym <ann@example.net>\n")]) == [
        ("Acked-by", ("p1", "p2"), "exact", True)
    ]


def test_a_sign_off_and_an_objection_are_listed_and_count_as_no_review() -> None:
    body = "Signed-off-by: Ann Onym <ann@example.net>\nNacked-by: Ann Onym <ann@example.net>\n"
    found = given([patch(), reply("r", "p", body)])
    assert [(key, counts) for key, _, _, counts in found] == [("Signed-off-by", False), ("Nacked-by", False)]


def test_the_submitters_own_review_does_not_count() -> None:
    assert given([patch(), reply("r", "p", "Tested-by: Jo Doe <jo@example.org>\n", JO)])[0][3] is False


@pytest.mark.parametrize(
    ("sender", "headers"),
    [(BOT, ""), ("CI <ci@example.org>", "Auto-Submitted: auto-generated\n")],
    ids=["bot", "header"],
)
def test_programs_give_no_trailers_and_never_move_the_ball(sender: str, headers: str) -> None:
    name, _, email = sender.partition(" <")
    body = f"Tested-by: {name} <{email}\n\nDoes it build?\n"
    mails = [patch(), reply("r", "p", body, sender, headers=headers)]
    assert given(mails) == []
    assert ball(mails) == ("reviewers", "p", None)


def test_quoted_and_disclosing_trailers_are_given_by_nobody() -> None:
    body = "> Reviewed-by: Ann Onym <ann@example.net>\nAssisted-by: Robot:r-1\n"
    assert given([patch(), reply("r", "p", body)]) == []


def test_a_review_that_the_next_revision_lost_is_a_fact_and_moves_nowhere() -> None:
    review = reply("r", "p", "Reviewed-by: Ann Onym <ann@example.net>\nTested-by: Bo Revi <bo@example.com>\n")
    series = last([patch(), review, patch("xp", "PATCH v2", minute=90)])
    assert [(one.revision, one.message_id, one.key) for one in series.not_carried] == [(1, "r", "Reviewed-by")]
    assert given_in(series) == {}


@pytest.mark.parametrize("again", ["patch", "reply"])
def test_a_review_that_was_carried_or_given_again_is_not_lost(again: str) -> None:
    trailer = "reviewed-by: A. Onym <Ann@example.net>\n"
    first = [patch(), reply("r", "p", "Reviewed-by: Ann Onym <ann@example.net>\n")]
    second = [patch("xp", "PATCH v2", minute=90, trailers=trailer if again == "patch" else "")]
    if again == "reply":
        second.append(reply("r2", "xp", trailer, minute=120))
    assert last([*first, *second]).not_carried == ()


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        (reply("r", "p", "Why?\n"), "reply"),
        (reply("r", "p", "It broke.\n", BOT), "bot"),
        (reply("r", "p", "Applied, thanks!\n"), "applied"),
        (reply("r", "p", "This patch was applied to foo.git (main)\n", "b <patchwork-bot+foo@kernel.org>"), "applied"),
        (read_mail("[GIT PULL] foo", "The usual.\n"), "pull"),
        (read_mail("hw/foo breaks", "It does.\n"), "other"),
    ],
)
def test_kinds_of_follow_ups(mail: Message, kind: str) -> None:
    assert kind_of(mail) == kind


# --- who owes the next mail --------------------------------------------------------------------------------------


def test_nobody_replied_so_the_reviewers_owe_a_mail_since_the_posting() -> None:
    waits = last([patch()]).waits
    assert waits is not None
    assert (waits.party, waits.since, waits.message_id) == (Party.REVIEWERS, patch().date, "p")


def test_trailers_only_leave_it_to_the_maintainer() -> None:
    body = "On x Jo Doe wrote:\n> x\n\nLGTM.\n\nReviewed-by: Ann Onym <ann@example.net>\n\nThanks,\nAnn\n"
    assert ball([patch(), reply("r", "p", body)]) == ("maintainer", "r", None)


def test_a_question_waits_for_the_author_with_its_line() -> None:
    series = last(
        [patch(), reply("r", "p", "> x\nNice.\nWhy not a mutex?\n\nReviewed-by: Ann Onym <ann@example.net>\n")]
    )
    assert series.waits is not None
    assert (series.waits.party, series.waits.where, series.waits.question) == (
        Party.AUTHOR,
        Line(3, "Why not a mutex?"),
        True,
    )


def test_a_remark_without_a_question_waits_for_the_author_weakly() -> None:
    series = last([patch(), reply("r", "p", "This breaks the build on my side.\n")])
    assert series.waits is not None
    assert (series.waits.party, series.waits.where, series.waits.question) == (Party.AUTHOR, None, False)


def test_an_answer_of_the_author_waits_for_us_when_it_answers_or_addresses_us() -> None:
    asked = reply("q", "p", "Why?\n", ME)
    assert ball([patch(), asked, reply("a", "q", "Because.\n", JO, 40)], US) == ("us", "a", None)
    assert ball([patch(), asked, reply("a", "q", "Because.\n", JO, 40)]) == ("reviewers", "a", None)
    other = reply("q", "p", "Why?\n")
    assert ball([patch(), other, reply("a", "q", "Because.\n", JO, 40, to=ME)], US)[0] == "us"
    copied = reply("a", "q", "Because.\n", JO, 40, to=f"{ANN}\nCc: {ME}\nX-Was")
    assert "me@example.com" in copied.recipients
    assert ball([patch(), other, copied], US)[0] == "reviewers"


def test_the_author_is_known_by_name_on_another_address() -> None:
    answer = reply("a", "q", "Because.\n", "Jo Doe <jo@work.example>", 40)
    assert ball([patch(), reply("q", "p", "Why?\n"), answer])[0] == "reviewers"


def test_a_co_developer_answers_for_the_author_but_may_ask_as_a_reviewer() -> None:
    posted = patch(trailers=f"Co-developed-by: {BO}\n")
    asked = reply("q", "p", "Why?\n")
    assert ball([posted, asked, reply("a", "q", "Because.\n", BO, 40)])[0] == "reviewers"
    assert ball([posted, reply("b", "p", "Is this mine?\n", BO, 40)])[:2] == ("author", "b")


def test_the_oldest_question_without_an_answer_wins_over_a_busy_branch() -> None:
    mails = [
        *pair(),
        reply("old", "p1", "Where is the lock?\n", BO, 10),
        reply("q", "p2", "Why?\n", ANN, 20),
        reply("a", "q", "Because.\n", JO, 30),
        reply("q2", "a", "Really?\n", ANN, 40),
        reply("a2", "q2", "Yes.\n", JO, 50),
    ]
    assert ball(mails) == ("author", "old", "Where is the lock?")
    assert ball([*mails, reply("new", "p2", "And here?\n", BO, 60)]) == ("author", "old", "Where is the lock?")
    assert ball([*mails, reply("x", "old", "In the caller.\n", JO, 60)])[:2] == ("reviewers", "x")


def test_a_question_ends_when_its_asker_gives_a_trailer_later() -> None:
    mails = [*pair(), reply("q", "p1", "Why?\n", ANN, 10)]
    tag = "Reviewed-by: Ann Onym <ann@example.net>\n"
    assert ball([*mails, reply("r", "p1", tag, ANN, 20)])[:2] == ("maintainer", "r")
    assert ball([*mails, reply("r", "c", tag, ANN, 20)])[:2] == ("maintainer", "r")
    assert ball([*mails, reply("r", "p2", tag, ANN, 20)])[:2] == ("author", "q")
    assert ball([*mails, reply("r", "p1", tag.replace("Ann Onym <ann@example.net>", BO), BO, 20)])[:2] == (
        "author",
        "q",
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("Why not a mutex?", ("author", "q", "Why not a mutex?")), ("Could you rename it?", ("reviewers", "xp", None))],
    ids=["question", "request"],
)
def test_a_new_revision_answers_a_request_but_no_question(asked: str, expected: tuple[str, str, str | None]) -> None:
    mails = [patch(), reply("q", "p", asked + "\n"), patch("xp", "PATCH v2", minute=90)]
    assert ball(mails) == expected
    answered = reply("a", "q", "It sleeps.\n", JO, 60)
    assert ball([*mails, answered])[:2] == ("reviewers", "xp")
    assert ball([*mails, reply("r", "xp", "Reviewed-by: Ann Onym <ann@example.net>\n", ANN, 120)])[:2] == (
        "maintainer",
        "r",
    )


def test_superseded_and_merged_series_wait_for_nobody() -> None:
    mails = [patch(), reply("q", "p", "Why?\n"), patch("xp", "PATCH v2", minute=90)]
    first = next(one for one in follow_up(assemble(mails)) if one.revision == 1)
    assert first.waits is not None
    assert (first.waits.party, first.waits.message_id) == (Party.NOBODY, "xp")
    (merged,) = follow_up([_merged(assemble([patch(), reply("q", "p", "Why?\n")])[0])])
    assert merged.waits is not None
    assert merged.waits.party is Party.NOBODY


def _merged(series: Series) -> Series:
    from dataclasses import replace

    return replace(series, state=State.MERGED)


def test_a_note_that_all_was_applied_ends_the_waiting_and_is_no_state() -> None:
    series = last([*pair(), reply("q", "p1", "Why?\n", minute=10), reply("t", "c", "Applied, thanks!\n", BO)])
    assert series.waits is not None
    assert (series.waits.party, series.waits.message_id) == (Party.NOBODY, "t")
    assert series.waits.where == Line(1, "Applied, thanks!")
    assert series.state is State.OPEN


def test_a_note_on_one_patch_of_two_ends_nothing_until_the_other_has_one() -> None:
    mails = [*pair(), reply("t1", "p1", "Applied, thanks!\n", BO, 10)]
    assert ball(mails)[:2] == ("reviewers", "c")
    assert ball([*mails, reply("t2", "p2", "Applied, thanks!\n", BO, 20)])[:2] == ("nobody", "t2")
    subset = read_mail(
        "Re: (subset) [PATCH 0/2] x", "Applied, thanks!\n", mid="s", reply_to="c", date=at(20), sender=BO
    )
    assert ball([*pair(), subset])[0] == "reviewers"
    assert ball([*pair(), reply("t1", "p1", "Series applied, thanks!\n", BO, 10)])[:2] == ("nobody", "t1")


def test_a_question_after_the_note_waits_again() -> None:
    mails = [patch(), reply("t", "p", "Applied, thanks!\n", BO), reply("q", "t", "Did it build?\n", minute=60)]
    assert ball(mails) == ("author", "q", "Did it build?")
    assert ball([*mails[:2], reply("x", "t", "Great, thank you.\n", JO, 60)])[:2] == ("nobody", "t")


def test_a_bare_thanks_moves_nothing() -> None:
    mails = [patch(), reply("r", "p", "Reviewed-by: Ann Onym <ann@example.net>\n")]
    assert ball([*mails, reply("x", "r", "Thanks!\n", JO, 60)])[:2] == ("maintainer", "r")


def test_a_bare_thanks_answers_no_question() -> None:
    mails = [
        patch(),
        reply("q", "p", "Why?\n"),
        reply("x", "q", "Hi Ann,\n\nThanks for your review!\n\nMBR,\nJo\n", JO, 60),
    ]
    assert ball(mails)[:2] == ("author", "q")


def test_approval_in_words_moves_nothing_either() -> None:
    tag = reply("r", "p", "Reviewed-by: Ann Onym <ann@example.net>\n")
    thanks = reply("x", "r", "I added a note on the lock.\n", JO, 60)
    fine = reply("y", "x", "Thanks for noticing that, looks fine to me.\n", ANN, 70)
    assert ball([patch(), tag, thanks, fine])[:2] == ("reviewers", "x")


def test_last_goes_by_the_time_of_arrival_not_by_the_date() -> None:
    late = reply("q", "p", "It is slow.\n", minute=1, headers="Received: by x; Thu, 01 Jan 2026 12:00:00 +0000\n")
    early = reply("r", "p", "Reviewed-by: Bo Revi <bo@example.com>\n", BO, 50)
    assert ball([patch(), late, early])[:2] == ("author", "q")


def test_a_reply_that_says_nothing_readable_still_moves_the_ball() -> None:
    assert ball([patch(), reply("r", "p", "> all of it is quoted\n")])[:2] == ("author", "r")


# --- always ------------------------------------------------------------------------------------------------------


def test_no_order_of_arrival_matters() -> None:
    mails = [
        *pair(),
        reply("q", "p1", "Why?\n", ANN, 10),
        reply("r", "c", "Acked-by: Bo Revi <bo@example.com>\n", BO, 20),
        reply("a", "q", "Because.\n", JO, 30),
    ]
    found = {repr((last(list(order), US), given_in(last(list(order), US)))) for order in permutations(mails)}
    assert len(found) == 1


def test_a_loop_of_replies_ends() -> None:
    mails = [patch(), reply("x", "y", "Why?\n"), reply("y", "x", "Tested-by: Ann Onym <ann@example.net>\n"),
             read(mail_bytes("Re: x", "Hm.\n", mid="z", reply_to="p", headers="In-Reply-To: <x>\n"))]  # fmt: skip
    (series,) = assemble(mails)
    assert follow_up([series])[0].waits is not None
    assert follow_up([series]) == follow_up([series])


@pytest.mark.parametrize("deep", [False, True], ids=["flat", "deep"])
def test_a_thread_of_five_thousand_replies_is_linear(deep: bool) -> None:
    def cost(count: int) -> float:
        mails = [patch()]
        for n in range(count):
            who = (JO, ANN, BO)[n % 3]
            body = "Why?\n\nAcked-by: Ann Onym <ann@example.net>\n" if n % 2 else "Because.\n"
            mails.append(reply(f"r{n}", f"r{n - 1}" if deep and n else "p", body, who, n // 100))
        (series,) = assemble(mails)
        return min(_timed(series) for _ in range(3))

    assert cost(5_000) < 10 * 3 * cost(500)


def _timed(series: Series) -> float:
    begun = process_time()
    follow_up([series])
    given_in(series)
    return process_time() - begun


def test_every_status_has_a_name() -> None:
    assert {one.value for one in GivenStatus} == {"exact", "weak", "relayed"}
