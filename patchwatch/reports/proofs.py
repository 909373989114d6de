# SPDX-License-Identifier: GPL-2.0-or-later
"""Text of what was found outside of the mail: commits of git trees, and what signatures prove."""

from collections.abc import Iterator

from patchwatch.model.attestation import SignatureStatus
from patchwatch.model.commit import Match
from patchwatch.model.series import Series
from patchwatch.reports.clean import clean, one_line

_BY = {
    Match.LINK: "the commit names this mail",
    Match.PATCH_ID: "same patch id",
    Match.TITLE: "only title and author are the same: another text, or changed when applied",
}
_SHORT = 12


def merged_lines(series: Series) -> Iterator[str]:
    """Give a line for each patch that is in a tree, or may be."""
    places = {patch.message.message_id: patch.position for patch in series.patches}
    for one in series.merged:
        word = "perhaps merged" if one.by is Match.TITLE else "merged"
        place = places.get(one.message_id)
        patch = f"patch {place if place is not None else '+'}"
        yield f"  {word}: {patch} is {one.commit[:_SHORT]} in {one_line(one.tree)} ({_BY[one.by]})"


def attestation_lines(series: Series) -> Iterator[str]:
    """Give a line for each signature that was checked, and one for the mails that have none."""
    if series.attestation is None:
        return
    bare = signed = 0
    by_mail: dict[str, list[str]] = {}
    for one in series.attestation:
        lines = by_mail.setdefault(one.message_id, [])
        if one.status is not SignatureStatus.NONE:
            detail = f": {clean(one.detail)}" if one.detail else ""
            lines.append(
                f"{one.kind.value} {one.status.value}{' ' + clean(one.identity) if one.identity else ''}{detail}"
            )
    for message_id, lines in by_mail.items():
        signed += bool(lines)
        bare += not lines
        yield from (f"  signature: {clean(message_id)}: {line}" for line in lines)
    if bare:
        yield f"  signature: none on {bare} of {bare + signed} mails"
