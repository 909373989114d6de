# SPDX-License-Identifier: GPL-2.0-or-later
"""
What b4 itself makes of a mail; the only module that imports b4.

b4 lives in globals: importing it changes `email.charset` for the whole process, some of its functions read the
user's configuration through git, clean its cache directory or ask the network. Here it gets a configuration of
its own, no network, and the global table is put back. Signatures are checked in a process of its own: that code
makes folders in the home directory, starts git and gpg, may exit, and takes minutes over some mails.
"""

import json
import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from patchwatch.model.attestation import Attestation, SignatureKind, SignatureStatus

_START_SECONDS, _MAIL_SECONDS = 60, 10  # for importing b4, and for each mail
_MAX_DETAIL = 300
_WORKER = "from patchwatch.adapters.b4 import attest_worker; attest_worker()"
_NO_NETWORK = "needs DNS (--online)"


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


def _load(*, can_network: bool = False) -> ModuleType:
    """Import b4 with its default configuration, and undo what the import does to the email package."""
    from email import charset

    before = dict(charset.CHARSETS)
    import b4

    charset.CHARSETS.clear()
    charset.CHARSETS.update(before)
    b4.can_network = can_network
    # Filled, so that nothing sets it up from git; the identity is that of nobody.
    b4.MAIN_CONFIG = dict(b4.DEFAULT_CONFIG)
    b4.USER_CONFIG = {"name": "Nobody", "email": "nobody@localhost"}
    module: ModuleType = b4
    return module


def attest(
    mails: Sequence[tuple[str, bytes]], *, online: bool = False, keyrings: Sequence[str] | None = None
) -> list[list[Attestation]]:
    """
    Return what b4 and patatt say about the signatures of each mail, given as (Message-ID, bytes); never raises.

    Only with *online* are DKIM keys looked up in DNS; nothing else asks the network. *keyrings* are folders of
    patatt keys, by default those that the user has configured for b4 or patatt.
    """
    answers = _ask(mails, online=online, keyrings=keyring_folders() if keyrings is None else keyrings)
    silent = [[kind.value, SignatureStatus.UNKNOWN.value, "", "b4 gave no answer"] for kind in SignatureKind]
    return [
        [
            Attestation(
                message_id=message_id,
                kind=SignatureKind(kind),
                status=SignatureStatus(status),
                identity=identity,
                detail=detail,
            )
            for kind, status, identity, detail in answers.get(number, silent)
        ]
        for number, (message_id, _) in enumerate(mails)
    ]


def keyring_folders() -> list[str]:
    """
    Return the folders of public keys of this user: `keyringsrc` of b4 and patatt in git's configuration, and b4's own.

    The configuration of a repository that we happen to stand in does not count, nor do keys inside a repository:
    who made it could vouch for anybody.
    """
    import subprocess

    command = ["git", "config", "--global", "-z", "--get-regexp", r"^(b4|patatt)\.keyringsrc$"]
    try:
        told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        told = b""
    named = [entry.partition("\n")[2] for entry in told.decode("utf-8", "replace").split("\0")]
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    folders = [Path(name).expanduser() for name in (*named, f"{data}/b4/keyring") if name and name[:4] != "ref:"]
    return list(dict.fromkeys(str(folder) for folder in folders if folder.is_absolute() and folder.is_dir()))


