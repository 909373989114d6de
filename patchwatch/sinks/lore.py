# SPDX-License-Identifier: GPL-2.0-or-later
"""How lore.kernel.org tells people to reply: a command line to copy, and a mailto: link. Nothing is started here."""

import shlex
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from urllib.parse import quote

_SAFE = "@"


def git_lines(data: bytes, file: str) -> str:
    """
    Return the `git send-email` command, over several lines, that a person may run to send the draft in *file*.

    `--suppress-cc=self`: a configured `all` would drop the draft's own Cc without a word.
    """
    mail = message_from_bytes(data)
    words = ["git send-email --suppress-cc=self"]
    words += [f"--in-reply-to={shlex.quote(_bare(mail, 'In-Reply-To'))}"]
    words += [f"--to={shlex.quote(address)}" for address in _addresses(mail, "To")]
    words += [f"--cc={shlex.quote(address)}" for address in _addresses(mail, "Cc")]
    return " \\\n    ".join([*words, shlex.quote(file)])


def mailto(data: bytes) -> str:
    """Return the draft as a mailto: link (RFC 6068); lines of the body end in CR LF there."""
    mail = message_from_bytes(data)
    fields = [
        ("In-Reply-To", f"<{_bare(mail, 'In-Reply-To')}>"),
        ("Cc", ",".join(_addresses(mail, "Cc"))),
        ("Subject", _decoded(mail, "Subject")),
        ("Body", _text(mail).replace("\n", "\r\n")),
    ]
    query = "&".join(f"{name}={quote(value, safe=_SAFE)}" for name, value in fields if value)
    return f"mailto:{','.join(quote(one, safe=_SAFE) for one in _addresses(mail, 'To'))}?{query}"


def _bare(mail: "Message[str, str]", name: str) -> str:
    return str(mail.get(name, "")).strip().strip("<>")


def _addresses(mail: "Message[str, str]", name: str) -> list[str]:
    values = [" ".join(str(value).split()) for value in mail.get_all(name, [])]
    return list(dict.fromkeys(address for _, address in getaddresses(values) if address))


def _decoded(mail: "Message[str, str]", name: str) -> str:
    value = " ".join(str(mail.get(name, "")).split())
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, ValueError):
        return value


def _text(mail: "Message[str, str]") -> str:
    payload = mail.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
