# SPDX-License-Identifier: GPL-2.0-or-later
"""
One thread or one message of a public-inbox server, such as lore.kernel.org.

A thread comes as `t.mbox.gz`, whole or not at all: what breaks off gives no mail. This goes through our own connection
and not through liblore, which inflates whatever it is sent: a gzip of 300 kB that stands for 300 MiB cost it 600 MB of
memory, here it costs the cap. liblore also asks other servers when an answer tells it to, and lets a challenge page
escape as an error of gzip. Whole lists are mirrored with git, never asked for mail by mail.
"""

from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote, unquote, urlsplit

from patchwatch.errors import InputError, ServerError
from patchwatch.sources.stream import Supply
from patchwatch.sources.web import MEBIBYTE, Web, message_path

THREAD_CAP = 64 * MEBIBYTE
SCHEMES = ("http://", "https://")
_WHOLE = frozenset(["t.mbox.gz", "t.atom", "T", "t", "d", "s", "rfc822.txt", "index.html", ""])


@dataclass(frozen=True, slots=True)
class Address:
    """What a URL names: a list (no *mid*), a thread, or with *alone* one message."""

    origin: str
    name: str
    mid: str = ""
    alone: bool = False


def is_url(where: str) -> bool:
    """Whether *where* is a web address."""
    return where.lower().startswith(SCHEMES)


def read_url(url: str) -> Address:
    """
    Tell what *url* names: `HOST/LIST/`, `HOST/LIST/MID/` and its pages (`t.mbox.gz`, `T/`, `raw`).

    A list's name has no `@`; so in `HOST/MID/` the list is `all`. InputError for anything else.
    """
    parts = urlsplit(url)
    origin = f"{parts.scheme.lower()}://{parts.netloc}"
    words = [unquote(word) for word in parts.path.split("/")[1:]]
    while words and not words[-1]:
        words.pop()
    if words and "@" in words[0]:
        words.insert(0, "all")
    if not words or not all(word.isprintable() for word in words):
        raise InputError(f"{url}: names no list; write https://HOST/LIST/ or https://HOST/LIST/MESSAGE-ID/")
    if len(words) == 1:
        return Address(origin, words[0])
    page = words[2] if len(words) > 2 else ""
    if len(words) > 3 or (page not in _WHOLE and page != "raw"):
        raise InputError(f"{url}: is neither a list nor a thread; write https://HOST/LIST/MESSAGE-ID/")
    return Address(origin, words[0], words[1], page == "raw")


def fetch_mail(url: str, contact: str = "") -> Supply:
    """
    Return the thread or message at *url* as an mbox (mboxrd) in memory.

    Raises InputError when it is not there or *url* is a whole list, ServerError when the server fails.
    """
    address = read_url(url)
    if not address.mid:
        raise InputError(f"{url}: is a whole list; `patchwatch ingest` mirrors it, `check` takes a thread of it")
    page = "raw" if address.alone else "t.mbox.gz"
    path = f"/{quote(address.name, safe='')}/{message_path(address.mid)}/{page}"
    with Web(address.origin, contact) as web:
        answer = web.get(path, cap=THREAD_CAP, gzip=not address.alone)
    if answer is None:
        raise InputError(f"{url}: there is no such message on this list")
    if address.alone and "text/html" in answer.type:
        raise ServerError(f"{address.origin}: asks for a browser check instead of answering {path}")
    data = answer.data
    return Supply(url, lambda: BytesIO(data))
