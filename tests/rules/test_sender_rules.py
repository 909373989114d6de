# SPDX-License-Identifier: GPL-2.0-or-later
"""Who wrote, signed and sent a mail, what an agent left in it, and who answers for it."""

import pytest

from builders_mail import LOG, read_mail
from builders_posting import ANN, JO, post, series_of, talk
from builders_rules import body, found, policy_of, quotes, verdict_of
from patchwatch.assemble.series import assemble
from patchwatch.engine import judge
from patchwatch.model.mail import Message, Place
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level, Part
from patchwatch.rules.agent_author import AgentAuthor
from patchwatch.rules.agent_branch_name import AgentBranchName
from patchwatch.rules.agent_sent_mail import AgentSentMail
from patchwatch.rules.agent_session_link import AgentSessionLink
from patchwatch.rules.author_without_sign_off import AuthorWithoutSignOff
from patchwatch.rules.declared_ai_content import DeclaredAiContent
from patchwatch.rules.unattended_agent import UnattendedAgent
from patchwatch.rules.unrevealed_ai_finding import UnrevealedAiFinding

COPILOT = "GitHub Copilot <198982749+Copilot@users.noreply.github.com>"
FIXES = 'Fixes: 0123456789ab ("hw/foo: add it")\n'
LINK = "https://claude.ai/code/session_01"
AGENT = "X-Mailer: claude-code/2.1\n"


def alone(message: Message) -> Series:
    (series,) = assemble([message])
    return series


def patch(text: str | None = None, *, sender: str = JO, headers: str = "") -> Series:
    return alone(read_mail(body=body() if text is None else text, sender=sender, headers=headers))


@pytest.mark.parametrize(
    ("sender", "agent"),
    [
        ("Claude <noreply@anthropic.com>", True),
        ('"Cursor, the Agent" <CursorAgent@Cursor.com>', True),
        (COPILOT, True),
        ("Claude Opus 4.7 <jo@example.org>", True),
        ("Claude <claude@example.org>", False),
        ("Devin <devin@users.noreply.github.com>", False),
        ("Copilot <7+Copilot@users.noreply.github.com>", False),
        ("Jo Doe <jo.doe@anthropic.com>", False),
        ("Claude Martin 2 <claude@example.org>", False),
        ("Claude 3 <claude@example.org>", False),
        ("o3 <o3@example.org>", False),
        ("Sashiko <sashiko-bot@kernel.org>", False),
        ("gemini-code-assist[bot] <176961590+gemini-code-assist[bot]@users.noreply.github.com>", False),
    ],
)
def test_author_and_sender_are_agents_by_address_never_by_a_first_name(sender: str, agent: bool) -> None:
    message = read_mail(sender=sender)
    if message.kind != "patch":  # a bot posts nothing that is judged
        assert not message.disclosures
        return
    assert quotes(AgentAuthor(), alone(message)) == ([f"From: {sender}"] if agent else [])
    assert quotes(AgentSentMail(), alone(message)) == ([f"From: {sender}"] if agent else [])


def test_agent_in_the_in_body_from_is_the_author_and_sent_nothing() -> None:
    series = patch(f"From: {COPILOT}\n\n{body()}")
    (finding,) = found(AgentAuthor(), series)
    (evidence,) = finding.evidence
    assert (evidence.part, evidence.line, evidence.quote) == (Part.COMMIT_LOG, 1, f"From: {COPILOT}")
    assert not found(AgentSentMail(), series)


def test_person_in_the_in_body_from_is_the_author_of_what_an_agent_sent() -> None:
    series = patch(f"From: {JO}\n\n{body()}", sender="Claude <noreply@anthropic.com>")
    assert not found(AgentAuthor(), series)
    assert quotes(AgentSentMail(), series) == ["From: Claude <noreply@anthropic.com>"]


