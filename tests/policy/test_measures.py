# SPDX-License-Identifier: GPL-2.0-or-later
"""Sizes that leave lines out or look at an author's earlier patches, and what the text says follows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from builders_mail import LOG, read_mail
from builders_series import DAY, SIGNED, make_file, make_patch, make_series, make_trailer
from patchwatch.assemble.series import assemble
from patchwatch.engine import judge, with_terms
from patchwatch.model.history import DeclaredPatch, Figures, History, ListFacts, Posting, window_of
from patchwatch.model.mail import Mark, MarkKind, Message
from patchwatch.model.series import Series
from patchwatch.model.terms import Consequence, Discretion, Measure, Scenario, WaiverTerms, When
from patchwatch.model.verdict import Effect, Outcome, Suggestion, Verdict
from patchwatch.parse.diff import scan_diff
from patchwatch.parse.disclosure import trailer_disclosures
from patchwatch.parse.measures import lines_left
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy, RuleUse
from patchwatch.rules.base import load_rule

MOVED = """\
diff --git a/hw/foo.c b/hw/foo.c
--- a/hw/foo.c
+++ b/hw/foo.c
@@ -1,5 +1,3 @@ start
 int first;
-int moved_one;
-int moved_two;
 int second;
 int third;
@@ -20,3 +18,6 @@ end
 int last;
+int moved_one;
+int moved_two;
+int really_new;
 /* x */
 }
"""
RESPACED = """\
diff --git a/hw/foo.c b/hw/foo.c
--- a/hw/foo.c
+++ b/hw/foo.c
@@ -1,3 +1,3 @@
 {
-int value = 1;
+\tint value = 1;
 }
