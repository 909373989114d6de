# SPDX-License-Identifier: GPL-2.0-or-later
"""
What holds for any bytes, one function per parser: it takes bytes and raises AssertionError when something does not.

`run.py` gives them to atheris, `test_targets.py` to Hypothesis; seeds lie in fixtures/hostile/corpus/<target>/.
"""

import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from builders_hostile import judged_mails, raw
from patchwatch.model.mail import Message, Person, Place, Trailer
from patchwatch.parse import identities
from patchwatch.parse.addresses import bare_addresses, message_ids, parse_people
from patchwatch.parse.agents import agent_of_address, is_bot_address, read_value
from patchwatch.parse.dates import parse_date, received_date
from patchwatch.parse.diff import scan_diff
from patchwatch.parse.headers import eight_bit, parameters, split_headers
from patchwatch.parse.layout import is_quoted, lay_out_patch
from patchwatch.parse.mime import MAX_LINES, read_body
from patchwatch.parse.prose import tools_said
from patchwatch.parse.subject import match_key, parse_subject
from patchwatch.parse.trailers import MAX_VALUE, log_trailers, loose_trailers
from patchwatch.policy.loader import load_policies
from patchwatch.reports.check_json import render_json, render_jsonl
from patchwatch.reports.text import Style, check_lines, show_lines
from patchwatch.sources.base import blob_id
from patchwatch.sources.mbox import MboxSource
from patchwatch.sources.stream import Supply

_FIELDS = ("subject", "from", "to", "message-id", "references", "date", "content-type", "list-id")
_PLACES = (Place.BODY, Place.BELOW_CUT, Place.COVER, Place.REPLY)


def fuzz_headers(data: bytes) -> None:
    """A header block ends inside the data; values are one line of proper text."""
    headers = split_headers(data)
    assert 0 <= headers.end <= len(data)
    for name in _FIELDS:
        for value in (headers.text(name), headers.plain(name)):
            _is_text(value)
            assert "\0" not in value
        assert not {"\n", "\r"}.intersection(headers.text(name))
    word, params = parameters(headers.plain("content-type"))
    assert word == word.strip().lower()
    for name, value in params.items():
        assert name == name.lower()
        _is_text(value)


def fuzz_addresses(data: bytes) -> None:
    """Addresses and ids hold no blanks and no brackets of their own."""
    value = eight_bit(data)
    for person in parse_people(value):
        assert "@" in person.email
        assert not any(char.isspace() for char in person.email)
        assert "\n" not in person.name
        _is_text(str(person))
        is_bot_address(person.email)
        agent_of_address(person)
    for address in bare_addresses(value):
        assert "@" in address
        assert address == address.lower()
        assert not any(char.isspace() for char in address)
    for mid in message_ids(value):
        _is_id(mid)


def fuzz_dates(data: bytes) -> None:
    """A date is aware, can be printed in UTC, and lies in the years of mail."""
    value = eight_bit(data)
    for found in (parse_date(value), received_date(value)):
        if found is not None:
            assert found.utcoffset() is not None
            assert found.astimezone(UTC).isoformat()
    found = parse_date(value)
    assert found is None or datetime(1995, 1, 1, tzinfo=UTC) <= found < datetime(2100, 1, 1, tzinfo=UTC)


def fuzz_mime(data: bytes) -> None:
    """A body is proper text without NUL and CRLF, in a charset that Python knows."""
    body = read_body(data, split_headers(data))
    _is_text(body.text)
    assert "\0" not in body.text
    assert body.text.count("\n") <= MAX_LINES + 1_000
    "".encode(body.encoding)
    for defect in body.defects:
        _is_text(defect.detail)


def fuzz_subject(data: bytes) -> None:
    """Numbers are in their ranges, the title is the end of the subject, tags are words."""
    text = " ".join(eight_bit(data).split())
    subject = parse_subject(text)
    assert text.endswith(subject.title)
    assert subject.position is None or 0 <= subject.position < 10_000
    assert subject.total is None or 0 <= subject.total < 10_000
    assert subject.revision is None or 0 <= subject.revision < 1_000
    assert all(tag and not any(char.isspace() for char in tag) for tag in subject.tags)
    assert match_key(match_key(subject.title)) in match_key(subject.title)


def fuzz_trailers(data: bytes) -> None:
    """The parts of a patch mail are in order; each trailer quotes its own line."""
    lines = eight_bit(data).replace("\r\n", "\n").split("\n")
    diff, spans = scan_diff(lines)
    layout = lay_out_patch(lines, spans[0][0] if spans else None)
    edges = (0, *layout.log, *layout.below, len(lines))
    assert list(edges) == sorted(edges)
    _stand_on_their_lines(log_trailers(lines, *layout.log), lines)
    for place in _PLACES:
        _stand_on_their_lines(loose_trailers(lines, 0, len(lines), place), lines)
    assert diff.files or not diff.patch_id or spans


