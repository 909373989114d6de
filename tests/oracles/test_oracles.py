# SPDX-License-Identifier: GPL-2.0-or-later
"""Our reading of every mail below fixtures/, beside that of git, b4, liblore and the standard library."""

from dataclasses import replace
from functools import lru_cache

import pytest

from oracles.corpus import Mail, fixture_mails
from oracles.judges import JUDGES
from oracles.verdicts import Judge, Tally


@lru_cache(maxsize=1)
def mails() -> tuple[Mail, ...]:
    return tuple(fixture_mails())


def tally_of(judge: Judge, some: tuple[Mail, ...]) -> Tally:
    tally = Tally(judge)
    tally.add(judge.compare(some))
    return tally


@pytest.mark.parametrize("judge", JUDGES, ids=[judge.NAME for judge in JUDGES])
def test_every_difference_has_a_name_and_every_name_a_mail(judge: Judge) -> None:
    tally = tally_of(judge, mails())
    assert tally.unexplained == []
    assert set(tally.explained()) == set(judge.CLASSES)


def test_a_fact_that_is_wrong_has_no_name() -> None:
    patch = next(mail for mail in mails() if mail.where == "mail/base64-body.eml")
    message = replace(
        patch.message,
        prefix=replace(patch.message.prefix, title="another", revision=7),
        author=replace(patch.message.author, name="Another"),
        date=None,
        trailers=patch.message.trailers[1:],
        subject="[PATCH] another",
    )
    file = replace(patch.diff.files[0], added=77)
    wrong = replace(
        patch,
        message=message,
        lines=["another", *patch.lines],
        diff=replace(patch.diff, patch_id="0" * 40, files=(file, *patch.diff.files[1:])),
    )
    missed = {judge.NAME: {found.fact for found in tally_of(judge, (wrong,)).unexplained} for judge in JUDGES}
    assert missed == {
        "git mailinfo": {"subject", "author", "date", "log"},
        "git interpret-trailers --parse": {"trailers"},
        "git apply --numstat": {"patch"},
        "git patch-id --stable": {"patch"},
        "email (compat32)": {"subject", "body"},
        "b4 0.16": {"title", "revision", "listed"},
        "liblore": {"title", "revision", "listed"},
    }
