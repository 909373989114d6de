# SPDX-License-Identifier: GPL-2.0-or-later
"""Dates as mail writes them."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwatch.parse.dates import is_zone, parse_date, received_date


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Sun, 01 Nov 2026 10:00:00 +0100", "2026-11-01T09:00:00+00:00"),
        ("1 Nov 2026 10:00 -0500 (EST)", "2026-11-01T15:00:00+00:00"),
        ("Sun, 1 Nov 26 10:00:00 GMT", "2026-11-01T10:00:00+00:00"),
        ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00+00:00"),
        ("Fri, 3 Jan 2020 10:00:00 --500", "2020-01-03T10:00:00+00:00"),
        ("Fri, 3 Jan 2020 10:00:60 +0000", "2020-01-03T10:00:59+00:00"),
        ("Mon, 31 Feb 2020 00:00:00 +0000", None),
        ("Thu, 1 Jan 71685 00:00:00 +0000", None),
        ("1 Jan 100 00:00:00 +0000", None),
        ("Sat, 01 Jan 1994 00:00:00 +0000", None),
        ("y", None),
        ("", None),
    ],
)
def test_dates_are_read_or_refused(value: str, expected: str | None) -> None:
    found = parse_date(value)
    assert (found.astimezone(UTC).isoformat() if found else None) == expected


@given(st.datetimes(datetime(1996, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive by contract
def test_what_the_standard_library_writes_is_read_back(moment: datetime) -> None:
    assert parse_date(format_datetime(moment)) == moment.replace(microsecond=0)


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from("Mon, 1 Jan 99999 -0 : +2460 10:00 AM EST 31 ٣".split()), max_size=9).map(" ".join)
)
def test_no_text_raises_and_every_date_can_be_printed(value: str) -> None:
    found = parse_date(value)
    assert found is None or (str(found.astimezone(UTC)) and found.tzinfo is not None)


def test_zones_that_do_not_exist_are_none() -> None:
    assert [zone for zone in ("+0530", "-1200", "--500", "+0480", "+9999", "EST") if is_zone(zone)] == [
        "+0530",
        "-1200",
    ]


def test_the_arrival_is_the_date_after_the_last_semicolon() -> None:
    found = received_date("from a (x;y) by b; Mon, 2 Mar 2026 10:00:00 +0000")
    assert found is not None
    assert found.hour == 10
    assert received_date("no date here") is None
