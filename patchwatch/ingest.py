# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail into the database: source, parser, writer; one transaction per batch, with the cursor."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from patchwatch.model.mail import Message
from patchwatch.model.source import Added, Deleted, Event, Reached, Rewritten, Unreadable
from patchwatch.parse.mail import read_message
from patchwatch.sources.base import Source
from patchwatch.store.database import Database
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
) -> Ingested:
    """
    Read what is new in *source* into *db*.

    *location* names the source in the database (an absolute path), so that the next run continues. A run
    that is killed loses at most one batch, which the next run reads again. *progress* is told the number
    of mails after each batch.
    """
    writer = Writer(db, source.kind, location, list_name)
    done = Ingested()
    for events in _batches(source.events(writer.cursor())):
        with writer.batch() as batch:
            for event in events:
                _take(event, batch, done)
        if progress is not None:
            progress(sum(isinstance(event, Added) for event in events))
    done.counts = writer.counts
    return done


def _batches(events: Iterator[Event]) -> Iterator[list[Event]]:
    """
    Cut the events at their `Reached` marks.

    A batch always ends with the mark that covers it: rows and cursor then belong to the same transaction.
    """
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if isinstance(event, Reached) and len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _take(event: Event, batch: Batch, done: Ingested) -> None:
    match event:
        case Added():
            _add(event, batch, done)
        case Deleted():
            batch.delete(event)
        case Rewritten():
            batch.rewrite(event.epoch)
        case Reached():
            batch.reached(event)
        case Unreadable():
            batch.unreadable(event)
            done.unreadable.append(event)


def _add(event: Added, batch: Batch, done: Ingested) -> None:
    try:
        message = read_message(event.raw)
    except Exception as error:  # noqa: BLE001 - a bug in our parser must not cost the other mails of a run
        _logger.warning("%s: a bug in patchwatch: %r", event.raw.origin, error)
        reason = f"patchwatch could not read this mail (a bug): {type(error).__name__}"
        failed = Unreadable(epoch=event.epoch, origin=event.raw.origin, reason=reason)
        batch.unreadable(failed)
        done.unreadable.append(failed)
        return
    batch.add(event, message)
    if len(done.fresh) < KEPT and all(
        map(str.isascii, (message.message_id, *message.in_reply_to, *message.references))
    ):
        done.fresh[event.raw.blob] = message  # other ids may be stored in another form
