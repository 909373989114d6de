# SPDX-License-Identifier: GPL-2.0-or-later
"""Files and their counts, beside `git apply --numstat`."""

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial

from oracles.corpus import Mail
from oracles.git_side import View, each, numstat, our_text, views
from oracles.verdicts import UNEXPLAINED, Finding, same

NAME = "git apply --numstat"
CLASSES = {
    "refused": "git refuses it; we found no diff either, or say what is wrong with it, and the verdict is undetermined",
    "absolute-path": "git drops a leading slash, and with it the oddity; we keep the path and note a defect",
    "charset": "git mailinfo stops at the charset; git counts as we do in the text that we decoded",
    "flowed": "git mailinfo joins lines that end with a blank inside a diff too, and tears it; we never do there",
    "quoted-cr": "the encoded text has CRLF, which git am keeps unless told otherwise; in our text git counts as we do",
    "parts": "git mailinfo reads the HTML copy of a diff into the patch; in our text git counts as we do",
    "joined-header": "a mailer joined the index line to `diff --git`, which git refuses; the hunks are in order",
}
Rows = list[tuple[str, str, str]]


def counted(mail: Mail) -> Rows:
    """Return our counts in git's form."""
    return [("-", "-", f.path) if f.binary else (str(f.added), str(f.removed), f.path) for f in mail.diff.files]


def with_diff(mails: Sequence[Mail]) -> list[tuple[Mail, View]]:
    """Return the mails in which either side sees a diff."""
    pairs = zip(mails, views(tuple(mails)), strict=True)
    return [(m, v) for m, v in pairs if m.diff.files or m.diff.problems or (m.is_patch and v.patch)]


def fact_of(mail: Mail) -> str:
    """Return which row of the table a mail belongs to: patches are what counts, a reply's diff is no patch."""
    return "patch" if mail.is_patch else "other"


def compare(mails: Sequence[Mail]) -> Iterator[Finding]:
    """Compare the files that git-am would hand to git-apply."""
    pairs = with_diff(mails)
    with tempfile.TemporaryDirectory() as folder:
        found = each(partial(numstat, cwd=folder), [view.patch for _, view in pairs])
        for (mail, view), theirs in zip(pairs, found, strict=True):
            ours = counted(mail)
            equal = ours == theirs
            reason = UNEXPLAINED if equal else _reason(mail, view, ours, theirs, folder)
            hint = f"{len(ours)} files, git {'refuses' if theirs is None else len(theirs)}"
            yield same(mail.where, fact_of(mail), equal=equal, reason=reason, hint=hint)


def _reason(mail: Mail, view: View, ours: Rows, theirs: Rows | None, folder: str) -> str:
    if theirs is None and (mail.diff.problems or not ours):
        return "refused"
    rooted = [(added, removed, path.lstrip("/")) for added, removed, path in ours]
    if theirs == rooted:
        return "absolute-path"
    if numstat(our_text(mail), folder) == rooted:
        return cause(mail, view)
    if mail.body.flowed and mail.diff.problems:
        return "flowed"
    if any(line.startswith("diff --git ") and line.endswith(" index") for line in mail.lines):
        return "joined-header"
    return UNEXPLAINED


def cause(mail: Mail, view: View) -> str:
    """Return why git mailinfo's text of a mail is another than ours, when git agrees with us on ours."""
    if "convert" in view.refused:
        return "charset"
    if mail.body.flowed:
        return "flowed"
    if mail.headers.plain("content-type").lower().startswith("multipart/"):
        return "parts"
    return "quoted-cr" if b"\r\n" in view.patch else UNEXPLAINED
