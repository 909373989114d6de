# SPDX-License-Identifier: GPL-2.0-or-later
"""Small builders of messages, patches and series, for tests that need no bytes."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from patchwatch.model.diff import FileChange
from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.mail import Defect, Message, MessageKind, Person, Place, Subject, Trailer
from patchwatch.model.series import Patch, Series
from patchwatch.parse.disclosure import trailer_disclosures

MARIA = Person("Maria Novak", "maria@example.org")
IVO = Person("Ivo Kranz", "ivo@example.com")
SIGNED = "Signed-off-by: Maria Novak <maria@example.org>"
TAGGED = "Assisted-by: Claude:claude-opus-4-6"
DAY = datetime(2026, 9, 14, 10, tzinfo=UTC)


def make_trailer(text: str, line: int = 10, place: Place = Place.TRAILERS) -> Trailer:
    """Make a trailer from `Key: value`."""
    key, _, value = text.partition(":")
    return Trailer(key=key, value=value.strip(), line=line, place=place, quote=text)


def make_prose(
    quote: str, *, uses: tuple[str, ...] = ("unknown",), place: Place = Place.BODY, agent: str = "Claude"
) -> Disclosure:
    """Make the disclosure of a sentence on line 3."""
    return Disclosure(
        kind=DisclosureKind.PROSE,
        key="",
        value="",
        agent=agent,
        model="",
        tools=(),
        uses=uses,
        place=place,
        line=3,
        quote=quote,
    )


def make_file(path: str = "hw/foo.c", added: int = 5, removed: int = 0, code: int | None = None) -> FileChange:
    """Make a changed file; *code* are its added lines that are neither blank nor comment, default all."""
    return FileChange(
        path=path, added=added, removed=removed, code_added=added if code is None else code, code_removed=removed
    )


def make_message(
    message_id: str = "1@example.org",
    *,
    kind: MessageKind = MessageKind.PATCH,
    subject: str = "[PATCH] hw/foo: check the device",
    sender: Person = MARIA,
    date: datetime | None = DAY,
    trailers: Sequence[str | Trailer] = (SIGNED,),
    said: Sequence[Disclosure] = (),
    files: Sequence[FileChange] = (make_file(),),
    defects: Sequence[Defect] = (),
    parents: Sequence[str] = (),
    list_id: str = "",
    recipients: Sequence[str] = (),
) -> Message:
    """Make a message; what trailers disclose is read from them as in real mail."""
    place = {MessageKind.COVER: Place.COVER, MessageKind.REPLY: Place.REPLY}.get(kind, Place.TRAILERS)
    lines = tuple(
        make_trailer(text, 10 + at, place) if isinstance(text, str) else text for at, text in enumerate(trailers)
    )
    return Message(
        blob=hashlib.sha1(message_id.encode(), usedforsecurity=False).hexdigest(),
        message_id=message_id,
        aliases=(),
        kind=kind,
        subject=subject,
        prefix=Subject(title=subject.rpartition("] ")[2], is_patch=kind is MessageKind.PATCH),
        sender=sender,
        author=sender,
        date=date,
        in_reply_to=tuple(parents),
        references=tuple(parents),
        list_id=list_id,
        recipients=tuple(recipients),
        is_automatic=False,
        trailers=lines,
        disclosures=(*trailer_disclosures(lines), *said),
        files=tuple(files) if kind is MessageKind.PATCH else (),
        has_diff=kind is MessageKind.PATCH and bool(files),
        defects=tuple(defects),
    )


def make_patch(
    position: int = 1,
    *,
    trailers: Sequence[str | Trailer] = (SIGNED,),
    said: Sequence[Disclosure] = (),
    files: Sequence[FileChange] = (make_file(),),
    defects: Sequence[Defect] = (),
    subject: str = "hw/foo: check the device",
) -> Patch:
    """Make the patch of one slot; its Message-ID is `POSITION@example.org`."""
    message = make_message(
        f"{position}@example.org",
        subject=f"[PATCH {position}] {subject}",
        trailers=trailers,
        said=said,
        files=files,
        defects=defects,
    )
    return Patch(position=position, message=message)


def make_cover(*, trailers: Sequence[str | Trailer] = (), said: Sequence[Disclosure] = ()) -> Message:
    """Make a cover letter, `0@example.org`."""
    return make_message(
        "0@example.org", kind=MessageKind.COVER, subject="[PATCH 0] hw/foo: reset", trailers=trailers, said=said
    )


def make_reply(parent: str = "1@example.org", *, sender: Person = MARIA, said: Sequence[Disclosure] = ()) -> Message:
    """Make a reply to *parent*, `r@example.org`."""
    return make_message(
        "r@example.org",
        kind=MessageKind.REPLY,
        subject="Re: [PATCH] hw/foo: check the device",
        sender=sender,
        trailers=(),
        said=said,
        parents=(parent,),
    )


def make_series(
    patches: Sequence[Patch] | None = None,
    *,
    cover: Message | None = None,
    followups: Sequence[Message] = (),
    label: str | None = None,
    date: datetime | None = DAY,
    missing: tuple[int, ...] = (),
    expected: int | None = None,
    list_id: str = "",
    recipients: Sequence[str] = (),
) -> Series:
    """Make a complete series of *patches* (default: one signed patch), unless *missing* names empty slots."""
    given = tuple(patches) if patches is not None else (make_patch(),)
    if list_id or recipients:
        given = tuple(
            replace(p, message=replace(p.message, list_id=list_id, recipients=tuple(recipients))) for p in given
        )
    head = cover if cover is not None else given[0].message
    return Series(
        id=head.message_id,
        subject=head.prefix.title,
        author=head.sender,
        date=date,
        revision=1,
        revision_inferred=False,
        expected=len(given) + len(missing) if expected is None else expected,
        cover=cover,
        patches=given,
        missing=missing,
        followups=tuple(followups),
        label=label,
    )
