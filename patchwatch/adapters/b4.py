# SPDX-License-Identifier: GPL-2.0-or-later
"""
What b4 itself makes of a mail; the only module that imports b4.

b4 lives in globals: importing it changes `email.charset` for the whole process, some of its functions read the
user's configuration through git, clean its cache directory or ask the network. Here it gets a configuration of
its own, no network, and the global table is put back.
"""

from types import ModuleType


def harvested_trailers(data: bytes) -> list[str]:
    """
    Return the trailers (`Key: value`) that b4 would add to the author's commits from this reply.

    *data* is a whole mail with a Message-ID; anything returned makes it unfit as a draft. Nothing is read
    from disk or network. ValueError when b4 cannot read the mail.
    """
    import email

    b4 = _load()
    mail = email.message_from_bytes(data, policy=b4.emlpolicy)
    return [str(trailer.as_string()) for trailer in b4.LoreMessage(mail).trailers]


def _load() -> ModuleType:
    """Import b4 offline with its default configuration, and undo what the import does to the email package."""
    from email import charset

    before = dict(charset.CHARSETS)
    import b4

    charset.CHARSETS.clear()
    charset.CHARSETS.update(before)
    b4.can_network = False
    # Filled, so that nothing sets it up from git; the identity is that of nobody.
    b4.MAIN_CONFIG = dict(b4.DEFAULT_CONFIG)
    b4.USER_CONFIG = {"name": "Nobody", "email": "nobody@localhost"}
    module: ModuleType = b4
    return module
