# SPDX-License-Identifier: GPL-2.0-or-later
"""How far a text reaches: files outside of it, findings of overlays, and what it leaves to people."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.terms import Discretion
from patchwatch.model.verdict import Evidence, Finding
from patchwatch.policy.paths import PathGlobs
from patchwatch.policy.profile import Policy, RuleUse


class Found(NamedTuple):
    """A finding and the entry of the policy that it comes from."""

    use: RuleUse
    finding: Finding


def inside(series: Series, policy: Policy) -> Series:
    """
    Return *series* as the text sees it: without the files that the policy excludes.

    A patch of nothing but such files stays in its slot, and what it declares is not the text's business.
    """
    if policy.exclude is None:
        return series
    patches = tuple(replace(patch, message=_without(patch.message, policy.exclude)) for patch in series.patches)
    return replace(series, patches=patches)


def _without(message: Message, excluded: PathGlobs) -> Message:
    files = tuple(change for change in message.files if not excluded.both(change))
    if len(files) == len(message.files):
        return message
    return replace(message, files=files, disclosures=message.disclosures if files else ())


def in_reach(evidence: Iterable[Evidence], use: RuleUse, series: Series) -> tuple[Evidence, ...]:
    """Return the evidence that an overlay's rule may speak of: no patches that leave its files alone."""
    if use.paths is None:
        return tuple(evidence)
    others = {patch.message.message_id for patch in series.patches if not use.paths.touched(patch.message)}
    return tuple(one for one in evidence if one.message_id not in others)


def without_doubles(found: Sequence[Found]) -> Iterator[Finding]:
    """Yield the findings, without those that an overlay's entry for the same rule says at least as strongly."""
    raised: dict[str, list[Finding]] = {}
    for use, finding in found:
        if use.paths is not None:
            raised.setdefault(use.rule.id, []).append(finding)
    for use, finding in found:
        stronger = [one for one in raised.get(use.rule.id, ()) if one.effect.rank >= finding.effect.rank]
        said = {evidence for one in stronger for evidence in one.evidence}
        if use.paths is not None or not said.issuperset(finding.evidence):
            yield finding


def discretion_of(series: Series, policy: Policy) -> tuple[Discretion, ...]:
    """Return what the text leaves to maintainers for the files of this series."""
    files = [change for patch in series.patches for change in patch.message.files]
    return tuple(
        one
        for one in policy.discretion
        if (globs := PathGlobs.of(one.paths)) is not None and any(globs.either(change) for change in files)
    )
