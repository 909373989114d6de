# SPDX-License-Identifier: GPL-2.0-or-later
"""What the documentation says is there, and what is there is said."""

import io
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docutils.core
import docutils.nodes
import pytest
import typer
import typer.main

from patchwatch.cli.app import app
from patchwatch.policy.loader import load_policies
from patchwatch.policy.schema import json_schema
from patchwatch.store.views import VIEWS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.rst", ROOT / "CHANGELOG.rst", *sorted(DOCS.glob("*.rst"))]
DEMO = ROOT / "fixtures" / "demo"
BEGIN, END = ".. begin transcript\n", ".. end transcript\n"

VIEWS_INTRODUCTION = """\
.. SPDX-License-Identifier: GPL-2.0-or-later

SQL views
=========

For reading with SQL: the tables under them may change, these do not. They are the same on SQLite and PostgreSQL.
Columns that end in ``_at`` are seconds since 1970 in UTC. ``patchwatch query "select ..."`` asks them without a chance
to harm the database, see ``cli.rst``; so does ``sqlite3 -readonly FILE``.

Other tools read them too; none is needed, and no test runs these lines. A copy is best for what serves pages::

    patchwatch db backup copy.db
    datasette serve copy.db
    sqlite-utils query copy.db "select series_id, subject from v_series where latest" --csv
"""

# The commands as they are, on the day after the newest mail of the demo: ages and dates then never change.
AT_A_FIXED_TIME = """\
import sys
from datetime import UTC, datetime
import patchwatch.cli, patchwatch.cli.listing, patchwatch.cli.draft
class Fixed(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime(2026, 10, 28, 9, 30, tzinfo=UTC)
patchwatch.cli.listing.datetime = patchwatch.cli.draft.datetime = Fixed
patchwatch.cli.main()
"""
TRANSCRIBED = f"""\
import sys, patchwatch.demo as demo
demo._command = lambda arguments: [sys.executable, "-c", {AT_A_FIXED_TIME!r}, *arguments]
sys.exit(demo.main(["fixtures/demo"]))
"""


def names_in(text: str) -> set[str]:
    """Return what stands between double backquotes, word by word."""
    return {word.strip(",.") for quoted in re.findall(r"``([^`]+)``", text) for word in quoted.split()}


def section(text: str, heading: str) -> str:
    """Return the part of a page below *heading*, up to the next heading of any level."""
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, f"no section {heading!r}"
    body = rest.split("\n", 1)[1]
    return re.split(r"\n[^\n]+\n[-=]{4,}\n", body)[0]


# Any: which classes of click these are differs between versions of Typer.
def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield all commands that are no groups, with their names; the program itself as ()."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


COMMANDS = [
    (path, command)
    for path, command in commands(typer.main.get_command(app))
    if not path or not hasattr(command, "commands")
]


