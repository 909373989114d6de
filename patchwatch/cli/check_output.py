# SPDX-License-Identifier: GPL-2.0-or-later
"""What `check` writes: each format from the same verdicts, to stdout or to a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from patchwatch.cli.check_mail import Mail
from patchwatch.errors import PatchwatchError, UsageError
from patchwatch.model.cost import ReviewCost
from patchwatch.model.series import Series
from patchwatch.model.verdict import PolicyRef, Verdict

# Formats that b4 reads: nothing on stderr, and no exit code but that of a bug.
FOR_B4 = ("b4", "checkpatch")
_JSON = ("json", "jsonl", "sarif", "b4")
_MARKUP = ("junit", "html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """
    What a run found. *rules* are those that each policy (`id@version`) runs; *fallback* is the policy where there is
    no series.
    """

    judged: Sequence[tuple[Series, Verdict]]
    mail: Mail
    fallback: PolicyRef
    rules: Mapping[str, Sequence[str]]
    cost_of: Callable[[Series, Verdict], ReviewCost]

    @property
    def unread(self) -> list[str]:
        """What could not be read, one line each."""
        return [f"{one.origin}: {one.reason}" for one in self.mail.odd]


def render(found: Judgement, format: str, *, colour: bool, asks_fail: bool) -> Iterable[str]:
    """Return the output in pieces; only the report that is asked for is imported."""
    judged, mail = found.judged, found.mail
    if format == "text":
        from patchwatch.reports.text import Style, check_lines

        return (f"{line}\n" for line in check_lines(judged, Style(colour), found.cost_of))
    if format == "json":
        from patchwatch.reports.check_json import render_json

        return [render_json(judged, mail.messages, found.fallback, found.cost_of)]
    if format == "jsonl":
        from patchwatch.reports.check_json import render_jsonl

        return render_jsonl(judged, found.cost_of)
    if format == "b4":
        from patchwatch.reports.b4 import render_b4

        return [render_b4(judged, found.unread)]
    if format == "checkpatch":
        from patchwatch.reports.checkpatch import render_checkpatch

        return render_checkpatch(judged, mail.lines, found.unread)
    return _render_for_services(found, format, asks_fail=asks_fail)


def _render_for_services(found: Judgement, format: str, *, asks_fail: bool) -> Iterable[str]:
    judged, mail = found.judged, found.mail
    if format == "github":
        from patchwatch.reports.github import render_github

        return render_github(judged, mail.lines, found.unread)
    if format == "sarif":
        from patchwatch.reports.sarif import render_sarif

        return [render_sarif(judged, mail.messages, mail.origins, mail.lines, found.unread)]
    if format == "junit":
        from patchwatch.reports.junit import render_junit

        return [render_junit(judged, found.rules, asks_fail=asks_fail)]
    from patchwatch.reports.html import render_html

    return render_html(judged, found.unread)


def problem(error: PatchwatchError, format: str) -> str:
    """Say in a format of b4 that nothing could be judged, and why."""
    text = " ".join(str(error).split())
    if format == "b4":
        from patchwatch.reports.b4 import problem_b4

        return problem_b4(text)
    from patchwatch.reports.checkpatch import problem_checkpatch

    return problem_checkpatch(text)


def write_output(chunks: Iterable[str], output: Path | None, format: str) -> None:
    """Write to stdout, or to a file that is either complete or untouched."""
    if output is None:
        for chunk in _guarded(chunks, format) if os.environ.get("GITHUB_ACTIONS") else chunks:
            sys.stdout.write(chunk)
            if format == "jsonl":  # a run that is killed leaves whole series
                sys.stdout.flush()
        return
    beside = output.with_name(f".{output.name}.part")
    try:
        with beside.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(chunks)
        beside.replace(output)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UsageError(f"{output}: cannot be written: {error.strerror}") from None


def _guarded(chunks: Iterable[str], format: str) -> Iterator[str]:
    """
    Keep words of a mail from being obeyed by a runner of GitHub, which reads commands from the log of a job.

    It takes `::` at the beginning of a line, blanks before it or not, and `##[` anywhere. JSON and markup can say the
    same in other signs; text shows it with a sign more.
    """
    for chunk in chunks:
        if format == "github" or ("::" not in chunk and "##[" not in chunk):
            yield chunk
        elif format in _JSON:
            yield chunk.replace("##[", "##\\u005b")  # no line of JSON begins with a colon
        else:
            yield "".join(_harmless(line, format) for line in chunk.splitlines(keepends=True))


def _harmless(line: str, format: str) -> str:
    is_command = line.lstrip().startswith("::")
    begins = is_command or line.startswith("##[")
    if format in _MARKUP:
        return (
            line.replace("::", "&#58;&#58;", 1).replace("##[", "##&#91;")
            if is_command
            else line.replace("##[", "##&#91;")
        )
    if is_command:
        line = line.replace("::", ":\\:", 1)
    return (" " if begins else "") + line.replace("##[", "##\\[")
