# SPDX-License-Identifier: GPL-2.0-or-later
"""
Conditions of a policy, three-valued: True, False, or None when the mail cannot tell.

A scope is what the condition is asked about: one patch, or the whole series.
"""

from collections.abc import Iterable
from typing import NamedTuple

from patchwatch.model.diff import FileChange, Role
from patchwatch.model.disclosure import Disclosure
from patchwatch.model.mail import MarkKind, Message, MessageKind
from patchwatch.model.series import Series
from patchwatch.model.terms import When
from patchwatch.rules._ai import UNKNOWN_USE, declarations
from patchwatch.rules.base import Context

BUG_KEYS = frozenset({"fixes", "resolves", "closes", "reported-by"})
_FIX_WORDS = frozenset({"fix", "fixes", "fixed", "fixing", "fixup", "bugfix"})


class Scope(NamedTuple):
    """One patch or all of them, the kind of the message asked about, and all disclosures that speak about them."""

    series: Series
    kind: MessageKind
    patches: tuple[Message, ...]
    disclosures: tuple[Disclosure, ...]


class Scopes:
    """The scopes of one series, with its declarations read once."""

    def __init__(self, series: Series, context: Context) -> None:
        self._series = series
        self._kinds = {message.message_id: message.kind for message in (*series.followups, *series.messages)}
        self._patches = {patch.message.message_id: patch.message for patch in series.patches}
        self._all: list[Disclosure] = []
        self._shared: list[Disclosure] = []
        self._own: dict[str, list[Disclosure]] = {}
        for declared in declarations(series, context, all_kinds=True):
            self._all.append(declared.disclosure)
            own = self._shared if declared.about is None else self._own.setdefault(declared.about.message_id, [])
            own.append(declared.disclosure)

    def of(self, message_id: str) -> Scope:
        """Return the scope of one patch; that of the whole series for any other message."""
        patch = self._patches.get(message_id)
        if patch is None:
            kind = self._kinds.get(message_id, self._series.head.kind)
            return Scope(self._series, kind, tuple(self._patches.values()), tuple(self._all))
        about = (*self._own.get(message_id, ()), *self._shared)
        return Scope(self._series, patch.kind, (patch,), about)

    @property
    def whole(self) -> Scope:
        """The scope of the whole series."""
        return self.of("")


def holds(when: When, scope: Scope, context: Context) -> bool | None:
    """Evaluate a condition: False if one part is false, else None if one is unknown, else True."""
    parts = [
        not when.evidence or any(d.kind in when.evidence for d in scope.disclosures),
        _uses(when, scope),
        _any_of(_kind(word, scope) for word in when.kind),
        _only_roles(when.only_roles, scope, context),
        _any_roles(when.any_roles, scope, context),
        not when.label or (when.label == "prototype") == is_prototype(scope.series, context),
        _any_of(_message_kind(word, scope) for word in when.message_kind),
        _first_time(when, context),
        _prior_contact(when, context),
    ]
    if any(part is False for part in parts):
        return False
    return None if any(part is None for part in parts) else True


def is_prototype(series: Series, context: Context) -> bool:
    """Whether the subject label, or a `(prototype)` item in a tag, says that this is not for merging."""
    if not context.labels:
        return False
    label = (series.label or "").casefold()
    if label and label in {known.casefold() for known in context.labels}:
        return True
    return any(
        "(prototype)" in d.value.casefold()
        for message in series.messages
        for d in message.disclosures
        if d.key and context.tag(d.key) is not None
    )


def _prior_contact(when: When, context: Context) -> bool | None:
    """Contact is recorded by a person, never inferred: without a record nobody knows."""
    if when.prior_contact is None:
        return True
    return when.prior_contact if context.prior_contact else None


def _first_time(when: When, context: Context) -> bool | None:
    """Only a database that is old enough can tell; without one nobody knows."""
    if when.first_time is None:
        return True
    known = context.history.first_time if context.history is not None else None
    return None if known is None else known is when.first_time


def _any_of(parts: Iterable[bool | None]) -> bool | None:
    """OR, where no part at all means that there is no condition."""
    found = list(parts)
    if not found or any(part is True for part in found):
        return True
    return None if any(part is None for part in found) else False


def _uses(when: When, scope: Scope) -> bool | None:
    if not when.uses and not when.uses_not:
        return True
    declared = {use for disclosure in scope.disclosures for use in disclosure.uses}
    if when.uses_not and not declared - set(when.uses_not):
        return False
    if not when.uses or declared & set(when.uses):
        return True
    return None if UNKNOWN_USE in declared else False


def _kind(word: str, scope: Scope) -> bool | None:
    if word == "mechanical":
        # Either alone is a heuristic: a word in the log, or edits that look alike. Else only a person can say so.
        return True if scope.patches and all(map(_mechanical, scope.patches)) else None
    if word == "bug-report":
        return False if scope.kind in (MessageKind.PATCH, MessageKind.COVER) else None
    if any(trailer.key.casefold() in BUG_KEYS for patch in scope.patches for trailer in patch.trailers):
        return True
    # 62 % of the patches with "fix" in the subject carry none of the keys: the word proves nothing either way.
    return None if any(_says_fix(patch.prefix.title) for patch in scope.patches) else False


def _mechanical(patch: Message) -> bool:
    """Whether the log names a tool, and most hunks are one and the same edit."""
    return {MarkKind.TOOL_NAMED, MarkKind.REPEATED_EDIT} <= {mark.kind for mark in patch.marks}


def _says_fix(title: str) -> bool:
    words = "".join(char if char.isalnum() else " " for char in title.casefold()).split()
    return not _FIX_WORDS.isdisjoint(words)


def _message_kind(word: str, scope: Scope) -> bool | None:
    return None if word == "bug-report" and scope.kind is MessageKind.OTHER else scope.kind == word


def _files(scope: Scope) -> list[FileChange] | None:
    """Return the changed files, None when they cannot all be known."""
    if any(patch.unreadable or not patch.files for patch in scope.patches) or not scope.patches:
        return None
    return [change for patch in scope.patches for change in patch.files]


def _only_roles(wanted: tuple[str, ...], scope: Scope, context: Context) -> bool | None:
    if not wanted:
        return True
    files = _files(scope)
    if files is None:
        return None
    return all(context.roles.role_of(f) in wanted or ("comments" in wanted and _comments(f, context)) for f in files)


def _comments(change: FileChange, context: Context) -> bool:
    """Whether a code file changes in comments and blank lines alone."""
    changed = change.added + change.removed
    return bool(changed and not change.code_added + change.code_removed and context.roles.role_of(change) is Role.CODE)


def _any_roles(wanted: tuple[str, ...], scope: Scope, context: Context) -> bool | None:
    if not wanted:
        return True
    files = [change for patch in scope.patches for change in patch.files]
    if any(context.roles.role_of(change) in wanted for change in files):
        return True
    return None if _files(scope) is None else False
