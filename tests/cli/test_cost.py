# SPDX-License-Identifier: GPL-2.0-or-later
"""What there is to read, in `check` and `show`."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from builders_archive import write_archive
from builders_cli import added, run
from builders_mail import mail_bytes
from patchwatch.model.cost import Moves, ReviewCost
from patchwatch.model.diff import Role
from patchwatch.reports.cost import cost_lines, cost_value


def cost(**more: object) -> ReviewCost:
    given = {
        "patches": 2,
        "files": 5,
        "areas": ("a", "b", "c", "d"),
        "changed": tuple((role, 40) for role in Role),
        "left": tuple((role, 30) for role in Role),
        "log_lines": 9,
        "cover_lines": 1,
        "new_files": 1,
        "moves": Moves(blank=10, moved=20, repeated=10),
    }
    return ReviewCost(**{**given, **more})  # type: ignore[arg-type]  # keywords of a test


def said(one: ReviewCost) -> str:
    return " ".join(" ".join(cost_lines(one)).split())


def twelve_renames(number: int = 1) -> bytes:
    """Return a mail that renames a function in twelve files."""
    files = [
        f"diff --git a/hw/{at}.c b/hw/{at}.c\nindex 1111111..2222222 100644\n--- a/hw/{at}.c\n+++ b/hw/{at}.c\n"
        f"@@ -1,2 +1,2 @@\n int before;\n-old_name(dev{at});\n+new_name(dev{at});\n"
        for at in range(12)
    ]
    body = f"Why.\n\nSigned-off-by: Jo Doe <jo@example.org>\n---\n\n{''.join(files)}-- \n2.39\n"
    return mail_bytes(f"[PATCH] hw: rename it {number}", body, mid=f"{number}@example.org")


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    (tmp_path / "one.eml").write_bytes(twelve_renames())
    return tmp_path / "one.eml"


def checked(*mails: Path) -> list[dict[str, Any]]:  # JSON objects
    found: list[dict[str, Any]] = json.loads(run("check", "--policy", "none", "--format", "json", *mails).out)["series"]
    return found


def test_check_tells_how_much_there_is_to_read(mail: Path) -> None:
    text = run("check", "--policy", "none", mail).out
    assert "to read: about 24 lines in 12 files of hw, 24 of them moved or repeated; commit logs 2 lines" in text


def test_check_gives_the_numbers_as_json(mail: Path) -> None:
    (series,) = checked(mail)
    numbers = series["cost"]
    assert (numbers["lines"], numbers["to_read"], numbers["repeated"], numbers["unmeasured"]) == (24, 0, 24, 0)
    assert numbers["by_role"]["code"] == {"lines": 24, "to_read": 0}


def test_check_does_not_keep_the_text_of_an_archive(tmp_path: Path) -> None:
    mails = [tmp_path / f"{number}.eml" for number in range(201)]
    for number, path in enumerate(mails):
        path.write_bytes(twelve_renames(number))
    assert {(one["cost"]["to_read"], one["cost"]["repeated"]) for one in checked(*mails[:200])} == {(0, 24)}
    assert {(one["cost"]["to_read"], one["cost"]["repeated"]) for one in checked(*mails)} == {(24, None)}


def test_show_reads_the_text_again_and_says_when_it_is_gone(tmp_path: Path) -> None:
    archive = tmp_path / "foo"
    write_archive(archive, {0: added(twelve_renames())})
    db = ("--db", tmp_path / "p.db")
    assert run(*db, "ingest", archive).code == 0
    assert "24 of them moved or repeated" in run(*db, "show", "1@example.org").out
    shutil.rmtree(archive)
    text = run(*db, "show", "1@example.org").out
    assert "about 24 lines in 12 files" in text
    assert "moved lines and new files not looked for" in " ".join(text.split())
    numbers = json.loads(run(*db, "show", "1@example.org", "--json").out)["series"]["cost"]
    assert (numbers["repeated"], numbers["unmeasured"], numbers["to_read"]) == (None, 1, 24)


def test_generated_lines_are_not_to_be_read() -> None:
    assert (cost().lines, cost().to_read) == (160, 120)


def test_the_sentence_names_three_areas_and_all_numbers() -> None:
    assert said(cost()) == (
        "to read: about 160 lines in 5 files (1 new) of a, b, c and 1 more, 40 of them moved or repeated;"
        " cover letter 1 line, commit logs 9 lines"
    )


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"moves": None, "new_files": None, "unmeasured": 2}, "; moved lines and new files not looked for"),
        ({"unmeasured": 1}, "not looked for in 1 of 2 patches"),
        ({"areas": (".", "\x1b[31mx"), "cover_lines": None}, "of ./, "),
    ],
)
def test_what_is_not_known_is_said(more: dict[str, object], part: str) -> None:
    assert part in said(cost(**more))
    assert "\x1b" not in said(cost(**more))


def test_nothing_to_read_says_nothing() -> None:
    assert list(cost_lines(cost(files=0))) == []


def test_values_are_plain_and_valid() -> None:
    value = cost_value(cost(areas=("\udc80",) * 200))
    assert json.dumps(value, ensure_ascii=False).encode()
    assert isinstance(value, dict)
    assert value["area_count"] == 200
    assert len(value["areas"]) == 100  # type: ignore[arg-type]  # a list here
