# SPDX-License-Identifier: GPL-2.0-or-later
"""All judges: one more is one module and one line here."""

from typing import cast

from oracles import by_b4, by_liblore, by_mailinfo, by_numstat, by_patch_id, by_stdlib, by_trailers
from oracles.verdicts import Judge

_MODULES = (by_mailinfo, by_trailers, by_numstat, by_patch_id, by_stdlib, by_b4, by_liblore)
JUDGES = tuple(cast("Judge", module) for module in _MODULES)  # in a tuple, mypy sees bare modules
