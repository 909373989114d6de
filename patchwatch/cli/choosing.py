# SPDX-License-Identifier: GPL-2.0-or-later
"""Which texts a command judges by: what the user says, what the repository says, what the lists say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from patchwatch.cli.settings import Settings
from patchwatch.errors import UsageError
from patchwatch.judging import chooser_of_all
from patchwatch.model.series import Series
from patchwatch.model.verdict import PolicyRef
from patchwatch.parse.roles import RoleGlobs
from patchwatch.policy.loader import Policies
from patchwatch.policy.profile import Policy

if TYPE_CHECKING:
    from patchwatch.config import RepositoryConfig, RoleGlobsConfig


@dataclass(frozen=True, slots=True)
class Texts:
    """
    What judges: *choose_all* gives the policies of a series, one for each project.

    *fallback* names what was asked for, where there is no series; *needs_text* says that some measure looks at
    lines.
    """

    choose_all: Callable[[Series], tuple[Policy, ...]]
    fallback: PolicyRef
    needs_text: bool


def texts_for(settings: Settings, asked: str | None, here: RepositoryConfig | None = None) -> Texts:
    """
    Return the texts of one run of `check`.

    *asked* is `--policy`: an id, `id@version`, or the path of a policy file. Without it the list's configured
    policy judges, then the one that `.patchwatch.toml` chooses (*here*, else that of the repository around us), then
    that of the list.
    """
    from patchwatch.config import load_repository_config

    policies, spec = policies_and_spec(settings, asked)
    here = load_repository_config() if here is None else here
    if here.policy:
        try:
            policies.require(here.policy)
        except UsageError as error:
            raise UsageError(f".patchwatch.toml: policy: {error}") from None
    choose = chooser_of_all(policies, spec, settings.config.policy_by_list(), here.policy)
    fallback = policies.get(spec or here.policy or "none", None).ref
    roles = here.roles
    if not any((roles.code, roles.tests, roles.docs, roles.generated, roles.build)):
        return Texts(choose, fallback, policies.needs_text())
    return Texts(
        lambda series: tuple(_with_roles(policy, roles) for policy in choose(series)), fallback, policies.needs_text()
    )


def policies_and_spec(settings: Settings, asked: str | None) -> tuple[Policies, str | None]:
    """Return all policies, and what to ask them for; a path of a policy file adds that one."""
    if asked is None or not asked.endswith(".toml"):
        return settings.policies, asked
    path = Path(asked)
    if not path.is_file():
        raise UsageError(f"{asked}: no such policy file")
    policies = settings.policies_with(path)
    profile = next(profile for profile in policies.profiles if profile.path == path)
    if profile.abstract:
        raise UsageError(f"{asked}: is a base to inherit from, which judges nothing")
    return policies, str(profile)


def _with_roles(policy: Policy, roles: RoleGlobsConfig) -> Policy:
    own = policy.roles
    globs = RoleGlobs.of(
        generated=own.generated if roles.generated is None else roles.generated,
        tests=own.tests if roles.tests is None else roles.tests,
        build=own.build if roles.build is None else roles.build,
        docs=own.docs if roles.docs is None else roles.docs,
        code=own.code if roles.code is None else roles.code,
    )
    return replace(policy, roles=globs, notes=(*policy.notes, "roles of files as .patchwatch.toml says"))


def say_stale(settings: Settings, policies: Iterable[Policy]) -> None:
    """Tell once a run which texts are to be read again; their effects stay."""
    from patchwatch.policy.warn import stale_sources

    for policy in policies:
        odd = list(stale_sources(policy, settings.today))
        if odd:
            more = f" (and {len(odd) - 1} more)" if len(odd) > 1 else ""
            settings.say(f"{policy.ref.id}@{policy.ref.version} may be out of date: {odd[0]}{more}")


def body_lines(data: bytes | None) -> Sequence[str] | None:
    """Return the lines of a mail's decoded body, None without its bytes."""
    from patchwatch.parse.headers import split_headers
    from patchwatch.parse.mime import read_body

    return None if data is None else read_body(data, split_headers(data)).text.split("\n")
