# SPDX-License-Identifier: GPL-2.0-or-later
"""
Values of terms: ranges of numbers, of ages, and of times.

`a..b`, `a..` and `..b` hold their ends, as on lore; `<a`, `<=a`, `>a`, `>=a` mean the same in configuration files,
where no shell takes them for a redirection.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MAX = (1 << 63) - 1
_NUMBER = re.compile(r"[0-9]{1,18}")
_AGE = re.compile(r"([0-9]{1,6})([hdwmy])")
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_SECOND = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})")
_AGO = re.compile(r"([0-9]{1,6})[.]?(second|minute|hour|day|week|month|year)s?[.]ago")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 7 * 86_400}


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from *low* to *high*, both included; None: no end."""

    low: int | None
    high: int | None


class BadValueError(ValueError):
    """A value that cannot be read; the text says what was expected."""


def number_range(value: str) -> Range:
    """Read `20`, `20..`, `..20`, `10..20`, `<20`, `>=20`."""
    low, high, exact = _ends(value)
    if exact is not None:
        return Range(_number(exact), _number(exact))
    return _ordered(_of_end(low, _number), _of_end(high, _number), value)


def age_range(value: str) -> Range:
    """
    Read `..7d`, `3d..`, `2d..7d`, `<7d` as seconds of age; `7d` alone is the seventh day.

    Units are h, d, w, m (30 days), y (365 days).
    """
    low, high, exact = _ends(value, step=0)
    if exact is not None:
        hours, unit = _age(exact)
        return Range(hours * 3600, (hours + unit) * 3600 - 1)
    return _ordered(
        _of_end(low, lambda one: _age(one)[0] * 3600), _of_end(high, lambda one: _age(one)[0] * 3600), value
    )


def time_range(value: str, now: datetime, *, seconds: bool = False) -> Range:
    """
    Read days (`20260101`, `2026-01-01`), seconds (`20260101120000`), words (`yesterday`, `2.weeks.ago`).

    A day is all of it, also as an end; `2.weeks.ago` as an end is a moment. *seconds*: a bare number is a Unix
    time. All is UTC.
    """
    low, high, exact = _ends(value)
    if exact is not None:
        start, length = _time(exact, now, seconds=seconds)
        return Range(start, start + length - 1)

    def first(one: str) -> int:
        return _time(one, now, seconds=seconds)[0]

    def last(one: str) -> int:
        start, length = _time(one, now, seconds=seconds)
        return start if one.endswith(".ago") or one.startswith("last.") else start + length - 1

    return _ordered(_of_end(low, first), _of_end(high, last), value)


def _ends(value: str, step: int = 1) -> tuple[tuple[str, int] | None, tuple[str, int] | None, str | None]:
    """Return low end and high end, each with what is to be added to it; or the one value that is no range."""
    for sign, low, add in ((">=", True, 0), ("<=", False, 0), (">", True, step), ("<", False, -step)):
        if value.startswith(sign):
            end = (value[len(sign) :], add)
            return (end, None, None) if low else (None, end, None)
    first, dots, last = value.partition("..")
    if not dots:
        return None, None, value
    if not first and not last:
        raise BadValueError("a range needs a beginning or an end")
    return (first, 0) if first else None, (last, 0) if last else None, None


def _of_end(end: tuple[str, int] | None, read: Callable[[str], int]) -> int | None:
    return None if end is None else read(end[0]) + end[1]


def _ordered(low: int | None, high: int | None, value: str) -> Range:
    if low is not None and high is not None and low > high:
        raise BadValueError(f"{value} ends before it begins")
    return Range(low, high)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not text.isascii():
        raise BadValueError("a number or a range of numbers: 20, 21.., ..20, 10..20")
    return int(text)


def _age(text: str) -> tuple[int, int]:
    """Return hours, and hours of one unit."""
    match = _AGE.fullmatch(text)
    if match is None:
        raise BadValueError("an age or a range of ages: ..7d, 3d.., 1w..2w (h d w m y)")
    return int(match[1]) * _HOURS[match[2]], _HOURS[match[2]]


def _time(text: str, now: datetime, *, seconds: bool) -> tuple[int, int]:
    """Return the first second, and for how many seconds the word stands."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if match := _SECOND.fullmatch(text):
            return int(datetime(*map(int, match.groups()), tzinfo=UTC).timestamp()), 1  # type: ignore[misc,arg-type]  # six
        if match := _DAY.fullmatch(text):
            return int(datetime(*map(int, match.groups()), tzinfo=UTC).timestamp()), 86_400  # type: ignore[misc,arg-type]
        if seconds and _NUMBER.fullmatch(text):
            return min(int(text), _MAX), 1
        if text in ("today", "yesterday"):
            return int((today - timedelta(days=text == "yesterday")).timestamp()), 86_400
        if match := _AGO.fullmatch(text):
            return _ago(int(match[1]), match[2], now)
        if text.startswith("last.") and text[5:] in ("week", "month", "year"):
            return _ago(1, text[5:], now)
    except (ValueError, OverflowError):
        raise BadValueError(f"{text} is no day of the calendar") from None
    raise BadValueError("a day or a range of days: 20260101.., 2026-01-01..2026-02-01, 2.weeks.ago..")


def _ago(count: int, unit: str, now: datetime) -> tuple[int, int]:
    """Return the second that was *count* units ago, and a day: a single `2.days.ago` is 24 hours."""
    if unit in _SECONDS:
        return int((now - timedelta(seconds=count * _SECONDS[unit])).timestamp()), 86_400
    months = count * (12 if unit == "year" else 1)
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    day = min(now.day, monthrange(year, month + 1)[1])
    return int(now.replace(year=year, month=month + 1, day=day).timestamp()), 86_400
