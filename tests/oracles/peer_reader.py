# SPDX-License-Identifier: GPL-2.0-or-later
"""
b4 and liblore in a process of their own: importing them changes email.charset and loggers of a whole process.

As a program: `peer_reader.py b4|liblore`, mails on stdin, each after its length in ASCII and a newline;
one line of JSON for each on stdout, with "error" in it when the library raised.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Fields = dict[str, Any]


def ask(library: str, mails: Sequence[bytes]) -> list[Fields]:
    """Return what *library* reads of each mail."""
    stdin = b"".join(b"%d\n%s" % (len(mail), mail) for mail in mails)
    with tempfile.TemporaryDirectory() as home:
        folders = {f"XDG_{kind}_HOME": f"{home}/{kind}" for kind in ("CONFIG", "CACHE", "DATA", "STATE")}
        env = {**os.environ, "HOME": home, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **folders}
        command = [sys.executable, str(Path(__file__)), library]
        done = subprocess.run(command, input=stdin, capture_output=True, env=env, cwd=home, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace")[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


def _by_b4(data: bytes) -> Fields:
    import email

    import b4

    message = b4.LoreMessage(email.message_from_bytes(data, policy=b4.emlpolicy))
    trailers = message.trailers
    if message.has_diff and not message.reply:
        trailers = b4.LoreMessage.get_body_parts(message.body)[2]
    subject = message.lsubject
    return {
        "trailers": [[trailer.name, trailer.value] for trailer in trailers],
        "reply": message.reply,
        "title": message.subject,
        "revision": None if message.revision_inferred else message.revision,
        "counter": None if message.counters_inferred else [subject.counter, subject.expected],
        "has_diff": message.has_diff,
    }


def _by_liblore(data: bytes) -> Fields:
    from liblore.series import summarize_message
    from liblore.utils import msg_get_payload, parse_message

    message = parse_message(data)
    summary = summarize_message(message)
    patch = summary.patch
    return {
        "trailers": [[trailer.name, trailer.value] for trailer in summary.trailers],
        "reply": patch.is_reply,
        "title": patch.title,
        "revision": None if patch.version_inferred else patch.version,
        "counter": None if patch.counters_inferred else [patch.counter, patch.expected],
        "has_diff": summary.has_diff,
        "author": list(summary.author),
        "body": msg_get_payload(message, strip_signature=False),
    }


def main(library: str) -> None:
    """Answer until stdin ends."""
    logging.disable(logging.CRITICAL)
    if library == "b4":
        import b4

        b4.can_network = False
        b4.MAIN_CONFIG = dict(b4.DEFAULT_CONFIG)
    read = _by_b4 if library == "b4" else _by_liblore
    while size := sys.stdin.buffer.readline():
        data = sys.stdin.buffer.read(int(size))
        try:
            fields = read(data)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - which of them raise is what we want to know
            fields = {"error": type(error).__name__}
        sys.stdout.write(json.dumps(fields) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
