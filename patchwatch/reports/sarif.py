# SPDX-License-Identifier: GPL-2.0-or-later
"""`check --format sarif`: SARIF 2.1.0, one run (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html)."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from patchwatch import __version__
from patchwatch.model.mail import Message
from patchwatch.reports.jsonable import Value
from patchwatch.reports.results import Grade, Judged, LinesOf, Result, counted, place, results
from patchwatch.rules.base import load_rule

_MAX_RESULTS = 25_000  # what GitHub takes of a run
_ORDER = tuple(Grade)


def render_sarif(
    judged: Judged,
    messages: Iterable[Message],
    origins: Mapping[str, str],
    lines_of: LinesOf | None = None,
    unread: Sequence[str] = (),
) -> str:
    """
    Return the whole log, worst results first; *origins* says by blob id which file a mail was read from.

    What could not be read (*unread*, and parts of *messages*) is a notification of the run, not a result.
    """
    found = sorted(results(counted(judged), lines_of), key=lambda one: _ORDER.index(one.grade))
    told = [f"{m.message_id}: {defect.kind.value}: {defect.detail}" for m in messages for defect in m.unreadable]
    if len(found) > _MAX_RESULTS:
        told.append(f"{len(found) - _MAX_RESULTS} more results are left out")
        del found[_MAX_RESULTS:]
    ids = {rule: place for place, rule in enumerate(sorted({one.finding.rule for one in found}))}
    clauses = {one.finding.rule: one.finding.clause for one in reversed(found)}
    run: dict[str, Value] = {
        "tool": {
            "driver": {
                "name": "patchwatch",
                "version": __version__,
                "rules": [_rule(rule_id, clauses.get(rule_id, "")) for rule_id in ids],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": _utf8(text)}} for text in (*unread, *told)
                ],
            }
        ],
        "results": [_result(one, ids, origins) for one in found],
    }
    log: dict[str, Value] = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _rule(rule_id: str, clause: str) -> Value:
    rule: dict[str, Value] = {"id": rule_id, "shortDescription": {"text": _title(rule_id)}}
    if clause.startswith(("https://", "http://")):
        rule["helpUri"] = clause
    return rule


def _title(rule_id: str) -> str:
    try:
        return load_rule(rule_id).title
    except KeyError:
        return rule_id


def _result(one: Result, ids: Mapping[str, int], origins: Mapping[str, str]) -> Value:
    subject = one.message if one.message is not None else one.series.head
    quoted = one.evidence.quote if one.evidence is not None else ""
    print_of = "\0".join((one.finding.rule, subject.patch_id or subject.message_id, " ".join(quoted.split())))
    location: dict[str, Value] = {
        "logicalLocations": [
            {"fullyQualifiedName": _utf8(subject.message_id), "name": _utf8(one.subject), "kind": "resource"}
        ]
    }
    uri = _uri(one.path) or _uri(origins.get(subject.blob, ""))
    if uri:
        region: dict[str, Value] = {} if one.line is None else {"region": {"startLine": one.line}}
        location["physicalLocation"] = {"artifactLocation": {"uri": uri}, **region}
    text = one.text if not place(one) else f"{one.text}\n{place(one)}: {quoted}"
    return {
        "ruleId": one.finding.rule,
        "ruleIndex": ids[one.finding.rule],
        "level": one.grade.value,
        "message": {"text": _utf8(text)},
        "locations": [location],
        "partialFingerprints": {
            "patchwatch/v1": hashlib.sha256(print_of.encode("utf-8", "replace")).hexdigest(),
        },
        "properties": {
            "policy": one.policy,
            "outcome": one.verdict.outcome.value,
            "effect": one.finding.effect.value,
            "waived": one.finding.waived,
            "clause": one.finding.clause,
        },
        **({"suppressions": [{"kind": "external", "status": "accepted"}]} if one.finding.waived else {}),
    }


def _uri(path: str) -> str:
    """Return a path as a relative URI (an absolute path as a file URI), "" for one that leads out of the tree."""
    if not path or ".." in path.split("/"):
        return ""
    name = quote(path.encode("utf-8", "replace"))
    return f"file://{name}" if name.startswith("/") else name


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
