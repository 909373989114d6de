# SPDX-License-Identifier: GPL-2.0-or-later
"""Every rule is tested by its own examples, judged from bytes by a shipped policy."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from builders_history import judge_after, read_mails
from patchwatch.assemble.series import assemble
from patchwatch.judging import judge_all
from patchwatch.model.mail import RawMessage
from patchwatch.model.verdict import Effect, Finding, Level
from patchwatch.parse.mail import read_message
from patchwatch.policy.loader import load_policies
from patchwatch.policy.profile import Policy, RuleUse
from patchwatch.rules.base import Example, load_rule, parameters, rule_ids

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
POLICIES = load_policies()
RULES = [load_rule(rule_id) for rule_id in rule_ids()]
EXAMPLES = [(rule.id, example) for rule in RULES for example in rule.examples]


def findings_of(
    rule_id: str, example: Example, folder: Path
) -> tuple[list[Finding], dict[str, list[str]], dict[str, list[str]]]:
    """
    Judge the example; return the findings of the rule, and the headers and decoded lines of each mail by its id.

    A rule that reads what a database knows is judged by way of one, made in *folder*.
    """
    mails = read_mails(FIXTURES / rule_id / example.file)
    earlier = read_mails(FIXTURES / rule_id / example.history) if example.history else []
    messages = [read_message(RawMessage(blob=f"{n:040x}", data=data, origin="test")) for n, data in enumerate(mails)]
    policy = with_rule(POLICIES.get(example.policy, None), rule_id, example)
    if load_rule(rule_id).reads:
        judged = judge_after(folder / "patchwatch.db", earlier, mails, policy, POLICIES.select)
        mails = [*mails, *earlier]
        messages = [read_message(RawMessage(blob="0" * 40, data=data, origin="test")) for data in mails]
    else:
        judged = judge_all(assemble(messages), lambda _: policy, known=False)
    # The fixtures are plain UTF-8 without transfer encoding, so splitting here is decoding.
    parts = {message.message_id: data.decode().partition("\n\n") for message, data in zip(messages, mails, strict=True)}
    headers = {message_id: part[0].replace("\n ", " ").split("\n") for message_id, part in parts.items()}
    lines = {message_id: part[2].split("\n") for message_id, part in parts.items()}
    return [f for _, verdict in judged for f in verdict.findings if f.rule == rule_id], headers, lines


def with_rule(policy: Policy, rule_id: str, example: Example) -> Policy:
    """Return *policy* with the rule in it: not every rule is named by a text."""
    if any(use.rule.id == rule_id for use in policy.rules) and not example.params:
        return policy
    use = RuleUse(
        rule=load_rule(rule_id)(**dict(example.params)), effect=Effect.NONE, clause=policy.ref.source, why="example"
    )
    return replace(policy, rules=(*(other for other in policy.rules if other.rule.id != rule_id), use))


@pytest.mark.parametrize(("rule_id", "example"), EXAMPLES, ids=[f"{r}-{e.file}-{e.policy}" for r, e in EXAMPLES])
def test_example_is_flagged_as_it_says(rule_id: str, example: Example, tmp_path: Path) -> None:
    findings, headers, lines = findings_of(rule_id, example, tmp_path)
    assert bool(findings) == example.flagged, findings
    for finding in findings:
        assert finding.clause.startswith("https://")
        assert finding.evidence
        for evidence in finding.evidence:
            if evidence.line is None:
                assert evidence.quote in headers[evidence.message_id]
            else:
                assert lines[evidence.message_id][evidence.line - 1] == evidence.quote


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_is_a_full_card(rule: type) -> None:
    card = load_rule(rule.id)  # type: ignore[attr-defined]  # parametrised over rule classes
    assert card.__doc__ is not None
    assert len(card.__doc__.split()) > 30, "the docstring is the manual page"
    assert card.title
    assert card.sources
    assert all(source.startswith("https://") for source in card.sources)
    assert {example.flagged for example in card.examples} == {True, False}
    assert len(parameters(card)) == len(fields(card))
    assert all(parameter.description.endswith(".") for parameter in parameters(card))
    assert card.id == card.__module__.rpartition(".")[2].replace("_", "-")


def test_every_fixture_belongs_to_an_example() -> None:
    used = {
        FIXTURES / rule_id / name for rule_id, example in EXAMPLES for name in (example.file, example.history) if name
    }
    there = {path for path in FIXTURES.rglob("*") if path.suffix in (".eml", ".mbox")}
    assert there == used


def test_no_rule_imports_another_rule() -> None:
    folder = Path(load_rule("missing-sign-off").__module__.replace(".", "/")).parent
    root = Path(__file__).parents[2]
    names = [rule_id.replace("-", "_") for rule_id in rule_ids()]
    for path in (root / folder).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not any(f"patchwatch.rules.{name} " in text for name in names), path


@pytest.mark.parametrize("name", ["", "base", "_ai", "no-such-rule", "os.path"])
def test_what_is_no_rule_is_not_loaded(name: str) -> None:
    with pytest.raises(KeyError):
        load_rule(name)


def test_only_facts_and_unknowns_are_declared() -> None:
    assert {rule.level for rule in RULES} <= {Level.FACT, Level.INFO, Level.UNKNOWN}
