# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch policy`, `check --policy FILE`, and what a repository may say."""

import json
import tomllib
from pathlib import Path

import pytest

from builders_cli import run
from builders_mail import DIFF, mail_bytes
from patchwatch.policy.files import SHIPPED
from patchwatch.policy.loader import load_policies

TOY = """\
# SPDX-License-Identifier: GPL-2.0-or-later
# Toy asks for sign-offs. Nothing else.
schema = 1
source = [{ url = "https://example.org/policy", revision = "r1", retrieved = 2026-10-01, via = "text" }]
select = { list-ids = ["toy.lists.example.org"] }
rule = [
  { use = "missing-sign-off", effect = "ask", why = "we want to know who", clause = "https://example.org/policy#who" },
  { use = "outside-allowed-scenario", effect = "decline", why = "w", when = { first-time = true } },
  { use = "borderline-size", effect = "ask" },
]
scenario = [
  { id = "fix", when = { kind = ["bug-fix"], only-roles = ["code", "tests"] }, measure = "small", outcome = "allow" },
  { id = "other", outcome = "ask-first", note = "on the list" },
]
human = [{ id = "why", ask = "Is the reason clear?" }]
discretion = [{ paths = ["net/**"], may = ["extra-testing", "lower-priority"], disputed = true }]
waiver = { by = ["maintainer", "core"], self = false }
outcome = [
  { when = { rules = ["missing-sign-off"], effect = "ask", repeated = 3, days = 30 }, suggest = "add-sign-off" },
]
[policy]
id = "toy"
version = "2026-10-01"
status = "in-force"
stance = "restrict"
effective = { from = 2026-10-01, until = 2027-01-31, review-by = 2027-01-01 }
exempt-uses = ["review"]
exclude-paths = ["imported/**"]
[labels]
prototype = []
[measure.small]
count = "added"
exclude-roles = ["tests"]
ignore = ["moved"]
limit = 20
borderline = 5
[tag."Made with"]
grammar = "list"
items = ["code", "tests"]
note = "parenthesised"
after = "Signed-off-by"
names-model = "forbid"
[[example]]
id = "signed"
says = "A signed patch is fine."
outcome = "ready"
mail = '''
From: Jo Doe <jo@example.org>
Subject: [PATCH] hw/foo: fix overflow
Date: Thu, 01 Oct 2026 10:00:00 +0000
Message-ID: <1@example.org>

It overflows.

Signed-off-by: Jo Doe <jo@example.org>
---
diff --git a/hw/foo.c b/hw/foo.c
--- a/hw/foo.c
+++ b/hw/foo.c
@@ -1,3 +1,4 @@
 int a;
-int b;
+int b = 1;
+int c = 2;
 int d;
'''
"""
UNSIGNED = mail_bytes(body=f"It overflows.\n---\n{DIFF}", date="Thu, 01 Oct 2026 10:00:00 +0000")


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "toy.toml"
    path.write_text(TOY, encoding="utf-8")
    return path


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the user a folder of own policies."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "patchwatch" / "policies"
    folder.mkdir(parents=True)
    return folder


def test_list_names_each_policy_once_and_marks_those_in_force_today() -> None:
    lines = run("policy", "list").out.splitlines()[1:]
    assert len(lines) == sum(not profile.abstract for profile in load_policies().profiles)
    assert any(line.startswith("* linux@7.3 ") and "in-force" in line for line in lines)
    (old,) = [line for line in lines if " linux@7.0 " in line]
    assert old.startswith("  ")
    assert "2026-01-06 - 2026-08-02" in old


def test_list_as_json_has_dates_and_sources() -> None:
    document = json.loads(run("policy", "list", "--json").out)
    assert document["schema"] == "patchwatch.policies/1"
    (qemu,) = [one for one in document["policies"] if (one["id"], one["version"]) == ("qemu", "2025-06")]
    assert (qemu["from"], qemu["until"], qemu["in_force"], qemu["shipped"]) == ("2025-06-24", None, True, True)
    assert qemu["declines"] == ["declared-ai-content"]
    assert qemu["sources"][0]["url"].startswith("https://")


@pytest.mark.parametrize(("day", "marked"), [("2026-09-30", False), ("2026-10-01", True), ("2027-02-01", False)])
def test_in_force_is_about_the_day_of_the_run(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch, day: str, *, marked: bool
) -> None:
    (own_folder / "toy.toml").write_text(TOY, encoding="utf-8")
    monkeypatch.setenv("PATCHWATCH_TODAY", day)
    (line,) = [line for line in run("policy", "list").out.splitlines() if " toy@" in line]
    assert line.startswith("* ") is marked
    assert line.endswith("  Toy asks for sign-offs.")


