# SPDX-License-Identifier: GPL-2.0-or-later
"""
Bytes to a Message: any bytes give one, with defects, never an exception.

Size caps come first, then one scan of the headers, the body as one text, the diff, and last what the
text above it says. Nothing here reads a clock, a file or a setting.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from patchwatch.model.diff import Diff
from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import Defect, DefectKind, Message, MessageKind, Person, Place, RawMessage, Subject, Trailer
from patchwatch.parse.addresses import bare_addresses, message_ids, parse_person
from patchwatch.parse.agents import is_bot_address
from patchwatch.parse.dates import parse_date, received_date
from patchwatch.parse.diff import scan_diff
from patchwatch.parse.disclosure import (
    MAX_DISCLOSURES,
    person_disclosures,
    text_disclosures,
    trailer_disclosures,
)
from patchwatch.parse.headers import Headers, split_headers
from patchwatch.parse.layout import Layout, is_quoted, lay_out_patch, read_in_body, signature_start
from patchwatch.parse.mime import Body, read_body
from patchwatch.parse.prose import MAX_READ
from patchwatch.parse.sender import sender_of
from patchwatch.parse.speech import read_speech
from patchwatch.parse.subject import parse_subject
from patchwatch.parse.trailers import MAX_TRAILERS, log_trailers, loose_trailers

MAX_MESSAGE = 16 * 1024 * 1024
MAX_REFERENCES = 99
MAX_DEFECTS = 50

_NOTICE_TAGS = ("tip:",)
_NOTICE_TITLES = ('Patch "', "FAILED: Patch ", "FAILED: patch ")  # of the stable trees, with the whole diff


@dataclass(slots=True)
class _Text:
    """The decoded body of one mail and where its diff is."""

    lines: list[str]
    diff: Diff
    spans: tuple[tuple[int, int], ...]
    may_change_id: bool = False

    @property
    def diff_start(self) -> int | None:
        return self.spans[0][0] if self.spans else None


def read_message(raw: RawMessage) -> Message:
    """Read the facts of one mail."""
    data = raw.data if len(raw.data) <= MAX_MESSAGE else raw.data[:MAX_MESSAGE]
    headers = split_headers(data)
    defects = [Defect(kind=DefectKind.HEADER, detail=problem) for problem in dict.fromkeys(headers.problems)]
    too_large = raw.truncated or len(raw.data) > MAX_MESSAGE
    if too_large:
        defects.append(Defect(kind=DefectKind.TOO_LARGE, detail=f"larger than {MAX_MESSAGE} bytes; body not read"))
    body = Body() if too_large else read_body(data, headers)
    defects += body.defects
    text = read_text(body)
    subject = headers.text("subject")
    prefix = parse_subject(subject)
    automatic = _automatic(headers)
    kind = _kind(headers, prefix, text, automatic=automatic)
    if prefix.doubled:
        defects.append(Defect(kind=DefectKind.SUBJECT, detail="two counters or versions in the subject"))
    defects += _diff_defects(kind, text, too_large=too_large)
    return _build(raw, headers, text, kind, subject, prefix, defects, automatic=automatic)


def read_text(body: Body) -> _Text:
    """
    Split a body into lines and scan its diff.

    For format=flowed the lines stay as they were sent (so that quotes are found on their lines); when the
    diff does not fit, it is read once more with space-stuffing undone (RFC 3676 section 4.4).
    """
    lines = body.text.split("\n")
    change_id = "\nchange-id: " in body.text
    if not ("\n@@" in body.text or "\ndiff " in body.text or body.text.startswith("diff ")):
        return _Text(lines, Diff(), (), change_id)
    diff, spans = scan_diff(body.latin.split("\n") if body.latin else lines, encoding=body.encoding)
    if body.flowed and diff.problems:
        unstuffed = [line[1:] if line.startswith(" ") else line for line in lines]
        second, second_spans = scan_diff(unstuffed, encoding=body.encoding)
        if second.files and not second.problems:
            diff, spans = second, second_spans
    return _Text(lines, diff, spans, change_id)


def _kind(headers: Headers, prefix: Subject, text: _Text, *, automatic: bool) -> MessageKind:
    """Decide what a mail is, in the order of the table in docs/series.rst."""
    has_diff = bool(text.diff.files)
    if prefix.is_reply:
        return MessageKind.REPLY
    if prefix.is_pull and not (has_diff and prefix.position):
        return MessageKind.PULL
    if prefix.position == 0 or (prefix.is_patchset and not has_diff):
        return MessageKind.COVER
    automatic = automatic or prefix.tags[:1] == _NOTICE_TAGS or prefix.title.startswith(_NOTICE_TITLES)
    if has_diff and not automatic:
        suggestion = headers.raw("in-reply-to") and not _is_posting(prefix)
        return MessageKind.REPLY if suggestion else MessageKind.PATCH
    if prefix.is_patch and not automatic:
        quotes = headers.raw("in-reply-to") and not text.spans and any(is_quoted(line) for line in text.lines)
        return MessageKind.REPLY if quotes and prefix.position is None else MessageKind.PATCH
    if "The following changes since commit" in "\n".join(text.lines[:40]) and not has_diff:
        return MessageKind.PULL
    return MessageKind.OTHER


def _is_posting(prefix: Subject) -> bool:
    """Whether a subject marks a posting at all; a diff in a discussion without any mark is a suggestion."""
    return prefix.is_patch or prefix.total is not None or prefix.revision is not None or bool(prefix.flags)


def _automatic(headers: Headers) -> bool:
    submitted = headers.plain("auto-submitted").lower()
    if submitted and submitted != "no":
        return True
    return is_bot_address(parse_person(headers.plain("from")).email)


def _diff_defects(kind: MessageKind, text: _Text, *, too_large: bool) -> Iterable[Defect]:
    if kind in (MessageKind.PATCH, MessageKind.COVER):
        for problem in text.diff.problems[:10]:
            yield Defect(kind=DefectKind.DIFF, detail=problem)
        for path in text.diff.odd_paths[:10]:
            yield Defect(kind=DefectKind.PATH, detail=f"odd path {path[:200]!r}")
    if kind is MessageKind.PATCH and not text.diff.files and not too_large:
        yield Defect(kind=DefectKind.NO_DIFF, detail="a patch by its subject, but no diff was found")


def _build(
    raw: RawMessage,
    headers: Headers,
    text: _Text,
    kind: MessageKind,
    subject: str,
    prefix: Subject,
    defects: list[Defect],
    *,
    automatic: bool,
) -> Message:
    ids = [found for value in headers.fields.get("message-id", ()) for found in message_ids(_plain(value))]
    if not ids:
        defects.append(Defect(kind=DefectKind.NO_MESSAGE_ID, detail="no usable Message-ID"))
    is_patch = kind is MessageKind.PATCH
    layout = lay_out_patch(text.lines, text.diff_start) if is_patch else _other_layout(text)
    written = parse_person(layout.in_body["from"]) if "from" in layout.in_body else None
    to = bare_addresses(headers.plain("to"))
    recipients = to + bare_addresses(headers.plain("cc"))
    list_id = _list_id(headers)
    raw_from, sender = sender_of(headers, written, list_id)
    author = written if is_patch and written is not None and "@" in written.email else sender
    arrived = received_date(headers.plain("received"))
    date = _date(headers, arrived, defects)
    trailers, disclosures = _said(kind, text, layout)
    if is_patch and len(raw.data) > MAX_READ and sum(map(len, text.lines[slice(*layout.log)])) > MAX_READ:
        defects.append(Defect(kind=DefectKind.LIMIT, detail=f"a log over {MAX_READ} characters was not read whole"))
    speech = None
    if not is_patch and kind is not MessageKind.COVER:
        speech = read_speech(
            text.lines,
            _outside(layout.log, text.spans),
            trailers,
            subject,
            sender,
            has_diff=bool(text.diff.files),
            automatic=automatic,
            received=arrived,
            to_count=len(set(to)),
        )
    return Message(
        blob=raw.blob,
        message_id=ids[0] if ids else f"blob:{raw.blob}",
        aliases=tuple(dict.fromkeys(ids[1:])),
        kind=kind,
        subject=subject,
        prefix=prefix,
        sender=sender,
        author=author,
        date=date,
        in_reply_to=tuple(dict.fromkeys(message_ids(headers.plain("in-reply-to"))))[:MAX_REFERENCES],
        references=_references(headers),
        list_id=list_id,
        recipients=tuple(dict.fromkeys(recipients)),
        is_automatic=automatic,
        trailers=trailers,
        disclosures=(*_people_said(headers, raw_from, author), *disclosures)[:MAX_DISCLOSURES],
        files=text.diff.files if kind in (MessageKind.PATCH, MessageKind.COVER) else (),
        has_diff=bool(text.diff.files),
        patch_id=text.diff.patch_id if is_patch else None,
        change_id=_change_id(text.lines, layout) if text.may_change_id else None,
        prose_lines=sum(map(bool, map(str.strip, text.lines[slice(*layout.log)]))) if is_patch else 0,
        speech=speech,
        defects=tuple(defects[:MAX_DEFECTS]),
    )


def _people_said(headers: Headers, raw_from: Person, author: Person) -> Iterable[Disclosure]:
    """Read the headers (and the in-body From) for listed agents."""
    people = [("From", raw_from), ("From", author)] if author is not raw_from else [("From", raw_from)]
    if headers.raw("sender"):
        people.append(("Sender", parse_person(headers.plain("sender"))))
    return person_disclosures(people)


def _other_layout(text: _Text) -> Layout:
    """Cover letters, replies and the rest: all text above the signature, in-body headers taken off."""
    end = signature_start(text.lines)
    in_body, start = read_in_body(text.lines, end)
    return Layout(in_body, (start, end), (end, end))


def _said(kind: MessageKind, text: _Text, layout: Layout) -> tuple[tuple[Trailer, ...], tuple[Disclosure, ...]]:
    """Read trailers and disclosures of the text, each with its place; diff lines never count."""
    lines = text.lines
    if kind is MessageKind.PATCH:
        trailers = log_trailers(lines, *layout.log) + loose_trailers(lines, *layout.below, Place.BELOW_CUT)
        prose = _without(lines[: layout.below[1]], trailers)
        said = [*islice(text_disclosures(prose, *layout.log, Place.BODY), MAX_DISCLOSURES)]
        said += islice(text_disclosures(prose, *layout.below, Place.BELOW_CUT), MAX_DISCLOSURES)
    else:
        place = Place.COVER if kind is MessageKind.COVER else Place.REPLY
        trailers, said = [], []
        for start, stop in _outside(layout.log, text.spans):
            trailers += loose_trailers(lines, start, stop, place)
            if len(trailers) > MAX_TRAILERS:
                break
        if kind is not MessageKind.OTHER:
            prose = _without(lines, trailers, text.spans)
            said += islice(text_disclosures(prose, *layout.log, place), MAX_DISCLOSURES)
    return tuple(trailers[: 2 * MAX_TRAILERS]), (*islice(trailer_disclosures(trailers), MAX_DISCLOSURES), *said)


def _outside(whole: tuple[int, int], spans: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Give the parts of a line range that are no diff content."""
    start, stop = whole
    for first, last in spans:
        if start < first:
            yield start, min(first, stop)
        start = max(start, last)
    if start < stop:
        yield start, stop


