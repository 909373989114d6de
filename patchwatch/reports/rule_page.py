# SPDX-License-Identifier: GPL-2.0-or-later
"""A rule in plain words: for a terminal, as JSON, and as its page of the documentation."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from textwrap import wrap

from patchwatch.model.verdict import Effect, Level
from patchwatch.policy.loader import Policies
from patchwatch.reports.clean import clean, one_line
from patchwatch.reports.jsonable import Value
from patchwatch.reports.rule_examples import Shown, ShownLine
from patchwatch.rules.base import Rule, parameters

_WIDTH = 96
_MAY = {
    Level.FACT: "A fact: a reader with the mail in hand can check it. A policy in force may let it ask or decline; "
    "to decline, the policy file must say why.",
    Level.INFO: "A heuristic: it informs and never has an effect, whatever a policy file says. It is never in a draft "
    "and never decides an outcome.",
    Level.UNKNOWN: "It says what was missing or could not be read. The series is then undetermined, never ready, and "
    "no waiver changes that.",
    Level.OK: "It says that something is as it should be, and has no effect.",
}
_KINDS = {Level.FACT: "fact", Level.INFO: "heuristic", Level.UNKNOWN: "unknown", Level.OK: "ok"}
_SPECIAL = re.compile(r"([\\*|]|_(?![A-Za-z0-9]))")
_INDEX = """\
.. SPDX-License-Identifier: GPL-2.0-or-later

Rules
=====

One page per rule, written from its class: ``pytest --update-golden`` writes them anew. ``patchwatch rule ID`` prints
the same and the policies that use it; ``extending.rst`` one folder up tells how a rule is written.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A policy that uses a rule."""

    policy: str
    status: str
    effect: Effect
    why: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All there is to say about a rule; *package* is "" for our own, *fault* why it cannot be used."""

    rule: type[Rule]
    package: str = ""
    fault: str = ""
    uses: tuple[Use, ...] = ()
    examples: tuple[Shown, ...] = ()

    @property
    def kind(self) -> str:
        """Fact or heuristic, in one word."""
        return _KINDS[self.rule.level]

    @property
    def text(self) -> str:
        """The manual page: the docstring without its indentation."""
        return cleandoc(self.rule.__doc__ or "")


def uses_of(policies: Policies) -> dict[str, list[Use]]:
    """Return by rule the policies that use it, by name; bases and what belongs to every policy left out."""
    found: dict[str, list[Use]] = {}
    names = sorted({str(profile) for profile in policies.profiles if not profile.abstract})
    for name in names:
        policy = policies.get(name, None)
        for use in policy.rules:
            made = Use(policy=name, status=policy.ref.status, effect=use.effect, why=use.why, clause=use.clause)
            entries = found.setdefault(use.rule.id, [])
            if made not in entries:
                entries.append(made)
    return found


def list_lines(cards: Sequence[Card]) -> Iterator[str]:
    """Give the list of rules: id, kind, how many policies use it, one line."""
    wide = max((len(card.rule.id) for card in cards), default=0)
    for card in cards:
        count = f"{len(card.uses)} {'policy' if len(card.uses) == 1 else 'policies'}"
        more = f" [{card.package}]" if card.package else ""
        yield one_line(f"{card.rule.id:<{wide}}  {card.kind:<9}  {count:>11}  {card.rule.title}{more}")


def card_lines(card: Card) -> Iterator[str]:
    """Give one rule as text."""
    rule = card.rule
    yield one_line(f"{rule.id}: {rule.title}")
    if card.package:
        yield f"  from the package {clean(card.package)}"
    if card.fault:
        yield f"  cannot be used: {one_line(card.fault)}"
        return
    yield ""
    for paragraph in (card.text, _MAY[rule.level]):
        yield from _indented(paragraph)
        yield ""
    yield from _parameter_lines(card)
    yield from _use_lines(card)
    for flagged in (True, False):
        yield from _example_lines(next((one for one in card.examples if one.flagged is flagged), None))
    yield "sources"
    yield from (f"  {clean(source)}" for source in rule.sources)


def _indented(text: str, indent: str = "  ") -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ""
        yield from wrap(clean(" ".join(paragraph.split())), _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _parameter_lines(card: Card) -> Iterator[str]:
    known = parameters(card.rule)
    if known:
        yield "parameters"
        for one in known:
            yield f"  {one.name} (default: {_default(one.default)})"
            yield from _indented(one.description, "      ")
        yield ""


def _default(value: object) -> str:
    if value is None:
        return "required"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value) or "none"
    return str(value) if value != "" else "none"


def _use_lines(card: Card) -> Iterator[str]:
    yield "policies"
    if not card.uses:
        yield "  none of those that are known here"
    wide = max((len(use.policy) for use in card.uses), default=0)
    for use in card.uses:
        status = "" if use.status == "in-force" else f" ({use.status})"
        why = f"  {one_line(use.why)}" if use.why else ""
        yield f"  {use.effect.value:<7}  {f'{use.policy}{status}':<{wide}}{why}"
    yield ""


