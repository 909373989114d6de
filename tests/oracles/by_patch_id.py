# SPDX-License-Identifier: GPL-2.0-or-later
"""Patch ids, beside `git patch-id --stable`."""

import tempfile
from collections.abc import Iterator, Sequence

from oracles.by_numstat import cause, fact_of, with_diff
from oracles.corpus import Mail
from oracles.git_side import View, lone_patch_ids, our_text, patch_ids
from oracles.verdicts import UNEXPLAINED, Finding, same

NAME = "git patch-id --stable"
CLASSES = {
    "several": "git prints several ids for one mail, as for two patches or where a blank context line lost its blank; "
    "one of them would stand for less than the mail holds, so we give none",
    "prose": "git takes a line of prose that starts with `diff ` for a patch and prints an id for it too; ours is the "
    "one of the diff",
    "charset": "git mailinfo stops at the charset; git prints our id for the text that we decoded",
    "flowed": "git mailinfo joins lines that end with a blank inside a diff too; git prints our id for our text",
    "parts": "git mailinfo reads the HTML copy of a diff and signatures into the patch; git prints our id for our text",
    "joined-header": "a mailer joined the index line to `diff --git`; git's id is that of this one line, we give none",
}


def compare(mails: Sequence[Mail]) -> Iterator[Finding]:
    """Compare the id of the patch that git-am would apply."""
    pairs = with_diff(mails)
    with tempfile.TemporaryDirectory() as folder:
        found = patch_ids([view.patch for _, view in pairs], folder)
        for (mail, view), batched in zip(pairs, found, strict=True):
            ours = [] if mail.diff.patch_id is None else [mail.diff.patch_id]
            # A commit's id of its own above the diff hides it in the batch.
            theirs = batched if ours == batched else lone_patch_ids(view.patch, folder)
            reason = UNEXPLAINED if ours == theirs else _reason(mail, view, ours, folder)
            hint = f"{len(ours)} and {len(theirs)} ids"
            yield same(mail.where, fact_of(mail), equal=ours == theirs, reason=reason, hint=hint)


def _reason(mail: Mail, view: View, ours: list[str], folder: str) -> str:
    ids = lone_patch_ids(our_text(mail), folder)
    why = cause(mail, view)
    if ids == ours and why in CLASSES:
        return why
    if len(ids) > 1 and (not ours or ours[0] in ids):
        return "prose" if ours else "several"
    if any(line.startswith("diff --git ") and line.endswith(" index") for line in mail.lines):
        return "joined-header"
    return UNEXPLAINED
