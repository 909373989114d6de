# SPDX-License-Identifier: GPL-2.0-or-later
"""Odd and hostile mail under all disclosure and sign-off rules: no exception, no silent pass, verbatim evidence."""

from base64 import b64encode
from dataclasses import replace

import pytest

from builders_mail import mail_bytes, read, read_mail
from builders_rules import body
from patchwatch.assemble.series import assemble
from patchwatch.engine import MAX_FINDINGS, judge
from patchwatch.model.mail import Message
from patchwatch.model.terms import Tag
from patchwatch.model.verdict import Effect, Level, Verdict
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy, RuleUse
from patchwatch.rules.base import load_rule

RULES: dict[str, dict[str, object]] = {
    "declared-ai-content": {},
    "undisclosed-ai": {"any_of": ("Assisted-by",)},
    "inconsistent-disclosure": {},
    "sparse-disclosure": {},
    "malformed-disclosure-tag": {},
    "misplaced-disclosure-tag": {},
    "forbidden-disclosure-tag": {"keys": ("Co-developed-by",)},
    "basic-tool-in-tag": {},
    "unwanted-model-name": {"keys": ("Assisted-by",)},
    "missing-model-name": {"keys": ("Assisted-by",)},
    "unrecognised-tag-value": {},
    "agent-session-link": {},
    "agent-branch-name": {},
    "unrevealed-ai-finding": {},
    "missing-sign-off": {},
    "author-without-sign-off": {},
    "agent-sign-off": {},
    "agent-author": {},
    "agent-sent-mail": {},
    "unattended-agent": {},
}
TAGGED = "Assisted-by: Claude:claude-opus-4-6\n"


def everything() -> Policy:
    """Return a policy that uses all of the rules."""
    uses = tuple(
        RuleUse(rule=load_rule(name)(**params), effect=Effect.ASK, clause="https://example.org/policy")
        for name, params in RULES.items()
    )
    tag = Tag(key="Assisted-by", grammar="words", first="agent:model", rest="tool", before="Signed-off-by")
    return replace(load_policies().get("none", None), rules=uses, tags=(tag,))


def verdict(message: Message) -> Verdict:
    """Judge one mail; what is quoted must stand on its line, and judging twice must give the same."""
    (series,) = assemble([message])
    first = judge(series, everything())
    assert judge(series, everything()) == first
    return first


def told(data: bytes) -> set[str]:
    """Return the ids of the rules that found something in one mail; its body is plain UTF-8."""
    message = read(data)
    found = verdict(message).findings
    lines = data.partition(b"\n\n")[2].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    for evidence in (evidence for finding in found for evidence in finding.evidence):
        assert evidence.quote
        assert evidence.line is None or lines[evidence.line - 1].startswith(evidence.quote)
    return {finding.rule for finding in found}


def patch(trailers: str = "") -> bytes:
    return mail_bytes(body=body(trailers))


PLAIN = told(patch(TAGGED))


def test_a_plain_tag_is_declared_sparse_and_names_its_model() -> None:
    assert sorted(PLAIN) == ["declared-ai-content", "sparse-disclosure", "unwanted-model-name"]
    assert told(patch()) == set()


@pytest.mark.parametrize(
    "trailers",
    [
        "assisted-BY: Claude:claude-opus-4-6\n",
        "Assisted-by : Claude:claude-opus-4-6\n",
        "Assisted-by:\tClaude:claude-opus-4-6\n",
        "Assisted-by: Claude:claude-opus-4-6\n  sparse\n",
        TAGGED * 900,
    ],
)
def test_a_tag_in_any_case_folded_or_many_times_is_one_tag(trailers: str) -> None:
    assert told(patch(trailers)) == PLAIN


def test_after_a_thousand_tags_nobody_knows_whether_a_sign_off_follows() -> None:
    found = verdict(read(patch(TAGGED * 1000))).findings
    assert [f.level for f in found if f.rule == "missing-sign-off"] == [Level.UNKNOWN]


@pytest.mark.parametrize(
    "line",
    [
        "Assisted-by\u00a0: Claude:claude-opus-4-6",
        "Assisted-by\uff1a Claude:claude-opus-4-6",
        "Assisted\u200b-by: Claude:claude-opus-4-6",
        "\u202eAssisted-by: Claude:claude-opus-4-6",
    ],
)
def test_a_line_that_only_looks_like_a_tag_is_said_but_no_tag(line: str) -> None:
    assert told(patch(f"{line}\n")) >= {"declared-ai-content", "undisclosed-ai"}


@pytest.mark.parametrize("line", ["\u0410ssisted-by: Claude:claude-opus-4-6", "我的Agent\uff1a Claude"])
def test_letters_of_other_scripts_in_a_key_are_not_corrected(line: str) -> None:
    assert told(patch(f"{line}\n\n")) == set()


