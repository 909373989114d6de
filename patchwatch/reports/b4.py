# SPDX-License-Identifier: GPL-2.0-or-later
"""`check --format b4`: the JSON that b4's review program reads from its check commands."""

import json
from collections.abc import Sequence

from patchwatch.reports.clean import one_line, several
from patchwatch.reports.results import GRADE_OF_OUTCOME, Grade, Judged, counted, place, policy_name, results

_STATUS = {None: "pass", Grade.NOTE: "pass", Grade.WARNING: "warn", Grade.ERROR: "fail"}
_ORDER = (Grade.ERROR, Grade.WARNING, Grade.NOTE)


def render_b4(judged: Judged, unread: Sequence[str] = ()) -> str:
    """
    Return a JSON array with one entry, or none when there was no series to judge.

    The summary names the text that judged: b4 keeps answers, and an old one must be seen to be old. *unread* says
    what could not be read.
    """
    open_ones = counted(judged)
    if not open_ones:
        return problem_b4("; ".join(unread), _STATUS[Grade.WARNING]) if unread else "[]\n"
    found = sorted(results(open_ones), key=lambda one: _ORDER.index(one.grade))
    grades = [Grade.WARNING] * bool(unread)
    grades += [grade for _, verdict in open_ones if (grade := GRADE_OF_OUTCOME[verdict.outcome]) is not None]
    worst = min(grades, key=_ORDER.index, default=None)
    policies = ", ".join(dict.fromkeys(policy_name(verdict) for _, verdict in open_ones))
    outcomes = ", ".join(dict.fromkeys(verdict.outcome.value for _, verdict in open_ones))
    acting = [one for one in found if one.grade is not Grade.NOTE]
    summary = f"{policies}: {outcomes}" + (f", {several(len(acting), 'finding')}" if acting else "")
    lines = [f"{one.finding.rule}: {one_line(one.text)}" + (f" ({place(one)})" if place(one) else "") for one in found]
    lines += [f"could not be read: {one_line(one)}" for one in unread]
    lines += [
        f"not looked at: {one.rule}: {one_line(one.reason)}" for _, verdict in open_ones for one in verdict.skipped
    ]
    url = next((one.finding.clause for one in found if one.finding.clause), "")
    return _entry(_STATUS[worst], summary, url, "\n".join(dict.fromkeys(lines)))


def problem_b4(text: str, status: str = "fail") -> str:
    """Return an entry that says why nothing could be judged: silence would look like a pass."""
    return _entry(status, f"could not look: {one_line(text)}", "", "")


def _entry(status: str, summary: str, url: str, details: str) -> str:
    entry = {"tool": "patchwatch", "status": status, "summary": summary, "url": url, "details": details}
    return json.dumps([entry], indent=1) + "\n"
