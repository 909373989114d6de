# SPDX-License-Identifier: GPL-2.0-or-later
"""SARIF against the schema of the standard, where `make` could fetch the package that holds it (see Makefile)."""

import json
import tarfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from builders_cli import run

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / ".venv" / "peers"
MAILS = sorted(path for path in (ROOT / "fixtures" / "mail").iterdir() if path.suffix in (".eml", ".mbox"))


@pytest.fixture(scope="module")
def validator() -> Any:  # Any: jsonschema has no types
    packages = sorted(PACKAGES.glob("microsoft-jest-sarif-*.tgz"))
    if not packages:
        pytest.skip("the SARIF schema is missing: `make` fetches it with npm (@microsoft/jest-sarif)")
    with tarfile.open(packages[-1]) as archive:
        name = next(one for one in archive.getnames() if one.endswith(".json") and "sarif-2.1.0" in one)
        file = archive.extractfile(name)
        assert file is not None
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.name)
def test_a_log_is_valid(validator: Any, path: Path) -> None:
    text = run("check", "--policy", "qemu", "--format", "sarif", "--fail-on", "never", path).out
    assert [error.message for error in validator.iter_errors(json.loads(text))] == []


def test_the_schema_refuses_what_is_no_log(validator: Any) -> None:
    text = run("check", "--policy", "qemu", "--format", "sarif", "--fail-on", "never", MAILS[0]).out
    assert not validator.is_valid(json.loads(text.replace('"version": "2.1.0"', '"version": "9"')))
