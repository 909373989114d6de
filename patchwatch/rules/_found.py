# SPDX-License-Identifier: GPL-2.0-or-later
"""
Rules of other packages: the entry points of one group, held to what the package's own rules are tested for.

They are looked up only when somebody names a rule that is not in the package. What is wrong with one is told
once as a `RuleWarning`, and the rule is skipped with the reason: it is not ours, so its fault is no bug of ours,
and the other rules go on.
"""

import importlib.metadata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import isabstract
from typing import Any, ClassVar, cast

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Evidence, Level, Skipped
from patchwatch.rules.base import Context, Example, Hit, Rule

GROUP = "patchwatch.rules"
MAX_HITS = 500
Lines = dict[str, set[tuple[int | None, str]]]
_STATED = (("id", str), ("level", Level), ("title", str), ("sources", tuple), ("examples", tuple))


class RuleWarning(UserWarning):
    """A rule of another package is at fault; its text is a whole sentence."""


class Fault(Exception):  # noqa: N818 - what is wrong, in words
    """What is wrong with a rule or with what it says."""


def found_ids() -> tuple[str, ...]:
    """Return the names of the rules that other packages offer, sorted."""
    return tuple(sorted({point.name for point in importlib.metadata.entry_points(group=GROUP)}))


def find_rule(rule_id: str) -> type[Rule]:
    """
    Return the rule of another package, guarded; one that cannot be used is a rule that is always skipped.

    KeyError when no package offers it. Of several packages that do, the first by name is taken.
    """
    points = importlib.metadata.entry_points(group=GROUP, name=rule_id)
    chosen = min(points, key=lambda point: (_package(point), point.value), default=None)
    if chosen is None:
        raise KeyError(rule_id)
    try:
        return _guarded(_checked(chosen.load(), rule_id), _package(chosen))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - code of others, which may do anything
        return _unusable(rule_id, _package(chosen), _words(error))


def package_of(rule: type[Rule]) -> str:
    """Return the name of the package that a rule is from, "" for our own."""
    return str(vars(rule).get("package", ""))


def fault_of(rule: type[Rule]) -> str:
    """Return why a rule cannot be used, "" for one that can."""
    return str(vars(rule).get("fault", ""))


def _package(point: importlib.metadata.EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value.partition(":")[0].partition(".")[0]


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300]
    return text if isinstance(error, Fault) else f"{type(error).__name__}: {text}".rstrip(": ")


def _checked(found: object, rule_id: str) -> type[Rule]:
    """Return what an entry point holds if it is a rule of this id; Fault otherwise."""
    if not (isinstance(found, type) and issubclass(found, Rule)) or found is Rule:
        raise Fault("the entry point is no subclass of patchwatch.rules.base.Rule")
    for name, kind in _STATED:
        if not isinstance(getattr(found, name, None), kind):
            raise Fault(f"{found.__name__}.{name} is no {kind.__name__}")
    if found.id != rule_id:
        raise Fault(f"it calls itself {found.id!r}")
    if found.check is Rule.check or isabstract(found):
        raise Fault("it has no method `check`")
    return found


def _guarded(rule: type[Rule], package: str) -> type[Rule]:
    """Return *rule* with a `check` that says what went wrong instead of raising."""

    def check(self: Rule, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        try:
            said = list(_said(rule, self, series, context))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - code of others, which may do anything
            _tell(rule.id, package, f"{type(error).__name__}" if not isinstance(error, Fault) else _words(error))
            said = [Skipped(rule=rule.id, reason=f"this rule of {package} failed: {_words(error)}")]
        yield from said

    told = {"__doc__": rule.__doc__, "__module__": rule.__module__, "package": package}
    return type(rule.__name__, (rule,), {"check": check, **told})


def _unusable(rule_id: str, package: str, why: str) -> type[Rule]:
    """Return a rule that takes any parameters and is always skipped."""
    _tell(rule_id, package, why)

    @dataclass(frozen=True, kw_only=True)
    class Unusable(Rule):
        """A rule that cannot be used."""

        __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "ignore"}
        id: ClassVar[str] = rule_id
        level: ClassVar[Level] = Level.FACT  # so that a policy that has it decline is still one
        title: ClassVar[str] = "cannot be used"
        sources: ClassVar[tuple[str, ...]] = ("",)
        examples: ClassVar[tuple[Example, ...]] = ()

        def check(self, series: Series, context: Context) -> Iterator[Skipped]:  # noqa: ARG002 - it does not look
            yield Skipped(rule=rule_id, reason=f"this rule of {package} cannot be used: {why}")

    cast("Any", Unusable).package, cast("Any", Unusable).fault = package, why
    return Unusable


