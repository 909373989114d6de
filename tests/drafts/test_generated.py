# SPDX-License-Identifier: GPL-2.0-or-later
"""A thousand odd mails: each gives a valid reply or a named reason, read back by the email package and by git."""

import email
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.utils import getaddresses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from liblore.utils import find_trailers

from builders_drafts import LIST, ME, NOW, disclosure, evidence, finding, message, series, target, unsigned, verdict
from patchwatch.drafts.compose import compose
from patchwatch.drafts.headers import reply_title, usable_address
from patchwatch.drafts.refuse import NoDraft
from patchwatch.drafts.text import clean_header, shorten
from patchwatch.model.draft import Draft, Target
from patchwatch.model.mail import Person
from peers import require

ODD = ["\r\nBcc: x@example.org", "\u202e", "\x1b[31m", "=?utf-8?q?a=0Ab?=", "=?x?b?!!?=", "\ud800", "é", "山", "\u2028"]
PIECES = st.one_of(st.text(max_size=20), st.sampled_from(ODD), st.sampled_from(["Re: ", "[PATCH 1/2]", '"', "\\", ","]))
TEXT = st.lists(PIECES, max_size=6).map("".join)
DOMAINS = st.sampled_from(["example.org", "exämple.org", "[192.0.2.1]", "exa mple.org", "", "x" * 300 + ".org"])
LOCALS = st.one_of(st.sampled_from(["jo", "jo.c+x", '"jo c"', "jö", "a,b", ""]), st.text(max_size=5))
PEOPLE = st.builds(Person, TEXT, st.builds("{}@{}".format, LOCALS, DOMAINS))
IDS = st.one_of(
    st.integers(0, 99).map("{}@example.org".format),
    st.text("abcXYZ019.-_=+$", min_size=1, max_size=200).map("{}@example.org".format),
    st.text(max_size=10),
    st.sampled_from(["", "x" * 2000]),
)
DATES = st.one_of(
    st.none(),
    st.datetimes(datetime(1, 1, 2), datetime(9998, 1, 1)).map(  # noqa: DTZ001 - the zone is given next
        lambda d: d.replace(tzinfo=timezone(timedelta(minutes=d.minute * 24 - 700)))
    ),
)
SIGNED = st.builds(lambda n, a: Person(n, f"{a}@example.org"), TEXT, st.sampled_from(["jo", "zoe"]))
TARGETS = st.builds(
    target,
    IDS,
    sender=st.one_of(SIGNED, PEOPLE),
    original_from=st.one_of(st.none(), PEOPLE),
    reply_to=st.lists(PEOPLE, max_size=2).map(tuple),
    to=st.lists(PEOPLE, max_size=5).map(tuple),
    cc=st.one_of(
        st.lists(PEOPLE, max_size=5).map(tuple),
        st.just(tuple(Person(f"N{i}, Jr.", f"n{i}@example.org") for i in range(500))),
    ),
    subject=TEXT,
    in_reply_to=st.lists(IDS, max_size=2).map(tuple),
    references=st.lists(IDS, max_size=40).map(tuple),
    date=DATES,
    lines=st.lists(st.one_of(TEXT, st.just("Acked-by: x <x@example.org>"), st.just("é" * 2000)), max_size=6).map(tuple),
)
FINDINGS = st.lists(
    st.builds(
        lambda rule, line, text: (rule, line, text),
        st.sampled_from(["undisclosed-ai", "declared-ai-content", "agent-sign-off", "borderline-size", "other-rule"]),
        st.one_of(st.none(), st.integers(-1, 9)),
        TEXT,
    ),
    min_size=1,
    max_size=6,
)


def draft_of(mail: Target, found: list[tuple[str, int | None, str]]) -> Draft | None:
    """Compose a reply; None for a reason that is named."""
    whole = series(message(mail.message_id, disclosures=(disclosure(),)))
    findings = [finding(r, evidence(mail.message_id, line, text), text=text) for r, line, text in found]
    try:
        return compose(mail, whole, verdict(*findings), ME, now=NOW)
    except NoDraft as error:
        assert str(error).startswith("no draft: ")  # noqa: PT017 - both ways are right
        return None


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(TARGETS, FINDINGS)
def test_a_valid_mail_or_a_named_reason(mail: Target, found: list[tuple[str, int | None, str]]) -> None:
    draft = draft_of(mail, found)
    if draft is None:
        return
    head, _, body = draft.data.partition(b"\n\n")
    assert head.isascii()
    assert all(len(line) <= 998 for line in draft.data.split(b"\n"))
    assert all(char >= " " for line in head.decode().split("\n") for char in line)
    assert not any(char in body.decode() for char in "\r\x1b\u202e\u2028")
    assert find_trailers(body.decode(), followup=True)[0] == []
    check_headers(email.message_from_bytes(draft.data), mail)


