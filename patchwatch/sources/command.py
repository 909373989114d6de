# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a program of the user's that hands out mail: an argument list, never a shell, with ceilings on time and size."""

import subprocess
import tempfile
from collections.abc import Callable
from threading import Timer
from typing import IO

from patchwatch.errors import ServerError, UsageError
from patchwatch.sources.stream import BLOCK, Readable, spooled

SECONDS = 600
CAP = 2 << 30  # bytes of output
_WORDS = 300


class Output:
    """What a program writes, as it comes; a context manager that ends the program. Raises ServerError, UsageError."""

    def __init__(self, arguments: list[str], package: str) -> None:
        self._program = arguments[0]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        try:
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors
            )
        except OSError as error:
            self._errors.close()
            raise UsageError(
                f"{self._program} cannot be run ({error.strerror}); it is in the package {package}"
            ) from None
        self._late = False
        self._left = CAP
        self._timer = Timer(SECONDS, self._stop)
        self._timer.daemon = True
        self._timer.start()

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes, none at the end of a run that went well."""
        data = self._pipe.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ServerError(f"{self._program} gave more than {CAP >> 30} GiB; ask for less")
        if not data:
            self._check()
        return data

    def close(self) -> None:
        """End the program, if it still runs."""
        self._timer.cancel()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._pipe.close()
        self._errors.close()

    @property
    def _pipe(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        return self._process.stdout

    def _stop(self) -> None:
        self._late = True
        self._process.kill()

    def _check(self) -> None:
        code = self._process.wait()
        if self._late:
            raise ServerError(f"{self._program} took more than {SECONDS} seconds")
        if code:
            self._errors.seek(0)
            lines = self._errors.read(10_000).decode("utf-8", "replace").strip().splitlines()
            words = "".join(char if char.isprintable() else "?" for char in (lines or ["no reason given"])[0])
            raise ServerError(f"{self._program} failed (exit code {code}): {words[:_WORDS]}")


def output_of(arguments: list[str], package: str) -> bytes:
    """Return all that a program writes. Raises ServerError, UsageError."""
    output = Output(arguments, package)
    try:
        parts = []
        while data := output.read(BLOCK):
            parts.append(data)
        return b"".join(parts)
    finally:
        output.close()


def kept_output(arguments: list[str], package: str) -> Callable[[], Readable] | None:
    """Run a program to its end; return what opens its output from the start, None when there is none."""
    output = Output(arguments, package)
    try:
        head = output.read(BLOCK)
        return spooled(output, head) if head else None
    finally:
        output.close()