"""
REPEATED = "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n" + "".join(
    f"@@ -{n},3 +{n},3 @@\n int before{n};\n-old_call(thing{n});\n+new_call(thing{n});\n int after{n};\n"
    for n in (1, 11, 21)
)


def counted(lines: list[str] | None) -> list[tuple[int, int, int]]:
    assert lines is not None
    diff, _ = scan_diff(lines)
    assert all("changes nothing" in problem for problem in diff.problems)
    return [(change.added, change.removed, change.code_added) for change in diff.files]


@pytest.mark.parametrize(
    ("diff", "ignore", "left"),
    [
        (MOVED, (), (3, 2, 3)),
        (MOVED, ("whitespace-only", "repeated-edit"), (3, 2, 3)),
        (MOVED, ("moved",), (1, 0, 1)),
        (RESPACED, ("moved",), (1, 1, 1)),
        (RESPACED, ("whitespace-only",), (0, 0, 0)),
        (REPEATED, ("moved", "whitespace-only"), (3, 3, 3)),
        (REPEATED, ("repeated-edit",), (0, 0, 0)),
    ],
)
def test_ignored_lines_are_counted_as_unchanged_ones(
    diff: str, ignore: Sequence[str], left: tuple[int, int, int]
) -> None:
    assert counted(lines_left(diff.split("\n"), ignore)) == [left]


def test_diff_that_does_not_fit_its_numbers_cannot_be_reduced() -> None:
    assert lines_left(MOVED.replace("+int really_new;\n", "").split("\n"), ["moved"]) is None


def policy(measure: Measure, *more: Scenario) -> Policy:
    """Make a text that takes small changes, and declines all others."""
    uses = tuple(
        RuleUse(rule=load_rule(name)(), effect=Effect.DECLINE, clause="https://example.org/p", why="w")
        for name in ("outside-allowed-scenario", "borderline-size")
    )
    scenarios = (Scenario("small", "allow", measure=measure.name), *more, Scenario("rest", "decline"))
    none = load_policies().get("none", None)
    return replace(none, ref=replace(none.ref, id="toy"), measures=(measure,), scenarios=scenarios, rules=uses)


def moved_series() -> tuple[Series, dict[str, list[str]]]:
    body = f"It moves.\n\nAssisted-by: LLM\n{LOG.splitlines()[-1]}\n---\n hw/foo.c | 5 +++--\n\n{MOVED}"
    message = read_mail(body=body)
    (series,) = assemble([message])
    return series, {message.blob: body.split("\n")}


def test_ignored_lines_are_left_out_where_the_text_is_at_hand() -> None:
    measure = Measure(name="tiny", count="added", limit=1, ignore=("moved",))
    series, texts = moved_series()
    read = lambda mail: texts.get(mail.blob)  # noqa: E731 - one word for both calls
    assert judge(series, policy(measure), text_of=read).outcome is Outcome.READY
    everything = replace(measure, ignore=())
    assert judge(series, policy(everything), text_of=read).outcome is Outcome.DECLINE


def test_without_the_text_nothing_is_made_up() -> None:
    measure = Measure(name="tiny", count="added", limit=1, ignore=("moved", "whitespace-only"))
    series, _ = moved_series()
    verdict = judge(series, policy(measure))
    assert verdict.outcome is Outcome.ASK
    (found,) = verdict.findings
    assert found.rule == "borderline-size"
    assert "moved and whitespace-only lines are counted too: the text of the mail is not at hand" in found.message
    large = replace(measure, limit=50)
    assert judge(series, policy(large)).outcome is Outcome.READY  # fewer lines would be within it too


def tagged(lines: int) -> Series:
    return make_series([make_patch(trailers=("Assisted-by: LLM", SIGNED), files=(make_file(added=lines),))])


def posting(days: int, lines: int, *, said_it: bool = True) -> Posting:
    """Make an earlier series with so many declared lines, so many days before the series of the tests."""
    id_ = f"old{days}@example.org"
    said = trailer_disclosures([make_trailer("Assisted-by: LLM")])
    declared = DeclaredPatch(
        message_id=id_, files=(make_file(added=lines),), added=lines, disclosures=tuple(said) if said_it else ()
    )
    return Posting(
        id=id_,
        root=id_,
        head_id=id_,
        list_id="",
        project="toy",
        date=DAY - timedelta(days=days),
        revision=1,
        subject="[PATCH] old",
        added=lines,
        declared=(declared,),
    )


def history(*days: int, lines: int = 10) -> History:
    """Know of earlier series of so many days before."""
    person = tuple(posting(n, lines) for n in sorted(days, reverse=True))
    figures = Figures(*window_of(DAY), ListFacts())
    return History(
        date=DAY, list_id="", project="toy", root="1@example.org", figures=figures, person=person, before=len(person)
    )


AUTHOR = Measure(name="sum", count="added", limit=25, per="author", window_days=30)


@pytest.mark.parametrize(
    ("lines", "known", "outcome"),
    [
        (10, history(), Outcome.READY),
        (10, history(5), Outcome.READY),
        (10, history(5, 8), Outcome.ASK),  # 30 lines: over, but a sum over a person is at most a question
        (10, history(5, 80), Outcome.READY),  # the other one is out of the window
        (30, history(), Outcome.ASK),
    ],
)
def test_sums_of_an_author_need_a_database_and_are_at_most_a_question(
    lines: int, known: History, outcome: Outcome
) -> None:
    assert judge(tagged(lines), policy(AUTHOR), known=True, history=known).outcome is outcome


def test_earlier_patches_without_ai_content_are_not_summed() -> None:
    known = history(5, 8)
    quiet = replace(known, person=tuple(posting(n, 10, said_it=False) for n in (8, 5)))
    assert judge(tagged(10), policy(AUTHOR), known=True, history=known).outcome is Outcome.ASK
    assert judge(tagged(10), policy(AUTHOR), known=True, history=quiet).outcome is Outcome.READY


def test_sum_of_an_author_without_a_database_is_not_known() -> None:
    verdict = judge(tagged(10), policy(AUTHOR))
    assert verdict.outcome is Outcome.ASK
    assert "the author's earlier patches of the 30 days before are not known here" in verdict.findings[0].message


@pytest.mark.parametrize(("known", "outcome"), [(None, Outcome.ASK), (history(5), Outcome.DECLINE)])
def test_first_time_is_known_from_a_database_only(known: History | None, outcome: Outcome) -> None:
    first = Scenario("first", "allow", when=When(first_time=True))
    never = Measure(name="never", limit=1)
    assert judge(tagged(10), policy(never, first), history=known).outcome is outcome


@pytest.mark.parametrize(
    ("marks", "outcome"),
    [
        ((), Outcome.ASK),
        ((MarkKind.TOOL_NAMED,), Outcome.ASK),
        ((MarkKind.REPEATED_EDIT,), Outcome.ASK),
        ((MarkKind.TOOL_NAMED, MarkKind.REPEATED_EDIT), Outcome.READY),
    ],
)
def test_mechanical_is_sure_only_with_a_named_tool_and_equal_edits(marks: Sequence[MarkKind], outcome: Outcome) -> None:
    series = tagged(50)
    patch = series.patches[0]
    message = replace(patch.message, marks=tuple(Mark(kind) for kind in marks))
    series = replace(series, patches=(replace(patch, message=message),))
    mechanical = Scenario("mechanical", "allow", when=When(kind=("mechanical",)))
    assert judge(series, policy(Measure(name="never", limit=1), mechanical)).outcome is outcome


def following(*outcomes: Consequence) -> Policy:
    base = policy(Measure(name="never", limit=1))
    discretion = (Discretion(("net/**",), ("extra-testing",)), Discretion(("hw/**",), ("lower-priority",)))
    return replace(base, outcomes=outcomes, discretion=discretion, waiver=WaiverTerms(("core",), own=False))


SCENARIO = "outside-allowed-scenario"


@pytest.mark.parametrize(
    ("consequence", "said"),
    [
        (Consequence("close"), (Suggestion("close", (SCENARIO,)),)),
        (Consequence("close", rules=("missing-sign-off",)), ()),
        (Consequence("close", effects=("ask",)), ()),
        (Consequence("close", rules=(SCENARIO,), effects=("decline",)), (Suggestion("close", (SCENARIO,)),)),
    ],
)
def test_what_follows_is_said(consequence: Consequence, said: tuple[Suggestion, ...]) -> None:
    assert judge(tagged(10), following(consequence)).suggest == said


@pytest.mark.parametrize(("known", "said"), [(None, 1), (history(5), 0), (history(5, 8), 1), (history(5, 90), 0)])
def test_repetition_that_is_not_known_is_said_as_a_condition(known: History | None, said: int) -> None:
    third = Consequence("close-as-spam", repeated=3, days=30)
    found = judge(tagged(10), following(third), history=known).suggest
    assert len(found) == said
    for one in found:
        assert one.unless_known.startswith("if at least 3 series of the author within 30 days had such findings")


def test_waived_findings_have_no_consequences() -> None:
    verdict = judge(tagged(10), following(Consequence("close")))
    (finding,) = verdict.findings
    waived = replace(verdict, findings=(replace(finding, waived=True),))
    assert with_terms(waived, tagged(10), following(Consequence("close", effects=("decline",)))).suggest == ()


def test_discretion_is_that_of_the_files_and_waivers_come_with_effects() -> None:
    verdict = judge(tagged(10), following())
    assert [one.may for one in verdict.discretion] == [("lower-priority",)]
    assert verdict.waiver == WaiverTerms(("core",), own=False)
    silent = judge(make_series(), following())
    assert (silent.discretion, silent.waiver, silent.suggest) == ((), None, ())


def test_terms_can_be_said_again_from_a_stored_verdict() -> None:
    text = following(Consequence("close"))
    verdict = judge(tagged(10), text)
    stored: Verdict = replace(verdict, suggest=(), discretion=(), waiver=None)
    assert with_terms(stored, tagged(10), text) == verdict


def unread(_: Message) -> None:
    return None


def test_a_mail_that_cannot_be_read_again_is_like_no_text() -> None:
    measure = Measure(name="tiny", count="added", limit=1, ignore=("moved",))
    assert judge(moved_series()[0], policy(measure), text_of=unread).outcome is Outcome.ASK
