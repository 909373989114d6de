# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch ingest`: archives into the database."""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from patchwatch.cli.settings import Settings
from patchwatch.cli.trees import update_trees
from patchwatch.errors import UsageError
from patchwatch.ingest import Ingested, ingest
from patchwatch.judging import chooser
from patchwatch.reports.clean import several
from patchwatch.sources.base import Source
from patchwatch.sources.detect import open_source
from patchwatch.store.database import Database, open_database
from patchwatch.store.read import policies_used
from patchwatch.store.triage_rows import mark_all
from patchwatch.triage import triage

_SHOWN = 10
_QUIET_SECONDS = 1.0


def run_ingest(settings: Settings, sources: Sequence[str], policy: str | None) -> None:
    """Read every source, then assemble and judge what changed; one summary line each."""
    opened = [(where, _archive(where)) for where in sources]
    policies = settings.policies
    if policy:
        policies.get(policy, None)
    choose = chooser(policies, policy, settings.config.policy_by_list())
    # What an ingest makes holds no cycles, and looking for them costs 8 %: once after each source is enough.
    gc.disable()
    with open_database(settings.database, create=True) as db:
        trees = update_trees(settings, db)
        for where, source in opened:
            location = str(Path(where).resolve())
            name = Path(location).name
            with _progress(settings, name, source) as progress:
                done = ingest(source, db, location=location, list_name=name, progress=progress)
            written = triage(db, choose, trees, settings.config.own_addresses(), done.fresh)
            done.fresh.clear()
            _summary(settings, name, done, written)
            gc.collect()
        if policy and _judged_otherwise(db, policy):
            settings.say(f"series read before were judged by another policy: `patchwatch db rejudge --policy {policy}`")


def _judged_otherwise(db: Database, policy: str) -> bool:
    """Whether stored verdicts rest on another text than the one named now (`none` is what no text covers)."""
    with db.reading() as conn:
        return bool(policies_used(conn) - {policy.partition("@")[0], "none"})


def run_rejudge(settings: Settings, policy: str | None) -> None:
    """Assemble and judge everything in the database again."""
    policies = settings.policies
    if policy:
        policies.get(policy, None)
    choose = chooser(policies, policy, settings.config.policy_by_list())
    with open_database(settings.database) as db:
        with db.writing() as conn:
            mark_all(conn)
        written = triage(db, choose, update_trees(settings, db), settings.config.own_addresses())
    settings.say(f"{written} series judged again")


def _archive(where: str) -> Source:
    source = open_source(where, sys.stdin.buffer)
    if source.kind != "public-inbox":
        raise UsageError(
            f"{where}: ingest keeps no copy of mail and so reads public-inbox archives only "
            f"(this is {source.kind}); `patchwatch check {where}` judges it without a database"
        )
    return source


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
