# SPDX-License-Identifier: GPL-2.0-or-later
"""Every rule is tested by its own examples, judged from bytes by a shipped policy."""

import mailbox
from dataclasses import fields
from pathlib import Path

import pytest

from patchwatch.assemble.series import assemble
from patchwatch.engine import judge
from patchwatch.model.mail import RawMessage
from patchwatch.model.verdict import Finding, Level
from patchwatch.parse.mail import read_message
from patchwatch.policy.loader import load_policies
from patchwatch.rules.base import Example, load_rule, parameters, rule_ids

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
POLICIES = load_policies()
RULES = [load_rule(rule_id) for rule_id in rule_ids()]
EXAMPLES = [(rule.id, example) for rule in RULES for example in rule.examples]


def read_mails(path: Path) -> list[bytes]:
    if path.suffix == ".eml":
        return [path.read_bytes()]
    box = mailbox.mbox(path, create=False)
    return [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 - a mailbox iterates over messages


def findings_of(rule_id: str, example: Example) -> tuple[list[Finding], dict[str, list[str]]]:
    """Judge the example; return the findings of the rule and the decoded lines of each mail by Message-ID."""
    mails = read_mails(FIXTURES / rule_id / example.file)
    messages = [read_message(RawMessage(blob=f"{n:040x}", data=data, origin="test")) for n, data in enumerate(mails)]
    (series,) = assemble(messages)
    verdict = judge(series, POLICIES.get(example.policy, None))
    # The fixtures are plain UTF-8 without transfer encoding, so splitting here is decoding.
    lines = {
        message.message_id: data.decode().partition("\n\n")[2].split("\n")
        for message, data in zip(messages, mails, strict=True)
    }
    return [finding for finding in verdict.findings if finding.rule == rule_id], lines


@pytest.mark.parametrize(("rule_id", "example"), EXAMPLES, ids=[f"{r}-{e.file}-{e.policy}" for r, e in EXAMPLES])
def test_example_is_flagged_as_it_says(rule_id: str, example: Example) -> None:
    findings, lines = findings_of(rule_id, example)
    assert bool(findings) == example.flagged, findings
    for finding in findings:
        assert finding.clause.startswith("https://")
        assert finding.evidence
        for evidence in finding.evidence:
            if evidence.line is None:
                assert evidence.quote.partition(": ")[0] in ("Subject", "From")
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
    used = {FIXTURES / rule_id / example.file for rule_id, example in EXAMPLES}
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
