# SPDX-License-Identifier: GPL-2.0-or-later
"""
Settings of the user: one TOML file, below what the command line says.

A fault names the file and the key; nothing in a repository or a mail is ever read as a setting here.
"""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from patchwatch.errors import UsageError

# Read by pydantic, which is imported only when there is a file to check: it costs half of a start-up.
_STRICT = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class ListConfig:
    """One mailing list: where its archive is, its address, its List-Id, its policy, the git trees it feeds."""

    __pydantic_config__ = _STRICT
    archive: str | list[str] = ""
    address: str = ""
    list_id: str = ""
    policy: str = ""
    tree: str | list[str] = ""


@dataclass(frozen=True, slots=True)
class DraftConfig:
    """Where drafts go, and who writes them."""

    __pydantic_config__ = _STRICT
    to: str = ""
    name: str = ""
    email: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration file; every key has a default."""

    __pydantic_config__ = _STRICT
    db: str = ""
    me: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    tree: str | list[str] = ""
    tree_since: str = ""
    list: dict[str, ListConfig] = field(default_factory=dict)
    drafts: DraftConfig = field(default_factory=DraftConfig)

    def own_addresses(self) -> frozenset[str]:
        """Return the user's addresses, in lower case: mail to them waits for the user."""
        return frozenset(one.lower() for one in (*self.me, self.drafts.email) if one)

    def policy_by_list(self) -> dict[str, str]:
        """Return the configured policy by List-Id and by list address, in lower case."""
        found: dict[str, str] = {}
        for one in self.list.values():
            for name in (one.list_id, one.address, one.address.replace("@", ".", 1)):
                if name and one.policy:
                    found[name.lower()] = one.policy
        return found

    def lists_by_tree(self) -> dict[str, frozenset[str]]:
        """
        Return for each git tree the List-Ids and addresses (lower case) of the lists it counts for; "" for all lists.

        Raises UsageError for a list that has a tree and no name by which its mail can be told.
        """
        found = {tree_name(tree): frozenset({""}) for tree in _several(self.tree)}
        for key, one in self.list.items():
            names = frozenset(name.lower() for name in (one.list_id, one.address) if name)
            for tree in _several(one.tree):
                if not names:
                    raise UsageError(f"list.{key}.tree: needs list_id or address beside it, to know the list's mail")
                found[tree_name(tree)] = found.get(tree_name(tree), frozenset()) | names
        return found

    def since(self) -> int | None:
        """Return `tree_since` in UTC seconds, None when it is not set. Raises UsageError."""
        return day_seconds(self.tree_since, "tree_since") if self.tree_since else None


def tree_name(spec: str) -> str:
    """Return the name of a git tree, absolute: `~/linux#for-next` is `/home/me/linux#for-next`."""
    return str(Path(spec).expanduser().absolute())


def day_seconds(day: str, what: str) -> int:
    """Read a day as 2026-01-31, or a time in RFC 3339, as UTC seconds. Raises UsageError naming *what* it is for."""
    try:
        moment = datetime.fromisoformat(day)
    except ValueError:
        raise UsageError(f"{what}: {day!r} is no day such as 2026-01-31") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _several(value: str | list[str]) -> list[str]:
    return [one for one in ([value] if isinstance(value, str) else value) if one]


def config_path() -> Path:
    """Return where the configuration is looked for when no `--config` is given."""
    return _xdg("XDG_CONFIG_HOME", ".config") / "patchwatch" / "config.toml"


def policy_folder() -> Path:
    """Return where the user's own policy files are looked for."""
    return config_path().parent / "policies"


def database_path() -> Path:
    """Return the database that is used when nobody names one."""
    return _xdg("XDG_DATA_HOME", ".local/share") / "patchwatch" / "patchwatch.db"


def load_config(path: Path | None = None) -> Config:
    """
    Read *path*, or the default file when there is one.

    Raises UsageError naming the file and every faulty key at once.
    """
    chosen = path or config_path()
    try:
        text = chosen.read_text(encoding="utf-8")
    except FileNotFoundError:
        if path is not None:
            raise UsageError(f"{path}: no such configuration file") from None
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{chosen}: cannot be read: {error}") from None
    return _read(chosen, text)


def _read(path: Path, text: str) -> Config:
    import tomllib  # like pydantic, only for those who have a file

    from pydantic import TypeAdapter, ValidationError

    try:
        # JSON mode is the strict one that takes what TOML has: lists are lists, true is no number.
        return TypeAdapter(Config).validate_json(json.dumps(tomllib.loads(text), default=str))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise UsageError(f"{path}: {faults}") from None


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / default
