# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch draft new` and `draft write`."""

import sys
from datetime import UTC, datetime

from patchwatch.cli.browse import series_id
from patchwatch.cli.mails import Mails
from patchwatch.cli.settings import Settings
from patchwatch.drafts.compose import compose, target_message
from patchwatch.errors import InputError, UsageError
from patchwatch.identity import find_identity
from patchwatch.model.draft import Draft
from patchwatch.parse.target import read_target
from patchwatch.sinks.open import open_sink
from patchwatch.store.database import open_database
from patchwatch.store.read_series import load_series


def run_draft(settings: Settings, wanted: str, *, to: str) -> None:
    """Print a draft, and store it too when *to* names a place."""
    draft = _make(settings, wanted)
    sys.stdout.flush()
    sys.stdout.buffer.write(draft.data)
    sys.stdout.buffer.flush()
    if to:
        _store(settings, draft, to, dry_run=False)


def run_draft_write(settings: Settings, wanted: str, *, to: str, dry_run: bool) -> None:
    """Store a draft in *to*, else in the configured place."""
    where = to or settings.config.drafts.to
    if not where:
        raise UsageError("where to? --to eml:PATH or maildir:PATH, or set drafts.to in the configuration")
    _store(settings, _make(settings, wanted), where, dry_run=dry_run)


def _make(settings: Settings, wanted: str) -> Draft:
    with open_database(settings.database) as db, db.reading() as conn:
        series, verdict = load_series(conn, series_id(conn, wanted))
        message = target_message(series, verdict)
        mails = Mails(conn)
        raw = mails.read(message)
        if raw is None:
            raise InputError(
                f"the mail {message.message_id} cannot be read again from {mails.where(message)}: "
                "is the archive still there?"
            )
    identity = find_identity(settings.config)
    return compose(read_target(raw), series, verdict, identity, now=datetime.now(UTC))


def _store(settings: Settings, draft: Draft, where: str, *, dry_run: bool) -> None:
    """Store a draft that b4 itself reads no trailer from: a draft must change nothing but the reader's mind."""
    from patchwatch.adapters.b4 import harvested_trailers

    taken = harvested_trailers(draft.data)
    if taken:
        raise InputError(f"the draft is not stored: b4 would take {taken[0]!r} as a trailer of yours")
    stored = open_sink(where).put(draft, dry_run=dry_run)
    settings.say(f"draft {stored.state}{' (dry run)' if dry_run else ''}: {stored.where}")
