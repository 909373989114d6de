# SPDX-License-Identifier: GPL-2.0-or-later
"""When no draft is made, and the sentence that says why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from patchwatch.errors import PatchwatchError
from patchwatch.model.draft import Identity, Target
from patchwatch.model.mail import Message, MessageKind
from patchwatch.model.series import Series, State
from patchwatch.model.verdict import Effect, Finding, Level, Outcome, Verdict

# Robots whose mail nobody reads the answers to; `*` at the end stands for anything.
BOTS = (
    "lkp@intel.com",
    "syzbot+*",
    "syzbot@*",
    "patchwork-bot+*",
    "sashiko-bot@kernel.org",
    "bot+bpf-ci@kernel.org",
    "noreply@*",
    "no-reply@*",
    "notifications@github.com",
)
_BINDING = ("in-force", "superseded")  # a mail is judged by the text of its day, which may be superseded now


class Reason(StrEnum):
    """Why there is no draft; the words are part of the interface."""

    NOT_FACT = "not-fact"
    NOT_IN_FORCE = "not-in-force"
    UNDETERMINED = "undetermined"
    PROTOTYPE = "prototype"
    WAIVED = "waived"
    REPLY = "reply"
    PULL_REQUEST = "pull-request"
    NOT_A_PATCH = "not-a-patch"
    OWN_MAIL = "own-mail"
    BOT = "bot"
    AUTOMATIC = "automatic"
    ANSWERED = "answered"
    AUTHOR_ASKED = "author-asked"
    SUPERSEDED = "superseded"
    MERGED = "merged"
    TOO_OLD = "too-old"
    RECENT = "recent"
    EXISTS_FOREIGN = "exists-foreign"
    CAP = "cap"
    NOTHING_TO_SAY = "nothing-to-say"
    NO_MESSAGE_ID = "no-message-id"
    NO_ADDRESS = "no-address"
    UNSAFE = "unsafe"


TEXTS = {
    Reason.NOT_FACT: "Only heuristics speak here; a draft rests on facts.",
    Reason.NOT_IN_FORCE: "The policy text is not in force, so it asks nothing of the author yet.",
    Reason.UNDETERMINED: "A part of the series is missing or unreadable; more mail may change the result.",
    Reason.PROTOTYPE: "The series is marked as a prototype: talk about its direction, not its lines.",
    Reason.WAIVED: "All findings with an effect have been waived.",
    Reason.REPLY: "The message is itself a reply.",
    Reason.PULL_REQUEST: "The message is a pull request.",
    Reason.NOT_A_PATCH: "The message is neither a patch nor the cover letter of this series.",
    Reason.OWN_MAIL: "The series is your own.",
    Reason.BOT: "The message comes from a robot.",
    Reason.AUTOMATIC: "The message was sent automatically.",
    Reason.ANSWERED: "Somebody already raised this point in the thread.",
    Reason.AUTHOR_ASKED: "The author has an open question in the thread; answer that first.",
    Reason.SUPERSEDED: "A newer revision of the series exists.",
    Reason.MERGED: "The series has been applied.",
    Reason.TOO_OLD: "The series is more than 30 days old.",
    Reason.RECENT: "The author already got a draft this week.",
    Reason.EXISTS_FOREIGN: "A reply written by hand is already among the drafts.",
    Reason.CAP: "The limit of drafts for one run is reached.",
    Reason.NOTHING_TO_SAY: "No finding asks anything of the author.",
    Reason.NO_MESSAGE_ID: "The message has no Message-ID that a reply could name.",
    Reason.NO_ADDRESS: "The message has no address that a reply could be sent to.",
    Reason.UNSAFE: "The draft would hold a line that a program acts on.",
}
_OVERRIDABLE = frozenset(
    {
        Reason.ANSWERED,
        Reason.AUTHOR_ASKED,
        Reason.TOO_OLD,
        Reason.RECENT,
        Reason.EXISTS_FOREIGN,
        Reason.CAP,
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason and what it is about (an address, a header, a line); *detail* may be empty."""

    reason: Reason
    detail: str = ""

    @property
    def overridable(self) -> bool:
        """Whether `--force` makes the draft all the same."""
        return self.reason in _OVERRIDABLE

    def stops(self, *, force: bool) -> bool:
        """Whether this still stands in the way of a draft when the user says *force*."""
        return not (force and self.overridable)

    def __str__(self) -> str:
        text = f"no draft: {self.reason}: {TEXTS[self.reason]}"
        return f"{text} ({self.detail})" if self.detail else text


class NoDraft(PatchwatchError):  # noqa: N818 - an answer, not an error
    """No draft is made; `refusal` says why."""

    exit_code: ClassVar[int] = 1

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.refusal = Refusal(reason, detail)
        super().__init__(str(self.refusal))


