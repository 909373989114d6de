# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole drafts beside the mails they answer: to be read by people, and judged by other programs."""

import email
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

import pytest

from builders_drafts import (
    CLAUSE,
    ME,
    NOW,
    disclosure,
    evidence,
    finding,
    first_seen,
    message,
    series,
    size,
    unsigned,
    verdict,
)
from patchwatch.adapters.b4 import harvested_trailers
from patchwatch.drafts.compose import compose, target_message
from patchwatch.drafts.safety import unsafe_line
from patchwatch.model.diff import FileChange, Role
from patchwatch.model.draft import Draft, Identity, Target
from patchwatch.model.mail import MessageKind, Person
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Verdict
from peers import missing, require

FIXTURES = Path(__file__).parents[2] / "fixtures" / "drafts"
DCO = "https://foo.example.org/doc/contributing.html#sign-off"
AT_LIMIT = '"hw/foo: fix overflow" is at the limit of 20 lines for small-bug-fix: all lines: 18 added'
OVER = (
    '"hw/foo: new queue model" falls under anything-else (ask first); over the limit of 20 lines for small-bug-fix'
    " (all lines: 143 added)"
)
NEVER = ("ai-generated", "looks like", "suspect", "score", "slop", "reviewed-by", "acked-by", "nacked-by", "offend")

Case = tuple[Series, Verdict, Identity]


def _tagged(message_id: str) -> Case:
    mail = message(message_id, disclosures=(disclosure(),))
    return series(mail), verdict(finding("undisclosed-ai", evidence(message_id))), ME


def _single(rule: str, text: str = "", effect: Effect = Effect.ASK, quote: str = "") -> Callable[[str], Case]:
    def build(message_id: str) -> Case:
        mail = message(message_id, disclosures=(disclosure(),))
        where = evidence(message_id, quote=quote) if quote else evidence(message_id)
        return series(mail), verdict(finding(rule, where, text=text, effect=effect)), ME

    return build


def _unsigned(message_id: str) -> Case:
    return series(message(message_id)), verdict(unsigned(message_id, DCO)), ME


def _outside(message_id: str) -> Case:
    files = (
        FileChange(path="hw/foo.c", added=23),
        FileChange(path="scripts/x.c", added=120, removed=4),
        FileChange(path="tests/foo-test.c", added=300),
    )
    mail = message(message_id, title="hw/foo: new queue model", files=files, disclosures=(disclosure(),))
    found = finding("outside-allowed-scenario", evidence(message_id), text=OVER)
    return series(mail), verdict(found, sizes=(size(message_id, Role.CODE, Role.CODE, Role.TESTS),)), ME


def _three(cover_id: str, second: str = "p2@example.org") -> Series:
    patches = [message(name) for name in ("p1@example.org", second, "p3@example.org")]
    return series(*patches, cover=message(cover_id, kind=MessageKind.COVER, files=()), revision=2)


def _cover(message_id: str) -> Case:
    found = [unsigned(name, DCO) for name in ("p1@example.org", "p3@example.org")]
    return _three(message_id), verdict(*found), ME


def _several(message_id: str) -> Case:
    found = finding("undisclosed-ai", evidence(message_id, 3, "Robo helped me to write patch 2."))
    size_of = finding("borderline-size", evidence("p2@example.org"), text=AT_LIMIT)
    signs = finding("agent-sign-off", evidence("p3@example.org", 4, "Signed-off-by: Robo <robo@robo.example>"))
    return _three(message_id), verdict(found, unsigned("p1@example.org", DCO), size_of, signs), ME


def _second(message_id: str) -> Case:
    found = finding("agent-sign-off", evidence(message_id, 3, "Signed-off-by: Robo <robo@robo.example>"))
    return _three("cover@example.org", message_id), verdict(found), ME


def _non_ascii(message_id: str) -> Case:
    _, judged, me = _tagged(message_id)
    author = Person("Zoë Müller-Łukasz", "zoe@example.org")
    signed = replace(me, person=Person("Pát Maintainer", "pat@example.com"), signature="Pát\nfoo subsystem")
    mail = message(message_id, author=author, disclosures=(disclosure(),))
    return series(mail, author=author), judged, signed


