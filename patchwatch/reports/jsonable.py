# SPDX-License-Identifier: GPL-2.0-or-later
"""Series and verdicts as plain values for JSON; the keys are a contract (docs/json.rst)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from patchwatch.assemble.followups import given_in, kind_of
from patchwatch.model.attestation import Attestation
from patchwatch.model.diff import Role
from patchwatch.model.disclosure import Disclosure
from patchwatch.model.followup import Given, Line, NotCarried, Waits
from patchwatch.model.mail import Message, Person, Trailer
from patchwatch.model.series import Patch, Series
from patchwatch.model.verdict import Finding, PatchSize, PolicyRef, Verdict, Waiver
from patchwatch.reports.cost import cost_value
from patchwatch.reports.policy_said import terms_value

if TYPE_CHECKING:
    from patchwatch.model.history import BaseRate
    from patchwatch.parse.measures import Measures
    from patchwatch.reports.cost import CostOf

Value = None | bool | int | str | list["Value"] | dict[str, "Value"]


def rfc3339(moment: datetime | None) -> str | None:
    """Return a UTC time as `2026-01-01T10:00:00Z`."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def person(one: Person) -> Value:
    """Return a name and an address."""
    return {"name": plain(one.name), "email": plain(one.email)}


def policy(ref: PolicyRef) -> Value:
    """Return which text judged."""
    return {
        "id": ref.id,
        "version": ref.version,
        "status": ref.status,
        "until": ref.until or None,
        "source": ref.source or None,
    }


def series_value(
    series: Series,
    verdict: Verdict,
    measures: Mapping[str, "Measures"] | None = None,
    cost_of: "CostOf | None" = None,
) -> dict[str, Value]:
    """Return one series with its verdict; *measures* by blob id, where the text of the patches was at hand."""
    # By place, not by Message-ID: two patches may share one.
    sizes = dict(enumerate(verdict.sizes))
    submitter = series.head.sender.email.lower()
    given = given_in(series)
    told = [*series.messages, *(one for one in series.followups if one.sender.email.lower() == submitter)]
    return {
        "id": series.id,
        "list": list_address(series.head),
        "subject": plain(series.head.prefix.title or series.subject),
        "author": person(series.author),
        "date": rfc3339(series.date),
        "revision": series.revision,
        "revision_inferred": series.revision_inferred,
        "expected": series.expected,
        "complete": series.complete,
        "missing": list(series.missing),
        "cover": None if series.cover is None else series.cover.message_id,
        "revisions": [{"revision": link.revision, "id": link.id, "evidence": link.evidence} for link in series.earlier],
        "state": series.state.value,
        "superseded_by": series.superseded_by,
        "label": series.label,
        "policy": policy(verdict.policy),
        "patches": [_patch(patch, sizes.get(at), measures) for at, patch in enumerate(series.patches)],
        "followups": [_followup(message, given.get(message.blob, ())) for message in series.followups],
        "waits": waits(series.waits),
        "not_carried": [_not_carried(one) for one in series.not_carried],
        "foreign": [message.message_id for message in series.foreign],
        "disclosures": [disclosure_value(message, one) for message in told for one in message.disclosures],
        **({} if cost_of is None else {"cost": cost_value(cost_of(series, verdict))}),
        "outcome": verdict.outcome.value,
        "findings": [finding_value(finding) for finding in verdict.findings],
        "skipped": [{"rule": one.rule, "reason": one.reason} for one in verdict.skipped],
        "human": [{"id": one.id, "ask": one.ask} for one in verdict.human],
        **terms_value(verdict),
        "notes": [plain(note) for note in (*series.notes, *verdict.notes)],
        "merged": [
            {"message_id": one.message_id, "commit": one.commit, "by": one.by.value, "tree": plain(one.tree)}
            for one in series.merged
        ],
        "attestation": None if series.attestation is None else [_attestation(one) for one in series.attestation],
    }


def defects(message: Message) -> list[Value]:
    """Return what was odd about one message."""
    return [
        {"message_id": message.message_id, "kind": one.kind.value, "detail": plain(one.detail)}
        for one in message.defects
    ]


def list_address(message: Message) -> str | None:
    """Return the list's address: the recipient that matches the List-Id, else the List-Id itself."""
    if not message.list_id:
        return None
    found = next((one for one in message.recipients if one.replace("@", ".", 1) == message.list_id), None)
    return found or message.list_id


def _attestation(one: Attestation) -> Value:
    return {
        "message_id": one.message_id,
        "kind": one.kind.value,
        "status": one.status.value,
        "identity": plain(one.identity) or None,
        "detail": plain(one.detail) or None,
    }


