# SPDX-License-Identifier: GPL-2.0-or-later
"""What docs/extending.rst shows is installed and run."""

import json
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from builders_cli import list_mail, spawn

PAGE = Path(__file__).parent.parent / "docs" / "extending.rst"


def shown(name: str) -> str:
    """Return the code between the comments that name a file."""
    text = PAGE.read_text(encoding="utf-8")
    _, found, rest = text.partition(f".. begin {name}\n")
    assert found
    return dedent(rest.partition(f".. end {name}\n")[0].partition("\n\n")[2])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Install the package of the page as its pyproject.toml says."""
    group = tomllib.loads(shown("pyproject.toml"))["project"]["entry-points"]["patchwatch.rules"]
    info = tmp_path / "site" / "frob_rules-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: frob-rules\nVersion: 1.0\n", encoding="utf-8")
    points = "".join(f"{name} = {value}\n" for name, value in group.items())
    (info / "entry_points.txt").write_text(f"[patchwatch.rules]\n{points}", encoding="utf-8")
    (tmp_path / "site" / "frob_rules.py").write_text(shown("frob_rules.py"), encoding="utf-8")
    (tmp_path / "frob.toml").write_text(shown("frob.toml"), encoding="utf-8")
    (tmp_path / "c.toml").write_text(f'policies = ["{tmp_path}/frob.toml"]\n', encoding="utf-8")
    return tmp_path / "site"


@pytest.mark.parametrize(("title", "found"), [("Fix it", 1), ("fix it", 0), ("USB fixes", 0)])
def test_the_rule_of_the_page_works(site: Path, tmp_path: Path, title: str, found: int) -> None:
    mail = list_mail("1@example.org", f"[PATCH] {title}")
    words = ("--config", tmp_path / "c.toml", "check", "--policy", "frob@2026-10", "--format", "json", "-")
    done = spawn(*words, stdin=mail, PYTHONPATH=str(site))
    assert (done.code, done.err) == (0, "")
    (series,) = json.loads(done.out)["series"]
    assert [one["message"] for one in series["findings"]] == ["Fix is written small here"] * found
    assert series["outcome"] == ("ask" if found else "ready")


def test_it_is_explained_and_listed_like_ours(site: Path, tmp_path: Path) -> None:
    words = ("--config", tmp_path / "c.toml", "rule")
    done = spawn(*words, "capital-title", PYTHONPATH=str(site))
    assert (done.code, done.err) == (0, "")
    for told in ("from the package frob-rules", "allowed (default: none)", "ask      frob@2026-10", "manual page"):
        assert told in done.out
    (row,) = [row for row in spawn(*words, PYTHONPATH=str(site)).out.splitlines() if row.startswith("capital-title ")]
    assert row.endswith("[frob-rules]")
    assert "1 policy" in row


def test_one_that_cannot_be_used_is_listed_with_the_reason(site: Path, tmp_path: Path) -> None:
    (site / "frob_rules.py").write_text("1 / 0\n", encoding="utf-8")
    words = ("--config", tmp_path / "c.toml", "rule")
    done = spawn(*words, "capital-title", PYTHONPATH=str(site))
    assert done.code == 0
    assert "cannot be used: ZeroDivisionError" in done.out
    assert "ZeroDivisionError" in done.complaint
    entries = json.loads(spawn(*words, "--json", PYTHONPATH=str(site)).out)["rules"]
    (fault,) = [one["fault"] for one in entries if one["rule"] == "capital-title"]
    assert fault.startswith("ZeroDivisionError")
