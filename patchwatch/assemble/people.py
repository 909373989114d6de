# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who sent a mail, as far as grouping needs to know.

A person is an address. Inside one thread two things tie addresses together, weakly: an equal display name, and
one run of GitGitGadget, which posts patches by several authors from a single account.
"""

from collections.abc import Hashable

from patchwatch.assemble.threads import Threads
from patchwatch.model.mail import Message, MessageKind

_RELAY = ".gitgitgadget@gmail.com"
_POSTED = (MessageKind.PATCH, MessageKind.COVER, MessageKind.PULL)


def sender_key(message: Message) -> str:
    """Return the identity by which postings are kept apart: the sender's lower-case address."""
    return message.sender.email.lower() or message.sender.name.lower()


def relay_run(message: Message) -> str:
    """Return the time stamp that all mails of one GitGitGadget posting carry in their ids, "" for other mail."""
    if not message.message_id.endswith(_RELAY):
        return ""
    words = [word for word in message.message_id.removesuffix(_RELAY).split(".") if word != "git"]
    return words[-1] if words and words[-1].isdecimal() else ""


def relay_pull(message: Message) -> str:
    """
    Return the pull request's number in the Message-ID of a GitGitGadget head (`pull.PR[.vN].git...`), else "".

    Those of git's own repository (`.git.git.`) are numbered apart from those of GitGitGadget's.
    """
    words = message.message_id.split(".", 2)
    fits = message.message_id.endswith(_RELAY) and words[0] == "pull" and words[1].isdecimal()
    return words[1] + (".git" if ".git.git." in words[2] else "") if fits else ""


class People:
    """The persons of each thread: addresses that share a name or a relay's run there are one."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._top: dict[Hashable, Hashable] = {}
        for message in threads.messages:
            if message.kind not in _POSTED and not message.prefix.is_patch:
                continue
            root, name, run = threads.root(message), message.sender.name.casefold(), relay_run(message)
            if name:
                self._unite((root, "", sender_key(message)), (root, "name", name))
            if run:
                self._unite((root, "", sender_key(message)), (root, "run", run))

    def of(self, message: Message) -> Hashable:
        """Return the person behind *message*: equal for all addresses of one person in one thread."""
        return self._find((self._threads.root(message), "", sender_key(message)))

    def _find(self, item: Hashable) -> Hashable:
        top = item
        while (above := self._top.get(top)) is not None:
            top = above
        while (above := self._top.get(item)) is not None and above != top:
            self._top[item] = top
            item = above
        return top

    def _unite(self, one: Hashable, other: Hashable) -> None:
        first, second = self._find(one), self._find(other)
        if first != second:
            self._top[second] = first
