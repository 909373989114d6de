# SPDX-License-Identifier: GPL-2.0-or-later
"""What a message says about AI: tags, sentences, agents as author or signer, session links, branches."""

from collections.abc import Iterable, Iterator, Sequence
from unicodedata import category

from patchwatch.model.disclosure import Disclosure, DisclosureKind
from patchwatch.model.mail import Person, Place, Trailer
from patchwatch.parse import identities as table
from patchwatch.parse.agents import Agent, agent_of_address, agent_of_mailer, read_value
from patchwatch.parse.layout import is_quoted
from patchwatch.parse.prose import may_name_tool, tools_said

MAX_DISCLOSURES = 200
MAX_QUOTE = 512
_PLACEHOLDER = "AGENT_NAME"  # as in the kernel's documentation

_COLONS = ":\uff1a\ufe55\u2236"
_READ_KEYS = table.STRONG_KEYS | table.HELP_KEYS | table.PERSON_KEYS
MAX_ODD = 2_048

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
        if key in table.SESSION_KEYS or trailer.value.startswith(table.SESSION_LINKS):
            yield _from_trailer(trailer, DisclosureKind.LINK, Agent(""), ())
        elif key in table.BRANCH_KEYS:
            if _branch_of(trailer.value).startswith(table.BRANCH_PREFIXES):
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


def _branch_of(value: str) -> str:
    """
    Return the branch that `Published-As:` or `Fetch-It-Via:` names.

    Both end with it: `https://HOST/REPO/releases/tag/pr-7%2Fjodoe%2Ftopic-v2`, `git fetch https://HOST/REPO topic`.
    GitGitGadget puts the pull request and the account before it; an account is no branch, whatever its name.
    """
    name = value.rpartition(" ")[2].replace("%2F", "/").replace("%2f", "/")
    for mark in ("/releases/tag/", "/tree/", "/commits/", "refs/heads/", "refs/tags/"):
        name = name.partition(mark)[2] or name
    pull, _, rest = name.partition("/")
    return rest.partition("/")[2] if pull.startswith("pr-") and pull[3:].isdecimal() else name


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
    if not text.isascii():
        for trailer in _odd_trailers(lines, start, stop, place):
            yield from trailer_disclosures((trailer,))
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
        if "https://claude.ai/" in lines[at] and not is_quoted(lines[at]) and _links_session(lines[at]):
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


def _odd_trailers(lines: Sequence[str], start: int, stop: int, place: Place) -> Iterator[Trailer]:
    """
    Read `Key: value` lines that only look like trailers: with another colon, or characters that cannot be seen.

    Neither git nor anybody else reads them as trailers, so they are no accepted tag; what they say is said.
    """
    for at in range(start, stop):
        line = lines[at][:MAX_ODD]
        colon = next((n for n, char in enumerate(line) if char in _COLONS), -1) if not line.isascii() else -1
        if colon < 0 or is_quoted(line):
            continue
        # Only what cannot be seen is left out: a look-alike letter stays, and so the key is none we know.
        key = "".join(char for char in line[:colon] if category(char) not in ("Cf", "Zs")).strip()
        value = line[colon + 1 :].strip()
        if value and key.lower() in _READ_KEYS and line[:colon].rstrip(" \t") != (key if line[colon] == ":" else ""):
            yield Trailer(key=key, value=value[:MAX_QUOTE], line=at + 1, place=place, quote=lines[at][:MAX_QUOTE])


def _links_session(line: str) -> bool:
    return any(link in line for link in table.SESSION_LINKS)


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


def mailer_disclosure(header: str, value: str) -> Disclosure | None:
    """Read X-Mailer or User-Agent: who sent a mail has not said what was made, so its use is unknown."""
    agent = agent_of_mailer(value)
    if not agent:
        return None
    return Disclosure(
        kind=DisclosureKind.IDENTITY,
        key=header,
        value=value[:MAX_QUOTE],
        agent=agent,
        model="",
        tools=(),
        uses=("unknown",),
        place=Place.HEADER,
        line=None,
        quote=f"{header}: {value}"[:MAX_QUOTE],
    )
