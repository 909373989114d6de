# SPDX-License-Identifier: GPL-2.0-or-later
"""A policy that is ready to judge: one version of one text, with its rules."""

from dataclasses import dataclass, field
from datetime import date

from patchwatch.model.terms import Consequence, Discretion, Human, Measure, Scenario, Source, Tag, WaiverTerms, When
from patchwatch.model.verdict import Effect, PolicyRef, Skipped
from patchwatch.parse.roles import DEFAULT_ROLES, RoleGlobs
from patchwatch.policy.paths import PathGlobs
from patchwatch.rules.base import Rule

BINDING = frozenset({"in-force", "superseded"})
# What belongs to every policy: no text can make a series ready that was not seen in full, or bind as a proposal.
ALWAYS = ("unadopted-policy", "incomplete-series", "unreadable-patch")
PROTOTYPE_LABELS = ("RFC", "PROTOTYPE", "POC", "WIP")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUse:
    """
    A rule with the policy's parameters, effect and reason; *clause* is the URL that its findings cite.

    *paths* holds for rules of an overlay: only patches that touch them are its business.
    """

    rule: Rule
    effect: Effect
    clause: str
    why: str = ""
    when: When = field(default_factory=When)
    paths: PathGlobs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    One version of one text. *notes* say why this policy was taken where that is not plain.

    *labels* are subject labels for prototypes; an empty tuple means that the text knows none. *exclude* are files
    outside the text. *lost* are rules that the text uses and that could not be loaded, with the reason.
    """

    ref: PolicyRef
    stance: str = "silent"
    sources: tuple[Source, ...] = ()
    roles: RoleGlobs = DEFAULT_ROLES
    labels: tuple[str, ...] = PROTOTYPE_LABELS
    exempt_uses: frozenset[str] = frozenset()
    tags: tuple[Tag, ...] = ()
    measures: tuple[Measure, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    rules: tuple[RuleUse, ...] = ()
    human: tuple[Human, ...] = ()
    discretion: tuple[Discretion, ...] = ()
    waiver: WaiverTerms | None = None
    outcomes: tuple[Consequence, ...] = ()
    exclude: PathGlobs | None = None
    lost: tuple[Skipped, ...] = ()
    start: date | None = None
    review_by: date | None = None
    stale_after_days: int = 180
    notes: tuple[str, ...] = ()

    @property
    def binding(self) -> bool:
        """Whether the text binds: proposals, unwritten habits and withdrawn texts inform only."""
        return self.ref.status in BINDING
