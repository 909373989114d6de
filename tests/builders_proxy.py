# SPDX-License-Identifier: GPL-2.0-or-later
"""A network between an IMAP client and its server that fails at a chosen moment, and a list of what was said."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """
    Passes one connection after the other on to a server on this machine.

    *fails*: "" never; "at-append" drops the line when APPEND is announced, "mid-append" after half of the mail,
    "after-append" when the server has all of it but the answer is on its way; "silent" passes nothing of APPEND on.
    """

    def __init__(self, port: int, fails: str) -> None:
        self._target, self._fails = port, fails
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.said: list[bytes] = []
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop, whatever is under way."""
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                state = {"append": False, "cut": False}
                threading.Thread(target=self._up, args=(client, server, state), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client, state), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, state: dict[str, bool]) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                self.said.append(data)
                announced = b" APPEND " in data
                if state["append"] and self._fails == "mid-append":
                    server.sendall(data[: len(data) // 2])
                    break
                if announced and self._fails == "silent":
                    continue
                if announced and self._fails == "at-append":
                    break
                if state["append"] and self._fails == "after-append":
                    state["cut"] = True
                state["append"] = state["append"] or announced
                server.sendall(data)
        if state["cut"]:
            return  # the other direction ends it, once the server has answered
        for one in (client, server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _down(self, server: socket.socket, client: socket.socket, state: dict[str, bool]) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if state["cut"]:
                    break  # stored, and the answer is lost
                client.sendall(data)
        for one in (client, server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(port: int, fails: str = "") -> Iterator[Proxy]:
    """Start a proxy before the server on *port*."""
    made = Proxy(port, fails)
    try:
        yield made
    finally:
        made.close()
