# SPDX-License-Identifier: GPL-2.0-or-later
"""Outcomes, effects and their limits."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_series import (
    DAY,
    IVO,
    SIGNED,
    TAGGED,
    make_cover,
    make_file,
    make_message,
    make_patch,
    make_prose,
    make_reply,
    make_series,
)
from patchwatch.engine import MAX_FINDINGS, judge, outcome_of, sizes_of
from patchwatch.model.diff import Role
from patchwatch.model.mail import Defect, DefectKind, Person, Place
from patchwatch.model.series import Patch, Series
from patchwatch.model.terms import When
from patchwatch.model.verdict import Effect, Finding, Level, Outcome, Part, Verdict
from patchwatch.parse.disclosure import person_disclosures
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy, RuleUse
from patchwatch.rules.base import load_rule

POLICIES = load_policies()
SPECS = ("linux@7.0", "linux@7.3", "qemu@2025-06", "qemu@2026-05-v2", "none")
FIX = 'Fixes: 0f4c7e21aa90 ("hw/foo: add the device")'
BROKEN = Defect(kind=DefectKind.DIFF, detail="the hunk is too short")


def policy(spec: str) -> Policy:
    return POLICIES.get(spec, None)


def said(verdict: Verdict) -> dict[str, Effect]:
    return {finding.rule: finding.effect for finding in verdict.findings}


def only(spec: str, rule_id: str, effect: Effect, **changes: object) -> Policy:
    """Take a shipped policy's words with one rule of our own."""
    use = RuleUse(rule=load_rule(rule_id)(), effect=effect, clause="https://example.org/policy", why="because")
    return replace(policy(spec), rules=(replace(use, **changes),))  # type: ignore[arg-type]  # fields of RuleUse


def disclosed_fix() -> Series:
    return make_series([make_patch(trailers=(FIX, TAGGED, SIGNED))])


@pytest.mark.parametrize(
    ("spec", "outcome", "effects"),
    [
        ("linux@7.0", Outcome.READY, {"bulk-ai-change": Effect.NONE, "sparse-disclosure": Effect.NONE}),
        ("linux@7.3", Outcome.READY, {"bulk-ai-change": Effect.NONE, "sparse-disclosure": Effect.NONE}),
        ("qemu@2025-06", Outcome.DECLINE, {"declared-ai-content": Effect.DECLINE}),
        (
            "qemu@2026-05-v2",
            Outcome.READY,
            {
                "undisclosed-ai": Effect.NONE,
                "forbidden-disclosure-tag": Effect.NONE,
                "unadopted-policy": Effect.NONE,
            },
        ),
        ("none", Outcome.READY, {}),
    ],
)
def test_one_disclosed_fix_under_five_texts(spec: str, outcome: Outcome, effects: dict[str, Effect]) -> None:
    verdict = judge(disclosed_fix(), policy(spec))
    assert verdict.outcome is outcome
    assert said(verdict) == effects


def test_findings_of_a_proposal_say_so() -> None:
    verdict = judge(disclosed_fix(), policy("qemu@2026-05-v2"))
    messages = {finding.rule: finding.message for finding in verdict.findings}
    assert messages["undisclosed-ai"].startswith("under the proposal: ")
    assert messages["unadopted-policy"].startswith("the text is proposed")


def test_a_policy_without_rules_finds_a_plain_series_ready() -> None:
    assert judge(make_series(), policy("none")).outcome is Outcome.READY


@pytest.mark.parametrize("spec", SPECS)
def test_missing_patch_is_undetermined_under_every_policy(spec: str) -> None:
    assert judge(make_series([make_patch()], missing=(2,)), policy(spec)).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("spec", SPECS)
def test_unreadable_patch_is_undetermined_under_every_policy(spec: str) -> None:
    assert judge(make_series([make_patch(defects=(BROKEN,))]), policy(spec)).outcome is Outcome.UNDETERMINED


def test_unknown_number_of_patches_is_undetermined() -> None:
    series = replace(make_series(), expected=None)
    assert judge(series, policy("none")).outcome is Outcome.UNDETERMINED


def test_missing_patches_of_a_young_series_may_still_arrive() -> None:
    series = make_series([make_patch()], missing=(2, 3))
    young = judge(series, policy("none"), known=True, as_of=DAY + timedelta(hours=23)).findings[0].message
    old = judge(series, policy("none"), known=True, as_of=DAY + timedelta(hours=25)).findings[0].message
    assert young == "of 3 patches, number 2, 3 are not on the known lists; they may still arrive"
    assert old == "of 3 patches, number 2, 3 are not on the known lists"


