# SPDX-License-Identifier: GPL-2.0-or-later
"""What b4 and liblore say about a mail, beside ours; both follow the same rules, so one comparison does for both."""

import re
import tempfile
from collections.abc import Iterator

from oracles.corpus import Mail
from oracles.git_side import parsed_trailers
from oracles.peer_reader import Fields
from oracles.verdicts import UNEXPLAINED, Finding, same
from patchwatch.model.mail import DefectKind, MessageKind, Place, Trailer
from patchwatch.parse.addresses import parse_person
from patchwatch.parse.subject import parse_subject
from patchwatch.parse.trailers import is_known_key

CLASSES = {
    "no-id": "it raises ValueError on a mail without a Message-ID; we take the blob id and note a defect",
    "raises": "it raises on this mail, which Python's policy.default cannot read; we read it",
    "charset": "an encoded word is not in the charset it names, or wrapped in another; we decode once, leniently",
    "reply-words": "it stops at a second `Re:`, `FW:` or bracket group behind one; we read the prefix behind it too",
    "short-word": "it takes any three capitals with a colon for a mark of a reply; we know those that are",
    "glued-version": "it reads no version glued to a word (`RFCv2`, `PATCH-v3`); we do",
    "indented": "an indented tag is a sample or a pasted log for us: credit is given at the start of a line",
    "key": "outside the last paragraph we take known keys only, and what stands in a run with one",
    "header-line": "it lists in-body From, Date and Subject lines as trailers",
    "wrapped": "it joins or cuts a wrapped value elsewhere than at a blank (RFC 822 folding), which git and we follow",
    "in-diff": "the line stands inside a diff, where nothing is a tag",
    "cover": "it reads no trailers of cover letters; ours are listed once, on the cover",
    "follow-up": "in other mail it takes tags with an address or a link only, and no Cc, To, From; we list all",
    "suggestion": "it reads a reply with a diff as a patch: the last paragraph only; we list what stands anywhere",
    "attached": "it reads no attachment, or not this one; we add those that hold a diff to the text",
    "double-colon": "the second colon of `Reviewed-by::` is in the key for it, in the value for git and us",
    "rebuilt": "it rebuilds the value as a name and an address, whatever stood there; we keep the line",
    "relayed": "it drops a tag in a reply that does not name the address in From, rewritten or not; we list it",
    "git-agrees": "it looks elsewhere for the end of the log; git interpret-trailers lists the trailer as we do",
}
_REPLY_WORD = re.compile(r"(?i)(?<!\w)(?:re|aw|fw|fwd|回复|答复|撤回)\s*[:：\[]")
_GLUED = re.compile(r"(?i)(?:rfc|patch-)v\d")
_NO_PERSON = frozenset("cc to from date subject message-id base-commit change-id author subscribe unsubscribe".split())
_HEADER_LINES = frozenset({"from", "date", "subject"})
Pair = tuple[str, str]


def compare_one(mail: Mail, theirs: Fields, *, attested: bool) -> Iterator[Finding]:
    """
    Give the findings for one mail.

    *attested* says that the library lists a reply's tags only when they name the sender.
    """
    if "error" in theirs:
        without = DefectKind.NO_MESSAGE_ID in {defect.kind for defect in mail.message.defects}
        yield Finding(mail.where, "reads", "no-id" if without and theirs["error"] == "ValueError" else "raises")
        return
    yield Finding(mail.where, "reads", "equal")
    yield from _subject(mail, theirs)
    ours = [(trailer, _pair(trailer.key, trailer.value)) for trailer in mail.message.trailers]
    listed = [_pair(key, value) for key, value in theirs["trailers"]]
    for pair in listed:
        reason = _why_not_ours(mail, pair, [own for _, own in ours])
        yield same(mail.where, "listed", equal=pair in [own for _, own in ours], reason=reason, hint=pair[0][:30])
    multipart = mail.headers.plain("content-type").lower().startswith("multipart/")
    unread = multipart and mail.message.has_diff and not theirs["has_diff"]
    for trailer, pair in ours:
        if trailer.place is not Place.BODY and trailer.place is not Place.BELOW_CUT:
            equal = pair in listed
            reason = UNEXPLAINED if equal else _why_not_theirs(mail, trailer, theirs, listed, attested=attested)
            reason = "attached" if unread and reason == UNEXPLAINED else reason
            yield same(mail.where, "ours", equal=equal, reason=reason, hint=f"{trailer.key[:30]} {mail.message.kind}")


