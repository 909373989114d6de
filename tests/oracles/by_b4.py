# SPDX-License-Identifier: GPL-2.0-or-later
"""Subjects and trailers, beside b4."""

from collections.abc import Iterator, Sequence

from oracles import peer_findings
from oracles.corpus import Mail
from oracles.peer_reader import ask
from oracles.verdicts import Finding

NAME = "b4 0.16"
_NOT_HERE = {"short-word", "relayed"}
CLASSES = {name: why for name, why in peer_findings.CLASSES.items() if name not in _NOT_HERE}


def compare(mails: Sequence[Mail]) -> Iterator[Finding]:
    """Compare prefix and trailers of every mail."""
    for mail, theirs in zip(mails, ask("b4", [mail.data for mail in mails]), strict=True):
        yield from peer_findings.compare_one(mail, theirs, attested=False)