CASES: dict[str, Callable[[str], Case]] = {
    "single-patch": _tagged,
    "declined": _single("declared-ai-content", effect=Effect.DECLINE),
    "series-with-cover": _cover,
    "several-points": _several,
    "second-of-three": _second,
    "reply-to": _tagged,
    "via-list": _tagged,
    "own-address-in-cc": _tagged,
    "long-message-ids": _tagged,
    "many-references": _tagged,
    "non-ascii": _non_ascii,
    "hostile-subject": _tagged,
    "no-date": _tagged,
    "borderline-size": _single("borderline-size", AT_LIMIT),
    "outside-scenario": _outside,
    "missing-sign-off": _unsigned,
    "tag-not-wanted-for-tools": _single(
        "forbidden-disclosure-tag",
        "`Co-developed-by:` is not used for AI tools here",
        quote="Co-developed-by: Robo <robo@robo.example>",
    ),
}


def read_target(data: bytes) -> Target:
    mail = email.message_from_bytes(data)
    return Target(
        message_id=_ids(mail, "Message-ID")[0],
        sender=_people(mail, "From")[0],
        original_from=next(iter(_people(mail, "X-Original-From")), None),
        reply_to=_people(mail, "Reply-To"),
        to=_people(mail, "To"),
        cc=_people(mail, "Cc"),
        subject=_decoded(mail["Subject"]),
        in_reply_to=_ids(mail, "In-Reply-To"),
        references=_ids(mail, "References"),
        date=_date(mail),
        lines=tuple(data.partition(b"\n\n")[2].decode().split("\n")),
        list_id=str(mail["List-Id"]).strip("<>"),
    )


def _decoded(value: str) -> str:
    return str(make_header(decode_header(" ".join(value.split()))))


def _people(mail: "Mail[str, str]", name: str) -> tuple[Person, ...]:
    return tuple(Person(_decoded(n) if n else "", a) for n, a in getaddresses(mail.get_all(name, [])))


def _ids(mail: "Mail[str, str]", name: str) -> tuple[str, ...]:
    return tuple(token.strip("<>") for token in mail.get(name, "").split())


def _date(mail: "Mail[str, str]") -> datetime | None:
    return parsedate_to_datetime(mail["Date"]) if "Date" in mail else None


def make(name: str) -> Draft:
    target = read_target((FIXTURES / f"{name}.eml").read_bytes())
    whole, judged, me = CASES[name](target.message_id)
    return compose(target, whole, first_seen(whole, judged), me, now=NOW)


def written(name: str) -> bytes:
    return (FIXTURES / f"{name}.draft.eml").read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_the_draft_is_the_one_people_have_read(name: str, request: pytest.FixtureRequest) -> None:
    draft = make(name)
    if request.config.getoption("--update-golden", default=False):
        (FIXTURES / f"{name}.draft.eml").write_bytes(draft.data)
    assert draft.data.decode() == written(name).decode()


def test_every_fixture_has_a_case() -> None:
    inputs = {path.stem for path in FIXTURES.glob("*.eml") if not path.stem.endswith(".draft")}
    assert inputs == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_mail_to_answer_is_the_one_of_the_fixture(name: str) -> None:
    target = read_target((FIXTURES / f"{name}.eml").read_bytes())
    whole, judged, _ = CASES[name](target.message_id)
    assert target_message(whole, judged).message_id == target.message_id


@pytest.mark.parametrize("name", CASES)
def test_the_prose_is_short_and_neutral(name: str) -> None:
    body = written(name).decode().partition("\n\n")[2].partition("\n-- \n")[0]
    lines = [line for line in body.split("\n")[1:] if line and not line.startswith(">")]
    prose = [line for line in lines if "://" not in line and (not line.startswith("  ") or line.startswith("  we "))]
    assert 2 <= len(prose) <= 9
    assert body.count("?") <= 3 + body.count("[...]")
    assert not [word for word in NEVER if word in " ".join(lines).lower()]
    assert all(len(line) <= 72 or "://" in line for line in lines)
    assert CLAUSE in body or DCO in body


