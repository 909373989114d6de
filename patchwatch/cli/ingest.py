# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch ingest`: archives and inboxes into the database."""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from patchwatch.cli.settings import Settings
from patchwatch.cli.trees import update_trees
from patchwatch.errors import ServerError
from patchwatch.ingest import Ingested, ingest, location_of
from patchwatch.judging import chooser
from patchwatch.reports.clean import several
from patchwatch.sources.base import Source
from patchwatch.sources.detect import open_source
from patchwatch.store.database import Database, open_database
from patchwatch.store.read import policies_used
from patchwatch.triage import triage

_SHOWN = 10
_QUIET_SECONDS = 1.0


def run_ingest(settings: Settings, sources: Sequence[str], policy: str | None) -> None:
    """
    Read every source, then assemble and judge what changed; one summary line each.

    A server that fails does not stop the other sources; it is told at the end (exit code 4).
    """
    accounts = settings.config.imap
    places = [_on_disk(settings, where) for where in sources]
    opened = [(where, open_source(where, sys.stdin.buffer, accounts, settings.contact_for(where))) for where in places]
    failed: list[str] = []
    policies, now = settings.policies, datetime.now(UTC)
    if policy:
        policies.get(policy, None)
    choose = chooser(policies, policy, settings.config.policy_by_list())
    # What an ingest makes holds no cycles, and looking for them costs 8 %: once after each source is enough.
    gc.disable()
    with open_database(settings.database, create=True) as db:
        trees = update_trees(settings, db)
        for where, source in opened:
            location = location_of(where, source)
            name = Path(location).name if location.startswith("/") else where
            done = Ingested()
            problem = _read(settings, db, source, location, name, done)
            written = triage(db, choose, trees, settings.config.own_addresses(), done.fresh, now)
            done.fresh.clear()
            if problem is None or done.counts.new:
                _summary(settings, name, done, written)
            failed += [] if problem is None else [str(problem)]
            gc.collect()
        if policy and _judged_otherwise(db, policy):
            settings.say(f"series read before were judged by another policy: `patchwatch db rejudge --policy {policy}`")
    if failed:
        raise ServerError("\n  ".join(failed))


def _read(
    settings: Settings, db: Database, source: Source, location: str, name: str, done: Ingested
) -> ServerError | None:
    """Read one source into *done*; return what its server failed with."""
    try:
        with _progress(settings, name, source) as progress:
            spool = settings.spool
            ingest(source, db, location=location, list_name=name, progress=progress, spool=spool, done=done,
                   index=settings.config.index)  # fmt: skip
    except ServerError as error:
        return error
    return None


def _on_disk(settings: Settings, where: str) -> str:
    """Return *where*; for the URL of a list the folder of its mirror, brought up to date."""
    if settings.offline or not where.lower().startswith(("http://", "https://")):
        return where
    from patchwatch.cli.sync import mirrored

    return mirrored(settings, where)


def _judged_otherwise(db: Database, policy: str) -> bool:
    """Whether stored verdicts rest on another text than the one named now (`none` is what no text covers)."""
    with db.reading() as conn:
        return bool(policies_used(conn) - {policy.partition("@")[0], "none"})


def _summary(settings: Settings, name: str, done: Ingested, written: int) -> None:
    counts = done.counts
    if not (counts.new or counts.known or counts.deleted or counts.forgotten or done.unreadable):
        settings.say(f"{name}: nothing new")
        return
    parts = [several(counts.new, "new message"), f"{written} series judged"]
    parts += [f"{counts.known} known before"] if counts.known else []
    parts += [several(counts.deleted, "deletion")] if counts.deleted else []
    parts += [f"{several(counts.forgotten, 'message')} forgotten"] if counts.forgotten else []
    parts += [f"{len(done.unreadable)} could not be read"] if done.unreadable else []
    settings.say(f"{name}: {', '.join(parts)}")
    shown = done.unreadable if settings.verbose else done.unreadable[:_SHOWN]
    for one in shown:
        settings.say(f"  {one.origin}: {one.reason}")
    if len(shown) < len(done.unreadable):
        settings.say(f"  and {len(done.unreadable) - len(shown)} more (-v lists all)")


@contextmanager
def _progress(settings: Settings, name: str, source: Source) -> Iterator[Callable[[int], None] | None]:
    """Show a bar on a terminal, after one second; otherwise nothing."""
    if settings.quiet or not sys.stderr.isatty():
        yield None
        return
    bar = _Bar(name, source)
    try:
        yield bar.advance
    finally:
        bar.close()


class _Bar:
    """A progress bar that is made when the run turns out to be long."""

    def __init__(self, name: str, source: Source) -> None:
        self._name = name
        self._source = source
        self._started = monotonic()
        self._done = 0
        self._close: Callable[[], None] | None = None
        self._update: Callable[[int], None] | None = None

    def advance(self, mails: int) -> None:
        """Count *mails* more."""
        self._done += mails
        if self._update is None and monotonic() - self._started > _QUIET_SECONDS:
            self._open()
        if self._update is not None:
            self._update(self._done)

    def close(self) -> None:
        """Take the bar away."""
        if self._close is not None:
            self._close()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from patchwatch.model.source import Cursor

        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        task = progress.add_task(self._name, total=self._source.count(Cursor()))
        progress.start()
        self._close = progress.stop
        self._update = lambda done: progress.update(task, completed=done)
