# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule missing-reproducer."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.diff import Role
from patchwatch.model.mail import MarkKind, Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._ai import beside_the_patch, declarations, named_in
from patchwatch.rules._facts import evidence_of, fix_word, lines_by_role, marks, patches_of
from patchwatch.rules._when import BUG_KEYS
from patchwatch.rules.base import Context, Example, Hit, Rule


class MissingReproducer(Rule):
    """
    A bug fix with declared AI use, and nothing in it shows the bug: no reproducer, trace or test.

    The kernel's procedure for bugs found with such tools asks for a reproducer unless the bug is trivial.
    Enough is a line of the log, the cover letter or below the cut that speaks of reproducing, testing, a
    trace, a crash or a sanitizer's report, or a changed test file in the series. Only patches that declare
    AI use themselves are looked at, since the rule is about bugs that nobody ever saw: a fix that names a
    person who reported it, or an issue it closes, is left out. Most other fixes have no reproducer either.
    """

    id: ClassVar[str] = "missing-reproducer"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "a bug found with an AI tool, and nothing that shows it"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/generated-content.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example("fix-by-reading-only.eml", flagged=True, policy="none"),
        Example("fix-with-trace.eml", flagged=False, policy="none"),
        Example("fix-with-test.eml", flagged=False, policy="none"),
        Example("fix-of-a-reported-bug.eml", flagged=False, policy="none"),
        Example("undeclared-fix.eml", flagged=False, policy="none"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:
        """Yield one hit for the declared fixes of a series in which no mail shows a bug."""
        fixes = {patch.message_id for patch in patches_of(series) if _is_unseen_fix(patch)}
        said = (one for one in declarations(series, context) if not beside_the_patch(one.disclosure))
        spoken = [one for one in said if one.message.message_id in fixes]
        if not spoken or any(marks(message, MarkKind.REPRODUCER) for message in series.messages):
            return
        if not any(lines_by_role(series.messages, context)[Role.TESTS]):
            text = "AI use is declared for a fix, and no reproducer, trace or test is described"
            yield Hit(message=text, evidence=evidence_of(spoken))


def _is_unseen_fix(patch: Message) -> bool:
    """Whether a patch fixes something that, as far as the mail tells, no person reported."""
    keys = {trailer.key.casefold(): trailer for trailer in patch.trailers}
    for key in ("reported-by", "closes", "resolves"):
        if key in keys and named_in(patch, keys[key]) is None:
            return False
    return bool(BUG_KEYS.intersection(keys)) or bool(fix_word(patch.prefix.title))
