# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of people: faults are told all at once with their place, inheritance does what the manual says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from patchwatch.errors import UsageError
from patchwatch.model.mail import Place
from patchwatch.model.verdict import Effect
from patchwatch.policy.loader import load_policies
from patchwatch.rules.base import parameters
from patchwatch.rules.undisclosed_ai import UndisclosedAi

HEAD = """
schema = 1
source = [{ url = "https://example.org/policy", retrieved = 2026-01-01 }]
[policy]
id = "toy"
version = "1"
status = "in-force"
stance = "allow"
effective = { from = 2026-01-01 }
"""


def write(folder: Path, text: str, name: str = "toy.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str) -> list[str]:
    path = write(folder, text)
    with pytest.raises(UsageError) as error:
        load_policies([folder])
    first, *rest = str(error.value).splitlines()
    assert first.startswith(f"{path}: {len(rest)} fault")
    return [line.strip() for line in rest]


def test_own_file_is_found_and_validated(tmp_path: Path) -> None:
    write(
        tmp_path,
        HEAD
        + """
[[rule]]
use = "undisclosed-ai"
effect = "ask"
params = { any-of = ["Made-with"], free-text = true, where = ["body"] }
""",
    )
    (use, *_) = load_policies([tmp_path]).get("toy@1", None).rules
    assert use.rule == UndisclosedAi(any_of=("Made-with",), free_text=True, where=(Place.BODY,))
    assert isinstance(use.rule.where[0], Place)
    assert use.effect is Effect.ASK
    assert use.clause == "https://example.org/policy"


def test_all_faults_of_shape_are_named_with_their_place(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        HEAD
        + """
exempt-uses = ["debuging"]
[select]
list-ids = "all"
[[scenario]]
id = "a"
outcome = "allow"
when = { kind = ["bugfix"], colour = "red" }
[measure.small]
limit = true
[[rule]]
use = "missing-sign-off"
effect = "maybe"
""",
    )
    places = {fault.partition(":")[0] for fault in found}
    assert places >= {
        "policy.exempt-uses[0]",
        "select.list-ids",
        "scenario[0].when.kind[0]",
        "scenario[0].when.colour",
        "measure.small.limit",
        "rule[0].effect",
    }


def test_all_faults_between_tables_are_named_with_their_place_in_the_file(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        HEAD.replace("schema = 1", 'schema = 1\ninherit = "_base-dco"')
        + """
[[rule]]
use = "mising-sign-off"
[[rule]]
use = "undisclosed-ai"
params = { any_of = ["X"], free-text = 1 }
[[rule]]
use = "declared-ai-content"
effect = "decline"
[[rule]]
use = "incomplete-series"
effect = "off"
[[scenario]]
id = "s"
outcome = "allow"
measure = "big"
ask = ["why"]
[tag.X]
grammar = "words"
rest = "tools"
also-accept = ["0"]
""",
    )
    text = "\n".join(found)
    assert "rule[0].use: there is no rule 'mising-sign-off'; did you mean `missing-sign-off`?" in text
    assert "rule[1].params.any_of: " in text
    assert "rule[1].params.free-text: " in text
    assert "rule[2].why: is required with `decline`" in text
    assert "rule[3].effect: incomplete-series belongs to every policy" in text
    assert "scenario[0].measure: there is no measure 'big'" in text
    assert "scenario: needs the rule outside-allowed-scenario" in text
    assert "scenario[0].ask[0]: there is no question 'why'" in text
    assert "tag.X: grammar `words` needs first" in text
    assert "tag.X.rest: 'tools' is none of" in text
    assert "tag.X.also-accept[0]: " in text


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("schema = 1", "schema = 2"), "schema: 2 needs a newer patchwatch"),
        (("schema = 1", 'schema = 1\ninherit = "_nobody"'), "inherit: '_nobody' is not there"),
        (("schema = 1", 'schema = 1\ninherit = "linux"'), "inherit: 'linux' has 2 versions"),
        (("schema = 1", 'schema = 1\ninherit = "toy"'), "inherit: 'toy' inherits from itself"),
        (('id = "toy"', 'id = "Toy!"'), "policy.id: "),
        (('version = "1"\n', ""), "policy.version: is required"),
        (("from = 2026-01-01", "from = 2026-01-01, until = 2025-12-31"), "policy.effective.until: is before"),
        (('stance = "allow"', 'stance = "allow"\nexempt-uses = ["unknown"]'), "policy.exempt-uses: `unknown`"),
    ],
)
def test_single_faults(tmp_path: Path, change: tuple[str, str], fault: str) -> None:
    found = faults(tmp_path, HEAD.replace(*change))
    assert any(line.startswith(fault) for line in found), found


