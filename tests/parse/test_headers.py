# SPDX-License-Identifier: GPL-2.0-or-later
"""Header blocks, encoded words, parameters and addresses, against the standard library where it is right."""

import email
import email.policy
from email.header import decode_header as stdlib_decode
from email.header import make_header
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwatch.model.mail import Person
from patchwatch.parse.addresses import bare_addresses, message_ids, parse_people, parse_person, split_addresses
from patchwatch.parse.headers import MAX_FIELDS, MAX_HEADER, _split_odd, decode_header, parameters, split_headers

HOSTILE = st.sampled_from(
    [
        "=?utf-8?q?",
        "=?x?b?!!?=",
        "?=",
        "=?utf-8?B?w6Q=?=",
        "; x*",
        "name*0*=",
        ":;",
        "<",
        ">",
        '"',
        "(",
        "\\",
        ",",
        "\0",
        "\r",
        "\n",
        "\n ",
        "é",
        "@",
    ]
)
HOSTILE_TEXT = st.lists(HOSTILE | st.text(max_size=8), max_size=30).map("".join)


def test_folded_fields_are_joined_and_the_body_offset_is_right() -> None:
    data = b"Subject: a\r\n b\r\nTo: x@y\n\tz\n\nbody"
    headers = split_headers(data)
    assert headers.text("subject") == "a b"
    assert headers.plain("to") == "x@y\tz"
    assert data[headers.end :] == b"body"


def test_crlf_header_block_ends_at_the_first_empty_line() -> None:
    data = b"Subject: a\r\n\r\nbody\n\nmore"
    assert data[split_headers(data).end :] == b"body\n\nmore"


def test_first_of_two_values_wins_and_names_compare_without_case() -> None:
    headers = split_headers(b"TO: one\nto: two\n\n")
    assert headers.plain("to") == "one"
    assert headers.all("to") == ["one", "two"]
    assert headers.all("cc") == []


@pytest.mark.parametrize(
    "block",
    [
        b"Subject: s\nTo: a\n b\nMessage-ID: <1>\n",
        b"SUBJECT:s\nto:\ta\n\tb\t\nmessage-id:<1>\n",
        b"X-Other: y\n\nMessage-Id: no\n",
        b"Subject: =?utf-8?q?=C3=A9?= \xc3\xa9 \xff\nTo: \x85a\x1c\n",
        b"Received: one;\n two\nReceived: three\nTo: a\0b\n",
        b":\nSubject: s\n",
        b"Subject : s\nTo: t\n",
        b"nonsense\nTo: t\n",
        b"From x Mon\nTo: t\n",
        b" begins with a blank\nTo: t\n",
        b"To: t\r\nSubject: s\r\n u\r\n",
        b"",
    ],
)
def test_a_block_in_order_is_read_as_one_that_needs_care(block: bytes) -> None:
    for end in (b"\nbody", b"\r\nbody", b"\n", b""):
        data = block + end
        quick, slow = split_headers(data), _split_odd(data, 0, len(data))
        assert (quick.end, quick.problems) == (slow.end, slow.problems)
        for name in ("subject", "to", "message-id", "received", "from"):
            assert (quick.raw(name), quick.plain(name)) == (slow.raw(name), slow.plain(name))


_PIECES = [
    "To",
    "subject",
    "From",
    "Content-Type",
    "X-A",
    ":",
    ": ",
    "\n",
    "\n ",
    "\r\n",
    "\t",
    "a",
    "é",
    "\udcff",
    "\0",
    " ",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))
def test_any_block_is_read_the_same_in_both_ways(text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    quick, slow = split_headers(data), _split_odd(data, 0, len(data))
    assert (quick.end, quick.problems) == (slow.end, slow.problems)
    for name in ("subject", "to", "from", "content-type"):
        assert quick.raw(name) == slow.raw(name)
        assert quick.all(name) == slow.all(name)


def test_a_line_that_is_no_field_is_skipped_and_noted() -> None:
    headers = split_headers(b"From x@y Mon\nSubject : s\nnonsense without colon\nDate: d\n\n")
    assert (headers.plain("subject"), headers.plain("date")) == ("s", "d")
    assert len(headers.problems) == 1


def test_caps_cut_and_say_so() -> None:
    long = split_headers(b"X: " + b"a" * (MAX_HEADER + 10) + b"\nTo: x\n\nbody")
    many = split_headers(b"X: 1\n" * (MAX_FIELDS + 1) + b"\n")
    assert long.problems
    assert many.problems


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"=?utf-8?q?Jos=C3=A9?= =?utf-8?B?IMOk?= x", "José ä x"),
        (b"=?utf-8?b?w6Q=?=\t=?utf-8?b?w7Y=?=", "äö"),
        (b"=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),  # one character split over two words
        (b"=?x-unknown?q?abc?= y", "=?x-unknown?q?abc?= y"),
        (b"=?utf-8?b?!!?= y", "=?utf-8?b?!!?= y"),
        (b"=?utf-8?q?a=0Ab?=", "a b"),
        (b"caf\xe9", "café"),
        ("größe".encode(), "größe"),
        (b"plain   text", "plain text"),
    ],
)
def test_encoded_words_are_read_leniently(raw: bytes, expected: str) -> None:
    assert decode_header(raw) == expected


