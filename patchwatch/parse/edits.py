# SPDX-License-Identifier: GPL-2.0-or-later
"""
Whether the hunks of a diff make one and the same edit, as a mechanical rewrite does.

What a hunk takes out and puts in is compared after the words that stay at both ends are cut off, and the names
and numbers that are carried over in between are replaced: `a = kzalloc(sizeof(struct x), F)` to
`a = kzalloc_obj(struct x)` is the same edit whatever `a` and `x` are. A name that is only on one side counts.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from patchwatch.model.mail import Mark, MarkKind
from patchwatch.parse.hunks import heads_of

MIN_HUNKS = 10
MIN_SHARE = 0.7
MEAN_LINES = 8  # changed lines for each hunk; a diff with more is no mechanical rewrite
MAX_HUNKS = 5_000
_SAMPLE = 5  # hunks looked at first; most diffs end here
_MAX_LINES = 12  # changed lines of a hunk; a larger one is no mechanical edit
_MAX_LINE = 300

Edit = tuple[tuple[str, ...], tuple[str, ...]]


@cache
def _word() -> re.Pattern[str]:
    """Match names, numbers and single signs."""
    return re.compile(r"\w+|[^\w\s]")


def repeated_edit(lines: Sequence[str], spans: Sequence[tuple[int, int]]) -> Mark | None:
    """
    Count the hunks with the most frequent edit; None below 10 hunks, or when it makes less than 70 % of them.

    *lines* are those of the decoded body, *spans* the half-open ranges of its diffs. Numbers of lines are compared
    first, then the edits of five hunks: that two of them are equal is 97 % sure where 70 % of all are.
    """
    hunks: list[tuple[int, int]] = []
    ratios: Counter[float] = Counter()
    whole = 0
    for start, stop in spans:
        heads = heads_of(lines[start:stop])
        for first, last in hunk_ranges(heads):
            whole += 1
            added, removed = heads.count("+", first, last), heads.count("-", first, last)
            if added + removed <= _MAX_LINES:
                ratios[added / removed if removed else -1.0] += 1
                hunks.append((start + first, start + last))
    least = MIN_SHARE * whole
    if not MIN_HUNKS <= whole <= MAX_HUNKS or max(ratios.values(), default=0) < least:
        return None
    known: dict[str, tuple[Edit, ...]] = {}
    sample = {_edits(lines, *hunk, known) for hunk in hunks[:: len(hunks) // _SAMPLE][:_SAMPLE]}
    if len(sample) == _SAMPLE:
        return None
    most = max(Counter(_edits(lines, *hunk, known) for hunk in hunks).values())
    return Mark(MarkKind.REPEATED_EDIT, most, whole) if most >= least else None


def hunk_ranges(heads: str) -> Iterator[tuple[int, int]]:
    """Give the half-open ranges of the hunks, `@@` lines left out, by the first characters of all lines."""
    end = heads.find("@")
    while end >= 0:
        start, end = end + 1, heads.find("@", end + 1)
        # Between files stand header lines, `diff --git` first; `---` and `+++` alone stay in.
        stop = heads.find("d", start, end if end >= 0 else len(heads))
        yield start, stop if stop >= 0 else end if end >= 0 else len(heads)


def _edits(lines: Sequence[str], start: int, stop: int, known: dict[str, tuple[Edit, ...]]) -> tuple[Edit, ...]:
    """Return the different edits of one hunk in their order; *known* remembers those of equal hunks."""
    if stop - start >= 2 and lines[stop - 2].startswith("--- ") and lines[stop - 1].startswith("+++ "):
        stop -= 2  # the header of the next file
    changed = [line if line[:1] in ("+", "-") else " " for line in lines[start:stop]]
    key = "\n".join(changed).strip()
    found = known.get(key)
    if found is None:
        runs: list[tuple[list[str], list[str]]] = [([], [])]
        for line in changed:
            if line == " ":
                runs.append(([], []))
            else:
                runs[-1][line[0] == "+"].append(line[1:_MAX_LINE])
        found = known[key] = tuple(dict.fromkeys(edit for run in runs if any(run) for edit in _run(*run)))
    return found


def _run(removed: list[str], added: list[str]) -> Iterator[Edit]:
    """Give the edits of neighbouring lines: line by line when they pair up, else all of them as one."""
    if len(removed) == len(added):
        for old, new in zip(removed, added, strict=True):
            yield _edit(_word().findall(old), _word().findall(new))
    else:
        yield _edit(_word().findall(" ".join(removed)), _word().findall(" ".join(added)))


def _edit(old: list[str], new: list[str]) -> Edit:
    if not old or not new:
        return tuple(old), tuple(new)
    head, out, into = 0, len(old), len(new)
    while head < out and head < into and old[head] == new[head]:
        head += 1
    while out > head and into > head and old[out - 1] == new[into - 1]:
        out -= 1
        into -= 1
    removed, added = old[head:out], new[head:into]
    kept = {word for word in set(removed).intersection(added) if word[0].isalnum() or word[0] == "_"}
    if not kept:
        return tuple(removed), tuple(added)
    return tuple("" if word in kept else word for word in removed), tuple(
        "" if word in kept else word for word in added
    )
