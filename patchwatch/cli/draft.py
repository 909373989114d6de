# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch draft new` and `draft write`."""

import sys
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import Connection

from patchwatch.cli.browse import series_id
from patchwatch.cli.draft_store import chosen_place, say_stored, sink_for, storing
from patchwatch.cli.mails import Mails
from patchwatch.cli.settings import Settings
from patchwatch.drafts.compose import compose, target_message
from patchwatch.drafts.refuse import effective, heard_by_others, unraised
from patchwatch.errors import InputError
from patchwatch.identity import find_identity
from patchwatch.model.draft import Draft
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.parse.target import read_target
from patchwatch.store.database import open_database
from patchwatch.store.drafts import About, about
from patchwatch.store.read_series import load_series


def run_draft(settings: Settings, wanted: str, *, to: str, dry_run: bool = False, force: bool = False) -> None:
    """Print a draft, and store it too when *to* names a place."""
    if to:
        sink_for(settings, to)
    draft, what = make_draft(settings, wanted, force=force)
    if to not in ("-", "stdout"):
        sys.stdout.flush()
        sys.stdout.buffer.write(draft.data)
        sys.stdout.buffer.flush()
    if to:
        _store(settings, draft, what, to, dry_run=dry_run, force=force)


def run_draft_write(settings: Settings, wanted: str, *, to: str, dry_run: bool, force: bool = False) -> None:
    """Store a draft in *to*, else in the configured place."""
    where = chosen_place(settings, to)
    sink_for(settings, where)  # a place that cannot be is told before anything else
    draft, what = make_draft(settings, wanted, force=force)
    _store(settings, draft, what, where, dry_run=dry_run, force=force)


def make_draft(settings: Settings, wanted: str, *, force: bool) -> tuple[Draft, About]:
    """Compose the draft about the series *wanted*, and say what it is about. Raises NoDraft."""
    with open_database(settings.database) as db, db.reading() as conn:
        series, verdict = load_series(conn, series_id(conn, wanted))
        heard = frozenset[int]() if force else _heard(conn, series, verdict)
        fresh = unraised(series, verdict, heard)
        message = target_message(series, fresh if effective(fresh) else verdict)
        mails = Mails(conn, settings.spool)
        raw = mails.read(message)
        if raw is None:
            raise InputError(
                f"the mail {message.message_id} cannot be read again from {mails.where(message)}: "
                "is the archive still there?"
            )
        what = about(conn, series, fresh if effective(fresh) else verdict)
    identity = find_identity(settings.config)
    return compose(read_target(raw), series, verdict, identity, now=datetime.now(UTC), heard=heard), what


def _heard(conn: Connection, series: Series, verdict: Verdict) -> frozenset[int]:
    """Return the earlier revisions that carried a point of this one and that others replied to."""
    oldest = min((one.since_revision for one in effective(verdict)), default=series.revision)
    earlier = [link for link in series.earlier if oldest <= link.revision < series.revision]
    heard = set()
    for link in earlier:
        with suppress(InputError):  # forgotten since
            if heard_by_others(load_series(conn, link.id)[0]):
                heard.add(link.revision)
    return frozenset(heard)


def _store(
    settings: Settings, draft: Draft, what: About, where: str, *, dry_run: bool = False, force: bool = False
) -> None:
    with (
        open_database(settings.database) as db,
        storing(settings, db, where, dry_run=dry_run, force=force) as store,
    ):
        say_stored(settings, store.put(draft, what), dry_run=dry_run)
