# SPDX-License-Identifier: GPL-2.0-or-later
"""Both sockets of b4 in a real repository: what b4 itself makes of our lines and of our JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from builders_cli import command, list_mail, patch_body
from patchwatch.cli.snippets import b4_commands

ANSWER = "Written with Claude Code.\n\nSigned-off-by: Jo Doe <jo@example.org>"
FINE = "It is missing.\n\nSigned-off-by: Jo Doe <jo@example.org>"
B4 = "import sys; from b4.command import cmd; sys.argv[0] = 'b4'; cmd()"
# b4 keeps its configuration in a global of its process, so each question is asked in a process of its own.
ASK = """
import argparse, email, email.policy, json, sys
import b4
from b4.review import checks
b4.can_network = False
b4.setup_config(argparse.Namespace(config={}))
mails = [email.message_from_bytes(part.encode(), policy=b4.emlpolicy) for part in json.load(sys.stdin)]
perpatch, series = checks.load_check_cmds()
pairs = [(str(mail["Message-ID"]), mail) for mail in mails]
json.dump({
    "commands": [perpatch, series],
    "patches": checks.run_perpatch_checks(pairs[1:] or pairs, perpatch, "."),
    "series": checks.run_series_checks(pairs[0], series, "."),
    "lines": [b4.LoreMessage.run_local_check(checks.parse_cmd(sys.argv[1]), *pair, nocache=True) for pair in pairs],
}, sys.stdout)
"""  # fmt: skip


@pytest.fixture
def patchwatch(tmp_path: Path) -> Path:
    """A program that starts this checkout's patchwatch, as an installed one would be."""
    path = tmp_path / "bin" / "patchwatch"
    path.parent.mkdir()
    words = " ".join(f"'{word}'" for word in command())
    path.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for key, value in (("NAME", "Jo Doe"), ("EMAIL", "jo@example.org")):
        monkeypatch.setenv(f"GIT_AUTHOR_{key}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{key}", value)
    path = tmp_path / "tree"
    path.mkdir()
    monkeypatch.chdir(path)
    git("init", "-q", "-b", "master")
    git("config", "user.name", "Jo Doe")
    git("config", "user.email", "jo@example.org")
    commit("base", "int a;\n")
    return path


def git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout


def commit(message: str, text: str) -> None:
    Path("a.c").write_text(text, encoding="utf-8")
    git("add", "a.c")
    git("commit", "-q", "-m", message)


