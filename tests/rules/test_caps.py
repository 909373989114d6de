# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a finding is told but nothing is asked, because the mail may not mean what it looks like."""

import pytest

from builders_mail import DIFF, LOG, read_mail
from patchwatch.assemble.series import assemble
from patchwatch.engine import judge
from patchwatch.model.mail import Message
from patchwatch.model.verdict import Effect
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
    assert effects(read_mail(body=f"{LOG}---\n\n{line}\n\n{DIFF}")) == {"undisclosed-ai": effect}


def test_a_credit_to_a_reviewing_tool_asks_for_nothing_under_linux() -> None:
    body = f"Why.\n\nReviewed-by: Claude Code <noreply@anthropic.com>\n{LOG}---\n{DIFF}"
    assert "undisclosed-ai" not in effects(read_mail(body=body))
