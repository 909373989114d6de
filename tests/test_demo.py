# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo archive holds what lies beside it, and `python -m patchwatch.demo` runs the real commands on it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from builders_archive import git, mails_below, write_archive, write_shipped

DEMO = Path(__file__).parent.parent / "fixtures" / "demo"
MAILS = mails_below(DEMO / "mail")


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the archive built anew from the mails."""
    return write_shipped(tmp_path_factory.mktemp("demo"), DEMO / "mail")


def run_demo(archive: Path, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the demo as `make demo` does, with *tmp_path* for temporary files."""
    where = {**os.environ, "TMPDIR": str(tmp_path), **environment}
    command = [sys.executable, "-m", "patchwatch.demo", str(archive)]
    return subprocess.run(command, env=where, check=False, capture_output=True, text=True)


def files_below(folder: Path) -> dict[str, bytes]:
    """Return all files with their content, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_shipped_epochs_are_built_from_the_mails(rebuilt: Path, pytestconfig: pytest.Config) -> None:
    """Commit ids cover mails, order and deletions. A tip that differs is written anew with --update-golden."""
    built = {number: git(rebuilt / "git" / f"{number}.git", "rev-parse", "HEAD") for number in MAILS}
    shipped = {number: DEMO / "git" / f"{number}.git" / "refs" / "heads" / "master" for number in MAILS}
    found = {number: path.read_text().strip() if path.exists() else "" for number, path in shipped.items()}
    if found != built and pytestconfig.getoption("--update-golden"):
        shutil.rmtree(DEMO / "git", ignore_errors=True)
        shutil.copytree(rebuilt / "git", DEMO / "git", copy_function=shutil.copyfile)
    else:
        assert found == built


@pytest.mark.parametrize("number", sorted(MAILS))
def test_a_shipped_epoch_holds_exactly_its_mails_and_deletions(number: int) -> None:
    repo = DEMO / "git" / f"{number}.git"
    added: list[str] = []
    deleted: list[str] = []
    for commit in git(repo, "rev-list", "--reverse", "HEAD").splitlines():
        name = git(repo, "ls-tree", "--name-only", commit)
        blob = git(repo, "rev-parse", f"{commit}:{name}")
        (added if name == "m" else deleted).append(blob)
    ids = {path: git(repo, "hash-object", "--stdin", data=path.read_bytes()) for path in MAILS[number]}
    assert added == list(ids.values())
    assert deleted == [blob for path, blob in ids.items() if path.stem.endswith("-spam")]
    git(repo, "fsck", "--full", "--strict")


def test_there_is_a_deletion_and_a_second_epoch() -> None:
    assert sorted(MAILS) == [0, 1]
    assert any(path.stem.endswith("-spam") for paths in MAILS.values() for path in paths)


def test_an_epoch_ships_nothing_that_git_does_not_track_or_need() -> None:
    for repo in (DEMO / "git").iterdir():
        packs = {f"objects/pack/{path.stem}" for path in repo.glob("objects/pack/*.pack")}
        assert len(packs) == 1
        wanted = {
            "HEAD",
            "config",
            "refs/heads/master",
            *(f"{pack}{end}" for pack in packs for end in (".pack", ".idx")),
        }
        assert set(files_below(repo)) == wanted
        assert not [path for path in repo.rglob("*") if path.is_dir() and not any(path.iterdir())]


def test_building_again_gives_the_same_bytes(rebuilt: Path, tmp_path: Path) -> None:
    assert files_below(write_shipped(tmp_path, DEMO / "mail")) == files_below(rebuilt)


def test_the_demo_shows_list_series_and_draft_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run_demo(DEMO, tmp_path)
    assert done.returncode == 0
    commands = [line.split()[1:4] for line in done.stdout.splitlines() if line.startswith("$ ")]
    assert [command[:2] for command in commands] == [
        ["cat", "~/.config/patchwatch/config.toml"],
        ["patchwatch", "ingest"],
        ["patchwatch", "list"],
        ["patchwatch", "show"],
        ["patchwatch", "draft"],
    ]
    assert "32 new messages, 14 series judged, 1 deletion" in done.stderr
    assert "ask undisclosed-ai" in done.stdout
    assert "\nIn-Reply-To: <20261019071245.3391-2-noor.haddad@example.com>\n" in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_demo_does_not_heed_the_users_set_up(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "patchwatch").mkdir(parents=True)
    (home / "patchwatch" / "config.toml").write_text("no TOML at all")
    (home / ".gitconfig").write_text("[user]\n\tname = Somebody Else\n\temail = else@example.org\n")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    settings = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": "/nowhere", "GIT_DIR": "/nowhere"}
    done = run_demo(DEMO, temporary, **settings)
    assert (done.returncode, "From: Robin Keller" in done.stdout) == (0, True)
    assert "Somebody" not in done.stdout


@pytest.mark.parametrize(
    ("epochs", "code", "said"),
    [
        ({}, 3, "no mail archive"),
        ({0: [("m", MAILS[0][0].read_bytes())]}, 1, "no series in this archive asks for a reply"),
    ],
)
def test_a_step_that_fails_fails_the_demo(
    tmp_path: Path, epochs: dict[int, list[tuple[str, bytes]]], code: int, said: str
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    done = run_demo(write_archive(inbox, epochs), tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "$ patchwatch show" not in done.stdout


def test_without_an_archive_the_demo_says_how_it_is_called(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "patchwatch.demo"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "usage: python -m patchwatch.demo ARCHIVE\n")
