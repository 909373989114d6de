# SPDX-License-Identifier: GPL-2.0-or-later
"""
Findings as the results that machine formats list: graded, and each with the patch and the place it is about.

Every format maps the same three grades; what a superseded or merged posting carried is no result.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from patchwatch.model.mail import Message
from patchwatch.model.series import Series, State
from patchwatch.model.verdict import Effect, Evidence, Finding, Level, Outcome, Part, Verdict

Judged = Sequence[tuple[Series, Verdict]]
LinesOf = Callable[[Message], Sequence[str] | None]


class Grade(StrEnum):
    """How a result is to be taken, worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


# What an outcome is to a CI service; `undetermined` is never fine and never broken.
GRADE_OF_OUTCOME = {
    Outcome.DECLINE: Grade.ERROR,
    Outcome.ASK: Grade.WARNING,
    Outcome.UNDETERMINED: Grade.WARNING,
    Outcome.PROTOTYPE: None,
    Outcome.READY: None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    One finding on one message.

    *message* is the patch or cover letter that the evidence stands in, None when it stands in a reply.
    *path* is the file that the evidence is a line of, else the first one that the patch changes, "" without one;
    *line* is that line in the new file, None for evidence from other parts of the mail.
    """

    grade: Grade
    finding: Finding
    evidence: Evidence | None
    series: Series
    verdict: Verdict
    message: Message | None
    path: str
    line: int | None

    @property
    def policy(self) -> str:
        """The text that judged, as `id@version`."""
        return policy_name(self.verdict)

    @property
    def subject(self) -> str:
        """Subject of the patch, else of the series."""
        return self.series.subject if self.message is None else self.message.subject

    @property
    def text(self) -> str:
        """The finding's sentence, with what lifted it."""
        return f"{self.finding.message} (waived)" if self.finding.waived else self.finding.message


def policy_name(verdict: Verdict) -> str:
    """Return `id@version` of the text that judged."""
    return f"{verdict.policy.id}@{verdict.policy.version}" if verdict.policy.version else verdict.policy.id


def counted(judged: Judged) -> list[tuple[Series, Verdict]]:
    """Leave out postings that are superseded or merged: nobody acts on them any more."""
    return [(series, verdict) for series, verdict in judged if series.state is State.OPEN]


def results(judged: Iterable[tuple[Series, Verdict]], lines_of: LinesOf | None = None) -> Iterator[Result]:
    """
    Yield the results in the order of series and findings: one for each message that a finding's evidence is in.

    *lines_of* gives the lines of a mail's body, so that a line of the diff can be told as one of the file.
    """
    for series, verdict in judged:
        posted = {message.message_id: message for message in series.messages}
        for finding in verdict.findings:
            if finding.level is Level.OK:
                continue
            told: dict[str, Evidence] = {}
            for one in finding.evidence:  # the first line of each message
                told.setdefault(one.message_id, one)
            for evidence in told.values() if told else (None,):
                message = None if evidence is None else posted.get(evidence.message_id)
                path, line = _file(message, evidence, lines_of)
                yield Result(
                    grade=grade_of(finding, verdict),
                    finding=finding,
                    evidence=evidence,
                    series=series,
                    verdict=verdict,
                    message=message,
                    path=path,
                    line=line,
                )


def _file(message: Message | None, evidence: Evidence | None, lines_of: LinesOf | None) -> tuple[str, int | None]:
    """Return the file and the line in it that *evidence* is about."""
    if message is None or evidence is None:
        return "", None
    if evidence.part is Part.DIFF and evidence.line is not None and lines_of is not None:
        lines = lines_of(message)
        found = None if lines is None else line_in_file(lines, evidence.line)
        if found is not None and any(found[0] == change.path for change in message.files):
            return found
    return message.files[0].path if message.files else "", None


def line_in_file(lines: Sequence[str], at: int) -> tuple[str, int] | None:
    """
    Return the path and the line of the new file that line *at* (from 1) of a mail's body shows.

    None when it is no added or unchanged line of a hunk that can be counted, or the path is quoted.
    """
    path, number, old, new = "", 0, 0, 0
    for place, line in enumerate(lines[:at], 1):
        if old or new:
            kind = line[:1]
            if place == at:
                return (path, number) if path and kind in ("+", " ") else None
            number += kind != "-"
            new -= kind in ("+", " ", "")
            old -= kind in ("-", " ", "")
            number -= kind == "\\"
        elif line.startswith("+++ b/"):
            path = line[6:].rstrip("\t\r")
        elif line.startswith("+++ "):
            path = ""
        elif line.startswith("@@ -"):
            number, old, new = _hunk(line)
    return None


def _hunk(line: str) -> tuple[int, int, int]:
    """Read `@@ -1,3 +5,4 @@` as (5, 3, 4): first new line, old lines, new lines; zeros when it is none."""
    words = line[:80].split(" ")
    if len(words) < 4 or not words[2].startswith("+"):
        return 0, 0, 0
    (_, olds), (first, news) = (_span(word[1:]) for word in words[1:3])
    return first, olds, news


def _span(text: str) -> tuple[int, int]:
    start, comma, count = text.partition(",")
    if not start.isdecimal() or (comma and not count.isdecimal()):
        return 0, 0
    return int(start), int(count) if comma else 1


def grade_of(finding: Finding, verdict: Verdict) -> Grade:
    """Grade a finding: a prototype's questions are listed only, and what is waived no longer counts."""
    if finding.waived:
        return Grade.NOTE
    if finding.level is Level.UNKNOWN:
        return Grade.WARNING
    if finding.effect is Effect.DECLINE:
        return Grade.ERROR
    if finding.effect is Effect.ASK and verdict.outcome is not Outcome.PROTOTYPE:
        return Grade.WARNING
    return Grade.NOTE


def place(result: Result) -> str:
    """Say for people where the evidence stands: `commit-log line 11`, `header`."""
    evidence = result.evidence
    if evidence is None:
        return ""
    return evidence.part.value if evidence.line is None else f"{evidence.part.value} line {evidence.line}"
