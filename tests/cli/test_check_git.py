# SPDX-License-Identifier: GPL-2.0-or-later
"""`check --git`: commits judged as the mail they would become, by the text that their target chose."""

import json
from pathlib import Path
from typing import Any

import pytest

from builders_cli import Result, example_archive, example_mails, list_mail, run
from builders_judged import mbox
from builders_tree import ANN, BASE, BEN, Project

FINE = "foo: {}\n\nIt is wrong.\n\nSigned-off-by: Ann Onym <ann@example.org>"
AGENT = "foo: {}\n\nIt is wrong.\n\nSigned-off-by: Claude <noreply@anthropic.com>"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path / "tree")
    found.when = 1_790_000_000  # 2026-09-21
    found.run("config", "user.name", "Ann Onym")
    found.run("config", "user.email", "ann@example.org")
    found.run("checkout", "-q", "-b", "topic")
    return found


def change(project: Project, message: str, line: str, author: str = ANN, **more: str) -> str:
    return project.commit(message, {"foo.c": f"{BASE}{line}\n", **more}, author)


def check(project: Project, *options: str, commits: str = "master..topic") -> Result:
    return run("check", "--git", commits, "--repo", project.path, *options)


def series_of(result: Result) -> Any:  # Any: the document is what is tested
    (series,) = json.loads(result.out)["series"]
    return series


def test_commits_are_one_complete_series_posted_now_by_the_user(project: Project) -> None:
    first = change(project, FINE.format("one"), "one")
    change(project, FINE.format("two"), "two", BEN)
    series = series_of(check(project, "--policy", "linux", "--format", "json"))
    assert (series["complete"], series["expected"], series["date"][:10]) == (True, 2, "2026-11-20")
    assert series["author"] == {"name": "Ann Onym", "email": "ann@example.org"}
    assert [patch["author"]["email"] for patch in series["patches"]] == ["ann@example.org", "ben@example.com"]
    assert [patch["subject"] for patch in series["patches"]] == ["foo: one", "foo: two"]
    wanted = project.run("patch-id", "--stable", data=project.run("show", first).encode() + b"\n").split()[0]
    assert series["patches"][0]["patch_id"] == wanted


def test_a_single_revision_is_its_own_commit_alone(project: Project) -> None:
    change(project, FINE.format("one"), "one")
    change(project, FINE.format("two"), "two")
    series = series_of(check(project, "--policy", "linux", "--format", "json", commits="topic"))
    assert [patch["subject"] for patch in series["patches"]] == ["foo: two"]


@pytest.mark.parametrize(
    "author", ['Doe, "Jo" (x) <jo@example.org>', "Zoë Ünal <zoe@example.org>", "J. R. Doe <jr@example.org>"]
)
def test_names_of_any_sort_are_read_back(project: Project, author: str) -> None:
    name, _, email = author.rstrip(">").partition(" <")
    project.run("config", "user.name", "Somebody, Else")
    change(project, FINE.format("one"), "one", author)
    series = series_of(check(project, "--policy", "none", "--format", "json"))
    assert series["author"]["name"] == "Somebody, Else"
    assert series["patches"][0]["author"]["email"] == email
    assert name in (series["patches"][0]["author"]["name"], 'Doe, "Jo" (x)')


def test_the_policy_of_the_target_branch_judges_and_not_the_one_that_the_commits_bring(project: Project) -> None:
    project.run("checkout", "-q", "master")
    project.commit("policy", {".patchwatch.toml": 'policy = "qemu"\n'})
    project.run("checkout", "-q", "-b", "other")
    change(project, AGENT.format("one"), "one", **{".patchwatch.toml": 'policy = "none"\n'})
    series = series_of(check(project, "--format", "json", commits="master..other"))
    assert (series["policy"]["id"], series["outcome"]) == ("qemu", "decline")
    (project.path / ".patchwatch.toml").write_text("no toml at all", encoding="utf-8")
    assert check(project, commits="master..other").code == 1


def test_flag_then_git_config_then_target_branch_choose_the_policy(project: Project) -> None:
    project.run("checkout", "-q", "master")
    project.commit("policy", {".patchwatch.toml": 'policy = "qemu"\n'})
    project.run("checkout", "-q", "-b", "other")
    change(project, FINE.format("one"), "one")
    project.run("config", "patchwatch.policy", "linux")
    commits = "master..other"
    assert series_of(check(project, "--format", "json", commits=commits))["policy"]["id"] == "linux"
    assert series_of(check(project, "--policy", "none", "--format", "json", commits=commits))["policy"]["id"] == "none"
    project.run("config", "--unset", "patchwatch.policy")
    assert series_of(check(project, "--format", "json", commits=commits))["policy"]["id"] == "qemu"


