# SPDX-License-Identifier: GPL-2.0-or-later
"""Mails judged by way of a real database, after others that it knows already."""

import mailbox
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha1
from pathlib import Path

from builders_store import added, tell
from patchwatch.judging import Chooser
from patchwatch.model.mail import RawMessage
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.parse.mail import read_message
from patchwatch.policy.profile import Policy
from patchwatch.store.database import Database, open_database
from patchwatch.store.read_series import load_series
from patchwatch.store.triage_rows import mark_all
from patchwatch.store.writer import Writer
from patchwatch.triage import triage

DAILY = ".daily.eml"
LAST_DAY = datetime(2026, 8, 31, 12, tzinfo=UTC)
DAYS = 240


def read_mails(path: Path) -> list[bytes]:
    """Read a mail, an mbox, or a mail that stands for one on each of many days up to `LAST_DAY`."""
    if path.name.endswith(DAILY):
        form = path.read_text(encoding="utf-8")
        dates = [format_datetime(LAST_DAY - timedelta(days=n)) for n in range(DAYS)]
        return [form.replace("@N@", str(n)).replace("@DATE@", date).encode() for n, date in enumerate(dates)]
    if path.suffix == ".eml":
        return [path.read_bytes()]
    box = mailbox.mbox(path, create=False)
    return [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 - a mailbox iterates over messages


def add_mails(db: Database, mails: Sequence[bytes], location: str = "/archive") -> None:
    """Store mails as a source would; not yet assembled."""
    writer = Writer(db, "public-inbox", location, "foo")
    blobs = [sha1(data, usedforsecurity=False).hexdigest() for data in mails]
    raw = [RawMessage(blob=blob, data=data, origin="test") for blob, data in zip(blobs, mails, strict=True)]
    tell(writer, *(added(n, read_message(one)) for n, one in enumerate(raw)))


def all_series(db: Database) -> dict[str, tuple[Series, Verdict]]:
    """Read everything back, by id."""
    from sqlalchemy import select

    from patchwatch.store.schema import series

    with db.reading() as conn:
        ids = conn.execute(select(series.c.id).order_by(series.c.posted_at, series.c.id)).scalars().all()
        return {one: load_series(conn, one) for one in ids}


def judge_again(db: Database, choose: Chooser) -> None:
    """Assemble and judge all that is stored once more."""
    with db.writing() as conn:
        mark_all(conn)
    triage(db, choose)


def judge_after(
    path: Path, earlier: Sequence[bytes], mails: Sequence[bytes], policy: Policy, other: Callable[[Series], Policy]
) -> list[tuple[Series, Verdict]]:
    """Judge *mails* by *policy* in a new database at *path* that got *earlier*, which fall under *other*, before."""
    own = {read_message(RawMessage(blob="0" * 40, data=data, origin="test")).message_id for data in mails}

    def choose(one: Series) -> Policy:
        return policy if one.head.message_id in own else other(one)

    with open_database(str(path), create=True) as db:
        if earlier:
            add_mails(db, earlier, "/earlier")
            triage(db, choose)
        add_mails(db, mails)
        triage(db, choose)
        return [found for found in all_series(db).values() if found[0].head.message_id in own]
