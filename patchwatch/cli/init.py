# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch init`: a first configuration from what can be found out, and the lines that tie mail clients to us."""

import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from patchwatch.cli.settings import Settings
from patchwatch.cli.snippets import b4_commands
from patchwatch.config import config_path, load_config
from patchwatch.errors import PatchwatchError, UsageError
from patchwatch.reports.clean import one_line

if TYPE_CHECKING:
    from patchwatch.policy.loader import Policies

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DRAFTS = ("Mail/Drafts", "Maildir/.Drafts", "Maildir/Drafts", ".mail/Drafts", "mail/Drafts", "Mail/drafts")
_TEXT_CAP = 1 << 16

SNIPPETS = """\
# mutt, neomutt: show and draft for the message under the cursor
set pipe_decode=no pipe_split=yes
macro index,pager \\ew "<pipe-message>patchwatch show -<enter>" "patchwatch: show"
macro index,pager \\eW "<pipe-message>patchwatch draft new - --to {to}<enter>" "patchwatch: draft"

# aerc (binds.conf)
W = :pipe -m patchwatch show -<Enter>

# cron, or a systemd timer: silent when nothing is new
*/30 * * * * patchwatch sync -q
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options of `init` say; "" is what is to be found out."""

    archives: Sequence[str] = ()
    name: str = ""
    address: str = ""
    list_id: str = ""
    policy: str = ""
    to: str = ""
    email: str = ""
    contact: str = ""
    force: bool = False
    b4: bool = False
    offline: bool = False


@dataclass(slots=True)
class _List:
    archive: str
    name: str
    values: dict[str, str] = field(default_factory=dict)


def run_init(settings: Settings, asked: Asked) -> None:
    """Write the configuration, unless there is one, and print the snippets."""
    if asked.b4:
        sys.stdout.write(b4_commands(asked.policy))
        return
    path = settings.config_option or config_path()
    if path.exists() and not asked.force:
        raise UsageError(f"{path}: is there already; --force replaces it, `patchwatch config` shows what it says")
    archives = list(asked.archives) or _ask_for_archives()
    if len(archives) > 1 and (asked.name or asked.address or asked.list_id):
        raise UsageError("--name, --address and --list-id are for one archive: give one, and add others to the file")
    lists = [_list_of(settings, asked, where) for where in archives]
    if len({one.name for one in lists}) < len(lists):
        raise UsageError("two archives have the same name: give one of them, and add the other to the file")
    to = asked.to or _drafts_folder()
    text = _config_text(settings, asked, lists, to)
    _write(path, text, force=asked.force)
    settings.say(one_line(f"{path}: written"))
    for one in lists:
        if not one.values.get("policy"):
            settings.say(one_line(f"{one.name}: no policy is known for it: nothing is asked of its series"))
    sys.stdout.write(SNIPPETS.format(to=to or "maildir:~/Mail/Drafts"))
    sys.stdout.write("\n# b4: `patchwatch init --b4` prints the lines for git's configuration\n")


def _ask_for_archives() -> list[str]:
    """Ask a person; a program that gave no archive gets a file without lists."""
    if not sys.stdin.isatty():
        return []
    sys.stderr.write("Archive of your list, a folder or https://lore.kernel.org/LIST/ (empty for none): ")
    sys.stderr.flush()
    answer = sys.stdin.readline().strip()
    return [answer] if answer else []


def _list_of(settings: Settings, asked: Asked, where: str) -> _List:
    """Find out what can be known about the list at *where*; what was asked for goes before it."""
    offline = asked.offline or settings.offline
    known = _config_of_archive(where, asked.contact, offline=offline)
    name = asked.name or re.sub(r"[^A-Za-z0-9_.-]", "-", where.rstrip("/").rpartition("/")[2].removesuffix(".git"))
    if not name.strip(".-"):
        raise UsageError(f"{where}: gives the list no name; give one with --name")
    found = _List(where if "://" in where else _as_written(where), name)
    address = asked.address or known.get("address", "")
    list_id = asked.list_id or known.get("listid", "")
    policy = asked.policy
    if policy:
        _policies().require(policy)
    else:
        from patchwatch.cli.known_lists import policy_of_list

        policy = policy_of_list(_policies(), list_id, address)
    found.values = {"address": address, "list_id": list_id, "policy": policy}
    return found


