# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: arguments in, calls, output out. Each command imports what it needs when it runs."""

import signal
import sys

from patchwatch.errors import PatchwatchError

EXIT_BUG = 70


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
            stream.reconfigure(errors="backslashreplace")
    from patchwatch.cli.app import app

    try:
        app()
    except PatchwatchError as error:
        sys.stderr.write(f"patchwatch: {' '.join(str(error).split())}\n")
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - the one place where a bug becomes an exit code
        _report_bug(error)
        sys.exit(EXIT_BUG)


def _report_bug(error: BaseException) -> None:
    """Say that this is our fault; the traceback only when the user asked for talk."""
    if any(word in ("-v", "--verbose") for word in sys.argv[1:]):
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    sys.stderr.write(f"patchwatch: a bug in patchwatch: {type(error).__name__}: {error} (-v shows where)\n")
