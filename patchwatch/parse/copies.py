# SPDX-License-Identifier: GPL-2.0-or-later
"""
What copies of one mail have in common when lists have changed them on the way.

A list may add a footer, encode the text anew or fold its blanks. So the digest is one of the words without blanks, up
to the signature or the footer. The lines of a diff that could be read are left to its patch id.
"""

from collections.abc import Sequence
from hashlib import blake2b

_BLANKS = b" \t\r\n\f\v"
# The end of what the sender wrote: his signature, or the footers of Mailman, Google Groups, Groups.io and ezmlm.
_ENDS = ("\n-- \n", "\n" + "_" * 30, "\n-=-=-=-=-=-=-=-=-=-", "\nTo unsubscribe")
_RULES = "-_=* \t\r\n"  # a line of these stands above some footers


def text_key(lines: Sequence[str], diff_start: int | None) -> str:
    """Return the digest of a decoded body; *diff_start* is the line where a diff begins that was read whole."""
    text = "\n".join(("", *lines[:diff_start]))
    for end in _ENDS:
        at = text.find(end)
        if at >= 0:
            text = text[:at]
    words = text.rstrip(_RULES).encode("utf-8", "replace").translate(None, _BLANKS)
    return blake2b(words, digest_size=12).hexdigest()