def _policies() -> "Policies":
    """Return all policies: shipped and the user's; what a configuration names does not count before there is one."""
    from patchwatch.config import policy_folder
    from patchwatch.policy.loader import load_policies

    folder = policy_folder()
    return load_policies([folder] if folder.is_dir() else [])


def _as_written(where: str) -> str:
    """Return a path that holds wherever we are started; other places as they are."""
    kind, colon, _ = where.partition(":")
    if colon and kind in ("imap", "notmuch", "lei", "maildir", "mbox"):
        return where
    path = Path(where).expanduser().absolute()
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _config_of_archive(where: str, contact: str, *, offline: bool) -> dict[str, str]:
    """Return what the archive says about its list: the keys of public-inbox's configuration, the first of each."""
    text = b""
    if "://" not in where:
        from patchwatch.sources.stream import read_small

        try:
            text = read_small(Path(where).expanduser() / "inbox.config.example", _TEXT_CAP) or b""
        except (OSError, ValueError):
            return {}
    elif not offline:
        from patchwatch.sources.lore import read_url
        from patchwatch.sources.web import Web

        address = read_url(where)
        with Web(address.origin, contact) as web:
            answer = web.get(f"/{address.name}/_/text/config/raw", cap=_TEXT_CAP)
        text = answer.data if answer is not None and "html" not in answer.type else b""
    found: dict[str, str] = {}
    for line in text.decode("utf-8", "replace").splitlines():
        key, mark, value = line.partition("=")
        value = value.strip().strip('"')
        if mark and key.strip() in ("address", "listid") and value.isprintable() and " " not in value:
            found.setdefault(key.strip(), value)
    return found


def _drafts_folder() -> str:
    """Return the Maildir of drafts that is there, as a place; "" without one."""
    for name in _DRAFTS:
        if (Path.home() / name / "cur").is_dir():
            return f"maildir:~/{name}"
    return ""


def _identity(email: str) -> tuple[str, str]:
    """Return name and address of the user: as asked, else git's."""
    from patchwatch.config import Config
    from patchwatch.identity import find_identity

    try:
        person = find_identity(Config()).person
    except PatchwatchError:
        return "", email
    return person.name, email or person.email


def _config_text(settings: Settings, asked: Asked, lists: Sequence[_List], to: str) -> str:
    name, email = _identity(asked.email)
    lines = ["# patchwatch; docs/configuration.rst explains all keys"]
    lines += [f"db = {_quoted(settings.db_option)}"] if settings.db_option else []
    lines += [f"me = [{_quoted(email)}]"] if email else []
    lines += [f"contact = {_quoted(asked.contact)}  # servers of archives are told it"] if asked.contact else []
    for one in lists:
        key = one.name if _BARE_KEY.fullmatch(one.name) else _quoted(one.name)
        lines += ["", f"[list.{key}]", f"archive = {_quoted(one.archive)}"]
        lines += [f"{name} = {_quoted(value)}" for name, value in one.values.items() if value]
    drafts = {"to": to, "name": name, "email": email}
    if any(drafts.values()):
        lines += ["", "[drafts]", *(f"{key} = {_quoted(value)}" for key, value in drafts.items() if value)]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a TOML string; what JSON escapes TOML reads, as long as no sign is split in two."""
    if not text.isprintable():
        raise UsageError(f"{text!r}: has signs in it that cannot be typed")
    return json.dumps(text, ensure_ascii=False)


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write the file whole or not at all, for the user alone, and read it as the next command will."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        load_config(beside)
        if force:
            beside.replace(path)
        else:
            os.link(beside, path)  # unlike a rename this never replaces a file that was made meanwhile
    except FileExistsError:
        raise UsageError(f"{path}: is there already; --force replaces it") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        beside.unlink(missing_ok=True)
