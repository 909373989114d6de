# SPDX-License-Identifier: GPL-2.0-or-later
"""Which policy a list would get without the user saying so."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patchwatch.policy.loader import Policies


def policy_of_list(policies: "Policies", list_id: str, address: str) -> str:
    """Return the id of the policy that claims a list by its List-Id or address, "" when none does."""
    from patchwatch.policy.select import Claims

    for key, names in (
        ("list-ids", (list_id, address.replace("@", ".", 1))),
        ("addresses", (address,)),
    ):
        claims = Claims(
            (str(glob), profile.id)
            for profile in policies.profiles
            if not profile.abstract and not profile.overlay_of
            for glob in dict(profile.data.get("select", {})).get(key, ())  # type: ignore[attr-defined]  # lists of text
        )
        for name in names:
            found = claims.best(name.lower()) if name else None
            if found is not None:
                return found.project
    return ""
