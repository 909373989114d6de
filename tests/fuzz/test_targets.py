# SPDX-License-Identifier: GPL-2.0-or-later
"""The fuzz targets on their seeds, and for a moment on mangled ones: `make fuzz` runs them for longer."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.generate import CORPUS, mangled, seeds
from fuzz.targets import TARGETS


def test_each_target_has_seeds_and_each_folder_of_seeds_a_target() -> None:
    assert sorted(path.name for path in CORPUS.iterdir() if path.is_dir()) == sorted(TARGETS)
    assert all(seeds(name) for name in TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_hold(name: str) -> None:
    for seed in seeds(name):
        TARGETS[name](seed)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=120, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mangled_seeds_hold(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(mangled(name)))
