# SPDX-License-Identifier: GPL-2.0-or-later
"""Which disclosures of a series count under a policy, and which patches they speak about."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.mail import Message, MessageKind, Place, Trailer
from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence
from patchwatch.rules.base import Context, cite

# A session link or a branch name tells what somebody had open, not what is in the patch.
COUNTED = frozenset({DisclosureKind.TRAILER, DisclosureKind.PROSE, DisclosureKind.IDENTITY})
UNKNOWN_USE = "unknown"
# What people write where a model's name would stand.
NO_MODEL = frozenset(("unknown", "n/a", "none", "unspecified", "-", ""))


class Declared(NamedTuple):
    """A disclosure and the message that makes it; *about* is the patch it speaks about, None for the whole series."""

    message: Message
    disclosure: Disclosure
    about: Message | None

    @property
    def evidence(self) -> Evidence:
        """The declaring line."""
        return cite(self.message, self.disclosure)


def declarations(series: Series, context: Context, *, all_kinds: bool = False) -> Iterator[Declared]:
    """
    Yield what counts as a declaration: in patches, cover letter and the submitter's own replies, in this order.

    Keys that mean a person in this policy never count; links and branches only with *all_kinds*.
    """
    patches = {patch.message.message_id: patch.message for patch in series.patches}
    for message in (patch.message for patch in series.patches):  # two may share a Message-ID
        yield from _of(message, message, context, all_kinds=all_kinds)
    if series.cover is not None:
        yield from _of(series.cover, None, context, all_kinds=all_kinds)
    for reply in own_replies(series):
        parent = reply.in_reply_to[0] if reply.in_reply_to else ""
        yield from _of(reply, patches.get(parent), context, all_kinds=all_kinds)


def ai_content(series: Series, context: Context) -> tuple[Declared, ...]:
    """Return the declarations that are not wholly inside the policy's exempt uses."""
    return tuple(d for d in declarations(series, context) if not exempt(d.disclosure, context))


def own_replies(series: Series) -> Iterator[Message]:
    """Yield the replies in the thread that the submitter wrote."""
    people = {series.author.email.casefold()} | {m.sender.email.casefold() for m in series.messages}
    for message in series.followups:
        if message.kind is MessageKind.REPLY and not message.is_automatic and message.sender.email.casefold() in people:
            yield message


def exempt(disclosure: Disclosure, context: Context) -> bool:
    """Whether all declared uses are outside the text of the policy."""
    return bool(disclosure.uses) and context.exempt_uses.issuperset(disclosure.uses)


def unsure(disclosure: Disclosure, context: Context) -> bool:
    """Whether nothing but `unknown` keeps this declaration from being exempt: it proves no content."""
    return UNKNOWN_USE in disclosure.uses and not set(disclosure.uses) - context.exempt_uses - {UNKNOWN_USE}


def named_in(message: Message, trailer: Trailer) -> Disclosure | None:
    """Return the disclosure that stands on this trailer line, None when the trailer has nothing to do with AI."""
    for disclosure in message.disclosures:
        if disclosure.line == trailer.line and disclosure.kind in COUNTED:
            return disclosure
    return None


def beside_the_patch(disclosure: Disclosure) -> bool:
    """Whether a sentence below the cut does not say that it is about the patch: it may speak of itself."""
    below = disclosure.kind is DisclosureKind.PROSE and disclosure.place is Place.BELOW_CUT
    return below and disclosure.uses == (UNKNOWN_USE,)


def agents_in_headers(message: Message) -> Iterator[Disclosure]:
    """Yield what the headers say of agents: as sender, as mailer, and as the author in From."""
    for disclosure in message.disclosures:
        if disclosure.kind is DisclosureKind.IDENTITY and disclosure.place is Place.HEADER:
            yield disclosure


def by_quote(found: Iterable[Declared]) -> list[list[Declared]]:
    """Group by the quoted text without case and spacing: the same line in ten patches is one finding."""
    groups: dict[str, list[Declared]] = {}
    for declared in found:
        groups.setdefault(" ".join(declared.disclosure.quote.casefold().split()), []).append(declared)
    return list(groups.values())


def who(disclosure: Disclosure) -> str:
    """Name what was used, as far as the mail says it."""
    model = disclosure.model.strip("()[]")
    if model.casefold() in NO_MODEL:
        model = ""
    if disclosure.agent and model and disclosure.agent.casefold() != model.casefold():
        return f"{disclosure.agent} ({model})"
    return disclosure.agent or model or disclosure.value or "an AI tool"


def _of(message: Message, about: Message | None, context: Context, *, all_kinds: bool) -> Iterator[Declared]:
    for disclosure in message.disclosures:
        tag = context.tag(disclosure.key) if disclosure.key else None
        if tag is not None and tag.means == "human":
            continue
        if all_kinds or (disclosure.kind in COUNTED and not disclosure.in_passing):
            yield Declared(message, disclosure, about)