def test_show_says_everything_in_plain_words(toy: Path) -> None:
    result = run("policy", "show", toy)
    assert (result.code, result.err) == (0, "")
    for words in (
        "toy@2026-10-01: restrict, in force until 2027-01-31, since 2026-10-01",
        "Toy asks for sign-offs.",
        "https://example.org/policy (revision r1, read 2026-10-01)",
        "to be read again by 2027-01-01",
        "lists: toy.lists.example.org",
        "AI used only for review",
        "files imported/**",
        "labels of prototypes: the text knows none",
        "missing-sign-off: ",
        "because we want to know who",
        "https://example.org/policy#who",
        "where it is the author's first mail",
        "Made with: code|tests[, ...]",
        "an item may carry a note in parentheses",
        "stands after Signed-off-by",
        "names no model",
        "fix: if it is a bug-fix change and only code or tests change and `small` holds (limit 20): fine",
        "other: anything else: ask the maintainer first: on the list",
        "small: at most 20 added lines, per patch, not in tests, without moved lines; borderline within 5 lines",
        "Is the reason clear?",
        "maintainers may for net/** ask for more testing or give it a lower priority (people disagree that they may)",
        "a maintainer or the core team; never for own patches",
        "add sign off, if missing-sign-off ask and it is at least series 3 of the author like that within 30 days",
        "signed: A signed patch is fine.",
    ):
        assert words in " ".join(result.out.split()), words


@pytest.mark.parametrize("profile", load_policies().profiles, ids=str)
def test_every_shipped_policy_can_be_shown_and_its_merged_toml_is_a_policy_again(profile: object) -> None:
    spec = str(profile)
    assert run("policy", "show", spec).out.startswith(f"{spec}: ")
    merged = tomllib.loads(run("policy", "show", spec, "--merged").out)
    found = load_policies().find(spec)
    assert json.loads(json.dumps(merged, default=str)) == load_policies().merged(found)
    assert json.loads(run("policy", "show", spec, "--json").out)["content"] == load_policies().merged(found)


def test_show_of_an_id_is_the_version_in_force() -> None:
    assert run("policy", "show", "qemu").out.startswith("qemu@2025-06: ")
    assert run("policy", "show", "quemu").complaint.startswith("no policy 'quemu'; did you mean qemu?")


def test_lint_of_a_good_file_is_quiet_about_it(toy: Path) -> None:
    result = run("policy", "lint", toy)
    assert (result.code, result.out, result.err) == (0, f"{toy}: no faults\n", "")


