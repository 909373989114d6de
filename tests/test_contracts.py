# SPDX-License-Identifier: GPL-2.0-or-later
"""What the import contracts of pyproject.toml cannot say: rules apart, a core without I/O, nothing that sends."""

import ast
import builtins
import socket
import subprocess
from pathlib import Path

import pytest

import patchwatch
from builders_mail import DIFF, mail_bytes, read
from patchwatch.assemble.series import assemble
from patchwatch.engine import judge
from patchwatch.policy.loader import load_policies
from patchwatch.rules.base import rule_ids

PACKAGE = Path(patchwatch.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
SENDERS = ("sendmail", "msmtp", "send-email", "b4 send", "mailx", "smtp")


def imported(path: Path) -> set[str]:
    """Return the full names of all modules that a file imports, at any depth of its code."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize("rule", rule_ids())
def test_a_rule_knows_no_other_rule(rule: str) -> None:
    others = {f"patchwatch.rules.{other.replace('-', '_')}" for other in rule_ids() if other != rule}
    assert not imported(PACKAGE / "rules" / f"{rule.replace('-', '_')}.py") & others


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_program_that_sends_is_ever_started(path: Path) -> None:
    """Words that name a mail transport may stand in text, never in the arguments of a process."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and "subprocess" in ast.unparse(node.func):
            words = [
                leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
            ]
            assert not [word for word in words if any(sender in word for sender in SENDERS)]


def test_bytes_to_verdict_touch_no_file_socket_or_process(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = load_policies().get("qemu@2026-05-v2", None)
    log = "Why.\n\nAI-used-for: code\nSigned-off-by: Jo Doe <jo@example.org>\n"
    data = mail_bytes(body=f"{log}---\n{DIFF}")
    expected = judge(assemble([read(data)])[0], policy)  # whatever is imported late is imported now

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the core does no I/O")

    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert judge(assemble([read(data)])[0], policy) == expected
    assert expected.findings


def test_every_file_names_its_licence() -> None:
    for path in SOURCES:
        assert path.read_text(encoding="utf-8").startswith("# SPDX-License-Identifier: GPL-2.0-or-later\n"), path
