# SPDX-License-Identifier: GPL-2.0-or-later
"""What `doctor` looks at on the disk: archives, the database, room, and where drafts go."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from patchwatch.cli.doctor import FAULT, OK, WARNING, Check
from patchwatch.cli.settings import Settings
from patchwatch.config import mirrors_folder
from patchwatch.errors import InputError, PatchwatchError
from patchwatch.reports.clean import several
from patchwatch.syncing import Place, database_file, places_of

_LITTLE = 1 << 30  # bytes free: a warning below, a fault below a tenth of it


def check_archives(settings: Settings) -> Iterator[Check]:
    """Check each configured archive."""
    lists = {name: one for name, one in settings.config.list.items() if one.archive}
    for place in places_of(lists, mirrors_folder()) if lists else ():
        try:
            yield from _check_place(settings, place)
        except PatchwatchError as error:
            yield Check(FAULT, place.name, str(error), f"correct list.{place.name}.archive")


def _check_place(settings: Settings, place: Place) -> Iterator[Check]:
    from patchwatch.sources.detect import open_source

    if place.url and not (Path(place.source) / "git").is_dir():
        yield Check(WARNING, place.name, f"{place.where}: not mirrored yet", f"`patchwatch sync {place.name}` does it")
        return
    if place.is_far and not place.url:
        yield Check(OK, place.name, f"{place.where}: asked at each sync, not now")
        return
    source = open_source(place.source, None, settings.config.imap)
    if source.kind != "public-inbox" or not (Path(place.source) / "git").is_dir():
        yield Check(OK, place.name, f"{place.where}: {source.kind}")
        return
    yield from _check_epochs(place)


def _check_epochs(place: Place) -> Iterator[Check]:
    from patchwatch.sources.git_archive import epochs_of
    from patchwatch.sources.git_env import GitProblem, refusal, resolve_head

    epochs = epochs_of(Path(place.source))
    whole = True
    for epoch in epochs:
        try:
            reason = refusal(epoch.path) or ("" if resolve_head(epoch.path) else "has no commits yet")
            if not reason:
                next((epoch.path / "objects").iterdir(), None)
        except GitProblem as problem:
            reason = str(problem)
        except OSError as error:
            reason = f"cannot be read: {error.strerror}"
        if reason:
            whole = False
            unborn = reason == "has no commits yet"
            yield Check(WARNING if unborn else FAULT, place.name, f"{epoch.path}: {reason}")
    numbers = {int(epoch.name) for epoch in epochs}
    absent = [number for number in range(max(numbers)) if number not in numbers]
    if absent:
        which = f"{absent[0]}" if len(absent) == 1 else f"{absent[0]} to {absent[-1]}, {len(absent)} in all"
        advice = (
            f"`patchwatch sync --epochs 0 {place.name}` fetches all" if place.url else "series in them are not known"
        )
        yield Check(WARNING, place.name, f"{place.where}: epochs are not here: {which}", advice)
    if whole:
        yield Check(OK, place.name, f"{place.where}: {several(len(epochs), 'epoch')}")


def check_database(settings: Settings) -> Iterator[Check]:
    """Check that the database opens, and that nobody else reads it."""
    from patchwatch.store.database import open_database

    file = database_file(settings.database)
    label = str(file or "the server")
    try:
        with open_database(settings.database):
            pass
    except InputError:
        yield Check(WARNING, "database", f"none at {label} yet", "`patchwatch sync` or `patchwatch ingest` makes it")
        return
    yield Check(OK, "database", f"{label}: opens, its schema is current")
    if file is None:
        return
    for path in [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", ".sync", ".mail.git"))]:
        if path.exists():
            yield from _check_private(path, "database")
    if not os.access(file, os.W_OK) or not os.access(file.parent, os.W_OK):
        yield Check(FAULT, "database", f"{file}: cannot be written", "correct the owner or mode of it and its folder")


def _check_private(path: Path, subject: str) -> Iterator[Check]:
    """Warn of what other users can read: mail of private lists may be in it."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        wanted = "700" if path.is_dir() else "600"
        yield Check(WARNING, subject, f"{path}: other users may use it (mode {mode:o})", f"`chmod {wanted} {path}`")


def check_disk(settings: Settings) -> Iterator[Check]:
    """Check the room where the database and the mirrors are."""
    file = database_file(settings.database)
    seen: set[int] = set()
    for path in [*([file.parent] if file else []), mirrors_folder()]:
        here = next((one for one in (path, *path.parents) if one.exists()), Path("/"))
        if (device := here.stat().st_dev) in seen:
            continue
        seen.add(device)
        free = shutil.disk_usage(here).free
        status = OK if free >= _LITTLE else WARNING if free >= _LITTLE // 10 else FAULT
        yield Check(status, "disk", f"{here}: {free >> 20} MiB free", "" if status == OK else "make room")


def check_drafts(settings: Settings) -> Iterator[Check]:
    """Check that the configured place for drafts is one."""
    from patchwatch.sinks.open import open_sink

    where = settings.config.drafts.to
    if not where:
        yield Check(WARNING, "drafts", "no place is configured", "set drafts.to, for example to maildir:~/Mail/Drafts")
        return
    kind, _, rest = where.partition(":")
    if kind != "imap":
        open_sink(where)
    elif rest.partition("/")[0] not in settings.config.imap:
        yield Check(FAULT, "drafts", f"{where}: there is no account imap.{rest}", "add it, or correct drafts.to")
        return
    path = Path(rest).expanduser()
    if kind not in ("maildir", "eml", "mbox"):
        yield Check(OK, "drafts", where)
        return
    parent = path if path.exists() else path.parent
    if not parent.exists() or not os.access(parent, os.W_OK):
        yield Check(FAULT, "drafts", f"{where}: {parent} is not there or cannot be written", "correct drafts.to")
        return
    if kind == "maildir" and path.exists() and not all((path / name).is_dir() for name in ("cur", "new", "tmp")):
        yield Check(FAULT, "drafts", f"{where}: is no Maildir (cur, new, tmp)", "correct drafts.to")
        return
    yield from _check_private(path, "drafts") if path.exists() else ()
    yield Check(OK, "drafts", where)
