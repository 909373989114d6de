# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: arguments in, calls, output out. Each command imports what it needs when it runs."""

import errno
import io
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from patchwatch.errors import PatchwatchError, UsageError

EXIT_BUG = 70
EXIT_INTERRUPTED = 130  # as Typer does
EXIT_PIPE = 141  # as a shell says of what SIGPIPE ended
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    """
    Run the command line and exit.

    A closed pipe ends us like any Unix filter; what the user can act on is one line on stderr with its own
    code; anything else is a bug of ours and exits 70, so that a bot never reads it as "findings".
    """
    _end_with_the_reader()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # JSON is UTF-8 whatever the locale
    warnings.showwarning = partial(_show_warning, warnings.showwarning)
    try:
        try:
            _run()
        finally:
            sys.stdout.flush()
    except PatchwatchError as error:
        lines = (" ".join(line.split()) for line in str(error).splitlines())
        sys.stderr.write(f"patchwatch: {'; '.join(filter(None, lines))}\n")
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit):
        raise
    except OSError as error:
        if error.errno not in _FULL:
            _report_bug(error)
            sys.exit(EXIT_BUG)
        sys.stderr.write(f"patchwatch: the output cannot be written: {error.strerror}\n")
        _forget_output()
        sys.exit(UsageError.exit_code)
    except BaseException as error:  # noqa: BLE001 - the one place where a bug becomes an exit code
        _report_bug(error)
        sys.exit(EXIT_BUG)


class _Output(io.FileIO):
    """
    Our stdout: when its reader has gone, the program ends at once, with the code of a Unix filter.

    The signal that does so by default would also end us when a server or git closes its side of a pipe.
    """

    def write(self, data: Any, /) -> int:  # Any: whatever a file takes
        """Write, or end."""
        try:
            return super().write(data)
        except BrokenPipeError:
            os._exit(EXIT_PIPE)


def _end_with_the_reader() -> None:
    """Put our stdout in place of Python's, unless somebody else has replaced that already."""
    buffer = getattr(sys.stdout, "buffer", None)
    plain = getattr(buffer, "raw", buffer)  # with PYTHONUNBUFFERED there is no buffer between
    if type(plain) is not io.FileIO:
        return
    flat = io.BufferedWriter(_Output(plain.fileno(), "wb", closefd=False))
    sys.stdout = io.TextIOWrapper(
        flat, encoding="utf-8", errors="replace", line_buffering=bool(sys.stdout.line_buffering)
    )


def _run() -> None:
    """Run the command: `check` by the short way where that is possible, everything else through Typer."""
    from patchwatch.cli.straight import straight_check

    try:
        code = straight_check(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    if code is not None:
        sys.exit(code)
    from patchwatch.cli.app import app

    app()


# Any: where a warning is from, which only Python's own function wants to know.
def _show_warning(otherwise: Callable[..., None], message: Warning | str, category: type[Warning], *where: Any) -> None:
    """Show what is wrong with somebody's rule as one line of ours; other warnings are for developers."""
    if category.__name__ != "RuleWarning":
        otherwise(message, category, *where)
        return
    from patchwatch.reports.clean import one_line

    sys.stderr.write(f"patchwatch: {one_line(str(message))}\n")


def _forget_output() -> None:
    """Send what is still buffered nowhere: Python flushes at its end, and would complain in its own words."""
    with suppress(OSError, ValueError):  # a stdout without a file has nothing to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report_bug(error: BaseException) -> None:
    """Say that this is our fault; the traceback only when the user asked for talk."""
    if any(word in ("-v", "--verbose") for word in sys.argv[1:]):
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    sys.stderr.write(f"patchwatch: a bug in patchwatch: {type(error).__name__}: {error} (-v shows where)\n")
