# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule weakened-tests."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from patchwatch.model.diff import Role
from patchwatch.model.mail import MarkKind, Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Part, Skipped
from patchwatch.rules._facts import cite_mark, marks, patches_of, title_of
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


class WeakenedTests(Rule):
    """
    A patch changes code, and the same patch takes lines out of tests or has tests skipped.

    Tests must not be altered only to make a change pass. Counted are the lines of test files that are
    neither blank nor comment, net, over the whole series, so that moving a test is nothing; a patch that
    also removes more code than it adds is left out, since tests go with the feature they test. Skips are
    lines added to test files that mark a test as skipped, disabled or expected to fail. There are good reasons for
    both; the lines are shown so that a person looks at them.
    """

    id: ClassVar[str] = "weakened-tests"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "test lines removed or tests skipped together with code"
    sources: ClassVar[tuple[str, ...]] = ("https://devguide.python.org/getting-started/ai-tools/",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example("assertions-removed.eml", flagged=True, policy="none"),
        Example("test-skipped.eml", flagged=True, policy="none"),
        Example("feature-and-its-tests-removed.eml", flagged=False, policy="none"),
        Example("tests-only.eml", flagged=False, policy="none"),
        Example("test-moved.eml", flagged=False, policy="none"),
        Example("new-test-that-may-skip.eml", flagged=False, policy="none"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit for each patch with skips and one for each that removes test lines."""
        patches = patches_of(series)
        both = [patch for patch in patches if _changes_both(patch, context)]
        for patch in both:
            skips = marks(patch, MarkKind.TEST_SKIP)
            if skips:
                text = f'"{title_of(patch)}" changes code and has tests skipped or expected to fail'
                yield Hit(message=text, evidence=tuple(cite_mark(patch, mark, Part.DIFF) for mark in skips))
        losing = [patch for patch in both if _loses_tests(patch, context)]
        if not losing or _net(patches, Role.TESTS, context) >= 0:
            return
        if not series.complete:
            yield Skipped(rule=self.id, reason="a missing patch may hold the tests")
            return
        for patch in losing:
            lost = -_net([patch], Role.TESTS, context)
            text = f'"{title_of(patch)}" changes code and removes {lost} more test lines than it adds'
            yield Hit(message=text, evidence=(cite_subject(patch),))


def _changes_both(patch: Message, context: Context) -> bool:
    """Whether a patch changes lines of code and of tests."""
    roles = {context.roles.role_of(change) for change in patch.files if change.added or change.removed}
    return Role.CODE in roles and Role.TESTS in roles


def _loses_tests(patch: Message, context: Context) -> bool:
    """Whether a patch that makes no code smaller takes lines out of tests."""
    code = [change for change in patch.files if context.roles.role_of(change) is Role.CODE]
    adds = sum(change.code_added for change in code)
    return adds > 0 and _net([patch], Role.CODE, context) >= 0 > _net([patch], Role.TESTS, context)


def _net(patches: Sequence[Message], role: Role, context: Context) -> int:
    """Return the lines that files of *role* gain, blank and comment lines left out."""
    return sum(
        change.code_added - change.code_removed
        for patch in patches
        for change in patch.files
        if context.roles.role_of(change) is role
    )