def _example_lines(shown: Shown | None) -> Iterator[str]:
    if shown is None:
        return
    yield f"{'flagged' if shown.flagged else 'not flagged'} under {clean(shown.policy)}{_before(shown)}"
    for said in shown.messages:
        yield from _indented(said)
    yield from (f"  {clean(line)}".rstrip() for line in _mail_lines(shown))
    yield ""


def _before(shown: Shown) -> str:
    return ", with what a database knows of earlier mail" if shown.in_database else ""


def _mail_lines(shown: Shown) -> Iterator[str]:
    """Give the mails of an example; `>` stands before the lines that are cited."""
    for number, mail in enumerate(shown.mails):
        if number:
            yield ""
        yield from (_line(line) for line in mail)
    if shown.left_out:
        yield f"and {shown.left_out} more mails"


def _line(line: ShownLine) -> str:
    if line.number == 0:
        return "        ..."
    number = "" if line.number is None else str(line.number)
    return f"{'>' if line.cited else ' '}{number:>4}  {line.text}"


def list_json(cards: Sequence[Card]) -> str:
    """Return the list of rules as JSON."""
    rules: list[Value] = [
        {
            "rule": card.rule.id,
            "kind": card.kind,
            "title": card.rule.title,
            "policies": len(card.uses),
            "package": card.package or None,
            "fault": card.fault or None,
        }
        for card in cards
    ]
    return _dumped({"schema": "patchwatch.rules/1", "rules": rules})


def card_json(card: Card) -> str:
    """Return one rule as JSON."""
    rule = card.rule
    document: dict[str, Value] = {
        "schema": "patchwatch.rule/1",
        "rule": rule.id,
        "kind": card.kind,
        "level": rule.level.value,
        "title": rule.title,
        "text": card.text,
        "package": card.package or None,
        "fault": card.fault or None,
        "sources": list(rule.sources),
        "parameters": [
            {"name": one.name, "description": one.description, "default": _plain(one.default)}
            for one in parameters(rule)
        ],
        "policies": [
            {
                "policy": use.policy,
                "status": use.status,
                "effect": use.effect.value,
                "why": use.why or None,
                "clause": use.clause or None,
            }
            for use in card.uses
        ],
        "examples": [_example_value(one) for one in card.examples],
    }
    return _dumped(document)


def _dumped(document: dict[str, Value]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> Value:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _example_value(shown: Shown) -> Value:
    return {
        "file": shown.file,
        "flagged": shown.flagged,
        "policy": shown.policy,
        "messages": list(shown.messages),
        "in_database": shown.in_database,
        "mails": [
            [{"line": line.number, "text": line.text, "cited": line.cited} for line in mail if line.number != 0]
            for mail in shown.mails
        ],
    }


def rst_page(card: Card) -> str:
    """Return the page of the documentation; what policies do with the rule is not the rule's, and not in it."""
    rule = card.rule
    parts = [".. SPDX-License-Identifier: GPL-2.0-or-later", "", rule.id, "=" * len(rule.id), ""]
    parts += [
        f"*{_rst(rule.title[:1].upper() + rule.title[1:])}.*",
        "",
        _rst(card.text),
        "",
        _rst(_MAY[rule.level]),
        "",
    ]
    known = parameters(rule)
    if known:
        parts += [*_title("Parameters"), ""]
        for one in known:
            parts += [f"``{one.name}``, default: {_rst(_default(one.default))}", f"    {_rst(one.description)}"]
        parts.append("")
    for flagged, heading in ((True, "An example that is flagged"), (False, "One that is not")):
        shown = next((one for one in card.examples if one.flagged is flagged), None)
        if shown is not None:
            parts += [*_title(heading), "", *_rst_example(shown), ""]
    parts += [*_title("Sources"), "", *(f"* {source}" for source in rule.sources)]
    return "\n".join(parts) + "\n"


def _title(text: str) -> list[str]:
    return [text, "-" * len(text)]


def _rst_example(shown: Shown) -> Iterator[str]:
    said = " ".join(_rst(message[:1].upper() + message[1:]).rstrip(".") + "." for message in shown.messages)
    under = f"Under ``{shown.policy}``{_before(shown)}"
    yield f"{under}. {said} ``>`` marks what is cited::" if said else f"{under}::"
    yield ""
    yield from (f"    {clean(line)}".rstrip() for line in _mail_lines(shown))


def _rst(text: str) -> str:
    """Make reStructuredText of a docstring: `code` becomes a literal, all other signs mean themselves."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backquote without its partner
        return _SPECIAL.sub(r"\\\1", text).replace("`", "\\`")
    return "".join(
        f"``{part}``" if number % 2 and part else _SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts)
    )


def rst_index(rules: Iterable[type[Rule]]) -> str:
    """Return the page that lists all rules."""
    rows = (f"`{rule.id} <{rule.id}.rst>`__ ({_KINDS[rule.level]})\n    {_rst(rule.title)}" for rule in rules)
    return _INDEX + "\n".join(rows) + "\n"
