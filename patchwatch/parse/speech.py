# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a reply says without its text: does it say anything of its own, does it ask, does it tell of an applied patch?

Quotes, attributions, trailers, greetings and the sender's name are no words of its own. That a line asks is read
from its form only, and what a mail says was applied is its claim.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from patchwatch.model.followup import Claim, ClaimKind, Line, Speech
from patchwatch.model.mail import Mark, MarkKind, Person, Trailer
from patchwatch.parse.steps import steps_in

MAX_OWN = 1_000  # lines of its own that are read; real replies have some dozens
MAX_QUOTE = 512
_OF_PROGRAM = 60  # what a program says of a patch stands on top of its log

_ASKING = (
    *("please ", "pls ", "could you", "can you", "would you", "will you", "do you", "did you", "have you"),
    *("can we", "could we", "should we", "shall we", "any chance", "any update", "any news"),
)
_ASKING_LETTERS = frozenset(phrase[0] for phrase in _ASKING)
# Words of courtesy that begin like a request.
_NOT_ASKING = ("please find", "please ignore", "please feel free", "please disregard", "can you see", "please note")
_ATTRIBUTED = ("wrote:", "writes:", "schrieb:", "a écrit :", "a écrit:", "escribió:", "写道：", "写道:")
_ON = ("On ", "Am ", "Le ", "El ", "At ", "Den ", "On\t", "在", *"0123456789")
_ORIGINAL = ("-----original message-----", "----- original message -----", "---------- forwarded message")
_CLOSERS = "\"')*_ ].:-"
_LONG = 1_000  # characters of own text from which on it is told that nothing is quoted
_FEW, _SHORT = 12, 60  # a mail with more lines, or with a longer one, says something, whatever else greets
_OBJECTING = ("nak", "nack", "drop my ", "withdraw my ")
_CLAIMING = ("applied", "merged", "queued up", "pushed to ", "is now in ", "just added the patch", "does not apply")
_GREETING = frozenset("hi hello hey dear thanks thank thx regards cheers sincerely greetings br".split())
_CLOSING = frozenset("kind best warm many with".split())
_CLOSED = frozenset("regards thanks wishes best kind greetings".split())
_ACK = frozenset("ok okay ack understood noted agreed sure great nice cool perfect excellent".split())
_ACKS = (
    "got it",
    "makes sense",
    "no problem",
    "sounds good",
    "fair enough",
    "i see",
    "you're welcome",
    "good point",
    "good catch",
)
_MOST_WORDS = 7
_MOST_OF_ACK = 4
_PRAISE = ("lgtm", "looks good", "look good", "looks fine", "looks great", "looks okay", "looks ok")
_CONTRAST = frozenset("but however except although though if can could please with will would should".split())

_APPLIED = ("applied to ", "applied on ", "applied with ", "applied for ", "applied in ", "applied (")
_APPLIED_ALONE = frozenset(("applied,", "applied.", "applied!", "applied;", "merged,", "merged.", "merged!"))
_SAID_APPLIED = (
    *(
        "thanks, applied",
        "thanks. applied",
        "thanks! applied",
        "thank you, applied",
        "applied, thanks",
        "applied. thanks",
    ),
    *("applied! thanks", "i applied", "i've applied", "i have applied", "patch applied", "patches applied"),
    *(
        "series applied",
        "series has been applied",
        "patches have been applied",
        "patch has been applied",
        "both applied",
        "so i have applied",
        "done. applied to",
        "and merged. thanks",
        "thanks, merged",
        "i have merged",
        "i've merged",
        "now queued up",
        "serie applied",
        "pushed to repository",
        "pushed to master",
        "this is now in ",
    ),
)
_UNSURE = frozenset("not no if when once after before will would can could should might may until unless don't".split())
# How programs and announced processes put it; `{}` would be a name each.
_NOTICES = (
    (ClaimKind.APPLIED, ("this series was applied to", "this patch was applied to", "this pull request was applied")),
    (ClaimKind.APPLIED, ("the following commit has been merged into the",)),
    (ClaimKind.APPLIED, ("this is a note to let you know that i've just added the patch titled",)),
    (ClaimKind.FAILED, ("the patch below does not apply to the",)),
)


