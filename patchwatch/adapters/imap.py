# SPDX-License-Identifier: GPL-2.0-or-later
"""
An IMAP connection that can do little: list folders, read without a trace, and append to one folder.

RFC 3501 with SPECIAL-USE (6154), UIDPLUS (4315) and CONDSTORE (7162) where a server has them. Folder names here are
ordinary text; modified UTF-7 and quoting happen inside. Every failure is a ServerError with one line for people.
"""

import imaplib
import re
import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

from patchwatch.adapters.secrets import password_for
from patchwatch.errors import ServerError, UsageError

_SECONDS = 30.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# (\HasNoChildren \Drafts) "/" "Entw&APw-rfe": flags, delimiter, name; the name may also come as a literal.
_LISTED = re.compile(rb'\((?P<flags>[^()]*)\) (?:NIL|"(?:\\.|[^"\\])") (?P<name>.*)', re.DOTALL)
_APPENDED = re.compile(rb"\[APPENDUID (\d{1,10}) (\d{1,10})\]")
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_FLAGS = re.compile(rb"\bFLAGS \(([^()]*)\)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,10})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    A mail server as configured under `[imap.NAME]`.

    *tls* False is for servers on this machine only: a password never crosses a network in the clear.
    """

    name: str
    host: str
    port: int = 993
    user: str = ""
    tls: bool = True
    password_command: str = ""


class Folder(NamedTuple):
    """A folder as the server lists it; *flags* in lower case, such as `\\drafts`."""

    name: str
    flags: frozenset[str]


class Opened(NamedTuple):
    """What the server says of a folder it opened; UIDs are only good together with *validity*."""

    validity: int
    next_uid: int
    exists: int


class Imap:
    """A logged-in connection, a context manager; one folder is open at a time."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.label = f"imap:{account.name} ({account.host})"
        self._may_write = False
        self._server = self._connected()
        try:
            self._login()
        except BaseException:
            self.close()
            raise
        # What a server can do after a login differs from before: ask again.
        with self._told("asked what it can do"):
            answer = self._server.capability()[1]
        self.capabilities = frozenset(b" ".join(part for part in answer if part).decode("ascii", "replace").split())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Log out, whatever state the connection is in."""
        try:
            self._server.logout()
        except (OSError, imaplib.IMAP4.error):
            return

    def folders(self) -> list[Folder]:
        """Return all folders with their flags."""
        with self._told("listed its folders"):
            status, lines = self._server.list()
        self._expect(status, lines, "list folders")
        return [found for line in lines if (found := _listed(line)) is not None]

    def open(self, folder: str, *, write: bool = False) -> Opened:
        """Open a folder, read-only (EXAMINE) unless *write*; ServerError when it is not there."""
        with self._told(f"opened {folder}"):
            status, lines = self._server.select(_quoted(folder), readonly=not write)
        self._expect(status, lines, f"open {folder}")
        self._may_write = write
        numbers = {key: self._number(key) for key in ("UIDVALIDITY", "UIDNEXT")}
        exists = int(lines[0]) if lines and lines[0] and lines[0].isdigit() else 0
        return Opened(numbers["UIDVALIDITY"], numbers["UIDNEXT"], exists)

    def sizes(self, first_uid: int) -> dict[int, int]:
        """Return UID and size in bytes of all mails of the open folder from *first_uid* on, by UID."""
        lines = self._uid("FETCH", f"{first_uid}:*", "(RFC822.SIZE)")
        found = {}
        for line in lines:
            head = line[0] if isinstance(line, tuple) else line
            uid, size = _UID.search(head or b""), _SIZE.search(head or b"")
            if uid and size and int(uid[1]) >= first_uid:  # `n:*` always gives the last mail too
                found[int(uid[1])] = int(size[1])
        return dict(sorted(found.items()))

    def read(self, uid: int, *, headers: bool = False, first_bytes: int = 0) -> bytes | None:
        """Return a mail of the open folder with LF line ends, or its headers or *first_bytes*; None when it is gone."""
        part = f"<0.{first_bytes}>" if first_bytes else ""
        return self._read([uid], f"(BODY.PEEK[{'HEADER' if headers else ''}]{part})").get(uid)

    def read_many(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Return those mails of the open folder that are still there, with LF line ends, in one command."""
        return self._read(uids, "(BODY.PEEK[])")

    def _read(self, uids: Sequence[int], what: str) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        data, uid = None, None
        for line in self._uid("FETCH", ",".join(map(str, uids)), what):
            if isinstance(line, tuple):
                data, uid = bytes(line[1]), _UID.search(line[0])
            elif data is not None:  # the end of the answer, where some servers put the UID
                told = uid or _UID.search(line)
                if told is not None:
                    found[int(told[1])] = data.replace(b"\r\n", b"\n")
                data = None
        return {one: found[one] for one in uids if one in found}

    def threading(self) -> dict[int, tuple[bytes, frozenset[str]]]:
        """Return the fields Message-ID and In-Reply-To and the flags (lower case) of all mails of the open folder."""
        found: dict[int, tuple[bytes, frozenset[str]]] = {}
        lines = self._uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO)])")
        for line, after in zip(lines, [*lines[1:], b""], strict=True):
            if not isinstance(line, tuple):
                continue
            told = bytes(line[0]) + b" " + (after if isinstance(after, bytes) else b"")  # what follows may stand after
            uid, flags = _UID.search(told), _FLAGS.search(told)
            if uid is not None:
                words = flags[1].decode("ascii", "replace").lower().split() if flags else []
                found[int(uid[1])] = (bytes(line[1]).replace(b"\r\n", b"\n"), frozenset(words))
        return dict(sorted(found.items()))

    def find(self, header: str, value: str) -> list[int]:
        """Return the UIDs of mails whose *header* contains *value*: servers match parts of it, so compare yourself."""
        answer = self._uid("SEARCH", "HEADER", header, _string(value))
        return [int(word) for line in answer if isinstance(line, bytes) for word in line.split() if word.isdigit()]

    def append(self, folder: str, data: bytes, flags: str = r"(\Draft \Seen)") -> int | None:
        """Store a mail (LF line ends) in *folder*; return its UID where the server tells."""
        wire = b"\r\n".join(data.split(b"\n"))
        with self._told(f"stored a mail in {folder}"):
            status, lines = self._server.append(_quoted(folder), flags, "", wire)
        self._expect(status, lines, f"store a mail in {folder}")
        found = _APPENDED.search(b" ".join(line for line in lines if isinstance(line, bytes)))
        return int(found[2]) if found else None

    def remove(self, uid: int) -> bool:
        """
        Mark one mail of the open folder as deleted, and expunge just that one where the server can (UIDPLUS).

        A plain EXPUNGE would remove what others marked. Returns whether it is gone.
        """
        if not self._may_write:  # some servers say OK and do nothing
            raise ServerError(f"{self.label}: the folder is open for reading only")
        self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" not in self.capabilities:
            return False
        self._uid("EXPUNGE", str(uid))
        return True

    def _connected(self) -> imaplib.IMAP4:
        account = self.account
        if not account.tls and account.host not in _LOOPBACK:
            raise UsageError(
                f"imap.{account.name}.tls: false sends the password in the clear to {account.host}; only a server on "
                "this machine may be reached so"
            )
        with self._told("connected"):
            if account.tls:
                context = ssl.create_default_context()
                return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=_SECONDS)
            return imaplib.IMAP4(account.host, account.port, timeout=_SECONDS)

    def _login(self) -> None:
        account = self.account
        where = f"{account.host}:{account.port}"
        key = f"imap.{account.name}.password_command"
        protocol = "imaps" if account.tls else "imap"
        password = password_for(protocol, where, account.user, account.password_command, key)
        with self._told(f"logged in as {account.user}"):
            try:
                if (account.user + password).isascii():
                    self._server.login(_string(account.user), password)
                else:  # LOGIN knows no such letters
                    secret = f"\0{account.user}\0{password}".encode()
                    self._server.authenticate("PLAIN", lambda _: secret)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                raise ServerError(f"{self.label}: the login of {account.user} was refused: {_words(error)}") from None

    def _uid(self, verb: str, *arguments: str) -> Sequence[Any]:  # Any: imaplib's mix of bytes, tuples and None
        with self._told(f"did UID {verb}"):
            status, lines = self._server.uid(verb, *arguments)
        self._expect(status, lines, f"UID {verb}")
        return [line for line in lines if line is not None]

    def _number(self, key: str) -> int:
        _, values = self._server.response(key)
        value = values[0] if values else None
        return int(value) if isinstance(value, bytes) and value.isdigit() else 0

    def _expect(self, status: str, lines: Sequence[Any], what: str) -> None:
        if status != "OK":
            said = b" ".join(line for line in lines if isinstance(line, bytes)).decode("utf-8", "replace")
            raise ServerError(f"{self.label}: cannot {what}: {_words(said)}")

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        """Turn what imaplib and the network raise into one line for people."""
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise ServerError(f"{self.label}: its certificate is not trusted: {error.verify_message}") from None
        except TimeoutError:
            raise ServerError(f"{self.label}: gave no answer within {_SECONDS:.0f} seconds") from None
        except OSError as error:
            raise ServerError(f"{self.label}: {error.strerror or error}") from None
        except imaplib.IMAP4.error as error:
            raise ServerError(f"{self.label}: broke off before it {done}: {_words(error)}") from None


