# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who is behind a mail when a relay or a mailing list has rewritten its From.

Lists munge senders whose domain has a strict DMARC policy ("Name via LIST <list@host>"); b4's relay and
GitGitGadget send for others. The raw From of a relay is many people and must never be one.
"""

from collections.abc import Sequence
from dataclasses import replace

from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import Person, Place
from patchwatch.parse.addresses import parse_people, parse_person
from patchwatch.parse.agents import agent_of_address
from patchwatch.parse.disclosure import MAX_QUOTE, mailer_disclosure, person_disclosures
from patchwatch.parse.headers import Headers

_RELAYS = ("gitgitgadget@gmail.com",)
_IN_BODY_LINES = 40  # so far down an in-body From is looked for
_MAILERS = (("X-Mailer", "x-mailer"), ("User-Agent", "user-agent"))


def sender_of(headers: Headers, raw: Person, in_body_from: Person | None, list_id: str) -> Person:
    """Return the person behind the From of a mail (*raw* itself, for nearly all mail)."""
    own = raw.email.lower()
    relayed = own in _RELAYS or own.startswith("devnull+")
    name, via, _ = raw.name.partition(" via ")
    if not relayed and not (via and own):
        return raw
    # The in-body From is the author of one patch; who sent the posting stands in the header, if anywhere.
    candidates = [
        person for header in ("x-original-from", "reply-to") for person in parse_people(headers.plain(header))
    ]
    candidates.sort(key=lambda person: person.name.lower() != name.strip().lower())
    candidates += [in_body_from] if in_body_from is not None else []
    for person in candidates:
        email = person.email.lower()
        if "@" in email and email != own and email.replace("@", ".", 1) != list_id:
            return Person(person.name or name.strip(), person.email)
    if relayed:
        return Person(name.strip() or raw.name, f"{name.strip().lower().replace(' ', '.')}@unknown.invalid")
    return Person(name.strip(), raw.email)


def headers_said(headers: Headers, lines: Sequence[str], raw_from: Person, author: Person) -> list[Disclosure]:
    """Read the headers, and the in-body From, for listed agents; each is quoted as it stands in the mail."""
    people = [("From", raw_from)]
    if author is not raw_from:
        people.append(("From", author))
    if sent_by := headers.plain("sender"):
        people.append(("Sender", parse_person(sent_by)))
    found: list[Disclosure] = []
    for said in person_disclosures(people) if any(agent_of_address(one) for _, one in people) else ():
        if said.key == "From" and said.value == str(author) != str(raw_from):
            found.append(_in_body_from(said, lines))
        else:
            found.append(replace(said, quote=f"{said.key}: {headers.text(said.key.lower())}"[:MAX_QUOTE]))
    for name, field in _MAILERS:
        mailer = mailer_disclosure(name, text) if (text := headers.text(field)) else None
        if mailer is not None:
            found.append(mailer)
    return found


def _in_body_from(said: Disclosure, lines: Sequence[str]) -> Disclosure:
    """Give the disclosure of an author its line in the body, where there is one."""
    top = (at for at, line in enumerate(lines[:_IN_BODY_LINES]) if line[:5].lower() == "from:")
    at = next(top, None)
    if at is None:
        return said
    return replace(said, place=Place.BODY, line=at + 1, quote=lines[at][:MAX_QUOTE])