@pytest.mark.parametrize(
    ("header", "agent"),
    [
        ("X-Mailer: claude-code/2.1.4 (external, cli)", True),
        ("X-Mailer: Claude Code 2.1", True),
        ("User-Agent: b4/0.15 codex_cli_rs/0.98.0", True),
        ("User-Agent: OpenCode", True),
        ("Sender: Aider <noreply@aider.chat>", True),
        ("X-Mailer: git-send-email 2.51.0", False),
        ("X-Mailer: git-send-email 2.51.0 (sent for Claude Code)", False),
        ("User-Agent: Mozilla Thunderbird; claude.martin", False),
        ("User-Agent: Cursor Mail 3", False),
        ("Sender: Claude <claude@example.org>", False),
        ("X-Mailer:", False),
        ("Message-ID: <claude-code.1@noreply.anthropic.com>", False),
        ("Cc: Claude <noreply@anthropic.com>", False),
    ],
)
def test_agents_send_by_address_or_mailer_alone(header: str, agent: bool) -> None:
    assert quotes(AgentSentMail(), patch(headers=f"{header}\n")) == ([header] if agent else [])


def test_folded_header_is_quoted_unfolded_and_said_once_for_all_mails() -> None:
    mails = [
        post(f"[PATCH {n}/2] hw/foo: part {n}", f"{n}@example.org", "" if n == 1 else "1@example.org", headers=AGENT)
        for n in (1, 2)
    ]
    (finding,) = found(AgentSentMail(), series_of(*mails)["1@example.org"])
    assert [evidence.message_id for evidence in finding.evidence] == ["1@example.org", "2@example.org"]
    assert quotes(AgentSentMail(), patch(headers="X-Mailer: claude-code/2.1\n (external)\n")) == [
        "X-Mailer: claude-code/2.1 (external)"
    ]


def test_a_mailer_alone_is_no_declared_content() -> None:
    (finding,) = found(DeclaredAiContent(), patch(headers=AGENT))
    assert finding.effect is Effect.ASK
    assert finding.message.endswith("but not for which part")


@pytest.mark.parametrize(
    ("sender", "signer", "same"),
    [
        (JO, "Jo Doe <jo@example.org>", True),
        (JO, "JO@EXAMPLE.ORG", True),
        (JO, "Johanna <jo+work@example.org>", True),
        (JO, "Doe, Jo <jo@work.example.com>", True),
        ("José Núñez <j@example.org>", "Jose Nunez <jose@work.example.com>", True),
        (JO, "Jo Other <jo@work.example.com>", False),
        (JO, ANN, False),
        ("jo@example.org", "<ann@example.net>", False),
    ],
)
def test_author_is_found_among_the_sign_offs_by_address_then_by_name(sender: str, signer: str, same: bool) -> None:
    series = patch(f"Text.\n\nSigned-off-by: {signer}\n{body(signed=False, log='')}", sender=sender)
    assert bool(found(AuthorWithoutSignOff(), series)) != same


def test_names_count_only_when_the_policy_wants_them() -> None:
    series = patch(body("Signed-off-by: Jo Doe <jo@work.example.com>\n", signed=False))
    assert not found(AuthorWithoutSignOff(), series)
    (finding,) = found(AuthorWithoutSignOff(match_name=False), series)
    assert finding.message == "the author, Jo Doe, is not among the sign-offs of the commit log (Jo Doe)"


@pytest.mark.parametrize(
    ("text", "sender", "subject"),
    [
        (body(signed=False), JO, "[PATCH] x"),  # told by missing-sign-off
        (body("Signed-off-by: Claude <noreply@anthropic.com>\n", signed=False), JO, "[PATCH] x"),
        (body(), "Claude <noreply@anthropic.com>", "[PATCH] x"),
        (f"6.10-stable review patch.\n\n------\n\nFrom: {JO}\n\n{body()}", ANN, "[PATCH 6.10 1/1] x"),
        (body(), ANN, "[PATCH AUTOSEL 6.17] x"),
        (f"From: {JO}\n\n{body()}", "Jo Doe via B4 Relay <devnull+jo.example.org@kernel.org>", "[PATCH] x"),
        (f"From: Ben <ben@example.com>\n\n{body()}", JO, "[PATCH] x"),  # who sent it signed it
    ],
)
def test_author_is_not_missed_where_there_is_a_good_reason(text: str, sender: str, subject: str) -> None:
    assert not found(AuthorWithoutSignOff(), alone(read_mail(subject, text, sender=sender)))


