# SPDX-License-Identifier: GPL-2.0-or-later
"""Conditions, tags, measures and dates of a policy in plain words."""

from collections.abc import Iterator
from datetime import date

from patchwatch.model.terms import Consequence, Discretion, Measure, Scenario, Tag, WaiverTerms, When
from patchwatch.policy.files import Profile
from patchwatch.policy.profile import BINDING

EFFECTS = {"decline": "declines", "ask": "asks", "none": "tells"}
OUTCOMES = {
    "allow": "fine",
    "allow-with-note": "fine, with a note",
    "maintainer-discretion": "the maintainer decides",
    "ask-first": "ask the maintainer first",
    "decline": "not taken",
}
_MEANS = {"ai": "names AI", "human": "names a person, never AI", "either": "names AI or a person"}
_FORMS = {"agent:model": "AGENT:MODEL", "model": "MODEL", "name": "NAME", "tool": "TOOL"}
_MAY = {
    "reject-outright": "turn it down without more",
    "extra-testing": "ask for more testing",
    "lower-priority": "give it a lower priority",
    "ask-explain": "ask for an explanation",
    "accept-outside-limits": "accept it outside of the limits",
}
_BY = {
    "maintainer": "a maintainer",
    "named-reviewer": "the reviewer named before",
    "core": "the core team",
    "list-consensus": "agreement on the list",
}
_COUNTS = {
    "added": "added lines",
    "removed": "removed lines",
    "added+removed": "added and removed lines",
    "max": "the larger of added and removed lines",
}
_SCOPES = {"lines": "", "lines-no-docs": " outside documentation", "code": " of code, without blanks and comments"}


def dates_words(profile: Profile, today: date) -> str:
    """Say whether and when a text binds: `in force since 2026-08-03`."""
    start, until = profile.start, profile.until
    if profile.abstract:
        return "a base for other policies"
    span = f"since {start}" if until is None else f"from {start} until {until}"
    if profile.status not in BINDING:
        return f"{profile.status} ({span}): informs only"
    if start > today:
        return f"in force from {start}" + (f" until {until}" if until else "")
    if until is None:
        return f"in force {span}"
    return f"in force until {until}, since {start}" if until >= today else f"was in force {span}"


def when_words(when: When) -> str:
    """Say a condition; "" when there is none."""
    return " and ".join(_parts(when))


def _parts(when: When) -> Iterator[str]:
    if when.evidence:
        yield f"it is declared by {_or(when.evidence)}"
    if when.uses:
        yield f"it is used for {_or(when.uses)}"
    if when.uses_not:
        yield f"it is used for more than {_or(when.uses_not)}"
    if when.kind:
        yield f"it is a {_or(when.kind)} change"
    if when.only_roles:
        yield f"only {_or(when.only_roles)} change"
    if when.any_roles:
        yield f"{_or(when.any_roles)} change"
    if when.label:
        yield "it is labelled as a prototype" if when.label == "prototype" else "it is not labelled as a prototype"
    if when.message_kind:
        yield f"the mail is a {_or(when.message_kind)}"
    if when.first_time is not None:
        yield "it is the author's first mail" if when.first_time else "the author has posted before"
    if when.prior_contact is not None:
        yield "the author asked before" if when.prior_contact else "the author did not ask before"


def tag_words(tag: Tag) -> Iterator[str]:
    """Say what a tag means and how it is written, a line for each thing."""
    yield f"{tag.key}: {form_words(tag)}  ({_MEANS[tag.means]})"
    for older in tag.also_accept:
        yield f"also fine: {tag.key}: {form_words(older)}"
    if tag.note == "parenthesised":
        yield "an item may carry a note in parentheses"
    if tag.before or tag.after:
        yield f"stands {'before' if tag.before else 'after'} {tag.before or tag.after}"
    if tag.names_model != "ignore":
        yield "names no model" if tag.names_model == "forbid" else "names the model"


def form_words(tag: Tag) -> str:
    """Write the grammar of a value: `AGENT:MODEL [TOOL...]`."""
    match tag.grammar:
        case "words":
            return _form(tag.first) + (f" [{_form(tag.rest)}...]" if tag.rest else "")
        case "list":
            item = "|".join(tag.items) if tag.items else _form(tag.item)
            return f"{item}[{tag.separator} ...]"
        case "person":
            return "NAME [<ADDRESS>]"
    return "any text"


def _form(form: str) -> str:
    return form.removeprefix("literal:") if form.startswith("literal:") else _FORMS.get(form, form)


def measure_words(measure: Measure) -> str:
    """Say what is counted and how much is fine."""
    text = _COUNTS[measure.count] + _SCOPES[measure.scope]
    per = (
        f"the author's patches of {measure.window_days} days" if measure.window_days else "all of the author's patches"
    )
    text += f", per {measure.per}" if measure.per != "author" else f", {per} together"
    if measure.exclude_roles:
        text += f", not in {_or(measure.exclude_roles)}"
    if measure.ignore:
        text += f", without {_or(measure.ignore)} lines"
    if not measure.limit:
        return f"{text}: shown, without a limit"
    near = (
        "when ways of counting disagree" if measure.borderline is None else f"within {measure.borderline} lines of it"
    )
    return f"at most {measure.limit} {text}; borderline {near}"


def scenario_words(scenario: Scenario, measures: tuple[Measure, ...]) -> str:
    """Say a kind of change and what the text says about it."""
    condition = when_words(scenario.when)
    limit = next((m.limit for m in measures if m.name == scenario.measure), 0)
    if scenario.measure:
        condition += f"{' and ' if condition else ''}`{scenario.measure}` holds (limit {limit})"
    note = f": {scenario.note}" if scenario.note else ""
    return f"{'if ' + condition if condition else 'anything else'}: {OUTCOMES[scenario.outcome]}{note}"


def discretion_words(one: Discretion) -> str:
    """Say what maintainers may do."""
    where = "" if one.paths == ("**",) else f" for {', '.join(one.paths)}"
    disputed = " (people disagree that they may)" if one.disputed else ""
    return f"maintainers may{where} {_or(tuple(_MAY[word] for word in one.may))}{disputed}"


def waiver_words(terms: WaiverTerms) -> str:
    """Say who may lift a clause."""
    return _or(tuple(_BY[one] for one in terms.by)) + ("" if terms.own else "; never for own patches")


def consequence_words(one: Consequence) -> str:
    """Say what follows from what."""
    found = f"{_or(one.rules)} found something" if one.rules else ""
    if one.effects:
        found = f"{_or(one.rules)} {_or(one.effects)}" if one.rules else f"something is {_or(one.effects)}"
    if one.repeated > 1:
        days = f" within {one.days} days" if one.days else ""
        found += f"{' and ' if found else ''}it is at least series {one.repeated} of the author like that{days}"
    return f"{one.suggest.replace('-', ' ')}" + (f", if {found}" if found else "")


def _or(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
