# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages to rows and back; what is stored and read again is equal, but for what no database can hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, Table

from patchwatch.model.diff import FileChange
from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.followup import Claim, ClaimKind, Line, Speech
from patchwatch.model.mail import Defect, DefectKind, Mark, MarkKind, Message, Place, Trailer
from patchwatch.store import schema
from patchwatch.store.bulk import Row, insert_rows

_PLACES = {place.value: place for place in Place}
_MARKS = {kind.value: kind for kind in MarkKind}
_DEFECTS = {kind.value: kind for kind in DefectKind}
_DISCLOSURES = {kind.value: kind for kind in DisclosureKind}

_MAX_KEY = 320  # longest address of RFC 5321: 64 + 1 + 255


def joined(words: tuple[str, ...]) -> str:
    """Several words as one text, one a line."""
    return "\n".join(words)


def split(text: str) -> tuple[str, ...]:
    """Undo `joined`."""
    return tuple(text.split("\n")) if text else ()


def to_seconds(when: datetime | None) -> int | None:
    """UTC seconds; fractions are cut."""
    return None if when is None else int(when.timestamp())


def to_time(seconds: int | None) -> datetime | None:
    """Undo `to_seconds`."""
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)


def sender_key(email: str) -> str:
    """Return what an address is looked up by: lower case, cut so that it fits an index."""
    return email.lower()[:_MAX_KEY]


def message_ids(message: Message) -> tuple[str, ...]:
    """All Message-IDs that *message* bears or names; its own first."""
    return (message.message_id, *message.aliases, *message.in_reply_to, *message.references)


@dataclass(frozen=True, slots=True)
class MessageRows:
    """Rows for the tables of mails, filled by `add` and written by `insert`."""

    tables: tuple[tuple[Table, list[Row]], ...] = field(
        default_factory=lambda: tuple(
            (table, [])
            for table in (
                schema.message,
                schema.reference,
                schema.alias,
                schema.trailer,
                schema.file,
                schema.disclosure,
                schema.defect,
                schema.speech,
                schema.predecessor,
                schema.mark,
                schema.delivery,
            )
        )
    )

    def add(self, row: int, message: Message, id_of: Mapping[str, int]) -> None:
        """Add the rows of one mail, whose row id is *row*; *id_of* gives the row of each Message-ID."""
        messages, references, aliases, trailers, files, said, odd, speech, former, marks, deliveries = (
            rows for _, rows in self.tables
        )
        messages.append(_message_row(row, message, id_of[message.message_id]))
        for header, is_reply_to in ((message.in_reply_to, True), (message.references, False)):
            references.extend([(row, is_reply_to, n, id_of[mid]) for n, mid in enumerate(header)])
        if message.aliases:
            aliases.extend([(row, n, id_of[mid]) for n, mid in enumerate(message.aliases)])
        for n, t in enumerate(message.trailers):
            quote = None if t.quote == f"{t.key}: {t.value}" else t.quote
            trailers.append((row, n, t.key, t.value, t.line, t.place.value, quote))
        for n, f in enumerate(message.files):
            counts = (f.added, f.removed, f.code_added, f.code_removed)
            files.append((row, n, f.path, f.old_path, *counts, f.binary))
        for n, d in enumerate(message.disclosures):
            said.append(_disclosure_row(row, n, d))
        for n, defect in enumerate(message.defects):
            odd.append((row, n, defect.kind.value, defect.detail))
        if message.speech is not None:
            speech.append(_speech_row(row, message.speech))
        for n, mid in enumerate(message.predecessors):
            former.append((row, n, mid))
        for n, m in enumerate(message.marks):
            marks.append((row, n, m.kind.value, m.count, m.of, m.line, m.quote))
        if message.text_key:
            deliveries.append((row, 0, message.text_key, to_seconds(message.arrived)))

    def insert(self, conn: Connection) -> None:
        """Write all rows."""
        for table, rows in self.tables:
            insert_rows(conn, table, rows)


