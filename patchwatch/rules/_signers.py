# SPDX-License-Identifier: GPL-2.0-or-later
"""Sign-offs of a patch, wherever they stand in its mail."""

from collections.abc import Iterator

from patchwatch.model.mail import Message, Place, Trailer

IN_LOG = frozenset({Place.TRAILERS, Place.BODY})


def sign_offs(message: Message) -> Iterator[Trailer]:
    """Yield the non-empty Signed-off-by lines of a patch in order, those below the cut too."""
    for trailer in message.trailers:
        if trailer.key.casefold() == "signed-off-by" and trailer.value:
            yield trailer
