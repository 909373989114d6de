# SPDX-License-Identifier: GPL-2.0-or-later
"""Options and settings for all tests."""

import os

import pytest
from hypothesis import settings

# Examples are many and machines are slow: the time of one example says nothing here.
settings.register_profile("patchwatch", deadline=None)
settings.load_profile("patchwatch")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites golden files; a person reads the diff afterwards."""
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files instead of comparing")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's configuration, signature and database out of every test, and theirs from us."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATCHWATCH_TODAY", "2026-11-20")  # or texts that ship would be old one day
    for name in [name for name in os.environ if name.startswith(("XDG_", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