def _without(lines: Sequence[str], trailers: Sequence[Trailer], spans: Sequence[tuple[int, int]] = ()) -> Sequence[str]:
    """Blank out diffs and trailer lines, so that a tag is not read a second time as a sentence."""
    if not trailers and not spans:
        return lines
    copy = list(lines)
    for start, stop in spans:
        copy[start:stop] = [""] * (stop - start)
    for trailer in trailers:
        copy[trailer.line - 1] = ""
    return copy


def _plain(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _references(headers: Headers) -> tuple[str, ...]:
    """Return the ids of References; of a very long chain the first and last 99."""
    ids = list(dict.fromkeys(message_ids(headers.plain("references"))))
    if len(ids) > 2 * MAX_REFERENCES:
        ids = ids[:MAX_REFERENCES] + ids[-MAX_REFERENCES:]
    return tuple(ids)


def _list_id(headers: Headers) -> str:
    value = headers.plain("list-id")
    if value:
        inner = value.rpartition("<")[2].partition(">")[0].strip().lower()
        return inner[:255]
    found = bare_addresses(headers.plain("x-mailing-list"))
    return found[0].replace("@", ".", 1) if found else ""


def _date(headers: Headers, arrived: datetime | None, defects: list[Defect]) -> datetime | None:
    """Return the UTC date of the mail: its `Date:`, or its arrival when that is missing or impossible."""
    arrived = received_date(headers.plain("received"))
    written = parse_date(headers.plain("date"))
    if written is not None and (arrived is None or written <= arrived + timedelta(days=1)):
        return written.astimezone(UTC)
    why = "unreadable or missing Date" if written is None else "Date lies after the arrival"
    defects.append(Defect(kind=DefectKind.DATE, detail=why + ("; arrival taken" if arrived else "")))
    return arrived.astimezone(UTC) if arrived is not None else None


def _change_id(lines: Sequence[str], layout: Layout) -> str | None:
    """Return b4's `change-id:` from below the cut of a patch or from a cover letter's footer."""
    for start, stop in (layout.below, (max(layout.log[0], layout.log[1] - 60), layout.log[1])):
        for at in range(stop - 1, max(start, stop - 400) - 1, -1):
            line = lines[at]
            if line.startswith("change-id: "):
                return line[11:].strip()[:200] or None
    return None
