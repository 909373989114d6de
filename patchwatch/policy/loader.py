# SPDX-License-Identifier: GPL-2.0-or-later
"""
All known policies, and which of them judges a mail.

Files are read at once, but a policy is merged, checked and given its rules only when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from patchwatch.errors import UsageError
from patchwatch.model.series import Series
from patchwatch.policy.build import build
from patchwatch.policy.files import Profile, faulty, inherited, read_profiles
from patchwatch.policy.profile import BINDING, Policy
from patchwatch.policy.select import Claim, project_of

if TYPE_CHECKING:
    from patchwatch.policy.schema import PolicyFile

SILENT = "none"


def load_policies(extra: Sequence[Path] = ()) -> Policies:
    """
    Read the shipped profiles and those in *extra* (folders or files); a later id and version replaces an earlier.

    Raises UsageError naming all faults of the first file of *extra* that has some.
    """
    profiles: dict[str, Profile] = {}
    for profile in read_profiles(extra):
        profiles[str(profile)] = profile
    policies = Policies(tuple(profiles.values()))
    for profile in profiles.values():
        if not profile.shipped:
            policies.check(profile)
    return policies


class Policies:
    """The known profiles; policies are built on demand and kept."""

    def __init__(self, profiles: tuple[Profile, ...]) -> None:
        self.profiles = profiles
        self._built: dict[str, Policy] = {}
        named = [profile for profile in profiles if not profile.abstract]
        selects = [(profile.id, profile.data.get("select", {})) for profile in named]
        self._lists = _claims((glob, name) for name, select in selects for glob in select.get("list-ids", []))
        self._addresses = _claims((glob, name) for name, select in selects for glob in select.get("addresses", []))

    def get(self, spec: str, at: datetime | None) -> Policy:
        """
        Return the policy for `id` at a date, or exactly `id@version`.

        `id` gives the text that bound on the UTC day of *at*. When none did, or *at* is None, it is the
        built-in `none` with a note: a mail without a readable date is not measured by any text. Raises
        UsageError, which names what exists, for an id or version that nobody knows.
        """
        name, _, version = spec.strip().partition("@")
        known = [profile for profile in self.profiles if profile.id == name and not profile.abstract]
        if version:
            known = [profile for profile in known if profile.version == version]
        if not known:
            raise UsageError(f"no policy {spec!r}; there is {', '.join(self._nearest(spec))}")
        if version:
            return self._policy(known[0])
        if name == SILENT:
            return self._policy(known[-1])
        if at is None:
            return self._silent(f"the mail has no readable date, so no version of {name} was chosen")
        day = at.astimezone(UTC).date() if at.tzinfo is not None else at.date()
        binding = [profile for profile in known if profile.status in BINDING and profile.covers(day)]
        if not binding:
            return self._silent(f"no version of {name} was in force on {day}")
        return self._policy(max(binding, key=lambda profile: profile.start))

    def select(self, series: Series) -> Policy:
        """Return the policy of the list that *series* was sent to, at its date; `none` when no profile knows it."""
        name = project_of(series, self._lists, self._addresses)
        return self.get(name, series.date) if name is not None else self._silent("no profile knows this list")

    def check(self, profile: Profile) -> None:
        """Raise UsageError with all faults between the tables of one profile."""
        from patchwatch.policy.links import link_faults

        data = inherited(profile, self.profiles)
        faults = link_faults(profile.data, data, self._versions(profile))
        if faults:
            raise faulty(profile.path, faults)

    def _policy(self, profile: Profile) -> Policy:
        name = str(profile)
        if name not in self._built:
            data = inherited(profile, self.profiles)
            trusted = profile.shipped and all(other.shipped for other in self.profiles)
            self._built[name] = build(data, self._versions(profile), trusted=trusted)
        return self._built[name]

    def _versions(self, profile: Profile) -> Mapping[str, PolicyFile]:
        return {other.version: other.data for other in self.profiles if other.id == profile.id}

    def _silent(self, note: str) -> Policy:
        profile = next(profile for profile in self.profiles if profile.id == SILENT)
        return replace(self._policy(profile), notes=(note,))

    def _nearest(self, spec: str) -> list[str]:
        """Name all policies, those most like *spec* first."""
        from difflib import SequenceMatcher

        names = dict.fromkeys(n for p in self.profiles if not p.abstract for n in (p.id, str(p)))
        return sorted(names, key=lambda name: -SequenceMatcher(None, spec, name).ratio())


def _claims(pairs: Iterable[tuple[str, str]]) -> tuple[Claim, ...]:
    """Order claims by weight, heaviest first, so that the first match among equals is always the same."""
    claims = {Claim(glob, name) for glob, name in pairs}
    return tuple(sorted(claims, key=lambda c: (not c.weight[0], -c.weight[1], c.pattern, c.project)))
