# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a reply says about the next step: a new version is promised, its sender acts or looks, the patch is withdrawn.

Read are closed lists of phrases in the lines that the sender wrote, never a style: `I'll send v3`, `Will fix in the
next version.`, `I will fix it up when applying`. What hangs on a condition, asks, or speaks of another patch counts
nothing. All of it is shown with its line, and only moves the ball (`assemble/waiting.py`).
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from patchwatch.model.mail import Mark, MarkKind

_MAX_LINE = 200
_MAX_QUOTE = 512
_STEPS_IN_LINE = 4

_GATE = (
    "will ",
    "'ll ",
    "let me ",
    "let's ",
    "going to ",
    "ignore",
    "disregard",
    "drop this",
    "drop the",
    "withdraw",
    "self-n",
)
_SPOKEN = ("i'll ", "i will ", "we'll ", "we will ", "let me ", "i'm going to ", "i am going to ", "let's ")
_STARTS = ("", ",", ".", "!", ";", "-", ":", "*", ")")
_BETWEEN = frozenset(
    "also just then definitely certainly surely probably be so soon still now try to please rather simply go ahead and"
    " directly manually".split()
)
_ACTS = frozenset(
    "send resend post repost submit fix update change revise rework respin redo rebase refine address add remove rename"
    " drop include move split squash fold clean correct modify switch replace improve reword rewrite use implement"
    " rearrange prepare do make handle convert document integrate apply merge queue push pick take put commit tweak"
    " adjust amend polish keep propose resubmit re-submit re-send re-post re-spin reroll fixed"
    " updated changed sent".split()
)
_LOOKS = frozenset(
    "look check test try review think investigate see dig read reply answer seek get have wait evaluate figure confirm"
    " reproduce double double-check come examine verify ask talk play".split()
)
_UNSURE = frozenset("if unless whether would could might may maybe perhaps not never don't won't".split())
_ELSEWHERE = (
    *("follow-up", "followup", "follow up", "separate", "another patch", "other patch", "later patch", "next cycle"),
    *("next release", "in the future", "another series", "in the meantime"),
)
_DONE = ("fixed ", "done ", "addressed ", "changed ", "updated ", "added ", "removed ", "corrected ", "ok ", "noted ")
_NEXT = frozenset("next new updated revised another following".split())
_VERSION = frozenset("version revision iteration spin round series patchset patch v".split())
_AGAIN = frozenset("respin re-spin resend re-send resubmit re-submit reroll re-roll repost".split())
_WITHDRAWN = (
    *(
        "please ignore this",
        "ignore this patch",
        "ignore this series",
        "ignore this version",
        "please ignore the patch",
    ),
    *("just ignore the change", "just ignore this", "please disregard", "please drop this", "drop this patch, please"),
    *(
        "i'll drop this",
        "i will drop this",
        "let's drop this",
        "i withdraw",
        "i'm withdrawing",
        "self-nak",
        "self-nack",
    ),
)
_GREETS = ("hi ", "hello ", "hey ", "dear ", "hi, ", "@")


def steps_in(own: Sequence[tuple[int, str]], lowered: Sequence[str], *, asks: bool) -> tuple[Mark, ...]:
    """
    Return at most one mark of each kind, of the last line that says so.

    *own* are the sender's own lines with their indexes, *lowered* the same lines in lower case. *asks*: one of them
    asks, so it matters whom the mail greets.
    """
    found: dict[MarkKind, Mark] = {}
    if asks and lowered and lowered[0].startswith(_GREETS):
        found[MarkKind.GREETS] = _mark(MarkKind.GREETS, own[0])
    text = "\n".join(lowered)
    near = [word for word in _GATE if word in text]
    for number, line in enumerate(lowered):
        if any(word in line for word in near) or line.startswith(_DONE):
            below = lowered[number + 1][:_MAX_LINE] if number + 1 < len(lowered) else ""
            for kind in _kinds(line[:_MAX_LINE], below):
                found[kind] = _mark(kind, own[number])
    return tuple(found[kind] for kind in sorted(found))


def _mark(kind: MarkKind, line: tuple[int, str]) -> Mark:
    return Mark(kind, line=line[0] + 1, quote=line[1][:_MAX_QUOTE])


def _kinds(line: str, below: str) -> Iterator[MarkKind]:
    """Give what a line says; its sentence may end on the line below."""
    if any(phrase in line for phrase in _WITHDRAWN) and "?" not in line and _UNSURE.isdisjoint(_words(line)):
        yield MarkKind.WITHDRAWN
    if "?" in line or any(word in line for word in _ELSEWHERE):
        return
    for said in _spoken(line, below):
        if not _UNSURE.isdisjoint(said):
            continue
        verb = next((word for word in said if word not in _BETWEEN), "")
        if verb in _ACTS:
            yield MarkKind.NEXT_VERSION if _names_version(said) else MarkKind.ACTS
        elif verb in _LOOKS:
            yield MarkKind.LOOKS
    if line.startswith(_DONE) and _names_version(_words(line)):
        yield MarkKind.NEXT_VERSION


def _spoken(line: str, below: str) -> Iterator[list[str]]:
    """Give the words after each `I will` and the like, with those of the line below; none after an "if"."""
    at = 0
    for _ in range(_STEPS_IN_LINE):
        places = [(found, len(mark)) for mark in (*_SPOKEN, "will ") if (found := line.find(mark, at)) >= 0]
        starts = [(found, size) for found, size in places if _begins(line, found)]
        if not starts:
            return
        found, size = min(starts)
        if _UNSURE.isdisjoint(_words(line[:found])):
            ends = [stop for sign in (". ", "; ") if (stop := line.find(sign, found)) >= 0]
            rest = line[found + size : min(ends)] if ends else f"{line[found + size :]} {below}"
            yield _words(rest.partition(". ")[0])
        at = found + size


def _begins(line: str, at: int) -> bool:
    """Whether a sentence about the sender begins here: `I will`, `Will fix.`, `OK, will do`."""
    if line.startswith(_SPOKEN, at):
        return not line[:at][-1:].isalnum()
    return line[:at].rstrip()[-1:] in _STARTS or line[:at].rstrip() in ("ok", "okay", "sure", "thanks", "yes", "and")


def _words(text: str) -> list[str]:
    return [word.strip(".,:;!()'\"`*") for word in text.split()]


def _names_version(words: Sequence[str]) -> bool:
    if not _AGAIN.isdisjoint(words):
        return True
    if any(word[:1] == "v" and word[1:].isascii() and word[1:].isdecimal() and len(word) < 4 for word in words):
        return True
    return any(first in _NEXT and second in _VERSION for first, second in pairwise(words))