@given(st.text(alphabet="abcäöü€ 漢字", min_size=1, max_size=40).filter(str.strip))
def test_words_written_by_the_standard_library_are_read_back(text: str) -> None:
    from email.header import Header

    encoded = Header(text, "utf-8", maxlinelen=40).encode().replace("\n", "")
    assert decode_header(encoded.encode()).split() == str(make_header(stdlib_decode(encoded))).split()


@given(HOSTILE_TEXT)
def test_no_header_text_raises(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    assert isinstance(decode_header(data), str)
    assert "\n" not in decode_header(data)
    parameters(text)
    parse_people(text)
    message_ids(text)
    split_headers(data)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('text/plain; charset="utf-8"; format=flowed', ("text/plain", {"charset": "utf-8", "format": "flowed"})),
        ("Text/Plain", ("text/plain", {})),
        ("a/b; name*0*=utf-8''%41; name*1=\"b;c\"", ("a/b", {"name": "Ab;c"})),
        ('a/b; x="a\\"b"', ("a/b", {"x": 'a"b'})),
        ("a/b; name*99999999999=x", ("a/b", {"name": "x"})),
    ],
)
def test_parameters(value: str, expected: tuple[str, dict[str, str]]) -> None:
    assert parameters(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"Doe, Jo" <jo@example.org>', Person("Doe, Jo", "jo@example.org")),
        ("jo@example.org (Jo Doe)", Person("Jo Doe", "jo@example.org")),
        ("=?utf-8?q?J=C3=B6?= <jo@example.org>", Person("Jö", "jo@example.org")),
        ("jo@example.org", Person("", "jo@example.org")),
        ("Jo < jo@example.org >", Person("Jo", "jo@example.org")),
        ("", Person("", "")),
    ],
)
def test_one_mailbox(value: str, expected: Person) -> None:
    assert parse_person(value) == expected


def test_lists_split_at_commas_outside_quotes_comments_and_groups() -> None:
    value = '"A, B" <a@x>, c@x (C, D), friends: d@x, e@x;, undisclosed-recipients:;'
    assert [person.email for person in parse_people(value)] == ["a@x", "c@x", "d@x", "e@x"]
    assert bare_addresses("A <A@X.org>, b@x") == ("a@x.org", "b@x")


@pytest.mark.parametrize(
    "value",
    [
        '"Doe, Jo" <jo@x>, b@x',
        '"Doe, \\"Jo\\"" <jo@x>, b@x',
        '"a@b" <c@d>, "x" e@f, <"g h"@i>',
        'A "B" C <a@b>, "<x@y>" <z@w>,, ,c@d',
        '"unclosed <a@b>, c@d',
        'list: a@b, "C" <c@d>;, e@f',
        '"A (b)" <a@b>, c@d (e, f)',
        '"A" <a@b, c@d>, "E" <<e@f>',
    ],
)
def test_quoted_names_are_dropped_and_nothing_else_changes(value: str) -> None:
    by_parts = [
        "".join((p.rpartition("<")[2].partition(">")[0] if "<" in p else p.partition("(")[0]).split()).lower()
        for p in split_addresses(value)
    ]
    assert bare_addresses(value) == tuple(address for address in by_parts if "@" in address)


@given(
    st.lists(
        st.tuples(st.sampled_from(["Jo", "Doe, Jo", "J. (x)", ""]), st.sampled_from(["a@x.org", "b@y.org"])), max_size=6
    )
)
def test_addresses_agree_with_the_standard_library(people: list[tuple[str, str]]) -> None:
    from email.utils import formataddr

    value = ", ".join(formataddr(person) for person in people)
    assert [person.email for person in parse_people(value)] == [address for _, address in getaddresses([value])]


def test_deep_comments_cost_nothing_and_raise_nothing() -> None:
    assert split_addresses("(" * 100_000 + "a@x") == ["(" * 100_000 + "a@x"]


def test_message_ids_are_bare_and_whole() -> None:
    assert message_ids("<a@b> junk <c d@e>\t<f\0@g> <> x@y") == ["a@b", "cd@e", "f@g"]


def test_headers_equal_compat32_on_an_ordinary_mail() -> None:
    data = (
        b"Received: from a\n by b; Mon, 2 Mar 2026 10:00:00 +0000\nFrom: =?utf-8?q?J=C3=B6?= <j@example.org>\n"
        b"Subject: =?utf-8?q?=5BPATCH=5D?= x\n y\nCc: a@b,\n c@d\n\nbody\n"
    )
    peer = email.message_from_bytes(data, policy=email.policy.compat32)
    headers = split_headers(data)
    for name in ("received", "cc"):
        assert headers.plain(name).split() == str(peer[name]).split()
    assert headers.text("subject") == " ".join(str(make_header(stdlib_decode(peer["subject"]))).split())
