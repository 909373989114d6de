# SPDX-License-Identifier: GPL-2.0-or-later
"""Subjects and trailers, beside liblore."""

from collections.abc import Iterator, Sequence

from oracles import peer_findings
from oracles.corpus import Mail
from oracles.peer_reader import ask
from oracles.verdicts import Finding

NAME = "liblore"
_NOT_HERE = {"no-id", "in-diff"}
CLASSES = {name: why for name, why in peer_findings.CLASSES.items() if name not in _NOT_HERE}


def compare(mails: Sequence[Mail]) -> Iterator[Finding]:
    """Compare prefix and trailers of every mail."""
    for mail, theirs in zip(mails, ask("liblore", [mail.data for mail in mails]), strict=True):
        yield from peer_findings.compare_one(mail, theirs, attested=True)
