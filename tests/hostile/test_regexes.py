# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every regular expression of the package meets its worst input, twice: at 2n it takes about twice as long as at n.

They are found in the source, so that a new one fails here until somebody has thought about what hurts it.
"""

import ast
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import patchwatch
from patchwatch.adapters import imap
from patchwatch.cli import config_shown
from patchwatch.parse import (
    addresses,
    changed_tests,
    code_lines,
    dates,
    diff,
    diff_names,
    edits,
    headers,
    hunks,
    prose,
    words,
)
from patchwatch.reports import rule_page
from patchwatch.store import sql_console

_ROOT = Path(patchwatch.__file__).parent
_SIZE = 50_000
_NOISE = 0.03
_C = code_lines.language_of("x.c")
assert _C is not None

Run = Callable[[str], object]


def _find(pattern: re.Pattern[str]) -> Run:
    """Look for all matches, as the code does."""
    return lambda text: sum(1 for _ in pattern.finditer(text))


def _find_bytes(pattern: re.Pattern[bytes]) -> Run:
    """Look for all matches in what a server says."""
    return lambda text: [sum(1 for _ in pattern.finditer(text.encode())), pattern.fullmatch(text.encode())]


# They read words of a query, which is cut at 2,000 characters before, or of our own command line: inside of functions
# that need a database or an archive, so that they cannot be run here.
CAPPED = ("store.query.", "cli.init.")

# Where the expression stands, how it is used, and what makes it try most.
WORST: dict[str, tuple[Run, tuple[str, ...]]] = {
    "adapters.imap._APPENDED": (_find_bytes(imap._APPENDED), ("[APPENDUID 1", "[APPENDUID 1 1", "1")),
    "adapters.imap._FLAGS": (_find_bytes(imap._FLAGS), ("FLAGS (", "FLAGS (a", "a ")),
    "adapters.imap._LISTED": (_find_bytes(imap._LISTED), ("(", "()", '() "/" ', "a", '"')),
    "adapters.imap._SIZE": (_find_bytes(imap._SIZE), ("RFC822.SIZE 1", "RFC822.SIZE ", "1")),
    "adapters.imap._UID": (_find_bytes(imap._UID), ("UID 1", "UID ", "1")),
    "cli.config_shown._KEY": (config_shown._KEY.match, ("a", " ", "a ", " a=")),
    "cli.config_shown._TABLE": (config_shown._TABLE.match, ("[", "[a", " ", "[a]")),
    "reports.rule_page._SPECIAL": (_find(rule_page._SPECIAL), ("_", "*", "\\", "a_")),
    "store.sql_console._PIECES": (
        _find(sql_console._PIECES),
        ("/* ", "/*", "' ", '"', "$a$ ", "$a ", "$", "--", ":a", "'\""),
    ),
    "parse.words._STAT": (
        lambda text: [words._STAT.match(text), _find(words._STAT)(text)],
        (" a", " a|", " a| ", " a| 1", " a| 1 +", " a|  "),
    ),
    "parse.words._WORD": (_find(words._WORD), ("a", "a ", " ", "_")),
    "parse.addresses._SPECIAL": (_find(addresses._SPECIAL), ("(", "a", ":;", "\\")),
    "parse.addresses._ID": (_find(addresses._ID), ("<", "<a", "a", "<>", "<" + "a" * 1300)),
    "parse.changed_tests._token": (
        lambda text: [changed_tests._skeleton("+" + text[at : at + 300]) for at in range(0, len(text), 300)],
        ('"', '"\\"', "'", "a ", "\\", '"a'),
    ),
    "parse.addresses._quoted_name": (
        lambda text: [_find(addresses._quoted_name())(text), addresses.bare_addresses('"' + text)],
        ('"', '"a', '"" ', '"a" <', "\\", " "),
    ),
    "parse.code_lines._no_code": (
        lambda text: [_find(code_lines._no_code(_C, starred))(text) for starred in (True, False)],
        ("\n+", "\n+ \t", "\n+/*", "\n+/* a */", "\n+/*" + "*" * 99, "*/ ", "\n+//"),
    ),
    "parse.code_lines._pattern": (
        _find(code_lines._pattern(_C, "+", True)),
        ("\n+", "\n+ \t ", " ", "\n+//", "\n+ * "),
    ),
    "parse.code_lines._starless": (
        lambda text: code_lines._is_starred(text, 1, 1),
        ("/*", "/* */\n", "/*" + "*" * 99, "\n+/*\n+ ", "a"),
    ),
    "parse.code_lines._starred_pattern": (
        _find(code_lines._starred_pattern(_C)),
        ("\n+", "\n+ \t", "\n+/*", "\n+/* a */", "\n+/*" + "*" * 99, "*/ "),
    ),
    "parse.dates._USUAL": (
        lambda text: [dates.parse_date(text), dates._USUAL.match(text)],
        (" ", "Sun, ", "1 ", "Sun, 01 Nov 2026 10:00:00 +0100"),
    ),
    "parse.diff._mark_heads": (_find(diff._mark_heads()), ("-", "a", "d@B")),
    "parse.diff_names._date_pattern": (
        lambda text: diff_names.header_name(text + "1", dated=True),
        (" 2020-01-31", "1", " ", " 2020-01-31 10:00:00.1"),
    ),
    "parse.edits._word": (_find(edits._word()), ("a", "a ", "!", "_1")),
    "parse.headers._WORD": (
        lambda text: [_find(headers._WORD)(text), headers.decode_words(text)],
        ("=?", "=?a?q?", "=?utf-8?b?A", "=", "?", "=?utf-8?q?" + "a" * 4100),
    ),
    "parse.headers._field_start": (
        lambda text: headers._field_start().split(text.encode()),
        ("\n", "\n ", "a\n", " \t"),
    ),
    "parse.headers._sound_block": (
        lambda text: [headers.split_headers(text.encode()), headers._sound_block().match(text.encode())],
        ("a:\n", "a: b\n c\n", "a", "\n", "a:\n \n", ":"),
    ),
    "parse.headers._wanted_field": (
        _find(headers._wanted_field()),
        ("\nTo: a", "\n", "\n ", "\nreferences", "\nFrom: a\n b", "a"),
    ),
    "parse.headers._received_field": (_find(headers._received_field()), ("\nReceived: a", "\nreceive", "\n ", "a")),
    "parse.headers._unquote": (lambda text: headers._unquote(f'"{text}"'), ("\\", '\\"', "a", "\\a")),
    "parse.headers._split_quoted": (
        lambda text: list(headers._split_quoted('"' + text, ";")),
        ('"', "\\", ";", '\\"', "a", '";'),
    ),
    "parse.hunks._range_pattern": (
        lambda text: [hunks.read_range("@@ -" + text), hunks.read_range("@@ -1,1 +" + text)],
        ("1", "1,", " ", "1,1 +1 "),
    ),
    "parse.prose._ai_word": (_find(prose._ai_word()), ("AI", "A", " AI", "AI_")),
    "parse.prose._tool_name": (_find(prose._tool_name()), ("claud", "x", "llm", "m", "k", "antigravi", "a")),
    "parse.prose._sentences": (lambda text: list(prose._sentences(text)), (".", ". ", "a", "?! ")),
}


def expressions() -> Iterator[str]:
    """Name each use of `re` in the package by module and scope."""
    for path in sorted(_ROOT.rglob("*.py")):
        module = ".".join(path.relative_to(_ROOT).with_suffix("").parts)
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            scopes = statement.body if isinstance(statement, ast.ClassDef) else [statement]
            for scope in scopes:
                if any(_is_expression(node) for node in ast.walk(scope)):
                    yield f"{module}.{_name(scope)}"


def _is_expression(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "re"  # `from re import ...` would hide uses from this test
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr != "escape"
    )


def _name(scope: ast.stmt) -> str:
    if isinstance(scope, ast.FunctionDef):
        return scope.name
    return ast.unparse(scope.targets[0]) if isinstance(scope, ast.Assign) else f"line {scope.lineno}"


def test_each_expression_has_its_worst_input() -> None:
    assert sorted(name for name in expressions() if not name.startswith(CAPPED)) == sorted(WORST)


@pytest.mark.parametrize("name", WORST)
def test_an_expression_takes_linear_time(name: str) -> None:
    run, units = WORST[name]
    for unit in units:
        small = large = float("inf")
        once, twice = (unit * (size // len(unit)) for size in (_SIZE, 2 * _SIZE))
        for _ in range(4):
            large = min(large, _cpu(run, twice))
            if large < _NOISE:
                break
            small = min(small, _cpu(run, once))
            if large < 3 * small:
                break
        else:
            pytest.fail(f"{unit[:20]!r}: {small:.3f} s, twice as much: {large:.3f} s")


def _cpu(run: Run, text: str) -> float:
    started = time.process_time()
    run(text)
    return time.process_time() - started
