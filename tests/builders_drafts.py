# SPDX-License-Identifier: GPL-2.0-or-later
"""Small series, verdicts and targets for the tests of drafts; all people and projects are invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from patchwatch.model.diff import FileChange, Role
from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.draft import Identity, Target
from patchwatch.model.mail import Message, MessageKind, Person, Place, Subject
from patchwatch.model.series import Patch, Series
from patchwatch.model.verdict import (
    Effect,
    Evidence,
    Finding,
    Level,
    Outcome,
    Part,
    PatchSize,
    PolicyRef,
    Verdict,
)

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SENT = datetime(2026, 11, 1, 10, 0, tzinfo=timezone(timedelta(hours=1)))
AUTHOR = Person("Jo Contributor", "jo@example.org")
LIST = Person("", "foo-devel@lists.example.org")
CLAUSE = "https://foo.example.org/doc/contributing.html#ai"
ME = Identity(person=Person("Pat Maintainer", "pat@example.com"), own=("pat@old.example.com",))
BODY = (
    "This fixes an overflow in the queue setup.",
    "",
    "Assisted-by: Robo:robo-1.5",
    "Signed-off-by: Jo Contributor <jo@example.org>",
    "---",
    " hw/foo.c | 2 +-",
)
TAG = BODY[2]


def message(
    message_id: str = "patch.1@example.org",
    *,
    kind: MessageKind = MessageKind.PATCH,
    title: str = "hw/foo: fix overflow",
    files: tuple[FileChange, ...] = (FileChange(path="hw/foo.c", added=18, removed=6, code_added=15, code_removed=6),),
    disclosures: tuple[Disclosure, ...] = (),
    is_automatic: bool = False,
    author: Person = AUTHOR,
) -> Message:
    return Message(
        blob="0" * 40,
        message_id=message_id,
        aliases=(),
        kind=kind,
        subject=f"[PATCH] {title}",
        prefix=Subject(title=title),
        sender=author,
        author=author,
        date=SENT.astimezone(UTC),
        in_reply_to=(),
        references=(),
        list_id="foo-devel.lists.example.org",
        recipients=(LIST.email,),
        is_automatic=is_automatic,
        files=files,
        disclosures=disclosures,
    )


def disclosure(quote: str = TAG, line: int | None = 3) -> Disclosure:
    return Disclosure(
        kind=DisclosureKind.TRAILER,
        key="Assisted-by",
        value="Robo:robo-1.5",
        agent="Robo",
        model="robo-1.5",
        tools=(),
        uses=("content",),
        place=Place.TRAILERS,
        line=line,
        quote=quote,
    )


def series(*patches: Message, cover: Message | None = None, revision: int = 1, **changes: object) -> Series:
    members = patches or (message(),)
    values: dict[str, object] = {
        "id": (cover or members[0]).message_id,
        "subject": members[0].subject,
        "author": AUTHOR,
        "date": members[0].date,
        "revision": revision,
        "revision_inferred": False,
        "expected": len(members),
        "cover": cover,
        "patches": tuple(Patch(position=i, message=m) for i, m in enumerate(members, 1)),
        "missing": (),
    }
    return Series(**{**values, **changes})  # type: ignore[arg-type]  # the names are those of the fields


def target(message_id: str = "patch.1@example.org", **changes: object) -> Target:
    values: dict[str, object] = {
        "message_id": message_id,
        "sender": AUTHOR,
        "original_from": None,
        "reply_to": (),
        "to": (LIST,),
        "cc": (Person("Max Reviewer", "max@example.net"),),
        "subject": "[PATCH] hw/foo: fix overflow",
        "in_reply_to": (),
        "references": (),
        "date": SENT,
        "lines": BODY,
        "list_id": "foo-devel.lists.example.org",
    }
    return Target(**{**values, **changes})  # type: ignore[arg-type]  # the names are those of the fields


def evidence(message_id: str = "patch.1@example.org", line: int | None = 3, quote: str = TAG) -> Evidence:
    return Evidence(message_id=message_id, part=Part.COMMIT_LOG if line else Part.HEADER, line=line, quote=quote)


def finding(
    rule: str = "undisclosed-ai",
    *where: Evidence,
    text: str = "Robo is named here, but `Generated-by:` is missing",
    effect: Effect = Effect.ASK,
    level: Level = Level.FACT,
    clause: str = CLAUSE,
    waived: bool = False,
) -> Finding:
    return Finding(
        rule=rule,
        level=level,
        effect=effect,
        message=text,
        evidence=where or (evidence(),),
        clause=clause,
        waived=waived,
    )


def unsigned(message_id: str = "patch.1@example.org", clause: str = CLAUSE) -> Finding:
    text = "no Signed-off-by of a person among the 0 trailer lines of the commit log"
    return finding("missing-sign-off", evidence(message_id, None, "Subject: [PATCH] x"), text=text, clause=clause)


def verdict(
    *findings: Finding,
    outcome: Outcome | None = None,
    status: str = "in-force",
    sizes: tuple[PatchSize, ...] = (),
) -> Verdict:
    declined = any(f.effect is Effect.DECLINE for f in findings)
    return Verdict(
        policy=PolicyRef(id="foo", version="2026-01", status=status, source=CLAUSE, digest="0"),
        outcome=outcome or (Outcome.DECLINE if declined else Outcome.ASK if findings else Outcome.READY),
        findings=findings,
        skipped=(),
        human=(),
        sizes=sizes,
    )


def size(message_id: str, *roles: Role) -> PatchSize:
    return PatchSize(message_id=message_id, roles=roles, by_role=())


def first_seen(whole: Series, judged: Verdict) -> Verdict:
    """Let all findings be ones that no earlier revision had."""
    return replace(judged, findings=tuple(replace(f, since_revision=whole.revision) for f in judged.findings))
