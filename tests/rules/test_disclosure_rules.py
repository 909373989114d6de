# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a disclosure has to stand, what counts as one, and sign-offs."""

from dataclasses import replace

import pytest

from builders_series import SIGNED, TAGGED, make_cover, make_patch, make_prose, make_reply, make_series, make_trailer
from patchwatch.engine import judge
from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import Defect, DefectKind, Place
from patchwatch.model.series import Patch, Series
from patchwatch.model.terms import Tag
from patchwatch.model.verdict import Effect, Evidence, Finding, Level, Part
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy, RuleUse
from patchwatch.rules.base import Rule
from patchwatch.rules.declared_ai_content import DeclaredAiContent
from patchwatch.rules.forbidden_disclosure_tag import ForbiddenDisclosureTag
from patchwatch.rules.undisclosed_ai import UndisclosedAi

LINUX = load_policies().get("linux@7.3", None)
CLAUDE = make_prose("Written with Claude Code.", uses=("content",))
AGENT_SIGNED = "Signed-off-by: GitHub Copilot <copilot@github.com>"


def found(rule_id: str, series: Series, policy: Policy = LINUX) -> list[Finding]:
    return [finding for finding in judge(series, policy).findings if finding.rule == rule_id]


def using(rule: Rule) -> Policy:
    use = RuleUse(rule=rule, effect=Effect.ASK, clause="https://example.org/policy")
    return replace(LINUX, rules=(use,))


def patch(n: int = 1, *trailers: str, said: tuple[Disclosure, ...] = ()) -> Patch:
    return make_patch(n, trailers=(*trailers, SIGNED), said=said)


@pytest.mark.parametrize(
    ("series", "quotes"),
    [
        (make_series([patch(1, said=(CLAUDE,))]), 1),
        (make_series([patch(1, TAGGED, said=(CLAUDE,))]), 0),
        (make_series([patch(1, TAGGED), patch(2, said=(CLAUDE,))]), 1),
        (make_series([patch(1, said=(CLAUDE,)), patch(2, said=(CLAUDE,))]), 2),
        (make_series([patch(1, said=(CLAUDE,))], cover=make_cover(trailers=(TAGGED,))), 0),
        (make_series([patch(1)], cover=make_cover(said=(CLAUDE,))), 1),
        (make_series([patch(1), patch(2, TAGGED)], cover=make_cover(said=(CLAUDE,))), 0),
        (make_series([patch(1)], followups=[make_reply(said=(CLAUDE,))]), 1),
        (make_series([patch(1, TAGGED)], followups=[make_reply(said=(CLAUDE,))]), 0),
        (make_series([patch(1, "Assisted-by: Claude Opus 4.6")]), 0),
        (make_series([patch(1, "Assisted-by: Ivo Kranz <ivo@example.com>", said=(CLAUDE,))]), 1),
        (make_series([patch(1, said=(replace(CLAUDE, uses=("spelling",)),))]), 0),
        (make_series([patch(1, "Claude-Session: https://claude.ai/code/session_1")]), 0),
        (make_series([patch(1, "AI-used-for: none")]), 0),
    ],
)
def test_where_a_tag_covers_what_is_said(series: Series, quotes: int) -> None:
    findings = found("undisclosed-ai", series)
    assert sum(len(finding.evidence) for finding in findings) == quotes
    assert len(findings) == min(quotes, 1), "the same line in several patches is one finding"


def test_tag_below_the_cut_does_not_count_unless_the_policy_says_so() -> None:
    below = make_trailer(TAGGED, place=Place.BELOW_CUT)
    series = make_series([make_patch(trailers=(SIGNED, below))])
    wide = UndisclosedAi(any_of=("Assisted-by",), where=(Place.TRAILERS, Place.BODY, Place.BELOW_CUT))
    (finding,) = found("undisclosed-ai", series)
    assert finding.evidence[0].part is Part.BELOW_CUT
    assert found("undisclosed-ai", series, using(wide)) == []