@pytest.mark.parametrize("text", ['archive = "https://example.org"\n', 'policy = "../x"\n', "\xff"])
def test_a_target_that_says_more_than_it_may_is_refused(project: Project, text: str) -> None:
    project.run("checkout", "-q", "master")
    project.commit("policy", {".patchwatch.toml": text})
    project.run("checkout", "-q", "-b", "other")
    change(project, FINE.format("one"), "one")
    result = check(project, commits="master..other")
    assert (result.code, result.out) == (2, "")
    assert ":.patchwatch.toml: " in result.complaint


def test_merges_and_empty_commits_are_left_out(project: Project) -> None:
    change(project, FINE.format("one"), "one")
    project.run("checkout", "-q", "-b", "side", "master")
    project.commit(FINE.format("side"), {"bar.c": "x\n"})
    project.run("checkout", "-q", "topic")
    project.run("merge", "-q", "--no-ff", "-m", "merge", "side")
    project.run("commit", "-q", "--allow-empty", "-m", "nothing")
    series = series_of(check(project, "--policy", "linux", "--format", "json"))
    assert sorted(patch["subject"] for patch in series["patches"]) == ["foo: one", "foo: side"]


@pytest.mark.parametrize(
    ("commits", "code", "words"),
    [
        ("master..master", 3, "no commits in this range"),
        ("topic", 3, "no commit in it changes a file"),
        ("nope", 2, "bad revision 'nope'"),
        ("--output=x", 2, "is no range of commits"),
        ("master --output=x", 2, "is no range of commits"),
        (" ", 2, "is no range of commits"),
    ],
)
def test_a_range_that_gives_nothing_is_one_line(project: Project, commits: str, code: int, words: str) -> None:
    project.run("commit", "-q", "--allow-empty", "-m", "nothing")
    result = check(project, commits=commits)
    assert (result.code, result.out) == (code, "")
    assert words in result.complaint
    assert not list(project.path.glob("x"))


def test_outside_of_a_repository_one_line_says_so(tmp_path: Path) -> None:
    result = run("check", "--git", "HEAD", "--repo", tmp_path)
    assert (result.code, result.out) == (2, "")
    assert "no git repository; --repo DIR names one" in result.complaint


@pytest.mark.parametrize(
    ("options", "words"),
    [((), "give a SOURCE"), (("-", "--repo", "."), "--repo says where"), (("-", "--online"), "give --attest too")],
)
def test_options_that_do_not_fit_together_are_refused(options: tuple[str, ...], words: str) -> None:
    result = run("check", *options, stdin=list_mail("1@example.org"))
    assert (result.code, result.out) == (2, "")
    assert words in result.complaint


def test_nothing_that_the_repository_configures_is_run(project: Project) -> None:
    trap = project.path / "trap.sh"
    trap.write_text("#!/bin/sh\ntouch trapped\ncat\n", encoding="utf-8")
    trap.chmod(0o755)
    for key in (
        "diff.x.textconv",
        "diff.x.command",
        "filter.x.smudge",
        "core.fsmonitor",
        "diff.external",
        "core.pager",
    ):
        project.run("config", key, str(trap))
    (project.path / ".git" / "info" / "attributes").write_text("* diff=x filter=x\n", encoding="utf-8")
    project.run("config", "--unset", "core.fsmonitor")
    project.run("config", "--unset", "filter.x.smudge")
    change(project, FINE.format("one"), "one")
    for key in ("core.fsmonitor", "filter.x.smudge"):
        project.run("config", key, str(trap))
    (project.path / "trapped").unlink(missing_ok=True)  # what the commit above has run by right
    assert check(project, "--policy", "linux").out.startswith("ready: ")
    assert not list(project.path.parent.rglob("trapped"))


def test_several_ranges_and_mails_are_several_series_of_one_run(project: Project, tmp_path: Path) -> None:
    change(project, FINE.format("one"), "one")
    project.run("checkout", "-q", "-b", "other", "master")
    change(project, AGENT.format("two"), "two")
    (tmp_path / "x.mbox").write_bytes(mbox(*example_mails()[3:5]))
    result = run(
        "check", "--git", "master..topic", "--git", "master..other", "--repo", project.path, tmp_path / "x.mbox",
        "--policy", "linux", "--format", "jsonl",
    )  # fmt: skip
    assert len(result.out.splitlines()) == 3


