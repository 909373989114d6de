# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads and messages of a server: what a URL names, what comes, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_cli import example_mails, list_mail, run
from builders_inbox import inbox
from builders_web import Page, bomb, served, zipped
from patchwatch.errors import InputError, ServerError
from patchwatch.sources.base import live_messages
from patchwatch.sources.detect import open_source
from patchwatch.sources.lore import Address, fetch_mail, read_url

ROOT = "20261001.1-0@example.org"
ODD = "a/b+c%3f@example.org"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a list with a series, an answer, and a mail with an odd id, on a real public-inbox."""
    with inbox() as box:
        for mail in [*example_mails()[:4], list_mail(ODD, "[PATCH] hw/odd: id")]:
            box.add(mail)
        with box.served() as served_at:
            yield served_at


def mids(where: str) -> list[str]:
    mails = live_messages(open_source(where))
    return sorted(mail.data.partition(b"Message-ID: <")[2].partition(b">")[0].decode() for mail in mails)


@pytest.mark.parametrize("tail", ["", "t.mbox.gz", "T/", "t/#u", "#t", "T/#md41d8cd98f00b204"])
def test_the_url_of_a_message_gives_its_thread(url: str, tail: str) -> None:
    expected = sorted(["20261001.1-1@example.org", "20261001.1-2@example.org", ROOT, "a1@example.com"])
    assert mids(f"{url}20261001.1-1@example.org/{tail}") == expected


def test_raw_gives_one_message(url: str) -> None:
    assert mids(f"{url}{ROOT}/raw") == [ROOT]


def test_an_id_with_signs_of_urls_is_found(url: str) -> None:
    assert mids(f"{url}a%2Fb+c%253f@example.org/") == [ODD]


def test_check_judges_a_thread(url: str) -> None:
    done = run("check", f"{url}{ROOT}/")
    assert (done.code, done.err) == (0, "")
    assert "[PATCH v2 0/2] hw/foo: two fixes" in done.out
    assert "2 of 2 patches" in done.out


def test_ingest_keeps_a_thread_and_takes_it_once(url: str, tmp_path: Path) -> None:
    first = run("--db", tmp_path / "x.db", "ingest", f"{url}{ROOT}/")
    assert "4 new messages, 1 series judged" in first.complaint
    assert "nothing new" in run("--db", tmp_path / "x.db", "ingest", f"{url}{ROOT}/").complaint
    assert run("--db", tmp_path / "x.db", "show", ROOT).code == 0


def test_ingest_mirrors_a_list(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert run("--db", tmp_path / "x.db", "ingest", url).complaint.startswith("list: 5 new messages, ")
    assert "nothing new" in run("--db", tmp_path / "x.db", "ingest", url).complaint
    assert (tmp_path / "patchwatch" / "mirrors" / url.split("/")[2] / "list" / "git" / "0.git").is_dir()


def test_check_takes_no_whole_list(url: str) -> None:
    done = run("check", url)
    assert done.code == 3
    assert done.complaint.endswith("is a whole list; `patchwatch ingest` mirrors it, `check` takes a thread of it")


def test_an_unknown_message_is_not_found(url: str) -> None:
    done = run("check", f"{url}nobody@example.org/")
    assert (done.code, done.out) == (3, "")
    assert done.complaint.endswith("there is no such message on this list")


def test_offline_asks_nobody(tmp_path: Path) -> None:
    with served({}) as server:
        for command in ("check", "ingest"):
            done = run("--offline", "--db", tmp_path / "x.db", command, f"{server.url}/list/{ROOT}/")
            assert done.code == 4
            assert done.complaint.endswith("is on a server, and --offline says to use no network")
        assert server.asked == []


def test_a_server_that_is_away_is_exit_code_4() -> None:
    done = run("check", f"http://127.0.0.1:1/list/{ROOT}/")
    assert (done.code, done.complaint) == (4, "http://127.0.0.1:1: refuses connections")


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (Page(bomb(300), "application/gzip"), "inflates to more than 64 MiB"),
        (Page(zipped(b"From mboxrd@z x\n" + example_mails()[0]).body[:-20], "application/gzip"), "broke off"),
        (Page(b"<html>are you a bot</html>"), "browser check"),
        (Page(b"", status=501), "answers 501"),
        (Page(status=302, headers={"Location": "http://127.0.0.1:1/all/x/"}), "not followed"),
    ],
)
def test_what_is_no_thread_is_a_failure_of_the_server(page: Page, told: str) -> None:
    with served({"/list/a@example.org/t.mbox.gz": page}) as server, pytest.raises(ServerError, match=told):
        fetch_mail(f"{server.url}/list/a@example.org/")


def test_a_challenge_instead_of_one_message_is_told() -> None:
    page = Page(b"<html>are you a bot</html>", "text/html")
    with served({"/list/a@example.org/raw": page}) as server, pytest.raises(ServerError, match="browser check"):
        fetch_mail(f"{server.url}/list/a@example.org/raw")


def test_a_thread_that_is_no_mail_is_told() -> None:
    with served({"/list/a@example.org/t.mbox.gz": zipped(b"\0\1\2")}) as server:
        with pytest.raises(InputError, match="no mail"):
            open_source(f"{server.url}/list/a@example.org/")
        assert server.paths() == ["/list/a@example.org/t.mbox.gz"]


def test_the_user_is_named_to_the_server(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('contact = "me@example.org"\n')
    mbox = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + example_mails()[4]
    with served({"/list/a@example.org/t.mbox.gz": zipped(mbox)}) as server:
        assert run("--config", tmp_path / "c.toml", "check", f"{server.url}/list/a@example.org/").code == 0
        assert {agent.partition(" ")[2] for agent in server.agents} == {"(+me@example.org)"}


@pytest.mark.parametrize(
    ("path", "name", "mid", "alone"),
    [
        ("/list", "list", "", False),
        ("/list/", "list", "", False),
        ("/list/a@b/", "list", "a@b", False),
        ("/list/a@b/raw", "list", "a@b", True),
        ("/list/no-at-sign/t.mbox.gz", "list", "no-at-sign", False),
        ("/a@b/", "all", "a@b", False),
        ("/r/a%2Fb@c/T/#u", "r", "a/b@c", False),
    ],
)
def test_what_a_url_names(path: str, name: str, mid: str, alone: bool) -> None:
    assert read_url(f"HTTPS://Lore.example.org{path}") == Address("https://Lore.example.org", name, mid, alone)


@pytest.mark.parametrize("path", ["", "/", "//", "/list/a@b/x", "/list/a@b/T/more", "/list/a%0ab@c/", "/%00/"])
def test_urls_that_name_no_mail(path: str) -> None:
    with pytest.raises(InputError):
        read_url(f"https://lore.example.org{path}")
