# SPDX-License-Identifier: GPL-2.0-or-later
"""
The pathological mails that were promised to be harmless, at the sizes promised: CPU time and memory of each.

`make hostile` does the same for all shapes, as large as a mail may be.
"""

from builders_hostile import CROWDS, SHAPES
from hostile.costs import costs

_PROMISED = {
    "references": 100_000,
    "opening brackets in the subject": 40_000,
    "q words": 20_000,
    "b words": 20_000,
    "broken words": 20_000,
    "nested multiparts": 1_500,
    "sibling parts": 5_000,
    "hunks": 150_000,
    "known trailers": 200_000,
    "unknown trailers": 200_000,
    "prose with AI": 500_000,
    "addresses": 100_000,
    "message ids in one field": 100_000,
    "a long line": 5_000_000,
    "files": 50_000,
    "a base64 diff": 800_000,
    "short lines": 20_000_000,
}


def test_promised_shapes_stay_in_the_budget() -> None:
    assert set(_PROMISED) <= {*SHAPES, *CROWDS}

    found = costs(_PROMISED)

    assert len(found) == len(_PROMISED)
    assert [str(cost) for cost in found if not cost.is_within] == []
