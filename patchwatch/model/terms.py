# SPDX-License-Identifier: GPL-2.0-or-later
"""
The words of a policy that rules work with: tags, measures, scenarios, conditions. Plain values, already checked.

Mostly named tuples, unlike the rest of the model: nine dataclasses would be a quarter of what choosing a policy costs.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Tag(NamedTuple):
    """
    What one trailer key means and how its value is written.

    *means* is ai, human or either; *grammar* is words, list, text or person; *first*, *rest* and *item* are
    forms (agent:model, model, name, tool, literal:WORD). *before* and *after* are keys it stands beside.
    *also_accept* are older forms that are fine too.
    """

    key: str
    means: str = "ai"
    grammar: str = "text"
    first: str = ""
    rest: str = ""
    items: tuple[str, ...] = ()
    item: str = ""
    separator: str = ","
    note: str = "none"
    before: str = ""
    after: str = ""
    names_model: str = "ignore"
    also_accept: tuple["Tag", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """
    How much is too much. *limit* 0 only shows the numbers; *per* is patch, series or author.

    *borderline* None compares all nine readings, a number of lines gives a band around the limit. *ignore* holds
    moved, whitespace-only, repeated-edit; *window_days* is for authors, 0 looks at all that is known.
    """

    name: str
    count: str = "added"
    scope: str = "lines"
    exclude_roles: tuple[str, ...] = ()
    per: str = "patch"
    limit: int = 0
    borderline: int | None = None
    ignore: tuple[str, ...] = ()
    window_days: int = 0


class When(NamedTuple):
    """A condition: fields are ANDed, the words of one field ORed, an empty field is true."""

    evidence: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    uses_not: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    only_roles: tuple[str, ...] = ()
    any_roles: tuple[str, ...] = ()
    label: str = ""
    message_kind: tuple[str, ...] = ()
    first_time: bool | None = None
    prior_contact: bool | None = None


class Scenario(NamedTuple):
    """A kind of change the text speaks about. *measure* is "" or the name of a measure, *ask* ids of questions."""

    id: str
    outcome: str
    when: When = When()
    measure: str = ""
    note: str = ""
    ask: tuple[str, ...] = ()


class Human(NamedTuple):
    """A question printed for the reviewer, never answered by the tool."""

    id: str
    ask: str
    when: When = When()


class Discretion(NamedTuple):
    """What the text leaves to maintainers, for patches that touch *paths*."""

    paths: tuple[str, ...]
    may: tuple[str, ...]
    disputed: bool = False


class WaiverTerms(NamedTuple):
    """Who may lift a clause; *own* tells whether the submitter may do so for own patches."""

    by: tuple[str, ...]
    own: bool = True


class Consequence(NamedTuple):
    """
    What the text says follows, and from what; empty fields are true. *repeated* counts the author's series.

    *rules* and *effects* are to hold for one finding; *days* 0 counts all that is known.
    """

    suggest: str
    rules: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    repeated: int = 1
    days: int = 0


class Source(NamedTuple):
    """Where a text stands. *retrieved* is an ISO date or ""; *via* is text, secondary, thread or press."""

    url: str
    revision: str = ""
    retrieved: str = ""
    via: str = "text"
