# SPDX-License-Identifier: GPL-2.0-or-later
"""
All known policies, and which of them judges a mail.

Files are read at once, but a policy is merged, checked and given its rules only when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from patchwatch.errors import UsageError
from patchwatch.model.series import Series
from patchwatch.policy.build import build, overlaid
from patchwatch.policy.files import Profile, faulty, inherited, read_profiles
from patchwatch.policy.paths import PathGlobs
from patchwatch.policy.profile import BINDING, Policy
from patchwatch.policy.select import Claims, projects_of

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
        self._overlaid: dict[tuple[str, ...], Policy] = {}
        self._paths: dict[str, PathGlobs | None] = {}
        self._overlays = [profile for profile in profiles if profile.overlay_of]
        self._claims: dict[str, Claims] = {}

    def get(self, spec: str, at: datetime | None) -> Policy:
        """
        Return the policy for `id` at a date, or exactly `id@version`.

        `id` gives the text that bound on the UTC day of *at*. When none did, or *at* is None, it is the
        built-in `none` with a note: a mail without a readable date is not measured by any text. An overlay is
        the policy below it, in the text of that date, with the overlay on top. Raises UsageError, which names
        what exists, for an id or version that nobody knows.
        """
        known = self._known(spec)
        name, exact = known[0].id, "@" in spec
        if known[0].overlay_of:
            return self._with_overlay(known, at, exact=exact)
        if exact:
            return self._policy(known[0])
        if name == SILENT:
            return self._policy(known[-1])
        if at is None:
            return self._silent(f"the mail has no readable date, so no version of {name} was chosen")
        found = _in_force(known, _day(at))
        return self._policy(found) if found is not None else self._silent(self._not_yet(name, known, at))

    def choose(self, series: Series, spec: str = "") -> Policy:
        """Return the policy of *series*: *spec*, else that of its list; with the overlays of the files it changes."""
        if spec:
            return self._with_overlays(spec, series)
        return self.choose_all(series)[0]

    def select(self, series: Series) -> Policy:
        """Return the policy of the list that *series* was sent to, at its date; `none` when no profile knows it."""
        return self.choose(series)

    def choose_all(self, series: Series) -> tuple[Policy, ...]:
        """Return one policy for each project that *series* was posted to, the most specific first."""
        names = projects_of(series, *(self._claimed(key) for key in ("list-ids", "addresses", "subject-prefixes")))
        if not names:
            return (self._silent("no profile knows this list"),)
        first, *others = names
        return tuple(self._with_overlays(name, series) for name in (first, *(one for one in others if one != SILENT)))

    def needs_text(self) -> bool:
        """Whether a policy has a measure that leaves out lines by their content."""
        return any(table.get("ignore") for p in self.profiles for table in p.data.get("measure", {}).values())

    def check(self, profile: Profile) -> None:
        """Raise UsageError with all faults between the tables of one profile."""
        faults = self.faults(profile)
        if faults:
            raise faulty(profile.path, faults)

    def faults(self, profile: Profile) -> list[str]:
        """Return all faults between the tables of one profile; UsageError when its parent is not there."""
        from patchwatch.policy.links import link_faults
        from patchwatch.policy.overlays import overlay_faults

        data = inherited(profile, self.profiles)
        found = link_faults(profile.data, data, self._versions(profile))
        if profile.overlay_of:
            found += overlay_faults(profile, self.profiles)
        elif profile.data.get("select", {}).get("paths"):
            found.append("select.paths: is for overlays only; write policy.overlay-of, or see `roles` for files")
        return found

    def merged(self, profile: Profile) -> PolicyFile:
        """Return the content of a profile with what it inherits."""
        return inherited(profile, self.profiles)

    def find(self, spec: str) -> Profile:
        """Return the profile of `id@version`; of `id` alone the newest one that binds, else the newest."""
        known = self._known(spec, bases=True)
        return max(known, key=lambda profile: (profile.status == "in-force", profile.status in BINDING, profile.start))

    def made(self, profile: Profile) -> Policy:
        """Return the policy of exactly this profile, without what it may lie on."""
        return self._policy(profile)

    def require(self, spec: str) -> None:
        """Raise UsageError, which names what exists, for an id or version that nobody knows."""
        self._known(spec)

    def _known(self, spec: str, *, bases: bool = False) -> list[Profile]:
        name, _, version = spec.strip().partition("@")
        known = [profile for profile in self.profiles if profile.id == name and (bases or not profile.abstract)]
        known = [profile for profile in known if not version or profile.version == version]
        if not known:
            raise UsageError(f"no policy {spec!r}{self._nearest(spec)}")
        return known

    def _with_overlays(self, spec: str, series: Series) -> Policy:
        """Return the policy of *spec* with the overlays that *series* falls under; exactly `id@version` stays alone."""
        base = self.get(spec, series.date)
        if series.date is None or base.ref.id != spec or not self._overlays:
            return base
        day = _day(series.date)
        for name in sorted({profile.id for profile in self._overlays if profile.overlay_of == spec}):
            found = _in_force([profile for profile in self._overlays if profile.id == name], day)
            if found is not None and self._touches(found, series):
                base = self._overlay(base, found)
        return base

    def _with_overlay(self, known: Sequence[Profile], at: datetime | None, *, exact: bool) -> Policy:
        base = self.get(known[0].overlay_of, at)
        found = known[0] if exact else None if at is None else _in_force(known, _day(at))
        return base if found is None or base.ref.id == SILENT else self._overlay(base, found)

    def _overlay(self, base: Policy, profile: Profile) -> Policy:
        key = (base.ref.digest, str(profile))
        if key not in self._overlaid:
            self._overlaid[key] = overlaid(base, profile.data, trusted=profile.shipped)
        return self._overlaid[key]

    def _touches(self, profile: Profile, series: Series) -> bool:
        name = str(profile)
        if name not in self._paths:
            self._paths[name] = PathGlobs.of(profile.data.get("select", {}).get("paths", []))
        paths = self._paths[name]
        return paths is not None and any(paths.touched(patch.message) for patch in series.patches)

    def _claimed(self, key: str) -> Claims:
        """Return all claims of one kind; those of an overlay are for the policy that it lies on."""
        if key not in self._claims:
            self._claims[key] = Claims(
                (glob, profile.overlay_of or profile.id)
                for profile in self.profiles
                if not profile.abstract
                for glob in _globs(profile, key)
            )
        return self._claims[key]

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

    def _not_yet(self, name: str, known: Sequence[Profile], at: datetime) -> str:
        """Say why no text of a project judges, and what there is."""
        day = _day(at)
        near = [profile for profile in known if profile.status not in BINDING and profile.covers(day)]
        more = f"; {near[-1]} is {near[-1].status} and informs only when it is named" if near else ""
        return f"no version of {name} was in force on {day}{more}"

    def _nearest(self, spec: str) -> str:
        """Say which name was perhaps meant, then what there is: projects, or the versions of the one that was named."""
        from difflib import get_close_matches

        concrete = [profile for profile in self.profiles if not profile.abstract]
        name = spec.partition("@")[0]
        versions = sorted(str(profile) for profile in concrete if profile.id == name)
        if versions:
            return f"; there is {', '.join(versions)}"
        projects = sorted({profile.id for profile in concrete})
        near = get_close_matches(name, projects, n=1)
        return (f"; did you mean {near[0]}?" if near else ";") + f" there is {', '.join(projects)}"


def _globs(profile: Profile, key: str) -> Sequence[str]:
    select = cast("Mapping[str, list[str]]", profile.data.get("select", {}))
    return select.get(key, ())


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date() if at.tzinfo is not None else at.date()


def _in_force(known: Sequence[Profile], day: date) -> Profile | None:
    """Return the newest text that bound on *day*."""
    binding = [profile for profile in known if profile.status in BINDING and profile.covers(day)]
    return max(binding, key=lambda profile: profile.start, default=None)
