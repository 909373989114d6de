# SPDX-License-Identifier: GPL-2.0-or-later
"""A small web server on loopback that answers what a test wants, also what no honest server would."""

import gzip
import json
import select
import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Writer = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Page:
    """
    One answer. *length* is the Content-Length it tells (its own without), *stream* writes the body itself, after
    which the connection ends, and *raw* writes all of the answer, headers included.
    """

    body: bytes = b""
    type: str = "text/html"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    stream: Callable[[Writer], None] | None = None
    raw: Callable[[Writer], object] | None = None


@dataclass(slots=True)
class Served:
    """A running server: its *url* without a slash at the end, what to answer by path, and what was asked."""

    url: str
    pages: dict[str, Page]
    asked: list[tuple[str, str]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    def paths(self) -> list[str]:
        """Return the paths that were asked, and forget them."""
        found = [path for _, path in self.asked]
        self.asked.clear()
        return found


@contextmanager
def served(pages: Mapping[str, Page]) -> Iterator[Served]:
    """Serve *pages* by path; all else is 404."""
    here = Served("", dict(pages))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append((self.command, self.path))
            here.agents.add(self.headers.get("User-Agent", ""))
            page = here.pages.get(self.path, Page(b"nothing here", status=404))
            with suppress(OSError):  # the other side may well have had enough
                self._answer(page)
            self.close_connection = True

        def _answer(self, page: Page) -> None:
            if page.raw is not None:
                page.raw(self.wfile.write)
                return
            self.send_response(page.status)
            self.send_header("Content-Type", page.type)
            if page.stream is None or page.length is not None:
                self.send_header("Content-Length", str(len(page.body) if page.length is None else page.length))
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if page.stream is not None:
                page.stream(self.wfile.write)
            else:
                self.wfile.write(page.body)

        # Any: the base class takes a format and whatever fits it.
        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def manifest(epochs: Mapping[str, object], name: str = "list") -> Page:
    """Return the manifest of a list: its epochs by number, each with its fingerprint."""
    found = {f"/{name}/git/{number}.git": {"fingerprint": mark, "modified": 1} for number, mark in epochs.items()}
    return zipped(json.dumps(found).encode())


def zipped(data: bytes, **more: Any) -> Page:
    """Return a page that is gzip, as public-inbox sends it."""
    return Page(gzip.compress(data), "application/gzip", **more)


def bomb(mebibytes: int) -> bytes:
    """Return gzip of so many MiB of zeros, about a thousand times smaller."""
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    return b"".join([*(press.compress(zeros) for _ in range(mebibytes)), press.flush()])


@contextmanager
def relay(url: str, cut_after: Callable[[], int]) -> Iterator[str]:
    """
    Pass connections on to the server at *url*; gives our own origin.

    Each is cut off when the server has sent *cut_after* bytes through it.
    """
    host, _, port = url.partition("://")[2].partition("/")[0].partition(":")
    listener = socket.create_server(("127.0.0.1", 0))

    def forward(come: socket.socket) -> None:
        with suppress(OSError), come, socket.create_connection((host, int(port))) as gone:
            left = cut_after()
            while True:
                ready, _, _ = select.select([come, gone], [], [], 20)
                if come in ready:
                    if not (data := come.recv(1 << 16)):
                        return
                    gone.sendall(data)
                if gone in ready:
                    data = gone.recv(min(1 << 16, left))
                    come.sendall(data)
                    left -= len(data)
                    if not data or left <= 0:
                        return
                if not ready:
                    return

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=forward, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