def _message_row(row: int, message: Message, msgid_id: int) -> Row:
    prefix, sender, author = message.prefix, message.sender, message.author
    same = author == sender
    return (
        row,
        message.blob,
        msgid_id,
        message.kind.value,
        message.subject,
        None if prefix.title == message.subject else prefix.title,
        prefix.is_reply,
        prefix.is_patch,
        prefix.is_pull,
        prefix.is_patchset,
        prefix.position,
        prefix.total,
        prefix.revision,
        prefix.title_revision,
        joined(tuple(sorted(prefix.flags))) if prefix.flags else "",
        joined(prefix.tags),
        prefix.doubled,
        sender.name,
        sender.email,
        sender_key(sender.email),
        None if same else author.name,
        None if same else author.email,
        to_seconds(message.date),
        message.list_id,
        joined(message.recipients),
        message.is_automatic,
        message.has_diff,
        message.patch_id,
        message.change_id,
        message.prose_lines,
    )


def _disclosure_row(row: int, n: int, d: Disclosure) -> Row:
    tools, uses = joined(d.tools), joined(d.uses)
    return (row, n, d.kind.value, d.key, d.value, d.agent, d.model, tools, uses, d.place.value, d.line, d.quote)


def _speech_row(row: int, said: Speech) -> Row:
    """Return what a mail says as a row."""
    asks, objects, claim = said.question, said.objection, said.claim
    return (
        row,
        said.own_lines,
        to_seconds(said.received),
        said.to_count,
        None if asks is None else asks.quote,
        None if asks is None else asks.line,
        None if objects is None else objects.quote,
        None if objects is None else objects.line,
        None if claim is None else claim.kind.value,
        None if claim is None else claim.where.quote,
        None if claim is None else claim.where.line,
        claim is not None and claim.is_notice,
    )


# The builders take the columns of one row after the owner and its order. The driver's rows are untyped: here
# they get their types, once.
def build_trailer(key: str, value: str, line: int, place: str, quote: str | None) -> Trailer:
    """Make a trailer of its row."""
    text = f"{key}: {value}" if quote is None else quote
    return Trailer(key=key, value=value, line=line, place=_PLACES[place], quote=text)


def build_file(
    path: str, old_path: str | None, added: int, removed: int, code_added: int, code_removed: int, is_binary: bool
) -> FileChange:
    """Make a file of its row."""
    return FileChange(
        path=path,
        old_path=old_path,
        added=added,
        removed=removed,
        code_added=code_added,
        code_removed=code_removed,
        binary=is_binary,
    )


def build_disclosure(
    kind: str,
    key: str,
    value: str,
    agent: str,
    model: str,
    tools: str,
    uses: str,
    place: str,
    line: int | None,
    quote: str,
) -> Disclosure:
    """Make a disclosure of its row."""
    return Disclosure(
        kind=_DISCLOSURES[kind],
        key=key,
        value=value,
        agent=agent,
        model=model,
        tools=split(tools),
        uses=split(uses),
        place=_PLACES[place],
        line=line,
        quote=quote,
    )


def build_defect(kind: str, detail: str) -> Defect:
    """Make a defect of its row."""
    return Defect(kind=_DEFECTS[kind], detail=detail)


def build_mark(kind: str, count: int, of: int, line: int | None, quote: str) -> Mark:
    """Make a mark of its row."""
    return Mark(_MARKS[kind], count, of, line, quote)


def build_predecessor(mid: str) -> str:
    """Make the Message-ID of a former revision of its row."""
    return mid


def build_delivery(text_key: str, arrived_at: int | None) -> tuple[str, datetime | None]:
    """Make what is known of a copy of its row."""
    return text_key, to_time(arrived_at)


def build_line(quote: str | None, line: int | None) -> Line | None:
    """Make a line of its two columns."""
    return None if quote is None else Line(line, quote)


def build_speech(
    own_lines: int,
    received_at: int | None,
    to_count: int,
    asks: str | None,
    asks_line: int | None,
    objects: str | None,
    objects_line: int | None,
    claim: str | None,
    claim_quote: str | None,
    claim_line: int | None,
    is_notice: bool,
) -> Speech:
    """Make what a mail says of its row."""
    where = build_line(claim_quote, claim_line)
    return Speech(
        own_lines=own_lines,
        received=to_time(received_at),
        to_count=to_count,
        question=build_line(asks, asks_line),
        objection=build_line(objects, objects_line),
        claim=None if claim is None or where is None else Claim(ClaimKind(claim), where, is_notice=is_notice),
    )