def test_sign_offs_shown_of_many_are_three() -> None:
    many = "".join(f"Signed-off-by: Ben{n} <b{n}@example.com>\n" for n in range(5))
    (finding,) = found(AuthorWithoutSignOff(), patch(body(many, signed=False)))
    assert finding.message.endswith("(Ben0, Ben1, Ben2 and 2 more)")


def test_author_may_stand_behind_the_sign_offs_that_were_not_read() -> None:
    many = "".join(f"Signed-off-by: Ben{n} <b{n}@example.com>\n" for n in range(1000))
    assert not found(AuthorWithoutSignOff(), patch(body(many)))


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (body(f"Claude-Session: {LINK}\n"), f"Claude-Session: {LINK}"),
        (body("Amp-Thread-ID: https://example.com/T-1\n"), "Amp-Thread-ID: https://example.com/T-1"),
        (body(f"Link: {LINK}\n"), f"Link: {LINK}"),
        (body(below=f"See {LINK} for all of it.\n"), f"See {LINK} for all of it."),
        (body(below=f"I asked Claude.\n> {LINK}\n"), None),
        (body(below="See https://claude.ai/docs and https://example.com/code/session_1\n"), None),
    ],
)
def test_session_links_are_told_and_never_ask(text: str, quote: str | None) -> None:
    findings = found(AgentSessionLink(), patch(text))
    assert [e.quote for finding in findings for e in finding.evidence] == ([] if quote is None else [quote])
    assert all(finding.effect is Effect.NONE for finding in findings)


def test_session_link_in_a_reply_counts_only_from_the_submitter() -> None:
    for sender, count in ((JO, 1), (ANN, 0)):
        answer = talk("Re: [PATCH] x", "2@example.org", "1@example.org", sender=sender, body=f"Here: {LINK}\n")
        series = series_of(post("[PATCH] x", "1@example.org"), answer)["1@example.org"]
        assert len(found(AgentSessionLink(), series)) == count


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        ("Published-As: https://example.com/git/releases/tag/pr-7%2Fjodoe%2Fclaude%2Ftopic-v1", True),
        ("Fetch-It-Via: git fetch https://example.com/git pr-7/jodoe/codex/topic-v1", True),
        ("Fetch-It-Via: git fetch https://example.com/git cursor/topic", True),
        ("Published-As: https://example.com/git/tree/devin/topic", True),
        ("Fetch-It-Via: git fetch https://example.com/git refs/heads/copilot/topic", True),
        ("Published-As: https://example.com/git/releases/tag/pr-7%2Fdevin%2Ftopic-v1", False),
        ("Fetch-It-Via: git fetch https://example.com/claude/git pr-7/jodoe/topic-v1", False),
        ("Fetch-It-Via: git fetch https://example.com/git topic/claude/x", False),
        ("Based-on: git fetch https://example.com/git claude/topic", False),
    ],
)
def test_branch_begins_with_an_agents_name_after_the_account(line: str, agent: bool) -> None:
    findings = found(AgentBranchName(), patch(body(below=f"{line}\n\n")))
    assert [e.quote for finding in findings for e in finding.evidence] == ([line] if agent else [])
    assert all(finding.effect is Effect.NONE for finding in findings)


@pytest.mark.parametrize(
    ("trailers", "below", "headers", "effect"),
    [
        (FIXES, "", AGENT, Effect.ASK),
        ("Reported-by: Ann <ann@example.net>\n", "", "Sender: Claude <noreply@anthropic.com>\n", Effect.ASK),
        (f"{FIXES}Claude-Session: {LINK}\n", "", "", Effect.NONE),
        (FIXES, "Published-As: https://example.com/git/tree/claude/x\n\n", "", Effect.NONE),
        (FIXES, "", "", None),
        ("", "", AGENT, None),
        (f"{FIXES}Assisted-by: Claude Opus 4.6\n", "", AGENT, None),
        (f"{FIXES}Reported-by: Gemini LLM\n", "", AGENT, None),
        (FIXES, "I found it with Claude Code.\n\n", AGENT, None),
    ],
)
def test_traces_of_an_agent_without_a_word_on_who_found_the_bug(
    trailers: str, below: str, headers: str, effect: Effect | None
) -> None:
    findings = found(UnrevealedAiFinding(), patch(body(trailers, below=below), headers=headers))
    assert [finding.effect for finding in findings] == ([] if effect is None else [effect])


