# SPDX-License-Identifier: GPL-2.0-or-later
"""
Assembling real archives: mails per CPU second, growth on odd threads, and agreement with b4 thread by thread.

`make bench ARCHIVES=DIR` measures every public-inbox directory below DIR; without it little is made up. Numbers
are printed, nothing is judged. b4 is given one thread at a time and a fresh mailbox for every revision: more than one
thread it mixes up, and every call adds to what the mailbox holds.
"""

import email
import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from builders_mail import mail_bytes, raw_of, read_mail
from patchwatch.adapters import b4 as adapter
from patchwatch.assemble.series import assemble
from patchwatch.assemble.threads import Threads, mark_shared_ids
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.parse.mail import read_message
from patchwatch.parse.subject import parse_subject
from patchwatch.sources.base import live_messages
from patchwatch.sources.detect import open_source

BATCH = 2_000
SAMPLES = int(os.environ.get("SAMPLES", "0"))

Archive = dict[str, tuple[Message, bytes]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One revision in one thread: its number, cover letter and patches by Message-ID."""

    revision: int
    cover: str | None
    patches: frozenset[str]


@pytest.fixture(scope="module")
def archives() -> list[Archive]:
    """The mails of the archives below $ARCHIVES by blob id, else of a made-up one."""
    named = os.environ.get("ARCHIVES")
    if named:
        return [_read(path.parent) for path in sorted(Path(named).glob("*/git")) if path.is_dir()]
    made: Archive = {}
    for n in range(400):
        parent = f"{n - n % 4}@x" if n % 4 else ""
        raw = raw_of(mail_bytes(f"[PATCH {n % 4 + 1}/4] part {n}", mid=f"{n}@x", reply_to=parent))
        made[raw.blob] = (read_message(raw), raw.data)
    return [made]


def _read(path: Path) -> Archive:
    found: Archive = {}
    for raw in live_messages(open_source(str(path)), lambda _: None):
        found.setdefault(raw.blob, (read_message(raw), raw.data))
    return found


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def test_mails_per_cpu_second(archives: list[Archive]) -> None:
    print()
    messages = [mail for archive in archives for mail, _ in archive.values()]
    whole = min(_seconds(partial(_assemble_all, messages)) for _ in range(3))
    print(f"all {len(messages)} mails at once: {whole:.2f} CPU s, {len(messages) / whole:.0f} mails per CPU s")
    spent, loaded = 0.0, 0
    for archive in archives:
        mails = [mail for mail, _ in archive.values()]
        for start in range(0, len(mails), BATCH):
            near = _neighbourhood(mails[: start + BATCH], mails[start : start + BATCH])
            loaded += len(near)
            spent += _seconds(partial(_assemble_all, near))
    print(
        f"in batches of {BATCH}, each with the threads and senders it touches: {loaded} mails looked at, "
        f"{spent:.2f} CPU s, {loaded / spent:.0f} mails per CPU s, {len(messages) / spent:.0f} new ones"
    )


def _assemble_all(mails: Sequence[Message]) -> None:
    assemble(mark_shared_ids(mails))


def _neighbourhood(known: Sequence[Message], new: Sequence[Message]) -> list[Message]:
    """Return the whole threads in which senders of the threads of *new* posted, as the database would."""
    threads = Threads(known)
    posted = ("patch", "cover")
    touched = {threads.root(mail) for mail in new}
    senders = {mail.sender.email for mail in known if mail.kind in posted and threads.root(mail) in touched}
    touched |= {threads.root(mail) for mail in known if mail.kind in posted and mail.sender.email in senders}
    return [mail for mail in known if threads.root(mail) in touched]


def test_growth_on_odd_threads() -> None:
    print()
    patch, reply = read_mail("[PATCH 1/1] x", mid="a"), read_mail("Re: x", "Hi.\n", mid="r", reply_to="a")

    def mail(base: Message, n: int, subject: str, parent: int | None, gap: int) -> Message:
        above = () if parent is None else (f"m{parent}@x",)
        when = None if base.date is None else base.date + timedelta(seconds=n * gap)
        made = replace(base, blob=f"{n:040x}", message_id=f"m{n}@x", subject=subject, prefix=parse_subject(subject))
        return replace(made, date=when, in_reply_to=above, references=above, patch_id=f"{n:040x}")

    shapes: dict[str, Callable[[int], Message]] = {
        "chain of patches": lambda n: mail(patch, n, f"[PATCH {n + 1}/9999] p", n - 1 if n else None, 1),
        "replies to one patch": lambda n: mail(
            reply if n else patch, n, "Re: x" if n else "[PATCH] x", 0 if n else None, 1
        ),
        "chain of replies": lambda n: mail(
            reply if n else patch, n, "Re: x" if n else "[PATCH] x", n - 1 if n else None, 1
        ),
        "threads of one sender": lambda n: mail(patch, n, f"[PATCH] t{n}", None, 5_000),
        "one title again and again": lambda n: mail(patch, n, f"[PATCH v{n % 900}] t", None, 5_000),
        "one slot of one thread": lambda n: mail(patch, n, f"[PATCH {min(n, 1)}/3] t{n}", 0 if n else None, 4_000),
        "one slot, no thread": lambda n: mail(patch, n, f"[PATCH 1/3] t{n}", None, 1),
    }
    for name, make in shapes.items():
        spent = [_seconds(partial(_assemble_made, make, size)) for size in (2_500, 5_000, 10_000)]
        print(f"{name:28} {'  '.join(f'{one:.2f}' for one in spent)} CPU s for 2,500, 5,000, 10,000 mails")


def _assemble_made(make: Callable[[int], Message], size: int) -> None:
    assemble([make(n) for n in range(size)])


def test_agreement_with_b4(archives: list[Archive]) -> None:
    logging.disable(logging.CRITICAL)
    classes: Counter[str] = Counter()
    samples: dict[str, list[str]] = defaultdict(list)
    for archive in archives:
        mails = [mail for mail, _ in archive.values()]
        ours = _by_member(assemble(mails))
        threads = Threads(mails)
        groups: dict[str, list[Message]] = defaultdict(list)
        for mail in threads.messages:
            groups[threads.root(mail)].append(mail)
        for group in groups.values():
            if any(mail.has_diff for mail in group):
                found = {one.id: one for mail in group for one in ours.get(mail.message_id, ()) if one.patches}
                for name, sample in _differences(_b4_view(group, archive), list(found.values())):
                    classes[name] += 1
                    samples[name].append(sample)
    logging.disable(logging.NOTSET)
    total = sum(count for name, count in classes.items() if name != "only we have it")
    print(f"\nb4 and we agree on {classes['same']} of {total} revisions ({classes['same'] / max(total, 1):.1%})")
    for name, count in classes.most_common():
        print(f"{count:6}  {name}")
        for sample in samples[name][: SAMPLES if name != "same" else 0]:
            print(f"        {sample}")


def _by_member(series: Sequence[Series]) -> dict[str, list[Series]]:
    found: dict[str, list[Series]] = defaultdict(list)
    for one in series:
        for mail in one.messages:
            found[mail.message_id].append(one)
    return found


def _b4_view(group: Sequence[Message], archive: Archive) -> list[Reading]:
    """Return what b4 makes of one thread."""
    b4: ModuleType = adapter._load()

    def box() -> object:
        made = b4.LoreMailbox()
        for mail in group:
            if not mail.message_id.startswith("blob:"):  # b4 raises on mail without an id
                made.add_message(email.message_from_bytes(archive[mail.blob][1], policy=b4.emlpolicy))
        return made

    found = []
    for revision in list(box().series):  # type: ignore[attr-defined]
        series = box().get_series(revision, reroll=False, codereview_trailers=False)  # type: ignore[attr-defined]
        if series is not None:
            cover, *patches = [None if one is None else one.msgid for one in series.patches]
            found.append(Reading(revision, cover, frozenset(filter(None, patches))))
    return found


def _differences(theirs: Sequence[Reading], ours: Sequence[Series]) -> list[tuple[str, str]]:
    """Compare two readings of one thread; each difference with the id of a mail to look at."""
    told, used = [], set[str]()
    patches = {one.id: frozenset(patch.message.message_id for patch in one.patches) for one in ours}
    for reading in theirs:
        sample = reading.cover or min(reading.patches, default="")
        equal = [one for one in ours if patches[one.id] == reading.patches and one.id not in used]
        exact = [one for one in equal if (_cover(one), one.revision) == (reading.cover, reading.revision)]
        if equal:
            one = (exact or equal)[0]
            used.add(one.id)
            told.append(("same" if exact else _small(one, reading), sample))
            continue
        parts = [one for one in ours if patches[one.id] & reading.patches]
        used.update(one.id for one in parts)
        told.append((_large(parts, patches, reading), sample))
    return told + [("only we have it", one.id) for one in ours if one.id not in used]


def _cover(one: Series) -> str | None:
    return None if one.cover is None else one.cover.message_id


def _small(one: Series, reading: Reading) -> str:
    return "same patches, other revision" if one.revision != reading.revision else "same patches, other cover"


def _large(parts: Sequence[Series], patches: dict[str, frozenset[str]], reading: Reading) -> str:
    if not parts:
        return "only b4 has it"
    known = frozenset[str]().union(*(patches[one.id] for one in parts))
    if len({one.author.email for one in parts}) > 1:
        return "b4 joins several senders"
    if len({one.revision for one in parts}) > 1:
        return "b4 joins several of our revisions"
    if len(parts) > 1:
        return "b4 joins several of our postings"
    if reading.patches < known:
        return "we join what b4 has in several threads or revisions"
    return "b4 takes further mails for patches"
