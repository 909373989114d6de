# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail into the database: source, parser, writer; one transaction per batch, with the cursor."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from patchwatch.errors import PatchwatchError
from patchwatch.model.mail import Message, RawMessage
from patchwatch.model.source import Added, Deleted, Event, Reached, Rewritten, Unreadable
from patchwatch.parse.mail import read_message
from patchwatch.parse.words import PROSE, ReadText, words_of
from patchwatch.sources.base import Source
from patchwatch.sources.spool import Spool
from patchwatch.store.database import Database
from patchwatch.store.log import last_added
from patchwatch.store.text_index import sweep
from patchwatch.store.writer import Batch, Counts, Writer

BATCH = 2_000
KEPT = 20_000

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Ingested:
    """
    What one run on one source did: *counts* of the writer, what could not be read, and by blob id the mails
    that were stored (the first `KEPT` of them, so that memory stays bounded).
    """

    counts: Counts = field(default_factory=Counts)
    fresh: dict[str, Message] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)


def ingest(
    source: Source,
    db: Database,
    *,
    location: str,
    list_name: str = "",
    progress: Callable[[int], None] | None = None,
    spool: Spool | None = None,
    done: Ingested | None = None,
    index: Collection[str] = (PROSE,),
) -> Ingested:
    """
    Read what is new in *source* into *db*.

    A source that will not keep its mail for us has it put into *spool* first, so that a row never names a mail that
    cannot be read again; of such a source each mail is taken once, however often it comes.

    *location* names the source in the database (an absolute path), so that the next run continues. A run
    that is killed loses at most one batch, which the next run reads again. *progress* is told the number
    of mails after each batch. What was done is added to *done*, which so is known when a server fails midway.
    *index*: the parts of the text whose words are found.
    """
    writer = Writer(db, source.kind, location, list_name, index)
    done = Ingested() if done is None else done
    done.counts = writer.counts
    spooling = None if keeps_mail(source) else _Spooling(writer, spool)
    for told in _batches(source.events(writer.cursor())):
        events, again = (told, []) if spooling is None else spooling.take(told)
        with writer.batch() as batch:
            for event in events:
                _take(event, batch, done, index)
            for raw in again:
                batch.reread(*_read(raw, index))
        if progress is not None:
            progress(sum(isinstance(event, Added) for event in events))
    for raws in () if spooling is None else spooling.rest():
        with writer.batch() as batch:
            for raw in raws:
                batch.reread(*_read(raw, index))
    if spool is not None:
        spool.release()
    sweep(db)
    return done


def location_of(where: str, source: Source) -> str:
    """Return what names *source*, which the user called *where*, in the database: an absolute path, if it has one."""
    if source.kind in ("stdin", "imap", "notmuch", "lei", "http"):
        return source.name
    kind, colon, path = where.partition(":")
    if colon and kind in ("maildir", "mbox") and not Path(where).exists():
        where = path
    return str(Path(where).expanduser().resolve())


def _batches(events: Iterator[Event]) -> Iterator[list[Event]]:
    """
    Cut the events at their `Reached` marks.

    A batch always ends with the mark that covers it: rows and cursor then belong to the same transaction.
    """
    batch: list[Event] = []
    try:
        for event in events:
            batch.append(event)
            if isinstance(event, Reached) and len(batch) >= BATCH:
                yield batch
                batch = []
    except PatchwatchError:  # a server that went away: what it told up to the last mark is good
        while batch and not isinstance(batch[-1], Reached):
            batch.pop()
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def clean_spool(db: Database, spool: Spool) -> int:
    """
    Forget the text of mails that no source has any more, or whose run was killed; return how many went.

    Raises DatabaseError while another process reads an inbox.
    """

    def live(blobs: set[str]) -> Collection[str]:
        with db.reading() as conn:
            return last_added(conn, blobs).keys()

    return spool.keep_only(live)


def keeps_mail(source: Source) -> bool:
    """Whether a source is an archive, in which every mail stays under its blob id."""
    return source.kind.startswith("public-inbox")


class _Spooling:
    """
    Keeps the text of what a source gives, and leaves out what it gave before.

    A mailbox that was written anew, or a pipe, gives the same mails again: positions close up over them.
    """

    def __init__(self, writer: Writer, spool: Spool | None) -> None:
        self._writer = writer
        self._spool = spool
        self._left_out: Counter[str] = Counter()
        # An upgrade takes the tip out of a cursor: then the facts of all mail are wanted anew.
        self._again = any(not tip for _, tip in writer.cursor().tips)
        self._seen: set[str] = set()

    def take(self, events: list[Event]) -> tuple[list[Event], list[RawMessage]]:
        """Return the events that are news, and mails whose facts alone are to be read again."""
        added = [event.raw for event in events if isinstance(event, Added)]
        known = self._writer.known_here([raw.blob for raw in added])
        if self._spool is not None:
            self._spool.add((raw.blob, raw.data) for raw in added)
        kept: list[Event] = []
        again: dict[str, RawMessage] = {}
        for event in events:
            if isinstance(event, Added) and event.raw.blob in known:
                self._left_out[event.epoch] += 1
                again[event.raw.blob] = event.raw
                continue
            if isinstance(event, Added):
                known.add(event.raw.blob)
            elif isinstance(event, Deleted):
                known.discard(event.blob)
            kept.append(self._moved(event))
        self._seen |= again.keys() if self._again else set()
        return kept, list(again.values()) if self._again else []

    def rest(self) -> Iterator[list[RawMessage]]:
        """Yield, after an upgrade, the mails that the source no longer has and we keep."""
        left = sorted(self._writer.known_here() - self._seen) if self._again and self._spool is not None else []
        for start in range(0, len(left), BATCH):
            found = ((blob, self._spool.read(blob)) for blob in left[start : start + BATCH] if self._spool is not None)
            yield [RawMessage(blob=blob, data=data, origin=blob) for blob, data in found if data is not None]

    def _moved(self, event: Event) -> Event:
        left_out = self._left_out[event.epoch]
        if not left_out:
            return event
        if isinstance(event, Added | Deleted):
            return replace(event, position=event.position - left_out)
        return replace(event, count=event.count - left_out) if isinstance(event, Reached) else event


def _read(raw: RawMessage, index: Collection[str]) -> tuple[Message, str]:
    """Read one mail: its facts, and the words that it is found by."""
    texts: list[ReadText] = []
    message = read_message(raw, texts)
    return message, words_of(message, texts[0], index)


def _take(event: Event, batch: Batch, done: Ingested, index: Collection[str]) -> None:
    match event:
        case Added():
            _add(event, batch, done, index)
        case Deleted():
            batch.delete(event)
        case Rewritten():
            batch.rewrite(event.epoch)
        case Reached():
            batch.reached(event)
        case Unreadable():
            batch.unreadable(event)
            done.unreadable.append(event)


def _add(event: Added, batch: Batch, done: Ingested, index: Collection[str]) -> None:
    try:
        message, words = _read(event.raw, index)
    except Exception as error:  # noqa: BLE001 - a bug in our parser must not cost the other mails of a run
        _logger.warning("%s: a bug in patchwatch: %r", event.raw.origin, error)
        reason = f"patchwatch could not read this mail (a bug): {type(error).__name__}"
        failed = Unreadable(epoch=event.epoch, origin=event.raw.origin, reason=reason)
        batch.unreadable(failed)
        done.unreadable.append(failed)
        return
    batch.add(event, message, words)
    if len(done.fresh) < KEPT and all(
        map(str.isascii, (message.message_id, *message.in_reply_to, *message.references))
    ):
        done.fresh[event.raw.blob] = message  # other ids may be stored in another form
