# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules that look back: what they count, what they leave out, and when they cannot tell."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders_history import judge_after, read_mails
from builders_series import DAY, IVO, MARIA, make_cover, make_file, make_patch, make_prose, make_reply, make_series
from patchwatch.assemble.questions import is_full_question, questions_in
from patchwatch.engine import judge
from patchwatch.model.followup import Line, Speech
from patchwatch.model.history import (
    Asked,
    DeclaredPatch,
    Figures,
    History,
    ListFacts,
    Posting,
    Start,
    nearest_rank,
    window_of,
)
from patchwatch.model.mail import Message, MessageKind, Person
from patchwatch.model.series import RevisionLink, Series
from patchwatch.model.terms import When
from patchwatch.model.verdict import Effect, Finding, Level, Skipped
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy, RuleUse
from patchwatch.rules.base import Rule, load_rule, rule_ids
from patchwatch.rules.cross_project_burst import CrossProjectBurst

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
BASE = load_policies().get("linux@7.3", None)
LOOKING_BACK = [load_rule(rule_id) for rule_id in rule_ids() if load_rule(rule_id).reads]
HERE = "foo.example.org"
LINK = RevisionLink(revision=1, id="p1@example.org", evidence="title")


def policy_with(*rules: Rule, when: When | None = None) -> Policy:
    """Return a binding policy with nothing but *rules*, each with the strongest effect a file can write."""
    uses = (RuleUse(rule=r, effect=Effect.DECLINE, clause="https://example.org", why="test") for r in rules)
    return replace(BASE, rules=tuple(replace(use, when=when or When()) for use in uses))


def posting(
    number: int, days: float, *, root: str = "", list_id: str = HERE, project: str = "foo", **more: object
) -> Posting:
    """Make a posting of so many days before `DAY`."""
    plain = Posting(
        id=f"p{number}@example.org",
        root=root or f"p{number}@example.org",
        head_id=f"p{number}@example.org",
        list_id=list_id,
        project=project,
        date=DAY - timedelta(days=days),
        revision=1,
        subject=f"[PATCH] part {number}",
        added=10,
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # a builder takes any field


def history(*before: Posting, starts: Sequence[Start] = (), **more: object) -> History:
    """Make the history of a series of `DAY`, whose submitter posted *before*; the list is known for a year."""
    plain = History(
        date=DAY,
        list_id=HERE,
        project="foo",
        root="1@example.org",
        figures=Figures(*window_of(DAY), ListFacts(starts=tuple(starts))),
        person=sorted(before, key=lambda one: one.date),
        before=len(before),
        known_since=DAY - timedelta(days=365),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # a builder takes any field


def usual(count: int = 200) -> list[Start]:
    """Make series by as many people, in the month before that of `DAY`."""
    first = datetime(2026, 8, 1, tzinfo=UTC).timestamp()
    return [Start(at=first + n, sender=f"s{n}@example.org", added=5, newcomer=n % 2 == 0) for n in range(count)]


def found(rule: Rule, known: History | None, series: Series | None = None) -> list[Finding | Skipped]:
    verdict = judge(series or make_series(list_id=HERE), policy_with(rule), known=known is not None, history=known)
    return [*(f for f in verdict.findings if f.rule == rule.id), *(s for s in verdict.skipped if s.rule == rule.id)]


@pytest.mark.parametrize("rule", LOOKING_BACK, ids=lambda rule: rule.id)
def test_without_a_database_the_rule_is_skipped_and_says_so(rule: type[Rule]) -> None:
    assert found(rule(), None) == [Skipped(rule=rule.id, reason="needs the database")]


@pytest.mark.parametrize("rule", LOOKING_BACK, ids=lambda rule: rule.id)
def test_a_series_without_a_readable_date_is_skipped_too(rule: type[Rule]) -> None:
    verdict = judge(make_series(date=None), policy_with(rule()), known=True)
    assert Skipped(rule=rule.id, reason="the date of the series cannot be read") in verdict.skipped


@pytest.mark.parametrize("rule", LOOKING_BACK, ids=lambda rule: rule.id)
def test_examples_that_are_not_flagged_were_looked_at(rule: type[Rule], tmp_path: Path) -> None:
    for number, example in enumerate(one for one in rule.examples if not one.flagged):
        mails = read_mails(FIXTURES / rule.id / example.file)
        earlier = read_mails(FIXTURES / rule.id / example.history) if example.history else []
        policy = policy_with(rule(**dict(example.params)))
        judged = judge_after(tmp_path / f"{number}.db", earlier, mails, policy, lambda _: BASE)
        assert judged
        assert [skipped for _, verdict in judged for skipped in verdict.skipped] == []


def test_a_heuristic_never_has_an_effect_whatever_the_policy_says() -> None:
    series = make_series([make_patch(files=[make_file(added=600)])])
    (finding,) = found(load_rule("large-first-series")(), history(), series)
    assert isinstance(finding, Finding)
    assert (finding.level, finding.effect) == (Level.INFO, Effect.NONE)


# --- series in a few days --------------------------------------------------------------------------------------


def burst(*before: Posting, starts: Sequence[Start] | None = None) -> list[str]:
    known = history(*before, starts=usual() if starts is None else starts)
    return [
        one.message if isinstance(one, Finding) else one.reason for one in found(load_rule("submission-burst")(), known)
    ]


def test_a_burst_is_told_with_what_is_usual_on_the_list() -> None:
    said = "2 series in 7 days; on this list 99 % of series come from people with at most 1"
    assert burst(posting(1, 3)) == [said]


@pytest.mark.parametrize(
    "other",
    [
        posting(1, 8),
        posting(1, 3, root="p0@example.org"),
        posting(1, 3, list_id="bar.example.org"),
        posting(1, 3, backport=True),
    ],
    ids=["before-the-window", "a-revision", "another-list", "a-copy-for-a-stable-tree"],
)
def test_what_is_no_new_series_here_does_not_count(other: Posting) -> None:
    assert burst(other) == []


def test_a_percentile_needs_200_series_of_the_list() -> None:
    assert burst(posting(1, 3), starts=usual(199)) == [
        "the database knows fewer than 200 series of this list in the year before"
    ]


def test_the_bursts_of_others_raise_what_is_usual() -> None:
    busy = [replace(start, sender="busy@example.org") for start in usual()[:5]]
    assert burst(posting(1, 3), posting(2, 4), starts=usual()) != []
    assert burst(posting(1, 3), posting(2, 4), starts=sorted(usual()[5:] + busy, key=lambda s: s.at)) == []


def test_figures_count_only_the_year_before_the_month() -> None:
    since, until = window_of(DAY)
    inside = [Start(at=since.timestamp(), sender="a", added=1, newcomer=True)]
    outside = [
        Start(at=t.timestamp(), sender="b", added=2, newcomer=True) for t in (since - timedelta(seconds=1), until)
    ]
    figures = Figures(since, until, ListFacts(starts=(outside[0], *inside, outside[1])))
    assert (figures.series, figures.first_series()) == (1, (1,))
    assert (since, until) == (datetime(2025, 9, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC))


@pytest.mark.parametrize(("percentile", "value"), [(1, 1), (50, 50), (99, 99), (100, 100), (0, 1), (300, 100)])
def test_a_percentile_is_a_value_that_occurs(percentile: int, value: int) -> None:
    assert nearest_rank(range(1, 101), percentile) == value


# --- who is new ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        (history(), True),
        (history(posting(1, 400)), False),
        (history(oldest_mail=DAY - timedelta(days=2)), False),
        (history(oldest_mail=DAY - timedelta(seconds=5)), True),
        (history(known_since=DAY - timedelta(days=89)), None),
        (history(known_since=None), None),
        (history(known_else=True), None),
    ],
    ids=["nothing-older", "a-series", "a-mail", "its-own-patch", "young-database", "unknown-list", "says-v2"],
)
def test_who_is_new_is_known_only_to_a_database_that_is_old_enough(known: History, answer: bool | None) -> None:
    assert known.first_time is answer
    rule = load_rule("missing-sign-off")()
    series = make_series([make_patch(trailers=())])
    for wanted in (True, False):
        verdict = judge(series, policy_with(rule, when=When(first_time=wanted)), history=known)
        assert bool(verdict.findings) is (answer is wanted)
        assert bool(verdict.skipped) is (answer is None)


