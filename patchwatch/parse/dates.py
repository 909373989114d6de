# SPDX-License-Identifier: GPL-2.0-or-later
"""
`Date:` fields to UTC: a fast path for the form that nearly all mail has, then the lenient readers.

The standard library and dateutil are tried in that order, inside guards: either may raise or return a
year that no datetime can print. dateutil reads `EST` as naive and `05/08/2025` as American, so it is last.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
# Reads: Sun, 01 Nov 2026 10:00:00 +0100 (CET)
_USUAL = re.compile(
    r"""
    \s*(?:[A-Za-z]{3},?\s+)?([0-9]{1,2}\s[A-Za-z]{3}\s[0-9]{4})
    \s([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\s([+-][0-9]{4})(?![0-9])
    """,
    re.VERBOSE,
)
_MAX_LENGTH = 200
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def utc_date(value: str) -> datetime | None:
    """Read a mail date as UTC; None when it cannot be read or lies outside 1995 to 2100."""
    if quick := _quick(value):
        return quick
    found = parse_date(value)
    return None if found is None else found.astimezone(UTC)


def utc_received(value: str) -> datetime | None:
    """Read the date after the last `;` of a `Received:` field as UTC."""
    if quick := _quick(value[value.rfind(";") + 1 :]):
        return quick if ";" in value else None
    found = received_date(value)
    return None if found is None else found.astimezone(UTC)


def parse_date(value: str) -> datetime | None:
    """Read a mail date with its own zone; None when it cannot be read or lies outside 1995 to 2100."""
    if len(value) > _MAX_LENGTH:
        return None
    for reader in (_fast, _stdlib, _dateutil):
        found = reader(value)
        if found is not None:
            return found if _EARLIEST <= found < _LATEST else None
    return None


def received_date(value: str) -> datetime | None:
    """Read the date after the last `;` of a `Received:` field."""
    found = _fast(value.rpartition(";")[2]) if ";" in value else None
    return found if found is not None and _EARLIEST <= found < _LATEST else None


def is_zone(text: str) -> bool:
    """Whether *text* is a numeric zone that exists: `-0500`, not `--500`, `+0480` or `+9999`."""
    return len(text) == 5 and text[0] in "+-" and text[1:].isdigit() and int(text[1:3]) <= 14 and int(text[3:]) < 60


def _quick(value: str) -> datetime | None:
    """Read the usual form as UTC, each day of a zone once; None also for a day near the ends of what is taken."""
    match = _USUAL.match(value)
    if match is None or len(value) > _MAX_LENGTH:
        return None
    day, hour, minute, second, zone = match.groups()
    midnight = _midnight(day, zone)
    hours, minutes = int(hour), int(minute)
    if midnight is None or hours > 23 or minutes > 59:
        return None
    return midnight + timedelta(0, hours * 3600 + minutes * 60 + min(int(second or 0), 59))


@lru_cache(maxsize=2000)
def _midnight(day: str, zone: str) -> datetime | None:
    found = _fast(f"{day} 00:00:00 {zone}")
    return found.astimezone(UTC) if found is not None and _EARLIEST.year < found.year < _LATEST.year - 1 else None


def _fast(value: str) -> datetime | None:
    """Read `Sun, 01 Nov 2026 10:00:00 +0100`; None for any other form."""
    match = _USUAL.match(value)
    if match is None:
        return None
    written, hour, minute, second, zone = match.groups()
    day, word, year = written.split()
    month = _MONTHS.get(word.lower())
    if month is None or not is_zone(zone):
        return None
    try:
        return datetime(
            int(year), month, int(day), int(hour), int(minute), min(int(second or 0), 59), tzinfo=_zone(zone)
        )
    except ValueError:
        return None


@lru_cache(maxsize=200)
def _zone(text: str) -> timezone:
    minutes = int(text[1:3]) * 60 + int(text[3:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes)) if minutes else UTC


def _stdlib(value: str) -> datetime | None:
    from email.utils import parsedate_tz  # rare, and costs a tenth of a start-up

    try:
        parts = parsedate_tz(value)
        if parts is None:
            return None
        offset = parts[9] or 0
        zone = timezone(timedelta(seconds=offset)) if abs(offset) <= 14 * 3600 else UTC
        return datetime(parts[0], parts[1], parts[2], parts[3], parts[4], min(parts[5], 59), tzinfo=zone)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _dateutil(value: str) -> datetime | None:
    from dateutil import parser  # rare, and costs half a start-up

    try:
        found = parser.parse(value, tzinfos=lambda _, offset: offset or 0)
        if found.tzinfo is None or found.utcoffset() is None:
            found = found.replace(tzinfo=UTC)
        return found if str(found) else None
    except (ValueError, ArithmeticError, TypeError, AttributeError, LookupError):  # decimal errors among them
        return None
