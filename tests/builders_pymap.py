# SPDX-License-Identifier: GPL-2.0-or-later
"""pymap, an IMAP server in Python that marks no folders (no SPECIAL-USE); all of it is in memory."""

import imaplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "demouser", "demopass"
_TRIES = 200
_PAUSE = 0.1


@contextmanager
def pymap(*folders: str) -> Iterator[int]:
    """Start it with the folders of its demo (INBOX, Sent, Trash) and *folders*; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    program = Path(sys.executable).with_name("pymap")
    words = ["--host", "127.0.0.1", "--port", str(port), "--no-service", "managesieve", "--no-service", "admin"]
    server = subprocess.Popen(
        [program, *words, "dict", "--demo-data"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(server, port)
        with imaplib.IMAP4("127.0.0.1", port) as imap:
            imap.login(USER, PASSWORD)
            for folder in folders:
                imap.create(folder)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(_TRIES):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
                if probe.recv(4).startswith(b"* OK"):
                    return
        except OSError:
            pass
        try:
            server.wait(_PAUSE)
        except subprocess.TimeoutExpired:
            continue
        break
    raise RuntimeError("pymap did not start")
