# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the text of a mail says: its trailers, disclosures and the other postings it names, each line with its place.

Lines of a diff never count. The lines of a mail are gone through once, to find those that are the sender's own; what
is looked for further is asked of their text as a whole first, since most mails have nothing of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import MessageKind, Place, Trailer
from patchwatch.parse.disclosure import MAX_DISCLOSURES, text_disclosures, trailer_disclosures
from patchwatch.parse.layout import Layout
from patchwatch.parse.predecessors import may_name, predecessors
from patchwatch.parse.prose import may_name_tool
from patchwatch.parse.trailers import MAX_TRAILERS, log_trailers, loose_trailers, trailers_at

Spans = Sequence[tuple[int, int]]


@dataclass(slots=True)
class Said:
    """What the text of one mail says; *own* are the lines outside diffs that are not quoted, with their indexes."""

    trailers: tuple[Trailer, ...]
    disclosures: tuple[Disclosure, ...]
    change_id: str | None
    predecessors: tuple[str, ...]
    own: Sequence[tuple[int, str]] = ()


def said_by_patch(lines: Sequence[str], layout: Layout, *, automatic: bool) -> Said:
    """Read the commit log of a patch and what stands below its cut."""
    log, below = layout.log, layout.below
    trailers = [*log_trailers(lines, *log), *loose_trailers(lines, *below, Place.BELOW_CUT)]
    text = "\n".join(lines[log[0] : below[1]])
    said: list[Disclosure] = []
    if may_name_tool(text) or not text.isascii():
        prose = _without(lines[: below[1]], trailers)
        said += islice(text_disclosures(prose, *log, Place.BODY), MAX_DISCLOSURES)
        said += islice(text_disclosures(prose, *below, Place.BELOW_CUT), MAX_DISCLOSURES)
    return Said(
        tuple(trailers[: 2 * MAX_TRAILERS]),
        (*islice(trailer_disclosures(trailers), MAX_DISCLOSURES), *said),
        _change_id(lines, layout) if "change-id: " in text else None,
        predecessors(lines, (log, below), trailers) if not automatic and _may_name(text, trailers) else (),
    )


def said_by_other(kind: MessageKind, lines: Sequence[str], layout: Layout, spans: Spans, *, automatic: bool) -> Said:
    """Read a cover letter, a reply or any other mail that is no patch."""
    place = Place.COVER if kind is MessageKind.COVER else Place.REPLY
    parts = [*outside(layout.log, spans)]
    own: list[tuple[int, str]] = []
    trailers: list[Trailer] = []
    for start, stop in parts:
        mine = [(at, line) for at, line in enumerate(lines[start:stop], start) if line and line[0] != ">"]
        own += mine
        if len(trailers) <= MAX_TRAILERS:
            may_be = [at for at, line in mine if ":" in line and line[0].isalpha()]
            trailers += trailers_at(may_be, lines, stop, place)
    text = "\n".join([line for _, line in own])
    said: list[Disclosure] = []
    if kind is not MessageKind.OTHER and (may_name_tool(text) or not text.isascii()):
        prose = _without(lines, trailers, spans)
        said += islice(text_disclosures(prose, *layout.log, place), MAX_DISCLOSURES)
    names = kind is not MessageKind.REPLY and not automatic and _may_name(text, trailers)
    return Said(
        tuple(trailers[: 2 * MAX_TRAILERS]),
        (*islice(trailer_disclosures(trailers), MAX_DISCLOSURES), *said),
        _change_id(lines, layout) if spans or "change-id: " in text else None,
        predecessors(lines, parts, trailers) if names else (),
        own,
    )


def _may_name(text: str, trailers: Sequence[Trailer]) -> bool:
    """Whether a posting can name former revisions: nearly all that do have a URL."""
    return may_name(text) or any(trailer.key[:1] in "sSoO" for trailer in trailers)


def outside(whole: tuple[int, int], spans: Spans) -> Iterator[tuple[int, int]]:
    """Give the parts of a line range that are no diff content."""
    start, stop = whole
    for first, last in spans:
        if start < first:
            yield start, min(first, stop)
        start = max(start, last)
    if start < stop:
        yield start, stop


def _without(lines: Sequence[str], trailers: Sequence[Trailer], spans: Spans = ()) -> Sequence[str]:
    """Blank out diffs and trailer lines, so that a tag is not read a second time as a sentence."""
    if not trailers and not spans:
        return lines
    copy = list(lines)
    for start, stop in spans:
        copy[start:stop] = [""] * (stop - start)
    for trailer in trailers:
        copy[trailer.line - 1] = ""
    return copy


def _change_id(lines: Sequence[str], layout: Layout) -> str | None:
    """Return b4's `change-id:` from below the cut of a patch or from a cover letter's footer."""
    for start, stop in (layout.below, (max(layout.log[0], layout.log[1] - 60), layout.log[1])):
        for at in range(stop - 1, max(start, stop - 400) - 1, -1):
            line = lines[at]
            if line.startswith("change-id: "):
                return line[11:].strip()[:200] or None
    return None
