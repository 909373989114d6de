# SPDX-License-Identifier: GPL-2.0-or-later
"""Small mails, series and verdicts for the tests of the store; all people are invented."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from patchwatch.model.diff import FileChange, Role
from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.mail import (
    Defect,
    DefectKind,
    Message,
    MessageKind,
    Person,
    Place,
    RawMessage,
    Subject,
    Trailer,
)
from patchwatch.model.series import Patch, RevisionLink, Series
from patchwatch.model.source import Added, Deleted, Reached, Rewritten, Unreadable
from patchwatch.model.verdict import (
    Effect,
    Evidence,
    Finding,
    Level,
    Outcome,
    Part,
    PatchSize,
    PolicyRef,
    Question,
    Skipped,
    Verdict,
)
from patchwatch.store import schema
from patchwatch.store.database import Database
from patchwatch.store.schema import metadata
from patchwatch.store.writer import Writer

ANNA = Person("Anna Example", "Anna@example.org")
BERT = Person("Bert Example", "bert@example.com")
START = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)

Told = Added | Deleted | Rewritten | Reached | Unreadable


def blob_of_name(name: str) -> str:
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()


def make_message(name: str, *, parents: Iterable[str] = (), text: str = "", **changes: object) -> Message:
    """Make a patch mail `<name>@example.org`; *text* makes another mail with the same Message-ID."""
    subject = f"[PATCH] foo: fix {name}"
    message = Message(
        blob=blob_of_name(name + text),
        message_id=f"{name}@example.org",
        aliases=(),
        kind=MessageKind.PATCH,
        subject=subject,
        prefix=Subject(title=f"foo: fix {name}", is_patch=True),
        sender=ANNA,
        author=ANNA,
        date=START,
        in_reply_to=tuple(f"{parent}@example.org" for parent in parents),
        references=(),
        list_id="list.example.org",
        recipients=("list@example.org",),
        is_automatic=False,
        has_diff=True,
    )
    return replace(message, **changes)  # type: ignore[arg-type]  # a builder takes any field


def make_full_message(name: str) -> Message:
    """Make a mail in which no field has its default, with text that is hard to store."""
    return make_message(
        name,
        aliases=("other@example.org", "third@example.org"),
        prefix=Subject(
            title="foo: fïx \U0001f600 'quotes' \"and\" % signs",
            is_reply=True,
            is_patch=True,
            is_pull=True,
            is_patchset=True,
            position=2,
            total=3,
            revision=4,
            title_revision=5,
            flags=frozenset({"RFC", "RESEND"}),
            tags=("net-next", "Stable"),
            doubled=True,
        ),
        author=Person("", "x"),
        date=datetime(2038, 2, 1, tzinfo=UTC),
        in_reply_to=("b@example.org", "a@example.org"),
        references=("a@example.org", "b@example.org", "a@example.org"),
        recipients=("list@example.org", "bert@example.com"),
        is_automatic=True,
        trailers=(
            Trailer(key="Signed-off-by", value="A <a@b>", line=9, place=Place.TRAILERS, quote="Signed-off-by: A <a@b>"),
            Trailer(key="acked-by", value="B", line=2, place=Place.BODY, quote="acked-by:  B"),
        ),
        disclosures=(
            Disclosure(
                kind=DisclosureKind.TRAILER,
                key="Assisted-by",
                value="Robot:r-1 sparse",
                agent="Robot",
                model="r-1",
                tools=("sparse", "gcc"),
                uses=("code", "debugging"),
                place=Place.TRAILERS,
                line=8,
                quote="Assisted-by: Robot:r-1 sparse",
            ),
            make_identity(),
        ),
        files=(
            FileChange(path="a/b.c", old_path="a/c.c", added=5, removed=4, code_added=3, code_removed=2),
            FileChange(path="logo.png", binary=True),
        ),
        patch_id="0" * 40,
        change_id="20261102-fix-1",
        prose_lines=7,
        defects=(Defect(kind=DefectKind.DATE, detail="no zone"), Defect(kind=DefectKind.DIFF, detail="short hunk")),
    )


def make_identity() -> Disclosure:
    return Disclosure(
        kind=DisclosureKind.IDENTITY,
        key="",
        value="",
        agent="Robot",
        model="",
        tools=(),
        uses=(),
        place=Place.HEADER,
        line=None,
        quote="Robot <robot@example.com>",
    )


def make_series(patches: list[Message], **changes: object) -> Series:
    head = patches[0]
    series = Series(
        id=head.message_id,
        subject=head.prefix.title,
        author=head.author,
        date=head.date,
        revision=1,
        revision_inferred=True,
        expected=len(patches),
        cover=None,
        patches=tuple(Patch(position=n, message=message) for n, message in enumerate(patches, 1)),
        missing=(),
    )
    return replace(series, **changes)  # type: ignore[arg-type]  # a builder takes any field


def make_verdict(series: Series, outcome: Outcome = Outcome.READY, **changes: object) -> Verdict:
    verdict = Verdict(
        policy=PolicyRef(id="test", version="1", status="in-force", source="https://example.org/p", digest="ab"),
        outcome=outcome,
        findings=(),
        skipped=(),
        human=(),
        sizes=tuple(
            PatchSize(
                message_id=patch.message.message_id,
                roles=tuple(Role.CODE for _ in patch.message.files),
                by_role=((Role.CODE, sum(f.added for f in patch.message.files), 0),),
            )
            for patch in series.patches
        ),
    )
    return replace(verdict, **changes)  # type: ignore[arg-type]  # a builder takes any field


def make_full_verdict(series: Series) -> Verdict:
    """Make a verdict in which no field is empty."""
    quote = Evidence(message_id=series.id, part=Part.COMMIT_LOG, line=8, quote="Assisted-by: Robot:r-1 sparse")
    header = Evidence(message_id="gone@example.org", part=Part.HEADER, line=None, quote="From: x")
    return make_verdict(
        series,
        Outcome.ASK,
        findings=(
            Finding(
                rule="undisclosed-ai",
                level=Level.FACT,
                effect=Effect.ASK,
                message="says nothing",
                evidence=(quote, header),
                clause="https://example.org/p#1",
            ),
            Finding(
                rule="borderline-size",
                level=Level.INFO,
                effect=Effect.DECLINE,
                message="21 of 20 lines",
                evidence=(),
                clause="",
                waived=True,
                since_revision=2,
            ),
        ),
        skipped=(Skipped(rule="resend", reason="no archive"), Skipped(rule="a", reason="b")),
        human=(Question(id="understands", ask="Can you explain it?"),),
        sizes=(
            PatchSize(
                message_id=series.patches[0].message.message_id,
                roles=(Role.TESTS, Role.BUILD),
                by_role=((Role.TESTS, 5, 4), (Role.CODE, 0, 0), (Role.BUILD, 1, 2)),
            ),
            PatchSize(message_id="elsewhere@example.org", roles=(), by_role=()),
        ),
    )


def make_link(revision: int, id_: str) -> RevisionLink:
    return RevisionLink(revision=revision, id=id_, evidence="change-id")


def later(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def added(position: int, message: Message, epoch: str = "0") -> tuple[Added, Message]:
    raw = RawMessage(blob=message.blob, data=b"", origin="test")
    return Added(epoch=epoch, position=position, raw=raw), message


def deleted(position: int, message: Message, epoch: str = "0") -> tuple[Deleted, None]:
    return Deleted(epoch=epoch, position=position, blob=message.blob), None


def reached(count: int, epoch: str = "0", tip: str = "t") -> tuple[Reached, None]:
    return Reached(epoch=epoch, tip=f"{tip}{count}", count=count), None


def rewritten(epoch: str = "0") -> tuple[Rewritten, None]:
    return Rewritten(epoch=epoch), None


def tell(writer: Writer, *events: tuple[Told, Message | None]) -> None:
    """Store events as one batch."""
    with writer.batch() as batch:
        for event, message in events:
            match event:
                case Added():
                    assert message is not None
                    batch.add(event, message)
                case Deleted():
                    batch.delete(event)
                case Rewritten():
                    batch.rewrite(event.epoch)
                case Reached():
                    batch.reached(event)
                case Unreadable():
                    batch.unreadable(event)


def store(db: Database, *messages: Message, location: str = "/archive") -> Writer:
    """Store mails in one batch of a fresh run over an archive."""
    writer = Writer(db, "public-inbox", location, "test")
    tell(writer, *(added(n, message) for n, message in enumerate(messages)), reached(len(messages)))
    return writer


def dump(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return the content of all tables of mails without row ids: Message-IDs and blobs stand for them."""
    with db.reading() as conn:
        mids = {row: mid for row, mid, _ in conn.execute(select(schema.msgid))}
        blobs = dict(conn.execute(select(schema.message.c.id, schema.message.c.blob)).all())
        names = {"message_id": blobs, "msgid_id": mids}
        content = {
            table.name: sorted(_plain(conn, table.name, names), key=repr)
            for table in metadata.sorted_tables
            if table.name not in ("msgid", "pending", "series_message", "evidence", "patch_size", "series")
        }
        threads: dict[int, set[str]] = {}
        for row, mid, thread in conn.execute(select(schema.msgid)):
            threads.setdefault(thread, set()).add(mid)
            assert thread <= row
        content["threads"] = sorted(tuple(sorted(thread)) for thread in threads.values())
        marked = conn.execute(select(schema.pending.c.thread)).scalars()
        content["pending"] = sorted(tuple(sorted(threads[thread])) for thread in marked)
    return content


def _plain(conn: Connection, name: str, names: dict[str, dict[int, str]]) -> list[tuple[object, ...]]:
    table = metadata.tables[name]
    rows = conn.execute(select(table)).mappings()
    return [tuple(names[key][row[key]] if key in names else row[key] for key in row if key != "id") for row in rows]