def b4(*words: str) -> str:
    environment = {**os.environ, "GIT_EDITOR": "true"}
    done = subprocess.run(
        [sys.executable, "-c", B4, "--offline-mode", *words],
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def ask(mails: Sequence[bytes], lines: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, lines],
        input=json.dumps([mail.decode() for mail in mails]), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def prepared(patchwatch: Path, second: str) -> str:
    """Make a topic branch of two patches with b4 and let b4 check it."""
    b4("prep", "-n", "topic", "-f", "master")
    commit(f"foo: add b\n\n{FINE}", "int a;\nint b;\n")
    commit(f"foo: add c\n\n{second}", "int a;\nint b;\nint c;\n")
    git("config", "b4.prep-perpatch-check-cmd", f"{patchwatch} check --format checkpatch -")
    return b4("prep", "--check")


def test_prep_check_passes_patches_that_are_fine(repository: Path, patchwatch: Path) -> None:
    git("config", "patchwatch.policy", "linux")
    assert "Success: 2, Warning: 0, Error: 0" in prepared(patchwatch, FINE)


def test_prep_check_shows_questions_as_warnings_and_a_declined_patch_as_a_failure(
    repository: Path, patchwatch: Path
) -> None:
    git("config", "patchwatch.policy", "linux")
    told = prepared(patchwatch, ANSWER)
    assert "Success: 1, Warning: 1, Error: 0" in told
    assert "WARNING:undisclosed-ai: Claude Code is named here" in told
    assert "incomplete-series" not in told
    git("config", "b4.prep-perpatch-check-cmd", f"{patchwatch} check --policy qemu --format checkpatch -")
    told = b4("prep", "--check")
    assert "Success: 1, Warning: 0, Error: 1" in told
    assert "ERROR:declared-ai-content:" in told


def test_prep_check_shows_a_fault_of_the_set_up_and_no_pass(repository: Path, patchwatch: Path) -> None:
    git("config", "patchwatch.policy", "nobody")
    told = prepared(patchwatch, FINE)
    assert "Success: 0, Warning: 0, Error: 2" in told
    assert "could not look: no policy 'nobody'" in told


def test_the_branch_that_b4_made_is_one_series_with_its_cover_letter(repository: Path, patchwatch: Path) -> None:
    prepared(patchwatch, ANSWER)
    done = subprocess.run(
        command("check", "--git", "master..HEAD", "--policy", "linux", "--format", "json"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (series,) = json.loads(done.stdout)["series"]
    assert series["complete"]
    assert series["cover"] is not None
    assert [patch["position"] for patch in series["patches"]] == [1, 2]
    assert [one["rule"] for one in series["findings"] if one["effect"] == "ask"] == ["undisclosed-ai"]


COVER = list_mail("c@example.org", "[PATCH 0/2] foo: two", "Two.\n")
FIRST = list_mail("c-1@example.org", "[PATCH 1/2] foo: one", reply_to="c@example.org")
SECOND = list_mail(
    "c-2@example.org", "[PATCH 2/2] foo: two", patch_body("Two.\n\nSigned-off-by: Claude <noreply@anthropic.com>\n"),
    reply_to="c@example.org",
)  # fmt: skip


def test_review_checks_get_our_json_per_patch_and_for_the_series(repository: Path, patchwatch: Path) -> None:
    git("config", "b4.review-perpatch-check-cmd", f"{patchwatch} check --format b4 -")
    git("config", "b4.review-series-check-cmd", f"{patchwatch} check --format b4 -")
    found = ask([COVER, FIRST, SECOND], f"{patchwatch} check --format checkpatch -")
    patches, series = found["patches"], found["series"]
    assert isinstance(patches, dict)
    assert isinstance(series, list)
    (first,), (second,) = patches["<c-1@example.org>"], patches["<c-2@example.org>"]
    assert (first["tool"], first["status"], first["summary"]) == ("patchwatch", "pass", "linux@7.3: ready")
    assert second["status"] == "warn"
    assert "agent-sign-off: only a person can sign off" in second["details"]
    assert "not looked at: incomplete-series: needs the whole series" in first["details"]
    assert [one["status"] for one in series] == ["pass"]
    lines = found["lines"]
    assert isinstance(lines, list)
    assert [line[0][0] for line in lines] == ["success", "success", "warning"]


def test_a_fault_is_a_failure_with_its_reason_in_both_sockets(repository: Path, patchwatch: Path) -> None:
    git("config", "b4.review-perpatch-check-cmd", f"{patchwatch} check --policy nobody --format b4 -")
    found = ask([FIRST], f"{patchwatch} check --policy nobody --format checkpatch -")
    patches, lines = found["patches"], found["lines"]
    assert isinstance(patches, dict)
    assert isinstance(lines, list)
    (entry,) = patches["<c-1@example.org>"]
    assert (entry["tool"], entry["status"]) == ("patchwatch", "fail")
    assert "could not look: no policy 'nobody'" in entry["summary"]
    assert [flag for flag, _ in lines[0]] == ["fail"]


def test_the_work_tree_under_review_chooses_nothing(repository: Path, patchwatch: Path) -> None:
    Path(".patchwatch.toml").write_text('policy = "none"\n', encoding="utf-8")
    git("config", "b4.review-perpatch-check-cmd", f"{patchwatch} check --format b4 -")
    patches = ask([SECOND], f"{patchwatch} check --format checkpatch -")["patches"]
    assert isinstance(patches, dict)
    (entry,) = patches["<c-2@example.org>"]
    assert entry["summary"].startswith("linux@7.3: ask")


def test_the_lines_that_we_print_are_read_by_git_and_b4(repository: Path) -> None:
    subprocess.run(b4_commands("qemu").replace(" --global", ""), shell=True, check=True, cwd=repository)  # noqa: S602 - our own
    assert git("config", "b4.prep-perpatch-check-cmd").strip().endswith("--format checkpatch --policy qemu -")
    found = ask([FIRST], "true")
    wanted = ["patchwatch check --format b4 -"]
    assert found["commands"] == [wanted, wanted]
