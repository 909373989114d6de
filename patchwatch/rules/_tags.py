# SPDX-License-Identifier: GPL-2.0-or-later
"""The trailers of a series under the keys that a policy knows, for rules about the form of a tag."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from patchwatch.model.mail import Message, Trailer
from patchwatch.model.series import Series
from patchwatch.model.terms import Tag
from patchwatch.model.verdict import Evidence
from patchwatch.parse.agents import Agent, is_model, read_value
from patchwatch.parse.identities import NEGATIVE_VALUES
from patchwatch.rules._ai import NO_MODEL
from patchwatch.rules.base import Context, cite

_BLANKS = str.maketrans("()[],;:", "       ")


class Tagged(NamedTuple):
    """One trailer with an AI key: *tag* is the policy's word on the key, *agent* what its value names."""

    message: Message
    trailer: Trailer
    tag: Tag
    agent: Agent | None


def tagged(series: Series, context: Context, keys: Iterable[str]) -> Iterator[Tagged]:
    """
    Yield the trailers of cover letter and patches whose key is one of *keys*; keys for people never count.

    What a value names is read from the value itself: of a tag that stands a thousand times only the first
    disclosures are kept. A value that says that no AI was used is left out.
    """
    tags: dict[str, Tag] = {}
    for key in keys:
        tag = context.tag(key) or Tag(key=key)
        if tag.means != "human":
            tags[key.casefold()] = tag
    if not tags:
        return
    for message in series.messages:
        for trailer in message.trailers:
            key = trailer.key.casefold()
            if key in tags and trailer.value.casefold() not in NEGATIVE_VALUES:
                yield Tagged(message, trailer, tags[key], read_value(key, trailer.value))


def by_value(found: Iterable[Tagged]) -> Iterator[tuple[Tagged, tuple[Evidence, ...]]]:
    """Group by key and value without case: the first of each group, and where all of it stands."""
    groups: dict[tuple[str, str], list[Tagged]] = {}
    for one in found:
        groups.setdefault((one.trailer.key.casefold(), one.trailer.value.casefold()), []).append(one)
    for group in groups.values():
        yield group[0], tuple(cite(one.message, one.trailer) for one in group)


def models_in(one: Tagged) -> tuple[str, ...]:
    """Return the models that a value names, as written, in its order."""
    named = one.agent.model if one.agent is not None else ""
    if named.strip("()[]").casefold() in NO_MODEL:
        named = ""
    found = [named] if named else []
    if "@" not in one.trailer.value:
        plain = one.trailer.value.translate(_BLANKS)
        found += [word for word in plain.split() if is_model(word) and any(char.isdigit() for char in word)]
    return tuple(dict.fromkeys(found))
