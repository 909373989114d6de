# SPDX-License-Identifier: GPL-2.0-or-later
"""Replies as text for people: who gave which trailer to which patch, who objected, and who owes the next mail."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from patchwatch.assemble.followups import given_in, kind_of
from patchwatch.assemble.replies import claims_applied
from patchwatch.model.followup import ClaimKind, Given, GivenStatus, Line, Party
from patchwatch.model.mail import Message, Person
from patchwatch.model.series import Series, State
from patchwatch.reports.clean import clean, one_line

_SHOWN = 20
_QUOTED = 120
_NAMED = 6  # patches that are named one by one


def waits_lines(series: Series) -> Iterator[str]:
    """Say who owes the next mail, and the mail and line that this rests on; the state says why nobody does."""
    waits = series.waits
    if waits is None or series.state is not State.OPEN:
        return
    mails = {mail.message_id: mail for mail in (*series.messages, *series.followups)}
    mail = mails.get(waits.message_id)
    who = "the former revision" if mail is None else person(mail.sender)
    if waits.party is Party.NOBODY:
        said = "taken back" if mail is not None and not claims_applied(mail) else "applied"
        yield f"  waits for nobody: {said}, says {who}, {day(waits.since)}"
    elif mail is not None and waits.message_id in {one.message_id for one in series.messages}:
        yield f"  waits for {waits.party.value} since {day(waits.since)}: nobody replied"
    else:
        weak = ", no question" if waits.party is Party.AUTHOR and not waits.question else ""
        yield f"  waits for {waits.party.value} since {day(waits.since)}: mail of {who}{weak}"
    if waits.where is not None:
        yield f"      {quoted(waits.where)}"
    if waits.message_id != series.id:
        yield f"      {one_line(waits.message_id)}"


def reply_lines(series: Series) -> Iterator[str]:
    """Give the newest replies with what each gave, asked, objected to or claimed."""
    given = given_in(series)
    if len(series.followups) > _SHOWN:
        yield f"  {len(series.followups) - _SHOWN} older ones that say less are not shown"
    for mail in _shown(series.followups, given):
        told = [_gave(one, series) for one in given.get(mail.blob, ())]
        mark = " (automatic)" if kind_of(mail) == "bot" or mail.is_automatic else ""
        yield f"  {day(mail.date)} {person(mail.sender)}{mark}" + (f": {', '.join(told)}" if told else "")
        said = mail.speech
        if said is not None and said.objection is not None:
            yield f"      objects, {quoted(said.objection)}"
        if said is not None and said.claim is not None:
            what = "applied" if said.claim.kind is ClaimKind.APPLIED else "did not apply"
            yield f"      {what}, says this mail, {quoted(said.claim.where)}"
    for lost in series.not_carried:
        what = f"{clean(lost.key)}: {one_line(lost.value)}"
        yield f"  given on v{lost.revision}, missing in v{series.revision}: {what}"


def quoted(where: Line) -> str:
    """Return `line 3: “...”`."""
    quote = one_line(where.quote)
    quote = quote if len(quote) <= _QUOTED else quote[: _QUOTED - 1] + "…"
    return f"Subject: “{quote}”" if where.line is None else f"line {where.line}: “{quote}”"


def person(one: Person) -> str:
    """Return a name and an address, or the address alone."""
    return one_line(f"{one.name} <{one.email}>" if one.name else one.email)


def day(moment: datetime | None) -> str:
    """Return a date."""
    return "no date" if moment is None else f"{moment:%Y-%m-%d}"


def _shown(mails: Sequence[Message], given: dict[str, tuple[Given, ...]]) -> Sequence[Message]:
    """Return the newest mails, and older ones that gave, objected or claimed something, in order."""
    if len(mails) <= _SHOWN:
        return mails
    telling = [n for n, mail in enumerate(mails) if mail.blob in given or _tells(mail)]
    rest = [n for n in range(len(mails) - 1, -1, -1) if n not in set(telling)]
    kept = {*telling[-3 * _SHOWN :], *rest[: max(3, _SHOWN - len(telling))]}
    return [mails[n] for n in sorted(kept)]


def _tells(mail: Message) -> bool:
    return mail.speech is not None and (mail.speech.objection is not None or mail.speech.claim is not None)


def _gave(one: Given, series: Series) -> str:
    """Return `Reviewed-by for patches 1, 2`, with whose it is when it is not plainly the sender's."""
    where = _where(one.to, series)
    match one.status:
        case GivenStatus.EXACT:
            return f"{clean(one.key)}{where}"
        case GivenStatus.WEAK:
            return f"{clean(one.key)}{where} (another address: {one_line(one.value)})"
        case GivenStatus.RELAYED:
            return f"{clean(one.key)}{where} (not the sender's, not counted: {one_line(one.value)})"


def _where(to: tuple[str, ...], series: Series) -> str:
    if not to:
        return ""
    if len(to) == len(series.patches):
        return " for all patches" if len(to) > 1 else ""
    wanted = set(to)
    slots = [str(p.position or "+") for p in series.patches if p.message.message_id in wanted][:_NAMED]
    return f" for patch {', '.join(slots)}"
