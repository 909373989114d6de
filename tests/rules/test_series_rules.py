# SPDX-License-Identifier: GPL-2.0-or-later
"""Edges of the rules about size, fixes, series and tests, which their examples do not show."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from builders_rules import found, policy_of, quotes, verdict_of
from builders_series import DAY, TAGGED, make_cover, make_file, make_message, make_patch, make_prose, make_series
from patchwatch.engine import judge
from patchwatch.model.mail import Defect, DefectKind, Mark, MarkKind, Place
from patchwatch.model.series import Patch, RevisionLink, Series
from patchwatch.model.terms import Measure, Source
from patchwatch.model.verdict import Effect, Finding, Verdict
from patchwatch.rules.base import Rule
from patchwatch.rules.borderline_size import BorderlineSize
from patchwatch.rules.bulk_ai_change import BulkAiChange
from patchwatch.rules.canary_taken import CanaryTaken
from patchwatch.rules.growth_without_deletion import GrowthWithoutDeletion
from patchwatch.rules.missing_cover_letter import MissingCoverLetter
from patchwatch.rules.missing_fixes_tag import MissingFixesTag
from patchwatch.rules.missing_reproducer import MissingReproducer
from patchwatch.rules.near_identical_tests import NearIdenticalTests
from patchwatch.rules.newcomer_issue_taken import NewcomerIssueTaken
from patchwatch.rules.oversized_ai_change import OversizedAiChange
from patchwatch.rules.replaced_template import ReplacedTemplate
from patchwatch.rules.stale_policy_source import StalePolicySource
from patchwatch.rules.unclear_series_story import UnclearSeriesStory
from patchwatch.rules.unnamed_mechanical_tool import UnnamedMechanicalTool
from patchwatch.rules.weakened_tests import WeakenedTests

FIXES = 'Fixes: 0f4c7e21aa90 ("hw/foo: add it")'
ISSUE = "Closes: https://forge.example.org/a/b/issues/4"


def marked(patch: Patch, *marks: Mark) -> Patch:
    return replace(patch, message=replace(patch.message, marks=marks))


def titled(*titles: str) -> Series:
    return make_series([make_patch(at, subject=title) for at, title in enumerate(titles, 1)])


def measured(rule: Rule, series: Series, *measures: Measure) -> Verdict:
    return judge(series, replace(policy_of(rule), measures=measures))


def skipped(rule: Rule, series: Series) -> list[str]:
    verdict = verdict_of(rule, series)
    assert verdict.findings == ()
    return [one.reason for one in verdict.skipped]


# oversized-ai-change, bulk-ai-change

LINES = Measure(name="lines", limit=20)
OVERSIZED = OversizedAiChange(measure="lines")


def declared(*added: int, tagged: Sequence[bool] = ()) -> Series:
    flags = tagged or [True] * len(added)
    return make_series(
        [
            make_patch(at, files=(make_file(f"hw/{at}.c", count),), trailers=(TAGGED,) if tag else ())
            for at, (count, tag) in enumerate(zip(added, flags, strict=True), 1)
        ]
    )


def test_each_patch_has_the_limit_of_its_own() -> None:
    assert measured(OVERSIZED, declared(20, 20), LINES).findings == ()
    (finding,) = measured(OVERSIZED, declared(20, 21), LINES).findings
    assert finding.effect is Effect.ASK
    assert [evidence.message_id for evidence in finding.evidence] == ["2@example.org"]


def test_a_measure_of_the_series_sums_only_what_is_declared() -> None:
    whole = replace(LINES, per="series")
    assert measured(OVERSIZED, declared(15, 15, tagged=[True, False]), whole).findings == ()
    (finding,) = measured(OVERSIZED, declared(15, 15), whole).findings
    assert "the declared part (2 patches)" in finding.message


def test_a_policy_without_the_measure_cannot_look() -> None:
    (one,) = measured(OVERSIZED, declared(99)).skipped
    assert "'lines'" in one.reason


def test_what_was_not_said_to_be_content_is_at_most_a_question() -> None:
    said = make_prose("Claude Code was used here.")
    series = make_series([make_patch(said=(said,), files=(make_file(added=99),))])
    policy = replace(policy_of(OVERSIZED, effect=Effect.DECLINE), measures=(LINES,))
    assert judge(series, replace(policy, exempt_uses=frozenset({"debugging"}))).findings[0].effect is Effect.ASK


def test_a_sum_over_a_persons_mail_is_at_most_a_question_and_unknown_without_a_database() -> None:
    author = replace(LINES, per="author")
    policy = replace(policy_of(OVERSIZED, effect=Effect.DECLINE), measures=(author,))
    (finding,) = judge(declared(99), policy).findings
    assert finding.effect is Effect.ASK
    verdict = judge(declared(9), policy)
    assert (verdict.findings, len(verdict.skipped)) == ((), 1)


def test_a_limit_without_scenario_has_a_border_too() -> None:
    series = make_series([make_patch(files=(make_file(added=24, code=18),), trailers=(TAGGED,))])
    (finding,) = measured(BorderlineSize(), series, LINES).findings
    assert "at the limit of 20 lines" in finding.message
    assert measured(OVERSIZED, series, LINES).findings == ()


def test_a_sentence_below_the_cut_that_speaks_of_itself_declares_no_part_of_the_change() -> None:
    said = make_prose("LLM generated explanations, may be wrong:", place=Place.BELOW_CUT, agent="LLM")
    assert found(BulkAiChange(), make_series([make_patch(said=(said,))])) == ()


def test_the_size_is_shown_by_role_and_above_the_limit_only() -> None:
    series = make_series([make_patch(files=(make_file(added=5), make_file("docs/a.rst", 3)), trailers=(TAGGED,))])
    assert [one.message for one in found(BulkAiChange(), series)] == [
        "AI content is declared for the patch: code +5 -0, docs +3 -0"
    ]
    assert found(BulkAiChange(limit=8), series) == ()
    assert found(BulkAiChange(limit=7), series) != ()


# unnamed-mechanical-tool, near-identical-tests


def test_a_tool_named_in_the_cover_letter_is_enough() -> None:
    patch = marked(make_patch(), Mark(MarkKind.REPEATED_EDIT, 10, 10))
    cover = make_cover()
    assert found(UnnamedMechanicalTool(), make_series([patch], cover=cover))
    named = replace(cover, marks=(Mark(MarkKind.TOOL_NAMED, line=1, quote="sed"),))
    assert found(UnnamedMechanicalTool(), make_series([patch], cover=named)) == ()


@pytest.mark.parametrize(("count", "of", "flagged"), [(14, 20, True), (13, 20, False), (19, 19, False)])
def test_ratio_and_number_of_hunks_come_from_the_policy(count: int, of: int, flagged: bool) -> None:
    patch = marked(make_patch(), Mark(MarkKind.REPEATED_EDIT, count, of))
    assert bool(found(UnnamedMechanicalTool(hunks=20), make_series([patch]))) is flagged


def test_a_revert_of_many_hunks_needs_no_tool() -> None:
    patch = marked(make_patch(subject='Revert "hw: rename it"'), Mark(MarkKind.REPEATED_EDIT, 10, 10))
    assert found(UnnamedMechanicalTool(), make_series([patch])) == ()


@pytest.mark.parametrize(("count", "of", "flagged"), [(9, 10, True), (8, 10, False), (5, 5, True)])
def test_nine_of_ten_new_tests_have_to_be_alike(count: int, of: int, flagged: bool) -> None:
    patch = marked(make_patch(), Mark(MarkKind.ALIKE_TESTS, count, of, 30, "+def test_a():"))
    assert quotes(NearIdenticalTests(), make_series([patch])) == (["+def test_a():"] if flagged else [])


# missing-fixes-tag, missing-reproducer


@pytest.mark.parametrize(
    "title", ["net: bar: fix a leak", "Fix the build", "bar: fixes for reset", "bar: Fixing a race"]
)
def test_a_verb_of_the_title_says_fix(title: str) -> None:
    assert found(MissingFixesTag(), titled(title))


@pytest.mark.parametrize(
    "title",
    [
        "clk: add a fixed-clock",
        "bar: use fixed size buffers",
        "net: prefix: rename it",
        "board: use IS_ENABLED in dk2_i2c1_fix",
        "bar: apply fixes only when needed",
        "bar: fix typo in log",
        "bar: fix two misspellings",
        "bar.8: (man) fix markup",
        "bar: fix warnings with W=1",
        "docs: fix the example",
        "",
    ],
)
def test_other_titles_say_nothing_about_a_bug(title: str) -> None:
    assert found(MissingFixesTag(), titled(title)) == ()


def test_all_fixes_of_a_series_are_one_finding() -> None:
    (finding,) = found(MissingFixesTag(), titled("a: fix x", "b: add y", "c: fix z"))
    assert [evidence.message_id for evidence in finding.evidence] == ["1@example.org", "3@example.org"]


def test_what_a_machine_picked_for_stable_is_not_asked_for_anything() -> None:
    assert found(MissingFixesTag(), replace(titled("a: fix x"), label="autosel")) == ()


def fix(*trailers: str, marks: tuple[Mark, ...] = ()) -> Patch:
    return marked(make_patch(subject="bar: fix a leak", trailers=(FIXES, *trailers)), *marks)


def test_only_a_fix_that_declares_itself_is_looked_at() -> None:
    assert found(MissingReproducer(), make_series([fix(TAGGED)]))
    assert found(MissingReproducer(), make_series([fix()])) == ()
    said = make_prose("Claude Code wrote the series.", uses=("content",), place=Place.COVER)
    assert found(MissingReproducer(), make_series([fix()], cover=make_cover(said=(said,)))) == ()


@pytest.mark.parametrize("seen", ["Reported-by: Jo Doe <jo@example.org>", ISSUE, "Resolves: #4"])
def test_a_bug_that_somebody_reported_was_seen(seen: str) -> None:
    assert found(MissingReproducer(), make_series([fix(seen, TAGGED)])) == ()


def test_a_report_by_a_tool_is_not_a_person_who_saw_it() -> None:
    assert found(MissingReproducer(), make_series([fix("Reported-by: Claude:claude-opus-4-6", TAGGED)]))


def test_a_reproducer_anywhere_in_the_posting_is_enough() -> None:
    mark = Mark(MarkKind.REPRODUCER, line=3, quote="Tested.")
    assert found(MissingReproducer(), make_series([fix(TAGGED, marks=(mark,))])) == ()
    cover = replace(make_cover(), marks=(mark,))
    assert found(MissingReproducer(), make_series([fix(TAGGED)], cover=cover)) == ()
    tests = make_patch(2, files=(make_file("tests/a.c"),))
    assert found(MissingReproducer(), make_series([fix(TAGGED), tests])) == ()


# newcomer-issue-taken


@pytest.mark.parametrize(
    ("line", "flagged"),
    [
        (f"{ISSUE} (good first issue)", True),
        (f"{ISSUE} [Good-First-Issue]", True),
        (f"{ISSUE} (not a good first issuer)", False),
        ("Closes: https://forge.example.org/good-first-issue/4", False),
        ("Acked-by: https://forge.example.org/a/b/issues/4 good first issue", False),
    ],
)
def test_a_label_is_read_on_the_line_of_the_issue_alone(line: str, flagged: bool) -> None:
    verdict = verdict_of(NewcomerIssueTaken(), make_series([make_patch(trailers=(line, TAGGED))]))
    assert (bool(verdict.findings), bool(verdict.skipped)) == (flagged, not flagged)


def test_labels_come_from_the_policy() -> None:
    series = make_series([make_patch(trailers=(f"{ISSUE} easy", TAGGED))])
    assert quotes(NewcomerIssueTaken(labels=("easy",)), series) == [f"{ISSUE} easy"]


# missing-cover-letter, unclear-series-story


def answering(parent: str) -> Series:
    series = titled("a", "b")
    first = series.patches[0]
    return replace(
        series, patches=(replace(first, message=replace(first.message, in_reply_to=(parent,))), series.patches[1])
    )


def test_patches_that_answer_what_is_known_came_without_a_cover_letter() -> None:
    link = RevisionLink(revision=1, id="old@example.org", evidence="reply")
    assert found(MissingCoverLetter(), replace(answering("old@example.org"), earlier=(link,)))
    known = make_message("q@example.org", files=())
    assert found(MissingCoverLetter(), replace(answering("q@example.org"), followups=(known,)))


def test_patches_that_answer_an_unknown_mail_may_have_one() -> None:
    assert skipped(MissingCoverLetter(), answering("gone@example.org")) != []


def test_an_incomplete_series_may_have_one() -> None:
    assert skipped(MissingCoverLetter(), make_series([make_patch(2)], missing=(1,))) != []


def test_the_number_of_patches_that_want_one_comes_from_the_policy() -> None:
    assert found(MissingCoverLetter(min=3), titled("a", "b")) == ()
    assert found(MissingCoverLetter(min=3), titled("a", "b", "c"))
    assert found(MissingCoverLetter(min=1), titled("a"))


@pytest.mark.parametrize(
    "title", ["fix", "net: fixes", "Misc updates", "WIP", "address review comments: fix it", "v2: minor changes"]
)
def test_a_subject_of_empty_words_says_nothing(title: str) -> None:
    assert found(UnclearSeriesStory(), titled(title))


@pytest.mark.parametrize(
    "title",
    ["net: fix reset", "doc: fix block markers (::)", "MAINTAINERS: replace A with N:", "update comments", "", ": "],
)
def test_one_word_that_says_something_is_enough(title: str) -> None:
    assert found(UnclearSeriesStory(), titled(title)) == ()


def test_a_fixup_alone_is_for_the_maintainer() -> None:
    assert found(UnclearSeriesStory(), titled("fixup! net: fix reset")) == ()
    assert found(UnclearSeriesStory(), titled("net: fix reset", "Squash! net: fix reset"))


def test_a_revert_counts_only_after_what_it_reverts() -> None:
    assert found(UnclearSeriesStory(), titled("a: b c", 'Revert "a: b c"'))
    assert found(UnclearSeriesStory(), titled('Revert "a: b c"', "a: b c")) == ()


# growth-without-deletion, weakened-tests


def test_growth_is_code_and_nothing_else() -> None:
    files = (make_file("hw/a.c", 60), make_file("Makefile", 40), make_file("tests/a.c", 900), make_file("a.rst", 900))
    assert found(GrowthWithoutDeletion(), make_series([make_patch(files=files)])) == ()
    assert found(GrowthWithoutDeletion(min=99), make_series([make_patch(files=files)]))


def test_one_line_removed_anywhere_is_a_deletion() -> None:
    patches = [make_patch(files=(make_file(added=200),)), make_patch(2, files=(make_file("a.rst", 0, 1),))]
    assert found(GrowthWithoutDeletion(), make_series(patches)) == ()


def test_what_is_missing_or_unreadable_may_remove_lines() -> None:
    large = make_patch(files=(make_file(added=200),))
    assert skipped(GrowthWithoutDeletion(), make_series([large], missing=(2,))) != []
    broken = make_patch(files=(make_file(added=200),), defects=(Defect(kind=DefectKind.DIFF, detail="torn"),))
    assert skipped(GrowthWithoutDeletion(), make_series([broken])) != []


def changing(code: tuple[int, int], tests: tuple[int, int], at: int = 1) -> Patch:
    return make_patch(at, files=(make_file("hw/a.c", *code), make_file("tests/a.c", *tests)))


def test_tests_that_shrink_beside_growing_code_are_told_with_their_number() -> None:
    (finding,) = found(WeakenedTests(), make_series([changing((5, 1), (1, 4))]))
    assert "removes 3 more test lines than it adds" in finding.message


@pytest.mark.parametrize(
    "patches",
    [
        [changing((5, 1), (4, 4))],
        [changing((1, 5), (0, 4))],
        [changing((0, 0), (0, 4))],
        [changing((5, 1), (0, 4)), changing((1, 0), (4, 0), at=2)],
        [make_patch(1, files=(make_file("hw/a.c", 5),)), make_patch(2, files=(make_file("tests/a.c", 0, 9),))],
    ],
    ids=["as many", "less code", "no code", "moved to another patch", "in a patch of their own"],
)
def test_other_changes_of_tests_weaken_nothing(patches: list[Patch]) -> None:
    assert found(WeakenedTests(), make_series(patches)) == ()


def test_blank_and_comment_lines_are_no_tests() -> None:
    tests = replace(make_file("tests/a.c", 0, 9), code_removed=0)
    assert found(WeakenedTests(), make_series([make_patch(files=(make_file(), tests))])) == ()


def test_a_missing_patch_may_hold_the_tests() -> None:
    assert skipped(WeakenedTests(), make_series([changing((5, 1), (0, 4))], missing=(2,))) != []


def test_a_skip_counts_beside_code_only() -> None:
    skip = Mark(MarkKind.TEST_SKIP, line=20, quote="+@pytest.mark.skip")
    both = marked(changing((5, 1), (1, 0)), skip)
    alone = marked(make_patch(files=(make_file("tests/a.py", 1),)), skip)
    assert quotes(WeakenedTests(), make_series([both])) == ["+@pytest.mark.skip"]
    assert found(WeakenedTests(), make_series([alone])) == ()


# replaced-template, canary-taken, stale-policy-source

TEMPLATE = ReplacedTemplate(headings=("What changes", "Checklist"))


def test_only_the_missing_headings_are_named() -> None:
    patch = marked(make_patch(), Mark(MarkKind.HEADING, line=1, quote="### what  Changes: ###"))
    (finding,) = found(TEMPLATE, make_series([patch]))
    assert finding.message.endswith('the template: "Checklist"')


def test_a_cover_letter_is_the_description() -> None:
    headings = tuple(Mark(MarkKind.HEADING, line=1, quote=f"# {name}") for name in TEMPLATE.headings)
    cover = replace(make_cover(), marks=headings)
    assert found(TEMPLATE, make_series([make_patch()], cover=cover)) == ()
    assert found(TEMPLATE, make_series([marked(make_patch(), *headings)], cover=make_cover()))


def test_a_description_that_cannot_be_read_is_not_judged() -> None:
    broken = make_patch(defects=(Defect(kind=DefectKind.ENCODING, detail="broken"),))
    assert skipped(TEMPLATE, make_series([broken])) != []


def test_a_sign_is_compared_without_case_and_an_empty_one_finds_nothing() -> None:
    assert quotes(CanaryTaken(text="BEEP"), titled("hw: beep")) == ["Subject: [PATCH 1] hw: beep"]
    assert found(CanaryTaken(text=""), titled("hw: beep")) == ()


def stale(days: int, *read: str) -> tuple[Finding, ...]:
    sources = tuple(Source(url="https://example.org/policy", retrieved=day) for day in read)
    return judge(make_series(), replace(policy_of(StalePolicySource(days=days)), sources=sources)).findings


def test_a_text_is_stale_one_day_after_its_days() -> None:
    assert DAY.date().isoformat() == "2026-09-14"
    assert stale(10, "2026-09-04") == ()
    (finding,) = stale(9, "2026-09-04")
    assert "2026-09-04, 10 days before" in finding.message


def test_the_oldest_reading_counts_and_an_unknown_one_does_not() -> None:
    assert stale(10, "2026-09-10", "") == ()
    assert stale(10, "2026-09-10", "2026-01-01") != ()
    assert stale(10) == ()
