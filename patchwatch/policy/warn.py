# SPDX-License-Identifier: GPL-2.0-or-later
"""What is odd about a policy file and no fault: the day of the run is an argument."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from patchwatch.model.verdict import Level
from patchwatch.policy.files import Profile
from patchwatch.policy.profile import BINDING, Policy


def warnings(
    profile: Profile, policy: Policy, others: Sequence[Profile], today: date, *, examples: int
) -> Iterator[str]:
    """Yield sentences, those about old sources first; *others* are all profiles."""
    yield from stale_sources(policy, today)
    yield from (f"{source.url}: nobody says when it was read" for source in policy.sources if not source.retrieved)
    if profile.abstract:
        return
    for use in policy.rules:
        if use.rule.level is not Level.FACT and use.effect.rank:
            yield f"{use.rule.id} is a heuristic: it informs, and `{use.effect.value}` has no effect"
    select = profile.data.get("select", {})
    if not any(select.values()):
        yield "no `select`: it judges only where --policy or the configuration names it"
    for other in others:
        if _overlap(profile, other):
            yield f"its dates overlap those of {other}: on such days the one that began later judges"
    if not examples:
        yield "no [[example]]: nothing shows that it says what the text says"


def stale_sources(policy: Policy, today: date) -> Iterator[str]:
    """Yield a sentence for each source that is to be read again."""
    if policy.review_by is not None and today > policy.review_by:
        yield f"the text was to be read again by {policy.review_by}"
    for source in policy.sources:
        if source.retrieved and today - date.fromisoformat(source.retrieved) > timedelta(days=policy.stale_after_days):
            age = (today - date.fromisoformat(source.retrieved)).days
            yield f"{source.url}: was last read on {source.retrieved}, {age} days ago, and may have changed"


def _overlap(one: Profile, other: Profile) -> bool:
    same = one.id == other.id and one.version != other.version
    if not same or one.status not in BINDING or other.status not in BINDING:
        return False
    return one.start <= (other.until or date.max) and other.start <= (one.until or date.max)
