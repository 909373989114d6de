# SPDX-License-Identifier: GPL-2.0-or-later
"""The connection to a web server: polite, capped, and told apart in one line each."""

import gzip
import itertools
import zlib
from collections.abc import Iterator
from contextlib import suppress
from threading import Event

import pytest

from builders_web import Page, Served, Writer, bomb, served, zipped
from patchwatch import __version__
from patchwatch.errors import InputError, ServerError
from patchwatch.sources.web import WAIT_CAP, AskedToWait, Web, inflate, message_path, user_agent, wait_seconds

MEBIBYTE = 1 << 20


@pytest.fixture
def server() -> Iterator[Served]:
    with served({}) as running:
        yield running


def get(server: Served, page: Page, *, cap: int = MEBIBYTE, gzip: bool = False, deadline: float = 60) -> bytes | None:
    """Serve one page and ask for it."""
    server.pages["/x"] = page
    with Web(server.url, deadline=deadline) as web:
        answer = web.get("/x", cap=cap, gzip=gzip)
    return None if answer is None else answer.data


def refused(server: Served, page: Page, *, cap: int = MEBIBYTE, gzip: bool = False, deadline: float = 60) -> str:
    """Return what is said about a page that is not taken, without the server's name."""
    with pytest.raises(ServerError) as caught:
        get(server, page, cap=cap, gzip=gzip, deadline=deadline)
    assert caught.value.exit_code == 4
    text = str(caught.value)
    assert "\n" not in text
    return text.removeprefix(f"{server.url}: ")


def test_a_page_comes_as_it_is(server: Served) -> None:
    server.pages["/x"] = Page(b"words", "Text/Plain")
    with Web(f"{server.url}/some/list/") as web:
        answer = web.get("/x", cap=100)
        assert answer is not None
        assert (answer.data, answer.type) == (b"words", "text/plain")
        assert web.get("/y", cap=100) is None
    assert server.asked == [("GET", "/x"), ("GET", "/y")]


def test_gzip_is_inflated_and_nothing_else_is_taken_for_it(server: Served) -> None:
    assert get(server, zipped(b"words"), gzip=True) == b"words"
    assert get(server, Page(gzip.compress(b"a") + gzip.compress(b"b")), gzip=True) == b"ab"
    assert (
        refused(server, Page(b"{}", "application/json"), gzip=True)
        == "answers /x with application/json instead of gzip"
    )


def test_a_challenge_page_is_told_as_what_it_is(server: Served) -> None:
    page = Page(b"<html>Making sure you are not a bot</html>", "text/html; charset=utf-8")
    assert refused(server, page, gzip=True) == "asks for a browser check instead of answering /x"


def test_a_content_encoding_nobody_asked_for_is_inflated_with_the_same_care(server: Served) -> None:
    coded = {"Content-Encoding": "gzip"}
    assert get(server, Page(gzip.compress(b"words"), headers=coded)) == b"words"
    assert get(server, Page(gzip.compress(b"words"), headers=coded), gzip=True) == b"words"
    assert get(server, Page(gzip.compress(gzip.compress(b"words")), headers=coded), gzip=True) == b"words"
    assert "inflates to more than 1 MiB" in refused(server, Page(bomb(4), headers=coded))


def test_a_bomb_is_left_alone(server: Served) -> None:
    assert refused(server, Page(bomb(300)), gzip=True) == "sends what inflates to more than 1 MiB"


def test_many_small_members_cost_no_more_than_one() -> None:
    """Each member that is cut off the front copies no more than a piece."""
    data = gzip.compress(b"") * 40_000
    assert inflate(data, MEBIBYTE, "x") == b""


@pytest.mark.parametrize("cut", [1, 8, 30])
def test_gzip_that_breaks_off_gives_nothing(server: Served, cut: int) -> None:
    data = gzip.compress(bytes(range(256)))
    assert refused(server, Page(data[:-cut]), gzip=True) == "broke off in the middle of gzip data"


def test_damaged_gzip_gives_nothing(server: Served) -> None:
    press = bytearray(gzip.compress(b"words" * 100))
    press[12:20] = b"\xff" * 8
    assert refused(server, Page(bytes(press)), gzip=True) == "sends damaged gzip data"


def test_an_answer_without_end_is_cut(server: Served) -> None:
    def endless(write: Writer) -> None:
        for _ in itertools.count():
            write(bytes(1 << 16))

    assert refused(server, Page(stream=endless)) == "sends more than 2 MiB"


def test_a_server_that_goes_away_is_noticed(server: Served) -> None:
    assert refused(server, Page(b"half", length=1000)) == "broke off after 4 of 1000 bytes"
    assert refused(server, Page(raw=lambda write: write(b""))) == "broke off"
    chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwords\r\n"
    assert refused(server, Page(raw=lambda write: write(chunk))) == "broke off or does not speak HTTP"
    assert get(server, Page(raw=lambda write: write(chunk + b"0\r\n\r\n"))) == b"words"


