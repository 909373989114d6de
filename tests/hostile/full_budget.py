# SPDX-License-Identifier: GPL-2.0-or-later
"""All shapes as large as a mail may be, and as 20 MB; run by `make hostile`, takes some minutes."""

from builders_hostile import CROWDS, SHAPES
from hostile.costs import costs
from patchwatch.parse.mail import MAX_MESSAGE

_MAILS = 10_000
_DEEP = 1_500  # nested parts: more say nothing new, and are slow to build


def _largest(name: str, size: int) -> int:
    """Return how many units make *size* bytes at most."""
    shape = SHAPES[name]
    unit = max((len(shape(2_000)) - len(shape(1_000))) / 1_000, 0.001)
    count = _DEEP if name == "nested multiparts" else int(size / unit)
    while count > 5_000 and len(shape(count)) > size:
        count = count * 9 // 10
    return count


def test_all_shapes_at_full_size_stay_in_the_budget() -> None:
    found = costs({name: _largest(name, MAX_MESSAGE) for name in SHAPES})

    print("", *found, sep="\n")
    assert [str(cost) for cost in found if not cost.is_within] == []


def test_a_mail_over_the_cap_costs_next_to_nothing() -> None:
    found = costs({name: _largest(name, 20_000_000) for name in ("hunks", "short lines", "base64", "a long line")})

    print("", *found, sep="\n")
    assert [str(cost) for cost in found if not cost.is_within] == []


def test_crowds_of_ten_thousand_cost_a_millisecond_a_mail() -> None:
    found = costs(dict.fromkeys(CROWDS, _MAILS))

    print("", *found, sep="\n")
    assert [str(cost) for cost in found if not 0 <= cost.seconds < _MAILS / 1_000] == []
