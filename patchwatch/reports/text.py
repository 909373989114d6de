# SPDX-License-Identifier: GPL-2.0-or-later
"""Series and verdicts as text for people; may improve at any time, unlike the JSON."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from patchwatch.model.diff import Role
from patchwatch.model.mail import Message
from patchwatch.model.series import Series, State
from patchwatch.model.verdict import Effect, Evidence, Finding, Level, Outcome, Verdict, Waiver
from patchwatch.reports.clean import clean, one_line, several
from patchwatch.reports.cost import cost_lines
from patchwatch.reports.policy_said import policy_lines, terms_lines
from patchwatch.reports.proofs import attestation_lines, merged_lines
from patchwatch.reports.replies import day, person, reply_lines, waits_lines

if TYPE_CHECKING:
    from patchwatch.model.history import BaseRate
    from patchwatch.parse.measures import Measures
    from patchwatch.reports.cost import CostOf

_COLOURS = {
    Outcome.READY: "32",
    Outcome.ASK: "33",
    Outcome.PROTOTYPE: "36",
    Outcome.DECLINE: "35",
    Outcome.UNDETERMINED: "2",
}
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Style:
    """How text is written: *colour* only for a terminal that wants it."""

    colour: bool = False

    def outcome(self, outcome: Outcome) -> str:
        """Return an outcome's word, coloured; the word alone carries the meaning."""
        return self._paint(outcome.value, _COLOURS[outcome])

    def strong(self, text: str) -> str:
        """Return *text* in bold."""
        return self._paint(text, "1")

    def faint(self, text: str) -> str:
        """Return *text* dimmed."""
        return self._paint(text, "2")

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def check_lines(
    judged: Iterable[tuple[Series, Verdict]], style: Style, cost_of: "CostOf | None" = None
) -> Iterator[str]:
    """Give the text of `check`: each series with what was found, without its patches."""
    for series, verdict in judged:
        yield from _head(series, verdict, style, cost_of)
        yield from _links(series)
        yield from _disclosures(series)
        yield from _findings(series, verdict, style)
        yield from _questions(verdict)
        yield from terms_lines(verdict)
        yield ""


def show_lines(
    series: Series,
    verdict: Verdict,
    style: Style,
    measures: Mapping[str, "Measures"] | None = None,
    cost_of: "CostOf | None" = None,
) -> Iterator[str]:
    """Give the text of `show`: the series in full; *measures* by blob id, where the text was at hand."""
    yield from _head(series, verdict, style, cost_of)
    yield from waits_lines(series)
    yield from _links(series)
    yield from _patches(series, verdict, style, measures or {})
    yield from _disclosures(series)
    yield from _findings(series, verdict, style)
    yield from _questions(verdict)
    yield from terms_lines(verdict)
    yield from _followups(series, style)


def role_counts(verdict: Verdict) -> dict[Role, tuple[int, int]]:
    """Return (added, removed) by role over all patches."""
    totals = dict.fromkeys(Role, (0, 0))
    for size in verdict.sizes:
        for role, added, removed in size.by_role:
            totals[role] = (totals[role][0] + added, totals[role][1] + removed)
    return totals


def last_word(series: Series) -> Message:
    """Return the newest message of the thread that a person wrote (the head when nobody answered)."""
    people = [*series.messages, *(one for one in series.followups if not one.is_automatic)]
    dated = [one for one in people if one.date is not None]
    return max(dated, key=lambda one: (one.date, one.blob), default=series.head)


def _head(series: Series, verdict: Verdict, style: Style, cost_of: "CostOf | None" = None) -> Iterator[str]:
    yield f"{style.outcome(verdict.outcome)}: {style.strong(one_line(series.subject))}"
    found = sum(1 for patch in series.patches if patch.position and patch.position <= (series.expected or 0))
    if series.expected is None:
        patches = f"{len(series.patches)} patches of unknown total"
    else:
        patches = f"{found} of {series.expected} patches" if series.expected != 1 else "single patch"
    label = f", {series.label}" if series.label else ""
    yield f"  {person(series.author)}, {day(series.date)}, v{series.revision}{label}, {patches}"
    yield f"  {clean(series.id)}"
    counts = [
        f"{role.value} +{added} -{removed}"
        for role, (added, removed) in role_counts(verdict).items()
        if added or removed
    ]
    yield f"  lines: {', '.join(counts) or 'none'}"
    yield from cost_lines(cost_of(series, verdict)) if cost_of is not None else ()
    yield from policy_lines(verdict)


def _links(series: Series) -> Iterator[str]:
    if series.missing:
        yield f"  missing: {', '.join(map(str, series.missing[:40]))}"
    for link in series.earlier:
        yield f"  earlier: v{link.revision} {clean(link.id)} (by {link.evidence})"
    if series.state is State.SUPERSEDED:
        yield f"  superseded by {clean(series.superseded_by or '')}"
    yield from merged_lines(series)
    yield from attestation_lines(series)
    for note in series.notes:
        yield f"  note: {clean(note)}"


def _patches(series: Series, verdict: Verdict, style: Style, measures: Mapping[str, "Measures"]) -> Iterator[str]:
    sizes = dict(enumerate(verdict.sizes))
    if series.cover is not None:
        yield ""
        yield f"{style.strong('cover')}  {one_line(series.cover.subject)}"
        yield from _said(series.cover)
    for nth, patch in enumerate(series.patches):
        message = patch.message
        yield ""
        number = patch.position if patch.position is not None else "+"
        yield f"{style.strong(f'patch {number}')}  {one_line(message.subject)}"
        yield f"  {clean(message.message_id)}"
        if message.author != message.sender:
            yield f"  author {person(message.author)}"
        size = sizes.get(nth)
        for at, change in enumerate(message.files):
            role = size.roles[at].value if size is not None and at < len(size.roles) else "code"
            counts = "binary" if change.binary else f"+{change.added} -{change.removed}"
            renamed = f" (from {one_line(change.old_path)})" if change.old_path else ""
            yield f"  {counts:>11}  {role:<9} {one_line(change.path)}{renamed}"
        yield from _measured(measures.get(message.blob))
        yield from _said(message)