def drafts_folder(listed: Sequence[Folder], configured: str) -> str:
    """
    Return the folder for drafts: the configured one, else the one the server marks, else a usual name.

    Raises UsageError that names what there is: a folder is never made unasked.
    """
    names = [folder.name for folder in listed]
    if configured:
        if configured in names:
            return configured
        raise UsageError(f"no folder {configured!r} on the server; there are {_named(names)}")
    marked = [folder.name for folder in listed if "\\drafts" in folder.flags]
    usual = [name for name in ("Drafts", "INBOX.Drafts", "INBOX/Drafts", "[Gmail]/Drafts") if name in names]
    if not (marked or usual):
        raise UsageError(f"the server has no folder for drafts; name one with `drafts`: there are {_named(names)}")
    return (marked or usual)[0]


def encode_folder(name: str) -> bytes:
    """Return a folder name in modified UTF-7 (RFC 3501, 5.1.3)."""
    out, other = bytearray(), ""
    for char in f"{name}\0":
        if " " <= char <= "~" or char == "\0":
            if other:
                packed = b64encode(other.encode("utf-16-be", "replace")).rstrip(b"=").replace(b"/", b",")
                out += b"&" + packed + b"-"
                other = ""
            out += b"&-" if char == "&" else char.encode() if char != "\0" else b""
        else:
            other += char
    return bytes(out)


