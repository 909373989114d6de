# SPDX-License-Identifier: GPL-2.0-or-later
"""What changed between two revisions, as text and as JSON (schema patchwatch.diff/1)."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from patchwatch.assemble.compare import Change, Comparison, FileDelta, PatchPair, Said
from patchwatch.model.mail import Message, Trailer
from patchwatch.model.series import Patch, Series
from patchwatch.model.verdict import Finding, Verdict
from patchwatch.reports.clean import clean, one_line, several
from patchwatch.reports.jsonable import (
    Value,
    disclosure_value,
    finding_value,
    person,
    plain,
    policy,
    rfc3339,
    trailer_value,
)
from patchwatch.reports.text import Style

_SIGNS = {Change.SAME: "=", Change.CHANGED: "!", Change.RETITLED: "~", Change.ADDED: ">", Change.DROPPED: "<"}


def compare_lines(found: Comparison, style: Style, range_diff: str | None) -> Iterator[str]:
    """Give the text of `diff`; *range_diff* is the output of git or the reason there is none, None if not asked."""
    yield f"{style.strong(one_line(found.after.subject))}"
    for name, series, verdict in (
        ("from", found.before, found.verdict_before),
        ("to", found.after, found.verdict_after),
    ):
        yield f"  {name:<4} {_revision(series)}, {_day(series)}, {style.outcome(verdict.outcome)}, {_policy(verdict)}"
        yield f"       {clean(series.id)}"
    yield ""
    yield from _patch_lines(found, style)
    yield from _file_lines(found, style)
    yield from _said_lines("disclosed before, not now", found.vanished, found.before, style)
    yield from _said_lines("disclosed now, not before", found.appeared, found.after, style)
    yield from _finding_lines("findings gone", found.gone, style)
    yield from _finding_lines("findings new", found.new, style)
    yield from _finding_lines("findings kept", found.kept, style)
    if range_diff is not None:
        yield style.strong("range-diff")
        yield from (f"  {clean(line)}" for line in range_diff.splitlines())
        yield ""


def compare_json(found: Comparison, range_diff: str | None, problem: str | None) -> str:
    """Return the document of `diff --json`; *problem* says why there is no range-diff."""
    document: dict[str, Value] = {
        "schema": "patchwatch.diff/1",
        "from": _side(found.before, found.verdict_before),
        "to": _side(found.after, found.verdict_after),
        "cover": None if found.cover is None else _pair_value(found.cover),
        "patches": [_pair_value(pair) for pair in found.patches],
        "files": [_file_value(one) for one in found.files],
        "same_files": found.same_files,
        "by_role": {role.value: {"before": [*old], "after": [*new]} for role, old, new in found.sizes},
        "disclosures": {
            "vanished": [disclosure_value(said.message, said.disclosure) for said in found.vanished],
            "appeared": [disclosure_value(said.message, said.disclosure) for said in found.appeared],
        },
        "findings": {
            "gone": [finding_value(one) for one in found.gone],
            "new": [finding_value(one) for one in found.new],
            "kept": [finding_value(one) for one in found.kept],
        },
        "range_diff": None if range_diff is None else plain(range_diff),
        "range_diff_problem": None if problem is None else plain(problem),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _side(series: Series, verdict: Verdict) -> Value:
    return {
        "id": series.id,
        "subject": plain(series.subject),
        "author": person(series.author),
        "date": rfc3339(series.date),
        "revision": series.revision,
        "label": series.label,
        "complete": series.complete,
        "state": series.state.value,
        "policy": policy(verdict.policy),
        "outcome": verdict.outcome.value,
    }


def _pair_value(pair: PatchPair) -> Value:
    return {
        "change": pair.change.value,
        "same_text": pair.same_text,
        "before": _patch_value(pair.before),
        "after": _patch_value(pair.after),
        "trailers": {
            "lost": [trailer_value(one) for one in pair.lost],
            "gained": [trailer_value(one) for one in pair.gained],
        },
    }


def _patch_value(patch: Patch | None) -> Value:
    if patch is None:
        return None
    message = patch.message
    files = message.files
    return {
        "message_id": message.message_id,
        "position": patch.position,
        "subject": plain(message.subject),
        "patch_id": message.patch_id,
        "added": sum(one.added for one in files),
        "removed": sum(one.removed for one in files),
    }


def _file_value(one: FileDelta) -> Value:
    return {
        "path": plain(one.path),
        "role": one.role.value,
        "change": one.change.value,
        "before": None if one.before is None else [*one.before],
        "after": None if one.after is None else [*one.after],
    }


def _revision(series: Series) -> str:
    label = f" {series.label}" if series.label else ""
    expected = series.expected
    size = f"{len(series.patches)} patch{'' if len(series.patches) == 1 else 'es'}"
    return f"v{series.revision}{label}, {size}" + ("" if series.complete else f" of {expected or '?'}, incomplete")


def _day(series: Series) -> str:
    return "no date" if series.date is None else f"{series.date:%Y-%m-%d}"


def _policy(verdict: Verdict) -> str:
    ref = verdict.policy
    return f"policy {ref.id}@{ref.version}" if ref.version else f"policy {ref.id}"


def _patch_lines(found: Comparison, style: Style) -> Iterator[str]:
    yield style.strong("patches")
    if found.cover is not None and (found.cover.change is not Change.SAME or found.cover.lost or found.cover.gained):
        yield f"  {_SIGNS[found.cover.change]} cover  {_cover_change(found)}"
        yield from _trailer_lines(found.cover)
    for pair in found.patches:
        yield f"  {_SIGNS[pair.change]} {_number(pair.before):>2} -> {_number(pair.after):<2}  {_titles(pair)}"
        yield from _trailer_lines(pair)
    yield ""


def _cover_change(found: Comparison) -> str:
    if found.before.cover is None or found.after.cover is None:
        return "added" if found.before.cover is None else "dropped"
    if found.before.cover.prefix.title == found.after.cover.prefix.title:
        return "same title"
    return f"was: {one_line(found.before.cover.prefix.title)}"


def _number(patch: Patch | None) -> str:
    return "-" if patch is None else "+" if patch.position is None else str(patch.position)


def _titles(pair: PatchPair) -> str:
    after = pair.after or pair.before
    title = "" if after is None else one_line(after.message.prefix.title)
    if pair.before is None or pair.after is None:
        return f"{title}  ({pair.change.value})"
    if pair.change is Change.RETITLED:
        was = one_line(pair.before.message.prefix.title)
        return f"{title}  (was: {was}; {'same' if pair.same_text else 'changed'} diff)"
    return f"{title}  ({pair.change.value}{_growth(pair)})"


def _growth(pair: PatchPair) -> str:
    if pair.same_text or pair.before is None or pair.after is None:
        return ""
    old, new = (
        (sum(one.added for one in patch.message.files), sum(one.removed for one in patch.message.files))
        for patch in (pair.before, pair.after)
    )
    return "" if old == new else f" +{old[0]} -{old[1]} to +{new[0]} -{new[1]}"


def _trailer_lines(pair: PatchPair) -> Iterator[str]:
    for word, trailers in (("lost", pair.lost), ("gained", pair.gained)):
        for one in trailers:
            yield f"             {word}: {_trailer(one)}"


def _trailer(one: Trailer) -> str:
    return f"{clean(one.key)}: {one_line(one.value)}"


def _file_lines(found: Comparison, style: Style) -> Iterator[str]:
    yield style.strong("files")
    for one in found.files:
        yield f"  {one.change.value:<8} {one.role.value:<9} {one_line(one.path)}  {_sizes(one)}"
    if found.same_files:
        yield f"  {several(found.same_files, 'file')} with the same number of lines"
    for role, old, new in found.sizes:
        if old != (0, 0) or new != (0, 0):
            told = "" if old == new else f"  was +{old[0]} -{old[1]}"
            yield f"  {'lines':<8} {role.value:<9} +{new[0]} -{new[1]}{told}"
    yield ""


def _sizes(one: FileDelta) -> str:
    old, new = one.before, one.after
    if old is None or new is None:
        size = old or new or (0, 0)
        return f"+{size[0]} -{size[1]}"
    return f"+{old[0]} -{old[1]} to +{new[0]} -{new[1]}"


def _said_lines(head: str, told: Iterable[Said], series: Series, style: Style) -> Iterator[str]:
    told = list(told)
    if not told:
        return
    yield style.strong(head)
    for said in told:
        one = said.disclosure
        yield f"  {_where(series, said.message)} {one.place.value} line {one.line}: {one_line(one.quote)}"
    yield ""


def _where(series: Series, message: Message) -> str:
    if series.cover is not None and series.cover.blob == message.blob:
        return "cover,"
    found = next((one for one in series.patches if one.message.blob == message.blob), None)
    return f"patch {_number(found)}," if found is not None else f"{clean(message.message_id)},"


def _finding_lines(head: str, findings: Iterable[Finding], style: Style) -> Iterator[str]:
    findings = list(findings)
    if not findings:
        return
    yield style.strong(head)
    for (rule, effect, message), same in groupby(findings, key=lambda one: (one.rule, one.effect.value, one.message)):
        times = len(list(same))
        yield f"  {rule} ({effect}): {one_line(message)}" + (f" ({times} times)" if times > 1 else "")
    yield ""
