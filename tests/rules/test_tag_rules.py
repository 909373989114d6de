# SPDX-License-Identifier: GPL-2.0-or-later
"""The form of a disclosure tag: its place, the tools and models in it, and values that nobody knows."""

import pytest

from builders_rules import found, quotes
from builders_series import SIGNED, make_cover, make_patch, make_series
from patchwatch.model.series import Series
from patchwatch.model.terms import Tag
from patchwatch.rules.basic_tool_in_tag import BasicToolInTag
from patchwatch.rules.misplaced_disclosure_tag import MisplacedDisclosureTag
from patchwatch.rules.missing_model_name import MissingModelName
from patchwatch.rules.unrecognised_tag_value import UnrecognisedTagValue
from patchwatch.rules.unwanted_model_name import UnwantedModelName

IVO = "Signed-off-by: Ivo Kranz <ivo@example.com>"
ASSISTED = Tag(key="Assisted-by")
BEFORE = Tag(key="Assisted-by", before="Signed-off-by")
AFTER = Tag(key="assisted-BY", after="Signed-off-by")
HUMAN = Tag(key="Assisted-by", means="human", before="Signed-off-by", names_model="forbid")
USES = Tag(key="AI-used-for", grammar="list", items=("code", "tests", "docs"), note="parenthesised")


def patch(*trailers: str) -> Series:
    return make_series([make_patch(trailers=trailers)])


def assisted(value: str) -> Series:
    return patch(f"Assisted-by: {value}", SIGNED)


@pytest.mark.parametrize(
    ("trailers", "tag", "flagged"),
    [
        (("Assisted-by: Claude Opus 4.6", SIGNED), BEFORE, False),
        ((SIGNED, "Assisted-by: Claude Opus 4.6"), BEFORE, True),
        ((IVO, "Assisted-by: Claude Opus 4.6", SIGNED), BEFORE, False),
        ((IVO, SIGNED, "Assisted-by: Claude Opus 4.6"), BEFORE, True),
        ((SIGNED, "Assisted-by: Claude Opus 4.6"), AFTER, False),
        (("Assisted-by: Claude Opus 4.6", SIGNED), AFTER, True),
        ((IVO, "Assisted-by: Claude Opus 4.6", SIGNED), AFTER, False),
        (("Assisted-by: Claude Opus 4.6",), BEFORE, False),
        ((SIGNED, "Assisted-by: Claude Opus 4.6"), ASSISTED, False),
        ((SIGNED, "Assisted-by: Claude Opus 4.6"), HUMAN, False),
        ((SIGNED, "Assisted-by: none"), BEFORE, False),
        ((SIGNED, "Assisted-by: Ivo Kranz <ivo@example.com>"), BEFORE._replace(means="either"), False),
    ],
)
def test_a_tag_is_misplaced_only_when_no_sign_off_is_on_its_side(
    trailers: tuple[str, ...], tag: Tag, flagged: bool
) -> None:
    assert bool(found(MisplacedDisclosureTag(), patch(*trailers), tag)) == flagged


def test_misplaced_tags_are_looked_for_under_the_given_keys_only() -> None:
    series = patch(SIGNED, "Assisted-by: Claude Opus 4.6")
    assert quotes(MisplacedDisclosureTag(keys=("ASSISTED-BY",)), series, BEFORE) == ["Assisted-by: Claude Opus 4.6"]
    assert not found(MisplacedDisclosureTag(keys=("AI-used-for",)), series, BEFORE)


@pytest.mark.parametrize(
    ("value", "tools"),
    [
        ("Claude:claude-opus-4-6 git sparse", "git"),
        ("LLM GCC-14 coccinelle Make", "GCC, Make"),
        ("LLM [git, sparse]", "git"),
        ("git/2.51", "git"),
        ("gcc", "gcc"),
    ],
)
def test_basic_tools_are_named_as_written_without_version(value: str, tools: str) -> None:
    (finding,) = found(BasicToolInTag(), assisted(value), ASSISTED)
    assert finding.message == f"`Assisted-by:` does not list basic tools ({tools})"


@pytest.mark.parametrize(
    "value",
    [
        "LLM sparse",
        "LLM git-series",
        "Claude:claude-opus-4-6 for a git rebase",
        "Git Make <git@example.com>",
        "LLM # with git",
        "digital git fans",
    ],
)
def test_no_basic_tool_is_seen_in_other_tools_remarks_and_people(value: str) -> None:
    assert not found(BasicToolInTag(), assisted(value), ASSISTED)


def test_the_tools_are_those_of_the_policy() -> None:
    assert not found(BasicToolInTag(tools=("ed",)), assisted("LLM git"), ASSISTED)
    assert quotes(BasicToolInTag(tools=("ed",)), assisted("LLM Ed"), ASSISTED) == ["Assisted-by: LLM Ed"]


