# SPDX-License-Identifier: GPL-2.0-or-later
"""Subject, author, date and commit log, beside `git mailinfo`."""

from collections.abc import Iterator, Sequence
from datetime import UTC

from oracles.corpus import Mail
from oracles.git_side import View, views
from oracles.verdicts import UNEXPLAINED, Finding, same
from patchwatch.parse.addresses import parse_person
from patchwatch.parse.dates import parse_date
from patchwatch.parse.subject import parse_subject

NAME = "git mailinfo"
CLASSES = {
    "reply-word": "git strips `Re:` alone, and not where nothing follows; we strip Fwd, AW and their like too",
    "leading-colon": "git drops a colon that begins the title; we keep the title as it was written",
    "blanks": "we fold all white space of a subject to single blanks, no-break and ideographic ones too",
    "charset": "git stops at a charset it cannot convert from; we read UTF-8, else latin-1, and note a defect",
    "rewritten-from": "a list or relay rewrote From; git takes it as it is, we name the person behind it",
    "bare-address": "git gives an address without a name as the name too; we leave the name empty",
    "address-in-name": "git decodes a name before it looks for the address; we find the address first (RFC 5322)",
    "in-body-date": "an in-body Date is the author's; our date is that of the mail, by which a policy is chosen",
    "arrival": "the Date lies after the arrival or cannot be read; we take the arrival and note a defect",
    "flowed": "git joins lines that end with a blank where the mail says format=flowed; we keep the lines as sent",
    "parts": "git reads all parts of a multipart, HTML and signatures too; we read plain text and parts with a diff",
    "html": "git takes HTML as it is; we strip the tags, note a defect, and the verdict is undetermined",
}


def compare(mails: Sequence[Mail]) -> Iterator[Finding]:
    """Compare the subject of each mail, and author, date and log of each patch."""
    for mail, view in zip(mails, views(tuple(mails)), strict=True):
        yield _subject(mail, view)
        if mail.is_patch:
            yield _author(mail, view)
            yield _date(mail, view)
            yield _log(mail, view)


def _subject(mail: Mail, view: View) -> Finding:
    ours, theirs = mail.message.prefix.title, view.info.get("Subject", "")
    reason = UNEXPLAINED
    if " ".join(theirs.split()) == ours:
        reason = "blanks"
    elif parse_subject(theirs).title == ours:
        reason = "reply-word"
    elif ours.lstrip(": ") == theirs:
        reason = "leading-colon"
    elif "convert" in view.refused:
        reason = "charset"
    return same(mail.where, "subject", equal=ours == theirs, reason=reason, hint=f"{len(ours)} {len(theirs)}")


def _author(mail: Mail, view: View) -> Finding:
    author = mail.message.author
    name, email = view.info.get("Author", ""), view.info.get("Email", "")
    sender = parse_person(mail.headers.plain("from"))
    reason = UNEXPLAINED
    if (name, email) == (author.email, author.email) and not author.name:
        reason = "bare-address"
    elif email in author.name:
        reason = "address-in-name"
    elif view.refused:
        reason = "charset"
    elif (name, email) == (sender.name, sender.email) and (" via " in name or email.startswith("devnull+")):
        reason = "rewritten-from"
    return same(mail.where, "author", equal=(name, email) == (author.name, author.email), reason=reason)


def _date(mail: Mail, view: View) -> Finding:
    theirs = parse_date(view.info.get("Date", ""))
    reason = UNEXPLAINED
    if "date" in mail.layout.in_body:
        reason = "in-body-date"
    elif any(defect.kind.value == "date" for defect in mail.message.defects):
        reason = "arrival"
    equal = (theirs and theirs.astimezone(UTC)) == mail.message.date
    return same(mail.where, "date", equal=equal, reason=reason)


def _log(mail: Mail, view: View) -> Finding:
    ours = [line.rstrip() for line in mail.log.strip().split("\n")]
    theirs = [line.rstrip() for line in view.log.decode("utf-8", "replace").strip().split("\n")]
    reason = UNEXPLAINED
    if view.refused:
        reason = "charset"
    elif mail.headers.plain("content-type").startswith("text/html"):
        reason = "html"
    elif mail.body.flowed and _squeezed(ours) == _squeezed(theirs):
        reason = "flowed"
    elif mail.headers.plain("content-type").startswith("multipart/"):
        reason = "parts"
    return same(mail.where, "log", equal=ours == theirs, reason=reason, hint=f"{len(ours)} {len(theirs)} lines")


def _squeezed(lines: list[str]) -> str:
    return "".join("".join(lines).split())