# Any: decoded JSON, of our own making.
def _ask(mails: Sequence[tuple[str, bytes]], *, online: bool, keyrings: Sequence[str]) -> dict[int, Any]:
    """Run the worker on all mails, in a home of its own; return its answers by number of the mail."""
    import subprocess
    import tempfile

    question = {"online": online, "keyrings": list(keyrings), "mails": [b64encode(data).decode() for _, data in mails]}
    with tempfile.TemporaryDirectory(prefix="patchwatch-") as home:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "XDG_", "B4_"))}
        private = dict.fromkeys(("HOME", "GNUPGHOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), home)
        git = {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CEILING_DIRECTORIES": str(Path(home).parent),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env={**kept, **private, **git, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(json.dumps(question).encode(), _START_SECONDS + _MAIL_SECONDS * len(mails))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)  # with the git or gpg it may have started
            output, _ = process.communicate()
    return dict(_answers(output))


def _answers(output: bytes) -> Iterable[tuple[int, Any]]:
    for line in output.splitlines():
        try:
            number, found = json.loads(line)
        except ValueError:  # cut off when the worker was ended
            continue
        yield number, found


def attest_worker() -> None:
    """Answer the question on stdin with one JSON line a mail; only for `attest`, which starts this as a process."""
    question = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print is no answer
    if not question["online"]:
        _forbid_sockets()
    b4 = _load(can_network=question["online"])
    b4.MAIN_CONFIG.update({"gpgbin": "gpg", "keyringsrc": question["keyrings"] or [os.devnull]})
    for number, data in enumerate(question["mails"]):
        try:
            found = _signatures(b4, b64decode(data), online=question["online"])
        except (Exception, SystemExit) as error:  # noqa: BLE001 - b4 raises and exits over odd mail
            detail = f"b4 cannot read this mail: {type(error).__name__}: {error}"[:_MAX_DETAIL]
            found = [(kind, SignatureStatus.UNKNOWN, "", detail) for kind in SignatureKind]
        answers.write(json.dumps([number, found]) + "\n")
        answers.flush()


def _forbid_sockets() -> None:
    """Make sure that nothing in this process asks the network."""
    import socket

    class NoSocket(socket.socket):
        def __init__(self, *_: object, **__: object) -> None:
            raise OSError("no network without --online")

    socket.socket = NoSocket  # type: ignore[misc]  # the libraries find this one


_Signature = tuple[SignatureKind, SignatureStatus, str, str]


def _signatures(b4: ModuleType, data: bytes, *, online: bool) -> list[_Signature]:
    import email

    mail = email.message_from_bytes(data, policy=b4.emlpolicy)
    domains = [
        str(b4.LoreMessage.get_parts_from_header(value).get("d") or "") for value in mail.get_all("DKIM-Signature", [])
    ]
    signed = mail.get("X-Developer-Signature") is not None
    message = b4.LoreMessage(mail)
    if not message.msgid:
        raise ValueError("it has no Message-ID")
    said = _dkim_talk(b4)
    found = [_signature(one, message.fromemail, said) for one in message.attestors]
    kinds = {kind for kind, *_ in found}
    if domains and not online:
        found += [
            (SignatureKind.DKIM, SignatureStatus.UNKNOWN, domain, _NO_NETWORK) for domain in dict.fromkeys(domains)
        ]
    elif SignatureKind.DKIM not in kinds:
        found.append((SignatureKind.DKIM, SignatureStatus.NONE, "", "no DKIM-Signature"))
    if SignatureKind.PATATT not in kinds:
        status = SignatureStatus.UNKNOWN if signed else SignatureStatus.NONE
        found.append((SignatureKind.PATATT, status, "", "" if signed else "no X-Developer-Signature"))
    return found


def _dkim_talk(b4: ModuleType) -> list[str]:
    """Return a list that fills with what the DKIM library says: its result does not tell a lost key from a forgery."""
    import logging

    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage().removeprefix("DKIM: ")
            if text.startswith(
                ("missing public key", "KeyFormatError", "DnsTimeoutError")
            ):  # all else can quote the mail
                said.append(text)

    b4.dkimlogger.handlers = [Listener()]
    b4.dkimlogger.setLevel(logging.DEBUG)
    return said


# Any: an attestor of b4, which has no types of its own outside.
def _signature(one: Any, sender: str, said: list[str]) -> _Signature:
    """Turn an attestor into a fact; a good signature by somebody else than the sender says so."""
    kind = SignatureKind.DKIM if one.mode == "DKIM" else SignatureKind.PATATT
    talk = said if kind is SignatureKind.DKIM else []
    if one.passing:
        status = SignatureStatus.PASS
        one.check_identity(sender)
    elif kind is SignatureKind.PATATT:
        status = SignatureStatus.FAIL if one.have_key else SignatureStatus.UNKNOWN
    else:
        status = SignatureStatus.UNKNOWN if one.errors or talk else SignatureStatus.FAIL
    detail = "; ".join(dict.fromkeys(map(str, (*one.errors, *talk[:1]) if not one.passing else one.errors)))
    return kind, status, str(one.identity or ""), " ".join(detail.split())[:_MAX_DETAIL]