@pytest.mark.parametrize(
    ("trailer", "flagged"),
    [
        ("AI-used-for: code (claude-opus-4-7), tests", True),
        ("AI-used-for: code", False),
        ("AI-used-for: code (Claude)", False),
        ("AI-used-for: code (thanks to gpt-4@example.com)", False),
        ("AI-used-for: none", False),
        ("AI-used-for: Claude Opus 4.6", True),
    ],
)
def test_a_model_where_none_is_wanted(trailer: str, flagged: bool) -> None:
    tag = USES._replace(names_model="forbid")
    assert bool(found(UnwantedModelName(), patch(trailer, SIGNED), tag)) == flagged
    assert bool(found(UnwantedModelName(keys=("ai-used-for",)), patch(trailer, SIGNED))) == flagged
    assert not found(UnwantedModelName(), patch(trailer, SIGNED), USES)


@pytest.mark.parametrize(
    ("value", "flagged"),
    [
        ("Claude Code", True),
        ("LLM [codegen]", True),
        ("Qoder:(unknown)", True),
        ("Qoder:its-own-model", False),
        ("Claude:claude-opus-4-6", False),
        ("kres (claude-opus-4-7)", False),
        ("claude-sonnet-4.5, GitHub Copilot", False),
        ("GitHub Copilot, claude-sonnet-4.5", False),
        ("Claude Martin <claude@example.org>", False),
        ("Dinner and a beer", False),
        ("none", False),
    ],
)
def test_no_model_where_one_is_wanted(value: str, flagged: bool) -> None:
    require = ASSISTED._replace(names_model="require")
    assert bool(found(MissingModelName(), assisted(value), require)) == flagged
    assert not found(MissingModelName(), assisted(value), ASSISTED)
    assert not found(MissingModelName(keys=("Assisted-by",)), assisted(value), HUMAN)


@pytest.mark.parametrize(
    "value",
    [
        "Dinner and a beer",
        "My-reading-glasses",
        "foo_helper_t1000",
        "StageFreight",
        "\u0421laude",  # the first letter is Cyrillic
        "\u0421laude Code",
        "Clau\u200bde",
        "\u202eedualC",
        "C\u2060laude Code",
    ],
)
def test_a_value_that_nobody_knows_is_told_and_not_corrected(value: str) -> None:
    assert quotes(UnrecognisedTagValue(), assisted(value), ASSISTED) == [f"Assisted-by: {value}"]


@pytest.mark.parametrize(
    "value",
    [
        "Claude",
        "Claude Opus 4.6",
        "Claude:claude-opus-4-6 sparse",
        "Jo Doe",
        "Jo van der Doe",
        "José Ñúñez",
        "Анна Каренина",
        "张三",
        "Jo <jo@example.org>",
        "jo@example.org",
        "none",
        "N/A",
        "coccinelle",
        "sparse, smatch",
        "checkpatch/1.0",
        "Sashiko",
        "coderabbitai[bot]",
    ],
)
def test_tools_models_people_and_none_are_known(value: str) -> None:
    assert not found(UnrecognisedTagValue(), assisted(value), ASSISTED)


def test_characters_that_cannot_be_seen_are_named() -> None:
    (finding,) = found(UnrecognisedTagValue(), assisted("Cla\u200bu\u202ede"), ASSISTED)
    assert finding.message.endswith("; it holds characters that cannot be seen (U+200B, U+202E)")


def test_items_of_the_policy_are_known_values() -> None:
    assert not found(UnrecognisedTagValue(), patch("AI-used-for: code (refactoring), tests", SIGNED), USES)
    assert found(UnrecognisedTagValue(), patch("AI-used-for: whatever it took", SIGNED), USES)


def test_without_a_tag_in_the_policy_only_given_keys_are_looked_at() -> None:
    joke = assisted("Dinner and a beer")
    assert not found(UnrecognisedTagValue(), joke)
    assert found(UnrecognisedTagValue(keys=("Assisted-by",)), joke)
    assert not found(UnrecognisedTagValue(), joke, HUMAN)


def test_the_same_value_in_many_mails_is_one_finding() -> None:
    series = make_series(
        [make_patch(1, trailers=("Assisted-by: LLM git", SIGNED)), make_patch(2, trailers=("assisted-by: llm GIT",))],
        cover=make_cover(trailers=("Assisted-by: LLM git",)),
    )
    (finding,) = found(BasicToolInTag(), series, ASSISTED)
    assert [evidence.message_id for evidence in finding.evidence] == ["0@example.org", "1@example.org", "2@example.org"]
