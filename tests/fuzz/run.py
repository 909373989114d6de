# SPDX-License-Identifier: GPL-2.0-or-later
"""
Fuzz one target or all for a bounded time: `run.py SECONDS [TARGET...]`; exit code 1 when something was found.

With atheris, which follows the branches of the parsers; without it with Hypothesis, which does not.
"""

import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fuzz.generate import CORPUS, mangled

_FOUND = Path(".fuzz")


def main() -> int:
    """Run the targets one after another."""
    seconds, *names = sys.argv[1:]
    if names[:1] == ["--inside"]:
        return _with_atheris(names[1], int(seconds), names[2])
    from fuzz.targets import TARGETS

    names = names or list(TARGETS)
    if importlib.util.find_spec("atheris") is None:
        sys.stdout.write("atheris is not installed for this Python: fuzzing with Hypothesis, blind to branches\n")
        return max(_with_hypothesis(name, int(seconds)) for name in names)
    return max(_in_a_process(name, seconds) for name in names)


def _in_a_process(name: str, seconds: str) -> int:
    """Start this file anew: libFuzzer ends its process, and takes its new seeds into a folder that is thrown away."""
    _FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        sys.stdout.write(f"{name}: {seconds} s\n")
        sys.stdout.flush()
        done = subprocess.run([sys.executable, __file__, seconds, "--inside", name, scratch], check=False)
    return int(done.returncode != 0)


def _with_atheris(name: str, seconds: int, scratch: str) -> int:
    import atheris

    with atheris.instrument_imports(include=["patchwatch"]):
        from fuzz.targets import TARGETS

    options = [f"-max_total_time={seconds}", "-max_len=6000", "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"]
    places = [f"-artifact_prefix={_FOUND}/{name}-", scratch, str(CORPUS / name)]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", *places], TARGETS[name])
    atheris.Fuzz()
    return 0


def _with_hypothesis(name: str, seconds: int) -> int:
    from hypothesis import HealthCheck, given, settings

    from fuzz.targets import TARGETS

    target = TARGETS[name]
    until, runs = time.monotonic() + seconds, 0

    @settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(mangled(name))
    def once(data: bytes) -> None:
        target(data)

    try:
        while time.monotonic() < until:
            once()
            runs += 500
    except AssertionError as found:
        sys.stdout.write(f"{name}: {found!r}, {''.join(getattr(found, '__notes__', []))}\n")
        return 1
    sys.stdout.write(f"{name}: {runs} mails, nothing found\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