def test_what_no_text_decides_is_not_said_under_the_proposal() -> None:
    series = make_series([make_patch(defects=(BROKEN,))], missing=(2,))
    messages = [f.message for f in judge(series, policy("qemu@2026-05-v2")).findings]
    assert not any(message.startswith("under the proposal") for message in messages)
    assert len(messages) == 3


def test_reasons_of_an_unreadable_patch_are_counted_after_three() -> None:
    defects = [Defect(kind=DefectKind.DIFF, detail=f"line {n} is odd") for n in range(9)]
    (found,) = judge(make_series([make_patch(defects=defects)]), policy("none")).findings
    assert found.message.endswith("diff: line 2 is odd; and 6 more)")


def test_established_decline_beats_missing_patches() -> None:
    series = make_series([make_patch(trailers=(TAGGED, SIGNED))], missing=(2,))
    assert judge(series, policy("qemu@2025-06")).outcome is Outcome.DECLINE


def test_missing_patches_beat_a_prototype_label() -> None:
    series = make_series([make_patch()], missing=(2,), label="rfc")
    assert judge(series, policy("linux@7.3")).outcome is Outcome.UNDETERMINED


def test_prototype_label_beats_a_question_and_lists_it() -> None:
    verdict = judge(make_series([make_patch(trailers=())], label="rfc"), policy("linux@7.3"))
    assert verdict.outcome is Outcome.PROTOTYPE
    assert said(verdict) == {"missing-sign-off": Effect.ASK}


def test_label_of_a_policy_without_prototype_labels_means_nothing() -> None:
    silent = replace(policy("linux@7.3"), labels=())
    assert judge(make_series([make_patch(trailers=())], label="rfc"), silent).outcome is Outcome.ASK


def test_resend_is_no_prototype() -> None:
    assert judge(make_series(label="resend"), policy("linux@7.3")).outcome is Outcome.READY


def finding(level: Level, effect: Effect, *, waived: bool = False) -> Finding:
    return Finding(rule="r", level=level, effect=effect, message="", evidence=(), clause="", waived=waived)


def test_waived_findings_do_not_count() -> None:
    waived = [finding(Level.FACT, Effect.DECLINE, waived=True), finding(Level.UNKNOWN, Effect.NONE, waived=True)]
    assert outcome_of(waived, prototype=False) is Outcome.READY
    assert outcome_of([*waived, finding(Level.FACT, Effect.ASK)], prototype=False) is Outcome.ASK


def test_only_facts_decide() -> None:
    assert outcome_of([finding(Level.INFO, Effect.DECLINE)], prototype=False) is Outcome.READY


def test_prose_without_a_use_is_a_question_under_a_ban() -> None:
    series = make_series([make_patch(said=[make_prose("I used Claude Code.")])])
    verdict = judge(series, policy("qemu@2025-06"))
    assert verdict.outcome is Outcome.ASK
    assert said(verdict) == {"declared-ai-content": Effect.ASK}


def test_exempt_use_is_no_content_under_a_ban() -> None:
    series = make_series([make_patch(said=[make_prose("Claude found the crash.", uses=("debugging", "analysis"))])])
    assert judge(series, policy("qemu@2025-06")).outcome is Outcome.READY


def test_exempt_and_unknown_use_together_stay_a_question() -> None:
    series = make_series([make_patch(said=[make_prose("Claude helped.", uses=("debugging", "unknown"))])])
    assert judge(series, policy("qemu@2025-06")).outcome is Outcome.ASK


def test_named_content_beside_an_unknown_use_is_content() -> None:
    series = make_series([make_patch(said=[make_prose("Claude helped.", uses=("content", "unknown"))])])
    assert judge(series, policy("qemu@2025-06")).outcome is Outcome.DECLINE


def test_decline_without_a_reason_is_a_question() -> None:
    series = make_series([make_patch(trailers=(TAGGED, SIGNED))])
    assert judge(series, only("qemu@2025-06", "declared-ai-content", Effect.DECLINE)).outcome is Outcome.DECLINE
    assert judge(series, only("qemu@2025-06", "declared-ai-content", Effect.DECLINE, why="")).outcome is Outcome.ASK