def test_findings_in_a_diff_are_placed_in_the_file(project: Project) -> None:
    before = "import pytest\n\n\ndef test_one():\n    assert 1\n"
    text = before.replace("def", "@pytest.mark.skip\ndef")
    project.run("checkout", "-q", "master")
    project.commit("foo: a test", {"tests/test_foo.py": before})
    project.run("checkout", "-q", "-B", "topic")
    message = FINE.format("skip").replace("Signed", "Assisted-by: Claude:opus-4\nSigned")
    project.commit(message, {"foo.c": f"{BASE}more\n", "tests/test_foo.py": text})
    options = ("--policy", "cpython@2026-05", "--select", "weakened-tests", "--format", "sarif")
    (one,) = json.loads(check(project, *options).out)["runs"][0]["results"]
    place = one["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "tests/test_foo.py"
    assert text.splitlines()[place["region"]["startLine"] - 1] == "@pytest.mark.skip"


def test_what_format_patch_writes_is_one_series_from_a_folder_or_as_files(project: Project, tmp_path: Path) -> None:
    change(project, FINE.format("one"), "one")
    change(project, AGENT.format("two"), "two", BEN)
    out = tmp_path / "out"
    project.run("format-patch", "-q", "-o", str(out), "master..topic")
    for sources in ([out], sorted(out.iterdir())):
        series = series_of(run("check", "--policy", "linux", "--format", "json", *sources))
        assert (series["complete"], len(series["patches"]), series["outcome"]) == (True, 2, "ask")
    (out / "0003-not-mail.patch").write_text("diff --git a/x b/x\n", encoding="utf-8")
    assert "0003-not-mail.patch: no mail headers" in run("check", "--policy", "linux", out).complaint


def test_two_series_of_format_patch_in_one_run_are_not_mixed(project: Project, tmp_path: Path) -> None:
    change(project, FINE.format("one"), "one")
    change(project, FINE.format("two"), "two")
    project.run("format-patch", "-q", "-o", str(tmp_path / "a"), "master..topic")
    project.run("commit", "-q", "--amend", "-m", FINE.format("changed"))
    project.run("format-patch", "-q", "-o", str(tmp_path / "b"), "master..topic")
    both = [*sorted((tmp_path / "a").iterdir()), *sorted((tmp_path / "b").iterdir())]
    assert len(both) == 4
    found = json.loads(run("check", "--policy", "linux", "--format", "json", *both).out)["series"]
    assert sum(len(one["patches"]) for one in found) == len({path.read_bytes() for path in both})
    assert not any(len(one["patches"]) > 2 for one in found)


def test_a_message_id_is_looked_up_in_the_database(tmp_path: Path) -> None:
    archive = example_archive(tmp_path / "foo")
    database = tmp_path / "p.db"
    assert run("--db", database, "ingest", archive).code == 0
    result = run("--db", database, "check", "--format", "json", "20261001.1-1@example.org")
    series = series_of(result)
    assert (series["id"], series["complete"]) == ("20261001.1-0@example.org", True)
    missing = run("--db", database, "check", "nobody@example.org")
    assert (missing.code, missing.out) == (3, "")
    assert "no series nobody@example.org" in missing.complaint


def test_exit_zero_hides_findings_and_no_errors(project: Project) -> None:
    change(project, AGENT.format("one"), "one")
    assert check(project, "--policy", "qemu").code == 1
    result = check(project, "--policy", "qemu", "--exit-zero")
    assert (result.code, result.out.startswith("decline: ")) == (0, True)
    assert check(project, "--exit-zero", commits="nope").code == 2


@pytest.mark.parametrize("kind", ["b4", "checkpatch"])
def test_formats_of_b4_say_in_their_own_way_that_nothing_could_be_looked_at(kind: str) -> None:
    for arguments, data in ((("--policy", "nobody"), list_mail("1@example.org")), ((), b"no mail\n")):
        result = run("check", "-", "--format", kind, *arguments, stdin=data)
        assert (result.code, result.err) == (0, "")
        assert ("ERROR:" in result.out) if kind == "checkpatch" else json.loads(result.out)[0]["status"] == "fail"


@pytest.mark.parametrize("kind", ["b4", "checkpatch"])
def test_a_bug_of_ours_is_exit_70_also_there(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("patchwatch.cli.check.assemble", broken)
    assert run("check", "-", "--format", kind, stdin=list_mail("1@example.org")).code == 70


def test_half_a_series_is_undetermined_for_people_and_no_fault_of_a_lone_mail_for_b4() -> None:
    mail = list_mail("1@example.org", "[PATCH 1/2] hw/foo: fix overflow")
    assert run("check", "-", stdin=mail).out.startswith("undetermined: ")
    assert run("check", "-", "--format", "checkpatch", stdin=mail).out == ""
    (entry,) = json.loads(run("check", "-", "--format", "b4", stdin=mail).out)
    assert (entry["status"], entry["summary"]) == ("pass", "linux@7.3: ready")
    assert "not looked at: incomplete-series: needs the whole series" in entry["details"]
    two = mbox(mail, list_mail("9@example.org", "[PATCH 3/4] hw/bar: other"))
    assert "incomplete-series" in run("check", "-", "--format", "checkpatch", stdin=two).out


def test_what_a_cover_letter_may_still_say_is_told_with_that_reservation() -> None:
    body = "Written with Claude Code.\n\nSigned-off-by: Jo Doe <jo@example.org>\n---\n"
    from builders_mail import DIFF

    lone = list_mail("1@example.org", "[PATCH 1/2] hw/foo: fix overflow", body + DIFF)
    whole = list_mail("1@example.org", "[PATCH] hw/foo: fix overflow", body + DIFF)
    words = "only this mail was read: the cover letter may say it"
    assert words in run("check", "-", "--format", "checkpatch", stdin=lone).out
    assert words not in run("check", "-", "--format", "checkpatch", stdin=whole).out
