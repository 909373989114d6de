# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: arguments in, calls, output out. Each command imports what it needs when it runs."""

import errno
import os
import signal
import sys
from contextlib import suppress

from patchwatch.errors import PatchwatchError, UsageError

EXIT_BUG = 70
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    """
    Run the command line and exit.

    A closed pipe ends us like any Unix filter; what the user can act on is one line on stderr with its own
    code; anything else is a bug of ours and exits 70, so that a bot never reads it as "findings".
    """
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # JSON is UTF-8 whatever the locale
    from patchwatch.cli.app import app

    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except PatchwatchError as error:
        sys.stderr.write(f"patchwatch: {' '.join(str(error).split())}\n")
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
