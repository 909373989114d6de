# SPDX-License-Identifier: GPL-2.0-or-later
"""What hostile mail may cost, measured in processes of their own by `one_mail.py`."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CPU_SECONDS = 2.0
MEGABYTES = 300.0


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds and megabytes of growth; -1 when the process was ended by its limits."""

    name: str
    seconds: float
    megabytes: float
    size: int

    @property
    def is_within(self) -> bool:
        """Whether this is in the budget."""
        return 0 <= self.seconds < CPU_SECONDS and self.megabytes < MEGABYTES

    def __str__(self) -> str:
        return f"{self.seconds:8.3f} s {self.megabytes:5.0f} MB {self.size / 1e6:6.1f} MB mail  {self.name}"


def costs(sizes: Mapping[str, int]) -> list[Cost]:
    """Measure shapes and crowds at these sizes, the dearest first."""
    program = Path(__file__).with_name("one_mail.py")
    command = [sys.executable, str(program), *(f"{size}={name}" for name, size in sizes.items())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = (line.split("\t") for line in done.stdout.splitlines())
    found = [Cost(name, float(seconds), float(megabytes), int(size)) for seconds, megabytes, size, name in rows]
    return sorted(found, key=lambda cost: -cost.seconds if cost.seconds >= 0 else float("-inf"))
