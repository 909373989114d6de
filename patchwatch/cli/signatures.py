# SPDX-License-Identifier: GPL-2.0-or-later
"""`--attest`: what b4 says about the signatures of a series, on demand only."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from patchwatch.adapters.b4 import attest
from patchwatch.model.attestation import Attestation, SignatureKind, SignatureStatus
from patchwatch.model.mail import DefectKind, Message
from patchwatch.model.series import Series

_GONE = "the mail cannot be read again in full"


def with_signatures(
    series: Sequence[Series], bytes_of: Callable[[Message], bytes | None], *, online: bool
) -> list[Series]:
    """Return *series* with what the signatures of their mails prove; *bytes_of* gives a mail as it was sent."""
    mails = {mail.blob: mail for one in series for mail in (*one.messages, *one.followups, *one.foreign)}
    data = {blob: None if _is_cut(mail) else bytes_of(mail) for blob, mail in mails.items()}
    asked = [(mails[blob].message_id, whole) for blob, whole in data.items() if whole is not None]
    answers = iter(attest(asked, online=online)) if asked else iter(())
    found = {blob: _unread(mails[blob]) if whole is None else next(answers) for blob, whole in data.items()}
    return [
        replace(
            one,
            attestation=tuple(
                fact for mail in (*one.messages, *one.followups, *one.foreign) for fact in found[mail.blob]
            ),
        )
        for one in series
    ]


def _is_cut(message: Message) -> bool:
    return any(defect.kind is DefectKind.TOO_LARGE for defect in message.defects)


def _unread(message: Message) -> list[Attestation]:
    return [
        Attestation(message_id=message.message_id, kind=kind, status=SignatureStatus.UNKNOWN, detail=_GONE)
        for kind in SignatureKind
    ]
