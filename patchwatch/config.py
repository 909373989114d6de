# SPDX-License-Identifier: GPL-2.0-or-later
"""
Settings of the user: one TOML file, below what the command line says; and the little that a repository may say.

A fault names the file and the key. A repository is not the user: its `.patchwatch.toml` may choose a policy that
is known here, tell what files are for, and hold texts for drafts. Nothing else in it is read, ever, and nothing in
a mail is a setting.
"""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from patchwatch.errors import UsageError

T = TypeVar("T")

# Read by pydantic, which is imported only when there is a file to check: it costs half of a start-up.
_STRICT = {"extra": "forbid", "strict": True}
REPOSITORY_FILE = ".patchwatch.toml"
MAX_REPOSITORY_FILE = 1_000_000
_ALLOWED = "a repository may only choose a `policy`, redefine `roles` and hold `templates` for drafts"


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
class ImapConfig:
    """One mail account: *folders* are read (none: INBOX), *drafts* is written to (none: what the server marks)."""

    __pydantic_config__ = _STRICT
    host: str = ""
    port: int = 993
    user: str = ""
    tls: bool = True
    password_command: str = ""
    folders: list[str] = field(default_factory=list)
    drafts: str = ""


@dataclass(frozen=True, slots=True)
class QueryConfig:
    """A saved search: *q* is the query, or SQL that begins with `select` or `with`."""

    __pydantic_config__ = _STRICT
    q: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration file; every key has a default."""

    __pydantic_config__ = _STRICT
    db: str = ""
    me: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    tree: str | list[str] = ""
    tree_since: str = ""
    contact: str = ""
    index: list[str] = field(default_factory=lambda: ["prose"])
    list: dict[str, ListConfig] = field(default_factory=dict)
    drafts: DraftConfig = field(default_factory=DraftConfig)
    imap: dict[str, ImapConfig] = field(default_factory=dict)
    query: dict[str, QueryConfig] = field(default_factory=dict)

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


@dataclass(frozen=True, slots=True)
class RoleGlobsConfig:
    """Globs on files for each role; a role that is not named keeps those of the policy."""

    __pydantic_config__ = _STRICT
    code: list[str] | None = None
    tests: list[str] | None = None
    docs: list[str] | None = None
    generated: list[str] | None = None
    build: list[str] | None = None


@dataclass(frozen=True, slots=True)
class RepositoryConfig:
    """What a repository may say: the policy of its series by id, what its files are for, texts for drafts by name."""

    __pydantic_config__ = _STRICT
    policy: str = ""
    roles: RoleGlobsConfig = field(default_factory=RoleGlobsConfig)
    templates: dict[str, str] = field(default_factory=dict)


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
    return data_home() / "patchwatch" / "patchwatch.db"


def mirrors_folder() -> Path:
    """Return where mirrors of archives are kept."""
    return data_home() / "patchwatch" / "mirrors"


def data_home() -> Path:
    """Return the folder for what programs keep for the user."""
    return _xdg("XDG_DATA_HOME", ".local/share")


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
    return _read(chosen, text, Config)


def load_repository_config(start: Path | None = None) -> RepositoryConfig:
    """
    Read `.patchwatch.toml` of the git repository that *start* (the current folder) is in.

    Empty outside of a repository and without the file. Raises UsageError for what a repository may not say.
    """
    top = _top_of_repository(start or Path.cwd())
    path = top / REPOSITORY_FILE if top is not None else None
    if path is None or not path.is_file():
        return RepositoryConfig()
    if path.is_symlink():
        raise UsageError(f"{path}: is a link; a repository's settings are a file of its own")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_REPOSITORY_FILE + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None
    return repository_config(path, data)


def repository_config(path: Path, data: bytes) -> RepositoryConfig:
    """Read the content of a `.patchwatch.toml`, *path* being its name in messages; raises UsageError."""
    if len(data) > MAX_REPOSITORY_FILE:
        raise UsageError(f"{path}: is larger than {MAX_REPOSITORY_FILE} bytes")
    try:
        found = _read(path, data.decode("utf-8"), RepositoryConfig, _ALLOWED)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None
    if any(char in found.policy for char in "/\\:"):
        raise UsageError(
            f"{path}: policy: {found.policy!r} is no id of a policy; a repository cannot name files or URLs"
        )
    return found


def _top_of_repository(start: Path) -> Path | None:
    """Return the nearest folder above with a `.git` in it (a file, for worktrees)."""
    try:
        places = (start, *start.parents)
        return next((place for place in places if (place / ".git").exists()), None)
    except OSError:
        return None


def _read(path: Path, text: str, kind: type[T], hint: str = "") -> T:
    """Read TOML as *kind*; all faults at once, with *hint* when a key is not known."""
    import tomllib  # like pydantic, only for those who have a file

    from pydantic import TypeAdapter

    from patchwatch.policy.shape import find_faults

    try:
        data = json.dumps(tomllib.loads(text), default=str)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: no TOML: {error}") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deep") from None
    adapter = TypeAdapter(kind)
    faults = find_faults(json.loads(data), adapter.json_schema())
    if faults:
        unknown = any(": there is no such key" in fault for fault in faults)
        raise UsageError(f"{path}: {'; '.join(faults)}" + (f" ({hint})" if hint and unknown else ""))
    # JSON mode is the strict one that takes what TOML has: lists are lists, true is no number.
    return adapter.validate_json(data)


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / default
