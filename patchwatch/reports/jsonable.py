# SPDX-License-Identifier: GPL-2.0-or-later
"""Series and verdicts as plain values for JSON; the keys are a contract (docs/json.rst)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from patchwatch.model.diff import Role
from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import Message, Person, Trailer
from patchwatch.model.series import Patch, Series
from patchwatch.model.verdict import Finding, PatchSize, PolicyRef, Verdict

if TYPE_CHECKING:
    from patchwatch.parse.measures import Measures

Value = None | bool | int | str | list["Value"] | dict[str, "Value"]


def rfc3339(moment: datetime | None) -> str | None:
    """Return a UTC time as `2026-01-01T10:00:00Z`."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def person(one: Person) -> Value:
    """Return a name and an address."""
    return {"name": _text(one.name), "email": _text(one.email)}


def policy(ref: PolicyRef) -> Value:
    """Return which text judged."""
    return {"id": ref.id, "version": ref.version, "status": ref.status, "source": ref.source or None}


def series_value(
    series: Series, verdict: Verdict, measures: Mapping[str, "Measures"] | None = None
) -> dict[str, Value]:
    """Return one series with its verdict; *measures* by blob id, where the text of the patches was at hand."""
    # By place, not by Message-ID: two patches may share one.
    sizes = dict(enumerate(verdict.sizes))
    submitter = series.head.sender.email.lower()
    told = [*series.messages, *(one for one in series.followups if one.sender.email.lower() == submitter)]
    return {
        "id": series.id,
        "list": list_address(series.head),
        "subject": _text(series.subject),
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
        "followups": [_followup(message) for message in series.followups],
        "foreign": [message.message_id for message in series.foreign],
        "disclosures": [_disclosure(message, one) for message in told for one in message.disclosures],
        "outcome": verdict.outcome.value,
        "findings": [_finding(finding) for finding in verdict.findings],
        "skipped": [{"rule": one.rule, "reason": one.reason} for one in verdict.skipped],
        "human": [{"id": one.id, "ask": one.ask} for one in verdict.human],
        "notes": [_text(note) for note in series.notes],
    }


def defects(message: Message) -> list[Value]:
    """Return what was odd about one message."""
    return [
        {"message_id": message.message_id, "kind": one.kind.value, "detail": _text(one.detail)}
        for one in message.defects
    ]


def list_address(message: Message) -> str | None:
    """Return the list's address: the recipient that matches the List-Id, else the List-Id itself."""
    if not message.list_id:
        return None
    found = next((one for one in message.recipients if one.replace("@", ".", 1) == message.list_id), None)
    return found or message.list_id


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
        "subject": _text(message.subject),
        "author": person(message.author),
        "date": rfc3339(message.date),
        "patch_id": message.patch_id,
        "files": [
            {
                "path": _text(change.path),
                "old_path": None if change.old_path is None else _text(change.old_path),
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
        "trailers": [_trailer(trailer) for trailer in message.trailers],
        "defects": [{"kind": one.kind.value, "detail": _text(one.detail)} for one in message.defects],
        **measured,
    }


def _trailer(trailer: Trailer) -> Value:
    return {
        "key": trailer.key,
        "value": _text(trailer.value),
        "line": trailer.line,
        "place": trailer.place.value,
    }


def _followup(message: Message) -> Value:
    return {
        "message_id": message.message_id,
        "author": person(message.sender),
        "date": rfc3339(message.date),
        "automatic": message.is_automatic,
        "trailers": [_trailer(trailer) for trailer in message.trailers],
    }


def _disclosure(message: Message, one: Disclosure) -> Value:
    return {
        "message_id": message.message_id,
        "kind": one.kind.value,
        "key": one.key or None,
        "value": _text(one.value),
        "agent": _text(one.agent) or None,
        "model": _text(one.model) or None,
        "tools": [_text(tool) for tool in one.tools],
        "uses": list(one.uses),
        "place": one.place.value,
        "line": one.line,
        "quote": _text(one.quote),
    }


def _finding(finding: Finding) -> Value:
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "effect": finding.effect.value,
        "message": _text(finding.message),
        "waived": finding.waived,
        "since_revision": finding.since_revision,
        "evidence": [
            {"message_id": one.message_id, "part": one.part.value, "line": one.line, "quote": _text(one.quote)}
            for one in finding.evidence
        ],
        "clause": finding.clause or None,
    }


def _text(text: str) -> str:
    """Keep JSON valid UTF-8: lone surrogates become U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
