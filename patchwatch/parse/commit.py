# SPDX-License-Identifier: GPL-2.0-or-later
"""Commit objects of git: author, title, the Message-IDs that trailers name, and the commits that it reverts."""

from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from patchwatch.model.commit import REVERTS, Commit, CommitLink
from patchwatch.model.mail import Person
from patchwatch.parse.addresses import MAX_ID, message_ids
from patchwatch.parse.charsets import decode

_MAX_LINKS = 50
_MAX_TEXT = 100_000  # bytes of one commit that are looked at
_MAX_TITLE = 1_000
_REVERTING = "This reverts commit "
_MAX_REVERTED = 20
_HEX = frozenset("0123456789abcdef")
_ID_KEYS = frozenset({"message-id"})
_URL_KEYS = frozenset({"link", "patch-link", "closes", "msgid-link", "reported-at", "bug", "buglink"})
_ORIGIN_KEYS = frozenset({"patch-link", "msgid-link"})
_ORIGIN_HOSTS = frozenset({"patch.msgid.link"})


def read_commit(commit_id: str, data: bytes, patch_id: str | None) -> Commit:
    """Read the bytes of a commit object, as `git cat-file commit` prints them; never raises."""
    head, _, message = data[:_MAX_TEXT].partition(b"\n\n")
    fields = dict(line.partition(b" ")[::2] for line in reversed(head.split(b"\n")) if line[:1] != b" ")
    text = _decoded(message, fields.get(b"encoding", b""))
    name, email, _ = _signature(_decoded(fields.get(b"author", b""), fields.get(b"encoding", b"")))
    _, _, when = _signature(_decoded(fields.get(b"committer", b""), b""))
    return Commit(
        id=commit_id,
        patch_id=patch_id,
        author=Person(name, email),
        title=_title(text),
        committed_at=when,
        links=(*_links(text), *_reverted(text)),
    )


def _decoded(data: bytes, encoding: bytes) -> str:
    return decode(data, encoding.decode("ascii", "replace").strip())[0].replace("\0", "\ufffd")  # no database takes NUL


def _signature(line: str) -> tuple[str, str, int]:
    """Take `Name <address> SECONDS ZONE` apart."""
    name, _, rest = line.partition("<")
    email, _, when = rest.partition(">")
    seconds = when.split()[0] if when.split() else ""
    number = int(seconds) if seconds.isascii() and seconds.isdecimal() and len(seconds) < 15 else 0
    return name.strip(), email.strip(), number


def _title(message: str) -> str:
    """Return the first paragraph in one line, as git does for a subject."""
    lines: list[str] = []
    for line in message.lstrip("\n").split("\n"):
        if not line.strip():
            break
        lines.append(line.strip())
    return " ".join(lines)[:_MAX_TITLE]


def _links(message: str) -> Iterable[CommitLink]:
    """Give the Message-IDs of all lines `Key: URL` and `Message-ID: <id>`, each once."""
    seen: dict[str, bool] = {}
    for line in message.split("\n"):
        key, colon, value = line.partition(":")
        key = key.strip().lower()
        if not colon or (key not in _URL_KEYS and key not in _ID_KEYS):
            continue
        for one, origin in _named(key, value.strip()):
            seen[one] = seen.get(one, False) or origin
        if len(seen) >= _MAX_LINKS:
            break
    return (CommitLink(message_id=one, origin=origin) for one, origin in seen.items())


def _reverted(message: str) -> Iterable[CommitLink]:
    """Give the commits of `This reverts commit ID`, which must be whole ids, as git itself writes them."""
    found: dict[str, None] = {}
    if _REVERTING in message:
        for part in message.split(_REVERTING)[1 : _MAX_REVERTED + 1]:
            word = part[:80].split(None, 1)[0].rstrip(".,;") if part.strip() else ""
            if len(word) in (40, 64) and _HEX.issuperset(word):
                found[word] = None
    return (CommitLink(message_id=REVERTS + one, origin=False) for one in found)


def _named(key: str, value: str) -> Iterator[tuple[str, bool]]:
    if key in _ID_KEYS:
        found = message_ids(value) or ([value.split()[0]] if "@" in value else [])
        yield from ((one, True) for one in found[:1] if len(one) <= MAX_ID)
        return
    for word in value.split()[:5]:
        url = word.strip("<>[](),;")
        if url.startswith(("https://", "http://")):
            host, one = _of_url(url)
            if one:
                yield one, key in _ORIGIN_KEYS or host in _ORIGIN_HOSTS


def _of_url(url: str) -> tuple[str, str]:
    """Return host and Message-ID of an archive's URL: the last part of its path with an `@`."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return "", ""
    ids = [part for part in map(unquote, parts.path.split("/")) if "@" in part.strip("@") and "\0" not in part]
    return host, ids[-1] if ids and len(ids[-1]) <= MAX_ID else ""
