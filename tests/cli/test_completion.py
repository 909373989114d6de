# SPDX-License-Identifier: GPL-2.0-or-later
"""Completion: scripts for shells, and values that never complain."""

import subprocess
from pathlib import Path

import pytest

from builders_cli import example_archive, run
from peers import require


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completed")
    assert run("--db", folder / "p.db", "ingest", example_archive(folder / "foo")).code == 0
    (folder / "c.toml").write_text('[query.mine]\nq = "s:x"\n[query.other]\nq = "s:y"\n')
    return folder / "p.db"


def values(db: Path, *words: str) -> list[str]:
    result = run("--db", db, "--config", db.parent / "c.toml", "completion", "--values", "--", *words)
    assert (result.code, result.err) == (0, "")
    return result.out.splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["li"], ["list"]),
        (["list", "wai"], ["waits:", "waived:"]),
        (["list", "waits:u"], ["waits:us"]),
        (["list", "rule:missing-sign"], ["rule:missing-sign-off"]),
        (["list", "--query", "m"], ["mine"]),
        (["query", ""], ["mine", "other"]),
        (["rule", "missing-sign"], ["missing-sign-off"]),
        (["show", "20261003"], ["20261003.tagged@example.org"]),
        (["ingest", "x"], []),
    ],
)
def test_values_fit_the_place(db: Path, words: list[str], expected: list[str]) -> None:
    assert sorted(values(db, *words)) == sorted(expected)


def test_faults_are_silence(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[[[")
    for words in (["show", "2"], ["list", "--query", ""], ["list", "nonsense:x"]):
        result = run(
            "--db", tmp_path / "no.db", "--config", tmp_path / "bad.toml", "completion", "--values", "--", *words
        )
        assert (result.code, result.out, result.err) == (0, "", "")
    assert not (tmp_path / "no.db").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_reads_its_script(shell: str) -> None:
    result = run("completion", shell)
    assert "completion --values" in result.out
    program = require(shell, shell) if shell == "bash" else None
    if program:
        subprocess.run([program, "-n"], input=result.out.encode(), check=True)


def test_another_shell_is_named() -> None:
    assert run("completion", "tcsh").code == 2