def test_a_large_first_series_counts_no_tests_and_tells_how_usual_it_is() -> None:
    files = [make_file("hw/foo.c", added=501), make_file("tests/foo.c", added=900)]
    (finding,) = found(
        load_rule("large-first-series")(), history(starts=usual()), make_series([make_patch(files=files)])
    )
    assert isinstance(finding, Finding)
    assert finding.message == (
        "501 added lines outside tests in the first series known from this address; "
        "0 of 100 first series on this list in the year before were as large"
    )


def test_a_large_series_of_somebody_who_may_be_known_is_skipped() -> None:
    series = make_series([make_patch(files=[make_file(added=600)])])
    (said,) = found(load_rule("large-first-series")(), history(known_else=True), series)
    assert isinstance(said, Skipped)
    assert "another address" in said.reason


# --- questions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "Why is this needed?",
        "Hmm, but does this build without CONFIG_FOO?",
        "It failed to apply. Did you send it with git-send-email?",
        "BTW, when is `p` NULL here?",
    ],
)
def test_a_full_question_begins_like_one(line: str) -> None:
    assert is_full_question(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "?",
        "mode?",
        "exit(1)?",
        "Please split this.",
        "How about a helper instead?",
        "Why not use strcmp?",
        "could you rebase this?",
        "Is it possible to move this one?",
        "How should we proceed with this patch?",
        "and reuse it for all the arrays and CPUs?",
    ],
)
def test_a_suggestion_or_the_end_of_a_sentence_is_no_full_question(line: str) -> None:
    assert not is_full_question(line)


