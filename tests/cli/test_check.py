# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch check`: sources, choices of rules and policies, formats, where the result goes, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders_archive import write_archive
from builders_cli import TAGGED, UNSIGNED, Result, added, command, example_mails, list_mail, patch_body, run
from builders_mail import mail_bytes

SIGNED = list_mail("signed@example.org")
UNSIGNED_MAIL = list_mail("unsigned@example.org", body=patch_body(UNSIGNED))
GENERATED = mail_bytes(
    "[PATCH] hw/foo: new model",
    patch_body("New.\n\nGenerated-by: ChatGPT\nSigned-off-by: Jo Doe <jo@example.org>\n"),
    mid="generated@example.org",
    headers="List-Id: <qemu-devel.nongnu.org>\n",
    date="Thu, 01 Oct 2026 10:00:00 +0000",
)
INCOMPLETE = list_mail("half@example.org", "[PATCH 1/2] hw/foo: fix overflow")
PROTOTYPE = mail_bytes(
    "[RFC PATCH] hw/foo: try this", None, mid="rfc@example.org", headers="List-Id: <qemu-devel.nongnu.org>\n"
)


def mbox(*mails: bytes) -> bytes:
    return b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail + b"\n" for mail in mails)


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def outcomes(result: Result) -> dict[str, str]:
    return {one["id"]: one["outcome"] for one in json.loads(result.out)["series"]}


@pytest.mark.parametrize("data", [SIGNED, mbox(SIGNED)], ids=["one mail", "mbox"])
def test_stdin_may_be_a_mail_or_an_mbox(data: bytes) -> None:
    assert outcomes(run("check", "-", "--format", "json", stdin=data)) == {"signed@example.org": "ready"}


def test_an_archive_is_judged_without_its_deleted_mail(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "list", {0: [*added(SIGNED, UNSIGNED_MAIL), ("d", SIGNED)]})
    assert outcomes(run("check", "--format", "json", archive)) == {"unsigned@example.org": "ask"}


def test_several_sources_are_judged_together_and_each_mail_once(tmp_path: Path) -> None:
    mails = example_mails()
    first = put(tmp_path / "first.mbox", mbox(*mails[:2]))
    second = put(tmp_path / "second.eml", mails[2])
    result = run("check", "--format", "json", first, second, first)
    (series,) = json.loads(result.out)["series"]
    assert series["complete"]
    assert json.loads(result.out)["counts"]["messages"] == 3


def test_select_runs_only_the_rules_that_are_named() -> None:
    result = run("check", "-", "--select", "agent-sign-off", "--format", "json", stdin=UNSIGNED_MAIL)
    assert outcomes(result) == {"unsigned@example.org": "ready"}
    result = run("check", "-", "--select", "missing-sign-off", "--format", "json", stdin=UNSIGNED_MAIL)
    assert outcomes(result) == {"unsigned@example.org": "ask"}


def test_ignore_leaves_a_rule_out_and_may_repeat() -> None:
    options = ("--ignore", "agent-sign-off", "--ignore", "missing-sign-off")
    result = run("check", "-", *options, "--format", "json", stdin=UNSIGNED_MAIL)
    assert outcomes(result) == {"unsigned@example.org": "ready"}
    assert "missing-sign-off" not in result.out


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_rule_is_refused_with_the_near_one(option: str) -> None:
    result = run("check", "-", option, "missing-signoff", stdin=SIGNED)
    assert result.code == 2
    assert result.out == ""
    assert result.complaint == "no rule 'missing-signoff'; did you mean missing-sign-off?"


@pytest.mark.parametrize("spec", ["nobody", "linux@9.9"])
def test_an_unknown_policy_is_refused_with_the_known_ones(spec: str) -> None:
    result = run("check", "-", "--policy", spec, stdin=SIGNED)
    assert result.code == 2
    assert result.out == ""
    assert "linux" in result.complaint


@pytest.mark.parametrize(
    ("date", "expected"), [("Thu, 01 May 2026 10:00:00 +0000", "7.0"), ("Thu, 01 Oct 2026 10:00:00 +0000", "7.3")]
)
def test_without_a_policy_the_list_and_the_date_choose(date: str, expected: str) -> None:
    result = run("check", "-", "--format", "json", stdin=list_mail("1@example.org", date=date))
    policy = json.loads(result.out)["policy"]
    assert (policy["id"], policy["version"]) == ("linux", expected)


