# SPDX-License-Identifier: GPL-2.0-or-later
"""Conditions, readings of a size and scenarios."""

from dataclasses import replace

import pytest

from builders_series import SIGNED, make_cover, make_file, make_patch, make_prose, make_series
from patchwatch.engine import judge
from patchwatch.model.diff import FileChange
from patchwatch.model.mail import Defect, DefectKind
from patchwatch.model.series import Patch, Series
from patchwatch.model.terms import Measure, Scenario, When
from patchwatch.model.verdict import Effect
from patchwatch.parse.roles import DEFAULT_ROLES
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy
from patchwatch.rules._readings import Fit, measure_files
from patchwatch.rules._scenarios import place
from patchwatch.rules._when import Scopes, holds
from patchwatch.rules.base import Context

FIX = 'Fixes: 0f4c7e21aa90 ("hw/foo: add the device")'
USED = "AI-used-for: code"
PROPOSAL = load_policies().get("qemu@2026-05-v2", None)


def context(policy: Policy = PROPOSAL) -> Context:
    return Context(
        status=policy.ref.status,
        tags=policy.tags,
        measures=policy.measures,
        scenarios=policy.scenarios,
        labels=policy.labels,
        exempt_uses=policy.exempt_uses,
        roles=policy.roles,
    )


def asked(when: When, patch: Patch, series: Series | None = None) -> bool | None:
    whole = series if series is not None else make_series([patch])
    return holds(when, Scopes(whole, context()).of(patch.message.message_id), context())


COMMENT = FileChange(path="hw/foo.c", added=3, removed=1)
RENAMED = FileChange(path="hw/foo.c", old_path="hw/bar.c")
ODD = Defect(kind=DefectKind.DIFF, detail="odd")


@pytest.mark.parametrize(
    ("when", "patch", "answer"),
    [
        (When(), make_patch(), True),
        (When(kind=("bug-fix",)), make_patch(trailers=(FIX,)), True),
        (When(kind=("bug-fix",)), make_patch(trailers=("Closes: https://example.org/1",)), True),
        (When(kind=("bug-fix",)), make_patch(subject="hw/foo: fix a leak"), None),
        (When(kind=("bug-fix",)), make_patch(subject="hw/foo: add a prefix"), False),
        (When(kind=("mechanical",)), make_patch(), None),
        (When(kind=("mechanical", "bug-fix")), make_patch(trailers=(FIX,)), True),
        (When(kind=("bug-report",)), make_patch(), False),
        (When(only_roles=("tests",)), make_patch(files=(make_file("tests/a.c"),)), True),
        (When(only_roles=("tests",)), make_patch(files=(make_file("tests/a.c"), make_file("hw/a.c"))), False),
        (When(only_roles=("tests", "docs")), make_patch(files=(make_file("tests/a.c"), make_file("docs/a.rst"))), True),
        (When(only_roles=("comments",)), make_patch(files=(COMMENT,)), True),
        (When(only_roles=("comments",)), make_patch(), False),
        (When(only_roles=("comments",)), make_patch(files=(RENAMED,)), False),
        (When(only_roles=("tests",)), make_patch(files=()), None),
        (When(only_roles=("tests",)), make_patch(files=(make_file("tests/a.c"),), defects=(ODD,)), None),
        (When(any_roles=("docs",)), make_patch(files=(make_file("docs/a.rst"), make_file())), True),
        (When(any_roles=("docs",)), make_patch(), False),
        (When(any_roles=("docs",)), make_patch(defects=(ODD,)), None),
        (When(uses=("code",)), make_patch(trailers=(USED,)), True),
        (When(uses=("tests",)), make_patch(trailers=(USED,)), False),
        (When(uses=("tests",)), make_patch(said=[make_prose("x", uses=("unknown",))]), None),
        (When(uses_not=("review",)), make_patch(said=[make_prose("x", uses=("review",))]), False),
        (When(uses_not=("review",)), make_patch(said=[make_prose("x", uses=("unknown",))]), True),
        (When(uses_not=("review",)), make_patch(), False),
        (When(evidence=("prose",)), make_patch(said=[make_prose("x")]), True),
        (When(evidence=("prose",)), make_patch(trailers=(USED,)), False),
        (When(evidence=("link",)), make_patch(trailers=("Claude-Session: https://claude.ai/code/session_1",)), True),
        (When(label="none"), make_patch(), True),
        (When(label="prototype"), make_patch(trailers=("AI-used-for: code (prototype)",)), True),
        (When(message_kind=("patch",)), make_patch(), True),
        (When(message_kind=("cover",)), make_patch(), False),
        (When(first_time=True), make_patch(), None),
        (When(prior_contact=False), make_patch(), None),
        (When(prior_contact=True, message_kind=("cover",)), make_patch(), False),
    ],
)
def test_conditions_are_true_false_or_unknown(when: When, patch: Patch, answer: bool | None) -> None:
    assert asked(when, patch) is answer


def test_label_of_the_series_makes_a_prototype() -> None:
    patch = make_patch()
    assert asked(When(label="prototype"), patch, make_series([patch], label="rfc")) is True
    assert asked(When(label="prototype"), patch, make_series([patch], label="resend")) is False


def test_what_the_cover_says_is_about_each_patch_and_what_a_patch_says_only_about_itself() -> None:
    one, two = make_patch(1, trailers=(USED,)), make_patch(2)
    alone = make_series([one, two])
    covered = make_series([one, two], cover=make_cover(trailers=("AI-used-for: tests",)))
    assert asked(When(uses=("code",)), two, alone) is False
    assert asked(When(uses=("tests",)), two, covered) is True
    assert asked(When(uses=("code",)), two, covered) is False