def effective(verdict: Verdict) -> tuple[Finding, ...]:
    """Return the findings that a draft may rest on: facts with an effect, not waived."""
    return tuple(f for f in verdict.findings if _counts(f) and not f.waived)


def unraised(series: Series, verdict: Verdict, heard: Collection[int]) -> Verdict:
    """
    Return *verdict* without what an earlier revision carried and people have talked about: each point comes once.

    *heard* are the numbers of earlier revisions to which somebody but the submitter replied.
    """
    return replace(verdict, findings=tuple(f for f in verdict.findings if not _raised(f, series, heard)))


def _raised(finding: Finding, series: Series, heard: Collection[int]) -> bool:
    return any(finding.since_revision <= revision < series.revision for revision in heard)


def heard_by_others(earlier: Series) -> bool:
    """Whether a person but the submitter replied to this posting."""
    own = {person.email.lower() for mail in earlier.messages for person in (mail.sender, mail.author)}
    return any(not mail.is_automatic and mail.sender.email.lower() not in own for mail in earlier.followups)


def _counts(finding: Finding) -> bool:
    return finding.level is Level.FACT and finding.effect is not Effect.NONE


def refusal(
    target: Target, series: Series, verdict: Verdict, identity: Identity, *, bots: Sequence[str] = BOTS
) -> Refusal | None:
    """Return why no reply to *target* is drafted, as far as these values tell; None when one can be."""
    message = find_message(series, target.message_id)
    return (
        _by_kind(message, series, target)
        or _by_sender(message, series, target, identity, bots)
        or _by_state(series)
        or _by_verdict(verdict)
    )


def find_message(series: Series, message_id: str) -> Message | None:
    """Return the cover letter or patch of *series* with this id (or alias), None when it is neither."""
    return next((m for m in series.messages if message_id == m.message_id or message_id in m.aliases), None)


def _by_kind(message: Message | None, series: Series, target: Target) -> Refusal | None:
    known = message
    if known is None:
        others = (*series.followups, *series.foreign)
        known = next((m for m in others if m.message_id == target.message_id), None)
    if known is not None and known.kind is MessageKind.PULL:
        return Refusal(Reason.PULL_REQUEST)
    if known is not None and known.kind is MessageKind.REPLY:
        return Refusal(Reason.REPLY)
    if message is None or message.kind is MessageKind.OTHER:
        return Refusal(Reason.NOT_A_PATCH)
    return None


def _by_sender(
    message: Message | None, series: Series, target: Target, identity: Identity, bots: Sequence[str]
) -> Refusal | None:
    own = own_addresses(identity)
    people = [target.original_from or target.sender, series.author]
    if message is not None:
        people.extend((message.sender, message.author))
    mine = next((p for p in people if p.email.lower() in own), None)
    if mine is not None:
        return Refusal(Reason.OWN_MAIL, mine.email)
    writer = people[0].email.lower()
    if target.automatic or writer.startswith(("mailer-daemon@", "postmaster@")):
        return Refusal(Reason.AUTOMATIC, target.automatic or writer)
    if any(_matches(writer, pattern) for pattern in bots):
        return Refusal(Reason.BOT, writer)
    if message is not None and message.is_automatic:
        return Refusal(Reason.AUTOMATIC)
    return None


def own_addresses(identity: Identity) -> frozenset[str]:
    """Return all addresses of the writer, in lower case."""
    return frozenset(a.lower() for a in (identity.person.email, *identity.own))


def _matches(address: str, pattern: str) -> bool:
    wanted = pattern.lower()
    return address.startswith(wanted[:-1]) if wanted.endswith("*") else address == wanted


def _by_state(series: Series) -> Refusal | None:
    match series.state:
        case State.SUPERSEDED:
            return Refusal(Reason.SUPERSEDED, series.superseded_by or "")
        case State.MERGED:
            return Refusal(Reason.MERGED)
        case State.OPEN:
            return None


def _by_verdict(verdict: Verdict) -> Refusal | None:
    policy = verdict.policy
    if verdict.findings and policy.status not in _BINDING:
        return Refusal(Reason.NOT_IN_FORCE, f"{policy.id}@{policy.version} is {policy.status or 'without status'}")
    if verdict.outcome is Outcome.UNDETERMINED:
        return Refusal(Reason.UNDETERMINED)
    if verdict.outcome is Outcome.PROTOTYPE:
        return Refusal(Reason.PROTOTYPE)
    if verdict.outcome is not Outcome.READY and effective(verdict):
        return None
    if any(_counts(f) and f.waived for f in verdict.findings):
        return Refusal(Reason.WAIVED)
    levels = {f.level for f in verdict.findings} - {Level.OK}
    return Refusal(Reason.NOT_FACT if levels == {Level.INFO} else Reason.NOTHING_TO_SAY)