def test_what_is_said_in_passing_is_neither_trace_nor_revelation() -> None:
    fix = post("[PATCH] x", "1@example.org", body=body(FIXES))
    answer = talk("Re: [PATCH] x", "2@example.org", "1@example.org", body="I used ChatGPT to set up my mailer.\n")
    assert not found(UnrevealedAiFinding(), series_of(fix, answer)["1@example.org"])
    traced = post("[PATCH] x", "1@example.org", body=body(FIXES), headers=AGENT)
    assert quotes(UnrevealedAiFinding(), series_of(traced, answer)["1@example.org"]) == [AGENT.strip()]


def thread(*answers: tuple[int, str, str], headers: str = AGENT) -> Series:
    """A patch and answers to it, each as (days after it, sender, headers of its own)."""
    mails = [post("[PATCH] x", "0@example.org", headers=headers)]
    for n, (days, sender, more) in enumerate(answers, 1):
        mails.append(
            post(
                "Re: [PATCH] x",
                f"{n}@example.org",
                "0@example.org",
                minute=days * 1440,
                sender=sender,
                body="Why?\n",
                headers=more,
            )
        )
    return series_of(*mails)["0@example.org"]


@pytest.mark.parametrize(
    ("series", "flagged"),
    [
        (thread((1, ANN, ""), (15, ANN, "")), True),
        (thread((1, ANN, ""), (14, ANN, "")), False),
        (thread((1, ANN, ""), (3, JO, ""), (40, ANN, "")), False),
        (thread((1, ANN, ""), (3, JO, AGENT), (40, ANN, "")), True),
        (thread((1, ANN, ""), (40, ANN, ""), headers=""), False),
        (thread((1, "Sashiko <sashiko-bot@kernel.org>", ""), (40, "lkp <lkp@intel.com>", "")), False),
    ],
)
def test_an_agents_series_that_no_person_answers_for(series: Series, flagged: bool) -> None:
    findings = found(UnattendedAgent(), series)
    assert [(f.level, f.effect) for f in findings] == ([(Level.INFO, Effect.NONE)] if flagged else [])
    assert not found(UnattendedAgent(days=100), series)


def test_signer_of_an_agents_patch_answers_for_it() -> None:
    mails = [
        post("[PATCH] x", "0@example.org", sender="Claude <noreply@anthropic.com>"),
        talk("Re: [PATCH] x", "1@example.org", "0@example.org", minute=10, sender=ANN),
        talk("Re: [PATCH] x", "2@example.org", "0@example.org", minute=20, sender=JO),
        talk("Re: [PATCH] x", "3@example.org", "0@example.org", minute=60 * 24 * 30, sender=ANN),
    ]
    assert not found(UnattendedAgent(), series_of(*mails)["0@example.org"])


def test_an_agents_series_without_answers_is_skipped_unless_a_database_knows_the_thread() -> None:
    series = thread()
    assert [one.rule for one in verdict_of(UnattendedAgent(), series).skipped] == ["unattended-agent"]
    verdict = judge(series, policy_of(UnattendedAgent()), known=True)
    assert (verdict.findings, verdict.skipped) == ((), ())
    assert verdict_of(UnattendedAgent(), thread(headers="")).skipped == ()


def test_evidence_of_an_in_body_from_below_blank_lines_is_on_its_line() -> None:
    message = read_mail(body=f"\n\nFrom: Claude\n <noreply@anthropic.com>\n\n{LOG}---\n")
    (said,) = [one for one in message.disclosures if one.key == "From"]
    assert (said.place, said.line, said.quote) == (Place.BODY, 3, "From: Claude")