def _subject(mail: Mail, theirs: Fields) -> Iterator[Finding]:
    message = mail.message
    ours = message.prefix
    title = str(theirs["title"])
    broken = "\ufffd" in title or "=?" in message.subject or not message.subject.isascii()
    equal = parse_subject(title).title == ours.title
    reason = "charset" if broken else _prefix_reason(mail)
    if not equal and re.match(r"[A-Z]{3}:", ours.title) and ours.title[4:].strip() == title:
        reason = "short-word"
    yield same(mail.where, "title", equal=equal, reason=reason, hint=f"{len(title)} {len(ours.title)}")
    equal = theirs["revision"] == ours.revision
    yield same(
        mail.where, "revision", equal=equal, reason=_prefix_reason(mail), hint=f"{theirs['revision']} {ours.revision}"
    )
    counter = None if ours.total is None else [ours.position, ours.total]
    equal = theirs["counter"] == counter
    yield same(mail.where, "counter", equal=equal, reason=_prefix_reason(mail), hint=f"{theirs['counter']} {counter}")


def _prefix_reason(mail: Mail) -> str:
    subject = mail.message.subject
    if len(_REPLY_WORD.findall(subject)) > 1 or (_REPLY_WORD.search(subject) and not _REPLY_WORD.match(subject)):
        return "reply-words"
    return "glued-version" if _GLUED.search(subject) else UNEXPLAINED


def _pair(key: str, value: str) -> Pair:
    """Return a trailer as compared: without comment, quotes, brackets and blanks; a name that is the address once."""
    value = re.sub(r"<mailto:[^>]*>", "", value.partition(" #")[0])
    found = re.match(r"^(.*?)\s*<([^<>]*)>", value)
    if found:
        value = found[2] if found[1].strip() == found[2] else f"{found[1]}{found[2]}"
    return key.lower(), re.sub(r'[\s<>"\\]', "", value)


def _why_not_ours(mail: Mail, pair: Pair, ours: list[Pair]) -> str:
    key, value = pair
    lines = [(at, line) for at, line in enumerate(mail.lines) if line.strip().lower().startswith(key)]
    if key.endswith("-by:"):
        return "double-colon"
    if any(own[0] == key and (own[1].startswith(value[:40]) or value.startswith(own[1])) for own in ours):
        return "wrapped"
    if lines and all(line[0].isspace() for _, line in lines):
        return "indented"
    if key in _HEADER_LINES:
        return "header-line"
    if lines and mail.diff_start is not None and all(at > mail.diff_start for at, _ in lines):
        return "in-diff"
    if any(line[0].isspace() for _, line in lines):
        return "indented"
    if any(own[0] == key for own in ours):
        return "rebuilt"
    return UNEXPLAINED if is_known_key(key) else "key"


def _why_not_theirs(mail: Mail, trailer: Trailer, theirs: Fields, listed: list[Pair], *, attested: bool) -> str:
    pair = key, value = _pair(trailer.key, trailer.value)
    kind = mail.message.kind
    if any(other[0] == key and (other[1].startswith(value) or value.startswith(other[1])) for other in listed):
        return "wrapped"
    if any(other[0] == f"{key}:" for other in listed):
        return "double-colon"
    if kind is MessageKind.PATCH:
        with tempfile.TemporaryDirectory() as folder:
            by_git = [_pair(*found) for found in parsed_trailers(mail.log, folder)]
        return "git-agrees" if pair in by_git else UNEXPLAINED
    if kind is MessageKind.COVER:
        return "cover"
    if key in _NO_PERSON or "@" not in trailer.quote or "://" in value or kind is not MessageKind.REPLY:
        return "follow-up"
    if theirs["has_diff"]:
        return "suggestion"
    if any(other[0] == key for other in listed):
        return "rebuilt"
    if attested and parse_person(mail.headers.plain("from")).email.lower() not in value.lower():
        return "relayed"
    return UNEXPLAINED
