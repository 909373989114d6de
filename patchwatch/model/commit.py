# SPDX-License-Identifier: GPL-2.0-or-later
"""A commit of a git tree, and that it is a patch of a list."""

from dataclasses import dataclass
from enum import StrEnum

from patchwatch.model.mail import Person


class Match(StrEnum):
    """By what a patch was found in a tree, the surest first. All but the title are facts."""

    LINK = "link"  # the commit names the Message-ID
    PATCH_ID = "patch-id"
    TITLE = "title"  # same title and author: the content is another one


REVERTS = "commit:"  # no Message-ID: those have an `@`


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitLink:
    """
    A Message-ID that a commit names, or `commit:ID` for a commit that it reverts.

    *origin*: what names it (`Message-ID:`, patch.msgid.link) is written when a patch is applied and stands for
    nothing else. Any other link may lead to a discussion, a report or somebody else's patch.
    """

    message_id: str
    origin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """
    One commit that is no merge. *patch_id* is as of `git patch-id --stable`, None without a change.

    *committed_at* is in UTC seconds: for order and display, it proves nothing.
    """

    id: str
    patch_id: str | None
    author: Person
    title: str
    committed_at: int
    links: tuple[CommitLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The patch *message_id* is commit *commit* of *tree*."""

    message_id: str
    commit: str
    by: Match
    tree: str