@pytest.mark.parametrize(
    "junk", [b"SSH-2.0-x\r\n", b"\0" * 100, b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500]
)
def test_what_is_no_http_is_told(server: Served, junk: bytes) -> None:
    assert refused(server, Page(raw=lambda write: write(junk))) == "broke off or does not speak HTTP"


@pytest.mark.parametrize(
    "begin", [b"", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]
)
def test_an_answer_that_trickles_ends_at_the_deadline(server: Served, begin: bytes) -> None:
    gone = Event()

    def trickle(write: Writer) -> None:
        write(begin)
        for _ in range(2_000):
            with suppress(OSError):
                write(b"a")
                if not gone.wait(0.01):
                    continue
            return

    assert refused(server, Page(raw=trickle), deadline=0.3) == "was not done after 0.3 seconds"
    gone.set()


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_server_that_wants_rest_says_for_how_long(server: Served, status: int) -> None:
    with pytest.raises(AskedToWait) as caught:
        get(server, Page(status=status, headers={"Retry-After": "77"}))
    assert caught.value.seconds == 77
    assert str(caught.value) == f"{server.url}: answers {status}: asks to be left alone for 77 seconds"


def test_the_time_to_wait_is_bounded() -> None:
    assert wait_seconds("5") == 5
    assert wait_seconds("99999999") == WAIT_CAP
    assert {wait_seconds(text) for text in ("", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 5000, "²")} == {600}


def test_other_failures_name_status_and_place(server: Served) -> None:
    assert refused(server, Page(status=500)) == "answers 500 to /x"


def test_redirects_are_followed_on_the_same_server_only(server: Served) -> None:
    server.pages["/y"] = Page(b"there")
    assert get(server, Page(status=302, headers={"Location": "/y"})) == b"there"
    assert get(server, Page(status=301, headers={"Location": f"{server.url}/y"})) == b"there"
    assert refused(server, Page(status=302, headers={"Location": "/x"})) == "redirects without end at /x"
    with served({"/y": Page(b"elsewhere")}) as other:
        beside = (f"{server.url}.evil/y", f"{server.url}@127.0.0.1/y", f"{server.url}0/y")
        for target in (*beside, f"{other.url}/y", f"//{other.url[7:]}/y", "file:///etc/passwd", "http://["):
            told = refused(server, Page(status=302, headers={"Location": target}))
            assert told.startswith("sends to another place ("), target
        assert other.asked == []


def test_a_place_to_go_to_cannot_write_on_the_terminal(server: Served) -> None:
    told = refused(server, Page(raw=lambda write: write(b"HTTP/1.1 302 x\r\nLocation: http://a/\x1b]0;x\x07\r\n\r\n")))
    assert told == "sends to another place (http://a/?]0;x?); not followed"


def test_nobody_answers() -> None:
    with pytest.raises(ServerError, match="refuses connections"), Web("http://127.0.0.1:1") as web:
        web.get("/", cap=1)


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "http:///x", "https://exämple.org/", "http://a:b/", "/x", "http://[/"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="is no http or https URL"):
        Web(url)


def test_a_password_in_an_address_is_neither_used_nor_shown() -> None:
    with pytest.raises(InputError) as caught:
        Web("https://me:secret@example.org/x")
    assert "secret" not in str(caught.value)


def test_we_say_who_we_are(server: Served) -> None:
    with Web(server.url, "me@example.org") as web:
        web.get("/", cap=1)
    assert server.agents == {f"patchwatch/{__version__} (+me@example.org)"}
    assert user_agent("") == f"patchwatch/{__version__}"
    assert "\n" not in user_agent("a\r\nHost: b\x1b")


def test_a_proxy_of_the_environment_is_used(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    with pytest.raises(ServerError), Web("http://archive.example.org/") as web:
        web.get("/x", cap=1)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert get(server, Page(b"direct")) == b"direct"


@pytest.mark.parametrize(
    ("mid", "path"),
    [
        ("a@b", "a@b"),
        ("a/b@c", "a%2Fb@c"),
        ("ä?#%@x", "%C3%A4%3F%23%25@x"),
        ("../..", "..%2F.."),
        ("a b\n@x", "a%20b%0A@x"),
    ],
)
def test_an_id_is_one_segment_of_a_path(mid: str, path: str) -> None:
    assert message_path(mid) == path


def test_inflating_stops_at_the_cap_exactly() -> None:
    data = zlib.compress(bytes(1000), wbits=31)
    assert inflate(data, 1000, "x") == bytes(1000)
    with pytest.raises(ServerError):
        inflate(data, 999, "x")
