# SPDX-License-Identifier: GPL-2.0-or-later
"""What rules about submitter and thread share: getting at the history, and citing what stands in other mails."""

from collections.abc import Iterable

from patchwatch.assemble.evidence import stable_tree
from patchwatch.model.diff import FileChange, Role
from patchwatch.model.history import Asked, History, Posting
from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Evidence, Part, Skipped
from patchwatch.rules.base import Context

SHOWN = 10  # lines of evidence; the message has the number


def history_of(rule_id: str, context: Context) -> History | Skipped:
    """Return the history of a series, or why there is none."""
    if context.history is not None:
        return context.history
    reason = "the date of the series cannot be read" if context.known else "needs the database"
    return Skipped(rule=rule_id, reason=reason)


def too_few(rule_id: str) -> Skipped:
    """Tell that a list has too few series for a percentile."""
    return Skipped(rule=rule_id, reason="the database knows fewer than 200 series of this list in the year before")


def cite_posting(posting: Posting) -> Evidence:
    """Return the subject of an earlier posting as evidence."""
    return Evidence(message_id=posting.head_id, part=Part.HEADER, line=None, quote=f"Subject: {posting.subject}")


def cite_question(asked: Asked) -> Evidence:
    """Return the line that asks as evidence."""
    return Evidence(message_id=asked.message_id, part=Part.REPLY, line=asked.line, quote=asked.quote)


def own_lines_added(series: Series, context: Context) -> int:
    """Return the added lines of a series outside tests and generated files."""
    return lines_added((change for patch in series.patches for change in patch.message.files), context)


def lines_added(files: Iterable[FileChange], context: Context) -> int:
    """Return the added lines of files that are neither tests nor generated."""
    return sum(change.added for change in files if context.roles.role_of(change) not in (Role.TESTS, Role.GENERATED))


def is_backport(series: Series) -> bool:
    """Whether a posting copies what exists to a stable tree: by its tags."""
    return bool(stable_tree(series))


def is_own(message: Message) -> bool:
    """Whether a patch is by who sent it, by address or name; people also carry the patches of others."""
    author, sender = message.author, message.sender
    if author.email.lower() == sender.email.lower():
        return True
    return bool(author.name) and author.name.casefold() == sender.name.casefold()