@pytest.mark.parametrize(
    ("data", "outcome", "codes"),
    [
        (SIGNED, "ready", {"never": 0, "decline": 0, "ask": 0}),
        (PROTOTYPE, "prototype", {"never": 0, "decline": 0, "ask": 0}),
        (UNSIGNED_MAIL, "ask", {"never": 0, "decline": 0, "ask": 1}),
        (INCOMPLETE, "undetermined", {"never": 0, "decline": 0, "ask": 1}),
        (GENERATED, "decline", {"never": 0, "decline": 1, "ask": 1}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_exit_code_follows_fail_on(data: bytes, outcome: str, codes: dict[str, int]) -> None:
    policy = ("--policy", "qemu@2026-05-v2") if outcome == "prototype" else ()
    for fail_on, code in codes.items():
        result = run("check", "-", *policy, "--fail-on", fail_on, stdin=data)
        assert result.out.startswith(f"{outcome}: ")
        assert result.code == code
    assert run("check", "-", *policy, stdin=data).code == codes["decline"]


def test_a_superseded_revision_fails_nothing() -> None:
    second = list_mail("v2@example.org", "[PATCH v2] hw/foo: fix overflow", date="Thu, 08 Oct 2026 10:00:00 +0000")
    first = list_mail("v1@example.org", body=patch_body(UNSIGNED))
    result = run("check", "-", "--fail-on", "ask", "--format", "json", stdin=mbox(first, second))
    assert outcomes(result) == {"v1@example.org": "ask", "v2@example.org": "ready"}
    assert result.code == 0


@pytest.mark.parametrize("kind", ["text", "json", "jsonl"])
def test_mail_without_series_is_no_failure(kind: str) -> None:
    mail = list_mail("hello@example.org", "hello", "Good morning.\n")
    result = run("check", "-", "--format", kind, stdin=mail)
    assert result.code == 0
    assert "no patch series" in result.complaint
    if kind == "json":
        whole = json.loads(result.out)
        assert whole["series"] == []
        assert whole["counts"]["other"] == 1
    else:
        assert result.out == ""


def test_quiet_silences_talk_but_not_results() -> None:
    result = run("-q", "check", "-", "--format", "json", stdin=list_mail("hello@example.org", "hello", "Hi.\n"))
    assert result.err == ""
    assert json.loads(result.out)["schema"] == "patchwatch.check/1"


def test_jsonl_gives_the_same_series_one_a_line() -> None:
    data = mbox(*example_mails())
    whole = json.loads(run("check", "-", "--format", "json", stdin=data).out)
    lines = [json.loads(line) for line in run("check", "-", "--format", "jsonl", stdin=data).out.splitlines()]
    assert len(lines) == 4
    assert [{**one, "schema": whole["schema"]} for one in whole["series"]] == lines


def test_output_goes_to_the_file_and_nothing_to_stdout(tmp_path: Path) -> None:
    wanted = tmp_path / "result.json"
    result = run("check", "-", "--format", "json", "--output", wanted, stdin=SIGNED)
    assert (result.code, result.out, result.err) == (0, "", "")
    assert wanted.read_text(encoding="utf-8") == run("check", "-", "--format", "json", stdin=SIGNED).out
    assert list(tmp_path.iterdir()) == [wanted]


def test_an_output_that_cannot_be_written_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    result = run("check", "-", "--output", tmp_path / "missing" / "x", stdin=SIGNED)
    assert (result.code, result.out) == (2, "")
    assert "cannot be written" in result.complaint
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_there_stays_when_the_source_is_bad(tmp_path: Path) -> None:
    kept = put(tmp_path / "old.txt", b"old\n")
    assert run("check", "-", "--output", kept, stdin=b"no mail\n").code == 3
    assert kept.read_bytes() == b"old\n"


def test_text_is_free_of_control_characters_of_the_mail() -> None:
    evil = patch_body(TAGGED.replace("It overflows.", "\x1b[2J\x9b31m").replace("sparse", "spa\x1b]0;x\x07rse"))
    mail = list_mail("evil@example.org", "[PATCH] a\x1b[31m\x07b\u202ec", evil, sender='"J\x1b[7mo" <jo@example.org>')
    result = run("check", "-", "--policy", "linux", stdin=mail)
    assert not [char for char in result.out if char != "\n" and (ord(char) < 32 or 127 <= ord(char) < 160)]
    assert "\u202e" not in result.out
    assert "\\x1b[31m" in result.out


def test_json_keeps_the_characters_of_the_mail() -> None:
    mail = list_mail("evil@example.org", "[PATCH] a\x1b[31mb")
    (series,) = json.loads(run("check", "-", "--format", "json", stdin=mail).out)["series"]
    assert series["subject"] == "a\x1b[31mb"


def test_a_closed_stdout_ends_the_run_silently(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        mail = put(tmp_path / "one.eml", UNSIGNED_MAIL)
        words = command("check", "--fail-on", "ask", mail)
        done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writer)
    assert done.returncode in (0, -13, 141)
    assert done.stderr == b""


def test_a_reader_that_stops_early_sees_no_complaint(tmp_path: Path) -> None:
    many = [list_mail(f"{n}@example.org", f"[PATCH] hw/foo: change {n}") for n in range(120)]
    mail = put(tmp_path / "many.mbox", mbox(*many))
    shell = '"$@" | head -n 1; echo "${PIPESTATUS[0]}"'
    words = ["bash", "-c", shell, "bash", *command("check", "--format", "json", mail)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    first, code = done.stdout.splitlines()
    assert (first, done.stderr) == ("{", "")
    assert code in ("0", "141")


@pytest.mark.parametrize("kind", ["text", "json", "jsonl"])
def test_check_imports_nothing_heavy(tmp_path: Path, kind: str) -> None:
    mail = put(tmp_path / "one.eml", UNSIGNED_MAIL)
    code = (
        "import sys\n"
        "from patchwatch.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "heavy = {'sqlalchemy', 'alembic', 'requests', 'b4', 'liblore', 'pydantic', 'rich', 'sqlite3'}\n"
        "sys.stderr.write(' '.join(sorted(heavy & {name.partition('.')[0] for name in sys.modules})))\n"
    )
    words = [sys.executable, "-c", code, "check", "--format", kind, str(mail)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "missing-sign-off" in done.stdout
    assert done.stderr == ""
