# SPDX-License-Identifier: GPL-2.0-or-later
"""Text of queries to trees: what is read, and that every fault names its word."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwatch.store.query.parser import parse_query
from patchwatch.store.query.prefixes import PREFIXES
from patchwatch.store.query.tree import MAX_DEPTH, And, Node, Not, Or, QueryError, Term, terms
from patchwatch.store.query.values import BadValueError, Range, age_range, number_range, time_range

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def shape(node: Node) -> str:
    """Write a tree with all its parentheses."""
    match node:
        case Term():
            return str(node)
        case Not(part):
            return f"!{shape(part)}"
        case And(parts):
            return f"({' & '.join(map(shape, parts))})"
        case Or(parts):
            return f"({' | '.join(map(shape, parts))})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "()"),
        ("fix", "fix"),
        ("fix race", "(fix & race)"),
        ("fix AND race", "(fix & race)"),
        ("a b OR c d", "((a & b) | (c & d))"),
        ("a (b OR c)", "(a & (b | c))"),
        ("NOT f:anna", "!f:anna"),
        ("-f:anna", "!f:anna"),
        ("NOT NOT a", "a"),
        ("-(a OR b) c", "(!(a | b) & c)"),
        ("a AND NOT b", "(a & !b)"),
        ('s:"fix (race)"', 's:"fix (race)"'),
        ('"foo: bar"', '"foo: bar"'),
        ("hw/foo: fix", "(hw/foo: & fix)"),
        ("https://example.org/x", "https://example.org/x"),
        ("not or and", "(not & or & and)"),
        ("x-y - z", "(x-y & - & z)"),
        ("((((a))))", "a"),
        ("age:<7d size:>20", "(age:<7d & size:>20)"),
        ("rule:*-size", "rule:*-size"),
    ],
)
def test_queries_are_read_as_on_lore(text: str, expected: str) -> None:
    assert shape(parse_query(text)) == expected


@pytest.mark.parametrize(
    ("text", "at", "word", "part"),
    [
        ("a siz:20", 2, "siz:", "did you mean size:"),
        ("subject:x", 0, "subject:", "no prefix subject:"),
        ("S:x", 0, "S:", "did you mean s:"),
        ("kw:seen", 0, "kw:", "lei"),
        ("thread:x", 0, "thread:", "m: finds it"),
        ("a OR", 2, "OR", "needs a word after it"),
        ("OR a", 0, "OR", "needs a word before it"),
        ("a AND OR b", 6, "OR", "needs a word before it"),
        ("a NOT", 2, "NOT", "needs a word after it"),
        ("(a", 0, "(", "not closed"),
        ("a )", 2, ")", "too much"),
        ("a ()", 3, ")", "nothing between"),
        ('a "b', 2, '"b', "quote is not closed"),
        ('s:""', 0, 's:""', "has no value"),
        ('""', 0, '""', "nothing between the quotes"),
        ("s:", 0, "s:", "has no value"),
        ("a NEAR b", 2, "NEAR", "no operator"),
        ("(" * (MAX_DEPTH + 1) + "a", MAX_DEPTH, "(", "inside each other"),
        ("(" * 1000, MAX_DEPTH, "(", "inside each other"),
        ("a " * 51, 100, "a", "more than 50 terms"),
        ("a" * 2001, 2000, "a", "longer than 2000 characters"),
    ],
)
def test_a_fault_names_the_word_and_its_place(text: str, at: int, word: str, part: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert (caught.value.at, caught.value.word) == (at, word)
    assert part in str(caught.value)
    assert f"at character {at + 1}" in str(caught.value)


def test_ten_thousand_terms_are_refused_before_they_are_read() -> None:
    with pytest.raises(QueryError, match="2000 characters"):
        parse_query("a " * 10_000)


WORDS = st.sampled_from(
    [
        *(f"{name}:" for name in PREFIXES),
        "AND",
        "OR",
        "NOT",
        "(",
        ")",
        '"',
        "-",
        "*",
        " ",
        "a",
        "..",
        "<",
        "'",
        ";",
        "\0",
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS, max_size=40).map("".join), st.lists(WORDS, max_size=40).map(" ".join)))
def test_any_text_gives_a_query_or_a_named_fault(text: str) -> None:
    try:
        tree = parse_query(text)
    except QueryError as error:
        assert 0 <= error.at <= len(text)  # noqa: PT017 - either may come
        return
    assert all(term.prefix in PREFIXES or not term.prefix for term in terms(tree))
    assert all(term.value in text for term in terms(tree))


@given(st.lists(st.sampled_from(["a", "b", "OR", "NOT", "(", ")"]), max_size=12))
def test_not_binds_closest_then_and_then_or(words: list[str]) -> None:
    """Python reads the same words the same way, once blanks are written as `and`."""
    text = " ".join(words)
    try:
        tree = parse_query(text)
    except QueryError:
        return
    python: list[str] = []
    for word in words:
        if python and python[-1] in ("A", "B", ")") and word in ("a", "b", "NOT", "("):
            python.append("and")
        python.append({"OR": "or", "NOT": "not"}.get(word, word.upper()))
    for a in (False, True):
        for b in (False, True):
            wanted = eval(" ".join(python), {"A": a, "B": b}) if python else True  # noqa: S307 - of six known words
            assert holds(tree, {"a": a, "b": b}) is wanted


def holds(node: Node, values: dict[str, bool]) -> bool:
    match node:
        case Term():
            return values[node.value]
        case Not(part):
            return not holds(part, values)
        case And(parts):
            return all(holds(part, values) for part in parts)
        case Or(parts):
            return any(holds(part, values) for part in parts)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("20", 20, 20), ("21..", 21, None), ("..20", None, 20), ("10..20", 10, 20), (">20", 21, None), ("<20", None, 19),
     (">=20", 20, None), ("<=20", None, 20)],
)  # fmt: skip
def test_ranges_of_numbers_hold_their_ends(text: str, low: int | None, high: int | None) -> None:
    assert number_range(text) == Range(low, high)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("..7d", None, 7 * 86_400), ("<7d", None, 7 * 86_400), ("3d..", 3 * 86_400, None), (">3d", 3 * 86_400, None),
     ("7d", 7 * 86_400, 8 * 86_400 - 1), ("1h..1w", 3_600, 7 * 86_400), ("1y..", 365 * 86_400, None)],
)  # fmt: skip
def test_ages_are_seconds(text: str, low: int | None, high: int | None) -> None:
    assert age_range(text) == Range(low, high)


def day(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}T00:00:00+00:00").timestamp())


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("20260101", day("2026-01-01"), day("2026-01-02") - 1),
        ("2026-01-01", day("2026-01-01"), day("2026-01-02") - 1),
        ("20260101..20260201", day("2026-01-01"), day("2026-02-02") - 1),
        ("..20260101", None, day("2026-01-02") - 1),
        ("..1.day.ago", None, int(NOW.timestamp()) - 86_400),
        ("20260101000001..", day("2026-01-01") + 1, None),
        ("2.weeks.ago..", int(NOW.timestamp()) - 14 * 86_400, None),
        ("yesterday", day("2026-11-19"), day("2026-11-20") - 1),
        ("last.month..", int(NOW.replace(month=10).timestamp()), None),
        ("9.months.ago..", int(NOW.replace(month=2).timestamp()), None),
    ],
)
def test_days_and_words_are_seconds_of_utc(text: str, low: int | None, high: int | None) -> None:
    assert time_range(text, NOW) == Range(low, high)


def test_a_month_ago_ends_with_the_month() -> None:
    assert time_range("1.month.ago..", datetime(2026, 3, 31, tzinfo=UTC)).low == day("2026-02-28")


def test_seconds_are_times_where_they_may_be() -> None:
    assert time_range("1700000000..", NOW, seconds=True) == Range(1_700_000_000, None)
    with pytest.raises(BadValueError):
        time_range("1700000000..", NOW)


@pytest.mark.parametrize("read", [number_range, age_range, lambda text: time_range(text, NOW, seconds=True)])
@given(
    text=st.one_of(st.text(max_size=20), st.from_regex(r"[<>=]{0,2}[0-9.]{0,16}[hdwmy.]{0,4}(ago)?", fullmatch=True))
)
def test_any_value_is_a_range_or_a_named_fault(read, text: str) -> None:  # type: ignore[no-untyped-def]  # three kinds
    try:
        found = read(text)
    except BadValueError as error:
        assert str(error)  # noqa: PT017 - either may come
        return
    assert found.low is None or found.high is None or found.low <= found.high


@pytest.mark.parametrize(
    "text", ["20261301", "20260230", "99999999", "0.parsecs.ago", "999999.years.ago", "..", "5..1"]
)
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(BadValueError):
        time_range(text, NOW)
