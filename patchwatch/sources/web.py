# SPDX-License-Identifier: GPL-2.0-or-later
"""
One polite connection to an archive's web server: capped, never inflating a bomb, never leaving the host.

What comes back is checked before it is used: status, type, first bytes, size. A page that wants a browser is told as
what it is and never solved. Every failure is a ServerError with one line for people.

This is http.client and not requests: it costs half as much to import, which counts for a timer's run without news, it
hands out bytes as they came (requests inflates a `Content-Encoding: gzip` without a bound), and it shows its socket,
so that a deadline can end an answer that trickles in byte by byte, headers included.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR
from ssl import SSLCertVerificationError
from threading import Timer
from types import TracebackType
from typing import Self
from urllib.parse import quote, urljoin, urlsplit

from patchwatch import __version__
from patchwatch.errors import InputError, ServerError

MEBIBYTE = 1 << 20
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 16
_PIECE = 1 << 13  # what is inflated at once: many tiny gzip members then cost no more than one
_PAUSE = 30.0  # seconds until something must come
_DEADLINE = 300.0  # of a whole answer
_REDIRECTS = 3
WAIT_CAP = 24 * 3600
_WAIT = 600
# What may stand in a path segment as it is; all else of a Message-ID is percent-encoded, also `/`.
_ID_SAFE = "-._~!$&'()*+,;=:@"
_PORTS = {"http": 80, "https": 443}


class AskedToWait(ServerError):  # noqa: N818 - reads as what happened
    """The server wants to be left alone for *seconds* (429, 503 or 403)."""

    def __init__(self, text: str, seconds: int) -> None:
        super().__init__(text)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, inflated when it was gzip, and its Content-Type in lower case."""

    data: bytes
    type: str


def user_agent(contact: str) -> str:
    """Return how we name ourselves to servers; *contact* is an address or URL of the user, may be empty."""
    plain = "".join(char for char in contact if char.isascii() and char.isprintable())
    return f"patchwatch/{__version__}" + (f" (+{plain})" if plain else "")


def message_path(mid: str) -> str:
    """Return a Message-ID as one segment of a URL."""
    return quote(mid, safe=_ID_SAFE)


class Web:
    """
    A session with one server, a context manager.

    The origin of *url*, `https://HOST[:PORT]`, is the only one that is ever asked, whatever an answer says. *deadline*
    is how many seconds one answer may take as a whole.
    """

    def __init__(self, url: str, contact: str = "", deadline: float = _DEADLINE) -> None:
        try:
            parts = urlsplit(url)
            self._port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise InputError(f"{url}: is no http or https URL") from None
        if parts.scheme not in _PORTS or not parts.hostname or not parts.netloc.isascii():
            raise InputError(f"{url}: is no http or https URL")
        if "@" in parts.netloc:
            raise InputError(f"{parts.hostname}: a URL with a user name or password in it is not used")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._scheme, self._host = parts.scheme, parts.hostname
        self._headers = {"User-Agent": user_agent(contact), "Accept-Encoding": "identity"}
        self._deadline = deadline
        self._line: HTTPConnection | None = None
        self._late = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def get(self, path: str, *, cap: int, gzip: bool = False) -> Answer | None:
        """
        Return what is at *path* (absolute, already quoted), None when it is not there.

        At most *cap* bytes after inflation; *gzip*: the body must be gzip and is inflated.
        """
        url = urljoin(self.origin, path)
        for _ in range(_REDIRECTS + 1):
            with self._asked(url) as reply:
                if reply.status not in (301, 302, 303, 307, 308):
                    return self._taken(reply, urlsplit(url).path, cap, gzip=gzip)
                url = self._followed(url, reply.getheader("Location", ""))
        raise ServerError(f"{self.origin}: redirects without end at {path}")

    @contextmanager
    def _asked(self, url: str) -> Iterator[HTTPResponse]:
        """Send one request; a timer ends its connection when the answer takes too long."""
        parts = urlsplit(url)
        line = self._line = self._line or self._connection()
        self._late = False

        def end() -> None:
            self._late = True
            if line.sock is not None:
                with suppress(OSError):
                    line.sock.shutdown(SHUT_RDWR)

        timer = Timer(self._deadline, end)
        timer.daemon = True
        try:
            timer.start()
            line.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=self._headers)
            yield line.getresponse()
        except (OSError, HTTPException, ValueError) as error:
            self._check_time()
            raise ServerError(f"{self.origin}: {_reason(error)}") from None
        finally:
            timer.cancel()
            self.close()  # what is left of an answer is never read: a new request gets a new connection

    def _check_time(self) -> None:
        """Raise ServerError when the timer has ended the connection, which looks like the end of an answer."""
        if self._late:
            raise ServerError(f"{self.origin}: was not done after {self._deadline:g} seconds")

    def _connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self._scheme == "https" else HTTPConnection
        proxy = _proxy(self._scheme, self._host, self._port)
        if proxy is None:
            return kind(self._host, self._port, timeout=_PAUSE)
        line = kind(*proxy, timeout=_PAUSE)
        line.set_tunnel(self._host, self._port)
        return line

    def _followed(self, url: str, location: str) -> str:
        try:
            target = urljoin(url, location)
        except ValueError:
            target = ""
        if not target.startswith(f"{self.origin}/") or not (target.isascii() and target.isprintable()):
            place = "".join(char if char.isprintable() else "?" for char in location[:100])
            raise ServerError(f"{self.origin}: sends to another place ({place}); not followed")
        return target

    def _taken(self, reply: HTTPResponse, where: str, cap: int, *, gzip: bool) -> Answer | None:
        status, kind = reply.status, reply.getheader("Content-Type", "").lower()
        if status in (300, 404):  # 300 is a page of guesses at other lists
            return None
        if status in (403, 429, 503):
            seconds = wait_seconds(reply.getheader("Retry-After", ""))
            raise AskedToWait(f"{self.origin}: answers {status}: asks to be left alone for {seconds} seconds", seconds)
        if status != 200:
            raise ServerError(f"{self.origin}: answers {status} to {where}")
        data = self._body(reply, MEBIBYTE + cap)
        if reply.getheader("Content-Encoding", "").lower() == "gzip" and data.startswith(_GZIP):
            data = inflate(data, cap, self.origin)
            if not gzip or not data.startswith(_GZIP):
                return Answer(data, kind)
        if gzip and not data.startswith(_GZIP):
            if "text/html" in kind:
                raise ServerError(f"{self.origin}: asks for a browser check instead of answering {where}")
            raise ServerError(f"{self.origin}: answers {where} with {kind[:100] or 'something'} instead of gzip")
        return Answer(inflate(data, cap, self.origin) if gzip else data, kind)

    def _body(self, reply: HTTPResponse, cap: int) -> bytes:
        parts, size = [], 0
        while part := reply.read1(_CHUNK):
            size += len(part)
            if size > cap:
                raise ServerError(f"{self.origin}: sends more than {cap // MEBIBYTE} MiB")
            parts.append(part)
        self._check_time()
        told = reply.getheader("Content-Length", "")
        if told.isdigit() and not reply.chunked and int(told[:18]) != size:
            raise ServerError(f"{self.origin}: broke off after {size} of {told[:18]} bytes")
        return b"".join(parts)


