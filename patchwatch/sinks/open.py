# SPDX-License-Identifier: GPL-2.0-or-later
"""From `KIND:PATH`, as the configuration and `--to` have it, to a sink."""

from collections.abc import Callable, Mapping

from patchwatch.errors import UsageError
from patchwatch.sinks.base import Sink
from patchwatch.sinks.eml import EmlSink
from patchwatch.sinks.imap import ImapDrafts, ImapSink
from patchwatch.sinks.maildir import MaildirSink
from patchwatch.sinks.mbox import MboxSink
from patchwatch.sinks.notmuch import NotmuchSink
from patchwatch.sinks.stdout import StdoutSink

_FILES: dict[str, Callable[[str], Sink]] = {"eml": EmlSink, "maildir": MaildirSink, "mbox": MboxSink}
_ALONE: dict[str, Callable[[], Sink]] = {"notmuch": NotmuchSink, "stdout": StdoutSink, "-": StdoutSink}
PLACES = "eml:PATH, maildir:PATH, mbox:PATH, imap:NAME, notmuch, stdout"


def open_sink(where: str, accounts: Mapping[str, ImapDrafts] | None = None) -> Sink:
    """Return the sink that *where* names, `imap:NAME` by the configured *accounts*. Nothing is created or asked yet."""
    kind, colon, rest = where.partition(":")
    if colon and kind in _FILES:
        return _FILES[kind](rest)
    if where in _ALONE:
        return _ALONE[where]()
    if colon and kind == "imap" and rest:
        return _imap(rest, accounts or {})
    raise UsageError(f"{where!r} is no place for drafts; known are {PLACES}")


def _imap(name: str, accounts: Mapping[str, ImapDrafts]) -> Sink:
    if name not in accounts:
        there = f"there are {', '.join(accounts)}" if accounts else "none is configured"
        raise UsageError(f"imap:{name}: no account imap.{name} in the configuration; {there} (or use {PLACES})")
    return ImapSink(accounts[name])
