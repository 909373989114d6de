# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of profiles is written from the files: id and version, what the text says in one line, its source."""

from pathlib import Path

import pytest

from patchwatch.policy.files import Profile, headline
from patchwatch.policy.loader import load_policies

PAGE = Path(__file__).parents[2] / "docs" / "profiles.rst"
PROFILES = sorted((p for p in load_policies().profiles if not p.abstract and p.id != "none"), key=str)
INTRODUCTION = """\
.. SPDX-License-Identifier: GPL-2.0-or-later

Profiles that ship
==================

Each is one version of one project's text, in our own words: the source has the project's. ``patchwatch policy show ID``
prints one in full, ``--policy ID`` takes the version in force on the day of a mail, and ``--policy ID@VERSION`` one
version. A text that is proposed, unwritten or withdrawn informs and has no effect. One that is known second-hand asks
at most; only Gentoo's, on which all sources agree, declines nevertheless. Where only a month or a year is known, a
text counts from its last day, or from the day it was listed, so that no mail is measured by a text from after it.

.. list-table::
   :header-rows: 1
   :widths: 25 55 20

   * - Policy
     - What the text says
     - Source
"""
_VIA = {"text": "read", "secondary": "second-hand", "thread": "a thread", "press": "the press"}


def summary(profile: Profile) -> str:
    return headline(profile.path).replace("`", "``")


def state(profile: Profile) -> str:
    """Say since when a text binds, or that it does not."""
    if profile.status == "in-force":
        return f"in force since {profile.start}"
    return f"superseded, {profile.start} to {profile.until}" if profile.status == "superseded" else profile.status


def row(profile: Profile) -> str:
    source = profile.data["source"][0]
    where = f"`{_VIA[source.get('via', 'text')]} <{source['url']}>`__"
    return f"   * - ``{profile}``, {state(profile)}\n     - {summary(profile)}\n     - {where}\n"


def test_every_profile_is_on_the_page(pytestconfig: pytest.Config) -> None:
    """`pytest --update-golden` writes it anew."""
    found = INTRODUCTION + "".join(map(row, PROFILES))
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(found, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == found


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_a_profile_begins_with_one_line_that_sums_it_up(profile: Profile) -> None:
    text = summary(profile)
    assert text.endswith(".")
    assert 20 < len(text) <= 140


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_a_profile_carries_examples_of_its_own(profile: Profile) -> None:
    text = profile.path.read_text(encoding="utf-8")
    assert text.count("\n[[example]]\n") >= 2