@pytest.mark.parametrize(
    "value", ["\u0421laude", "Clau\u200bde Code", "\u202eedualC", "Claude\u202e", "Dinner and a beer"]
)
def test_a_value_that_only_looks_like_an_agent_is_unrecognised(value: str) -> None:
    assert told(patch(f"Assisted-by: {value}\n")) == {"unrecognised-tag-value"}


@pytest.mark.parametrize(
    "value",
    [
        "Claude <claude@example.org>",
        "Ann (Claude) <ann@example.net>",
        "Claude <claude@example.org> <c2@example.org>",
        "Claude Martin, Ann <ann@example.net>",
        "none",
    ],
)
def test_a_person_under_the_key_is_no_declaration(value: str) -> None:
    assert told(patch(f"Assisted-by: {value}\n")) == set()


def test_a_value_of_a_megabyte_is_cut_and_flagged() -> None:
    assert told(patch(f"Assisted-by: Claude:{'x' * 1_000_000}\n")) >= {"declared-ai-content"}
    assert told(patch(f"Assisted-by: {'Jo ' * 400_000}\n")) == {"unrecognised-tag-value"}


def test_a_thousand_different_values_are_two_hundred_findings_and_a_count() -> None:
    many = "".join(f"Assisted-by: nickname_{n}\n" for n in range(1000))
    result = verdict(read(patch(many)))
    assert len(result.findings) == MAX_FINDINGS
    assert [one.reason for one in result.skipped if one.rule == "unrecognised-tag-value"] == [
        "800 more findings are not listed"
    ]


def test_a_thousand_sign_offs_of_an_agent_are_none_of_a_person() -> None:
    agents = "Signed-off-by: Claude <noreply@anthropic.com>\n" * 900
    result = told(mail_bytes(body=body(agents, signed=False)))
    assert result >= {"agent-sign-off", "missing-sign-off"}
    assert "author-without-sign-off" not in result


@pytest.mark.parametrize(
    "text",
    [
        body(below=f"> {TAGGED}> Written with Claude Code.\n"),
        body().replace("+int b = 1;", f"+{TAGGED.strip()}"),
        body().replace(" int a;", f" {TAGGED.strip()}"),
        body() + f"Written with Claude Code.\n{TAGGED}",  # below the signature
        body(below="Cc: Claude <noreply@anthropic.com>\n"),
        body("Reported-by: Sashiko AI <sashiko-bot@kernel.org>\n"),
    ],
)
def test_quotes_diffs_signatures_copies_and_bots_say_nothing(text: str) -> None:
    assert told(mail_bytes(body=text)) <= {"unreadable-patch"}


def test_agents_in_cc_are_no_evidence() -> None:
    assert told(mail_bytes(body=body(), headers="Cc: Claude <noreply@anthropic.com>\n")) == set()


def test_contradictory_tags_count_as_the_one_that_names_an_agent() -> None:
    assert "declared-ai-content" in told(patch(f"AI-used-for: none\n{TAGGED}"))


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_encoded_bodies_are_read_like_plain_ones(encoding: str) -> None:
    text = body("Assisted-by: Claude Code\n")
    coded = (
        b64encode(text.encode()).decode()
        if encoding == "base64"
        else text.replace("=", "=3D").replace("de C", "de=\n C")
    )
    message = read_mail(body=coded, headers=f"Content-Transfer-Encoding: {encoding}\n")
    found = verdict(message).findings
    assert {f.rule for f in found} >= {"declared-ai-content", "missing-model-name"}
    assert {e.quote for f in found for e in f.evidence} == {"Assisted-by: Claude Code"}


@pytest.mark.parametrize(
    "mailer", ["claude-code/" + "9" * 100_000, "\x00claude-code", "claude-code\u202e", "(" * 50_000]
)
def test_odd_mailers_are_quoted_short_or_are_nobody(mailer: str) -> None:
    found = verdict(read_mail(body=body(), headers=f"X-Mailer: {mailer}\n")).findings
    assert all(len(e.quote) <= 512 for f in found for e in f.evidence)
    assert {f.rule for f in found if f.rule.startswith("agent-")} <= {"agent-sent-mail"}


def test_names_and_sentences_in_other_languages_are_ordinary_mail() -> None:
    text = body("Signed-off-by: 张三 <zhang@example.org>\n", log="修复空指针。与人工智能无关。\n\n", signed=False)
    assert told(mail_bytes(body=text, sender="张三 <zhang@example.org>")) == set()


def test_crlf_and_nul_change_nothing() -> None:
    crlf = patch(TAGGED).partition(b"\n\n")
    data = crlf[0] + b"\n\n" + crlf[2].replace(b"\n", b"\r\n")
    assert told(data) == PLAIN
    found = verdict(read(patch("Assisted-by: Claude:claude-opus-4-6 \x00\n"))).findings
    assert {f.rule for f in found} == PLAIN
