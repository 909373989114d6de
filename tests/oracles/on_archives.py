# SPDX-License-Identifier: GPL-2.0-or-later
"""
All judges on all mails of real archives: `make oracles ARCHIVES=DIR`, DIR holding public-inbox directories.

Prints a table for each judge; a difference without a name is listed by Message-ID, never with its text. With
LIST=1 those that have a name are listed too.
"""

import os
import sys
from itertools import islice
from pathlib import Path

import pytest

from oracles.corpus import archive_mails
from oracles.judges import JUDGES
from oracles.verdicts import Tally

AT_ONCE = 1_000


def test_every_difference_has_a_name() -> None:
    named = os.environ.get("ARCHIVES")
    if not named:
        pytest.skip("make oracles ARCHIVES=DIR: a folder of public-inbox directories is needed")
    archives = sorted(path.parent for path in Path(named).glob("*/git") if path.is_dir())
    tallies = [Tally(judge) for judge in JUDGES]
    mails = (mail for archive in archives for mail in archive_mails(archive))
    count = 0
    while batch := list(islice(mails, AT_ONCE)):
        count += len(batch)
        for tally in tallies:
            tally.add(tally.judge.compare(batch))
    sys.stdout.write(f"\n{count} mails of {len(archives)} archives\n")
    for tally in tallies:
        sys.stdout.write(f"{tally.table()}\n{tally.listing() if os.environ.get('LIST') else ''}")
    assert count
    assert [found for tally in tallies for found in tally.unexplained] == []
