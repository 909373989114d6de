# SPDX-License-Identifier: GPL-2.0-or-later
"""What users see of trees and signatures: `ingest` with a configured tree, `check --tree`, `--attest`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builders_archive import write_archive
from builders_cli import Result, run, spawn
from builders_tree import Project, changed


class Place:
    """A tree, a list with two patches of a series and a lone one, and a configuration that ties them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = Project(folder / "tree")
        self.project.run("checkout", "-q", "-b", "topic")
        first = self.project.commit("foo: one", {"foo.c": changed(1)})
        second = self.project.commit("bar: two", {"bar.c": changed(2)})
        lone = self.project.commit("foo: three", {"foo.c": changed(3)})
        self.mails = [
            self.project.mail(first, "1@example.org", prefix="PATCH 1/2"),
            self.project.mail(second, "2@example.org", prefix="PATCH 2/2", reply_to="1@example.org"),
            self.project.mail(lone, "3@example.org"),
        ]
        self.project.run("checkout", "-q", "master")
        self.archive = write_archive(folder / "list", {0: [("m", mail) for mail in self.mails]})
        self.config = folder / "config.toml"
        self.configure(f'[list.foo]\nlist_id = "linux-foo.vger.kernel.org"\ntree = "{self.project.path}"\n')

    def configure(self, text: str) -> None:
        self.config.write_text(text)

    def run(self, *arguments: str | Path) -> Result:
        return run("--config", self.config, "--db", self.folder / "x.db", *arguments)

    def apply(self, *numbers: int) -> list[str]:
        texts = {1: ("foo.c", changed(1)), 2: ("bar.c", changed(2))}
        return [
            self.project.commit(f"part {n}\n\nLink: https://patch.msgid.link/{n}@example.org", dict([texts[n]]))
            for n in numbers
        ]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def series(result: Result, subject: str) -> dict[str, Any]:
    document = json.loads(result.out)
    (one,) = [one for one in document["series"] if subject in one["subject"]]
    return dict(one)


def test_merged_series_leaves_the_queue_and_shows_its_commits(place: Place) -> None:
    commits = place.apply(1, 2)
    done = place.run("ingest", place.archive)
    assert (done.code, done.err.splitlines()[0]) == (0, f"patchwatch: {place.project.path}: 3 new commits")
    assert "foo: one" not in place.run("list").out
    assert "foo: three" in place.run("list").out
    assert series(place.run("list", "--all", "--json"), "foo: one")["state"] == "merged"
    shown = json.loads(place.run("show", "--json", "1@example.org").out)["series"]
    assert shown["state"] == "merged"
    assert shown["merged"] == [
        {"message_id": f"{n}@example.org", "commit": commits[n - 1], "by": "link", "tree": str(place.project.path)}
        for n in (1, 2)
    ]
    assert f"merged: patch 1 is {commits[0][:12]} in {place.project.path} (the commit names this mail)" in (
        place.run("show", "1@example.org").out
    )


def test_partly_merged_series_stays_in_the_queue_with_a_note(place: Place) -> None:
    place.apply(2)
    place.run("ingest", place.archive)
    assert "foo: one" in place.run("list").out
    assert "note: 1 of 2 patches merged" in place.run("show", "1@example.org").out


def test_nothing_is_said_of_a_tree_without_news(place: Place) -> None:
    place.run("ingest", place.archive)
    assert place.run("ingest", place.archive).err == "patchwatch: list: nothing new\n"


def test_tree_that_cannot_be_read_stops_nothing(place: Place) -> None:
    place.configure('tree = "/nowhere/at/all"\n')
    done = place.run("ingest", place.archive)
    assert done.code == 0
    assert "/nowhere/at/all: is no git repository; what is merged there is not known" in done.err
    assert "3 new messages, 2 series judged" in done.err


def test_faults_of_the_configuration_name_their_key(place: Place) -> None:
    place.configure('[list.foo]\ntree = "/x"\n')
    assert "list.foo.tree: needs list_id or address" in place.run("ingest", place.archive).complaint
    place.configure('tree_since = "last week"\n')
    assert "tree_since: 'last week' is no day" in place.run("ingest", place.archive).complaint


def test_check_says_what_is_merged_without_a_database(place: Place) -> None:
    first, second = place.apply(1, 2)
    tree = str(place.project.path)
    one = series(run("check", "--tree", tree, "--format", "json", place.archive), "foo: one")
    assert one["state"] == "merged"
    assert [merge["commit"] for merge in one["merged"]] == [first, second]
    assert "merged: patch 2 is" in run("check", "--tree", tree, place.archive).out
    other = series(run("check", "--tree", f"{tree}#topic", "--format", "json", place.archive), "foo: three")
    assert [merge["by"] for merge in other["merged"]] == ["patch-id"]
    assert series(run("check", "--format", "json", place.archive), "foo: one")["merged"] == []


