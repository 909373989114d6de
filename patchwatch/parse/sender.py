# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who is behind a mail when a relay or a mailing list has rewritten its From.

Lists munge senders whose domain has a strict DMARC policy ("Name via LIST <list@host>"); b4's relay and
GitGitGadget send for others. The raw From of a relay is many people and must never be one.
"""

from patchwatch.model.mail import Person
from patchwatch.parse.addresses import parse_people, parse_person
from patchwatch.parse.headers import Headers

_RELAYS = ("gitgitgadget@gmail.com",)


def sender_of(headers: Headers, in_body_from: Person | None, list_id: str) -> tuple[Person, Person]:
    """Return the raw From and the person behind it (the same, for nearly all mail)."""
    raw = parse_person(headers.plain("from"))
    name, via, _ = raw.name.partition(" via ")
    relayed = raw.email.lower() in _RELAYS or raw.email.lower().startswith("devnull+")
    if not relayed and not (via and raw.email):
        return raw, raw
    own = raw.email.lower()
    # The in-body From is the author of one patch; who sent the posting stands in the header, if anywhere.
    candidates = [
        person for header in ("x-original-from", "reply-to") for person in parse_people(headers.plain(header))
    ]
    candidates.sort(key=lambda person: person.name.lower() != name.strip().lower())
    candidates += [in_body_from] if in_body_from is not None else []
    for person in candidates:
        email = person.email.lower()
        if "@" in email and email != own and email.replace("@", ".", 1) != list_id:
            return raw, Person(person.name or name.strip(), person.email)
    if relayed:
        return raw, Person(name.strip() or raw.name, f"{name.strip().lower().replace(' ', '.')}@unknown.invalid")
    return raw, Person(name.strip(), raw.email)