def _tell(rule_id: str, package: str, why: str) -> None:
    # The same text is shown once by Python's own default; it must not name the series.
    warnings.warn(f"the rule {rule_id} of {package} is skipped: {why}", RuleWarning, stacklevel=2)


def _said(rule: type[Rule], configured: Rule, series: Series, context: Context) -> Iterator[Hit | Skipped]:
    """Yield what the rule says, as long as it is what our own rules might say; Fault otherwise."""
    lines = None
    for count, said in enumerate(rule.check(configured, series, context)):
        if count >= MAX_HITS:
            raise Fault(f"it found more than {MAX_HITS} things in one series")
        if isinstance(said, Skipped):
            if said.rule != rule.id or not isinstance(said.reason, str):
                raise Fault("it skips another rule")
            yield said
            continue
        if not isinstance(said, Hit):
            raise Fault(f"it yields a {type(said).__name__}, not a Hit")
        lines = _lines(series, context) if lines is None else lines
        _check_hit(said, rule, lines)
        yield said


def _check_hit(hit: Hit, rule: type[Rule], lines: Lines) -> None:
    if not isinstance(hit.message, str) or not hit.message.strip():
        raise Fault("a hit says nothing")
    if hit.level is not None and not isinstance(hit.level, Level):
        raise Fault("a hit has a level that is none")
    if hit.level is Level.FACT and rule.level is not Level.FACT:
        raise Fault("a hit of a heuristic calls itself a fact")
    if hit.cap is not None and not isinstance(hit.cap, Effect):
        raise Fault("a hit has a cap that is no effect")
    if not isinstance(hit.evidence, tuple) or not hit.evidence:
        raise Fault("a hit has no evidence")
    for one in hit.evidence:
        if not isinstance(one, Evidence) or one.message_id not in lines:
            raise Fault("a hit cites a mail that is not in the series")
        if (one.line, one.quote) not in lines[one.message_id]:
            raise Fault("a hit quotes a line that is not in the mail")


def _lines(series: Series, context: Context) -> Lines:
    """Return the lines of each mail that rules are told, with their numbers (None: a header)."""
    found: Lines = {}
    for one in (series, *context.former):
        for message in (*one.messages, *one.followups, *one.foreign):
            found.setdefault(message.message_id, set()).update(_lines_of(message))
    if context.history is not None:
        for posting in context.history.person:
            found.setdefault(posting.head_id, set()).add((None, f"Subject: {posting.subject}"))
            for asked in posting.questions:
                found.setdefault(asked.message_id, set()).add((asked.line, asked.quote))
    return found


def _lines_of(message: Message) -> Iterator[tuple[int | None, str]]:
    yield None, f"Subject: {message.subject}"
    for person in (message.sender, message.author):
        yield None, f"From: {person}"
    yield from ((trailer.line, trailer.quote) for trailer in message.trailers)
    yield from ((disclosure.line, disclosure.quote) for disclosure in message.disclosures)
    yield from ((mark.line, mark.quote) for mark in message.marks)
    said = message.speech
    if said is not None:
        where = (said.question, said.objection, None if said.claim is None else said.claim.where)
        yield from ((line.line, line.quote) for line in where if line is not None)
