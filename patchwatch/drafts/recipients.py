# SPDX-License-Identifier: GPL-2.0-or-later
"""Who a reply goes to: the author, with everybody who got the original in Cc; nobody is added."""

from collections.abc import Iterable

from patchwatch.drafts.headers import usable_address
from patchwatch.drafts.refuse import NoDraft, Reason, own_addresses
from patchwatch.model.draft import Identity, Target
from patchwatch.model.mail import Person


def recipients(target: Target, identity: Identity) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    """
    Return To and Cc of a reply to *target*.

    To is Reply-To unless that is the list itself, else From. When the list rewrote From ("X via list", for
    DMARC) it is X-Original-From, then Reply-To, then From. Cc is To and Cc of the original in order, without
    own and repeated addresses. Addresses that cannot be written are left out; NoDraft when no To is left.
    """
    own = own_addresses(identity)
    to = _unique(_to(target), own)
    if not to:
        raise NoDraft(Reason.NO_ADDRESS, target.sender.email)
    taken = own | {p.email.lower() for p in to}
    return to, _unique((*target.to, *target.cc), taken)


def _to(target: Target) -> tuple[Person, ...]:
    replies = tuple(p for p in target.reply_to if usable_address(p) and not _is_list(p, target))
    if not _is_list(target.sender, target):
        return replies or (target.sender,)
    if target.original_from is not None and usable_address(target.original_from):
        return (target.original_from,)
    return replies or (target.sender,)


def _is_list(person: Person, target: Target) -> bool:
    """
    Whether *person* is the list: its address spells the List-Id, or "X via list" came from a recipient.

    RFC 2919 section 2: a List-Id is made like a domain name, in practice `list.host` for `list@host`.
    """
    address = person.email.lower()
    if target.list_id and address.replace("@", ".") == target.list_id.lower():
        return True
    return " via " in person.name and any(address == p.email.lower() for p in (*target.to, *target.cc))


def _unique(people: Iterable[Person], taken: Iterable[str]) -> tuple[Person, ...]:
    """Keep the first of each usable address that is not *taken* (compared in lower case)."""
    seen = set(taken)
    kept = []
    for person in people:
        usable = usable_address(person)
        if usable is not None and usable.email.lower() not in seen and person.email.lower() not in seen:
            seen.add(usable.email.lower())
            kept.append(usable)
    return tuple(kept)