@pytest.mark.parametrize(
    ("path", "command"), COMMANDS, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_and_option_is_documented(path: tuple[str, ...], command: Any) -> None:
    page = (DOCS / "cli.rst").read_text(encoding="utf-8")
    usage = " ".join(
        f"{param.human_readable_name if param.metavar is None else param.metavar}{'' if param.nargs == 1 else '...'}"
        for param in command.params
        if param.param_type_name == "argument"
    ).replace("......", "...")
    heading = (
        f"``{' '.join(['patchwatch', *path, *([usage] if usage else [])])}``" if path else "Options before the command"
    )
    text = section(page, heading)
    context = typer.Context(command, help_option_names=["-h", "--help"])
    options = {name for param in command.get_params(context) for name in (*param.opts, *param.secondary_opts)}
    wanted = {name for name in options if name.startswith("-")} - ({"-h", "--help"} if path else set())
    assert wanted <= names_in(text)
    told = {name for line in text.splitlines() if line.startswith("``") for name in names_in(line) if name[0] == "-"}
    assert told <= wanted, "an option that does not exist"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_renders_without_warnings(page: Path) -> None:
    told = io.StringIO()
    settings = {"report_level": 2, "warning_stream": told, "file_insertion_enabled": False}
    docutils.core.publish_doctree(page.read_text(encoding="utf-8"), source_path=page.name, settings_overrides=settings)
    assert not told.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    tree = docutils.core.publish_doctree(page.read_text(encoding="utf-8"))
    links = [node["refuri"] for node in tree.findall(docutils.nodes.reference) if "refuri" in node]
    local = [link for link in links if "://" not in link and not link.startswith(("mailto:", "#"))]
    named = [node.astext() for node in tree.findall(docutils.nodes.literal)]
    places = re.compile(r"(docs|tests|fixtures|alembic|patchwatch)/[\w./-]*|[A-Za-z_]+\.(rst|toml|md)|COPYING")
    local += [name for name in named if places.fullmatch(name)]
    for name in local:
        assert any((base / name.rstrip("/")).exists() for base in (page.parent, ROOT, DOCS)), name


def test_the_transcript_in_the_readme_is_what_the_program_prints(pytestconfig: pytest.Config) -> None:
    """`pytest --update-golden` writes it anew."""
    readme = ROOT / "README.rst"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    shown, _, after = rest.partition(END)
    environment = {**os.environ, "COLUMNS": "100", "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", TRANSCRIBED]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    indented = "".join(f"    {line}".rstrip() + "\n" for line in done.stdout.splitlines())
    wanted = f"\n.. code:: console\n\n{indented}\n"
    if pytestconfig.getoption("--update-golden"):
        readme.write_text(f"{before}{BEGIN}{wanted}{END}{after}", encoding="utf-8")
    else:
        assert shown == wanted


def test_the_views_are_documented_column_by_column(pytestconfig: pytest.Config) -> None:
    """The page is written from the views; `pytest --update-golden` writes it anew."""
    parts = [VIEWS_INTRODUCTION]
    for view in VIEWS:
        rows = "".join(f"``{name}``\n    {meaning}\n" for name, meaning in view.columns.items())
        parts.append(f"{view.name}\n{'-' * len(view.name)}\n\n{view.comment[0].upper()}{view.comment[1:]}.\n\n{rows}")
    wanted = "\n".join(parts)
    page = DOCS / "views.rst"
    if pytestconfig.getoption("--update-golden"):
        page.write_text(wanted, encoding="utf-8")
    else:
        assert page.read_text(encoding="utf-8") == wanted


def keys_of(value: object) -> Iterator[str]:
    """Yield all keys at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_every_key_of_the_json_is_documented(tmp_path: Path) -> None:
    def run(*arguments: str) -> bytes:
        command = [sys.executable, "-m", "patchwatch", "--db", str(tmp_path / "x.db"), *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    run("ingest", "--policy", "linux", str(DEMO))
    documents = [
        json.loads(run("check", "--policy", "linux", "--format", "json", str(DEMO))),
        json.loads(run("show", "--json", "20261019071245")),
        json.loads(run("list", "--json")),
    ]
    keys = {key for document in documents for key in keys_of(document)}
    assert {"quote", "since_revision", "agents", "detail"} <= keys  # the demo has all there is
    assert keys <= names_in((DOCS / "json.rst").read_text(encoding="utf-8"))


def words_of_the_schema(schema: object) -> Iterator[str]:
    """Yield the keys and the words that a policy file may hold."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for inner in schema.values():
            yield from words_of_the_schema(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from words_of_the_schema(inner)


def test_every_key_of_a_policy_file_is_documented() -> None:
    assert set(words_of_the_schema(json_schema())) <= names_in((DOCS / "policies.rst").read_text(encoding="utf-8"))


def test_the_policy_in_the_documentation_is_a_good_one(tmp_path: Path) -> None:
    text = (DOCS / "policies.rst").read_text(encoding="utf-8")
    block = re.split(r"\n(?=\S)", text.partition(".. code:: toml\n\n")[2])[0]
    path = tmp_path / "frob.toml"
    path.write_text("\n".join(line.removeprefix("    ") for line in block.splitlines()), encoding="utf-8")
    assert load_policies([path]).get("frob@2026-10", None).ref.source == "https://frob.example.org/contributing.html"


def blocks_of(page: Path) -> Iterator[str]:
    """Yield the literal blocks of a page."""
    tree = docutils.core.publish_doctree(page.read_text(encoding="utf-8"))
    for node in tree.findall(docutils.nodes.literal_block):
        yield node.astext()


@pytest.mark.parametrize("page", ["README.rst", "docs/cli.rst"])
def test_configurations_in_the_documentation_are_good_ones(page: str, tmp_path: Path) -> None:
    shown = [block for block in blocks_of(ROOT / page) if block.lstrip().startswith(("[list.", "db = "))]
    assert shown
    for block in shown:
        tomllib.loads(block)
        (tmp_path / "config.toml").write_text(block.replace("policies = [", "# "), encoding="utf-8")
        command = [sys.executable, "-m", "patchwatch", "--config", str(tmp_path / "config.toml"), "check", str(DEMO)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert "policy: linux@7.3" in done.stdout


def test_the_sql_in_the_readme_runs(tmp_path: Path) -> None:
    import sqlite3

    database = tmp_path / "x.db"
    command = [sys.executable, "-m", "patchwatch", "--db", str(database), "ingest", "--policy", "linux", str(DEMO)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    text = "\n".join(block for block in blocks_of(ROOT / "README.rst") if "SELECT" in block)
    queries = re.findall(r"SELECT[^;]+;", text)
    assert len(queries) == 3
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        assert all(connection.execute(query).fetchall() for query in queries)
    finally:
        connection.close()