def decode_folder(raw: bytes) -> str:
    """Undo `encode_folder`; what is no modified UTF-7 is read as UTF-8."""
    parts = raw.split(b"&")
    text = parts[0].decode("utf-8", "replace")
    for part in parts[1:]:
        packed, dash, rest = part.partition(b"-")
        if not dash:
            return raw.decode("utf-8", "replace")
        try:
            padded = packed.replace(b",", b"/") + b"=" * (-len(packed) % 4)
            text += b64decode(padded, validate=True).decode("utf-16-be") if packed else "&"
        except (ValueError, UnicodeError):
            return raw.decode("utf-8", "replace")
        text += rest.decode("utf-8", "replace")
    return text


def _quoted(folder: str) -> str:
    if any(char in folder for char in "\r\n\0"):
        raise UsageError(f"{folder!r} is no name of a folder")
    return '"' + encode_folder(folder).decode("ascii").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _string(value: str) -> str:
    kept = "".join(char for char in value if " " <= char <= "~")
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _listed(line: object) -> Folder | None:
    """Read one line of LIST; a literal name comes as a pair."""
    raw: bytes = line[0].rpartition(b"{")[0] + line[1] if isinstance(line, tuple) else line  # type: ignore[assignment]
    found = _LISTED.fullmatch(raw) if isinstance(raw, bytes) else None
    if found is None:
        return None
    name = found["name"].strip()
    if len(name) > 1 and name.startswith(b'"') and name.endswith(b'"'):
        name = name[1:-1].replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    return Folder(decode_folder(name), frozenset(found["flags"].decode("ascii", "replace").lower().split()))


def _words(said: object) -> str:
    """Return what a server said, printable and cut."""
    text = str(said.args[0] if isinstance(said, Exception) and said.args else said)
    text = text[2:-1] if text.startswith("b'") else text
    return "".join(char if char.isprintable() else "?" for char in text)[:200] or "no reason given"


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) or "none"
