# SPDX-License-Identifier: GPL-2.0-or-later
"""Trailers of the last paragraph, beside `git interpret-trailers --parse`."""

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial

from oracles.corpus import Mail
from oracles.git_side import each, parsed_trailers
from oracles.verdicts import UNEXPLAINED, Finding, same
from patchwatch.model.mail import Place
from patchwatch.parse.trailers import MAX_VALUE

NAME = "git interpret-trailers --parse"
CLASSES = {
    "url": "git takes a line that begins with `https:` for a trailer of that name; we take it for a link",
    "empty-value": "git lists a trailer without a value; we list none, as nothing is said",
    "address-below": "git drops an `<address>` that a mailer wrapped to the next line; we join it to its name",
    "long-value": f"we keep the first {MAX_VALUE} characters of a value",
}
Pairs = list[tuple[str, str]]


def compare(mails: Sequence[Mail]) -> Iterator[Finding]:
    """Compare the trailers that git would see in each patch's commit log."""
    patches = [mail for mail in mails if mail.is_patch]
    with tempfile.TemporaryDirectory() as folder:
        found = each(partial(parsed_trailers, cwd=folder), [mail.log for mail in patches])
    for mail, theirs in zip(patches, found, strict=True):
        ours = mail.trailers(Place.TRAILERS)
        yield same(mail.where, "trailers", equal=ours == theirs, reason=_reason(ours, theirs), hint=f"{len(theirs)}")


def _reason(ours: Pairs, theirs: Pairs) -> str:
    """Return the one class that makes both lists equal."""
    if ours == [pair for pair in theirs if not pair[1].startswith("//")]:
        return "url"
    if ours == [pair for pair in theirs if pair[1]]:
        return "empty-value"
    if ours == [(key, value[:MAX_VALUE]) for key, value in theirs]:
        return "long-value"
    if [(key, value.partition(" <")[0]) for key, value in ours] == theirs:
        return "address-below"
    return UNEXPLAINED
