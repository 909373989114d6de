# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule missing-fixes-tag."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence, Level
from patchwatch.rules._facts import fix_word, patches_of
from patchwatch.rules.base import Context, Example, Hit, Rule, cite, cite_subject

_REPORT_KEYS = frozenset({"closes", "resolves", "reported-by"})


class MissingFixesTag(Rule):
    """
    A patch says that it fixes a bug, but no `Fixes:` line names the commit that brought the bug.

    The line tells stable maintainers how far back a fix must go. A patch says so by the verb of its title
    ("net: bar: fix ...") or by `Closes:`, `Resolves:` or `Reported-by:`. Fixes of typos, comments, warnings,
    manuals and the like are left out, and so is what a machine picked for a stable tree. Bugs that were
    always there have no such commit, and 28 % of the patches that say "fix" go without the line: this is a
    hint, never more.
    """

    id: ClassVar[str] = "missing-fixes-tag"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "a fix that does not name the commit it fixes"
    sources: ClassVar[tuple[str, ...]] = (
        "https://docs.kernel.org/process/submitting-patches.html#describe-your-changes",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example("fix-without-commit.eml", flagged=True, policy="none"),
        Example("reported-without-commit.eml", flagged=True, policy="none"),
        Example("fix-with-commit.eml", flagged=False, policy="none"),
        Example("fixed-clock.eml", flagged=False, policy="none"),
        Example("fix-typo.eml", flagged=False, policy="none"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for the series, with one line of each such patch."""
        if series.label == "autosel":
            return
        found = [evidence for patch in patches_of(series) if (evidence := _says_fix(patch)) is not None]
        if found:
            many = f"{len(found)} patches say that they fix something" if len(found) > 1 else "said to fix something"
            yield Hit(message=f"{many}, without a `Fixes:` line", evidence=tuple(found))


def _says_fix(patch: Message) -> Evidence | None:
    """Return the line that says fix, None when there is none or a commit is named."""
    if any(trailer.key.casefold() == "fixes" for trailer in patch.trailers):
        return None
    said = next((trailer for trailer in patch.trailers if trailer.key.casefold() in _REPORT_KEYS), None)
    if said is not None:
        return cite(patch, said)
    return cite_subject(patch) if fix_word(patch.prefix.title) else None
