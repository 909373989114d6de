# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a rule is, what it is told and what it may say; how rules are found.

A rule is one file of this package, named like the rule with underscores. Nothing lists the rules: the
folder does, and only the rules that a policy uses are imported.
"""

import importlib
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import Message, Place, Trailer
from patchwatch.model.series import Series
from patchwatch.model.terms import Measure, Scenario, Source, Tag
from patchwatch.model.verdict import Effect, Evidence, Level, Part, Skipped
from patchwatch.parse.roles import RoleGlobs

if TYPE_CHECKING:
    from patchwatch.model.history import History

_PARTS = {
    Place.TRAILERS: Part.COMMIT_LOG,
    Place.BODY: Part.COMMIT_LOG,
    Place.BELOW_CUT: Part.BELOW_CUT,
    Place.COVER: Part.COVER,
    Place.REPLY: Part.REPLY,
    Place.HEADER: Part.HEADER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """
    What a rule may know besides the series: the policy's words, and whether a database is behind it.

    *status* is that of the policy; *labels* are its prototype labels; *as_of* is the time of judging as
    far as the caller wants it known (rules never read a clock); *sources* is where the policy's text stands.
    *former* are the earlier revisions that are at hand, lowest first: often not all that the series names.
    *prior_contact*: a person recorded that the submitter asked before posting; False says nothing.
    *history* is what a database knows of submitter and list; None without one, or for a series without a date.
    *text_of* reads the lines of a mail's body again; None where nobody can (a database keeps none).
    """

    status: str
    tags: tuple[Tag, ...]
    measures: tuple[Measure, ...]
    scenarios: tuple[Scenario, ...]
    labels: tuple[str, ...]
    exempt_uses: frozenset[str]
    roles: RoleGlobs
    known: bool = False
    as_of: datetime | None = None
    sources: tuple[Source, ...] = ()
    former: tuple[Series, ...] = ()
    history: "History | None" = None
    prior_contact: bool = False
    text_of: Callable[[Message], Sequence[str] | None] | None = None

    def tag(self, key: str) -> Tag | None:
        """Return the policy's tag of this key; keys compare without case."""
        wanted = key.casefold()
        return next((tag for tag in self.tags if tag.key.casefold() == wanted), None)

    def measure(self, name: str) -> Measure | None:
        """Return the policy's measure of this name."""
        return next((measure for measure in self.measures if measure.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """
    Something a rule found. *cap* is the most this hit may ask for, whatever the policy says.

    *level* None is the rule's own; UNKNOWN says that it could not be read.
    """

    message: str
    evidence: tuple[Evidence, ...]
    cap: Effect | None = None
    level: Level | None = None


class Example(NamedTuple):
    """
    A mail or mbox of `fixtures/rules/<id>/`, judged by a shipped policy.

    A policy that does not use the rule is judged with it all the same, with *params* (names as in Python).
    *history* is a file beside it whose mails are in the database before; a mail `*.daily.eml` stands for one on each
    of many days, with `@N@` and `@DATE@` filled in.
    """

    file: str
    flagged: bool
    policy: str
    params: tuple[tuple[str, object], ...] = ()
    history: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """
    The family of rules: the fields of a child are its parameters in a policy file, its docstring its manual page.

    Children with parameters are frozen, keyword-only dataclasses. A person's file is checked against them by
    pydantic (hyphens for underscores, nothing unknown, strict); importing it for shipped files, which the
    tests check, would cost more than all else that `check` does.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {
        "extra": "forbid",
        "strict": True,
        "alias_generator": lambda name: name.replace("_", "-"),
    }

    id: ClassVar[str]
    level: ClassVar[Level]
    reads: ClassVar[tuple[str, ...]] = ()  # of the history (it needs the database): postings, questions, list, logs
    among: ClassVar[str] = "series"  # what its base rate is a part of: series, first series
    title: ClassVar[str]
    sources: ClassVar[tuple[str, ...]]
    examples: ClassVar[tuple[Example, ...]]

    @abstractmethod
    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Look at *series* and tell what there is; pure, linear, in a fixed order."""


class Parameter(NamedTuple):
    """A parameter as a policy file writes it: name with hyphens, description, default (None: required)."""

    name: str
    description: str
    default: object


def parameters(rule: type[Rule]) -> tuple[Parameter, ...]:
    """Return the parameters of a rule in the order of its fields."""
    return tuple(_parameter(entry) for entry in fields(rule))


def _parameter(entry: Field[Any]) -> Parameter:  # Any: what a dataclass field holds
    description = str(entry.metadata.get("description", ""))
    default = None if entry.default is MISSING else entry.default
    return Parameter(entry.name.replace("_", "-"), description, default)


def rule_ids() -> tuple[str, ...]:
    """Return the ids of all rules, sorted, without importing them."""
    import pkgutil

    package = importlib.import_module("patchwatch.rules")
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name.replace("_", "-") for name in names if name != "base" and not name.startswith("_")))


def found_ids() -> tuple[str, ...]:
    """Return the ids of the rules that other packages offer, sorted; a look at everything installed."""
    from patchwatch.rules import _found

    return _found.found_ids()


def load_rule(rule_id: str) -> type[Rule]:
    """
    Import the rule of this id; KeyError when there is none.

    What the package does not have may be a rule of another package: only then the installed ones are looked at.
    """
    name = "patchwatch.rules." + rule_id.replace("-", "_")
    if not rule_id or "." in rule_id or rule_id.startswith("_") or rule_id == "base":
        raise KeyError(rule_id)
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        from patchwatch.rules._found import find_rule

        return find_rule(rule_id)
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == name:
            return value
    raise KeyError(rule_id)


def cite(message: Message, line: Trailer | Disclosure) -> Evidence:
    """Return a trailer or disclosure of *message* as evidence."""
    return Evidence(message_id=message.message_id, part=_PARTS[line.place], line=line.line, quote=line.quote)


def cite_subject(message: Message) -> Evidence:
    """Return the subject as evidence: what was searched, for a finding about something that is not there."""
    return Evidence(message_id=message.message_id, part=Part.HEADER, line=None, quote=f"Subject: {message.subject}")