def read_speech(
    lines: Sequence[str],
    unquoted: Iterable[tuple[int, str]],
    stop: int,
    trailers: Sequence[Trailer],
    subject: str,
    sender: Person,
    *,
    has_diff: bool = False,
    automatic: bool = False,
    received: datetime | None = None,
    to_count: int = 0,
) -> tuple[Speech, tuple[Mark, ...]]:
    """
    Read what a reply, a notice or a discussion says, and what it says of the next step.

    *unquoted* are the lines, with their indexes in *lines*, that hold no diff and do not start with `>`, above the
    signature at *stop*; a diff of its own counts as one line of text.
    """
    skip = _trailer_lines(trailers, lines) if trailers else set()
    own = _own_lines(lines, unquoted, stop, skip, _OF_PROGRAM if automatic else MAX_OWN)
    text = "\n".join([line for _, line in own]).lower()
    lowered = text.split("\n")
    lost = not own and not trailers and not has_diff  # all of it looks quoted: somebody wrote it all the same
    long = len(own) > _FEW or max(map(len, lowered)) > _SHORT
    question = _question_in(own, lowered)
    said = Speech(
        own_lines=(len(own) if long else _count_said(own, sender)) + has_diff + lost,
        received=None if received is None else received.astimezone(UTC),
        to_count=to_count,
        question=question,
        objection=_objection_in(own, lowered) if any(word in text for word in _OBJECTING) else None,
        claim=_claim_in(own, lowered) if any(word in text for word in _CLAIMING) else _claim_in_subject(subject),
    )
    if automatic:
        return said, ()
    unanswered = () if has_diff or len(text) < _LONG or _quotes(lines) else _unquoted(own)
    return said, (*steps_in(own, lowered, asks=question is not None), *unanswered)


def _own_lines(
    lines: Sequence[str], unquoted: Iterable[tuple[int, str]], stop: int, skip: set[int], most: int
) -> list[tuple[int, str]]:
    """
    Return the lines that the sender wrote, as (index, stripped line).

    Quotes and attributions are others' words, and so is all text under a mark of an original message.
    """
    own: list[tuple[int, str]] = []
    for at, text in unquoted:
        line = text.strip()
        if not line or line[0] == ">" or at in skip:
            continue
        if line[0] == "-" and line[:40].lower().startswith(_ORIGINAL):
            break
        if line[-1] in ":：" and _attributes(line, lines, at, stop):
            _drop_attribution(own, at)
            continue
        own.append((at, line))
        if len(own) >= most:
            break
    return own


def _attributes(line: str, lines: Sequence[str], at: int, stop: int) -> bool:
    """Whether a line says whose words follow: `... wrote:`, or an address or date right above a quote."""
    if line[-40:].lower().endswith(_ATTRIBUTED):
        return True
    below = next((lines[n] for n in range(at + 1, min(at + 3, stop)) if lines[n].strip()), "")
    return below.lstrip()[:1] == ">" and ("@" in line or line.startswith(_ON))


def _drop_attribution(own: list[tuple[int, str]], at: int) -> None:
    """Take back up to three lines right above line *at* when the first of them begins an attribution."""
    for back in (1, 2, 3):
        if len(own) < back or own[-back][0] != at - back:
            return
        if own[-back][1].startswith(_ON):
            del own[-back:]
            return


def _trailer_lines(trailers: Sequence[Trailer], lines: Sequence[str]) -> set[int]:
    """Return the indexes of trailers and of the lines that continue them."""
    found: set[int] = set()
    for trailer in trailers:
        at = trailer.line - 1
        found.add(at)
        while at + 1 < len(lines) and len(found) < 2 * MAX_OWN and lines[at + 1][:1] in ("\t", " ", "[", "<"):
            at += 1
            if at in found or not lines[at].strip() or lines[at].lstrip()[:1] == ">":
                break
            found.add(at)
    return found


def _quotes(lines: Sequence[str]) -> bool:
    """Whether a mail quotes anything, with marks or as a whole below its own text."""
    return any(line.lstrip()[:1] == ">" or line[:40].lower().startswith(_ORIGINAL) for line in lines)


def _unquoted(own: Sequence[tuple[int, str]]) -> tuple[Mark, ...]:
    at, first = own[0]
    count = sum(len(line) for _, line in own)
    return (Mark(MarkKind.UNQUOTED, count=count, line=at + 1, quote=first[:MAX_QUOTE]),)