def _patch(patch: Patch, size: PatchSize | None, measures: Mapping[str, "Measures"] | None) -> Value:
    message = patch.message
    measured: dict[str, Value] = {}
    if measures is not None:
        found = measures.get(message.blob)
        names = ("total", "whitespace", "moved", "repeated")
        measured["measures"] = None if found is None else {name: getattr(found, name) for name in names}
    roles = size.roles if size is not None else ()
    by_role = {role.value: [0, 0] for role in Role}
    for role, added, removed in size.by_role if size is not None else ():
        by_role[role.value] = [added, removed]
    return {
        "message_id": message.message_id,
        "position": patch.position,
        "subject": plain(message.prefix.title or message.subject),
        "author": person(message.author),
        "date": rfc3339(message.date),
        "patch_id": message.patch_id,
        "files": [
            {
                "path": plain(change.path),
                "old_path": None if change.old_path is None else plain(change.old_path),
                "role": roles[number].value if number < len(roles) else Role.CODE.value,
                "added": change.added,
                "removed": change.removed,
                "binary": change.binary,
            }
            for number, change in enumerate(message.files)
        ],
        "added": sum(change.added for change in message.files),
        "removed": sum(change.removed for change in message.files),
        "by_role": {role: list(counts) for role, counts in by_role.items()},
        "trailers": [trailer_value(trailer) for trailer in message.trailers],
        "defects": [{"kind": one.kind.value, "detail": plain(one.detail)} for one in message.defects],
        **measured,
    }


def trailer_value(trailer: Trailer) -> Value:
    return {
        "key": trailer.key,
        "value": plain(trailer.value),
        "line": trailer.line,
        "place": trailer.place.value,
    }


def waits(one: Waits | None) -> Value:
    """Return who owes the next mail; None where nobody has looked."""
    if one is None:
        return None
    return {
        "for": one.party.value,
        "since": rfc3339(one.since),
        "message_id": one.message_id,
        "line": None if one.where is None else one.where.line,
        "quote": None if one.where is None else plain(one.where.quote),
        "question": one.question,
    }


def _not_carried(one: NotCarried) -> Value:
    return {
        "key": one.key,
        "value": plain(one.value),
        "revision": one.revision,
        "message_id": one.message_id,
    }


def _followup(message: Message, given: tuple[Given, ...]) -> Value:
    said = message.speech
    claim = None if said is None else said.claim
    return {
        "message_id": message.message_id,
        "kind": kind_of(message),
        "author": person(message.sender),
        "date": rfc3339(message.date),
        "automatic": message.is_automatic,
        "trailers": [trailer_value(trailer) for trailer in message.trailers],
        "gave": [
            {
                "key": one.key,
                "value": plain(one.value),
                "line": one.line,
                "to": list(one.to),
                "status": one.status.value,
                "counts": one.counts,
            }
            for one in given
        ],
        "question": None if said is None else _line(said.question),
        "objection": None if said is None else _line(said.objection),
        "claim": None
        if claim is None
        else {"kind": claim.kind.value, "line": claim.where.line, "quote": plain(claim.where.quote)},
    }


def _line(where: Line | None) -> Value:
    return None if where is None else {"line": where.line, "quote": plain(where.quote)}


def disclosure_value(message: Message, one: Disclosure) -> Value:
    return {
        "message_id": message.message_id,
        "kind": one.kind.value,
        "key": one.key or None,
        "value": plain(one.value),
        "agent": plain(one.agent) or None,
        "model": plain(one.model) or None,
        "tools": [plain(tool) for tool in one.tools],
        "uses": list(one.uses),
        "place": one.place.value,
        "line": one.line,
        "quote": plain(one.quote),
    }


def waiver(one: Waiver) -> dict[str, Value]:
    """Return a maintainer's decision."""
    return {
        "number": one.number,
        "id": plain(one.series_id),
        "rule": one.rule or None,
        "asked": not one.rule,
        "who": person(one.who),
        "at": rfc3339(one.at),
        "reason": plain(one.reason),
        "until": rfc3339(one.until),
    }


def finding_value(finding: Finding) -> Value:
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "effect": finding.effect.value,
        "message": plain(finding.message),
        "waived": finding.waived,
        "waiver": None if finding.waiver is None else waiver(finding.waiver),
        "since_revision": finding.since_revision,
        "evidence": [
            {"message_id": one.message_id, "part": one.part.value, "line": one.line, "quote": plain(one.quote)}
            for one in finding.evidence
        ],
        "clause": finding.clause or None,
        **({} if finding.base_rate is None else {"base_rate": _base_rate(finding.base_rate)}),
    }


def _base_rate(rate: "BaseRate") -> Value:
    """Return how usual a heuristic finding is on its list; None for too few series to compare."""
    if not rate.enough:
        return None
    return {
        "list": rate.list_id,
        "series": rate.series,
        "with": rate.having,
        "since": rfc3339(rate.since),
        "among": rate.among,
    }


def plain(text: str) -> str:
    """Keep JSON valid UTF-8: lone surrogates become U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
