# SPDX-License-Identifier: GPL-2.0-or-later
"""Hooks of git, installed and run by git itself: am, commit, push and the validation before mail goes out."""

import os
import subprocess
from pathlib import Path

import pytest

from builders_cli import command, run
from builders_tree import BASE
from peers import missing

AGENT = "foo: {}\n\nIt is wrong.\n\nSigned-off-by: Claude <noreply@anthropic.com>\n"
GENERATED = "foo: {}\n\nIt is wrong.\n\nGenerated-by: ChatGPT\nSigned-off-by: Ann Onym <ann@example.org>\n"
FINE = "foo: {}\n\nIt is wrong.\n\nSigned-off-by: Ann Onym <ann@example.org>\n"
ROOT = Path(__file__).parents[2]


class Tree:
    """A repository with its identity and policy in its own configuration; git runs as a user would run it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.git("init", "-q", "-b", "master")
        for key, value in (("user.name", "Ann Onym"), ("user.email", "ann@example.org"), ("patchwatch.policy", "qemu")):
            self.git("config", key, value)
        self.write(BASE)
        self.git("commit", "-q", "-m", "base")

    def write(self, text: str) -> None:
        (self.path / "foo.c").write_text(text, encoding="utf-8")
        self.git("add", "foo.c")

    def run(self, *words: str, data: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **more}
        return subprocess.run(
            ["git", *words], cwd=self.path, env=environment, input=data, capture_output=True, text=True, check=False
        )

    def git(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, message: str) -> subprocess.CompletedProcess[str]:
        self.write(f"{BASE}{message[:10]} {len(message)}\n")
        return self.run("commit", "-q", "-F", "-", data=message)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    found = Tree(tmp_path / "tree")
    monkeypatch.chdir(found.path)
    return found


def install(*names: str) -> None:
    result = run("hook", "install", *names)
    assert (result.code, result.out) == (0, ""), result.err


def test_install_writes_hooks_and_uninstall_removes_them(tree: Tree) -> None:
    install()
    hooks = tree.path / ".git" / "hooks"
    names = {"applypatch-msg", "commit-msg", "pre-push", "sendemail-validate"}
    written = {path.name for path in hooks.iterdir() if not path.name.endswith(".sample")}
    assert written == names
    assert all(os.access(hooks / name, os.X_OK) for name in names)
    install("pre-push")  # again is no fault
    assert run("hook", "uninstall").code == 0
    assert {path.name for path in hooks.iterdir() if not path.name.endswith(".sample")} == set()


def test_a_hook_of_somebody_else_is_never_touched(tree: Tree) -> None:
    foreign = tree.path / ".git" / "hooks" / "pre-push"
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    result = run("hook", "install")
    assert (result.code, result.out) == (2, "")
    assert "patchwatch hook run pre-push" in result.complaint
    assert not (foreign.parent / "commit-msg").exists()
    assert "stays" in run("hook", "uninstall").complaint
    assert foreign.read_text(encoding="utf-8") == "#!/bin/sh\nexit 0\n"


def test_a_folder_of_hooks_that_is_configured_is_used(tree: Tree, tmp_path: Path) -> None:
    tree.git("config", "core.hooksPath", str(tmp_path / "shared"))
    install("commit-msg")
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["commit-msg"]


@pytest.mark.parametrize("words", [("install", "post-receive"), ("run", "update")])
def test_an_unknown_hook_is_refused(tree: Tree, words: tuple[str, str]) -> None:
    result = run("hook", *words)
    assert (result.code, result.out) == (2, "")
    assert "there is applypatch-msg, commit-msg" in result.complaint


def test_outside_of_a_repository_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("hook", "install")
    assert (result.code, result.out) == (2, "")
    assert "no git repository here" in result.complaint


def test_a_commit_is_quiet_asked_about_or_stopped(tree: Tree) -> None:
    install("commit-msg")
    done = tree.commit(FINE.format("one"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    tree.git("config", "patchwatch.policy", "linux")
    asked = tree.commit(AGENT.format("two"))
    assert asked.returncode == 0
    assert "WARNING:agent-sign-off" in asked.stderr
    tree.git("config", "patchwatch.failOn", "ask")
    assert tree.commit(AGENT.format("three")).returncode == 1
    tree.git("config", "patchwatch.failOn", "decline")
    tree.git("config", "patchwatch.policy", "qemu")
    declined = tree.commit(GENERATED.format("four"))
    assert declined.returncode == 1
    assert "ERROR:declared-ai-content" in declined.stderr
    assert tree.git("log", "--format=%s").splitlines() == ["foo: two", "foo: one", "base"]


def test_comments_of_the_editor_and_what_is_cut_off_are_not_judged(tree: Tree) -> None:
    install("commit-msg")
    tree.write(f"{BASE}x\n")
    cut = "# ------------------------ >8 ------------------------\nGenerated-by: ChatGPT\n"
    (tree.path / "edit.sh").write_text(f"cat > \"$1\" <<'E'\n{FINE.format('x')}# Generated-by: ChatGPT\n{cut}E\n")
    done = tree.run("commit", "-q", "--cleanup=scissors", GIT_EDITOR="sh edit.sh")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_policy_of_the_commit_before_judges_not_that_of_the_work_tree(tree: Tree) -> None:
    install("commit-msg")
    tree.git("config", "--unset", "patchwatch.policy")
    (tree.path / ".patchwatch.toml").write_text('policy = "qemu"\n', encoding="utf-8")
    tree.git("add", ".patchwatch.toml")
    assert tree.commit(GENERATED.format("one")).returncode == 0
    (tree.path / ".patchwatch.toml").write_text('policy = "none"\n', encoding="utf-8")
    assert tree.commit(GENERATED.format("two!")).returncode == 1


def test_git_am_is_stopped_by_what_is_declined(tree: Tree, tmp_path: Path) -> None:
    for name, message in (("fine", FINE), ("bad", GENERATED)):
        tree.git("checkout", "-q", "-b", name, "master")
        assert tree.commit(message.format("one")).returncode == 0
        tree.git("format-patch", "-q", "-1", "-o", str(tmp_path / name))
    tree.git("checkout", "-q", "master")
    install("applypatch-msg")
    bad = tree.run("am", "-q", str(next((tmp_path / "bad").iterdir())))
    assert bad.returncode != 0
    assert "ERROR:declared-ai-content" in bad.stderr
    tree.git("am", "--abort")
    fine = tree.run("am", "-q", str(next((tmp_path / "fine").iterdir())))
    assert (fine.returncode, fine.stderr) == (0, "")


def test_a_push_is_judged_from_what_the_remote_has(tree: Tree, tmp_path: Path) -> None:
    tree.git("init", "-q", "--bare", str(tmp_path / "bare.git"))
    tree.git("remote", "add", "origin", str(tmp_path / "bare.git"))
    tree.git("push", "-q", "origin", "master")
    install("pre-push")
    assert tree.commit(FINE.format("one")).returncode == 0
    fine = tree.run("push", "-q", "origin", "master")
    assert (fine.returncode, fine.stderr) == (0, "")
    assert tree.commit(GENERATED.format("two")).returncode == 0
    for branch in ("master", "master:refs/heads/new"):
        done = tree.run("push", "-q", "origin", branch)
        assert done.returncode == 1
        assert done.stderr.count("ERROR:declared-ai-content") == 1
    assert tree.run("push", "-q", "origin", "master~1:refs/heads/other").returncode == 0
    tree.git("tag", "v1")
    assert tree.run("push", "-q", "origin", "v1").returncode == 0
    assert tree.run("push", "-q", "origin", "--delete", "other").returncode == 0


def test_send_email_is_stopped_before_anything_is_sent(tree: Tree, tmp_path: Path) -> None:
    if not Path(tree.git("--exec-path"), "git-send-email").exists():
        missing("git send-email is missing: apt-get install git-email")
    install("sendemail-validate")
    for name, message in (("fine", FINE), ("bad", GENERATED)):
        tree.git("checkout", "-q", "-b", name, "master")
        assert tree.commit(message.format("one")).returncode == 0
        tree.git("format-patch", "-q", "-1", "-o", str(tmp_path / name))
        folder = str(next((tmp_path / name).iterdir()))
        words = ("send-email", "--dry-run", "--quiet", "--to=list@example.com", "--confirm=never", "--validate", folder)
        done = tree.run(*words)
        assert (done.returncode == 0) == (name == "fine"), done.stderr
        assert ("ERROR:declared-ai-content" in done.stderr + done.stdout) == (name == "bad")


def test_a_fault_of_the_set_up_stops_with_one_line(tree: Tree) -> None:
    install("commit-msg")
    tree.git("config", "patchwatch.policy", "nobody")
    done = tree.commit(FINE.format("one"))
    assert done.returncode != 0
    assert done.stderr.startswith("patchwatch: no policy 'nobody'")
    assert done.stderr.count("\n") == 1


def test_a_program_that_is_gone_stops_nothing(tree: Tree) -> None:
    install("commit-msg")
    hook = tree.path / ".git" / "hooks" / "commit-msg"
    hook.write_text(hook.read_text(encoding="utf-8").replace("/python", "/no-python"), encoding="utf-8")
    done = tree.commit(GENERATED.format("one"))
    assert done.returncode == 0
    assert done.stderr == "patchwatch: is no longer installed here, so nothing was checked\n"


def pre_commit_entry() -> list[str]:
    lines = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8").splitlines()
    (entry,) = (line.split(": ", 1)[1] for line in lines if line.strip().startswith("entry: "))
    program, *words = entry.split()
    assert program == "patchwatch"
    return command(*words)


def test_the_entry_for_pre_commit_judges_a_message_and_a_push(tree: Tree) -> None:
    assert tree.commit(GENERATED.format("one")).returncode == 0
    tree.write(f"{BASE}more\n")
    for text, code in ((FINE, 0), (GENERATED, 1)):
        message = tree.path / "MSG"
        message.write_text(text.format("two"), encoding="utf-8")
        done = subprocess.run([*pre_commit_entry(), str(message)], capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert (done.stderr == "") == (code == 0)
    head, base = tree.git("rev-parse", "HEAD"), tree.git("rev-parse", "HEAD~1")
    environment = {**os.environ, "PRE_COMMIT_FROM_REF": base, "PRE_COMMIT_TO_REF": head}
    done = subprocess.run([*pre_commit_entry(), "foo.c"], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, "ERROR:declared-ai-content" in done.stderr) == (1, True)
