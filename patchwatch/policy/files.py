# SPDX-License-Identifier: GPL-2.0-or-later
"""Policy files as they lie on disk: read, checked for shape, merged with what they inherit."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

from patchwatch.errors import UsageError

if TYPE_CHECKING:
    from patchwatch.policy.schema import PolicyFile

SHIPPED = Path(__file__).resolve().parent.parent / "policies"
MAX_DEPTH = 3
_BY_KEY = ("roles", "tag", "measure", "labels")
_BY_NAME = (("rule", "use"), ("human", "id"))


@dataclass(frozen=True, slots=True)
class Profile:
    """One file: what is needed to choose it, and its content as written (before inheritance)."""

    path: Path
    data: PolicyFile
    shipped: bool

    @property
    def id(self) -> str:
        """Id of the project; bases begin with `_`."""
        return self.data["policy"]["id"]

    @property
    def version(self) -> str:
        """Version of the text, "" for bases."""
        return self.data["policy"].get("version", "")

    @property
    def abstract(self) -> bool:
        """Whether it is only there to be inherited."""
        return self.data["policy"].get("abstract", False)

    @property
    def status(self) -> str:
        """Status of the text."""
        return self.data["policy"].get("status", "in-force")

    @property
    def start(self) -> date:
        """First day (UTC) of the text."""
        effective = self.data["policy"].get("effective")
        return effective["from"] if effective is not None else date.min

    def covers(self, day: date) -> bool:
        """Whether the text's dates hold *day*."""
        effective = self.data["policy"].get("effective")
        return effective is not None and effective["from"] <= day <= effective.get("until", date.max)

    def __str__(self) -> str:
        return f"{self.id}@{self.version}" if self.version else self.id


def read_profiles(extra: Sequence[Path] = ()) -> Iterator[Profile]:
    """
    Yield all profiles, shipped ones first, in the order of their names.

    *extra* holds folders (a missing one is empty) and single files. Raises UsageError for a file that cannot
    be read or has faults; all faults of that file are named.
    """
    for path in sorted(SHIPPED.glob("*.toml")):
        yield Profile(path, cast("PolicyFile", _read(path)), True)
    for place in extra:
        for path in sorted(place.glob("*.toml")) if place.is_dir() else [place] if place.suffix == ".toml" else []:
            from patchwatch.policy.schema import shape_faults

            data = _read(path)
            faults = shape_faults(data)
            if faults:
                raise faulty(path, faults)
            yield Profile(path, cast("PolicyFile", data), False)


def faulty(path: Path, faults: Sequence[str]) -> UsageError:
    """Return one error that names all faults of a file."""
    return UsageError(
        f"{path}: {len(faults)} fault{'s' if len(faults) > 1 else ''}\n" + "\n".join(f"  {f}" for f in faults)
    )


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: no TOML: {error}") from error


def inherited(profile: Profile, profiles: Sequence[Profile]) -> PolicyFile:
    """Return the content of *profile* merged with its parents; raises UsageError for a parent that is not there."""
    chain = [profile]
    while parent := chain[-1].data.get("inherit", ""):
        found = [p for p in profiles if parent in (str(p), p.id)]
        if len(found) != 1:
            what = "is not there" if not found else f"has {len(found)} versions: write {found[-1]}"
            raise faulty(profile.path, [f"inherit: {parent!r} {what}"])
        if found[0] in chain:
            raise faulty(profile.path, [f"inherit: {parent!r} inherits from itself"])
        chain.append(found[0])
        if len(chain) > MAX_DEPTH + 1:
            raise faulty(profile.path, [f"inherit: more than {MAX_DEPTH} deep"])
    merged = dict(chain[-1].data)
    for child in reversed(chain[:-1]):
        merged = _merge(merged, cast("Mapping[str, object]", child.data))
    return cast("PolicyFile", merged)


def _merge(parent: Mapping[str, object], child: Mapping[str, object]) -> dict[str, object]:
    """Lay *child* over *parent*: tables by key, rules and questions by name as a whole, all else replaced."""
    merged = {**parent, **child}
    base = {key: value for key, value in _table(parent.get("policy")).items() if key != "abstract"}
    merged["policy"] = {**base, **_table(child.get("policy"))}
    for key in _BY_KEY:
        if key in parent and key in child:
            merged[key] = {**_table(parent[key]), **_table(child[key])}
    for key, name in _BY_NAME:
        if key in parent and key in child:
            entries = {str(entry[name]): entry for entry in _entries(parent[key])}
            merged[key] = list((entries | {str(entry[name]): entry for entry in _entries(child[key])}).values())
    merged.pop("inherit", None)
    return merged


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _entries(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []
