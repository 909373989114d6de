# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading a mail's text again: from the archive it came from, or from our own spool for what no archive keeps."""

from sqlalchemy import Connection

from patchwatch.errors import PatchwatchError
from patchwatch.model.mail import Message, RawMessage
from patchwatch.model.series import Series
from patchwatch.parse.headers import split_headers
from patchwatch.parse.measures import Measures, measure_changes
from patchwatch.parse.mime import read_body
from patchwatch.reports.jsonable import Value, plain, rfc3339
from patchwatch.sources.base import Source
from patchwatch.sources.detect import open_source
from patchwatch.sources.spool import Spool
from patchwatch.store.deliveries import Delivery
from patchwatch.store.read import blob_of
from patchwatch.store.rows import StoredBlob


class Mails:
    """The archives behind a database, each opened once, and the *spool* beside it."""

    def __init__(self, conn: Connection, spool: Spool | None = None) -> None:
        self._conn = conn
        self._spool = spool
        self._sources: dict[str, Source | None] = {}

    def read(self, message: Message) -> RawMessage | None:
        """Return the bytes of *message*, None when no archive of it can be read any more."""
        for place in blob_of(self._conn, message.message_id):
            data = self._data(place) if place.blob == message.blob else None
            if data is not None:
                return RawMessage(blob=place.blob, data=data, origin=place.location)
        return None

    def data(self, message: Message) -> bytes | None:
        """Return the bytes alone."""
        raw = self.read(message)
        return None if raw is None else raw.data

    def where(self, message: Message) -> str:
        """Return the places where *message* was found, for people."""
        return ", ".join(place.location for place in blob_of(self._conn, message.message_id)) or "no archive"

    def _data(self, place: StoredBlob) -> bytes | None:
        if not place.kind.startswith("public-inbox"):
            return None if self._spool is None else self._spool.read(place.blob)
        source = self._source(place.location)
        return None if source is None else source.read(place.blob)

    def _source(self, location: str) -> Source | None:
        if location not in self._sources:
            try:
                self._sources[location] = open_source(location)
            except PatchwatchError:
                self._sources[location] = None
        return self._sources[location]


def delivery_value(one: Delivery) -> Value:
    """Return one copy of a mail for JSON."""
    return {
        "message_id": plain(one.message_id),
        "list": plain(one.list_id) or None,
        "kind": one.kind,
        "source": plain(one.location),
        "blob": one.blob,
        "time": rfc3339(one.arrived),
    }


def measures_of(series: Series, mails: Mails) -> dict[str, Measures]:
    """Measure each patch whose mail can be read again and whose diff can be read line by line; keys are blob ids."""
    found: dict[str, Measures] = {}
    for message in (patch.message for patch in series.patches):
        raw = mails.read(message) if message.files else None
        if raw is None:
            continue
        body = read_body(raw.data, split_headers(raw.data))
        measured = measure_changes(body.text.split("\n"))
        if measured is not None:
            found[message.blob] = measured
    return found
