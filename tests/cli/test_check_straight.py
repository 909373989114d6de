# SPDX-License-Identifier: GPL-2.0-or-later
"""The short way to `check`: it reads a command line as Typer does, or leaves it alone, and loads little."""

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from builders_cli import UNSIGNED, list_mail, patch_body, run
from builders_judged import FORMATS, GENERATED, MAILS
from patchwatch.cli import check_words, straight
from patchwatch.cli.app import FailOn, Format, app
from patchwatch.cli.check import Wanted
from patchwatch.cli.quick_classes import quick_classes

LINES = [
    ["check", "-"],
    ["check", "--policy", "linux@7.3", "--format", "b4", "-"],
    ["check", "a", "b", "--policy=qemu", "--format=json", "--fail-on=ask"],
    ["check", "--select", "x", "--select=y", "--ignore", "z", "-", "--output", "o", "--exit-zero"],
    ["check", "--git", "a..b", "--git", "c", "--repo", "d", "--tree", "t", "--since", "2026-01-01"],
    ["check", "-", "--attest", "--online", "--fail-on", "never"],
    ["check"],
]
OTHERS = [
    [], ["list"], ["-q", "check", "-"], ["check", "-h"], ["check", "--help"], ["check", "--format", "nope", "-"],
    ["check", "--format"], ["check", "--fail-on=x", "-"], ["check", "--nope"], ["check", "--exit-zero=1", "-"],
    ["check", "--", "-x"], ["check", "--policy", "--format", "json", "-"], ["check", "--policy=", "-"],
]  # fmt: skip


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_it_reads_a_line_as_typer_does(line: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[str], Wanted]] = []

    def note(_: object, sources: list[str], wanted: Wanted) -> int:
        seen.append((sources, wanted))
        return 0

    monkeypatch.setattr("patchwatch.cli.check.run_check", note)
    assert straight.straight_check(line) == 0
    monkeypatch.setattr(straight, "straight_check", lambda _: None)
    assert run(*line).code == 0
    assert len(seen) == 2
    assert seen[0] == seen[1]


@pytest.mark.parametrize("line", OTHERS, ids=" ".join)
def test_it_leaves_all_else_to_typer(line: list[str]) -> None:
    assert straight.straight_check(line) is None


def test_it_knows_every_option_of_check() -> None:
    command: Any = typer.main.get_command(app)  # Any: which class of click this is differs between versions
    options = {name for param in command.commands["check"].params for name in param.opts if name.startswith("-")}
    known = {*straight._TEXT, *straight._WORDS, *straight._MANY, *straight._FLAGS}
    assert options == known
    assert tuple(Format) == check_words.FORMATS == FORMATS
    assert tuple(FailOn) == check_words.FAIL_ON


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_heavy_is_loaded(tmp_path: Path, kind: str) -> None:
    mail = tmp_path / "one.eml"
    mail.write_bytes(list_mail("1@example.org", body=patch_body(UNSIGNED)))
    code = (
        "import sys\n"
        "from patchwatch.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "heavy = {'sqlalchemy', 'alembic', 'requests', 'b4', 'liblore', 'pydantic', 'rich', 'sqlite3', 'typer'}\n"
        "sys.stderr.write(' '.join(sorted(heavy & {name.partition('.')[0] for name in sys.modules})))\n"
    )
    words = [sys.executable, "-c", code, "check", "--format", kind, str(mail)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "missing-sign-off" in done.stdout
    assert done.stderr == ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """A class made by Python."""

    a: int
    b: tuple[int, ...] = ()


with quick_classes():

    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Quick:
        """The same class made the quick way."""

        a: int
        b: tuple[int, ...] = ()

    @dataclasses.dataclass(frozen=True)
    class Empty:
        """A class without any field."""


def test_classes_made_the_quick_way_are_the_same() -> None:
    for kind in (Slow, Quick):
        one = kind(a=1, b=(2,))
        assert one == kind(a=1, b=(2,)) != kind(a=2, b=(2,))
        assert one.__eq__((1, (2,))) is NotImplemented
        assert len({one, kind(a=1, b=(2,))}) == 1
        assert repr(one) == f"{kind.__name__}(a=1, b=(2,))"
        assert dataclasses.replace(one, a=3).a == 3
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, "a", 2)  # noqa: B010 - a type checker would refuse the plain way
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(one, "a")
    assert Empty() == Empty()
    assert hash(Empty()) == hash(())


def test_afterwards_python_makes_classes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dataclasses._repr_fn if hasattr(dataclasses, "_repr_fn") else None
    with pytest.raises(ZeroDivisionError), quick_classes():
        raise ZeroDivisionError
    assert getattr(dataclasses, "_repr_fn", None) is before
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    with quick_classes():
        assert getattr(dataclasses, "_repr_fn", None) is before


def test_the_short_way_and_typers_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("check", "-", "--policy", "qemu@2025-06")
    quick = run(*arguments, stdin=MAILS["decline"])
    monkeypatch.setattr(straight, "straight_check", lambda _: None)
    assert quick == run(*arguments, stdin=MAILS["decline"])
    assert quick.code == 1
    assert GENERATED.splitlines()[2] in quick.out