def test_commit_that_changes_other_files_is_found_by_its_link(place: Place) -> None:
    place.project.commit("moved\n\nMessage-ID: <3@example.org>", {"elsewhere.c": "x\n"})
    done = run("check", "--tree", place.project.path, "--format", "json", place.archive)
    assert series(done, "foo: three")["state"] == "merged"


def test_check_answers_as_the_database_does(place: Place) -> None:
    place.apply(1)
    place.project.commit("foo: three", {"foo.c": changed(3, "otherwise")})
    place.run("ingest", place.archive)
    for mid, subject in (("1@example.org", "foo: one"), ("3@example.org", "foo: three")):
        stored = json.loads(place.run("show", "--json", mid).out)["series"]
        checked = series(run("check", "--tree", place.project.path, "--format", "json", place.archive), subject)
        assert stored["merged"] == checked["merged"] != []
        # What says why no text judged is told by `check` alone.
        told = [note for note in checked["notes"] if not note.startswith("no version of ")]
        assert (stored["state"], stored["notes"]) == (checked["state"], told)


def test_check_since_bounds_what_is_looked_up(place: Place) -> None:
    place.apply(1, 2)
    words = ("check", "--tree", place.project.path, "--format", "json", place.archive)
    assert series(run(*words, "--since", "2025-12-31"), "foo: one")["state"] == "merged"
    assert series(run(*words, "--since", "2026-02-01"), "foo: one")["state"] == "open"


def test_merged_series_fails_no_check(place: Place) -> None:
    commit = place.project.run("rev-parse", "topic")
    mail = place.folder / "x.eml"
    mail.write_bytes(place.project.mail(commit, "3@example.org", date="Thu, 01 Oct 2026 10:00:00 +0000"))
    words = ("check", "--policy", "linux", "--fail-on", "ask", mail)
    assert run(*words).code == 1
    place.project.run("merge", "-q", "topic")
    assert run(*words, "--tree", place.project.path).code == 0


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["--tree", "/nowhere"], 3, "/nowhere: is no git repository"),
        (["--tree", "{tree}#absent"], 3, "has no branch absent"),
        (["--since", "2026-01-01"], 2, "give --tree too"),
        (["--tree", "{tree}", "--since", "soon"], 2, "--since: 'soon' is no day"),
        (["--online"], 2, "give --attest too"),
    ],
)
def test_options_that_cannot_be_obeyed_are_told(words: list[str], code: int, complaint: str, place: Place) -> None:
    filled = [word.replace("{tree}", str(place.project.path)) for word in words]
    done = run("check", *filled, place.archive)
    assert done.code == code
    assert complaint in done.complaint


def test_check_with_a_tree_needs_neither_sqlalchemy_nor_b4(place: Place) -> None:
    code = (
        "import sys; sys.argv[0] = 'patchwatch'\nfrom patchwatch.cli import main\ntry: main()\n"
        "finally: print(sorted({'b4', 'sqlalchemy', 'liblore'} & set(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "check", "--tree", str(place.project.path), str(place.archive)]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stderr == "[]\n"


@pytest.mark.parametrize("where", ["check", "show"])
def test_signatures_are_facts_and_change_no_outcome(
    where: str, place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    place.run("ingest", place.archive)
    home = str(tmp_path / "home")

    def one(*options: str) -> dict[str, Any]:
        if where == "show":
            words = ("--db", str(place.folder / "x.db"), "show", "--json", *options, "1@example.org")
            return dict(json.loads(spawn(*words, HOME=home, XDG_DATA_HOME=home).out)["series"])
        return series(spawn("check", "--format", "json", *options, place.archive, HOME=home), "foo: one")

    plain, signed = one(), one("--attest")
    assert plain["attestation"] is None
    assert [(fact["message_id"], fact["kind"], fact["status"]) for fact in signed["attestation"]] == [
        (f"{n}@example.org", kind, "none") for n in (1, 2) for kind in ("dkim", "patatt")
    ]
    assert {**signed, "attestation": None} == plain


def test_signatures_in_text(place: Place) -> None:
    mail = place.folder / "signed.eml"
    mail.write_bytes(b"DKIM-Signature: v=1; d=example.org; s=x\n" + place.mails[2])
    out = run("check", "--attest", mail).out
    assert "  signature: 3@example.org: dkim unknown example.org: needs DNS (--online)\n" in out
    assert "signature: none on 1 of 1 mails" in run("check", "--attest", place.folder / "list").out
