# SPDX-License-Identifier: GPL-2.0-or-later
"""What `doctor` looks at beside the disk: git, lists and their policies, the clock, the user, other programs."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from patchwatch.cli.doctor import FAULT, OK, WARNING, Check
from patchwatch.cli.settings import Settings
from patchwatch.errors import PatchwatchError, UsageError
from patchwatch.reports.clean import several
from patchwatch.syncing import database_file

if TYPE_CHECKING:
    from patchwatch.policy.loader import Policies

_GIT = (2, 39)  # GIT_NO_LAZY_FETCH and others that keep a foreign archive from running anything
_DAY = 86_400
_MANY = 5  # so many mails from tomorrow are no mistake of single senders


def check_git(settings: Settings) -> Iterator[Check]:  # noqa: ARG001 - all checkers take it
    """Check that git is there and knows what keeps us safe."""
    try:
        said = subprocess.run(["git", "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        yield Check(FAULT, "git", "is not installed or does not run", "install git: archives are read with it")
        return
    words = said.split()
    version = words[2] if len(words) > 2 else "?"
    numbers = tuple(int(one) for one in version.split(".")[:2] if one.isdigit())
    if len(numbers) == 2 and numbers >= _GIT:
        yield Check(OK, "git", version)
    else:
        wanted = ".".join(map(str, _GIT))
        yield Check(
            WARNING, "git", f"{version} is older than {wanted}", "update it: it guards less against odd archives"
        )


def check_lists(settings: Settings) -> Iterator[Check]:
    """Check that each list has a policy that is known, and when its text was last read."""
    from patchwatch.policy.warn import stale_sources

    policies = _policies(settings)
    if not settings.config.list:
        yield Check(WARNING, "lists", "none is configured", "`patchwatch init` writes a configuration")
    used: set[str] = set()
    for name, one in settings.config.list.items():
        if not one.archive:
            yield Check(WARNING, name, "has no archive to read", f"set list.{name}.archive")
        yield from _check_policy(settings, name, used)
    for spec in sorted(used):
        policy = policies.made(policies.find(spec))
        for sentence in stale_sources(policy, settings.today):
            text = f"{policy.ref.id}@{policy.ref.version}: {sentence}"
            yield Check(WARNING, "policy", text, "read the source; `patchwatch policy show` says what is known")


def _policies(settings: Settings) -> "Policies":
    """Return all policies without those that lists name: these are checked one by one."""
    from dataclasses import replace

    named = settings.config
    try:
        settings.config = replace(named, list={})
        return settings.policies_with()
    finally:
        settings.config = named


def _check_policy(settings: Settings, name: str, used: set[str]) -> Iterator[Check]:
    from patchwatch.cli.known_lists import policy_of_list

    one, policies = settings.config.list[name], _policies(settings)
    try:
        if one.policy:
            policies.require(one.policy)
    except UsageError as error:
        yield Check(FAULT, name, f"policy: {error}", f"correct list.{name}.policy")
        return
    found = one.policy or policy_of_list(policies, one.list_id, one.address)
    if one.policy and not (one.list_id or one.address):
        yield Check(
            WARNING, name, "has a policy, and no name by which its mail is told", f"set list.{name}.list_id or address"
        )
    if not found:
        yield Check(WARNING, name, "no policy is known for it", f'set list.{name}.policy, to "none" if it has none')
        return
    used.add(found)
    yield Check(OK, name, f"policy {found}{'' if one.policy else ', found by the name of the list'}")


def check_clock(settings: Settings) -> Iterator[Check]:
    """Compare the clock with the dates of mail: many from the future mean that it is slow."""
    now = datetime.now(UTC)
    file = database_file(settings.database)
    if file is not None and not file.exists():
        yield Check(OK, "clock", f"{now:%Y-%m-%d %H:%M} UTC")
        return
    from sqlalchemy import func, select

    from patchwatch.store.database import open_database
    from patchwatch.store.schema import message

    try:
        with open_database(settings.database) as db, db.reading() as conn:
            query = select(func.count()).where(message.c.sent_at > now.timestamp() + _DAY)
            ahead = int(conn.execute(query).scalar() or 0)
    except PatchwatchError:
        return  # told as a fault of the database
    told = f"{now:%Y-%m-%d %H:%M} UTC"
    if ahead >= _MANY:
        text = f"{told}, and {several(ahead, 'mail')} are dated more than a day later"
        yield Check(WARNING, "clock", text, "check this computer's clock; else they were sent with wrong dates")
    else:
        yield Check(OK, "clock", told)


def check_identity(settings: Settings) -> Iterator[Check]:
    """Check that drafts have somebody to come from."""
    from patchwatch.identity import find_identity

    try:
        person = find_identity(settings.config).person
    except UsageError as error:
        yield Check(WARNING, "identity", str(error))
        return
    yield Check(OK, "identity", f"{person.name} <{person.email}>" if person.name else person.email)


def check_tools(settings: Settings) -> Iterator[Check]:
    """Say which other programs are there; one that the configuration needs must be."""
    config = settings.config
    archives = [one.archive for one in config.list.values()]
    wheres = [config.drafts.to, *(one for some in archives for one in ([some] if isinstance(some, str) else some))]
    for name in ("notmuch", "lei"):
        needed = any(where == name or where.startswith(f"{name}:") for where in wheres)
        if shutil.which(name):
            yield Check(OK, name, "is installed")
        elif needed:
            yield Check(FAULT, name, "is not installed, and the configuration needs it", f"install {name}")
        else:
            yield Check(OK, name, "is not installed; nothing configured needs it")
    for name, use in (("b4", "signatures"), ("keyring", "passwords in the desktop's keyring")):
        there = find_spec(name) is not None
        yield Check(OK, name, f"is {'' if there else 'not '}installed ({use})")
