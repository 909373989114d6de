# SPDX-License-Identifier: GPL-2.0-or-later
"""
The scenarios of a policy, run for each patch with AI content: the first that matches decides.

A condition that the mail cannot answer opens a branch: the scenario may or may not be the one.
"""

from typing import NamedTuple

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.terms import Scenario
from patchwatch.model.verdict import Effect
from patchwatch.rules._ai import Declared, ai_content, unsure
from patchwatch.rules._readings import Fit, Size, measure_patches
from patchwatch.rules._when import Scope, Scopes, holds
from patchwatch.rules.base import Context

_EFFECTS = {"allow": Effect.NONE, "allow-with-note": Effect.NONE, "decline": Effect.DECLINE}


class Branch(NamedTuple):
    """A scenario that holds, or may hold; None when nothing in the text covers the change."""

    scenario: Scenario | None
    size: Size | None

    @property
    def effect(self) -> Effect:
        """What the scenario asks for; what the text does not cover is worth a question."""
        return Effect.ASK if self.scenario is None else _EFFECTS.get(self.scenario.outcome, Effect.ASK)

    @property
    def borderline(self) -> bool:
        """Whether the readings of the size disagree."""
        return self.size is not None and self.size.fit is Fit.BORDERLINE

    def __str__(self) -> str:
        if self.scenario is None:
            return "no scenario of the text"
        return f"{self.scenario.id} ({self.scenario.outcome.replace('-', ' ')})"


class Placed(NamedTuple):
    """Where one patch stands. *branches* ends with the sure one; *over* are the sizes that were too large."""

    patch: Message
    declared: tuple[Declared, ...]
    branches: tuple[Branch, ...]
    over: tuple[tuple[Scenario, Size], ...]
    sure_content: bool

    @property
    def depends(self) -> bool:
        """Whether the result hangs on something that the mail does not say."""
        return len({branch.effect for branch in self.branches}) > 1

    @property
    def effect(self) -> Effect:
        """What the scenarios ask for: a question where it depends, or where content is not proven."""
        if self.depends:
            return Effect.ASK
        effect = self.branches[-1].effect
        # A sum over a person's mail rests on an incomplete database and on a guess who is one person.
        sure = self.sure_content and not any(size.measure.per == "author" for _, size in self.over)
        return effect if sure or effect is Effect.NONE else Effect.ASK


def place(series: Series, context: Context) -> tuple[Placed, ...]:
    """Run the scenarios for each patch that a counted, non-exempt declaration speaks about."""
    if not context.scenarios:
        return ()
    scopes = Scopes(series, context)
    shared: list[Declared] = []
    own: dict[str, list[Declared]] = {}
    for declared in ai_content(series, context):
        group = shared if declared.about is None else own.setdefault(declared.about.message_id, [])
        group.append(declared)
    placed = []
    for patch in (p.message for p in series.patches):
        # The line in the patch itself tells most; the cover letter's is cited where a patch has none.
        said = own.get(patch.message_id, shared)
        if said:
            placed.append(_place(patch, tuple(said), scopes.of(patch.message_id), context))
    return tuple(placed)


def _place(patch: Message, declared: tuple[Declared, ...], scope: Scope, context: Context) -> Placed:
    branches: list[Branch] = []
    over: list[tuple[Scenario, Size]] = []
    for scenario in context.scenarios:
        answer = holds(scenario.when, scope, context)
        if answer is False:
            continue
        size = _size(scenario, patch, scope.series, context)
        if size is not None and size.fit is Fit.OVER:
            over.append((scenario, size))
            continue
        branches.append(Branch(scenario, size))
        if answer is True and (size is None or size.fit is not Fit.UNKNOWN):
            break
    else:
        branches.append(Branch(None, None))
    sure = any(not unsure(d.disclosure, context) for d in declared)
    return Placed(patch, declared, tuple(branches), tuple(over), sure)


def _size(scenario: Scenario, patch: Message, series: Series, context: Context) -> Size | None:
    measure = context.measure(scenario.measure) if scenario.measure else None
    if measure is None:
        return None
    messages = (patch,) if measure.per == "patch" else tuple(p.message for p in series.patches)
    return measure_patches(measure, messages, context)