def test_a_proposal_cannot_decline(tmp_path: Path) -> None:
    rule = '[[rule]]\nuse = "declared-ai-content"\neffect = "decline"\nwhy = "x"\n'
    assert faults(tmp_path, HEAD.replace("in-force", "proposed") + rule) == [
        "rule[0].effect: a text that is proposed cannot decline"
    ]


@pytest.mark.parametrize("text", ["schema = ", "\x00", 'a = "'])
def test_what_is_no_toml_is_told_with_its_path(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError, match="no TOML") as error:
        load_policies([path])
    assert str(error.value).startswith(str(path))


def test_bytes_that_are_no_text_and_missing_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="no TOML"):
        load_policies([path])
    with pytest.raises(UsageError, match="cannot be read"):
        load_policies([tmp_path / "gone.toml"])


def test_missing_folder_is_an_empty_one(tmp_path: Path) -> None:
    assert load_policies([tmp_path / "none-here"]).get("none", None).ref.id == "none"


def test_later_file_replaces_the_same_id_and_version(tmp_path: Path) -> None:
    text = HEAD.replace('"toy"', '"qemu"').replace('"1"', '"2025-06"').replace('"allow"', '"silent"')
    write(tmp_path, text, "mine.toml")
    assert load_policies([tmp_path]).get("qemu@2025-06", None).stance == "silent"


def test_child_wins_by_key_and_by_name_and_switches_rules_off(tmp_path: Path) -> None:
    parent = (
        HEAD.replace('id = "toy"', 'id = "_parent"\nabstract = true')
        + """
exempt-uses = ["review"]
[roles]
tests = ["check/**"]
docs = ["man/**"]
[[rule]]
use = "missing-sign-off"
effect = "ask"
[[rule]]
use = "agent-sign-off"
effect = "ask"
[[human]]
id = "one"
ask = "Old?"
[[scenario]]
id = "s"
outcome = "allow"
"""
    )
    child = (
        HEAD.replace("schema = 1", 'schema = 1\ninherit = "_parent"')
        + """
[roles]
tests = ["t/**"]
[[rule]]
use = "declared-ai-content"
effect = "none"
[[rule]]
use = "missing-sign-off"
effect = "off"
[[human]]
id = "one"
ask = "New?"
[[rule]]
use = "outside-allowed-scenario"
effect = "ask"
[[scenario]]
id = "other"
outcome = "ask-first"
"""
    )
    write(tmp_path, parent, "a.toml")
    write(tmp_path, child, "b.toml")
    policy = load_policies([tmp_path]).get("toy@1", None)
    assert policy.exempt_uses == {"review"}
    assert policy.roles.tests == ("t/**",)
    assert policy.roles.docs == ("man/**",)
    assert [use.rule.id for use in policy.rules[:2]] == ["agent-sign-off", "declared-ai-content"]
    assert [(h.id, h.ask) for h in policy.human] == [("one", "New?")]
    assert [s.id for s in policy.scenarios] == ["other"]


def test_inheritance_is_at_most_three_deep(tmp_path: Path) -> None:
    for n in range(5):
        base = HEAD.replace('id = "toy"', f'id = "_p{n}"\nabstract = true')
        write(
            tmp_path, base if n == 4 else base.replace("schema = 1", f'schema = 1\ninherit = "_p{n + 1}"'), f"{n}.toml"
        )
    with pytest.raises(UsageError, match="more than 3 deep"):
        load_policies([tmp_path])


def test_newest_of_overlapping_texts_judges(tmp_path: Path) -> None:
    write(tmp_path, HEAD, "a.toml")
    write(
        tmp_path, HEAD.replace('version = "1"', 'version = "2"').replace("from = 2026-01", "from = 2026-02"), "b.toml"
    )
    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert load_policies([tmp_path]).get("toy", at).ref.version == "2"


def test_digest_follows_the_content_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, HEAD)
    first = load_policies([tmp_path]).get("toy@1", None).ref.digest
    write(
        tmp_path,
        "# a comment\n" + HEAD.replace('version = "1"\nstatus = "in-force"', 'status = "in-force"\nversion = "1"'),
    )
    assert load_policies([tmp_path]).get("toy@1", None).ref.digest == first
    write(tmp_path, HEAD.replace("retrieved = 2026-01-01", "retrieved = 2026-01-02"))
    assert load_policies([tmp_path]).get("toy@1", None).ref.digest != first


def test_parameters_are_listed_as_a_file_writes_them() -> None:
    listed = {p.name: p.default for p in parameters(UndisclosedAi)}
    assert listed == {"any-of": (), "free-text": False, "where": (Place.TRAILERS, Place.BODY)}
