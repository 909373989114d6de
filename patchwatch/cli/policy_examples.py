# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of a policy file, judged by the policy: does it say what its author thinks it says?"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from patchwatch.assemble.followups import follow_up
from patchwatch.assemble.series import assemble
from patchwatch.assemble.threads import mark_shared_ids
from patchwatch.cli.choosing import body_lines
from patchwatch.errors import PatchwatchError
from patchwatch.judging import judge_all
from patchwatch.model.series import Series, State
from patchwatch.model.verdict import Effect, Verdict
from patchwatch.parse.mail import read_message
from patchwatch.policy.files import Profile
from patchwatch.policy.loader import Policies
from patchwatch.sources.base import live_messages
from patchwatch.sources.detect import open_source

if TYPE_CHECKING:
    from patchwatch.policy.schema import ExampleTable


@dataclass(frozen=True, slots=True)
class Tried:
    """One example: *differences* are sentences, none when the policy says what is expected."""

    profile: Profile
    id: str
    differences: tuple[str, ...]


def try_example(profile: Profile, example: "ExampleTable", policies: Policies) -> Tried:
    """Judge the newest open series of an example's mail by exactly this version, whatever the date of the mail."""
    try:
        judged = _judged(example["mail"], str(profile), policies)
    except PatchwatchError as error:
        return Tried(profile, example["id"], (f"the mail cannot be read: {error}",))
    still_open = [verdict for series, verdict in judged if series.state is State.OPEN]
    if not still_open:
        return Tried(profile, example["id"], ("there is no patch series in the mail",))
    return Tried(profile, example["id"], tuple(_differences(example, still_open[-1])))


def _judged(mail: str, spec: str, policies: Policies) -> list[tuple[Series, Verdict]]:
    raws = list(live_messages(open_source("-", BytesIO(mail.encode("utf-8", "surrogateescape"))), lambda _: None))
    series = follow_up(assemble(mark_shared_ids([read_message(raw) for raw in raws])), frozenset())
    data = {raw.blob: raw.data for raw in raws}
    return judge_all(
        series,
        lambda one: policies.get(spec, one.date),
        known=False,
        text_of=lambda message: body_lines(data.get(message.blob)),
    )


def _differences(example: "ExampleTable", verdict: Verdict) -> list[str]:
    said = {finding.rule: finding for finding in verdict.findings if finding.effect is not Effect.NONE}
    expected = set(example.get("findings", []))
    found = []
    if verdict.outcome.value != example["outcome"]:
        found.append(f"the outcome is {verdict.outcome.value}, not {example['outcome']}{_why(verdict)}")
    found += [f"{rule} says nothing" for rule in sorted(expected - said.keys())]
    found += [
        f"{rule} {said[rule].effect.value}s, which is not expected: {said[rule].message}"
        for rule in sorted(said.keys() - expected)
    ]
    return found


def _why(verdict: Verdict) -> str:
    unknown: Sequence[str] = [finding.message for finding in verdict.findings if finding.level.value == "unknown"]
    return f" ({unknown[0]})" if unknown else ""