def said(
    name: str, sender: Person, hours: int, parent: str = "1@example.org", text: str = "", **more: object
) -> Message:
    """Make a reply of so many hours after `DAY`; *text* is a line that asks."""
    mail = replace(make_reply(parent, sender=sender), message_id=f"{name}@example.org", blob=f"{name:0>40}")
    speech = Speech(own_lines=1, question=Line(3, text) if text else None)
    return replace(mail, date=DAY + timedelta(hours=hours), speech=speech, **more)  # type: ignore[arg-type]


def open_after(days: int, *followups: Message) -> list[str]:
    asked, _ = questions_in(make_series(followups=followups))
    return [one.quote for one in asked if one.open_at(DAY + timedelta(days=days))]


ASK = said("ask", IVO, 1, text="Why is this needed?")


def test_a_question_is_open_until_somebody_else_writes_below_it() -> None:
    answer = said("answer", MARIA, 30, "ask@example.org")
    assert open_after(1, ASK, answer) == ["Why is this needed?"]
    assert open_after(2, ASK, answer) == []
    third = said("third", Person("Lena", "lena@example.org"), 30, "ask@example.org")
    assert open_after(2, ASK, third) == []


def test_a_question_is_not_open_before_it_is_asked() -> None:
    assert open_after(0, ASK) == []


def test_an_answer_further_down_counts() -> None:
    more = said("more", IVO, 2, "ask@example.org", kind=MessageKind.REPLY)
    answer = said("answer", MARIA, 3, "more@example.org")
    assert open_after(2, ASK, answer, more) == []


def test_who_goes_on_about_the_same_patch_does_not_wait() -> None:
    assert open_after(2, ASK, said("next", IVO, 20)) == []
    assert open_after(2, ASK, said("other", Person("Lena", "lena@example.org"), 20)) == ["Why is this needed?"]


def test_questions_of_the_submitter_and_of_programs_do_not_count() -> None:
    own = said("own", MARIA, 1, text="Why is this needed?")
    program = said("bot", IVO, 1, text="Why is this needed?", is_automatic=True)
    assert open_after(2, own, program) == []


def asked(days: float) -> Asked:
    return Asked(message_id="q@example.org", line=3, quote="Why?", at=DAY - timedelta(days=days), closed=None)


@pytest.mark.parametrize(("days", "told"), [(13, False), (15, True), (89, True), (91, False)])
def test_an_open_question_is_told_after_two_weeks_and_not_for_ever(days: float, told: bool) -> None:
    earlier = posting(1, days + 1, questions=(asked(days),))
    assert bool(found(load_rule("unanswered-review")(), history(earlier))) is told


@pytest.mark.parametrize(
    "end",
    [
        {"settled": DAY - timedelta(days=1)},
        {"merged": True},
        {"root": "1@example.org"},
    ],
    ids=["said-to-be-applied", "found-in-a-tree", "the-same-work"],
)
def test_what_is_settled_or_is_this_work_is_not_told(end: dict[str, object]) -> None:
    earlier = posting(1, 30, questions=(asked(29),), **end)  # type: ignore[arg-type]
    assert found(load_rule("unanswered-review")(), history(earlier)) == []


def test_only_the_first_new_series_tells_of_an_open_question() -> None:
    earlier = posting(1, 40, questions=(asked(39),))
    assert found(load_rule("unanswered-review")(), history(earlier)) != []
    assert found(load_rule("unanswered-review")(), history(earlier, posting(2, 10))) == []


def test_a_question_that_crossed_with_the_new_revision_is_not_told() -> None:
    def told(hours: float) -> bool:
        former = posting(1, 3, root="1@example.org", questions=(asked(hours / 24),))
        series = make_series()
        link = replace(series, earlier=(LINK,))
        return bool(found(load_rule("resend-without-answers")(), history(former), link))

    assert (told(11), told(13)) == (False, True)


# --- AI content of one address ---------------------------------------------------------------------------------


def test_explanations_that_do_not_say_for_what_add_nothing() -> None:
    unsure = DeclaredPatch(message_id="x@example.org", files=(), added=40, disclosures=(make_prose("LLM made"),))
    series = make_series([make_patch(trailers=["Assisted-by: Claude:claude-opus-4-6"])], cover=make_cover())
    rule = load_rule("cumulative-ai-size")()
    assert found(rule, history(posting(1, 9, declared=(unsure,))), series) == []
    sure = replace(unsure, disclosures=(make_prose("LLM made", uses=("code",)),))
    (finding,) = found(rule, history(posting(1, 9, declared=(sure,))), series)
    assert isinstance(finding, Finding)
    assert finding.message == (
        "45 lines with declared AI content from one address (limit 15): 5 in this series, 40 in 1 earlier series"
    )


def test_lists_of_one_project_and_an_unknown_project_are_not_many() -> None:
    rule = CrossProjectBurst(projects=3)
    one, two = posting(1, 1, project="bar"), posting(2, 2, project="baz")
    assert found(rule, history(one, two)) != []
    assert found(rule, history(one, replace(two, project="bar"))) == []
    assert found(rule, history(one, replace(two, project=""))) == []
