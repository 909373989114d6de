# SPDX-License-Identifier: GPL-2.0-or-later
"""What is no mail, no archive or cut short, bugs of ours, Ctrl-C: one clear line and the right exit code."""

import io
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_cli import bound, command, dump, list_mail, patch_body, run

FROM_LINE = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n"


def make_empty(folder: Path) -> Path:
    (folder / "empty.mbox").touch()
    return folder / "empty.mbox"


def make_binary(folder: Path) -> Path:
    (folder / "binary.eml").write_bytes(bytes(range(256)) * 64)
    return folder / "binary.eml"


def make_folder(folder: Path) -> Path:
    (folder / "folder" / "git").mkdir(parents=True)
    return folder / "folder"


def make_missing(folder: Path) -> Path:
    return folder / "missing"


def make_headless(folder: Path) -> Path:
    (folder / "cut.mbox").write_bytes(FROM_LINE + list_mail("1@example.org")[:100])
    return folder / "cut.mbox"


def make_database(folder: Path) -> Path:
    sqlite3.connect(folder / "x.eml").execute("CREATE TABLE t (x)").connection.close()
    return folder / "x.eml"


MAKERS = [make_empty, make_binary, make_folder, make_missing, make_headless, make_database]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_check_of_what_is_no_mail_is_one_line_and_exit_3(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    source = make(tmp_path)
    result = run("check", "--format", "json", source)
    assert (result.code, result.out) == (3, "")
    assert str(source) in result.complaint


@pytest.mark.parametrize("make", MAKERS[:4], ids=lambda make: make.__name__)
def test_ingest_of_what_is_no_archive_is_one_line_and_leaves_the_database(
    filled: Path, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    source, before = make(tmp_path), dump(filled)
    result = run("--db", filled, "ingest", source)
    assert (result.code, result.out) == (3, "")
    assert str(source) in result.complaint
    assert dump(filled) == before


@pytest.mark.parametrize("make", MAKERS[:4], ids=lambda make: make.__name__)
def test_ingest_of_what_is_no_archive_makes_no_database(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    source = make(tmp_path)
    assert run("--db", tmp_path / "new" / "p.db", "ingest", source).code == 3
    assert not (tmp_path / "new").exists()


def test_a_bad_source_beside_a_good_one_is_exit_3_and_no_half_result(tmp_path: Path) -> None:
    good = tmp_path / "good.eml"
    good.write_bytes(list_mail("1@example.org"))
    result = run("check", good, make_binary(tmp_path))
    assert (result.code, result.out) == (3, "")
    assert "binary.eml" in result.complaint


def test_a_mail_that_was_cut_anywhere_is_never_ready(tmp_path: Path) -> None:
    mail = list_mail("1@example.org")
    last = mail.index(b" int d;\n")
    for cut in range(mail.index(b"\n\n") + 2, last, 7):
        for data in (mail[:cut], FROM_LINE + mail[:cut]):
            result = run("check", "-", stdin=data)
            assert result.code == 0
            assert result.out.startswith("undetermined: ")
            assert result.err == ""


def test_of_a_cut_mbox_the_whole_mails_are_judged_and_the_rest_is_said(tmp_path: Path) -> None:
    box = FROM_LINE + list_mail("1@example.org") + b"\n" + FROM_LINE + list_mail("2@example.org")[:100]
    (tmp_path / "cut.mbox").write_bytes(box)
    result = run("check", tmp_path / "cut.mbox")
    assert result.code == 0
    assert result.out.startswith("ready: ")
    assert f"{tmp_path}/cut.mbox#2: " in result.complaint


def test_a_mail_that_may_not_be_read_is_exit_3(tmp_path: Path) -> None:
    mail = tmp_path / "secret.eml"
    mail.write_bytes(list_mail("1@example.org"))
    mail.chmod(0)
    result = bound("check", mail)
    assert (result.code, result.out) == (3, "")
    assert str(mail) in result.complaint


def test_a_bug_of_ours_is_exit_70_and_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("seven by nothing")

    monkeypatch.setattr("patchwatch.cli.check.assemble", broken)
    mail = list_mail("1@example.org", body=patch_body())
    result = run("check", "-", stdin=mail)
    assert (result.code, result.out) == (70, "")
    assert "a bug in patchwatch: ZeroDivisionError: seven by nothing" in result.complaint
    loud = run("-v", "check", "-", stdin=mail)
    assert loud.code == 70
    assert "Traceback" in loud.err
    assert "in broken" in loud.err


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("too deep"), OSError(5, "Input/output error")])
def test_no_error_of_the_machine_gives_a_traceback(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("patchwatch.cli.check.assemble", broken)
    result = run("check", "-", stdin=list_mail("1@example.org"))
    assert (result.code, result.out) == (70, "")
    assert result.complaint


def test_ctrl_c_is_exit_130_and_quiet() -> None:
    def heed() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test run in the background has it ignored

    pipe = subprocess.PIPE
    with subprocess.Popen(command("check", "-"), preexec_fn=heed, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert isinstance(process.stdin, io.BufferedWriter)
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            # More than a pipe holds: once this is written, the command is reading.
            process.stdin.write(list_mail("1@example.org") + b"x\n" * 1_000_000)
            process.stdin.flush()
            process.send_signal(signal.SIGINT)
            process.stdin.close()  # a signal that came just before a read is noticed after it
            assert process.wait(30) == 130
        finally:
            process.kill()
        assert process.stdout.read() == b""
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_output_that_cannot_be_written_is_one_line_and_no_bug_of_ours() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("check", "-"), input=list_mail("1@example.org"), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.decode() == "patchwatch: the output cannot be written: No space left on device\n"


def test_json_is_utf8_whatever_the_locale() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    mail = list_mail("1@example.org", body=patch_body()).replace(b"From: ", "From: Zoë ".encode(), 1)
    arguments = command("check", "--format", "json", "-")
    done = subprocess.run(arguments, input=mail, capture_output=True, env=environment, check=False)
    assert json.loads(done.stdout.decode("utf-8"))["series"][0]["author"]["name"].startswith("Zoë")
