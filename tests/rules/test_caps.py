# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a finding is told but nothing is asked, because the mail may not mean what it looks like."""

import pytest

from builders_mail import DIFF, LOG, read_mail
from patchwatch.assemble.series import assemble
from patchwatch.engine import judge
from patchwatch.model.mail import Message
from patchwatch.model.verdict import Effect, Outcome
from patchwatch.policy.loader import load_policies


def effects(message: Message, policy: str = "linux@7.3") -> dict[str, Effect]:
    (series,) = assemble([message])
    return {f.rule: f.effect for f in judge(series, load_policies().get(policy, None)).findings}


def test_a_diff_without_any_patch_prefix_is_not_asked_for_a_sign_off() -> None:
    body = f"Does this help?\n\n{DIFF}"
    assert effects(read_mail("crash in foo", body)) == {"missing-sign-off": Effect.NONE}
    assert effects(read_mail("[PATCH] crash in foo", body)) == {"missing-sign-off": Effect.ASK}


@pytest.mark.parametrize(
    ("line", "effect"),
    [
        ("LLM generated explanations, may be wrong:", Effect.NONE),
        ("This patch was written with ChatGPT.", Effect.ASK),
    ],
)
def test_below_the_cut_only_a_sentence_about_the_patch_asks_for_a_tag(line: str, effect: Effect) -> None:
    assert effects(read_mail(body=f"{LOG}---\n\n{line}\n\n{DIFF}"))["undisclosed-ai"] is effect


def test_a_credit_to_a_reviewing_tool_asks_for_nothing_under_linux() -> None:
    body = f"Why.\n\nReviewed-by: Claude Code <noreply@anthropic.com>\n{LOG}---\n{DIFF}"
    assert "undisclosed-ai" not in effects(read_mail(body=body))


@pytest.mark.parametrize(
    "line",
    [
        "No AI was used for this patch. I used ChatGPT to set up git send-email.",
        "My colleague used Copilot for another driver.",
        "I occasionally use LLMs to help polish commit messages.",
    ],
)
@pytest.mark.parametrize("policy", ["linux@7.3", "qemu@2025-06"])
def test_a_sentence_in_a_discussion_decides_nothing(line: str, policy: str) -> None:
    answer = read_mail("Re: [PATCH] hw/foo: fix overflow", f"{line}\n", mid="2@example.org", reply_to="1@example.org")
    (series,) = assemble([read_mail(), answer])
    assert len(series.followups) == 1
    assert judge(series, load_policies().get(policy, None)).outcome is Outcome.READY


def test_a_tag_in_a_reply_of_the_submitter_counts() -> None:
    answer = read_mail("Re: x", "Assisted-by: Claude:claude-opus-4-6\n", mid="2@example.org", reply_to="1@example.org")
    (series,) = assemble([read_mail(), answer])
    assert judge(series, load_policies().get("qemu@2025-06", None)).outcome is Outcome.DECLINE