def test_unknown_never_has_an_effect_whatever_the_policy_says() -> None:
    verdict = judge(make_series([make_patch()], missing=(2,)), only("none", "incomplete-series", Effect.DECLINE))
    assert [(f.level, f.effect) for f in verdict.findings] == [(Level.UNKNOWN, Effect.NONE)]


def test_condition_keeps_only_the_evidence_it_holds_for() -> None:
    patches = [make_patch(1, trailers=(TAGGED, FIX, SIGNED)), make_patch(2, trailers=(TAGGED, SIGNED))]
    fixes = only("qemu@2025-06", "declared-ai-content", Effect.ASK, when=When(kind=("bug-fix",)))
    (found,) = judge(make_series(patches), fixes).findings
    assert [evidence.message_id for evidence in found.evidence] == ["1@example.org"]


def test_condition_that_cannot_be_known_skips_the_rule_with_a_reason() -> None:
    first = only("qemu@2025-06", "declared-ai-content", Effect.DECLINE, when=When(first_time=True))
    verdict = judge(disclosed_fix(), first)
    assert verdict.findings == ()
    assert [skipped.rule for skipped in verdict.skipped] == ["declared-ai-content"]


def test_findings_are_capped_and_counted_but_all_decide() -> None:
    patches = [make_patch(n, trailers=()) for n in range(1, MAX_FINDINGS + 31)]
    patches.append(make_patch(MAX_FINDINGS + 31, trailers=("Signed-off-by: GitHub Copilot <copilot@github.com>",)))
    uses = (
        *only("linux@7.3", "missing-sign-off", Effect.ASK).rules,
        *only("linux@7.3", "agent-sign-off", Effect.DECLINE).rules,
    )
    verdict = judge(make_series(patches), replace(policy("linux@7.3"), rules=uses))
    assert len(verdict.findings) == MAX_FINDINGS
    assert verdict.outcome is Outcome.DECLINE
    assert verdict.findings[-1].rule == "agent-sign-off"
    assert [(s.rule, s.reason) for s in verdict.skipped] == [("missing-sign-off", "32 more findings are not listed")]


def test_questions_are_asked_only_when_ai_content_is_declared() -> None:
    assert judge(make_series(), policy("linux@7.3")).human == ()
    assert [q.id for q in judge(disclosed_fix(), policy("linux@7.3")).human] == ["defend", "meaningful"]


def test_question_of_a_scenario_comes_with_that_scenario() -> None:
    fix = make_series([make_patch(trailers=(FIX, "AI-used-for: code", SIGNED))])
    tests = make_series([make_patch(trailers=("AI-used-for: tests", SIGNED), files=(make_file("tests/foo-test.c"),))])
    assert [q.id for q in judge(fix, policy("qemu@2026-05-v2")).human] == ["explains"]
    assert [q.id for q in judge(tests, policy("qemu@2026-05-v2")).human] == ["test-fails", "docs-facts"]


def test_sizes_list_all_roles_and_each_file() -> None:
    patch = make_patch(files=(make_file("hw/foo.c", 3, 1), make_file("docs/foo.rst", 7), make_file("hw/bar.c", 1)))
    (size,) = sizes_of(make_series([patch]), policy("linux@7.3"))
    assert size.roles == (Role.CODE, Role.DOCS, Role.CODE)
    assert size.by_role == (
        (Role.CODE, 4, 1),
        (Role.TESTS, 0, 0),
        (Role.DOCS, 7, 0),
        (Role.GENERATED, 0, 0),
        (Role.BUILD, 0, 0),
    )


def test_clause_is_that_of_the_rule_else_the_first_source() -> None:
    verdict = judge(make_series([make_patch(trailers=())], missing=(2,)), policy("linux@7.3"))
    clauses = {f.rule: f.clause for f in verdict.findings}
    assert "submitting-patches" in clauses["missing-sign-off"]
    assert clauses["incomplete-series"].startswith("https://git-scm.com/")
    declined = judge(disclosed_fix(), policy("qemu@2025-06"))
    assert declined.findings[0].clause == "https://www.qemu.org/docs/master/devel/code-provenance.html"


