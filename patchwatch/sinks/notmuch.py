# SPDX-License-Identifier: GPL-2.0-or-later
"""
Drafts in the user's notmuch mail store, where its Emacs mode (`e`) and alot resume them.

Only `notmuch insert`, `search`, `tag`, `reindex` and `config get` are run. `notmuch new` is not: it would take in
other new mail without the user's hooks.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from patchwatch.errors import PatchwatchError, UsageError
from patchwatch.model.draft import Draft
from patchwatch.sinks.base import Sink
from patchwatch.sinks.compare import MAX_HEADERS, header_ids
from patchwatch.sinks.files import MAX_MAIL, readable_errors, write_new
from patchwatch.sinks.values import Entry, Place

_SECONDS = 60
_FOLDER = "drafts"
# The one X- field that we ever write: without it the Emacs mode takes the mail for a message. It removes it again.
_MARK = b"X-Notmuch-Emacs-Draft: True\n"


class NotmuchSink(Sink):
    """Inserts drafts into the folder `drafts` of the store, tagged `draft`, neither `unread` nor `inbox`."""

    def __init__(self) -> None:
        self.name = "notmuch"
        self.where = "notmuch"

    @contextmanager
    def opened(self, *, write: bool = True) -> Iterator[Place]:
        """See `Sink.opened`."""
        del write
        root = Path(_notmuch("config", "get", "database.path").decode("utf-8", "surrogateescape").strip() or "?")
        if not root.is_dir():
            raise UsageError(f"notmuch: there is no mail store at {root}; run `notmuch setup` first")
        with readable_errors(root, "write"):
            yield _NotmuchPlace(root / _FOLDER)


class _NotmuchPlace(Place):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def scan(self) -> list[Entry]:
        return self._entries("tag:draft and not tag:deleted")

    def copies(self, message_id: str) -> list[Entry]:
        """Find them by id, also those that are no drafts any more: deleted, or come back through the list."""
        wanted = _by_id(message_id)
        # Tags are those of a message, not of a file: what the list brought back under the same id is no draft.
        live = [e for e in self._entries(f"{wanted} and tag:draft and not tag:deleted") if self._is_ours(e)]
        return live or self._entries(wanted, deleted=True)

    def read(self, entry: Entry) -> bytes | None:
        try:
            with Path(entry.ref).open("rb") as stream:
                return stream.read(MAX_MAIL)
        except FileNotFoundError:
            return None

    def store(self, draft: Draft) -> Entry:
        tags = ("+draft", "-unread", "-inbox")
        given_up = [entry for entry in self.copies(draft.message_id) if entry.deleted and self._is_ours(entry)]
        if given_up:  # an own draft that the user marked as deleted, wanted again
            self._overwrite(given_up[0], draft)
        else:
            _notmuch("insert", f"--folder={_FOLDER}", "--create-folder", *tags, data=_MARK + draft.data)
        # insert leaves the tags of an id that is known alone
        _notmuch("tag", *tags, "-deleted", "--", _by_id(draft.message_id))
        found = [entry for entry in self.copies(draft.message_id) if not entry.deleted]
        if not found:
            raise PatchwatchError("notmuch insert did not store the draft where `notmuch search` finds it")
        return found[0]

    def replace(self, old: Sequence[Entry], draft: Draft) -> str:
        """Write the new text under the old one's name: a second file would be one message of two."""
        if not old:
            return self.add(draft)
        self._overwrite(old[0], draft)
        return old[0].where

    def _is_ours(self, entry: Entry) -> bool:
        return Path(entry.ref).is_relative_to(self._folder)

    def _overwrite(self, entry: Entry, draft: Draft) -> None:
        path = Path(entry.ref)
        temporary = path.with_name(f".{path.name[:200]}.tmp")
        temporary.unlink(missing_ok=True)
        write_new(temporary, _MARK + draft.data)
        temporary.replace(path)
        _notmuch("reindex", _by_id(draft.message_id))

    def remove(self, entry: Entry) -> None:
        """Mark it as the Emacs mode does; the user's own rules sweep up what is marked."""
        for message_id in entry.message_ids[:1]:
            _notmuch("tag", "+deleted", "-draft", "--", _by_id(message_id))

    def _entries(self, query: str, *, deleted: bool = False) -> list[Entry]:
        names = _notmuch("search", "--exclude=false", "--output=files", "--format=text0", "--", query)
        found = []
        for name in sorted(set(names.split(b"\0")) - {b""}):
            path = Path(name.decode("utf-8", "surrogateescape"))
            try:
                with path.open("rb") as stream:
                    head = stream.read(MAX_HEADERS)
            except FileNotFoundError:
                continue  # gone, and notmuch does not know yet
            ids, parents = header_ids(head, "Message-ID"), header_ids(head, "In-Reply-To")
            found.append(Entry(ref=str(path), where=str(path), message_ids=ids, in_reply_to=parents, deleted=deleted))
        return found


def _by_id(message_id: str) -> str:
    quoted = message_id.replace('"', '""')
    return f'id:"{quoted}"'


def _notmuch(*arguments: str, data: bytes = b"") -> bytes:
    """Run notmuch and return what it printed. Raises UsageError without the program, else PatchwatchError."""
    what = f"notmuch {arguments[0]}"
    try:
        done = subprocess.run(["notmuch", *arguments], input=data, capture_output=True, timeout=_SECONDS, check=False)
    except FileNotFoundError:
        raise UsageError("notmuch: the program is not there; install it or name another place") from None
    except OSError as error:
        raise UsageError(f"notmuch: cannot be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise PatchwatchError(f"{what}: gave no answer within {_SECONDS} seconds") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[-1] if said else f"exit code {done.returncode}"
        raise PatchwatchError(f"{what}: {''.join(c if c.isprintable() else '?' for c in reason)[:300]}")
    return done.stdout
