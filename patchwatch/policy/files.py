# SPDX-License-Identifier: GPL-2.0-or-later
"""
Policy files as they lie on disk: read, checked for shape, merged with what they inherit.

TOML is read at about one megabyte a second, and profiles carry whole mails as examples. So an index beside the
shipped files holds all that judging needs as JSON, with a checksum of each file: an entry counts only for the
very bytes it was made from, everything else is read as TOML. `patchwatch policy index` writes it anew.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

from patchwatch.errors import UsageError
from patchwatch.policy.text import plain

if TYPE_CHECKING:
    from patchwatch.policy.schema import ExampleTable, PolicyFile

SHIPPED = Path(__file__).resolve().parent.parent / "policies"
INDEX = SHIPPED / "index.json"
MAX_DEPTH = 3
_BY_KEY = ("roles", "tag", "measure", "labels")
_BY_NAME = (("rule", "use"), ("human", "id"))


@dataclass(frozen=True, slots=True)
class Profile:
    """One file: what is needed to choose it, and its content as written (before inheritance, without examples)."""

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
    def overlay_of(self) -> str:
        """Id of the policy that this one lies on; "" for all others."""
        return self.data["policy"].get("overlay-of", "")

    @property
    def status(self) -> str:
        """Status of the text."""
        return self.data["policy"].get("status", "in-force")

    @property
    def start(self) -> date:
        """First day (UTC) of the text."""
        effective = self.data["policy"].get("effective")
        return date.fromisoformat(effective["from"]) if effective is not None else date.min

    @property
    def until(self) -> date | None:
        """Last day (UTC) of the text, None while nothing ended it."""
        end = self.data["policy"].get("effective", {}).get("until")
        return date.fromisoformat(end) if end is not None else None

    def covers(self, day: date) -> bool:
        """Whether the text's dates hold *day*."""
        return "effective" in self.data["policy"] and self.start <= day <= (self.until or date.max)

    def __str__(self) -> str:
        return f"{self.id}@{self.version}" if self.version else self.id


def read_profiles(extra: Sequence[Path] = ()) -> Iterator[Profile]:
    """
    Yield all profiles, shipped ones first, in the order of their names.

    *extra* holds folders (a missing one is empty) and single files. Raises UsageError for a file that cannot
    be read or has faults; all faults of that file are named.
    """
    index = _read_index()
    for path in sorted(SHIPPED.glob("*.toml")):
        text = _bytes(path)
        entry = index.get(path.name)
        known = entry is not None and entry[0] == zlib.crc32(text)
        data = entry[1] if entry is not None and known else without_examples(parse_file(path, text))
        if "id" not in _table(data.get("policy")):
            raise faulty(path, ["policy.id: is required"])
        yield Profile(path, cast("PolicyFile", data), True)
    for place in extra:
        for path in sorted(place.glob("*.toml")) if place.is_dir() else [place] if place.suffix == ".toml" else []:
            yield read_file(path)


def read_file(path: Path) -> Profile:
    """Read one file of a person; raises UsageError with all faults of its shape."""
    from patchwatch.policy.schema import shape_faults

    data = parse_file(path, _bytes(path))
    faults = shape_faults(data)
    if faults:
        raise faulty(path, faults)
    return Profile(path, cast("PolicyFile", without_examples(data)), False)


def read_examples(path: Path) -> list[ExampleTable]:
    """Return the examples of a file, which no profile carries; the file's shape was checked before."""
    return cast("list[ExampleTable]", parse_file(path, _bytes(path)).get("example", []))


def headline(path: Path) -> str:
    """Return the first sentence of the comment at the head of a file, licence line aside; "" when there is none."""
    comment: list[str] = []
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if not line.startswith("#"):
                    break
                comment += [] if "SPDX-License-Identifier" in line else [line.lstrip("#").strip()]
    except OSError:
        return ""
    sentence, dot, _ = " ".join(comment).partition(". ")
    return sentence + dot.strip()


def faulty(path: Path, faults: Sequence[str]) -> UsageError:
    """Return one error that names all faults of a file."""
    return UsageError(
        f"{path}: {len(faults)} fault{'s' if len(faults) > 1 else ''}\n" + "\n".join(f"  {f}" for f in faults)
    )


def parse_file(path: Path, text: bytes) -> dict[str, object]:
    """Read the bytes of a TOML file as JSON has it (dates are texts); raises UsageError with its path."""
    import tomllib  # the index needs none

    try:
        return plain(tomllib.loads(text.decode("utf-8")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: no TOML: {error}") from error
    except RecursionError:
        raise UsageError(f"{path}: no TOML that anybody wrote: nested too deep") from None


def without_examples(data: dict[str, object]) -> dict[str, object]:
    """Return the content without what only `policy test` needs."""
    return {key: value for key, value in data.items() if key != "example"}


def index_text() -> str:
    """Write the index of the shipped files: one line for each, so that a change is one line in a diff."""
    lines = []
    for path in sorted(SHIPPED.glob("*.toml")):
        text = _bytes(path)
        entry = [zlib.crc32(text), without_examples(parse_file(path, text))]
        lines.append(f"{json.dumps(path.name)}: {json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _read_index() -> Mapping[str, tuple[int, dict[str, object]]]:
    """Return checksum and content by file name; nothing for an index that is gone or damaged."""
    try:
        found = json.loads(INDEX.read_bytes())
    except (OSError, ValueError):
        return {}
    return {
        name: (entry[0], entry[1])
        for name, entry in (found.items() if isinstance(found, dict) else ())
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], dict)
    }


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def inherited(profile: Profile, profiles: Sequence[Profile]) -> PolicyFile:
    """Return the content of *profile* merged with its parents; raises UsageError for a parent that is not there."""
    chain = [profile]
    while parent := chain[-1].data.get("inherit", ""):
        found = [p for p in profiles if parent in (str(p), p.id)]
        if len(found) != 1:
            raise faulty(profile.path, [f"inherit: {parent!r} {_not_one(found, profiles, parent)}"])
        if found[0] in chain:
            raise faulty(profile.path, [f"inherit: {parent!r} inherits from itself"])
        chain.append(found[0])
        if len(chain) > MAX_DEPTH + 1:
            raise faulty(profile.path, [f"inherit: more than {MAX_DEPTH} deep"])
    merged = dict(chain[-1].data)
    for child in reversed(chain[:-1]):
        merged = _merge(merged, cast("Mapping[str, object]", child.data))
    return cast("PolicyFile", merged)


def _not_one(found: Sequence[Profile], profiles: Sequence[Profile], parent: str) -> str:
    """Say why a parent's name leads to no single file."""
    from patchwatch.policy.shape import did_you_mean

    if found:
        return f"has {len(found)} versions: write {found[-1]}"
    bases = [profile.id for profile in profiles if profile.abstract]
    return f"is not there{did_you_mean(parent, [*bases, *(str(p) for p in profiles if not p.abstract)])}"


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
