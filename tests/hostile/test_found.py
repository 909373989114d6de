# SPDX-License-Identifier: GPL-2.0-or-later
"""What fuzzing and the growth tests found: each mail lies in fixtures/hostile/ and stays harmless."""

from pathlib import Path

import pytest

from builders_hostile import SHAPES, diff, judged_mails, mail, raw
from builders_mail import DIFF, read
from fuzz.targets import fuzz_mail
from patchwatch.model.mail import DefectKind
from patchwatch.model.verdict import Outcome
from patchwatch.parse.code_lines import Body, count_code, language_of
from patchwatch.parse.diff_names import MAX_NAME
from patchwatch.parse.disclosure import MAX_DISCLOSURES
from patchwatch.parse.mime import MAX_LINES, MAX_PARTS
from patchwatch.parse.trailers import MAX_TRAILERS

FOLDER = Path(__file__).parents[2] / "fixtures" / "hostile"
MAILS = sorted(FOLDER.glob("*.eml"))


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_mail_that_was_found_is_harmless(path: Path) -> None:
    fuzz_mail(path.read_bytes())


def test_a_date_that_overflows_decimals_is_no_date() -> None:
    message = read((FOLDER / "date-of-many-digits.eml").read_bytes())

    assert message.date is None
    assert DefectKind.DATE in {defect.kind for defect in message.defects}


def test_recipients_hold_no_blanks() -> None:
    message = read((FOLDER / "address-with-blanks.eml").read_bytes())

    assert message.recipients == ("list@example.com", "ab@example.org", "cd@example.org")


def test_no_more_lines_of_code_than_lines() -> None:
    (change,) = read((FOLDER / "hunk-that-runs-on.eml").read_bytes()).files

    assert (change.added, change.code_added) == (2, 2)


def test_a_mail_with_the_id_of_another_does_not_take_its_verdict() -> None:
    parts = (FOLDER / "two-people-one-id.mbox").read_bytes().split(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n")[1:]

    _, judged = judged_mails(map(raw, parts))

    outcomes = {series.author.email: verdict.outcome for series, verdict in judged}
    assert outcomes == {"jo@example.org": Outcome.READY, "max@example.com": Outcome.ASK}


def test_a_patch_with_too_many_lines_is_never_ready() -> None:
    _, ((_, verdict),) = judged_mails([raw(SHAPES["short lines in a diff"](2 * MAX_LINES * 3))])

    assert verdict.outcome is Outcome.UNDETERMINED


def test_a_patch_with_endless_prose_about_tools_is_never_ready() -> None:
    (message,), ((_, verdict),) = judged_mails([raw(SHAPES["prose that discloses"](20_000))])

    assert len(message.disclosures) == MAX_DISCLOSURES
    assert DefectKind.LIMIT in {defect.kind for defect in message.defects}
    assert verdict.outcome is Outcome.UNDETERMINED


def test_a_patch_behind_too_many_parts_is_never_ready() -> None:
    (message,), _ = judged_mails([raw(SHAPES["sibling parts"](MAX_PARTS + 9))])

    assert DefectKind.MIME in {defect.kind for defect in message.defects}


def test_a_patch_behind_lines_like_boundaries_is_told() -> None:
    (message,), _ = judged_mails([raw(SHAPES["boundary lookalikes"](20_000))])

    assert DefectKind.MIME in {defect.kind for defect in message.defects}


def test_a_path_longer_than_any_file_system_takes_is_odd() -> None:
    (message,), _ = judged_mails([raw(SHAPES["a file with a long name"](MAX_NAME * 3))])

    assert DefectKind.PATH in {defect.kind for defect in message.defects}
    assert len(message.files[0].path) <= MAX_NAME


def test_trailers_end_at_their_cap() -> None:
    (message,), _ = judged_mails([raw(SHAPES["known trailers"](3 * MAX_TRAILERS))])

    assert len(message.trailers) == MAX_TRAILERS


def test_a_sentence_about_a_tool_between_two_diffs_of_a_reply_is_read() -> None:
    body = f"Try this:\n\n{DIFF}\nWritten with Claude Code.\nAcked-by: Jo <jo@example.org>\n\n{DIFF}"
    (message,), _ = judged_mails([raw(mail(body, subject="Re: [PATCH] x: y"))])

    assert [one.quote for one in message.disclosures] == ["Written with Claude Code."]
    assert [one.key for one in message.trailers] == ["Acked-by"]


def test_a_line_full_of_comments_is_counted_without_following_them() -> None:
    language = language_of("x.c")
    assert language is not None

    assert count_code([Body(["+" + "/**/" * 100 + "x", "+y"], 2, 0)], language) == (2, 0)


def test_an_early_end_of_a_folded_author_keeps_the_patch() -> None:
    folds = " x\n" * 5_000
    (message,), _ = judged_mails([raw(mail(f"From: Jo <jo@example.org>\n{folds}\n{diff(DIFF)}"))])

    assert [change.path for change in message.files] == ["hw/foo.c"]