LIMIT = Measure(name="m", count="added+removed", exclude_roles=("tests",), limit=20)


def fit(*files: FileChange, measure: Measure = LIMIT) -> Fit:
    return measure_files(measure, files, DEFAULT_ROLES).fit


def test_all_nine_readings_decide() -> None:
    assert fit(make_file(added=20)) is Fit.OK
    assert fit(make_file(added=21)) is Fit.OVER
    assert fit(make_file(added=18, removed=6)) is Fit.BORDERLINE
    assert fit(make_file(added=25, code=10)) is Fit.BORDERLINE
    assert fit(make_file(added=15), make_file("docs/a.rst", added=15)) is Fit.BORDERLINE
    assert fit(make_file(added=15), make_file("tests/a.c", added=500)) is Fit.OK


def test_a_band_looks_at_the_first_reading_only() -> None:
    band = replace(LIMIT, borderline=3)
    assert [fit(make_file(added=n), measure=band) for n in (16, 17, 23, 24)] == [
        Fit.OK,
        Fit.BORDERLINE,
        Fit.BORDERLINE,
        Fit.OVER,
    ]


def test_limit_zero_only_shows() -> None:
    assert fit(make_file(added=9000), measure=replace(LIMIT, limit=0)) is Fit.OK


def test_readings_are_shown_with_the_policys_own_first() -> None:
    files = (make_file(added=18, removed=6, code=15), make_file("docs/a.rst", added=2))
    assert str(measure_files(LIMIT, files, DEFAULT_ROLES)) == (
        "all lines: 26 added+removed, 20 added, 20 by the larger side; "
        "without documentation: 24 added+removed, 18 added, 18 by the larger side; "
        "code lines: 21 added+removed, 15 added, 15 by the larger side"
    )


def scenario_of(*patches: Patch, policy: Policy = PROPOSAL) -> list[tuple[list[str], Effect]]:
    return [
        ([b.scenario.id if b.scenario else "-" for b in placed.branches], placed.effect)
        for placed in place(make_series(patches), context(policy))
    ]


@pytest.mark.parametrize(
    ("patch", "branches", "effect"),
    [
        (make_patch(trailers=(FIX, USED, SIGNED)), ["mechanical", "small-fix"], Effect.NONE),
        (
            make_patch(trailers=(USED, SIGNED), subject="hw/foo: fix a leak"),
            ["mechanical", "small-fix", "experiment", "otherwise"],
            Effect.ASK,
        ),
        (make_patch(trailers=(USED, SIGNED)), ["mechanical", "experiment", "otherwise"], Effect.ASK),
        (
            make_patch(trailers=(FIX, USED, SIGNED), files=(make_file(added=90),)),
            ["mechanical", "experiment", "otherwise"],
            Effect.ASK,
        ),
        (
            make_patch(trailers=(USED,), files=(make_file("docs/a.rst", 900),)),
            ["mechanical", "tests-docs"],
            Effect.NONE,
        ),
    ],
)
def test_scenarios_of_the_proposal(patch: Patch, branches: list[str], effect: Effect) -> None:
    assert scenario_of(patch) == [(branches, effect)]


def test_patches_without_ai_content_are_not_placed() -> None:
    assert scenario_of(make_patch(1), make_patch(2, said=[make_prose("x", uses=("debugging",))])) == []


def with_scenarios(*scenarios: Scenario) -> Policy:
    return replace(PROPOSAL, scenarios=scenarios)


def test_what_no_scenario_covers_is_a_question() -> None:
    policy = with_scenarios(Scenario(id="docs", outcome="allow", when=When(only_roles=("docs",))))
    assert scenario_of(make_patch(trailers=(USED,)), policy=policy) == [(["-"], Effect.ASK)]


def test_decline_needs_proven_content_and_a_sure_scenario() -> None:
    sure = with_scenarios(Scenario(id="all", outcome="decline"))
    unsure = with_scenarios(
        Scenario(id="later", outcome="decline", when=When(prior_contact=True)), Scenario(id="all", outcome="allow")
    )
    assert scenario_of(make_patch(trailers=(USED,)), policy=sure) == [(["all"], Effect.DECLINE)]
    assert scenario_of(make_patch(said=[make_prose("x")]), policy=sure) == [(["all"], Effect.ASK)]
    assert scenario_of(make_patch(trailers=(USED,)), policy=unsure) == [(["later", "all"], Effect.ASK)]


def test_message_names_both_branches_and_all_readings() -> None:
    series = make_series([make_patch(trailers=(USED, SIGNED), subject="hw/foo: fix a leak")])
    (found,) = [f for f in judge(series, PROPOSAL).findings if f.rule == "outside-allowed-scenario"]
    assert found.message.startswith('under the proposal: "hw/foo: fix a leak" depends on what the mail does not say: ')
    assert "small-fix (allow)" in found.message
    assert "otherwise (ask first)" in found.message
    assert "5 added+removed, 5 added, 5 by the larger side" in found.message
    assert found.evidence[0].quote == USED


def test_sum_over_the_series_is_taken_where_the_text_says_so() -> None:
    measures = tuple(replace(m, per="series") for m in PROPOSAL.measures)
    patches = [make_patch(n, trailers=(FIX, USED), files=(make_file(added=15),)) for n in (1, 2)]
    assert {tuple(b) for b, _ in scenario_of(*patches)} == {("mechanical", "small-fix")}
    summed = scenario_of(*patches, policy=replace(PROPOSAL, measures=measures))
    assert {tuple(b) for b, _ in summed} == {("mechanical", "experiment", "otherwise")}
