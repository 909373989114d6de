# SPDX-License-Identifier: GPL-2.0-or-later
"""Series and verdicts to rows: the facts themselves, and a summary for lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table

from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.followup import Waits
from patchwatch.model.mail import Message
from patchwatch.model.series import Series, State
from patchwatch.model.verdict import PatchSize, Verdict
from patchwatch.store import schema
from patchwatch.store.bulk import Row, insert_rows
from patchwatch.store.commits import merged_rows
from patchwatch.store.message_rows import joined, sender_key, to_seconds

# A session link or a branch name is mentioned, not declared.
_DECLARED = frozenset({DisclosureKind.TRAILER, DisclosureKind.PROSE, DisclosureKind.IDENTITY})

# Owners before what they own.
_TABLES = (
    schema.series,
    schema.series_message,
    schema.revision_link,
    schema.waits,
    schema.not_carried,
    schema.patch_size,
    schema.patch_role,
    schema.finding,
    schema.evidence,
    schema.skipped,
    schema.question,
    schema.merged,
)


def key_of(series: Series) -> str:
    """Return the sender of a series as it is looked up: its first mail's, not an in-body author."""
    return sender_key(series.head.sender.email)


@dataclass(frozen=True, slots=True)
class SeriesRows:
    """Rows for the tables of series, filled by `add` and written by `insert`."""

    tables: Mapping[Table, list[Row]] = field(default_factory=lambda: {table: [] for table in _TABLES})

    def add(self, series: Series, verdict: Verdict, list_id: str, thread: int, row_of: Mapping[str, int]) -> None:
        """Add one series; *row_of* gives the row of each of its mails by blob id."""
        self.tables[schema.series].append(_series_row(series, verdict, list_id, thread))
        self._members(series, row_of)
        self.tables[schema.revision_link].extend(
            [(series.id, n, link.revision, link.id, link.evidence) for n, link in enumerate(series.earlier)]
        )
        if series.waits is not None:
            self.tables[schema.waits].append(_waits_row(series.id, series.waits))
        self.tables[schema.not_carried].extend(
            [(series.id, n, t.revision, t.message_id, t.key, t.value) for n, t in enumerate(series.not_carried)]
        )
        patches = {patch.message.message_id: row_of[patch.message.blob] for patch in reversed(series.patches)}
        for n, size in enumerate(verdict.sizes):
            self.tables[schema.patch_size].append(_size_row(series.id, n, size, patches.get(size.message_id)))
            roles = [(series.id, n, at, role.value) for at, role in enumerate(size.roles)]
            self.tables[schema.patch_role].extend(roles)
        self._findings(series.id, verdict)
        skipped = [(series.id, n, rule.rule, rule.reason) for n, rule in enumerate(verdict.skipped)]
        self.tables[schema.skipped].extend(skipped)
        questions = [(series.id, n, question.id, question.ask) for n, question in enumerate(verdict.human)]
        self.tables[schema.question].extend(questions)
        self.tables[schema.merged].extend(merged_rows(series))

    def insert(self, conn: Connection) -> None:
        """Write all rows."""
        for table, rows in self.tables.items():
            insert_rows(conn, table, rows)

    def _members(self, series: Series, row_of: Mapping[str, int]) -> None:
        members: list[tuple[Message, str, int | None]] = []
        if series.cover is not None:
            members.append((series.cover, "cover", None))
        members += [(patch.message, "patch", patch.position) for patch in series.patches]
        members += [(message, "followup", None) for message in series.followups]
        members += [(message, "foreign", None) for message in series.foreign]
        self.tables[schema.series_message].extend(
            [(series.id, n, row_of[mail.blob], role, position) for n, (mail, role, position) in enumerate(members)]
        )

    def _findings(self, id_: str, verdict: Verdict) -> None:
        for n, found in enumerate(verdict.findings):
            self.tables[schema.finding].append(
                (
                    id_,
                    n,
                    found.rule,
                    found.level.value,
                    found.effect.value,
                    found.message,
                    found.clause,
                    found.waived,
                    found.since_revision,
                )
            )
            self.tables[schema.evidence].extend(
                [(id_, n, at, e.message_id, e.part.value, e.line, e.quote) for at, e in enumerate(found.evidence)]
            )


def _series_row(series: Series, verdict: Verdict, list_id: str, thread: int) -> Row:
    date, policy = series.date, verdict.policy
    declared = _declared(series)
    last = _last_by_a_person(series)
    slots = sum(patch.position is not None for patch in series.patches)
    return (
        series.id,
        key_of(series),
        thread,
        list_id,
        series.subject,
        series.author.name,
        series.author.email,
        to_seconds(date),
        None if date is None else f"{date:%Y-%m-%d}",
        None if date is None else "{:04}-W{:02}".format(*date.isocalendar()),
        series.revision,
        series.revision_inferred,
        series.expected,
        slots
        if series.expected is None
        else sum(patch.position in range(1, series.expected + 1) for patch in series.patches),
        len(series.patches),
        series.complete,
        ",".join(map(str, series.missing)),
        series.label,
        joined(series.tags),
        series.state.value,
        series.superseded_by,
        series.earlier[0].id if series.earlier else series.id,
        series.earlier[-1].id if series.earlier else None,
        series.superseded_by is None and series.state is not State.SUPERSEDED,
        joined(series.notes),
        *_lines(verdict.sizes),
        bool(declared),
        ",".join(sorted({said.agent for said in declared if said.agent})),
        None if last is None else last.sender.name,
        None if last is None else last.sender.email,
        None if last is None else to_seconds(last.date),
        policy.id,
        policy.version,
        policy.status,
        policy.source,
        policy.digest,
        verdict.outcome.value,
    )


def _waits_row(id_: str, waits: Waits) -> Row:
    quote, line = (None, None) if waits.where is None else (waits.where.quote, waits.where.line)
    return (id_, waits.party.value, to_seconds(waits.since), waits.message_id, quote, line, waits.question)


def _size_row(id_: str, n: int, size: PatchSize, message_row: int | None) -> Row:
    counted = ",".join(role.value for role, _, _ in size.by_role)
    return (id_, n, size.message_id, message_row, counted, *_lines((size,)))


def _lines(sizes: tuple[PatchSize, ...]) -> list[int]:
    """Added and removed lines for each role, in the order of the columns."""
    sums = {role: [0, 0] for role in schema.ROLES}
    for size in sizes:
        for role, added, removed in size.by_role:
            sums[role.value][0] += added
            sums[role.value][1] += removed
    return [number for role in schema.ROLES for number in sums[role]]


def _declared(series: Series) -> list[Disclosure]:
    """What the sender of the series says in it or in answers: a reviewer's own tools are not the series'."""
    own = key_of(series)
    answers = [mail for mail in series.followups if sender_key(mail.sender.email) == own]
    return [
        said
        for mail in (*series.messages, *answers)
        for said in mail.disclosures
        if said.kind in _DECLARED and not said.in_passing
    ]


def _last_by_a_person(series: Series) -> Message | None:
    """Return the newest dated mail of the thread that no program sent; of equals, the last in order."""
    newest: Message | None = None
    for mail in (*series.messages, *series.followups, *series.foreign):
        if mail.is_automatic or mail.date is None:
            continue
        if newest is None or newest.date is None or mail.date >= newest.date:
            newest = mail
    return newest
