# SPDX-License-Identifier: GPL-2.0-or-later
"""The wheel holds what the program needs, and works from where it is unpacked."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAIL = ROOT / "fixtures" / "demo" / "mail" / "1" / "06-fw-record-length.eml"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel without network and unpack it; install nothing."""
    where = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(where / "dist")]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (wheel,) = (where / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(where / "unpacked")
    return where / "unpacked"


def run_unpacked(unpacked: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m patchwatch` from the unpacked wheel; the checkout is not on the path."""
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "patchwatch", *arguments]
    return subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("pattern", ["policies/*.toml", "drafts/templates/*.txt", "schemas/*.json"])
def test_the_wheel_holds_all_data_files(unpacked: Path, pattern: str) -> None:
    package = ROOT / "patchwatch"
    shipped = {str(path.relative_to(package)) for path in package.glob(pattern)}
    assert shipped
    assert {
        str(path.relative_to(unpacked / "patchwatch")) for path in (unpacked / "patchwatch").glob(pattern)
    } == shipped


def test_the_wheel_holds_the_migrations(unpacked: Path) -> None:
    source = ROOT / "alembic"
    wanted = {str(path.relative_to(source)) for path in source.rglob("*.py")}
    inside = unpacked / "patchwatch" / "_alembic"
    assert {str(path.relative_to(inside)) for path in inside.rglob("*.py")} == wanted
    assert not list(source.rglob("__init__.py"))


def test_the_wheel_holds_the_package_and_its_licence_alone(unpacked: Path) -> None:
    names = {path.name for path in unpacked.iterdir()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"patchwatch"}
    assert list(unpacked.glob("*.dist-info/licenses/COPYING"))
    assert not [path for path in unpacked.rglob("*") if path.name in ("tests", "fixtures", "__pycache__")]


def test_the_unpacked_wheel_judges_a_mail(unpacked: Path, tmp_path: Path) -> None:
    code = "import patchwatch, sys; sys.stdout.write(patchwatch.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert where.stdout.startswith(str(unpacked))
    done = run_unpacked(unpacked, tmp_path, "check", "--policy", "linux", "--fail-on", "ask", str(MAIL))
    assert (done.returncode, done.stderr) == (1, "")
    assert "ask agent-sign-off" in done.stdout


def test_the_unpacked_wheel_makes_a_database_with_its_own_migrations(unpacked: Path, tmp_path: Path) -> None:
    done = run_unpacked(unpacked, tmp_path, "--db", "new.db", "ingest", str(ROOT / "fixtures" / "demo"))
    assert done.returncode == 0, done.stderr
    again = run_unpacked(unpacked, tmp_path, "--db", "new.db", "db", "upgrade")
    assert (again.returncode, "at revision" in again.stderr) == (0, True)


def test_the_unpacked_wheel_explains_a_rule_with_its_example_mails(unpacked: Path, tmp_path: Path) -> None:
    done = run_unpacked(unpacked, tmp_path, "rule", "undisclosed-ai")
    assert (done.returncode, done.stderr) == (0, "")
    assert "  >   3  This patch was written with Claude Code." in done.stdout
    shipped = {
        str(path.relative_to(ROOT / "fixtures" / "rules")) for path in (ROOT / "fixtures" / "rules").rglob("*.*")
    }
    inside = unpacked / "patchwatch" / "_examples"
    assert {str(path.relative_to(inside)) for path in inside.rglob("*.*")} == shipped
