# SPDX-License-Identifier: GPL-2.0-or-later
"""What several tests of the command line start from."""

from pathlib import Path

import pytest

from builders_archive import write_archive
from builders_cli import added, example_archive, example_mails, list_mail, run


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the terminal of the person or the runner looks like; xdist sets COLUMNS."""
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return example_archive(tmp_path / "foo")


@pytest.fixture
def filled(tmp_path: Path, archive: Path) -> Path:
    """A database that has read the archive; the archive has had one more mail since."""
    assert run("--db", tmp_path / "p.db", "ingest", archive).code == 0
    later = list_mail("later@example.org", "[PATCH] hw/new: later", date="Thu, 08 Oct 2026 10:00:00 +0000")
    write_archive(archive, {1: added(*example_mails()[4:], later)})
    return tmp_path / "p.db"
