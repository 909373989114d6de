# SPDX-License-Identifier: GPL-2.0-or-later
"""Sign-offs of a patch, wherever they stand in its mail."""

from collections.abc import Iterator

from patchwatch.model.mail import Message, Place, Trailer
from patchwatch.parse.agents import read_value

IN_LOG = frozenset({Place.TRAILERS, Place.BODY})


def sign_offs(message: Message) -> Iterator[Trailer]:
    """Yield the non-empty Signed-off-by lines of a patch in order, those below the cut too."""
    for trailer in message.trailers:
        if trailer.key.casefold() == "signed-off-by" and trailer.value:
            yield trailer


def people_signed(message: Message) -> Iterator[Trailer]:
    """Yield the sign-offs that name no agent; read from the line itself, however many there are."""
    for trailer in sign_offs(message):
        if read_value("signed-off-by", trailer.value) is None:
            yield trailer
