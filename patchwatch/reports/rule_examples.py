# SPDX-License-Identifier: GPL-2.0-or-later
"""A rule's example mails, judged, and the lines of them that matter."""

import mailbox
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from patchwatch.assemble.series import assemble
from patchwatch.errors import UsageError
from patchwatch.judging import judge_all
from patchwatch.model.mail import Message, RawMessage
from patchwatch.model.verdict import Effect, Evidence, Finding, Skipped
from patchwatch.parse.headers import split_headers
from patchwatch.parse.mail import read_message
from patchwatch.parse.mime import read_body
from patchwatch.policy.loader import Policies
from patchwatch.policy.profile import Policy, RuleUse
from patchwatch.rules.base import Example, Rule

_LOG_LINES = 12
_MAILS = 4


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a mail; *number* is None for a header, *cited* says that the finding rests on it."""

    number: int | None
    text: str
    cited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """
    An example: its mails in excerpts, and what was found. *in_database*: it rests on what a database knows, so it is
    not judged here and nothing is cited.
    """

    file: str
    flagged: bool
    policy: str
    params: tuple[tuple[str, object], ...]
    mails: tuple[tuple[ShownLine, ...], ...]
    left_out: int
    messages: tuple[str, ...]
    in_database: bool = False


def examples_folder() -> Path:
    """Return where the example mails are: in the package of a wheel, beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_examples"
    return packed if packed.is_dir() else package.parent / "fixtures" / "rules"


def show_examples(rule: type[Rule], policies: Policies, folder: Path) -> Iterator[Shown]:
    """Yield the examples of a rule that are in *folder*, in its order; each file once, with its first policy."""
    seen: set[tuple[str, bool, str]] = set()
    for example in rule.examples:
        path = folder / rule.id / example.file
        key = (example.file, example.flagged, example.history)
        if key not in seen and path.is_file():
            seen.add(key)
            yield _shown(rule, example, path, policies)


def _shown(rule: type[Rule], example: Example, path: Path, policies: Policies) -> Shown:
    # A mail that stands for one on each of many days is no mail to show.
    shows_history = example.history and not example.history.endswith(".daily.eml")
    before = _mails(path.with_name(example.history)) if shows_history else []
    data = [*before, *_mails(path)]
    raws = [RawMessage(blob=f"{n:040x}", data=one, origin=path.name) for n, one in enumerate(data)]
    messages = [read_message(raw) for raw in raws]
    findings, skipped = ([], []) if example.history else _judged(rule, example, messages, policies)
    cited = [evidence for finding in findings for evidence in finding.evidence]
    every = [
        tuple(_excerpt(raw, message, [one for one in cited if one.message_id == message.message_id]))
        for raw, message in zip(raws, messages, strict=True)
    ]
    # Mails that the finding rests on before others: a series of ten shows no more than a few.
    order = sorted(range(len(every)), key=lambda n: (not any(line.cited for line in every[n]), n))
    kept = sorted(order[:_MAILS])
    return Shown(
        file=example.file,
        flagged=example.flagged,
        policy=example.policy,
        params=example.params,
        mails=tuple(every[n] for n in kept),
        left_out=len(every) - len(kept),
        messages=tuple(dict.fromkeys(finding.message for finding in findings)),
        in_database=bool(example.history) or any(rule.id == one.rule for one in skipped),
    )


def _mails(path: Path) -> list[bytes]:
    if path.suffix == ".eml":
        return [path.read_bytes()]
    box = mailbox.mbox(path, create=False)
    return [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 - a mailbox iterates over messages


def _judged(
    rule: type[Rule], example: Example, messages: list[Message], policies: Policies
) -> tuple[list[Finding], list[Skipped]]:
    """Return what the rule finds in the mails, and what is skipped there."""
    try:
        policy = _with_rule(policies.get(example.policy, None), rule, example)
    except UsageError:  # a rule of another package may name a policy that is not there
        return [], []
    verdicts = [verdict for _, verdict in judge_all(assemble(messages), lambda _: policy, known=False)]
    findings = [finding for verdict in verdicts for finding in verdict.findings if finding.rule == rule.id]
    return findings, [skipped for verdict in verdicts for skipped in verdict.skipped]


def _with_rule(policy: Policy, rule: type[Rule], example: Example) -> Policy:
    """Return *policy* with the rule in it: not every rule is named by a text."""
    if any(use.rule.id == rule.id for use in policy.rules) and not example.params:
        return policy
    use = RuleUse(rule=rule(**dict(example.params)), effect=Effect.NONE, clause=policy.ref.source)
    return replace(policy, rules=(*(other for other in policy.rules if other.rule.id != rule.id), use))


def _excerpt(raw: RawMessage, message: Message, cited: Sequence[Evidence]) -> Iterator[ShownLine]:
    """Yield the headers that matter, the beginning of the text up to the cut, and the lines that are cited."""
    quotes = {one.quote for one in cited if one.line is None}
    heads = [f"From: {message.sender}", f"Subject: {message.subject}"]
    for head in (*heads, *sorted(quotes - set(heads))):
        yield ShownLine(None, head, head in quotes)
    numbers = {one.line for one in cited}
    lines = read_body(raw.data, split_headers(raw.data)).text.split("\n")
    end = next((n for n, line in enumerate(lines, 1) if line in ("---", "-- ")), len(lines) + 1)
    last = 0
    for number, line in enumerate(lines, 1):
        wanted = number in numbers or (number < end and number <= _LOG_LINES and line.strip())
        if not wanted:
            continue
        if last and number > last + 1:
            yield ShownLine(0, "")
        yield ShownLine(number, line, number in numbers)
        last = number
