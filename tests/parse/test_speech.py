# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reply says: own words, a question, an objection, a claim; by form alone, at the cost of its lines."""

from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_mail import DIFF, LOG, read_mail
from patchwatch.model.followup import Claim, ClaimKind, Line, Speech

ANN = "Ann Onym <ann@example.net>"
QUOTE = "On Thu, 1 Jan 2026 10:00:00 +0000, Jo Doe <jo@example.org> wrote:\n> It overflows.\n"


def speech(
    body: str, subject: str = "Re: [PATCH] hw/foo: fix overflow", *, sender: str = ANN, headers: str = ""
) -> Speech:
    said = read_mail(subject, body, sender=sender, headers=headers).speech
    assert said is not None
    return said


def test_patches_and_cover_letters_say_nothing_of_this_kind() -> None:
    assert read_mail().speech is None
    assert read_mail("[PATCH 0/2] two fixes", "Could you look?\n").speech is None


@pytest.mark.parametrize(
    "body",
    [
        QUOTE + "\nReviewed-by: Ann Onym <ann@example.net>\n",
        "Hi Jo,\n\n" + QUOTE + "\nAcked-by: Ann Onym <ann@example.net>\n\nThanks,\nAnn\n",
        QUOTE + "\nLooks good to me.\n\nTested-by: Ann Onym\n  <ann@example.net>\n\nBest regards\nAnn Onym\n",
        (
            "On Thu, 1 Jan 2026 at 10:00, Jo Doe\n<jo@example.org> wrote:\n> x\n\n"
            "Reviewed-by: Ann Onym <ann@example.net>\n-- \nAnn\nWhat a signature says?\n"
        ),
        "Reviewed-by: Ann Onym <ann@example.net>\n\nThanks,\nMaria\n",
        "Am 01.01.26 um 10:00 schrieb Jo Doe:\n> x\n\nReviewed-by: Ann Onym <ann@example.net>\n",
        "Reviewed-by: Ann Onym <ann@example.net>\n\n-----Original Message-----\nFrom: Jo Doe\nWhy does it overflow?\n",
        "Reviewed-by: Ann Onym <ann@example.net>\n" + "_" * 47 + "\nfoo mailing list\nfoo@example.org\n",
    ],
    ids=["bare", "greeting", "praise", "folded", "another-name", "german", "top-posted", "footer"],
)
def test_trailers_greetings_quotes_and_signatures_are_no_own_text(body: str) -> None:
    said = speech(body)
    assert (said.own_lines, said.question) == (0, None)


def test_own_text_is_counted_and_the_last_line_that_asks_is_kept_with_its_number() -> None:
    said = speech(
        QUOTE + "\nWhy so?\nI would rather not.\nWhat about the lock?\n> more?\nThen it is fine with me, I think.\n"
    )
    assert (said.own_lines, said.question) == (4, Line(6, "What about the lock?"))


def test_a_mail_of_which_nothing_is_left_but_quotes_says_something_all_the_same() -> None:
    assert speech("> I understand, I will send another one.\n").own_lines == 1


@pytest.mark.parametrize(
    "line", ["Please add a test.", "could you split this", "Can we drop it (later)?", 'Is it?"', "右?", "为什么？"]
)
def test_a_line_asks_by_its_form(line: str) -> None:
    assert speech(f"{QUOTE}\n{line}\n").question == Line(4, line)


@pytest.mark.parametrize(
    "line",
    [
        "Please find it below.",
        "https://example.org/x?",
        "> Why?",
        "A question mark ? within.",
        " > Why?",
        "I asked.",
    ],
)
def test_a_line_that_looks_alike_asks_nothing(line: str) -> None:
    assert speech(f"{QUOTE}\n{line}\n").question is None


def test_a_diff_in_a_reply_is_text_of_its_own_and_asks_nothing() -> None:
    said = speech(QUOTE + "\n" + DIFF.replace("int c = 2;", "int c = a ?"))
    assert (said.own_lines > 0, said.question) == (True, None)


