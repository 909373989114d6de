# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch check`: judge mail without a database."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from patchwatch.assemble.followups import follow_up
from patchwatch.assemble.series import assemble
from patchwatch.assemble.threads import mark_shared_ids
from patchwatch.cli.settings import Settings
from patchwatch.errors import InputError, UsageError
from patchwatch.judging import chooser, judge_all
from patchwatch.model.mail import Message
from patchwatch.model.series import Series, State
from patchwatch.model.source import Unreadable
from patchwatch.model.verdict import Outcome, PolicyRef, Verdict
from patchwatch.parse.mail import read_message
from patchwatch.policy.profile import Policy
from patchwatch.reports.clean import several
from patchwatch.rules.base import rule_ids
from patchwatch.sources.base import live_messages
from patchwatch.sources.detect import open_source

_FAILING = {
    "decline": frozenset({Outcome.DECLINE}),
    "ask": frozenset({Outcome.DECLINE, Outcome.ASK, Outcome.UNDETERMINED}),
    "never": frozenset[Outcome](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the options of `check` ask for; an empty *select* means all rules of the policy."""

    policy: str | None
    select: frozenset[str]
    ignore: frozenset[str]
    format: str
    fail_on: str
    output: Path | None
    trees: tuple[str, ...] = ()
    since: str = ""
    attest: bool = False
    online: bool = False

    def without_rules(self, policy: Policy) -> Policy:
        """Return *policy* with only the rules that `--select` and `--ignore` leave."""
        if not self.select and not self.ignore:
            return policy
        kept = tuple(
            use
            for use in policy.rules
            if (not self.select or use.rule.id in self.select) and use.rule.id not in self.ignore
        )
        return replace(policy, rules=kept)


def run_check(settings: Settings, sources: Sequence[str], wanted: Wanted) -> int:
    """Judge all mail of *sources* together; return the exit code."""
    _know_rules(wanted.select | wanted.ignore)
    choose = chooser(settings.policies, wanted.policy, settings.config.policy_by_list())
    fallback = settings.policies.get(wanted.policy or "none", None).ref
    messages, series = _assembled(settings, sources, wanted)
    judged = judge_all(series, lambda one: wanted.without_rules(choose(one)), known=False)
    write_output(_render(settings, judged, messages, wanted, fallback), wanted.output)
    if not judged:
        settings.say(f"no patch series in {several(len(messages), 'message')}")
    failing = _FAILING[wanted.fail_on]
    return int(any(verdict.outcome in failing for one, verdict in judged if one.state is State.OPEN))


def _assembled(settings: Settings, sources: Sequence[str], wanted: Wanted) -> tuple[list[Message], Sequence[Series]]:
    """Read all mail and put it together, with what trees and signatures tell where that is asked for."""
    if wanted.since and not wanted.trees:
        raise UsageError("--since bounds what is looked up in a git tree: give --tree too")
    if wanted.online and not wanted.attest:
        raise UsageError("--online is about signatures: give --attest too")
    raws: dict[str, bytes] = {}
    messages = mark_shared_ids(read_sources(settings, sources, raws if wanted.attest else None))
    series: Sequence[Series] = assemble(messages, whole=True)
    if wanted.trees:
        from patchwatch.cli.trees import mark_from_trees

        series = mark_from_trees(series, wanted.trees, wanted.since)
    series = follow_up(series, settings.config.own_addresses())
    if wanted.attest:
        from patchwatch.cli.signatures import with_signatures

        series = with_signatures(series, lambda mail: raws.get(mail.blob), online=wanted.online)
    return messages, series


def read_sources(settings: Settings, sources: Sequence[str], raws: dict[str, bytes] | None = None) -> list[Message]:
    """Read the live mail of all sources, each once, its bytes into *raws* by blob id; InputError when there is none."""
    found: dict[str, Message] = {}
    for where in sources:
        source = open_source(where, sys.stdin.buffer)
        before = len(found)
        odd: list[Unreadable] = []
        for raw in live_messages(source, odd.append):
            found.setdefault(raw.blob, read_message(raw))
            if raws is not None:
                raws[raw.blob] = raw.data
        if len(found) == before and (odd or not found):
            more = f" (and {len(odd) - 1} more things could not be read)" if len(odd) > 1 else ""
            why = f"{odd[0].origin}: {odd[0].reason}{more}" if odd else f"{where}: no readable mail in it"
            raise InputError(why)
        for one in odd[:5]:
            settings.say(f"{one.origin}: {one.reason}")
        if len(odd) > 5:
            settings.say(f"{where}: {len(odd) - 5} more things could not be read")
    return list(found.values())


def write_output(chunks: Iterable[str], output: Path | None) -> None:
    """Write to stdout, or to a file that is either complete or untouched."""
    if output is None:
        for chunk in chunks:
            sys.stdout.write(chunk)
            sys.stdout.flush()
        return
    beside = output.with_name(f".{output.name}.part")
    try:
        with beside.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(chunks)
        beside.replace(output)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UsageError(f"{output}: cannot be written: {error.strerror}") from None


def _render(
    settings: Settings,
    judged: Sequence[tuple[Series, Verdict]],
    messages: Sequence[Message],
    wanted: Wanted,
    fallback: PolicyRef,
) -> Iterable[str]:
    if wanted.format == "json":
        from patchwatch.reports.check_json import render_json

        return [render_json(judged, messages, fallback)]
    if wanted.format == "jsonl":
        from patchwatch.reports.check_json import render_jsonl

        return render_jsonl(judged)
    from patchwatch.reports.text import Style, check_lines

    style = Style(settings.colour and wanted.output is None)
    return (f"{line}\n" for line in check_lines(judged, style))


def _know_rules(named: frozenset[str]) -> None:
    known = rule_ids()
    for rule in sorted(named):
        if rule not in known:
            near = get_close_matches(rule, known, 1)
            raise UsageError(f"no rule {rule!r}" + (f"; did you mean {near[0]}?" if near else ""))
