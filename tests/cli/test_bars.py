# SPDX-License-Identifier: GPL-2.0-or-later
"""Progress of long runs: on a terminal, not elsewhere, and never in the way of what is said."""

import os
import pty
import subprocess
from pathlib import Path
from threading import Event

import pytest

from builders_cli import command
from builders_web import Page, Writer, served
from patchwatch.cli.bars import Bars


def test_a_long_fetch_shows_a_bar_on_a_terminal(tmp_path: Path) -> None:
    seen = Event()

    def slow(write: Writer) -> None:
        seen.wait(60)
        write(b"<html>")

    with served({"/foo/manifest.js.gz": Page(stream=slow)}) as server:
        (tmp_path / "c.toml").write_text(f'[list.foo]\narchive = "{server.url}/foo/"\n')
        words = command("--config", tmp_path / "c.toml", "--db", tmp_path / "x.db", "sync")
        terminal, end = pty.openpty()
        environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "TERM": "xterm", "COLUMNS": "80"}
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=end, env=environment)
        os.close(end)
        told = b""
        while b"fetch foo" not in told:
            told += os.read(terminal, 1000)  # raises when the run ends without a bar
        seen.set()
        out, _ = process.communicate(timeout=60)
        rest = os.read(terminal, 10_000)
        os.close(terminal)
    assert process.returncode == 4
    assert out == b""
    assert b"browser check" in rest


def test_bars_that_nobody_sees_cost_nothing() -> None:
    with Bars(shown=False) as bars:
        bars.begin("a", "a", lambda: pytest.fail("nobody asked"))
        bars.advance("a", 5)
        bars.end("a")
    assert bars._progress is None


def test_bars_that_are_opened_late_know_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    with Bars(shown=True, wait=1000) as bars:
        bars.begin("a", "[/net] reading", lambda: 10)
        bars.advance("a", 3)
        bars.begin("gone", "gone")
        bars.end("gone")
        bars.advance("never begun", 1)
        bars._open()
        bars.advance("a", 4)
        assert bars._progress is not None
        (task,) = bars._progress.tasks
        assert (task.description, task.completed, task.total) == ("[/net] reading", 7, 10)
        bars.end("a")
        assert not bars._progress.tasks
    assert capsys.readouterr().out == ""


def test_a_total_that_cannot_be_counted_is_no_failure() -> None:
    with Bars(shown=True, wait=1000) as bars:
        bars._open()
        bars.begin("a", "a", lambda: 1 // 0)
        assert bars._progress is not None
        assert bars._progress.tasks[0].total is None
