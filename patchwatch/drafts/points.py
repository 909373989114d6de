# SPDX-License-Identifier: GPL-2.0-or-later
"""What a draft has to say: findings grouped into points, and the words and numbers that go into them."""

from collections.abc import Iterable
from dataclasses import dataclass

from patchwatch.drafts.quote import Quoted
from patchwatch.drafts.text import clean, shorten
from patchwatch.model.diff import FileChange, Role
from patchwatch.model.disclosure import DisclosureKind
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Evidence, Finding, Verdict

_FILES = 5
_PATH = 120
_QUOTE = 100
_FACTS = 300
_UNCOUNTED = (Role.TESTS, Role.GENERATED)
_DISCLOSING = (DisclosureKind.TRAILER, DisclosureKind.PROSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """
    All findings of one rule and clause; they differ in the patch that they are about.

    *since* is the first revision that had all of them.
    """

    rule: str
    effect: Effect
    clause: str
    messages: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    since: int = 1


def points(findings: Iterable[Finding], verdict: Verdict) -> tuple[Point, ...]:
    """Group *findings* into points, those that decline first; a finding without clause cites the policy's text."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.clause or verdict.policy.source), []).append(finding)
    found = (
        Point(
            rule=rule,
            effect=max((f.effect for f in group), key=lambda e: e.rank),
            clause=shorten(clean(clause), 500),
            messages=tuple(dict.fromkeys(f.message for f in group)),
            evidence=tuple(e for f in group for e in f.evidence),
            since=max(f.since_revision for f in group),
        )
        for (rule, clause), group in groups.items()
    )
    return tuple(sorted(found, key=lambda p: -p.effect.rank))


def words_of(point: Point, series: Series, verdict: Verdict, quoted: Quoted) -> dict[str, str]:
    """Return what the templates of one point may name; every value is clean, all but `files` are one line."""
    about = _patches_of(point, series)
    counted = _counted(about, series, verdict)
    limit = _limit(point, series)
    return {
        "facts": _facts(point.messages),
        "files": _table(counted),
        "quote": _quote(point.evidence),
        "about": _about(point, series, quoted),
        "line": _line(point, series, quoted),
        "place": _place(point.evidence, series),
        "patches": patch_names(about, series),
        "size": _size(counted, limit),
        "counts": _counts(counted),
        "limit": f"limit of {_lines(limit)}" if limit else "size limit",
        "keys": _keys(point.messages),
        "url": point.clause,
        "since": f"This is as in v{point.since}." if point.since < series.revision else "",
    }


def common_words(series: Series) -> dict[str, str]:
    """Return the words that hold for the whole draft: `thanks`, `next`, `work`."""
    work = "the patch" if len(series.patches) == 1 and series.cover is None else "the series"
    thanks = f"Thanks for {work if series.revision < 2 else f'v{series.revision}'}"
    if any(d.kind in _DISCLOSING for m in series.messages for d in m.disclosures):
        thanks += ", and for saying how it was made"
    return {"thanks": f"{thanks}.", "next": f"v{series.revision + 1}", "work": work}


def patch_names(messages: tuple[Message, ...], series: Series) -> str:
    """Name *messages* of *series* as a reader would: `this patch`, `patch 2`, `patches 1, 3-5`."""
    if len(series.patches) == 1:
        return "this patch" if series.cover is None else "the patch"
    ids = {m.message_id for m in messages}
    positions = sorted(p.position for p in series.patches if p.message.message_id in ids and p.position is not None)
    if not positions:
        return "this series"
    return f"{'patch' if len(positions) == 1 else 'patches'} {_ranges(positions)}"


def _ranges(numbers: list[int]) -> str:
    """Write sorted numbers as `1`, `1 and 3`, `1, 3-5 and 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [part for run in runs for part in ([f"{run[0]}-{run[-1]}"] if len(run) > 2 else map(str, run))]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _patches_of(point: Point, series: Series) -> tuple[Message, ...]:
    """Return the patches that the evidence is from; all of them when it is from none."""
    ids = {e.message_id for e in point.evidence}
    every = tuple(p.message for p in series.patches)
    return tuple(m for m in every if m.message_id in ids) or every


def _facts(messages: tuple[str, ...]) -> str:
    """Return the words of the rule itself as a sentence."""
    text = shorten(" ".join(clean("; ".join(messages)).split()), _FACTS).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _quote(evidence: tuple[Evidence, ...]) -> str:
    text = " ".join(clean(evidence[0].quote).split()) if evidence else ""
    inner = shorten(text, _QUOTE).replace('"', "'")
    return f'"{inner}"' if inner else "the text"


def _about(point: Point, series: Series, quoted: Quoted) -> str:
    """Return a sentence that shows the words in question, "" when they are quoted right above."""
    if not point.evidence or any(e in quoted.shown for e in point.evidence):
        return ""
    return f"This is about {_quote(point.evidence)} in {_place(point.evidence, series)}."


def _line(point: Point, series: Series, quoted: Quoted) -> str:
    """Return `the line above` for the only one that is quoted, else the words and where they stand."""
    if point.evidence and quoted.shown and len(quoted.lines) == 1 and point.evidence[0] in quoted.shown:
        return "the line above"
    return f"{_quote(point.evidence)} in {_place(point.evidence, series)}"


def _place(evidence: tuple[Evidence, ...], series: Series) -> str:
    """Return where the first piece of *evidence* stands, as the author would name it."""
    if not evidence:
        return "this series"
    about = tuple(m for m in series.messages if m.message_id == evidence[0].message_id)
    if not about:
        return "your reply"
    return "the cover letter" if about[0] is series.cover else patch_names(about, series)


def _counted(messages: tuple[Message, ...], series: Series, verdict: Verdict) -> list[FileChange]:
    """Return the changes of *messages* outside tests and generated files, one per path, largest first."""
    # By place, not by Message-ID: two patches may have the same one.
    roles = {patch.message.blob: size.roles for patch, size in zip(series.patches, verdict.sizes, strict=False)}
    merged: dict[str, FileChange] = {}
    for message in messages:
        known = roles.get(message.blob, ())
        for i, change in enumerate(message.files):
            if i < len(known) and known[i] in _UNCOUNTED:
                continue
            before = merged.get(change.path)
            merged[change.path] = change if before is None else _sum(before, change)
    return sorted(merged.values(), key=lambda c: -(c.added + c.removed))


def _sum(one: FileChange, two: FileChange) -> FileChange:
    return FileChange(
        path=one.path,
        added=one.added + two.added,
        removed=one.removed + two.removed,
        code_added=one.code_added + two.code_added,
        code_removed=one.code_removed + two.code_removed,
        binary=one.binary or two.binary,
    )


def _table(changes: list[FileChange]) -> str:
    """Return a line per file, indented by two blanks and without any colon of ours."""
    rows = [f"  {shorten(clean(c.path), _PATH)} {_delta(c)}" for c in changes[:_FILES]]
    if len(changes) > _FILES:
        rest = len(changes) - _FILES
        rows.append(f"  and {rest} more file{'s' if rest > 1 else ''}")
    return "\n".join(rows)


def _delta(change: FileChange) -> str:
    if change.binary:
        return "binary"
    shown = [f"+{change.added}"] if change.added or not change.removed else []
    return " ".join([*shown, *([f"-{change.removed}"] if change.removed else [])])


def _limit(point: Point, series: Series) -> int:
    """Return the limit that the rule's words name ("limit of 20 lines"), 0 for none; titles in them do not count."""
    titles = [f'"{m.prefix.title or m.subject}"' for m in series.messages]
    for message in point.messages:
        title = next((t for t in titles if message.startswith(t)), "")
        digits = message[len(title) :].partition("limit of ")[2].partition(" ")[0]
        if digits.isascii() and digits.isdigit() and len(digits) < 7:
            return int(digits)
    return 0


def _keys(messages: tuple[str, ...]) -> str:
    """Return the tag keys that the rule's words have in backticks, joined by "or"."""
    words = (word for message in messages for word in message.split("`")[1::2])
    keys = (w for w in words if w.endswith(":") and w.isascii() and w[:-1].replace("-", "").isalnum() and len(w) < 40)
    return " or ".join(f"`{key}`" for key in dict.fromkeys(keys)) or "a disclosure"


def _size(changes: list[FileChange], limit: int) -> str:
    """Return the sentence before the table; a full stop ends it when there is no table."""
    added, removed = sum(c.added for c in changes), sum(c.removed for c in changes)
    parts = [f"adds {_lines(added)}"] if added or not removed else []
    if removed:
        parts.append(f"removes {removed if added else _lines(removed)}")
    against = f" (limit {limit})" if limit else ""
    return f"It {' and '.join(parts)}, tests not counted{against}{':' if changes else '.'}"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _counts(changes: list[FileChange]) -> str:
    """Return readings of one size: `18 added, 24 added+removed, 15 without blanks and comments`."""
    added, removed = sum(c.added for c in changes), sum(c.removed for c in changes)
    code = sum(c.code_added for c in changes)
    readings = [f"{added} added", f"{added + removed} added+removed"]
    if code != added:
        readings.append(f"{code} added without blanks and comments")
    return ", ".join(readings)