def _question_in(own: Sequence[tuple[int, str]], lowered: Sequence[str]) -> Line | None:
    """Return the last line that asks by its form."""
    may_be = (
        [n for n, line in enumerate(lowered) if "?" in line or line[0] in _ASKING_LETTERS or "？" in line]
        if own
        else []
    )
    for number in reversed(may_be):
        line = lowered[number]
        if line[0] in _ASKING_LETTERS and line.startswith(_ASKING):
            if not line.startswith(_NOT_ASKING):
                return _line(*own[number])
        elif "?" in line[-8:] or "？" in line[-8:]:
            ending = line.rstrip(_CLOSERS)
            if ending.endswith(("?", "？")) and (" " in ending or "://" not in ending):
                return _line(*own[number])
    return None


def _objection_in(own: Sequence[tuple[int, str]], lowered: Sequence[str]) -> Line | None:
    """Return the first line that is a NAK, or takes a trailer back in words."""
    for number, line in enumerate(lowered):
        word = line[:20].split(None, 1)[0].strip(".,!:;")
        if word in ("nak", "nack", "nacked") or "drop my " in line[:200] or "withdraw my " in line[:200]:
            return _line(*own[number])
    return None


def _claim_in(own: Sequence[tuple[int, str]], lowered: Sequence[str]) -> Claim | None:
    """Return what the mail says became of a patch: the words of programs, of `b4 ty`, or a line that says applied."""
    for number, line in enumerate(lowered):
        for kind, phrases in _NOTICES:
            if line.startswith(phrases):
                return Claim(kind, _line(*own[number]), is_notice=True)
        if any(word in line[:100] for word in _CLAIMING) and _says_applied(line[:100]):
            return Claim(ClaimKind.APPLIED, _line(*own[number]), is_notice=False)
    return None


def _claim_in_subject(subject: str) -> Claim | None:
    """Return the claim of a notice to a stable tree whose text says nothing of the kind."""
    plain = subject[:200].lower()
    if plain.startswith("patch ") and "has been added to the" in plain:
        return Claim(ClaimKind.APPLIED, Line(None, subject[:MAX_QUOTE]), is_notice=True)
    if plain.startswith("failed: patch"):
        return Claim(ClaimKind.FAILED, Line(None, subject[:MAX_QUOTE]), is_notice=True)
    return None


def _line(at: int, line: str) -> Line:
    return Line(at + 1, line[:MAX_QUOTE])


def _says_applied(line: str) -> bool:
    """Whether a line (lower case) says that something was applied, not that it might be."""
    if not _UNSURE.isdisjoint(line.replace(",", " ").split()) or "?" in line:
        return False
    if line.startswith(_APPLIED) or line == "applied" or line.split(None, 1)[0] in _APPLIED_ALONE:
        return True
    return any(phrase in line for phrase in _SAID_APPLIED)


def _count_said(own: Sequence[tuple[int, str]], sender: Person) -> int:
    """Count the lines that say something: no greeting, no courtesy, not the sender's name at the end."""
    name = frozenset(word.strip(".,").lower() for word in sender.name.split())
    name |= {sender.email.partition("@")[0].lower()}
    lines = [line for _, line in own]
    while len(lines) > 1 and lines[-1].istitle() and len(lines[-1].split()) < 4 and lines[-2].endswith(","):
        lines.pop()  # a name below "Thanks,", also one that the header does not have
    return sum(not _is_courtesy(line, name) for line in lines)


def _is_courtesy(line: str, name: frozenset[str]) -> bool:
    """Whether a short line only greets, thanks, approves or signs; what asks or contrasts says more."""
    words = [word.strip(".,!:;-–~/()").lower() for word in line.split()]
    words = [word for word in words if word]
    if not words:
        return True  # a rule or a smiley
    if "?" in line or not _CONTRAST.isdisjoint(words):
        return False
    if any(phrase in " ".join(words) for phrase in _PRAISE):
        return True
    if len(words) > _MOST_WORDS:
        return False
    if words[0] == "for" and line[-1] == ":":
        return True  # for which part a trailer is given
    if (words[0] in _ACK and len(words) <= _MOST_OF_ACK) or " ".join(words).startswith(_ACKS):
        return True
    if words[0] in _GREETING or all(word in name for word in words):
        return True
    if len(words) > 1:
        return words[0] in _CLOSING and words[1] in _CLOSED
    return words[0] == "best" or (line[-1] == "," and len(line) < 6)
