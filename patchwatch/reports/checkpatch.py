# SPDX-License-Identifier: GPL-2.0-or-later
"""
`check --format checkpatch`: one line a result, as editors and b4's line-based check commands read them.

b4 takes every line for a warning and every line with `ERROR:` for a failure, so notes are left out and a fine
patch is silence.
"""

from collections.abc import Iterator, Sequence

from patchwatch.reports.clean import one_line
from patchwatch.reports.results import Grade, Judged, LinesOf, Result, counted, results

_WORDS = {Grade.ERROR: "ERROR", Grade.WARNING: "WARNING"}


def render_checkpatch(judged: Judged, lines_of: LinesOf | None = None, unread: Sequence[str] = ()) -> Iterator[str]:
    """
    Yield `FILE:LINE: WARNING:RULE: text`: a line of the new file, or `-` and a line of the mail's text.

    What stands in the headers has line 1. *unread* says what could not be read.
    """
    shown = counted(judged)
    several = sum(len(series.messages) for series, _ in shown) > 1  # else everybody knows which mail it is
    for one in results(shown, lines_of):
        if one.grade in _WORDS:
            text = f"{one.subject}: {_text(one)}" if several else _text(one)
            yield f"{_place(one)}: {_WORDS[one.grade]}:{one.finding.rule}: {_harmless(text)}\n"
    for text in unread:
        yield f"-:1: WARNING:unreadable-mail: {_harmless(text)}\n"


def problem_checkpatch(text: str) -> str:
    """Return the line that says why nothing could be judged: silence would look like a pass."""
    return f"-:1: ERROR:patchwatch: could not look: {_harmless(text)}\n"


def _place(one: Result) -> str:
    if one.line is not None:
        return f"{_harmless(one.path)}:{one.line}"
    return f"-:{one.evidence.line if one.evidence is not None and one.evidence.line is not None else 1}"


def _text(one: Result) -> str:
    quote = f": \u201c{one.evidence.quote}\u201d" if one.evidence is not None else ""
    return f"{one.text}{quote} {one.finding.clause}".rstrip()


def _harmless(text: str) -> str:
    """Return *text* on one line, in which no quoted word can fail a run of b4."""
    return one_line(text).replace("ERROR:", "ERROR :")
