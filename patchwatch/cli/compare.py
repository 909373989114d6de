# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch diff`."""

import sys

from sqlalchemy import Connection

from patchwatch.assemble.compare import compare
from patchwatch.assemble.evidence import age
from patchwatch.cli.browse import page, series_id
from patchwatch.cli.mails import Mails
from patchwatch.cli.settings import Settings
from patchwatch.errors import InputError
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.reports.compare import compare_json, compare_lines
from patchwatch.reports.text import Style
from patchwatch.sources.git_env import GitProblem
from patchwatch.sources.range_diff import range_diff
from patchwatch.store.database import open_database
from patchwatch.store.read import resolve_series
from patchwatch.store.read_series import load_series

_MAX_STEPS = 200  # revisions that are followed forwards
_Judged = tuple[Series, Verdict]


def run_diff(
    settings: Settings, wanted: str, first: str | None, second: str | None, *, as_json: bool, tree: str | None
) -> None:
    """Print what changed between two revisions of a work."""
    with open_database(settings.database) as db, db.reading() as conn:
        work = _work(conn, series_id(conn, wanted))
        before, after = _chosen(conn, work, first, second)
        told, problem = (
            _range_diff(tree, Mails(conn, settings.spool), before[0], after[0]) if tree is not None else (None, None)
        )
    found = compare(before, after)
    if as_json:
        sys.stdout.write(compare_json(found, told, problem))
        return
    shown = told if problem is None else f"none: {problem}"
    page(settings, compare_lines(found, Style(settings.colour), shown))


def _work(conn: Connection, start: str) -> list[_Judged]:
    """Return all postings of the work that *start* belongs to, oldest revision first."""
    found: dict[str, _Judged] = {start: load_series(conn, start)}
    newest = found[start][0]
    for _ in range(_MAX_STEPS):
        if newest.superseded_by is None or newest.superseded_by in found:
            break
        found[newest.superseded_by] = load_series(conn, newest.superseded_by)
        newest = found[newest.superseded_by][0]
    for one in (newest, found[start][0]):
        for link in one.earlier:
            if link.id not in found:
                found[link.id] = load_series(conn, link.id)
    return sorted(found.values(), key=lambda judged: age(judged[0]))


def _chosen(conn: Connection, work: list[_Judged], first: str | None, second: str | None) -> tuple[_Judged, _Judged]:
    """Return what the user means by two revisions; by default the two newest."""
    known = ", ".join(dict.fromkeys(_name(series) for series, _ in work))
    if first is None:
        if len(work) < 2:
            raise InputError(f"only one revision of {work[0][0].id} is known: {known}")
        return work[-2], work[-1]
    before = _one(conn, work, first, known)
    after = work[-1] if second is None else _one(conn, work, second, known)
    if before[0].id == after[0].id:
        raise InputError(f"{first} and {second or 'the newest revision'} are the same posting; known are {known}")
    return before, after


def _name(series: Series) -> str:
    return f"{'rfc' if series.label == 'rfc' else ''}v{series.revision}"


def _one(conn: Connection, work: list[_Judged], text: str, known: str) -> _Judged:
    """Find a revision by `2`, `v2`, `rfcv2`, or by an id; of repeats the newest complete one."""
    word = text.lower()
    label, number = ("rfc", word[3:]) if word.startswith("rfc") else ("", word)
    number = number.removeprefix("v")
    if number.isascii() and number.isdecimal() and len(number) < 5:
        fitting = [one for one in work if one[0].revision == int(number)]
        same = [one for one in fitting if (one[0].label == "rfc") == bool(label)]
        fitting = same or ([] if label else fitting)
        complete = [one for one in fitting if one[0].complete]
        if fitting:
            return (complete or fitting)[-1]
        raise InputError(f"no revision {text} of {work[-1][0].id}; known are {known}")
    found = resolve_series(conn, text)
    return next((one for one in work if one[0].id == found), None) or load_series(conn, found)


def _range_diff(tree: str, mails: Mails, before: Series, after: Series) -> tuple[str | None, str | None]:
    """Return git's range-diff, or why there is none."""
    try:
        return range_diff(tree, *(_texts(mails, series) for series in (before, after))), None
    except GitProblem as problem:
        return None, f"{tree}: {problem}"


def _texts(mails: Mails, series: Series) -> list[bytes]:
    return [_text(mails, patch.message) for patch in series.patches]


def _text(mails: Mails, message: Message) -> bytes:
    raw = mails.read(message)
    if raw is None:
        raise GitProblem(f"the mail {message.message_id} cannot be read again from {mails.where(message)}")
    return raw.data
