# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule unclear-series-story."""

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level
from patchwatch.rules._facts import patches_of
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject

_AUTOSQUASH = ("fixup!", "squash!", "amend!")
_EMPTY_WORDS = frozenset(
    "a all and bug bugs bugfix bugfixes change changes clean cleanup cleanups code commit do error errors few "
    "final fix fixes fixed fixing for from improve improved improvement improvements initial issue issues it make "
    "minor misc miscellaneous more my of on other patch patches problem problems refactor refactoring review "
    "several small some stuff temp temporary test the thing things this tiny to trivial tweak tweaks up update updated "
    "updates various version wip with work works".split()
)
_MAX_VAGUE = 60  # a longer title has a word that says something
_REVERT = 'revert "'


class UnclearSeriesStory(Rule):
    """
    The subjects of a series do not tell a story that a reviewer can follow.

    Found are: two patches with the same subject, a subject of empty words only ("fix", "misc updates"), a
    patch marked for autosquash (`fixup!`, `squash!`) inside a series, and a patch that reverts an earlier one
    of the same series. Each is rare (under 1 % of series) and each may have a good reason: the same change
    to two devices may well have one subject. Only subjects are looked at, never how they are written.
    """

    id: ClassVar[str] = "unclear-series-story"
    level: ClassVar[Level] = Level.INFO
    title: ClassVar[str] = "subjects that do not tell what the series does"
    sources: ClassVar[tuple[str, ...]] = (
        "https://git-scm.com/docs/SubmittingPatches#separate-commits",
        "https://docs.kernel.org/process/submitting-patches.html#separate-your-changes",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example("fixup-inside.mbox", flagged=True, policy="none"),
        Example("same-subject-twice.mbox", flagged=True, policy="none"),
        Example("vague.eml", flagged=True, policy="none"),
        Example("undoes-the-first.mbox", flagged=True, policy="none"),
        Example("told.mbox", flagged=False, policy="none"),
        Example("reverts-an-old-commit.eml", flagged=False, policy="none"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit]:  # noqa: ARG002 - same for every policy
        """Yield one hit for each kind of remark."""
        patches = patches_of(series)
        for text, found in (
            ("patches have one and the same subject", _duplicates(patches)),
            ("the subject says nothing about the change", [p for p in patches if _is_vague(p.prefix.title)]),
            ("a patch is marked to be folded into another", _autosquash(patches)),
            ("a patch undoes an earlier one of the series", _undone(patches)),
        ):
            if found:
                yield Hit(message=text, evidence=tuple(cite_subject(message) for message in found))


def _duplicates(patches: tuple[Message, ...]) -> list[Message]:
    titles = [" ".join(patch.prefix.title.casefold().split()) for patch in patches]
    counts = Counter(titles)
    return [patch for patch, title in zip(patches, titles, strict=True) if title and counts[title] > 1]


def _is_vague(title: str) -> bool:
    """Whether a title has nothing but empty words behind its area ("net: fix")."""
    said = title.rpartition(": ")[2].casefold()
    first = said.partition(" ")[0]
    if len(said) > _MAX_VAGUE or (first.isalnum() and first not in _EMPTY_WORDS):
        return False
    words = "".join(char if char.isalnum() else " " for char in said).split()
    return bool(words) and _EMPTY_WORDS.issuperset(words)


def _autosquash(patches: tuple[Message, ...]) -> list[Message]:
    """Return the patches made for `git rebase --autosquash`; one alone is for a commit of the maintainer."""
    if len(patches) < 2:
        return []
    return [patch for patch in patches if patch.prefix.title.lower().startswith(_AUTOSQUASH)]


def _undone(patches: tuple[Message, ...]) -> list[Message]:
    seen: set[str] = set()
    found = []
    for patch in patches:
        title = patch.prefix.title.strip()
        if title.lower().startswith(_REVERT) and title[len(_REVERT) :].rstrip('"') in seen:
            found.append(patch)
        seen.add(title)
    return found
