# SPDX-License-Identifier: GPL-2.0-or-later
"""
Read, assemble and judge one hostile mail or crowd and tell what that cost: `one_mail.py SIZE NAME...`, a line each.

A process of its own, because peak memory never goes down again: every name gets a fresh fork.
"""

import gc
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from builders_hostile import CROWDS, SHAPES, judged_mails, raw
from patchwatch.model.mail import RawMessage

_KEPT_FREE = 8 << 30  # bytes of address space: a bomb ends in MemoryError, not in a dead machine

_PATIENCE = 60  # CPU seconds after which the system ends a fork


def cost(raws: Sequence[RawMessage]) -> tuple[float, float]:
    """Return CPU seconds and megabytes that the peak of memory grew by."""
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    judged_mails(raws)
    spent = time.process_time() - started
    return spent, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def measure(name: str, size: int) -> str:
    """Return `seconds TAB megabytes TAB bytes TAB name`, measured in a fork."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (_KEPT_FREE, _KEPT_FREE))
        resource.setrlimit(resource.RLIMIT_CPU, (_PATIENCE, _PATIENCE))
        mails = [SHAPES[name](size)] if name in SHAPES else CROWDS[name](size)
        raws = [raw(data) for data in mails]
        del mails
        seconds, megabytes = cost(raws)
        total = sum(len(one.data) for one in raws)
        os.write(write, f"{seconds:.3f}\t{megabytes:.0f}\t{total}\t{name}".encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said or f"-1\t-1\t0\t{name}"


if __name__ == "__main__":
    judged_mails([raw(SHAPES["empty lines"](9))])  # everything imported, every policy and pattern built
    for argument in sys.argv[1:]:
        size, _, shape = argument.partition("=")
        sys.stdout.write(measure(shape, int(size)) + "\n")
        sys.stdout.flush()