LINES = st.sampled_from(
    [
        SIGNED,
        TAGGED,
        FIX,
        "Assisted-by: LLM",
        "AI-used-for: code (prototype), tests",
        "AI-used-for: whatever",
        "AI-used-for: none",
        "Co-developed-by: Claude <noreply@anthropic.com>",
        "Signed-off-by: GitHub Copilot <copilot@github.com>",
        "Reviewed-by: Ivo Kranz <ivo@example.com>",
        "Assisted-by:",
    ]
)
PROSE = st.builds(
    make_prose,
    st.sampled_from(["I used Claude Code.", "A prototype made with Claude Code."]),
    uses=st.sets(st.sampled_from(["unknown", "content", "debugging", "spelling"])).map(tuple),
    place=st.sampled_from([Place.BODY, Place.BELOW_CUT]),
)
FILES = st.builds(
    make_file,
    st.sampled_from(["hw/foo.c", "tests/foo.c", "docs/a.rst"]),
    st.integers(0, 30),
    st.integers(0, 30),
    st.none() | st.just(0),
)


@st.composite
def any_series(draw: st.DrawFn) -> Series:
    count = draw(st.integers(1, 3))
    patches = [
        make_patch(
            n,
            trailers=draw(st.lists(LINES, max_size=4)),
            said=draw(st.lists(PROSE, max_size=2)),
            files=draw(st.lists(FILES, max_size=3)),
            defects=draw(st.sampled_from([(), (BROKEN,)])),
            subject=draw(st.sampled_from(["hw/foo: fix a leak", "hw/foo: add a channel"])),
        )
        for n in range(1, count + 1)
    ]
    cover = draw(st.none() | st.builds(make_cover, trailers=st.lists(LINES, max_size=2)))
    replies = draw(st.lists(st.builds(make_reply, said=st.lists(PROSE, max_size=1)), max_size=1))
    missing = draw(st.sampled_from([(), (count + 1,)]))
    label = draw(st.sampled_from([None, "rfc", "resend"]))
    return make_series(patches, cover=cover, followups=replies, missing=missing, label=label)


@given(any_series(), st.sampled_from(SPECS))
def test_judging_is_repeatable_and_only_facts_have_effects(series: Series, spec: str) -> None:
    verdict = judge(series, policy(spec))
    assert judge(series, policy(spec)) == verdict
    assert len(verdict.sizes) == len(series.patches)
    if not series.complete or any(m.unreadable for m in series.messages):
        assert verdict.outcome in (Outcome.UNDETERMINED, Outcome.DECLINE)
    for found in verdict.findings:
        assert found.evidence
        assert found.clause.startswith("https://")
        if found.level is not Level.FACT or not policy(spec).binding:
            assert found.effect is Effect.NONE


def test_reply_of_somebody_else_declares_nothing() -> None:
    guess = make_reply(sender=IVO, said=[make_prose("Presumably written with Claude Code?", place=Place.REPLY)])
    own = make_reply(said=[make_prose("Written with Claude Code.", uses=("content",), place=Place.REPLY)])
    assert judge(make_series(followups=[guess]), policy("qemu@2025-06")).outcome is Outcome.READY
    # Of which patch, only a person can read in a discussion: that is asked, and never decides alone.
    assert judge(make_series(followups=[own]), policy("qemu@2025-06")).outcome is Outcome.ASK


def test_message_kinds_of_a_series_without_cover_are_patches() -> None:
    only_covers = only("qemu@2025-06", "declared-ai-content", Effect.DECLINE, when=When(message_kind=("cover",)))
    assert judge(disclosed_fix(), only_covers).findings == ()
    cover = make_cover(said=[make_prose("Written with Claude Code.", uses=("content",), place=Place.COVER)])
    assert judge(make_series(cover=cover), only_covers).outcome is Outcome.DECLINE


def test_agent_as_author_is_declared_content() -> None:
    header = tuple(person_disclosures([("From", Person("Copilot", "copilot@github.com"))]))
    message = replace(make_message("a@example.org"), disclosures=header)
    (found,) = judge(make_series([Patch(position=1, message=message)]), policy("qemu@2025-06")).findings
    assert found.effect is Effect.DECLINE
    assert (found.evidence[0].part, found.evidence[0].line) == (Part.HEADER, None)
    assert found.evidence[0].quote == "From: Copilot <copilot@github.com>"


def test_choosing_and_judging_under_a_shipped_policy_needs_no_pydantic() -> None:
    code = (
        "import sys; from patchwatch.engine import judge; from patchwatch.policy.loader import load_policies;"
        "[load_policies().get(spec, None) for spec in ('linux@7.3', 'qemu@2026-05-v2')];"
        "sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