def test_lint_tells_all_faults_of_all_files(toy: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(TOY.replace("list-ids", "list-id").replace('"ask-first"', '"ask"'), encoding="utf-8")
    links = tmp_path / "links.toml"
    links.write_text(TOY.replace('measure = "small"', 'measure = "smal"').replace('"toy"', '"toy2"'), encoding="utf-8")
    result = run("policy", "lint", toy, bad, links, tmp_path / "gone.toml")
    assert result.code == 2
    assert result.out.splitlines() == [
        f"{toy}: no faults",
        f"{bad}: select.list-id: there is no such key; did you mean `list-ids`?",
        f"{bad}: scenario[1].outcome: 'ask' is none of its words; did you mean `ask-first`?",
        f"{links}: scenario[0].measure: there is no measure 'smal'; did you mean `small`?",
        f"{tmp_path / 'gone.toml'}: cannot be read: No such file or directory",
    ]


def test_lint_reads_files_that_refer_to_each_other(toy: Path, tmp_path: Path) -> None:
    child = tmp_path / "child.toml"
    text = TOY.replace('"2026-10-01"', '"2"').replace("from = 2026-10-01, until = 2027-01-31", "from = 2027-02-01")
    child.write_text(text.replace("schema = 1", 'schema = 1\ninherit = "toy@2026-10-01"'), encoding="utf-8")
    assert run("policy", "lint", toy, child).code == 0
    assert "inherit: 'toy@2026-10-01' is not there" in run("policy", "lint", child).out


def test_lint_tells_two_files_with_one_name(toy: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin.toml"
    twin.write_text(TOY, encoding="utf-8")
    result = run("policy", "lint", tmp_path)
    assert (result.code, "toy@2026-10-01 too" in result.out) == (2, True)


@pytest.mark.parametrize(
    ("day", "change", "warning"),
    [
        ("2027-01-02", ("", ""), "the text was to be read again by 2027-01-01"),
        ("2027-03-31", ("", ""), "https://example.org/policy: was last read on 2026-10-01, 181 days ago"),
        ("2026-11-20", (", retrieved = 2026-10-01", ""), "nobody says when it was read"),
        ("2026-11-20", ('list-ids = ["toy.lists.example.org"]', ""), "no `select`"),
        ("2026-11-20", (TOY.partition("[[example]]")[2], ""), "no [[example]]"),
        (
            "2026-11-20",
            ('"borderline-size", effect = "ask"', '"unnamed-mechanical-tool", effect = "ask"'),
            "a heuristic",
        ),
    ],
)
def test_what_is_odd_and_no_fault_is_a_warning(
    toy: Path, monkeypatch: pytest.MonkeyPatch, day: str, change: tuple[str, str], warning: str
) -> None:
    monkeypatch.setenv("PATCHWATCH_TODAY", day)
    text = TOY.replace(*change) if change[0] else TOY
    text = text.removesuffix("[[example]]")
    if "borderline-size" not in text:
        text = text.replace('measure = "small", ', "")
    toy.write_text(text, encoding="utf-8")
    result = run("policy", "lint", toy)
    assert result.code == 0
    assert warning in result.out


def test_stale_sources_are_told_once_a_run_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def checked() -> tuple[int, str, str]:
        result = run("check", "--policy", "linux", "-", stdin=mail_bytes(date="Thu, 01 Oct 2026 10:00:00 +0000"))
        return result.code, result.out, result.err

    fresh = checked()
    monkeypatch.setenv("PATCHWATCH_TODAY", "2028-01-01")
    late = checked()
    assert late[:2] == fresh[:2]
    assert fresh[2] == ""
    assert late[2].count("linux@7.3 may be out of date") == 1


def test_schema_is_json_schema() -> None:
    document = json.loads(run("policy", "schema").out)
    assert document["$schema"].startswith("https://json-schema.org/")
    assert {"policy", "rule", "example", "outcome"} <= document["properties"].keys()


def test_examples_of_a_file_are_run(toy: Path) -> None:
    assert run("policy", "test", toy).out == "toy@2026-10-01, 1 example: all as they say\n"
    toy.write_text(TOY.replace('outcome = "ready"', 'outcome = "ask"'), encoding="utf-8")
    result = run("policy", "test", toy)
    assert result.code == 1
    assert result.out.splitlines() == [
        "toy@2026-10-01: signed: the outcome is ready, not ask",
        "toy@2026-10-01, 1 example: 1 not as they say",
    ]


def test_examples_of_an_id_are_those_of_all_its_versions() -> None:
    assert run("policy", "test", "linux").out.startswith("2 policies, ")
    assert run("policy", "test", "linux@7.3").out.startswith("linux@7.3, ")
    assert run("policy", "test", "lunix").code == 2
    assert run("policy", "test", "gone.toml").complaint == "gone.toml: no such policy file"


def test_check_takes_a_policy_file(toy: Path) -> None:
    result = run("check", "--policy", toy, "--format", "json", "-", stdin=UNSIGNED)
    document = json.loads(result.out)
    assert document["policy"]["id"] == "toy"
    (series,) = document["series"]
    assert [one["rule"] for one in series["findings"]] == ["missing-sign-off"]
    assert series["waivable"] == {"by": ["maintainer", "core"], "self": False}
    assert series["suggest"][0]["suggest"] == "add-sign-off"
    assert series["suggest"][0]["unless_known"].startswith("if at least 3 series")
    text = run("check", "--policy", toy, "-", stdin=UNSIGNED).out
    assert "what the text says follows: add sign off (missing-sign-off), if at least 3" in " ".join(text.split())
    assert "a clause is lifted by a maintainer or the core team; never for own patches" in text


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("gone.toml", None, "gone.toml: no such policy file"),
        ("bad.toml", "schema = 1\n", "bad.toml: 1 fault; policy: is required"),
        ("base.toml", 'schema = 1\n[policy]\nid = "_x"\nabstract = true\n', "base.toml: is a base to inherit from"),
    ],
)
def test_check_refuses_what_is_no_policy_file(tmp_path: Path, name: str, text: str | None, told: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = run("check", "--policy", tmp_path / name, "-", stdin=UNSIGNED)
    assert result.code == 2
    assert told in result.complaint


def test_own_files_add_and_replace(own_folder: Path) -> None:
    (own_folder / "toy.toml").write_text(TOY, encoding="utf-8")
    (own_folder / "linux.toml").write_text(
        TOY.replace('"toy"', '"linux"').replace('"2026-10-01"', '"7.3"'), encoding="utf-8"
    )
    listed = json.loads(run("policy", "list", "--json").out)["policies"]
    found = {f"{one['id']}@{one['version']}": one for one in listed}
    assert not found["toy@2026-10-01"]["shipped"]
    assert found["linux@7.3"]["stance"] == "restrict"
    assert found["linux@7.0"]["shipped"]


def test_a_policy_that_the_configuration_names_must_exist(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[list.foo]\naddress = "foo@example.org"\npolicy = "linx"\n', encoding="utf-8")
    told = run("--config", config, "check", "--policy", "qemu", "-", stdin=UNSIGNED).complaint
    assert told.startswith("configuration: list.foo.policy: no policy 'linx'; did you mean linux?")


def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    top = tmp_path / "repository"
    (top / ".git").mkdir(parents=True)
    (top / "sub").mkdir()
    (top / ".patchwatch.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(top / "sub")
    return top


def judged_by(*options: str | Path) -> tuple[str, list[str]]:
    document = json.loads(run(*options[:2], "check", *options[2:], "--format", "json", "-", stdin=UNSIGNED).out)
    (series,) = document["series"]
    return series["policy"]["id"], [one["role"] for one in series["patches"][0]["files"]]


def test_a_repository_chooses_a_policy_and_says_what_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.toml"
    config.write_text("", encoding="utf-8")
    assert judged_by("--config", config) == ("none", ["code"])
    repository(tmp_path, monkeypatch, 'policy = "linux"\n[roles]\ntests = ["hw/**"]\n[templates]\nask = "Hi"\n')
    assert judged_by("--config", config) == ("linux", ["tests"])
    assert judged_by("--config", config, "--policy", "qemu") == ("qemu", ["tests"])
    config.write_text('[list.foo]\naddress = "list@example.com"\npolicy = "qemu"\n', encoding="utf-8")
    assert judged_by("--config", config) == ("qemu", ["tests"])  # the user's own word weighs more


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("db = 'x'\n", "db: there is no such key"),
        (
            "[drafts]\nto = 'maildir:x'\n",
            "a repository may only choose a `policy`, redefine `roles` and hold `templates`",
        ),
        ("[list.x]\narchive = 'https://example.org/'\n", "list: there is no such key"),
        ("policy = '../evil.toml'\n", "is no id of a policy; a repository cannot name files or URLs"),
        ("policy = 'https://example.org/p'\n", "is no id of a policy"),
        ("policy = 'linx'\n", ".patchwatch.toml: policy: no policy 'linx'; did you mean linux?"),
        ("[roles]\ntest = ['x']\n", "roles.test: there is no such key; did you mean `tests`?"),
        ("policy = \n", "no TOML"),
        ("# " + "x" * 1_000_001, "is larger than 1000000 bytes"),
    ],
)
def test_a_repository_may_say_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    repository(tmp_path, monkeypatch, text)
    result = run("check", "-", stdin=UNSIGNED)
    assert (result.code, result.out) == (2, "")
    assert told in result.complaint


def test_a_repository_file_that_is_a_link_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = repository(tmp_path, monkeypatch, "")
    (top / ".patchwatch.toml").unlink()
    (tmp_path / "other.toml").write_text('policy = "linux"\n', encoding="utf-8")
    (top / ".patchwatch.toml").symlink_to(tmp_path / "other.toml")
    assert "is a link" in run("check", "-", stdin=UNSIGNED).complaint


def test_a_file_outside_of_a_repository_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".patchwatch.toml").write_text("db = 'x'\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("check", "-", stdin=UNSIGNED).code == 0


def test_a_series_on_the_lists_of_two_projects_has_two_verdicts() -> None:
    both = UNSIGNED.replace(b"To: list@example.com", b"To: qemu-devel@nongnu.org, linux-foo@vger.kernel.org")
    document = json.loads(run("check", "--format", "json", "-", stdin=both).out)
    assert sorted(one["policy"]["id"] for one in document["series"]) == ["linux", "qemu"]
    assert len({one["id"] for one in document["series"]}) == 1


def test_a_text_that_was_followed_by_another_is_not_called_superseded() -> None:
    mail = mail_bytes(date="Fri, 01 May 2026 10:00:00 +0000")
    text = run("check", "--policy", "linux", "-", stdin=mail).out
    assert "policy: linux@7.0 (in force until 2026-08-02) https://" in text


def test_the_index_command_is_hidden() -> None:
    assert "index" not in run("policy", "-h").out
    assert SHIPPED.joinpath("index.json").is_file()
