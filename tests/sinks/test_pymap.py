# SPDX-License-Identifier: GPL-2.0-or-later
"""A server without SPECIAL-USE: the usual name is taken, the configured one, or none, and then the error names some."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_cli import Result, example_archive, run
from builders_pymap import PASSWORD, USER, pymap

UNSIGNED = "20261004.unsigned@example.org"


@pytest.fixture(scope="module")
def bare() -> Iterator[int]:
    with pymap() as port:
        yield port


@pytest.fixture
def work(tmp_path: Path) -> Path:
    assert run("--db", tmp_path / "p.db", "ingest", example_archive(tmp_path / "foo")).code == 0
    return tmp_path


def draft(work: Path, port: int, *words: str, folder: str = "", link: str = "u") -> Result:
    """Run `patchwatch draft`; another *link* of the signature is another text."""
    (work / "config.toml").write_text(
        f'[drafts]\nname = "Pat Maintainer"\nemail = "pat@example.com"\nsignature = "{link}"\n'
        f'[imap.p]\nhost = "127.0.0.1"\nport = {port}\nuser = "{USER}"\ntls = false\n'
        f'password_command = "printf {PASSWORD}"\ndrafts = "{folder}"\n'
    )
    return run("--db", work / "p.db", "--config", work / "config.toml", "draft", *words)


def test_without_a_folder_for_drafts_the_error_names_those_there_are(work: Path, bare: int) -> None:
    result = draft(work, bare, "write", UNSIGNED, "--to", "imap:p")
    assert result.code == 2
    assert "INBOX" in result.complaint
    assert "`drafts`" in result.complaint


@pytest.mark.parametrize("folder", ["", "Drafts"])
def test_the_usual_name_or_the_configured_one_is_taken(work: Path, folder: str) -> None:
    with pymap("Drafts") as port:
        write = ("write", UNSIGNED, "--to", "imap:p")
        assert draft(work, port, *write, folder=folder).complaint == "draft created: imap:p/Drafts"
        assert draft(work, port, *write, folder=folder).complaint == "draft unchanged: imap:p/Drafts"
        assert draft(work, port, *write, folder=folder, link="x").complaint == "draft refreshed: imap:p/Drafts"
        shown = draft(work, port, "show", UNSIGNED, folder=folder, link="x")
        assert shown.out.endswith("-- \nx\n")
        assert draft(work, port, "list", folder=folder).out.startswith("open ")
        assert draft(work, port, "drop", UNSIGNED, folder=folder).complaint == "draft dropped: imap:p/Drafts"
        assert draft(work, port, *write, folder=folder).complaint.startswith("draft kept-gone: ")
