# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch draft list`, `show` and `drop`: what became of drafts that were written."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection

from patchwatch.cli.draft_store import look, my_addresses, sink_for
from patchwatch.cli.settings import Settings
from patchwatch.errors import InputError, PatchwatchError
from patchwatch.reports.clean import clean, one_line
from patchwatch.sinks.values import Place, StoredState
from patchwatch.store import drafts as rows
from patchwatch.store.database import open_database
from patchwatch.store.drafts import DraftRow, Standing
from patchwatch.store.read import resolve_series


def run_list(settings: Settings, *, as_json: bool, stale: bool) -> None:
    """Show how all drafts stand, after a look into their places."""
    from patchwatch.cli.browse import page

    with open_database(settings.database) as db, db.reading() as conn:
        found = rows.drafts(conn, my_addresses(settings))
    seen = _looked(settings, found)
    now = datetime.now(UTC)
    stands = [(row, rows.standing(row, now, found=seen.get(_key(row)))) for row in found]
    chosen = [(row, how) for row, how in stands if how is Standing.STALE or not stale]
    if as_json:
        values = [_value(row, how, looked=_key(row) in seen) for row, how in chosen]
        document = {"schema": "patchwatch.drafts/1", "drafts": values}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        return
    if not chosen:
        settings.say("no drafts" + (" that a newer revision overtook" if stale else ""))
    page(settings, (_line(row, how) for row, how in chosen))


def run_show(settings: Settings, wanted: str, *, lore: bool) -> None:
    """Print the stored draft, else the one that would be written."""
    from patchwatch.cli.draft import make_draft
    from patchwatch.sinks.lore import git_lines, mailto

    data, file = _stored(settings, wanted) or (make_draft(settings, wanted, force=False)[0].data, "draft.eml")
    if lore:
        data = f"{git_lines(data, file)}\n\n{mailto(data)}\n".encode()
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def run_drop(settings: Settings, wanted: str, *, to: str, dry_run: bool) -> None:
    """Delete what is there and ours to the letter; tell about the rest, and fail when there is a rest."""
    with open_database(settings.database) as db:
        with db.reading() as conn:
            found = _find(conn, settings, wanted)
        if to:
            name = sink_for(settings, to).name
            found = [row for row in found if row.sink == name]
        if not found:
            raise InputError(f"no draft of {clean(wanted)} was written: `patchwatch draft list` shows what there is")
        kept = []
        for row in found:
            with _opened(settings, row.sink, write=not dry_run) as place:
                copies, state = look(place, row)
                if state is not StoredState.UNCHANGED:
                    kept.append(_why_kept(row, state))
                    continue
                if not dry_run:
                    for entry in copies:
                        place.drop(entry)
                    with db.writing() as conn:
                        rows.mark_dropped(conn, row)
                settings.say(f"draft dropped{' (dry run)' if dry_run else ''}: {copies[0].where}")
    if kept:
        raise InputError("; ".join(kept))


def _why_kept(row: DraftRow, state: StoredState) -> str:
    if state is StoredState.KEPT_EDITED:
        return f"the draft in {clean(row.sink)} was edited, so it is yours: delete it in your mail program"
    return f"the draft is not in {clean(row.sink)} any more"


def _find(conn: Connection, settings: Settings, wanted: str) -> list[DraftRow]:
    """Return the drafts that the user means: by Message-ID of the draft, else by series; InputError for neither."""
    me = my_addresses(settings)
    bare = wanted.strip().strip("<>")
    own = rows.drafts_about(conn, bare, me)
    if not own:
        by_start = [row for row in rows.drafts(conn, me) if bare and row.message_id.startswith(bare)]
        own = tuple(by_start) if len({row.message_id for row in by_start}) == 1 else ()
    return list(own or rows.drafts_about(conn, resolve_series(conn, wanted), me))


def _stored(settings: Settings, wanted: str) -> tuple[bytes, str] | None:
    """Return the draft as it lies in the first place that has it, and its file there."""
    if wanted == "-":
        return None
    with open_database(settings.database) as db, db.reading() as conn:
        found = _find(conn, settings, wanted)
    for row in found:
        with _opened(settings, row.sink, write=False) as place:
            for entry in place.copies(row.message_id):
                data = None if entry.deleted else place.read(entry)
                if data is not None:
                    return data, entry.where if row.sink.startswith(("eml:", "maildir:", "notmuch")) else "draft.eml"
    return None


@contextmanager
def _opened(settings: Settings, sink: str, *, write: bool) -> Iterator[Place]:
    with sink_for(settings, sink).opened(write=write) as place:
        yield place


def _looked(settings: Settings, found: Sequence[DraftRow]) -> dict[tuple[str, str], StoredState]:
    """Look once into each place; one that cannot be looked into is told, and its drafts are missing here."""
    seen: dict[tuple[str, str], StoredState] = {}
    for sink in dict.fromkeys(row.sink for row in found):
        try:
            with _opened(settings, sink, write=False) as place:
                for row in found:
                    if row.sink == sink:
                        seen[_key(row)] = look(place, row)[1]
        except PatchwatchError as error:
            settings.say(f"could not look into {clean(sink)}, so what is said of it is old: {clean(str(error))}")
    return seen


def _key(row: DraftRow) -> tuple[str, str]:
    return row.message_id, row.sink


def _line(row: DraftRow, how: Standing) -> str:
    more = f" as {clean(row.sent_as)}" if row.sent_as and row.sent_as != row.message_id else ""
    return f"{how.value:<8} {clean(row.series_id)}  v{row.revision}  {clean(row.sink)}{more}  {one_line(row.subject)}"


def _value(row: DraftRow, how: Standing, *, looked: bool) -> dict[str, object]:
    return {
        "message_id": row.message_id,
        "series_id": row.series_id,
        "subject": row.subject or None,
        "revision": row.revision,
        "target": row.target,
        "sink": row.sink,
        "where": row.place or None,
        "state": how.value,
        "looked": looked,
        "superseded": row.superseded,
        "written_at": None if row.written_at is None else f"{row.written_at:%Y-%m-%dT%H:%M:%SZ}",
        "sent_as": row.sent_as or None,
    }
