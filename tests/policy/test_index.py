# SPDX-License-Identifier: GPL-2.0-or-later
"""The index of the shipped files: up to date, believed only for the very bytes it was made from, quick."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from patchwatch.errors import UsageError
from patchwatch.policy import files
from patchwatch.policy.files import INDEX, SHIPPED, index_text, read_profiles
from patchwatch.policy.loader import load_policies


def test_the_index_is_up_to_date(pytestconfig: pytest.Config) -> None:
    """`pytest --update-golden` and the command `patchwatch policy index` write it anew."""
    if pytestconfig.getoption("--update-golden"):
        INDEX.write_text(index_text(), encoding="utf-8")
    assert INDEX.read_text(encoding="utf-8") == index_text(), "run: patchwatch policy index"


def test_the_index_says_what_the_files_say() -> None:
    for profile in read_profiles():
        written = tomllib.loads(profile.path.read_text(encoding="utf-8"))
        written.pop("example", None)
        assert profile.data == json.loads(json.dumps(written, default=str))


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let a copy of two files and their index stand for what ships."""
    for name in ("_base-dco.toml", "none.toml"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    monkeypatch.setattr(files, "SHIPPED", tmp_path)
    monkeypatch.setattr(files, "INDEX", tmp_path / "index.json")
    (tmp_path / "index.json").write_text(files.index_text(), encoding="utf-8")
    return tmp_path


def test_a_changed_file_is_read_as_it_is(shipped: Path) -> None:
    path = shipped / "none.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('stance = "silent"', 'stance = "allow"'), encoding="utf-8")
    assert load_policies().get("none", None).stance == "allow"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"none.toml": 3}', '{"none.toml": [1, 2]}', "\x00"])
def test_a_damaged_index_is_like_none(shipped: Path, text: str) -> None:
    (shipped / "index.json").write_text(text, encoding="utf-8")
    assert load_policies().get("none", None).ref.id == "none"
    (shipped / "index.json").unlink()
    assert load_policies().get("none", None).ref.id == "none"


def test_an_entry_is_believed_for_the_very_bytes_only(shipped: Path) -> None:
    index = json.loads((shipped / "index.json").read_text(encoding="utf-8"))
    index["none.toml"][1]["policy"]["stance"] = "forbid"
    (shipped / "index.json").write_text(json.dumps(index), encoding="utf-8")
    assert load_policies().get("none", None).stance == "forbid"  # so it is the index that is read
    index["none.toml"][0] += 1
    (shipped / "index.json").write_text(json.dumps(index), encoding="utf-8")
    assert load_policies().get("none", None).stance == "silent"


def test_a_shipped_file_without_an_id_is_told(shipped: Path) -> None:
    (shipped / "odd.toml").write_text("schema = 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"odd\.toml: 1 fault"):
        load_policies()


def test_loading_all_profiles_reads_no_toml_and_no_examples() -> None:
    code = (
        "import sys; from patchwatch.policy.loader import load_policies; p = load_policies(); p.get('linux@7.3', None);"
        "there = {'tomllib', 'pydantic'} & set(sys.modules);"
        "sys.exit(bool(there) or any('example' in profile.data for profile in p.profiles))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
