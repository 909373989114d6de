# SPDX-License-Identifier: GPL-2.0-or-later
"""Real programs that tests talk to: found, or the test is skipped with the line that installs them."""

import os
import shutil
from typing import NoReturn

import pytest


def require(command: str, package: str) -> str:
    """
    Return the path of *command*; without it skip the test and name the Debian *package*.

    With PATCHWATCH_REQUIRE_PEERS=1, as in CI, the test fails instead.
    """
    found = shutil.which(command)
    if found is None:
        missing(f"{command} is missing: apt-get install {package}")
    return found


def missing(reason: str) -> NoReturn:
    """Skip the test with *reason*; fail it when PATCHWATCH_REQUIRE_PEERS=1."""
    if os.environ.get("PATCHWATCH_REQUIRE_PEERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
