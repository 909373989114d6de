# SPDX-License-Identifier: GPL-2.0-or-later
"""
Twice the mail costs at most about twice the time, for every shape of hostile mail that we could think of.

Times of one run are compared with one another, never with a clock on the wall. What stays below the noise at
the larger size passes: anything quadratic that matters is far above it there.
"""

import gc
import time
from collections.abc import Callable, Sequence
from itertools import chain

import pytest

from builders_hostile import CROWDS, SHAPES, judged, judged_mails, raw
from patchwatch.model.mail import Message
from patchwatch.parse.mail import read_message
from patchwatch.reports.check_json import render_json
from patchwatch.reports.text import Style, check_lines, show_lines

_BYTES = 200_000
_MAILS = 800
_NOISE = 0.1  # CPU seconds
_RATIO = 3.0
_TRIES = 6
_UNITS = 150_000  # twice as many lines are under the cap on lines
_LARGEST = {"nested multiparts": 1_500}  # its builder is slow


def _grows_too_fast(once: Callable[[], object], twice: Callable[[], object]) -> str:
    """Return the best times of *once* and *twice* when they are no straight line, "" when they are."""
    small = large = float("inf")
    for _ in range(_TRIES):
        large = min(large, _cpu(twice))
        if large < _NOISE:
            return ""
        small = min(small, _cpu(once))
        if large < _RATIO * small:
            return ""
    return f"{small:.3f} s, twice as much: {large:.3f} s"


def _cpu(call: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()  # its full rounds come when they like
    try:
        started = time.process_time()
        call()
        return time.process_time() - started
    finally:
        gc.enable()


@pytest.mark.parametrize("name", SHAPES)
def test_a_mail_of_twice_the_size_takes_twice_the_time(name: str) -> None:
    shape = SHAPES[name]
    unit = max(1, (len(shape(200)) - len(shape(100))) // 100)
    size = min(_BYTES // unit, _LARGEST.get(name, _UNITS))
    once, twice = raw(shape(size)), raw(shape(2 * size))

    assert not _grows_too_fast(lambda: judged_mails([once]), lambda: judged_mails([twice]))


@pytest.mark.parametrize("name", CROWDS)
def test_twice_as_many_mails_take_twice_the_time(name: str) -> None:
    once, twice = ([read_message(raw(data)) for data in CROWDS[name](count)] for count in (_MAILS, 2 * _MAILS))

    assert not _grows_too_fast(lambda: _rendered(once), lambda: _rendered(twice))


def _rendered(messages: Sequence[Message]) -> int:
    series = judged(messages)
    text = chain(check_lines(series, Style()), *(show_lines(*one, Style()) for one in series))
    return len(render_json(series, messages, series[0][1].policy)) + sum(map(len, text)) if series else 0


def test_a_quadratic_function_is_noticed() -> None:
    def quadratic(count: int) -> int:
        return sum(1 for _ in range(count) for _ in range(count))

    assert _grows_too_fast(lambda: quadratic(1_500), lambda: quadratic(3_000))
