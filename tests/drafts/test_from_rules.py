# SPDX-License-Identifier: GPL-2.0-or-later
"""From real mails over the real rules to a draft: the words of rules and drafts fit together."""

from dataclasses import replace
from pathlib import Path

import pytest

from builders_drafts import ME, NOW
from patchwatch.adapters.b4 import harvested_trailers
from patchwatch.assemble.series import assemble
from patchwatch.drafts.compose import compose, target_message
from patchwatch.drafts.refuse import NoDraft, Reason
from patchwatch.engine import judge
from patchwatch.model.mail import RawMessage
from patchwatch.model.verdict import Effect, Outcome
from patchwatch.parse.mail import read_message
from patchwatch.parse.target import read_target
from patchwatch.policy.loader import load_policies

RULES = Path(__file__).parents[2] / "fixtures" / "rules"


def draft_of(file: str, policy: str, *, as_if_adopted: str = "") -> str:
    """Judge one mail and draft the reply; *as_if_adopted* is a rule of a proposed policy that is to count."""
    raw = RawMessage(blob="0" * 40, data=(RULES / file).read_bytes(), origin=file)
    (series,) = assemble([read_message(raw)])
    verdict = judge(series, load_policies().get(policy, None))
    if as_if_adopted:
        counted = tuple(replace(f, effect=Effect.ASK) for f in verdict.findings if f.rule == as_if_adopted)
        in_force = replace(verdict.policy, status="in-force")
        verdict = replace(verdict, findings=counted, outcome=Outcome.ASK, policy=in_force)
    target = read_target(raw)
    assert target_message(series, verdict).message_id == target.message_id
    data = compose(target, series, verdict, ME, now=NOW).data
    assert harvested_trailers(data) == []
    return " ".join(data.decode().partition("\n\n")[2].split())


@pytest.mark.parametrize(
    ("file", "policy", "words"),
    [
        ("undisclosed-ai/co-author.eml", "linux@7.3", "Where a tool helped we ask for `Assisted-by:`, as described"),
        ("agent-sign-off/signed-by-agent.eml", "linux@7.3", "only a person can"),
        (
            "forbidden-disclosure-tag/co-developed-by-agent.eml",
            "linux@7.3",
            "`Co-developed-by:` is not used",
        ),
        ("missing-sign-off/unsigned.eml", "linux@7.3", "I see no Signed-off-by of yours in the commit log"),
        ("missing-sign-off/signed-below-the-cut.eml", "linux@7.3", "stands below the cut, where `git am` drops it"),
        ("declared-ai-content/tagged.eml", "qemu@2025-06", "We do not take content written with AI tools"),
        ("declared-ai-content/prose-without-use.eml", "qemu@2025-06", "Which parts of the patch does that concern?"),
    ],
)
def test_rules_in_force(file: str, policy: str, words: str) -> None:
    text = draft_of(file, policy)
    assert words.lower() in text.lower()
    assert "> " in text
    assert "https://" in text


def test_the_limit_and_the_readings_are_told() -> None:
    file = "borderline-size/eighteen-or-twenty-four.eml"
    text = draft_of(file, "qemu@2026-05-v2", as_if_adopted="borderline-size")
    assert "is within our limit of 20 lines depends on how one counts (18 added, 24 added+removed)" in text


def test_a_change_that_is_too_large_is_shown_with_files_and_limit() -> None:
    file = "outside-allowed-scenario/large-fix.eml"
    text = draft_of(file, "qemu@2026-05-v2", as_if_adopted="outside-allowed-scenario")
    assert "It adds 40 lines, tests not counted (limit 20): hw/foo" in text


def test_a_proposed_text_makes_no_draft() -> None:
    with pytest.raises(NoDraft) as caught:
        draft_of("borderline-size/eighteen-or-twenty-four.eml", "qemu@2026-05-v2")
    assert caught.value.refusal.reason is Reason.NOT_IN_FORCE
