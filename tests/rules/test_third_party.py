# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of other packages: a real installed distribution, found by its metadata."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders_cli import Result, list_mail, spawn

GOOD = '''
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from patchwatch.model.verdict import Effect, Evidence, Level, Part, Skipped
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


@dataclass(frozen=True, kw_only=True)
class LowerCaseTitle(Rule):
    """A title begins with a small letter."""

    id: ClassVar[str] = "lower-case-title"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a title begins with a small letter"
    sources: ClassVar[tuple[str, ...]] = ("https://example.org/titles",)
    examples: ClassVar[tuple[Example, ...]] = ()

    least: int = field(default=1, metadata={"description": "So many letters at least."})

    def check(self, series, context):
        head = series.head
        if head.prefix.title[:1].islower():
            yield Hit(message=f"begins small ({self.least})", evidence=(cite_subject(head),))
'''
POLICY = """
schema = 1
source = [{ url = "https://example.org/titles" }]
rule = [{ use = "lower-case-title", effect = "decline", why = "house style", params = { least = 3 } }]
[policy]
id = "titles"
version = "1"
status = "in-force"
stance = "silent"
effective = { from = 2020-01-01 }
"""


class House:
    """A folder with a distribution installed in it, a policy that uses its rule, and a mail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"
        (self.site / "titles_house-1.0.dist-info").mkdir(parents=True)
        info = self.site / "titles_house-1.0.dist-info"
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: titles-house\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(
            "[patchwatch.rules]\nlower-case-title = titles_house:LowerCaseTitle\n", encoding="utf-8"
        )
        self.write(GOOD)
        (folder / "titles.toml").write_text(POLICY, encoding="utf-8")
        (folder / "config.toml").write_text(f'policies = ["{folder}/titles.toml"]\n', encoding="utf-8")
        mails = [list_mail("1@example.org", "[PATCH] small"), list_mail("2@example.org", "[PATCH] other")]
        box = b"".join(b"From x Thu Oct  1 10:00:00 2026\n" + mail + b"\n" for mail in mails)
        (folder / "two.mbox").write_bytes(box)

    def write(self, code: str) -> None:
        """Write the module of the distribution."""
        (self.site / "titles_house.py").write_text(code, encoding="utf-8")

    def run(self, *words: str | Path) -> Result:
        return spawn("--config", self.folder / "config.toml", *words, PYTHONPATH=str(self.site))

    def check(self, *words: str) -> Result:
        return self.run("check", "--policy", "titles@1", *words, self.folder / "two.mbox")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_rule_of_another_package_judges_like_ours(house: House) -> None:
    done = house.check("--format", "json")
    assert (done.code, done.err) == (1, "")
    first, second = json.loads(done.out)["series"]
    (finding,) = first["findings"]
    assert (finding["rule"], finding["effect"], finding["message"]) == (
        "lower-case-title",
        "decline",
        "begins small (3)",
    )
    assert first["outcome"] == second["outcome"] == "decline"


def test_it_can_be_selected_and_ignored(house: House) -> None:
    assert house.check("--ignore", "lower-case-title").code == 0
    assert house.check("--select", "lower-case-title").code == 1


def test_its_parameters_are_checked(house: House) -> None:
    text = POLICY.replace("least = 3", 'least = "three", more = 1')
    (house.folder / "titles.toml").write_text(text, encoding="utf-8")
    done = house.check()
    assert done.code == 2
    assert "rule[0].params.least" in done.err
    assert "rule[0].params.more" in done.err


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


HIT = 'yield Hit(message=f"begins small ({self.least})", evidence=(cite_subject(head),))'
BROKEN = {
    "import-error": ("import no_such_module\n" + GOOD, "ModuleNotFoundError: No module named 'no_such_module'"),
    "leaves-at-import": ("raise SystemExit(3)\n", "SystemExit: 3"),
    "not-there": ("x = 1\n", "AttributeError"),
    "no-rule": ("class LowerCaseTitle: pass\n", "the entry point is no subclass of patchwatch.rules.base.Rule"),
    "no-id": (changed('    id: ClassVar[str] = "lower-case-title"\n', ""), "LowerCaseTitle.id is no str"),
    "other-id": (changed('"lower-case-title"', '"upper-case-title"'), "it calls itself 'upper-case-title'"),
    "no-level": (changed("= Level.FACT", '= "fact"'), "LowerCaseTitle.level is no Level"),
    "no-check": (changed("def check", "def look"), "it has no method `check`"),
    "raises": (changed(HIT, "raise ValueError(head.message_id)"), "ValueError"),
    "raises-late": (changed(HIT, HIT + "\n            raise KeyError(1)"), "KeyError"),
    "leaves": (changed(HIT, "raise SystemExit(0)"), "SystemExit"),
    "no-generator": (changed(HIT, "return 5"), "TypeError"),
    "no-hit": (changed(HIT, 'yield "small"'), "it yields a str, not a Hit"),
    "skips-another": (changed(HIT, 'yield Skipped(rule="x", reason="y")'), "it skips another rule"),
    "says-nothing": (changed('f"begins small ({self.least})"', '" "'), "a hit says nothing"),
    "no-evidence": (changed("evidence=(cite_subject(head),)", "evidence=()"), "a hit has no evidence"),
    "invented-mail": (
        changed("(cite_subject(head),)", '(Evidence(message_id="x@y", part=Part.HEADER, line=None, quote="x"),)'),
        "a hit cites a mail that is not in the series",
    ),
    "invented-line": (
        changed(
            "(cite_subject(head),)",
            '(Evidence(message_id=head.message_id, part=Part.COMMIT_LOG, line=1, quote="I used AI"),)',
        ),
        "a hit quotes a line that is not in the mail",
    ),
    "endless": (changed(HIT, "\n            while True:\n                " + HIT), "it found more than 500 things"),
    "odd-cap": (changed("evidence=(cite_subject(head),)", 'evidence=(cite_subject(head),), cap="x"'), "no effect"),
}


@pytest.mark.parametrize(("code", "why"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_told_once_and_skipped(house: House, code: str, why: str) -> None:
    house.write(code)
    done = house.check("--format", "json")
    series = json.loads(done.out)["series"]
    assert done.code == 0
    assert [one["outcome"] for one in series] == ["ready", "ready"]
    assert [one["findings"] for one in series] == [[], []]
    assert done.complaint.startswith("the rule lower-case-title of titles-house is skipped: ")
    assert why in done.err
    for one in series:
        (skipped,) = [entry for entry in one["skipped"] if entry["rule"] == "lower-case-title"]
        assert why in skipped["reason"]


def test_a_heuristic_has_no_effect_and_cannot_call_itself_a_fact(house: House) -> None:
    house.write(changed("= Level.FACT", "= Level.INFO"))
    assert "is no fact rule and cannot decline" in house.check().err
    (house.folder / "titles.toml").write_text(POLICY.replace('"decline"', '"ask"'), encoding="utf-8")
    done = house.check("--format", "json")
    (finding,) = json.loads(done.out)["series"][0]["findings"]
    assert (finding["level"], finding["effect"]) == ("info", "none")
    house.write(
        changed("= Level.FACT", "= Level.INFO").replace(
            "(cite_subject(head),)", "(cite_subject(head),), level=Level.FACT"
        )
    )
    assert "a hit of a heuristic calls itself a fact" in house.check().err


def test_a_rule_that_nobody_offers_is_a_fault_of_the_policy(house: House) -> None:
    (house.folder / "titles.toml").write_text(POLICY.replace("lower-case-title", "upper-case-title"), encoding="utf-8")
    done = house.check()
    assert done.code == 2
    assert "there is no rule 'upper-case-title'" in done.err
    assert "lower-case-title" in done.err


def test_installed_packages_are_not_looked_at_for_rules_of_ours(tmp_path: Path) -> None:
    mail = tmp_path / "1.eml"
    mail.write_bytes(list_mail("1@example.org"))
    code = (
        "import sys; from patchwatch.cli import main\n"
        f"sys.argv = ['patchwatch', 'check', '--policy', 'none', {str(mail)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write(str([name for name in sys.modules if name in "
        "('importlib.metadata', 'patchwatch.rules._found')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stderr == "[]"