def _measured(measures: "Measures | None") -> Iterator[str]:
    """Tell what a reviewer reads faster, when there is any."""
    if measures is None or measures.rest == measures.total:
        return
    parts = [("only blanks changed", measures.whitespace), ("moved", measures.moved), ("same edit", measures.repeated)]
    told = ", ".join(f"{count} {name}" for name, count in parts if count)
    yield f"  {measures.total} lines: {told}, {measures.rest} others"


def _said(message: Message) -> Iterator[str]:
    for trailer in message.trailers:
        place = "" if trailer.place.value == "trailers" else f"  [{trailer.place.value}]"
        yield f"  {trailer.line:>4}: {clean(trailer.key)}: {one_line(trailer.value)}{place}"
    for defect in message.defects:
        yield f"  note: {defect.kind.value}: {clean(defect.detail)}"


def _disclosures(series: Series) -> Iterator[str]:
    seen: set[tuple[str, str, str]] = set()
    submitter = series.head.sender.email.lower()
    own = (one for one in series.followups if one.sender.email.lower() == submitter)
    for message in (*series.messages, *own):
        for one in message.disclosures:
            key = (one.agent, one.model, one.quote)
            if key in seen:
                continue
            seen.add(key)
            details = ", ".join(filter(None, (one.model if one.model != one.agent else "", *one.tools)))
            name = clean(one.agent or one.key or one.kind.value) + (f" ({clean(details)})" if details else "")
            told = one.agent and one.uses not in ((), ("content",), ("unknown",))
            uses = f" for {', '.join(one.uses)}" if told else f" {', '.join(one.uses)}" if not one.agent else ""
            where = _where(series, message.message_id, one.line, one.place.value)
            yield f"  disclosed: {name}{uses}, {one.kind.value}, {where}"


def _findings(series: Series, verdict: Verdict, style: Style) -> Iterator[str]:
    for finding in verdict.findings:
        yield f"  {style.strong(_weight(finding))} {finding.rule}"
        yield from (f"      {line}" for line in wrap(clean(finding.message), _WIDTH - 6))
        for evidence in finding.evidence[:5]:
            yield f"      {_where(series, evidence.message_id, evidence.line, evidence.part.value)}: {_quote(evidence)}"
        if len(finding.evidence) > 5:
            yield f"      and {len(finding.evidence) - 5} more lines"
        if finding.base_rate is not None:
            yield f"      {base_rate_line(finding.base_rate)}"
        if finding.waiver is not None:
            yield from wrap(waiver_line(finding.waiver), _WIDTH, initial_indent="      ", subsequent_indent="        ")
        if finding.clause:
            yield style.faint(f"      {finding.clause}")
    by_reason: dict[str, list[str]] = {}
    for skipped in verdict.skipped:
        by_reason.setdefault(skipped.reason, []).append(skipped.rule)
    for reason, rules in by_reason.items():
        text = f"not looked at: {', '.join(rules)}: {clean(reason)}"
        yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def base_rate_line(rate: "BaseRate") -> str:
    """Say how usual a heuristic finding is on its list."""
    since = f"since {day(rate.since)}"
    if not rate.enough:
        return f"too few {rate.among} on this list to compare ({rate.series} {since})"
    return f"{rate.having} of {rate.series} {rate.among} on this list carry this ({since})"


def waiver_line(waiver: Waiver) -> str:
    """Say who decided what, when and why, in one line."""
    what = "waived" if waiver.rule else "asked before posting, recorded"
    until = "" if waiver.until is None else f" (until {day(waiver.until)})"
    who = person(waiver.who) if waiver.who.email else one_line(waiver.who.name)
    return f"{what} by {who} on {day(waiver.at)}{until}: {one_line(waiver.reason)}"


def _weight(finding: Finding) -> str:
    waived = "waived " if finding.waived else ""
    if finding.effect is not Effect.NONE:
        return f"{waived}{finding.effect.value}"
    return waived + {Level.UNKNOWN: "cannot tell", Level.INFO: "info", Level.OK: "ok"}.get(finding.level, "fact")


def _quote(evidence: Evidence) -> str:
    quote = one_line(evidence.quote)
    return f"“{quote if len(quote) <= 120 else quote[:119] + '…'}”"


def _where(series: Series, message_id: str, line: int | None, part: str) -> str:
    place = f"{part} line {line}" if line is not None else part
    if series.cover is not None and message_id == series.cover.message_id:
        return f"cover, {place}" if part != "cover" else place
    for patch in series.patches:
        if patch.message.message_id == message_id:
            return f"patch {patch.position or '+'}, {place}"
    return f"{clean(message_id)}, {place}"


def _questions(verdict: Verdict) -> Iterator[str]:
    for question in verdict.human:
        yield from wrap(f"for you: {clean(question.ask)}", _WIDTH, initial_indent="  ", subsequent_indent="      ")


def _followups(series: Series, style: Style) -> Iterator[str]:
    if not series.followups and not series.not_carried:
        return
    yield ""
    yield style.strong(several(len(series.followups), "reply"))
    yield from reply_lines(series)
