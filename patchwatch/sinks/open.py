# SPDX-License-Identifier: GPL-2.0-or-later
"""From `KIND:PATH`, as the configuration and `--to` have it, to a sink."""

from collections.abc import Callable
from pathlib import Path

from patchwatch.errors import UsageError
from patchwatch.sinks.base import Sink
from patchwatch.sinks.eml import EmlSink
from patchwatch.sinks.maildir import MaildirSink

_KINDS: dict[str, Callable[[Path], Sink]] = {"eml": EmlSink, "maildir": MaildirSink}


def open_sink(where: str) -> Sink:
    """Return the sink of `eml:PATH` or `maildir:PATH`; `~` is the home folder. Nothing is created yet."""
    kind, colon, rest = where.partition(":")
    kinds = ", ".join(f"{name}:PATH" for name in _KINDS)
    if not colon or kind not in _KINDS:
        raise UsageError(f"{where!r} is no place for drafts; known are {kinds}")
    if not rest or "\0" in rest:
        raise UsageError(f"{where!r} names no path; write {kind}:PATH")
    try:
        path = Path(rest).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{where!r}: {error}") from error
    return _KINDS[kind](path)
