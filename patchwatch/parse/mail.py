# SPDX-License-Identifier: GPL-2.0-or-later
"""
Bytes to a Message: any bytes give one, with defects, never an exception.

Size caps come first, then one scan of the headers, the body as one text, the diff, and last what the
text above it says. Nothing here reads a clock, a file or a setting.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from patchwatch.model.diff import Diff
from patchwatch.model.followup import Speech
from patchwatch.model.mail import Defect, DefectKind, Mark, Message, MessageKind, Person, RawMessage
from patchwatch.parse.addresses import parse_person
from patchwatch.parse.copies import text_key
from patchwatch.parse.diff import scan_diff
from patchwatch.parse.disclosure import MAX_DISCLOSURES
from patchwatch.parse.envelope import Envelope, read_envelope
from patchwatch.parse.headers import Headers, split_headers
from patchwatch.parse.layout import Layout, is_quoted, lay_out_patch, read_in_body, signature_start
from patchwatch.parse.marks import marks_of
from patchwatch.parse.mime import Body, read_body
from patchwatch.parse.prose import MAX_READ
from patchwatch.parse.said import Said, said_by_other, said_by_patch
from patchwatch.parse.sender import headers_said, sender_of
from patchwatch.parse.speech import read_speech
from patchwatch.parse.words import ReadText

MAX_MESSAGE = 16 * 1024 * 1024
MAX_DEFECTS = 50

_NOTICE_TAGS = ("tip:",)
_NOTICE_TITLES = ('Patch "', "FAILED: Patch ", "FAILED: patch ")  # of the stable trees, with the whole diff


@dataclass(slots=True)
class _Text:
    """The decoded body of one mail and where its diff is."""

    lines: list[str]
    diff: Diff
    spans: tuple[tuple[int, int], ...]

    @property
    def diff_start(self) -> int | None:
        return self.spans[0][0] if self.spans else None


def read_message(raw: RawMessage, texts: list[ReadText] | None = None) -> Message:
    """Read the facts of one mail; its text is added to *texts*, for those who look at more than facts."""
    too_large = raw.truncated or len(raw.data) > MAX_MESSAGE
    data = raw.data if len(raw.data) <= MAX_MESSAGE else raw.data[:MAX_MESSAGE]
    headers = split_headers(data)
    defects = [Defect(kind=DefectKind.HEADER, detail=problem) for problem in dict.fromkeys(headers.problems)]
    if too_large:
        defects.append(Defect(kind=DefectKind.TOO_LARGE, detail=f"larger than {MAX_MESSAGE} bytes; body not read"))
    body = Body() if too_large else read_body(data, headers)
    text = read_text(body)
    envelope = read_envelope(headers)
    kind = _kind(envelope, text)
    layout = lay_out_patch(text.lines, text.diff_start) if kind is MessageKind.PATCH else _other_layout(text)
    defects += (*body.defects, *_defects(kind, envelope, text, too_large=too_large))
    if kind is MessageKind.PATCH and len(data) > MAX_READ and _length(text, layout) > MAX_READ:
        defects.append(Defect(kind=DefectKind.LIMIT, detail=f"a log over {MAX_READ} characters was not read whole"))
    if texts is not None:
        texts.append(ReadText(headers, text.lines, layout, text.spans))
    return _build(raw, headers, envelope, kind, text, layout, tuple(defects[:MAX_DEFECTS]))


def read_text(body: Body) -> _Text:
    """
    Split a body into lines and scan its diff.

    For format=flowed the lines stay as they were sent (so that quotes are found on their lines); when the
    diff does not fit, it is read once more with space-stuffing undone (RFC 3676 section 4.4).
    """
    lines = body.text.split("\n")
    if not ("\n@@" in body.text or "\ndiff " in body.text or body.text.startswith("diff ")):
        return _Text(lines, Diff(), ())
    diff, spans = scan_diff(body.latin.split("\n") if body.latin else lines, encoding=body.encoding)
    if body.flowed and diff.problems:
        unstuffed = [line[1:] if line.startswith(" ") else line for line in lines]
        second, second_spans = scan_diff(unstuffed, encoding=body.encoding)
        if second.files and not second.problems:
            diff, spans = second, second_spans
    if body.is_cut and spans and spans[-1][1] == len(lines) and lines[-1][:1] in "+- " and not diff.problems:
        torn = f"The mail ends within line {len(lines)}, the last one of its diff: cut short, and corrupt for git."
        diff = replace(diff, problems=(torn,))
    return _Text(lines, diff, spans)


def _kind(envelope: Envelope, text: _Text) -> MessageKind:
    """Decide what a mail is, in the order of the table in docs/series.rst."""
    prefix = envelope.prefix
    has_diff = bool(text.diff.files)
    if prefix.is_reply:
        return MessageKind.REPLY
    if prefix.is_pull and not (has_diff and prefix.position):
        return MessageKind.PULL
    if prefix.position == 0 or (prefix.is_patchset and not has_diff):
        return MessageKind.COVER
    automatic = envelope.is_automatic or prefix.tags[:1] == _NOTICE_TAGS or prefix.title.startswith(_NOTICE_TITLES)
    if has_diff and not automatic:
        suggestion = envelope.is_answer and not _is_posting(envelope)
        return MessageKind.REPLY if suggestion else MessageKind.PATCH
    if prefix.is_patch and not automatic:
        quotes = envelope.is_answer and not text.spans and any(is_quoted(line) for line in text.lines)
        return MessageKind.REPLY if quotes and prefix.position is None else MessageKind.PATCH
    if not has_diff and "The following changes since commit" in "\n".join(text.lines[:40]):
        return MessageKind.PULL
    return MessageKind.OTHER


def _is_posting(envelope: Envelope) -> bool:
    """Whether a subject marks a posting at all; a diff in a discussion without any mark is a suggestion."""
    prefix = envelope.prefix
    return prefix.is_patch or prefix.total is not None or prefix.revision is not None or bool(prefix.flags)


def _defects(kind: MessageKind, envelope: Envelope, text: _Text, *, too_large: bool) -> Iterator[Defect]:
    """Tell what is odd about subject, diff, id and date."""
    if envelope.prefix.doubled:
        yield Defect(kind=DefectKind.SUBJECT, detail="two counters or versions in the subject")
    if kind in (MessageKind.PATCH, MessageKind.COVER):
        for problem in text.diff.problems[:10]:
            yield Defect(kind=DefectKind.DIFF, detail=problem)
        for path in text.diff.odd_paths[:10]:
            yield Defect(kind=DefectKind.PATH, detail=f"odd path {path[:200]!r}")
    if kind is MessageKind.PATCH and not text.diff.files and not too_large:
        yield Defect(kind=DefectKind.NO_DIFF, detail="a patch by its subject, but no diff was found")
    if not envelope.ids:
        yield Defect(kind=DefectKind.NO_MESSAGE_ID, detail="no usable Message-ID")
    if envelope.date_problem:
        yield Defect(kind=DefectKind.DATE, detail=envelope.date_problem)


def _length(text: _Text, layout: Layout) -> int:
    return sum(map(len, text.lines[slice(*layout.log)]))


def _build(
    raw: RawMessage,
    headers: Headers,
    envelope: Envelope,
    kind: MessageKind,
    text: _Text,
    layout: Layout,
    defects: tuple[Defect, ...],
) -> Message:
    lines, ids, automatic, is_patch = text.lines, envelope.ids, envelope.is_automatic, kind is MessageKind.PATCH
    written = parse_person(layout.in_body["from"]) if "from" in layout.in_body else None
    sender = sender_of(headers, envelope.raw_from, written, envelope.list_id)
    author = written if is_patch and written is not None and "@" in written.email else sender
    if is_patch:
        said = said_by_patch(lines, layout, automatic=automatic)
    else:
        said = said_by_other(kind, lines, layout, text.spans, automatic=automatic)
    of_headers = headers_said(headers, lines, envelope.raw_from, author)
    speech: Speech | None = None
    steps: tuple[Mark, ...] = ()
    if not is_patch and kind is not MessageKind.COVER:
        speech, steps = _speech(envelope, sender, text, layout, said)
    return Message(
        blob=raw.blob,
        message_id=ids[0] if ids else f"blob:{raw.blob}",
        aliases=tuple(dict.fromkeys(ids[1:])) if len(ids) > 1 else (),
        kind=kind,
        subject=envelope.subject,
        prefix=envelope.prefix,
        sender=sender,
        author=author,
        date=envelope.date,
        in_reply_to=envelope.answers,
        references=envelope.references,
        list_id=envelope.list_id,
        recipients=envelope.recipients,
        is_automatic=automatic,
        trailers=said.trailers,
        disclosures=(*of_headers, *said.disclosures)[:MAX_DISCLOSURES],
        files=text.diff.files if is_patch or kind is MessageKind.COVER else (),
        has_diff=bool(text.diff.files),
        patch_id=text.diff.patch_id if is_patch else None,
        change_id=said.change_id,
        predecessors=said.predecessors,
        prose_lines=sum(map(bool, map(str.strip, lines[slice(*layout.log)]))) if is_patch else 0,
        speech=speech,
        marks=marks_of(kind, envelope.prefix, lines, layout, text.spans, text.diff, said.disclosures) + steps,
        defects=defects,
        text_key=text_key(lines, text.diff_start if is_patch and text.diff.patch_id else None),
        arrived=envelope.arrived,
    )


def _speech(
    envelope: Envelope, sender: Person, text: _Text, layout: Layout, said: Said
) -> tuple[Speech, tuple[Mark, ...]]:
    return read_speech(
        text.lines,
        said.own,
        layout.log[1],
        said.trailers,
        envelope.subject,
        sender,
        has_diff=bool(text.diff.files),
        automatic=envelope.is_automatic,
        received=envelope.arrived,
        to_count=len(set(envelope.to)),
    )


def _other_layout(text: _Text) -> Layout:
    """Cover letters, replies and the rest: all text above the signature, in-body headers taken off."""
    end = signature_start(text.lines)
    in_body, start = read_in_body(text.lines, end)
    return Layout(in_body, (start, end), (end, end))