def check_headers(read: "Mail[str, str]", mail: Target) -> None:
    names = [name for name in read if name not in ("Cc",)]
    assert names == [
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    ]  # fmt: skip
    assert read["In-Reply-To"] == f"<{mail.message_id}>"
    ids = [token.strip("<>") for token in str(read["References"]).split()]
    assert ids[-1] == mail.message_id
    assert len(ids) == len(set(ids)) <= 30
    assert set(ids) <= {*mail.references, *mail.in_reply_to, mail.message_id}
    subject = str(make_header(decode_header(" ".join(read["Subject"].split("\n ")))))
    assert subject == f"Re: {reply_title(mail.subject)}"
    wanted = [usable_address(p) for p in (*mail.to, *mail.cc)]
    known = {p.email.lower(): p for p in reversed([p for p in wanted if p is not None])}
    copied = getaddresses([read["Cc"].replace("\n", "")]) if "Cc" in read else []
    assert len(copied) == len({address.lower() for _, address in copied})
    for name, address in copied:
        person = known[address.lower()]
        assert str(make_header(decode_header(name))) == shorten(clean_header(person.name), 128)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(TARGETS, FINDINGS)
def test_git_mailinfo_reads_the_same(mail: Target, found: list[tuple[str, int | None, str]]) -> None:
    git = require("git", "git")
    draft = draft_of(mail, found)
    if draft is None:
        return
    result = subprocess.run(
        [git, "mailinfo", "-k", os.devnull, os.devnull], input=draft.data, capture_output=True, check=True
    )
    shown = dict(line.split(": ", 1) for line in result.stdout.decode().splitlines() if ": " in line)
    assert shown["Author"] == "Pat Maintainer"
    assert shown["Email"] == "pat@example.com"
    assert " ".join(shown["Subject"].split()) == f"Re: {reply_title(mail.subject)}"


def test_the_same_values_give_the_same_bytes_and_one_key_per_thread_and_revision() -> None:
    one = compose(target(), series(), verdict(finding()), ME, now=NOW)
    assert compose(target(), series(), verdict(finding()), ME, now=NOW) == one
    other_finding = compose(target(), series(), verdict(unsigned()), ME, now=NOW + timedelta(days=1))
    assert other_finding.message_id == one.message_id
    assert other_finding.data != one.data
    assert compose(target(), series(revision=2), verdict(finding()), ME, now=NOW).message_id != one.message_id


def test_five_hundred_people_stay_in_cc() -> None:
    people = tuple(Person(f"Person {i}", f"p{i}@example.org") for i in range(500))
    draft = compose(target(cc=people), series(), verdict(finding()), ME, now=NOW)
    read = email.message_from_bytes(draft.data)
    assert [a for _, a in getaddresses([read["Cc"]])] == [LIST.email, *(p.email for p in people)]


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Re: RE[2]: AW: Antw: sv: Re[ 10 ]: x", "x"),
        ("Request: x", "Request: x"),
        ("Re x: y", "Re x: y"),
        ("", "(no subject)"),
        ("Re:", "(no subject)"),
        ("a\tb\r\n c", "a b c"),
        ("[PATCH] AW: x", "[PATCH] AW: x"),
    ],
)
def test_reply_marks_go_and_one_stays(subject: str, title: str) -> None:
    assert reply_title(subject) == title


def test_addresses_with_international_domains_are_written_in_ascii(tmp_path: Path) -> None:
    draft = compose(target(cc=(Person("", "jo@exämple.org"),)), series(), verdict(finding()), ME, now=NOW)
    assert b"jo@xn--exmple-cua.org" in draft.data


def test_the_list_is_never_the_only_one_addressed_while_the_author_is_known() -> None:
    munged = Person("Jo Contributor via foo-devel", LIST.email)
    by_reply_to = target(sender=munged, reply_to=(Person("Jo", "jo@example.org"), LIST))
    by_original = replace(by_reply_to, original_from=Person("Jo", "jo@home.example"))
    nothing_else = target(sender=munged, reply_to=(LIST,))
    expected = {"Jo <jo@example.org>": by_reply_to, "Jo <jo@home.example>": by_original}
    for wanted, mail in expected.items():
        draft = compose(mail, series(), verdict(finding()), ME, now=NOW)
        assert email.message_from_bytes(draft.data)["To"] == wanted
    draft = compose(nothing_else, series(), verdict(finding()), ME, now=NOW)
    read = email.message_from_bytes(draft.data)
    assert LIST.email in read["To"]
    assert LIST.email not in read["Cc"]


def test_dates_are_written_in_their_zone_with_english_names() -> None:
    zone = timezone(-timedelta(hours=3, minutes=30))
    sent = datetime(2026, 2, 3, 12, 4, 5, tzinfo=zone)
    draft = compose(target(date=sent), series(), verdict(finding()), ME, now=datetime(2026, 3, 4, 0, 0, tzinfo=UTC))
    assert b"Date: Wed, 04 Mar 2026 00:00:00 +0000\n" in draft.data
    assert b"On Tue, Feb 03, 2026 at 12:04:05PM -0330, Jo Contributor wrote:\n" in draft.data
