# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults of an overlay: it may add to the policy below it and raise effects, never take away or lower one."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from patchwatch.model.verdict import Effect
from patchwatch.policy.files import Profile, inherited
from patchwatch.policy.schema import PolicyFile
from patchwatch.policy.shape import did_you_mean

# What these say holds for all of a policy: an overlay that had them could lower what is asked below.
_REFUSED = ("inherit", "roles", "labels", "scenario", "waiver")
_REFUSED_HEAD = ("exempt-uses", "exclude-paths", "abstract")


def overlay_faults(profile: Profile, profiles: Sequence[Profile]) -> list[str]:
    """Return all faults between an overlay and the texts that it may lie on (those whose dates meet its own)."""
    name = profile.overlay_of
    bases = [other for other in profiles if other.id == name and not other.abstract]
    if not bases:
        known = sorted({p.id for p in profiles if not p.abstract and not p.overlay_of})
        return [f"policy.overlay-of: there is no policy {name!r}{did_you_mean(name, known)}"]
    found = list(_own_faults(profile))
    if any(other.overlay_of for other in bases):
        found.append(f"policy.overlay-of: {name} is an overlay itself")
    for base in bases:
        if _meet(profile, base):
            found += _lowering(profile.data, inherited(base, profiles), str(base))
    return list(dict.fromkeys(found))


def _own_faults(profile: Profile) -> Iterator[str]:
    if not profile.data.get("select", {}).get("paths"):
        yield "select.paths: is required with policy.overlay-of"
    for key in _REFUSED:
        if key in profile.data:
            yield f"{key}: an overlay cannot have it; it only adds rules and questions, and raises effects"
    for key in _REFUSED_HEAD:
        if key in profile.data["policy"]:
            yield f"policy.{key}: an overlay cannot have it; it only adds rules and questions, and raises effects"


def _lowering(data: PolicyFile, below: PolicyFile, name: str) -> Iterator[str]:
    effects = {entry["use"]: entry.get("effect", "none") for entry in below.get("rule", [])}
    for index, entry in enumerate(data.get("rule", [])):
        own, former = entry.get("effect", "none"), effects.get(entry["use"], "none")
        if own == "off":
            yield f"rule[{index}].effect: an overlay cannot switch a rule off"
        elif former != "off" and Effect(own).rank < Effect(former).rank:
            yield f"rule[{index}].effect: `{own}` is lower than `{former}`, which {name} says; an overlay only raises"
    names: tuple[tuple[str, Iterable[str], Iterable[str]], ...] = (
        ("tag", data.get("tag", {}), below.get("tag", {})),
        ("measure", data.get("measure", {}), below.get("measure", {})),
    )
    for key, own_names, others in names:
        for entry_name in own_names:
            if entry_name.casefold() in {other.casefold() for other in others}:
                yield f"{key}.{entry_name}: {name} has it already; an overlay cannot change it"
    questions = {entry["id"] for entry in below.get("human", [])}
    for index, question in enumerate(data.get("human", [])):
        if question["id"] in questions:
            yield f"human[{index}].id: {name} asks {question['id']!r} already; choose another id"


def _meet(one: Profile, other: Profile) -> bool:
    return one.start <= (other.until or date.max) and other.start <= (one.until or date.max)
