# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is an agent, and who is a person with an agent's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwatch.model.mail import Person
from patchwatch.parse.agents import Agent, agent_of_address, is_bot_address, read_value


@pytest.mark.parametrize(
    ("value", "agent", "model", "tools"),
    [
        ("Claude:claude-opus-4-8", "Claude", "claude-opus-4-8", ()),
        ("Claude:claude-opus-4-5 sparse", "Claude", "claude-opus-4-5", ("sparse",)),
        ("Claude:claude-opus-4-8 [Claude-Code]", "Claude", "claude-opus-4-8", ("Claude-Code",)),
        ("Claude:claude-opus-4-7[1m]", "Claude", "claude-opus-4-7[1m]", ()),
        ("Claude:Sonnet 4.6", "Claude", "Sonnet 4.6", ()),
        ("GitHub Copilot:claude-sonnet-4.6", "GitHub Copilot", "claude-sonnet-4.6", ()),
        ("kres (claude-opus-4-7)", "kres", "claude-opus-4-7", ()),
        ("opencode:big-pickle", "opencode", "big-pickle", ()),
        ("unnamed:deepseek-v3.2 coccinelle", "unnamed", "deepseek-v3.2", ("coccinelle",)),
        ("Claude Opus 4.6", "Claude", "Opus 4.6", ()),
        ("GLM-4.7", "GLM-4.7", "GLM-4.7", ()),
        ("Claude <claude-sonnet-4-6>", "Claude", "claude-sonnet-4-6", ()),
        ("Claude Code <noreply@anthropic.com> (claude-opus-4-6)", "Claude Code", "claude-opus-4-6", ()),
        ("CodeMender <codemender-patching@google.com>", "CodeMender", "", ()),
        ("Claude Opus 4.7 <me@example.org>", "Claude", "Opus 4.7", ()),
        ("LLM coccinelle sparse", "LLM", "", ("coccinelle", "sparse")),
        ("Claude", "Claude", "", ()),
        ("AI", "AI", "", ()),
        ("Claude:claude-opus-4-8 # by hand after", "Claude", "claude-opus-4-8", ()),
    ],
)
def test_spellings_under_assisted_by(value: str, agent: str, model: str, tools: tuple[str, ...]) -> None:
    assert read_value("assisted-by", value) == Agent(agent, model, tools)


@pytest.mark.parametrize("key", ["assisted-by", "co-developed-by", "signed-off-by", "reported-by"])
@pytest.mark.parametrize(
    "value",
    [
        "Claude Martin <claude@example.org>",
        "Devin Doe <devin@example.org>",
        "Cody Doe <cody@example.ai>",
        "Jules <jules@example.org>",
        "Jo Doe <jo@openai.com>",
        "Jo Doe <jo@anthropic.com>",
        "Claude Martin",
        "Ai Wei",
        "coccinelle",
        "Sashiko <sashiko@kernel.org>",
        "Gemini Lake",
        "Dinner and a beer",
        "[pre-commit.ci]",
        "pi",
    ],
)
def test_people_and_tools_are_no_agents(key: str, value: str) -> None:
    assert read_value(key, value) is None


@pytest.mark.parametrize("value", ["Claude", "Devin", "Copilot", "Cursor", "AI"])
def test_an_ambiguous_name_alone_is_nobody_under_a_key_for_people(value: str) -> None:
    assert read_value("co-developed-by", value) is None


@pytest.mark.parametrize("value", ["Gemini LLM", "GitHub Copilot", "Claude Code", "ChatGPT"])
def test_an_unambiguous_name_counts_under_a_key_for_people(value: str) -> None:
    assert read_value("reported-by", value) is not None


@pytest.mark.parametrize(
    ("person", "agent"),
    [
        (Person("Claude", "noreply@anthropic.com"), "Claude"),
        (Person("x", "NoReply@Anthropic.com"), "Claude"),
        (Person("Copilot", "198982749+Copilot@users.noreply.github.com"), "Copilot"),
        (Person("c", "claude[bot]@users.noreply.github.com"), "Claude"),
        (Person("Jo", "12345+Copilot@users.noreply.github.com"), ""),
        (Person("Gemini Bot", "noreply@google.com"), "Gemini"),
        (Person("Jo", "noreply@google.com"), ""),
        (Person("Claude", "claude@example.org"), ""),
        (Person("Jo", "jo@anthropic.com"), ""),
    ],
)
def test_only_listed_addresses_are_agents(person: Person, agent: str) -> None:
    assert agent_of_address(person) == agent


def test_bots_are_known_by_their_address() -> None:
    assert is_bot_address("syzbot+12ab@syzkaller.appspotmail.com")
    assert is_bot_address("patchwork-bot+netdevbpf@kernel.org")
    assert not is_bot_address("bot@example.org")


TOKENS = st.sampled_from(
    ["Claude", "Copilot", ":", " ", "<", ">", "@", "(", ")", "[", "]", "opus", "4.6", "gpt-5", "#", ",", "x" * 300]
)


@given(st.lists(TOKENS, max_size=30).map("".join))
def test_no_value_raises_and_personal_addresses_stay_people(value: str) -> None:
    read_value("assisted-by", value)
    found = read_value("assisted-by", f"{value.replace('<', '').replace('>', '')} <jo@example.org>")
    assert found is None or any(char.isdigit() for char in found.model)