def inflate(data: bytes, cap: int, name: str) -> bytes:
    """Inflate gzip of one or more members up to *cap* bytes; ServerError for a bomb or a stream that breaks off."""
    parts, size, at = [], 0, 0
    view = memoryview(data)
    while data[at : at + 2] == _GZIP:
        one = zlib.decompressobj(wbits=31)
        while not one.eof:
            if at >= len(data):
                raise ServerError(f"{name}: broke off in the middle of gzip data")
            piece = view[at : at + _PIECE]
            try:
                part = one.decompress(piece, cap - size + 1)
            except zlib.error:
                raise ServerError(f"{name}: sends damaged gzip data") from None
            at += len(piece) - len(one.unused_data)
            size += len(part)
            if size > cap:
                raise ServerError(f"{name}: sends what inflates to more than {cap // MEBIBYTE} MiB")
            parts.append(part)
    return b"".join(parts)


def wait_seconds(text: str) -> int:
    """Read Retry-After in seconds; a date, or nothing, stands for ten minutes."""
    return min(int(text), WAIT_CAP) if text.isascii() and text.isdigit() and len(text) < 9 else _WAIT


def _proxy(scheme: str, host: str, port: int) -> tuple[str, int] | None:
    """Return the proxy that the environment names for this server, as curl and git do; None without one."""
    import os

    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    url = next((value for name in names if (value := os.environ.get(name)) and name != "HTTP_PROXY"), "")
    if not url:
        return None
    from urllib.request import proxy_bypass

    if proxy_bypass(f"{host}:{port}"):
        return None
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        place = (parts.hostname or "", parts.port or 80)
    except ValueError:
        raise InputError("the proxy of the environment is no URL") from None
    return place if place[0] else None


def _reason(error: Exception) -> str:
    """Say in a few words what the network did."""
    from socket import gaierror

    words = (
        (TimeoutError, "gives no answer"),
        (ConnectionRefusedError, "refuses connections"),
        (gaierror, "is not known by that name"),
        (SSLCertVerificationError, "shows a certificate that is not trusted"),
        (ConnectionError, "broke off"),
        (HTTPException, "broke off or does not speak HTTP"),
    )
    found = next((text for kind, text in words if isinstance(error, kind)), "")
    return found or (error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__)
