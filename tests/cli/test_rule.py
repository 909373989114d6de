# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch rule`, and the page of each rule in the documentation: both written from the class."""

import io
import json
from pathlib import Path

import docutils.core
import pytest

from builders_cli import run
from patchwatch.policy.loader import load_policies
from patchwatch.reports.rule_examples import examples_folder, show_examples
from patchwatch.reports.rule_page import Card, card_lines, rst_index, rst_page
from patchwatch.rules.base import load_rule, parameters, rule_ids

DOCS = Path(__file__).parents[2] / "docs" / "rules"
POLICIES = load_policies()


def card(rule_id: str) -> Card:
    rule = load_rule(rule_id)
    return Card(rule=rule, examples=tuple(show_examples(rule, POLICIES, examples_folder())))


@pytest.mark.parametrize("rule_id", rule_ids())
def test_the_page_of_a_rule_is_written_from_its_class(rule_id: str, pytestconfig: pytest.Config) -> None:
    """`pytest --update-golden` writes it anew."""
    page, wanted = DOCS / f"{rule_id}.rst", rst_page(card(rule_id))
    if pytestconfig.getoption("--update-golden"):
        page.write_text(wanted, encoding="utf-8")
    assert page.is_file(), "pytest --update-golden writes it"
    assert page.read_text(encoding="utf-8") == wanted
    told = io.StringIO()
    settings = {"report_level": 2, "warning_stream": told, "file_insertion_enabled": False}
    docutils.core.publish_doctree(wanted, source_path=page.name, settings_overrides=settings)
    assert not told.getvalue()


def test_the_index_lists_all_rules_and_there_is_no_other_page(pytestconfig: pytest.Config) -> None:
    wanted = rst_index([load_rule(rule_id) for rule_id in rule_ids()])
    index = DOCS / "index.rst"
    if pytestconfig.getoption("--update-golden"):
        index.write_text(wanted, encoding="utf-8")
        for page in DOCS.glob("*.rst"):
            if page.stem != "index" and page.stem not in rule_ids():
                page.unlink()
    assert index.read_text(encoding="utf-8") == wanted
    assert {page.stem for page in DOCS.glob("*.rst")} == {"index", *rule_ids()}


@pytest.mark.parametrize("rule_id", rule_ids())
def test_a_rule_shows_one_mail_that_is_flagged_and_one_that_is_not(rule_id: str) -> None:
    shown = card(rule_id).examples
    flagged = next(one for one in shown if one.flagged)
    assert flagged.in_database or flagged.messages
    assert flagged.in_database or any(line.cited for mail in flagged.mails for line in mail)
    other = next(one for one in shown if not one.flagged)
    assert not other.messages
    assert not any(line.cited for mail in other.mails for line in mail)
    assert any(line.text.startswith("Subject: ") for line in other.mails[0])


def test_the_list_has_every_rule_with_its_kind() -> None:
    done = run("rule")
    assert (done.code, done.err) == (0, "")
    rows = {line.split()[0]: line for line in done.out.splitlines()}
    assert set(rows) == set(rule_ids())
    assert " fact " in rows["undisclosed-ai"]
    assert " heuristic " in rows["growth-without-deletion"]
    document = json.loads(run("rule", "--json").out)
    assert document["schema"] == "patchwatch.rules/1"
    (entry,) = [one for one in document["rules"] if one["rule"] == "undisclosed-ai"]
    assert entry["policies"] > 1
    assert f" {entry['policies']} policies " in rows["undisclosed-ai"]


def test_one_rule_is_explained_in_full() -> None:
    done = run("rule", "undisclosed-ai")
    assert (done.code, done.err) == (0, "")
    for told in (
        "It does not mean that something was hidden",
        "A fact: a reader with the mail in hand can check it.",
        "any-of (default: none)",
        "ask      linux@7.3",
        "(proposed)",
        "flagged under linux@7.3",
        "Claude Code is named here, but `Assisted-by:` is missing",
        "not flagged under linux@7.3",
        "https://docs.kernel.org/process/coding-assistants.html",
    ):
        assert told in done.out
    cited = [line for line in done.out.splitlines() if line.startswith("  >")]
    assert cited == ["  >   3  This patch was written with Claude Code."]


def test_json_of_a_rule_holds_the_same() -> None:
    document = json.loads(run("rule", "--json", "undisclosed-ai").out)
    assert document["schema"] == "patchwatch.rule/1"
    assert (document["rule"], document["kind"]) == ("undisclosed-ai", "fact")
    assert [one["name"] for one in document["parameters"]] == [
        one.name for one in parameters(load_rule("undisclosed-ai"))
    ]
    linux = next(one for one in document["policies"] if one["policy"] == "linux@7.3")
    assert linux["effect"] == "ask"
    assert linux["why"]
    lines = [line for one in document["examples"] if one["flagged"] for mail in one["mails"] for line in mail]
    assert {line["text"] for line in lines if line["cited"]} >= {"This patch was written with Claude Code."}


@pytest.mark.parametrize(
    ("name", "near"), [("undisclosed-aj", "undisclosed-ai"), ("zzz", "`patchwatch rule` lists all")]
)
def test_an_unknown_rule_is_told_with_the_nearest(name: str, near: str) -> None:
    done = run("rule", name)
    assert done.code == 2
    assert near in done.complaint


def test_a_heuristic_says_that_it_never_has_an_effect() -> None:
    text = " ".join("\n".join(card_lines(card("growth-without-deletion"))).split())
    assert "never has an effect, whatever a policy file says" in text
