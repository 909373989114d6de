# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever a mail says, each format stays valid, and no runner, terminal or browser obeys it."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from builders_cli import Result, run
from builders_judged import FORMATS, SKIPPED_TEST

TOKENS = (
    "::error::x", "##[error]x", "  ::set-output name=a::b", "\r::warning::y", "%0A::debug::z",
    "]]>", "<!--", "&#0;", "\x1b]0;t\x07",
    "\u202e", "\x85", "\u2028", "\x00", "ERROR: no", "-:1: ERROR:x", '"}]', "\\u0000", "=?utf-8?q?=00?=",
    "\ufffe", "é", "\ud800",
)  # fmt: skip
ALL = " ".join(TOKENS)
WORDS = st.lists(st.one_of(st.sampled_from(TOKENS), st.text(max_size=12)), max_size=5).map("".join)


def mail_of(subject: str, name: str, log: str, path: str) -> bytes:
    """Return a patch mail whose words are hostile; headers stay on one line so that they are headers."""
    flat = [" ".join(one.replace("\0", " ").split()) for one in (subject, name, path)]
    diff = SKIPPED_TEST.replace("tests/test_foo.py", flat[2] or "x")
    text = (
        f"From: {flat[1]} <jo@example.org>\nSubject: [PATCH] {flat[0]}\nDate: Thu, 01 Oct 2026 10:00:00 +0000\n"
        "Message-ID: <1@example.org>\nList-Id: <qemu-devel.nongnu.org>\n\n"
        f"{log}\n\nGenerated-by: ChatGPT {log}\n---\n{diff}"
    )
    return text.encode("utf-8", "surrogatepass")


def judged(kind: str, mail: bytes) -> Result:
    return run("check", "-", "--policy", "qemu@2025-06", "--format", kind, "--fail-on", "never", stdin=mail)


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=WORDS, name=WORDS, log=WORDS, path=WORDS)
@example(subject=ALL, name=ALL, log=ALL, path=ALL)
@example(subject="ERROR: no", name="ERROR: x", log="a\r::warning::y", path="ERROR: z")
def test_output_is_valid_and_harmless(
    kind: str, monkeypatch: pytest.MonkeyPatch, subject: str, name: str, log: str, path: str
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = judged(kind, mail_of(subject, name, log, path))  # its bytes were decoded as UTF-8, strictly
    assert result.code == 0
    if kind in ("json", "sarif", "b4"):
        json.loads(result.out)
    elif kind == "jsonl":
        assert all(json.loads(line) for line in result.out.split("\n") if line)
    elif kind == "junit":
        ET.fromstring(result.out)
    elif kind == "checkpatch":
        for line in result.out.split("\n")[:-1]:
            place, word, _ = line.split(": ", 2)
            assert word.startswith(("ERROR:", "WARNING:")), line
            assert ("ERROR:" in line) == word.startswith("ERROR:")
            assert ":" in place
    # Readers of logs end lines at CR and LF; GitHub's takes blanks before `::`, and `##[` anywhere.
    lines = result.out.replace("\r", "\n").split("\n")
    if kind == "github":
        assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines if line)
    else:
        assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize("kind", ["text", "checkpatch", "github", "html", "junit"])
def test_no_control_character_of_a_mail_gets_through(kind: str) -> None:
    evil = "\x1b[2J\x9b31m\u202e\x07"
    out = judged(kind, mail_of(evil, evil, evil, evil)).out
    assert not [
        char for char in out if char != "\n" and (ord(char) < 32 or (127 <= ord(char) < 160 and kind != "junit"))
    ]
    assert kind == "junit" or "\u202e" not in out


def test_outside_of_github_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = mail_of("x", "::error::x", "Text.", "##[x].c")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    before = judged("text", mail).out
    assert "\n  ::error::x <jo@example.org>" in before
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    after = judged("text", mail).out
    assert "\n   :\\:error::x <jo@example.org>" in after
    assert json.loads(judged("json", mail).out)["series"][0]["patches"][0]["files"][0]["path"] == "##[x].c"
