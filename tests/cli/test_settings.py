# SPDX-License-Identifier: GPL-2.0-or-later
"""Global options, help, version, configuration file, `db upgrade`."""

import json
import os
from pathlib import Path

import pytest

from builders_cli import Result, example_archive, run, spawn
from patchwatch import __version__

COMMANDS = ["check", "db", "draft", "ingest", "list", "show"]


def config(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_goes_to_stdout_and_names_every_command(option: str) -> None:
    result = run(option)
    assert (result.code, result.err) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name} " in result.out


@pytest.mark.parametrize(
    "command", ["ingest", "check", "list", "show", "draft", "draft new", "draft write", "db", "db upgrade"]
)
def test_every_command_explains_itself(command: str) -> None:
    result = run(*command.split(), "-h")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: patchwatch {command}")
    assert "-h, --help" in result.out


def test_version_is_one_line() -> None:
    assert run("--version") == Result(0, f"patchwatch {__version__}\n", "")


@pytest.mark.parametrize("words", [(), ("draft",), ("db",)])
def test_no_arguments_show_the_help_and_are_a_usage_error(words: tuple[str, ...]) -> None:
    result = run(*words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: patchwatch")


@pytest.mark.parametrize(
    "words",
    [
        ("frobnicate",),
        ("check",),
        ("check", "--no-such-option", "x"),
        ("check", "--fail-on", "always", "x"),
        ("check", "--format", "yaml", "x"),
        ("list", "--limit", "-1"),
        ("list", "--limit", "many"),
        ("list", "--outcome", "good"),
        ("show",),
        ("show", "a", "b"),
        ("draft", "new"),
    ],
)
def test_a_wrong_command_line_is_exit_2_and_no_traceback(words: tuple[str, ...]) -> None:
    result = run(*words)
    assert (result.code, result.out) == (2, "")
    assert ("patchwatch: nothing to check: " if words == ("check",) else "Error: ") in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dbb = 1\n", ["dbb"]),
        ("db = 3\n", ["db"]),
        ("[drafts]\nto = 4\n[list.foo]\narchiv = 'x'\n", ["drafts.to", "list.foo.archiv"]),
        ("me = 'not a list'\n", ["me"]),
        ("[drafts\n", ["line 1"]),
    ],
)
def test_a_wrong_configuration_is_exit_2_and_names_file_and_keys(tmp_path: Path, text: str, words: list[str]) -> None:
    path = config(tmp_path, text)
    result = run("--config", path, "list")
    assert (result.code, result.out) == (2, "")
    assert str(path) in result.complaint
    assert all(word in result.complaint for word in words)


def test_a_configuration_that_is_no_text_or_not_there_is_exit_2(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe\0")
    for path in (tmp_path / "config.toml", tmp_path / "missing.toml", tmp_path):
        result = run("--config", path, "list")
        assert (result.code, result.out) == (2, "")
        assert str(path) in result.complaint


def test_the_default_configuration_lies_below_xdg_config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "patchwatch").mkdir()
    config(tmp_path / "patchwatch", "dbb = 1\n")
    assert "dbb" in run("list").complaint


def test_the_database_may_be_configured_and_the_option_wins(tmp_path: Path) -> None:
    archive = example_archive(tmp_path / "foo")
    path = config(tmp_path, f'db = "{tmp_path}/configured.db"\n')
    assert run("--config", path, "ingest", archive).code == 0
    assert (tmp_path / "configured.db").is_file()
    assert run("--config", path, "--db", tmp_path / "other.db", "list").code == 3
    assert len(run("--config", path, "list").out.splitlines()) == 4


@pytest.mark.parametrize("url", ["{}/p.db", "sqlite:///{}/p.db", "sqlite+pysqlite:///{}/p.db"])
def test_the_database_may_be_a_path_or_a_url(tmp_path: Path, url: str) -> None:
    archive = example_archive(tmp_path / "foo")
    assert run("--db", url.format(tmp_path), "ingest", archive).code == 0
    assert (tmp_path / "p.db").is_file()
    assert len(json.loads(run("--db", url.format(tmp_path), "list", "--json").out)["series"]) == 3


@pytest.mark.parametrize("url", ["nonsense://x", "mysql://example.org/x", "sqlite://", ":memory:"])
def test_an_impossible_database_url_is_exit_2(url: str) -> None:
    result = run("--db", url, "list")
    assert (result.code, result.out) == (2, "")
    assert url.partition(":")[0] in result.complaint


def test_a_password_in_a_url_is_not_repeated() -> None:
    result = run("--db", "nonsense://me:geheim@example.org/x", "list")
    assert result.code == 2
    assert "geheim" not in result.err


def test_upgrade_of_a_current_database_changes_nothing(tmp_path: Path) -> None:
    db = tmp_path / "p.db"
    run("--db", db, "ingest", example_archive(tmp_path / "foo"))
    before = run("--db", db, "list", "--all").out
    result = run("--db", db, "db", "upgrade")
    assert (result.code, result.out) == (0, "")
    assert result.complaint.startswith(f"{db}: at revision ")
    assert run("--db", db, "list", "--all").out == before


def test_upgrade_makes_the_schema_in_an_empty_file(tmp_path: Path) -> None:
    db = tmp_path / "p.db"
    db.touch()
    assert run("--db", db, "db", "upgrade").code == 0
    assert run("--db", db, "list").complaint == "no series"


def test_upgrade_of_a_missing_database_makes_none(tmp_path: Path) -> None:
    result = run("--db", tmp_path / "p.db", "db", "upgrade")
    assert result.code == 3
    assert str(tmp_path / "p.db") in result.complaint
    assert list(tmp_path.iterdir()) == []


def test_the_process_gives_the_same_as_a_call_inside(tmp_path: Path) -> None:
    db = tmp_path / "p.db"
    run("--db", db, "ingest", example_archive(tmp_path / "foo"))
    for words in (("list", "--all"), ("show", "20261001"), ("show", "nobody"), ("--version",)):
        assert spawn("--db", db, *words) == run("--db", db, *words)


def test_output_is_utf_8_in_a_locale_without_it(tmp_path: Path) -> None:
    mail = (Path(__file__).parents[2] / "fixtures" / "mail" / "names-beyond-ascii.eml").read_bytes()
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    result = spawn("check", "-", stdin=mail, **environment)
    assert result.code == 0
    assert "na\\xefve" in result.out or "naïve" in result.out
    assert os.environ["HOME"] not in result.out
