# SPDX-License-Identifier: GPL-2.0-or-later
"""Forms of tag values, with spellings seen on real lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwatch.model.terms import Tag
from patchwatch.rules._grammar import describe, fits

OLD = Tag(key="Assisted-by", grammar="words", first="agent:model", rest="tool")
NEW = Tag(key="Assisted-by", grammar="words", first="literal:LLM", rest="tool", also_accept=(OLD,))
ITEMS = Tag(key="AI-used-for", grammar="list", items=("code", "tests", "docs", "research"), note="parenthesised")
MODELS = Tag(key="Assisted-by", grammar="list", item="agent:model")
TEXT = Tag(key="Assisted-by")
PERSON = Tag(key="Helped-by", grammar="person")


@pytest.mark.parametrize(
    ("tag", "value", "answer"),
    [
        (OLD, "Claude:claude-3-opus coccinelle sparse", True),
        (OLD, "Claude Code:claude-opus-4-6", True),
        (OLD, "GitHub_Copilot:claude-sonnet-4.6", True),
        (OLD, "Claude:claude-opus-4-7[1m]", True),
        (OLD, "unnamed:deepseek-v3.2 [coccinelle]", True),
        (OLD, "Claude:claude-opus-4-6 [coccinelle, sparse] smatch", True),
        (OLD, "Claude Opus 4.6", False),
        (OLD, "kres (claude-opus-4-7)", False),
        (OLD, "Claude:claude-opus-4-6 <noreply@anthropic.com>", False),
        (OLD, "Claude:claude-opus-4-6 # for the tests", False),
        (OLD, "Claude: claude-opus-4-6", False),
        (OLD, "Claude  Code:claude-opus-4-6", False),
        (OLD, ":claude-opus-4-6", False),
        (OLD, "Claude:", False),
        (OLD, "Claude:claude-opus-4-6 [sparse", False),
        (OLD, "LLM sparse", False),
        (NEW, "LLM", True),
        (NEW, "llm sparse", True),
        (NEW, "LLM [codegen, tests]", True),
        (NEW, "Claude:claude-opus-4-6 sparse", True),
        (NEW, "Claude", False),
        (NEW, "LLMs", False),
        (ITEMS, "tests, docs", True),
        (ITEMS, "code (refactoring)", True),
        (ITEMS, "Code (the parser, the lexer), tests", True),
        (ITEMS, "code(prototype)", True),
        (ITEMS, "code, everything", False),
        (ITEMS, "code (unclosed", False),
        (ITEMS, "code,", False),
        (ITEMS, "", False),
        (MODELS, "Claude:claude-opus-4-6, Codex:gpt-5.5", True),
        (MODELS, "Claude:claude-opus-4-6, Codex", False),
        (TEXT, "anything at all", True),
        (TEXT, "x" * 513, False),
        (PERSON, "Ivo Kranz <ivo@example.com>", True),
        (PERSON, "Ivo Kranz", True),
        (PERSON, "<ivo@example.com>", False),
    ],
)
def test_forms(tag: Tag, value: str, answer: bool) -> None:
    assert fits(tag, value) is answer


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (OLD, "AGENT:MODEL [TOOL...]"),
        (NEW, "LLM [TOOL...]"),
        (ITEMS, "a list of code | tests | docs | research, separated by ','"),
        (TEXT, "a text"),
    ],
)
def test_forms_are_said_in_words(tag: Tag, text: str) -> None:
    assert describe(tag) == text


@given(st.text(alphabet="aA1:,()[]<>@# -", max_size=600), st.sampled_from([OLD, NEW, ITEMS, MODELS, TEXT, PERSON]))
def test_any_value_has_an_answer(value: str, tag: Tag) -> None:
    answer = fits(tag, value.strip())
    assert not answer or 0 < len(value.strip()) <= 512
