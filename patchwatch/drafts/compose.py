# SPDX-License-Identifier: GPL-2.0-or-later
"""
A verdict becomes the mail that a reviewer may send: a pure function, same values in, same bytes out.

The Message-ID is made of list, target and revision, not of the findings: a changed verdict is the same draft
with another text, and one thread and revision has one draft.
"""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from patchwatch.drafts import headers
from patchwatch.drafts.points import common_words, points, words_of
from patchwatch.drafts.quote import Quoted, attribution, quote
from patchwatch.drafts.recipients import recipients
from patchwatch.drafts.refuse import NoDraft, Reason, effective, find_message, refusal, unraised
from patchwatch.drafts.safety import unsafe_line
from patchwatch.drafts.text import WIDTH, clean, clean_header, fit_line
from patchwatch.drafts.wording import DEFAULT, Templates, frame, lay_out, prose
from patchwatch.errors import UsageError
from patchwatch.model.draft import Draft, Identity, Target
from patchwatch.model.mail import Message, Person
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict

_SECOND_WIDTH = 64  # other breaks, tried once when a line of the first text is unsafe


def target_message(series: Series, verdict: Verdict) -> Message:
    """
    Return the mail that a reply to *series* answers: the cover letter, or the only patch.

    A patch of several only when all findings with an effect are about that patch alone.
    """
    ids = {e.message_id for f in effective(verdict) for e in f.evidence}
    if len(ids) == 1 and all(f.evidence for f in effective(verdict)):
        found = find_message(series, next(iter(ids)))
        if found is not None:
            return found
    return series.head


def compose(
    target: Target,
    series: Series,
    verdict: Verdict,
    identity: Identity,
    *,
    now: datetime,
    templates: Templates = DEFAULT,
    heard: Collection[int] = (),
) -> Draft:
    """
    Return the draft of a reply to *target*, which `target_message` named; *now* is aware and becomes its Date.

    *heard* are the earlier revisions whose points people talked about: those are not raised again.
    Raises NoDraft with the reason when there is nothing to say or nothing safe to say, UsageError when
    *identity* has no address or a template is at fault.
    """
    refused = refusal(target, series, verdict, identity)
    if refused is not None:
        raise NoDraft(refused.reason, refused.detail)
    fresh = unraised(series, verdict, heard)
    if not effective(fresh):
        raise NoDraft(Reason.ANSWERED, f"as in v{min(f.since_revision for f in effective(verdict))}")
    if not headers.usable_id(target.message_id):
        raise NoDraft(Reason.NO_MESSAGE_ID, clean_header(target.message_id)[:80])
    sender = headers.usable_address(identity.person)
    if sender is None:
        raise UsageError(
            f"identity: {identity.person.email!r} is no address; set user.email in git or the list's identity"
        )
    message_id = _message_id(target, series, sender)
    body = _safe_body(target, series, fresh, identity, templates)
    head = _head(target, identity, sender, message_id, now)
    return Draft(message_id=message_id, in_reply_to=target.message_id, data=head + body)


def _message_id(target: Target, series: Series, sender: Person) -> str:
    key = sha256("\n".join((target.list_id.lower(), target.message_id, str(series.revision))).encode()).hexdigest()[:12]
    return f"pw.{key}@{sender.email.rpartition('@')[2].strip('[]').lower()}"


def _head(target: Target, identity: Identity, sender: Person, message_id: str, now: datetime) -> bytes:
    """Return all header fields but those that depend on the body, without the blank line."""
    to, cc = recipients(target, identity)
    fields = [
        headers.address_field("From", [sender]),
        headers.address_field("To", to),
        headers.address_field("Cc", cc) if cc else "",
        headers.subject_field(target.subject),
        f"Date: {headers.date_value(now)}\n",
        f"Message-ID: <{message_id}>\n",
        headers.thread_fields(target.message_id, target.references, target.in_reply_to),
        "MIME-Version: 1.0\n",
    ]
    return "".join(fields).encode("ascii")


def _safe_body(target: Target, series: Series, verdict: Verdict, identity: Identity, templates: Templates) -> bytes:
    """Return content fields, blank line and body; NoDraft when neither of two wrappings is safe."""
    for width in (WIDTH, _SECOND_WIDTH):
        body = _body(target, series, verdict, identity, templates, width)
        unsafe = unsafe_line(body)
        if unsafe is None:
            return _encode(body)
    raise NoDraft(Reason.UNSAFE, unsafe or "")


def _encode(body: str) -> bytes:
    # Never quoted-printable, base64 or format=flowed: the person who resumes the draft edits this text.
    charset, encoding = ("us-ascii", "7bit") if body.isascii() else ("utf-8", "8bit")
    fields = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
    return (fields + body).encode()


def _body(
    target: Target, series: Series, verdict: Verdict, identity: Identity, templates: Templates, width: int
) -> str:
    findings = effective(verdict)
    quoted = quote(target, (e for f in findings for e in f.evidence))
    writer = _writer(target, series)
    mail = _mail_words(target, writer, identity)
    common = {**common_words(series), **mail}
    said = [(p, {**mail, **words_of(p, series, verdict, quoted)}) for p in points(findings, verdict)]
    reply = [*_quote_block(target, writer, quoted), *lay_out(prose(templates, said, common), width)]
    text = frame(templates, reply, mail["signature"], mail)
    return "\n".join(fit_line(line) for line in text.split("\n"))


def _quote_block(target: Target, writer: Person, quoted: Quoted) -> list[str]:
    return [attribution(target, writer), *quoted.lines, ""] if quoted.lines else []


def _writer(target: Target, series: Series) -> Person:
    """Return the person behind the mail, relays and rewritten From undone."""
    message = find_message(series, target.message_id)
    return target.original_from or (message.sender if message is not None else target.sender)


def _mail_words(target: Target, writer: Person, identity: Identity) -> dict[str, str]:
    """Return the words that b4's reply templates know too."""
    name = clean_header(writer.name) or clean_header(writer.email)
    signature = "\n".join(clean(line) for line in identity.signature.strip("\n").split("\n"))
    my_name = clean_header(identity.person.name)
    my_email = clean_header(identity.person.email)
    return {
        "firstname": name.split()[0] if name else "",
        "fromname": name,
        "fromemail": clean_header(writer.email),
        "subject": headers.reply_title(target.subject),
        "sentdate": "" if target.date is None else headers.date_value(target.date),
        "msgid": target.message_id,
        "myname": my_name,
        "myemail": my_email,
        "signature": signature.removeprefix("-- \n") or my_name or my_email,
    }
