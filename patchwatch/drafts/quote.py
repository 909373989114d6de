# SPDX-License-Identifier: GPL-2.0-or-later
"""What of the original a reply shows: the lines it is about, under mutt's attribution line."""

from collections.abc import Iterable
from dataclasses import dataclass

from patchwatch.drafts.headers import mutt_date
from patchwatch.drafts.text import clean, clean_header, fit_line, shorten
from patchwatch.model.draft import Target
from patchwatch.model.mail import Person
from patchwatch.model.verdict import Evidence

_MOST = 5
_OPENING = 3
_NAME = 60
_SENTENCE_ENDS = (".", "!", "?", ":")
_NO_PROSE = ("---", "diff ", "@@", ">")
_HEADERS = ("From:", "Date:", "Subject:")  # git-format-patch(1): in-body headers
_TRAILERS = ("fixes", "cc", "link", "closes", "change-id", "base-commit")


@dataclass(frozen=True, slots=True)
class Quoted:
    """Lines as they stand in the draft, with their marks, and the evidence among them."""

    lines: tuple[str, ...]
    shown: tuple[Evidence, ...]


def quote(target: Target, evidence: Iterable[Evidence]) -> Quoted:
    """
    Quote the lines of *target* that *evidence* is from: at most five, in order, gaps as `> [...]`.

    Without any such line the first sentence of the mail stands there, so that the reader sees what is answered.
    """
    found: dict[int, tuple[str, list[Evidence]]] = {}
    for item in evidence:
        if item.message_id == target.message_id and item.line is not None and item.line > 0:
            found.setdefault(item.line, (_text_of(target, item), []))[1].append(item)
    numbers = sorted(found)[:_MOST]
    lines: list[str] = []
    for i, number in enumerate(numbers):
        if i and number > numbers[i - 1] + 1:
            lines.append("> [...]")
        lines.append(_mark(found[number][0]))
    if not lines:
        lines = [_mark(line) for line in _opening(target.lines)]
    return Quoted(tuple(lines), tuple(e for n in numbers for e in found[n][1]))


def _text_of(target: Target, item: Evidence) -> str:
    """Return line n of the target when it fits the quote (which may be cut), else the quote."""
    assert item.line is not None  # noqa: S101 - the caller looked
    if item.line <= len(target.lines):
        line = target.lines[item.line - 1]
        if item.quote.strip() and line.strip().startswith(item.quote.strip()):
            return line
    return item.quote


def _mark(line: str) -> str:
    text = clean(line).rstrip()
    return fit_line(f">{text}" if text.startswith(">") else f"> {text}")


def _opening(lines: tuple[str, ...]) -> list[str]:
    """Return the first sentence of a mail's prose, three lines at most; greetings and in-body headers do not count."""
    taken: list[str] = []
    for line in lines:
        text = line.strip()
        if not taken and (not text or text.startswith(_HEADERS) or _is_greeting(text)):
            continue
        if not text or text.startswith(_NO_PROSE) or _is_trailer(text):
            break
        taken.append(line)
        if text.endswith(_SENTENCE_ENDS) or len(taken) == _OPENING:
            break
    return taken


def _is_trailer(text: str) -> bool:
    key, colon, _ = text.partition(":")
    return bool(colon) and (key.lower().endswith("-by") or key.lower() in _TRAILERS)


def _is_greeting(text: str) -> bool:
    return text.endswith((",", "!")) and len(text.split()) < 5


def attribution(target: Target, writer: Person) -> str:
    """Return mutt's line above a quote, `On DATE, NAME wrote:`; without the date when that is unreadable."""
    name = shorten(clean_header(writer.name) or clean_header(writer.email), _NAME)
    if target.date is None:
        return f"{name} wrote:"
    return f"On {mutt_date(target.date)}, {name} wrote:"
