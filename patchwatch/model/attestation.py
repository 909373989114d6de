# SPDX-License-Identifier: GPL-2.0-or-later
"""What the signatures of a mail prove."""

from dataclasses import dataclass
from enum import StrEnum


class SignatureKind(StrEnum):
    """Which sort of signature: a domain's (DKIM) or a person's (patatt)."""

    DKIM = "dkim"
    PATATT = "patatt"


class SignatureStatus(StrEnum):
    """What came of checking it. Unknown is neither good nor bad: nobody could look."""

    PASS = "pass"  # noqa: S105 - a word of the report
    FAIL = "fail"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """One signature of a mail, or that it has none of its kind; *identity* is the domain or address that signed."""

    message_id: str
    kind: SignatureKind
    status: SignatureStatus
    identity: str = ""
    detail: str = ""
