# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages to series: pure, and the same for any order of arrival."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from patchwatch.assemble.people import sender_key
from patchwatch.assemble.postings import Posting, find_postings
from patchwatch.assemble.revisions import link_revisions
from patchwatch.assemble.threads import Threads, order_key
from patchwatch.model.mail import Message, MessageKind
from patchwatch.model.series import Patch, Series

# What a subject's flags say about a posting; the first that applies is its label.
_MAX_MISSING = 500  # the longest real series had 451 patches
_LABELS = ("RFC", "PROTOTYPE", "POC", "WIP", "DRAFT", "RFT", "RESEND", "REPOST", "AUTOSEL")


def assemble(messages: Iterable[Message]) -> tuple[Series, ...]:
    """
    Make all series of a set of messages, oldest first.

    Replies, notices and pull requests become follow-ups of the series they answer; patches by others in
    a thread are listed as foreign there (and are series of their own).
    """
    threads = Threads(messages)
    postings = find_postings(threads)
    member_of = {message.blob: number for number, posting in enumerate(postings) for message in posting.members}
    followups, foreign = _followups(threads, postings, member_of)
    series = [
        _series(posting, followups.get(number, ()), foreign.get(number, ())) for number, posting in enumerate(postings)
    ]
    return tuple(sorted(link_revisions(_with_own_ids(series)), key=lambda one: (order_key(one.head)[0], one.id)))


def _with_own_ids(series: Sequence[Series]) -> list[Series]:
    """Give a series whose head has the Message-ID of another head an id of its own: the blob of its head."""
    found: list[Series] = []
    taken: set[str] = set()
    for one in series:
        if one.id in taken:
            note = f"another mail has the Message-ID {one.id} too"
            one = replace(one, id=f"blob:{one.head.blob}", notes=(*one.notes, note))
        taken.add(one.id)
        found.append(one)
    return found


def _followups(
    threads: Threads, postings: Sequence[Posting], member_of: dict[str, int]
) -> tuple[dict[int, list[Message]], dict[int, list[Message]]]:
    """Give each message that is no member to the nearest posting above it, else to the only one of its thread."""
    alone: dict[str, set[int]] = defaultdict(set)
    for number, posting in enumerate(postings):
        alone[threads.root(posting.members[0])].add(number)
    followups: dict[int, list[Message]] = defaultdict(list)
    foreign: dict[int, list[Message]] = defaultdict(list)
    nearest: dict[str, int | None] = {}
    for message in threads.messages:
        above = _nearest(message, threads, member_of, nearest)
        own = member_of.get(message.blob)
        if own is not None:
            if above is not None and above != own and postings[above].sender != sender_key(message):
                foreign[above].append(message)
            continue
        if above is None:
            candidates = alone.get(threads.root(message), set())
            above = next(iter(candidates)) if len(candidates) == 1 else None
        if above is not None:
            followups[above].append(message)
    return followups, foreign


def _nearest(message: Message, threads: Threads, member_of: dict[str, int], known: dict[str, int | None]) -> int | None:
    """Return the posting of the nearest ancestor that belongs to one; each message is climbed once."""
    path: list[str] = []
    found: int | None = None
    for above in threads.ancestors(message):
        if above.blob in member_of:
            found = member_of[above.blob]
            break
        if above.blob in known:
            found = known[above.blob]
            break
        path.append(above.blob)
    known.update(dict.fromkeys(path, found))
    return found


def _series(posting: Posting, followups: Iterable[Message], foreign: Iterable[Message]) -> Series:
    patches = [Patch(position=position, message=posting.slots[position]) for position in sorted(posting.slots)]
    patches += [Patch(position=message.prefix.position, message=message) for message in posting.extra]
    head = posting.cover or patches[0].message
    revision, inferred, notes = _revision(posting)
    expected = posting.total
    empty = (n for n in range(1, (expected or 0) + 1) if n not in posting.slots)
    missing = tuple(islice(empty, _MAX_MISSING))
    others = sorted({sender_key(message) for message in posting.members} - {sender_key(head)})
    if others:
        notes.append(f"also sent from {', '.join(others[:5])}, by the same name or relay")
    if not head.prefix.is_patch and posting.cover is None:
        notes.append("no-prefix: the subject has no [PATCH] prefix")
    return Series(
        id=head.message_id,
        subject=head.subject,
        author=head.sender,
        date=head.date,
        revision=revision,
        revision_inferred=inferred,
        expected=expected,
        cover=posting.cover,
        patches=tuple(patches),
        missing=missing,
        followups=tuple(sorted(followups, key=order_key)),
        foreign=tuple(sorted(foreign, key=order_key)),
        label=_label(posting),
        tags=head.prefix.tags,
        notes=tuple(notes),
    )


def _revision(posting: Posting) -> tuple[int, bool, list[str]]:
    """
    Return the revision, whether it was inferred, and notes.

    Members that state none take the cover's; a `(vN)` in a title counts only when all members carry the same.
    """
    stated = [message.prefix.revision for message in posting.members if message.prefix.revision is not None]
    if stated:
        notes = [f"members state revisions {sorted(set(stated))}"] if len(set(stated)) > 1 else []
        return stated[0], False, notes
    in_titles = {message.prefix.title_revision for message in posting.members}
    if posting.cover is not None and not posting.cover.prefix.is_patch and posting.cover.prefix.title_revision:
        return posting.cover.prefix.title_revision, False, []
    if len(in_titles) == 1 and (only := in_titles.pop()) is not None:
        return only, False, []
    return 1, True, []


def _label(posting: Posting) -> str | None:
    flags = frozenset().union(*(message.prefix.flags for message in posting.members[:2]))
    return next((flag.lower() for flag in _LABELS if flag in flags), None)


def kinds(messages: Iterable[Message]) -> dict[MessageKind, int]:
    """Count messages by kind."""
    counts = dict.fromkeys(MessageKind, 0)
    for message in messages:
        counts[message.kind] += 1
    return counts