@pytest.mark.parametrize("name", CASES)
def test_header_bytes_are_plain_ascii_and_short_lines(name: str) -> None:
    head, _, body = written(name).partition(b"\n\n")
    assert head.isascii()
    assert b"\r" not in head + body
    for line in head.split(b"\n"):
        assert len(line) <= 76 or line.startswith((b" <", b"In-Reply-To: <", b"References: <"))
    names = {line.split(b":")[0] for line in head.split(b"\n") if not line.startswith(b" ")}
    assert not [n for n in names if n.startswith(b"X-")]
    assert names <= {
        b"From", b"To", b"Cc", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References",
        b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding",
    }  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_b4_and_liblore_take_no_trailer_from_it(name: str) -> None:
    from liblore.utils import find_trailers

    body = written(name).decode().partition("\n\n")[2]
    assert harvested_trailers(written(name)) == []
    assert find_trailers(body, followup=True)[0] == []


def test_b4_does_take_a_trailer_where_there_is_one() -> None:
    data = written("single-patch").replace(b"Could you", b"Acked-by: Pat <pat@example.com>\nCould you")
    assert harvested_trailers(data) == ["Acked-by: Pat <pat@example.com>"]
    assert unsafe_line(data.decode().partition("\n\n")[2]) == "Acked-by: Pat <pat@example.com>"


def test_the_bytes_are_the_same_with_b4_imported_and_not(tmp_path: Path) -> None:
    tests = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    code = (
        f"import sys; sys.path[:0] = {tests!r}\n"
        "from test_golden import CASES, make\n"
        "loaded = [n for n in sys.modules if n.split('.')[0] in ('b4', 'liblore')]\n"
        "before = [make(n).data for n in CASES]\n"
        "import b4\n"
        "after = [make(n).data for n in CASES]\n"
        "print(loaded, before == after, len(before))\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "c")}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout == f"[] True {len(CASES)}\n"


def test_asking_b4_touches_neither_home_nor_git_nor_the_email_package(tmp_path: Path) -> None:
    trap = tmp_path / "bin"
    trap.mkdir()
    (trap / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/git-was-called\n")
    (trap / "git").chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import sys, socket\n"
        "from email import charset\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "before = dict(charset.CHARSETS)\n"
        "from patchwatch.adapters.b4 import harvested_trailers\n"
        "found = harvested_trailers(open(sys.argv[1], 'rb').read())\n"
        "print(found, charset.CHARSETS == before)\n"
    )
    environment = {
        "HOME": str(home),
        "PATH": str(trap),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    result = subprocess.run(
        [sys.executable, "-c", code, str(FIXTURES / "single-patch.draft.eml")],
        capture_output=True, text=True, env=environment, check=True,
    )  # fmt: skip
    assert result.stdout == "[] True\n"
    assert list(home.iterdir()) == []
    assert not (tmp_path / "git-was-called").exists()


def test_nothing_here_can_send(monkeypatch: pytest.MonkeyPatch) -> None:
    import smtplib

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a mail transport was opened")

    monkeypatch.setattr(smtplib, "SMTP", refuse)
    monkeypatch.setattr(smtplib, "SMTP_SSL", refuse)
    for name in CASES:
        assert harvested_trailers(make(name).data) == []


@pytest.mark.parametrize("name", CASES)
def test_git_send_email_adds_nobody_because_of_the_text(name: str, tmp_path: Path) -> None:
    git = require("git", "git")
    path = tmp_path / "draft.eml"
    path.write_bytes(written(name))
    environment = {**os.environ, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", "GIT_DIR": str(tmp_path / "none")}
    subprocess.run([git, "init", "-q", "--bare", str(tmp_path / "none")], check=True, env=environment)
    command = [
        git, "-c", "user.name=Pat", "-c", "user.email=pat@example.com", "-c", "sendemail.smtpserver=/bin/false",
        "send-email", "--dry-run", "--confirm=never", "--suppress-cc=self", "--to=x@example.org", str(path),
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=tmp_path)
    if "is not a git command" in result.stderr or "Mail::Address" in result.stderr:
        missing("git send-email is missing: apt-get install git-email libmailtools-perl")
    assert result.returncode == 0, result.stderr
    assert "(body)" not in result.stdout
    assert "OK" in result.stdout
