# SPDX-License-Identifier: GPL-2.0-or-later
"""
`check --format github`: workflow commands that GitHub shows as annotations.

The service shows 10 of each kind a step; the worst come first and a last line tells how many there were.
"""

from collections.abc import Iterator, Sequence

from patchwatch.reports.clean import one_line, several
from patchwatch.reports.results import Grade, Judged, LinesOf, counted, place, results

_COMMANDS = {Grade.ERROR: "error", Grade.WARNING: "warning", Grade.NOTE: "notice"}
_SHOWN = 10


def render_github(judged: Judged, lines_of: LinesOf | None = None, unread: Sequence[str] = ()) -> Iterator[str]:
    """Yield one command a line; all of it is ours, since any line of mail that begins with `::` would be obeyed."""
    found = list(results(counted(judged), lines_of))
    for grade, command in _COMMANDS.items():
        mine = [one for one in found if one.grade is grade]
        for one in mine[:_SHOWN]:
            line = "" if one.line is None else str(one.line)
            properties = {"file": one.path, "line": line, "title": f"{one.finding.rule} ({one.policy})"}
            named = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
            where = f"{one.subject}: {place(one)}" if place(one) else one.subject
            yield f"::{command} {named}::{_data(f'{one.text} [{where}] {one.finding.clause}'.rstrip())}\n"
        if len(mine) > _SHOWN:
            yield f"::{command} title=patchwatch::{several(len(mine) - _SHOWN, 'more result')} of this kind\n"
    if unread:
        more = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
        yield f"::warning title=patchwatch::{_data(f'could not be read: {unread[0]}{more}')}\n"


def _data(text: str) -> str:
    return one_line(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
