# SPDX-License-Identifier: GPL-2.0-or-later
"""What `patchwatch policy` does: list, show, lint, schema, test, index."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from patchwatch.cli.settings import Settings
from patchwatch.errors import UsageError
from patchwatch.policy.files import INDEX, Profile, headline, index_text, read_examples
from patchwatch.policy.loader import Policies, load_policies
from patchwatch.policy.profile import Policy
from patchwatch.reports.clean import several


def run_list(settings: Settings, *, as_json: bool) -> None:
    """Print all policies, those in force today marked."""
    from patchwatch.reports.policy_list import Listed, render_json, table

    policies = settings.policies
    profiles = sorted((one for one in policies.profiles if not one.abstract), key=lambda p: (p.id, p.start, p.version))
    listed = [Listed(profile=one, headline=headline(one.path), **_effects(policies, one)) for one in profiles]
    today = settings.today
    if as_json:
        sys.stdout.write(render_json(listed, today))
        return
    sys.stdout.writelines(f"{line}\n" for line in table(listed, today))


def run_show(settings: Settings, spec: str, *, as_json: bool, merged: bool) -> None:
    """Print one policy in full."""
    from patchwatch.cli.choosing import policies_and_spec
    from patchwatch.reports.policy_show import Shown, render_json, show_lines

    policies, wanted = policies_and_spec(settings, spec)
    profile = policies.find(wanted or spec)
    data = policies.merged(profile)
    if merged:
        from patchwatch.reports.policy_toml import merged_toml

        sys.stdout.writelines(f"{line}\n" for line in merged_toml(data))
        return
    shown = Shown(
        profile=profile,
        headline=headline(profile.path),
        data=data,
        policy=policies.made(profile),
        examples=read_examples(profile.path),
        today=settings.today,
    )
    if as_json:
        sys.stdout.write(render_json(shown))
        return
    sys.stdout.writelines(f"{line}\n" for line in show_lines(shown))


def run_schema() -> None:
    """Print the JSON Schema of policy files."""
    from patchwatch.policy.schema import json_schema

    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **json_schema(),
        "title": "patchwatch policy",
    }
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def run_lint(settings: Settings, files: Sequence[Path]) -> int:
    """Print all faults of all files, and what is odd about them; return the exit code."""
    paths = list(_toml_files(files))
    sound = {path: found for path in paths if not isinstance(found := _read(path), list)}
    # Files may lie on, inherit from and refer to each other, so all sound ones are known before links are looked at.
    policies = _with(settings, list(sound.values()))
    faulty = 0
    for path in paths:
        faults = _read(path) if path not in sound else _link_faults(sound[path], policies)
        told = cast("list[str]", faults)
        for fault in told:
            sys.stdout.write(f"{path}: {fault}\n")
        faulty += bool(told)
        if not told:
            odd = list(_warnings(settings, sound[path], policies))
            sys.stdout.writelines(f"{path}: warning: {one}\n" for one in odd)
            more = f", {several(len(odd), 'warning')}" if odd else ""
            sys.stdout.write(f"{path}: no faults{more}\n")
    return UsageError.exit_code if faulty else 0


def run_test(settings: Settings, names: Sequence[str]) -> int:
    """Judge the examples of policies by these policies; return 1 when one differs from what it says."""
    from patchwatch.cli.policy_examples import try_example

    files = [Path(name) for name in names if name.endswith(".toml")]
    for path in files:
        if not path.is_file():
            raise UsageError(f"{path}: no such policy file")
    policies = settings.policies_with(*files) if files else settings.policies
    profiles = list(_profiles(policies, names))
    tried = [try_example(one, example, policies) for one in profiles for example in read_examples(one.path)]
    for one in tried:
        sys.stdout.writelines(f"{one.profile}: {one.id}: {difference}\n" for difference in one.differences)
    failed = sum(bool(one.differences) for one in tried)
    result = f"{failed} not as they say" if failed else "all as they say"
    named = several(len(profiles), "policy") if len(profiles) != 1 else str(profiles[0])
    sys.stdout.write(f"{named}, {several(len(tried), 'example')}{f': {result}' if tried else ''}\n")
    return int(bool(failed))


def run_index() -> None:
    """Write the index of the shipped files anew."""
    INDEX.write_text(index_text(), encoding="utf-8")


def _profiles(policies: Policies, names: Sequence[str]) -> Iterator[Profile]:
    """Yield the profiles that *names* mean: files, exact versions, all versions of an id; all of them for no name."""
    if not names:
        yield from (profile for profile in policies.profiles if not profile.abstract)
    for name in names:
        if name.endswith(".toml"):
            yield next(profile for profile in policies.profiles if profile.path == Path(name))
            continue
        policies.find(name)  # UsageError for what nobody knows
        yield from (one for one in policies.profiles if name in (one.id, str(one)))


def _effects(policies: Policies, profile: Profile) -> dict[str, tuple[str, ...]]:
    """Return the rules that decline and ask, as they would if the text were in force."""
    rules = policies.merged(profile).get("rule", [])
    return {
        key: tuple(entry["use"] for entry in rules if entry.get("effect") == effect)
        for key, effect in (("declines", "decline"), ("asks", "ask"))
    }


def _toml_files(files: Sequence[Path]) -> Iterator[Path]:
    for path in files:
        yield from sorted(path.glob("*.toml")) if path.is_dir() else [path]


def _read(path: Path) -> Profile | list[str]:
    """Read one file; return its faults where it has some."""
    from patchwatch.policy.files import parse_file, without_examples
    from patchwatch.policy.links import example_faults
    from patchwatch.policy.schema import ExampleTable, PolicyFile, shape_faults

    try:
        data = parse_file(path, path.read_bytes())
    except OSError as error:
        return [f"cannot be read: {error.strerror}"]
    except UsageError as error:
        return [str(error).removeprefix(f"{path}: ")]
    faults = shape_faults(data) or example_faults(cast("list[ExampleTable]", data.get("example", [])))
    return faults or Profile(path, cast("PolicyFile", without_examples(data)), False)


def _with(settings: Settings, profiles: Sequence[Profile]) -> Policies:
    try:
        others = settings.policies
    except UsageError:  # a file of the user's own is faulty: perhaps the very one that is asked about
        others = load_policies()
    known = {str(profile): profile for profile in (*others.profiles, *profiles)}
    return Policies(tuple(known.values()))


def _link_faults(profile: Profile, policies: Policies) -> list[str]:
    twin = next(one for one in policies.profiles if str(one) == str(profile))
    if twin.path != profile.path:
        return [f"policy.version: {twin.path} is {profile} too"]
    try:
        return policies.faults(profile)
    except UsageError as error:  # the parent is not there
        return [line.strip() for line in str(error).splitlines()[1:]] or [str(error)]


def _warnings(settings: Settings, profile: Profile, policies: Policies) -> Iterator[str]:
    from patchwatch.policy.warn import warnings

    policy: Policy = policies.made(profile)
    yield from warnings(profile, policy, policies.profiles, settings.today, examples=len(read_examples(profile.path)))
