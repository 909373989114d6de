# SPDX-License-Identifier: GPL-2.0-or-later
"""A policy file's content as text."""

import json
from collections.abc import Mapping
from typing import cast


def normal_json(data: Mapping[str, object]) -> str:
    """Write the content in one fixed way: sorted keys, no blanks, dates as ISO text. The digest is of this."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)


def plain(data: Mapping[str, object]) -> dict[str, object]:
    """Return the content as JSON has it: dates are texts, all else stays."""
    return cast("dict[str, object]", json.loads(json.dumps(data, default=str)))


def key_path(loc: tuple[int | str, ...]) -> str:
    """Write a place in a file as a person would: `scenario[2].when.kind`."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path
