# SPDX-License-Identifier: GPL-2.0-or-later
"""What a message says about AI: tags, sentences, agents as author or signer, session links, branches."""

from collections.abc import Iterable, Iterator, Sequence

from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.mail import Person, Place, Trailer
from patchwatch.parse import identities as table
from patchwatch.parse.agents import Agent, agent_of_address, read_value
from patchwatch.parse.prose import may_name_tool, tools_said

MAX_DISCLOSURES = 200
MAX_QUOTE = 512
_PLACEHOLDER = "AGENT_NAME"  # as in the kernel's documentation

_USE_OF_KEY = {
    "reported-by": "bug-finding",
    "found-by": "bug-finding",
    "reviewed-by": "review",
    "acked-by": "review",
    "tested-by": "review",
    "suggested-by": "unknown",
    "helped-by": "unknown",
}


def trailer_disclosures(trailers: Iterable[Trailer]) -> Iterator[Disclosure]:
    """Read the trailers that name an agent, or whose key is about AI whatever the value."""
    for trailer in trailers:
        key = trailer.key.lower()
        if key in table.SESSION_KEYS:
            yield _from_trailer(trailer, DisclosureKind.LINK, Agent(""), ())
        elif key in table.BRANCH_KEYS:
            if any(f"/{prefix}" in trailer.value or f" {prefix}" in trailer.value for prefix in table.BRANCH_PREFIXES):
                yield _from_trailer(trailer, DisclosureKind.BRANCH, Agent(""), ())
        elif key in table.STRONG_KEYS:
            if trailer.value.lower() not in table.NEGATIVE_VALUES:
                agent = read_value(key, trailer.value) or Agent("")
                yield _from_trailer(trailer, DisclosureKind.TRAILER, agent, _items(trailer.value))
        elif trailer.place is Place.REPLY and trailer.value.startswith(_PLACEHOLDER):
            continue  # somebody explains the form of the tag
        elif key in table.HELP_KEYS or key in table.PERSON_KEYS:
            named = read_value(key, trailer.value)
            if named is not None:
                kind = DisclosureKind.IDENTITY if key == "signed-off-by" else DisclosureKind.TRAILER
                yield _from_trailer(trailer, kind, named, (_USE_OF_KEY.get(key, "content"),))


def _from_trailer(trailer: Trailer, kind: DisclosureKind, agent: Agent, uses: tuple[str, ...]) -> Disclosure:
    return Disclosure(
        kind=kind,
        key=trailer.key,
        value=trailer.value,
        agent=agent.name,
        model=agent.model,
        tools=agent.tools,
        uses=uses,
        place=trailer.place,
        line=trailer.line,
        quote=trailer.quote,
    )


def _items(value: str) -> tuple[str, ...]:
    """Read `code (prototype), tests` as uses; an item that is no use is content without detail."""
    uses = []
    for item in value.split(","):
        word = item.partition("(")[0].strip().lower()
        uses.append(word if word in table.USES else "content")
    return tuple(dict.fromkeys(uses))


def text_disclosures(lines: Sequence[str], start: int, stop: int, place: Place) -> Iterator[Disclosure]:
    """Read sentences and session links of `lines[start:stop]` that are no trailer lines."""
    text = "\n".join([line for line in lines[start:stop] if line[:1] != ">"])  # most of a reply is quoted
    if not may_name_tool(text):
        return  # links name a tool too
    for said in tools_said(lines, start, stop):
        yield Disclosure(
            kind=DisclosureKind.PROSE,
            key="",
            value="",
            agent=said.agent,
            model="",
            tools=(),
            uses=said.uses,
            place=place,
            line=said.line,
            quote=lines[said.line - 1][:MAX_QUOTE],
        )
    for at in range(start, stop):
        if "https://claude.ai/" in lines[at] and any(link in lines[at] for link in table.SESSION_LINKS):
            yield Disclosure(
                kind=DisclosureKind.LINK,
                key="",
                value="",
                agent="",
                model="",
                tools=(),
                uses=(),
                place=place,
                line=at + 1,
                quote=lines[at][:MAX_QUOTE],
            )


def person_disclosures(people: Iterable[tuple[str, Person]]) -> Iterator[Disclosure]:
    """Read headers that name a listed agent as author or sender: pairs of header name and person, each told once."""
    told: set[tuple[str, Person]] = set()
    for header, person in people:
        agent = agent_of_address(person)
        if agent and (header, person) not in told:
            told.add((header, person))
            yield Disclosure(
                kind=DisclosureKind.IDENTITY,
                key=header,
                value=str(person),
                agent=agent,
                model="",
                tools=(),
                uses=("content",),
                place=Place.HEADER,
                line=None,
                quote=f"{header}: {person}",
            )
