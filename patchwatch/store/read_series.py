# SPDX-License-Identifier: GPL-2.0-or-later
"""Read one series and its verdict, equal to what was stored."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, Table, select

from patchwatch.errors import InputError
from patchwatch.model.diff import Role
from patchwatch.model.followup import NotCarried, Party, Waits
from patchwatch.model.mail import Message, Person
from patchwatch.model.series import Patch, RevisionLink, Series, State
from patchwatch.model.verdict import (
    Effect,
    Evidence,
    Finding,
    Level,
    Outcome,
    Part,
    PatchSize,
    PolicyRef,
    Question,
    Skipped,
    Verdict,
)
from patchwatch.store import schema
from patchwatch.store.commits import load_merged
from patchwatch.store.load import load_messages
from patchwatch.store.message_rows import build_line, split, to_time
from patchwatch.store.waivers import with_waivers


def load_series(conn: Connection, series_id: str) -> tuple[Series, Verdict]:
    """Return a series with its mails and its verdict; InputError when there is none with this id."""
    table = schema.series
    row = conn.execute(select(table).where(table.c.id == series_id)).mappings().one_or_none()
    if row is None:
        raise InputError(f"no series {series_id}: `patchwatch list` shows what there is")
    return _series(conn, row), _verdict(conn, row)


def _rows(conn: Connection, table: Table, series_id: str) -> Sequence[RowMapping]:
    query = select(table).where(table.c.series_id == series_id).order_by(*table.primary_key.columns)
    return conn.execute(query).mappings().all()


def _series(conn: Connection, row: RowMapping) -> Series:
    members = _rows(conn, schema.series_message, row["id"])
    mails = load_messages(conn, [member["message_id"] for member in members])
    by_role: defaultdict[str, list[Message]] = defaultdict(list)
    patches: list[Patch] = []
    for member in members:
        mail = mails[member["message_id"]]
        if member["role"] == "patch":
            patches.append(Patch(position=member["position"], message=mail))
        else:
            by_role[member["role"]].append(mail)
    links = _rows(conn, schema.revision_link, row["id"])
    cover = by_role["cover"]
    return Series(
        id=row["id"],
        subject=row["subject"],
        author=Person(row["author_name"], row["author_email"]),
        date=to_time(row["posted_at"]),
        revision=row["revision"],
        revision_inferred=row["revision_inferred"],
        expected=row["expected"],
        cover=cover[0] if cover else None,
        patches=tuple(patches),
        missing=tuple(int(slot) for slot in row["missing"].split(",") if slot),
        followups=tuple(by_role["followup"]),
        foreign=tuple(by_role["foreign"]),
        label=row["label"],
        tags=split(row["tags"]),
        state=State(row["state"]),
        superseded_by=row["superseded_by"],
        earlier=tuple(RevisionLink(revision=n["revision"], id=n["other_id"], evidence=n["evidence"]) for n in links),
        notes=split(row["notes"]),
        waits=_waits(conn, row["id"]),
        not_carried=tuple(
            NotCarried(revision=n["revision"], message_id=n["message_id"], key=n["key"], value=n["value"])
            for n in _rows(conn, schema.not_carried, row["id"])
        ),
        merged=load_merged(conn, row["id"]),
    )


def _waits(conn: Connection, series_id: str) -> Waits | None:
    found = _rows(conn, schema.waits, series_id)
    return build_waits(found[0]) if found else None


def build_waits(row: RowMapping) -> Waits:
    """Make of its row who owes the next mail."""
    return Waits(
        party=Party(row["waits_for"]),
        since=to_time(row["since_at"]),
        message_id=row["message_id"],
        where=build_line(row["quote"], row["line"]),
        question=row["is_question"],
    )


def _verdict(conn: Connection, row: RowMapping) -> Verdict:
    skipped = _rows(conn, schema.skipped, row["id"])
    questions = _rows(conn, schema.question, row["id"])
    return Verdict(
        policy=PolicyRef(
            id=row["policy_id"],
            version=row["policy_version"],
            status=row["policy_status"],
            source=row["policy_source"],
            digest=row["policy_digest"],
        ),
        outcome=Outcome(row["outcome"]),
        findings=with_waivers(conn, row["root"], _findings(conn, row["id"])),
        skipped=tuple(Skipped(rule=rule["rule"], reason=rule["reason"]) for rule in skipped),
        human=tuple(Question(id=question["id"], ask=question["ask"]) for question in questions),
        sizes=_sizes(conn, row["id"]),
    )


def _findings(conn: Connection, series_id: str) -> tuple[Finding, ...]:
    evidence: defaultdict[int, list[Evidence]] = defaultdict(list)
    for e in _rows(conn, schema.evidence, series_id):
        found = Evidence(message_id=e["message_id"], part=Part(e["part"]), line=e["line"], quote=e["quote"])
        evidence[e["finding_seq"]].append(found)
    return tuple(
        Finding(
            rule=found["rule"],
            level=Level(found["level"]),
            effect=Effect(found["effect"]),
            message=found["message"],
            evidence=tuple(evidence[found["seq"]]),
            clause=found["clause"],
            waived=found["waived"],
            since_revision=found["since_revision"],
        )
        for found in _rows(conn, schema.finding, series_id)
    )


def _sizes(conn: Connection, series_id: str) -> tuple[PatchSize, ...]:
    roles: defaultdict[int, list[Role]] = defaultdict(list)
    for file in _rows(conn, schema.patch_role, series_id):
        roles[file["seq"]].append(Role(file["role"]))
    sizes = []
    for size in _rows(conn, schema.patch_size, series_id):
        counted = [role for role in size["counted"].split(",") if role]
        by_role = tuple((Role(role), size[f"added_{role}"], size[f"removed_{role}"]) for role in counted)
        sizes.append(PatchSize(message_id=size["message_id"], roles=tuple(roles[size["seq"]]), by_role=by_role))
    return tuple(sizes)