def test_a_sentence_counts_where_the_policy_takes_free_text() -> None:
    in_cover = replace(CLAUDE, place=Place.COVER)
    in_reply = replace(CLAUDE, place=Place.REPLY)
    free = using(UndisclosedAi(free_text=True))
    author = "Co-authored-by: Claude <noreply@anthropic.com>"
    assert found("undisclosed-ai", make_series([patch(1, said=(CLAUDE,))]), free) == []
    assert found("undisclosed-ai", make_series([patch(1, author)], cover=make_cover(said=(in_cover,))), free) == []
    assert len(found("undisclosed-ai", make_series([patch(1, author)]), free)) == 1
    assert found("undisclosed-ai", make_series([patch(1, author)], followups=[make_reply(said=(in_reply,))]), free)


def test_key_that_means_a_person_is_never_evidence() -> None:
    people = replace(using(DeclaredAiContent()), tags=(Tag(key="assisted-BY", means="human"),))
    series = make_series([patch(1, TAGGED)])
    assert len(found("declared-ai-content", series, using(DeclaredAiContent()))) == 1
    assert found("declared-ai-content", series, people) == []


def test_same_tag_in_other_case_is_one_finding_with_all_evidence() -> None:
    series = make_series([patch(1, TAGGED), patch(2, TAGGED.replace("Assisted-by", "Assisted-By")), patch(3)])
    (finding,) = found("declared-ai-content", series, using(DeclaredAiContent()))
    assert [evidence.message_id for evidence in finding.evidence] == ["1@example.org", "2@example.org"]


def test_forbidden_key_for_everybody() -> None:
    helper = patch(1, "Helped-by: Ivo Kranz <ivo@example.com>")
    agents = ForbiddenDisclosureTag(keys=("helped-by",))
    everybody = ForbiddenDisclosureTag(keys=("helped-by",), agents_only=False)
    assert found("forbidden-disclosure-tag", make_series([helper]), using(agents)) == []
    assert len(found("forbidden-disclosure-tag", make_series([helper]), using(everybody))) == 1


def test_missing_sign_off_quotes_the_subject_and_says_what_was_searched() -> None:
    series = make_series([make_patch(trailers=("Reviewed-by: Ivo Kranz <ivo@example.com>",))])
    (finding,) = found("missing-sign-off", series)
    assert finding.message == "no Signed-off-by of a person in the commit log"
    assert finding.evidence == (
        Evidence(
            message_id="1@example.org", part=Part.HEADER, line=None, quote="Subject: [PATCH 1] hw/foo: check the device"
        ),
    )


def test_sign_off_below_the_cut_is_quoted() -> None:
    below = make_trailer(SIGNED, 17, Place.BELOW_CUT)
    (finding,) = found("missing-sign-off", make_series([make_patch(trailers=(below,))]))
    assert "git am drops it" in finding.message
    assert (finding.evidence[0].part, finding.evidence[0].line) == (Part.BELOW_CUT, 17)


@pytest.mark.parametrize("text", ["signed-off-by: Maria Novak <maria@example.org>", "SIGNED-OFF-BY: Claude Martin"])
def test_sign_off_of_a_person_in_any_case_counts(text: str) -> None:
    assert found("missing-sign-off", make_series([make_patch(trailers=(text,))])) == []


def test_empty_sign_off_is_none() -> None:
    assert len(found("missing-sign-off", make_series([make_patch(trailers=("Signed-off-by:",))]))) == 1


def test_sign_off_of_an_agent_alone_is_missing_and_forbidden() -> None:
    series = make_series([make_patch(1, trailers=(AGENT_SIGNED,)), make_patch(2, trailers=(AGENT_SIGNED, SIGNED))])
    (agent,) = found("agent-sign-off", series)
    assert [evidence.message_id for evidence in agent.evidence] == ["1@example.org", "2@example.org"]
    (missing,) = found("missing-sign-off", series)
    assert missing.message.endswith("; a sign-off of an agent is none")


def test_sign_off_of_an_unreadable_patch_is_unknown() -> None:
    broken = Defect(kind=DefectKind.ENCODING, detail="broken base64")
    (finding,) = found("missing-sign-off", make_series([make_patch(trailers=(), defects=(broken,))]))
    assert (finding.level, finding.effect) == (Level.UNKNOWN, Effect.NONE)
    assert found("missing-sign-off", make_series([make_patch(defects=(broken,))])) == []