def fuzz_diff(data: bytes) -> None:
    """Spans are in order and inside the text; no file has more lines than the mail."""
    lines = eight_bit(data).split("\n")
    diff, spans = scan_diff(lines)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(start < stop for start, stop in spans)
    assert not edges or (edges[0] >= 0 and edges[-1] <= len(lines))
    inside = sum(stop - start for start, stop in spans)
    assert sum(file.added + file.removed for file in diff.files) <= inside
    for file in diff.files:
        assert min(file.added, file.removed, file.code_added, file.code_removed) >= 0
        assert file.code_added <= file.added
        assert file.code_removed <= file.removed
    assert diff.patch_id is None or (len(diff.patch_id) == 40 and set(diff.patch_id) <= set("0123456789abcdef"))


def fuzz_agents(data: bytes) -> None:
    """An agent has a name that the value holds, and a person's address alone never makes one."""
    value = " ".join(eight_bit(data).split())
    for key in (*sorted(identities.STRONG_KEYS), *sorted(identities.HELP_KEYS), *sorted(identities.PERSON_KEYS)):
        agent = read_value(key, value)
        if agent is not None:
            assert agent.name
            assert all(isinstance(tool, str) for tool in agent.tools)
    assert agent_of_address(Person(value, "jo.doe@example.org")) == ""


def fuzz_prose(data: bytes) -> None:
    """A sentence stands on a line of the text that quotes nobody, and names the tool there."""
    lines = eight_bit(data).split("\n")
    for said in tools_said(lines, 0, len(lines)):
        line = lines[said.line - 1]
        assert not is_quoted(line)
        assert said.agent
        assert said.agent.split()[0].lower().rstrip("s") in line.lower()
        assert said.uses


def fuzz_mail(data: bytes) -> None:
    """A whole mail is read, assembled, judged and rendered; all it claims can be found in its text."""
    messages, judged = judged_mails([raw(data)])
    lines = read_body(data, split_headers(data)).text.split("\n")
    for message in messages:
        _is_sound(message, lines)
    for series, verdict in judged:
        assert series.patches or series.cover is not None
        assert len(verdict.sizes) == len(series.patches)
        for evidence in (one for finding in verdict.findings for one in finding.evidence):
            assert evidence.line is None or evidence.quote in lines[evidence.line - 1]
    whole = render_json(judged, messages, _FALLBACK)
    json.loads(whole.encode("utf-8"))
    for line in render_jsonl(judged):
        json.loads(line.encode("utf-8"))
    shown = [*check_lines(judged, Style()), *(line for one in judged for line in show_lines(*one, Style()))]
    "\n".join(shown).encode("utf-8")


def fuzz_mbox(data: bytes) -> None:
    """A split mbox gives mails that are parts of it, the same ones every time."""
    source = MboxSource(Supply("x.mbox", lambda: io.BytesIO(data)))
    first, second = list(source.items()), list(source.items())
    assert first == second
    mails = [getattr(item, "data", b"") for item in first]
    assert sum(map(len, mails)) <= len(data)
    assert all(getattr(item, "blob", None) in (None, blob_id(one)) for item, one in zip(first, mails, strict=True))
    judged_mails(raw(one) for one in mails)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "headers": fuzz_headers,
    "addresses": fuzz_addresses,
    "dates": fuzz_dates,
    "mime": fuzz_mime,
    "subject": fuzz_subject,
    "trailers": fuzz_trailers,
    "diff": fuzz_diff,
    "agents": fuzz_agents,
    "prose": fuzz_prose,
    "mail": fuzz_mail,
    "mbox": fuzz_mbox,
}

_FALLBACK = load_policies().get("none", None).ref


def _is_text(text: str) -> None:
    text.encode("utf-8")


def _is_id(mid: str) -> None:
    assert mid
    assert not any(char.isspace() or char in "<>\0" for char in mid)
    _is_text(mid)


def _stand_on_their_lines(trailers: Sequence[Trailer], lines: Sequence[str]) -> None:
    numbers = [trailer.line for trailer in trailers]
    assert numbers == sorted(set(numbers))
    for trailer in trailers:
        assert trailer.quote == lines[trailer.line - 1][:MAX_VALUE]
        assert trailer.quote.startswith(trailer.key)
        assert 0 < len(trailer.value) <= MAX_VALUE
        assert not is_quoted(trailer.quote)


def _is_sound(message: Message, lines: Sequence[str]) -> None:
    for mid in (message.message_id, *message.aliases, *message.in_reply_to, *message.references):
        _is_id(mid)
    for trailer in message.trailers:
        assert trailer.quote == lines[trailer.line - 1][:MAX_VALUE]
    for one in message.disclosures:
        assert one.line is None or one.quote == lines[one.line - 1][:MAX_VALUE]
        assert (one.line is None) is (one.place is Place.HEADER)
    assert all(min(change.added, change.removed) >= 0 for change in message.files)
    assert message.prose_lines >= 0
    assert message.date is None or message.date.utcoffset() == UTC.utcoffset(None)