@pytest.mark.parametrize(
    ("line", "objects"),
    [
        ("NAK, this breaks it.", True),
        ("Nack.", True),
        ("Jo, drop my Reviewed-by then.", True),
        ("A snack is fine.", False),
    ],
)
def test_an_objection_is_a_nak_or_a_trailer_taken_back(line: str, objects: bool) -> None:
    assert speech(f"{QUOTE}\n{line}\n").objection == (Line(4, line) if objects else None)


@pytest.mark.parametrize(
    ("line", "kind", "notice"),
    [
        ("Applied, thanks!", ClaimKind.APPLIED, False),
        ("Applied to the next branch.", ClaimKind.APPLIED, False),
        ("Thanks, applied.", ClaimKind.APPLIED, False),
        ("All your patches applied. Thanks!", ClaimKind.APPLIED, False),
        ("Good, I've applied it with a small change.", ClaimKind.APPLIED, False),
        ("This series was applied to foo/bar.git (main)", ClaimKind.APPLIED, True),
        ("The following commit has been merged into the foo/urgent branch of bar:", ClaimKind.APPLIED, True),
        ("This is a note to let you know that I've just added the patch titled", ClaimKind.APPLIED, True),
        ("The patch below does not apply to the 6.1-stable tree.", ClaimKind.FAILED, True),
    ],
)
def test_who_says_that_something_was_applied_claims_it(line: str, kind: ClaimKind, notice: bool) -> None:
    assert speech(f"{QUOTE}\n{line}\n").claim == Claim(kind, Line(4, line), is_notice=notice)


@pytest.mark.parametrize(
    "line",
    ["Note: no patches were applied.", "It is applied before the lock.", "I applied it and it failed, why?",
     "> Applied, thanks!", "I will say when I've applied it.", "Applied science."],
)  # fmt: skip
def test_other_words_with_applied_claim_nothing(line: str) -> None:
    assert speech(f"{QUOTE}\n{line}\n").claim is None


def test_a_stable_notice_is_known_by_its_subject_too() -> None:
    subject = 'Patch "hw/foo: fix overflow" has been added to the 6.1-stable tree'
    assert speech("Hi.\n", subject).claim == Claim(ClaimKind.APPLIED, Line(None, subject), is_notice=True)
    failed = speech("Hi.\n", 'FAILED: patch "[PATCH] hw/foo" failed to apply to 6.1-stable tree').claim
    assert failed is not None
    assert failed.kind is ClaimKind.FAILED


def test_arrival_and_the_addresses_of_to_are_kept() -> None:
    said = speech("Why?\n", headers="Received: by x; Fri, 02 Jan 2026 11:00:00 +0100\nCc: bo@example.org\n")
    assert said.received is not None
    assert (said.received.isoformat(), said.to_count) == ("2026-01-02T10:00:00+00:00", 1)


def test_the_log_of_a_patch_is_no_claim() -> None:
    assert read_mail(body="Applied, thanks!\n\n" + LOG).speech is None


@given(
    st.lists(
        st.sampled_from(
            ["> a", "", "Hi,", "wrote:", "On x wrote:", "Why?", "-- ", "Applied to", "--- a", "NAK", "\t", "： ", "?"]
        )
    )
)
def test_any_text_is_read_and_a_quote_stands_on_its_line(lines: list[str]) -> None:
    body = "\n".join(lines)
    said = speech(body)
    for where in (said.question, said.objection, said.claim.where if said.claim else None):
        if where is not None:
            assert where.line is not None
            assert where.quote in body.split("\n")[where.line - 1]


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "a@b wrote:\n" * n,
        lambda n: "On Thu x\nand y\n> q\n" * n,
        lambda n: "Reviewed-by: A B <a@b>\n [x]\n" * n,
        lambda n: "why " * n + "?",
        lambda n: "applied nak drop my ? " * n,
        lambda n: " \t" * n + "\n" * n,
        lambda n: "?)" * n + " " * n + ":",
    ],
)
def test_the_cost_grows_with_the_text_not_faster(make: Callable[[int], str]) -> None:
    def cost(n: int) -> float:
        body = make(n)
        return min(_timed(body) for _ in range(3))

    small, large = cost(4_000), cost(32_000)
    assert large < 8 * 4 * max(small, 0.002)


def _timed(body: str) -> float:
    begun = process_time()
    speech(body)
    return process_time() - begun
