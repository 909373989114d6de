# SPDX-License-Identifier: GPL-2.0-or-later
"""
Former revisions that a posting names: Message-IDs in "Link to v1: URL" and the like.

Read are b4's changelog (`- Link to v1: https://patch.msgid.link/ID`), lines that begin with a version
(`v1: https://lore.example.org/list/ID/`, `[v2]: <ID>`, `RFC: URL`), `Previous version: URL`, `Link: URL # v1`,
and the trailers `Supersedes:` and `Obsoletes:`. What a line names is a claim of its sender and proves nothing.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from patchwatch.model.mail import Trailer

MAX_NAMED = 20
_MAX_LINE = 1_000
_MAX_LABEL = 60
_MAX_ID = 250
_MAX_LINES = 200  # that look like a link; real changelogs have some dozens
_KEYS = frozenset(("supersedes", "obsoletes"))
_ELDER = frozenset(("previous", "prior", "former", "last", "old", "earlier"))
_POSTED = frozenset(("version", "revision", "series", "posting", "patch", "patchset"))
_FILLING = frozenset(("link", "links", "to", "the", "lore", "patch", "series"))
_OLDEST = -1_000  # an RFC without a number


def may_name(text: str) -> bool:
    """Whether a body has anything that `predecessors` looks for: a gate that costs next to nothing."""
    return "://" in text or ": <" in text or "\nSupersedes: " in text or "\nObsoletes: " in text


def predecessors(
    lines: Sequence[str], parts: Iterable[tuple[int, int]], trailers: Sequence[Trailer]
) -> tuple[str, ...]:
    """
    Return the bare Message-IDs of former revisions, newest first, at most `MAX_NAMED`.

    *parts* are half-open ranges of *lines* without diff; quoted lines name nothing. Lines that give a version are
    in the order of the versions, others stand before them as written.
    """
    found: list[tuple[int, str]] = []
    for trailer in trailers:
        if trailer.key.lower() in _KEYS:
            found += [(_newest(trailer), mid) for mid in named_ids(trailer.value)]
    looked = 0
    for start, stop in parts:
        for line in [line for line in lines[start:stop] if "@" in line or "%40" in line]:
            if ("://" in line or ": <" in line) and looked < _MAX_LINES:
                looked += 1
                found += _in_line(line[:_MAX_LINE])
    return tuple(dict.fromkeys(mid for _, mid in sorted(found, key=lambda one: -one[0])))[:MAX_NAMED]


def named_ids(value: str) -> list[str]:
    """Return the Message-IDs in a text: bare, in `<>` or in a URL."""
    words = [word.strip("<>,;()[]") for word in value[:_MAX_LINE].split()]
    ids = [_in_url(word) if "://" in word else word for word in words]
    return [mid for mid in ids if _is_id(mid)][:MAX_NAMED]


def _newest(trailer: Trailer) -> int:
    return 1_000_000 - trailer.line


def _in_line(line: str) -> list[tuple[int, str]]:
    """Return what one line names, with the version that it gives."""
    link = line.find("://")
    if link >= 0:
        start = max(line.rfind(one, 0, link) for one in " \t<([:")  # before the scheme
        label, rest = line[: start + 1], line[start + 1 :]
    else:
        label, _, rest = line.partition(": <")
        rest = f"<{rest}"
    url, _, comment = rest.partition(" ")
    version = _version(label)
    if version is None and label.strip(" \t<(").lower() == "link:" and comment.lstrip()[:1] == "#":
        version = _version(comment.lstrip()[1:])
    return [] if version is None else [(version, mid) for mid in named_ids(url)[:1]]


def _version(label: str) -> int | None:
    """Return the number that a label like `- Link to RFC v2:` gives, None when it speaks of no former revision."""
    if len(label) > _MAX_LABEL:
        return None
    plain = label.lower().replace("[", " ").replace("]", " ").strip(" \t-*+:=<(")
    words = [word.strip(":,()") for word in plain.split()]
    while words and words[0] in _FILLING:
        del words[0]
    rfc = "rfc" in words
    words = [word for word in words if word not in ("rfc", "patch", "series", "")]
    if not words:
        return _OLDEST if rfc else None
    if words[0] in _ELDER and (len(words) == 1 or all(word in _POSTED for word in words[1:])):
        return 1_000
    digits = words[0].removeprefix("v")
    if len(words) > 1 or digits == words[0] or not digits.isascii() or not digits.isdecimal() or len(digits) > 3:
        return None
    return int(digits) + _OLDEST * rfc


def _in_url(url: str) -> str:
    """Return the part of a URL's path that is a Message-ID, "" without; addresses of this machine name nothing."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    name = host.rpartition("@")[2].partition(":")[0].lower()
    if scheme.lower() not in ("http", "https") or "." not in name or name.startswith("127."):
        return ""
    parts = [unquote(part, errors="replace") for part in path.partition("#")[0].partition("?")[0].split("/")]
    return next((part.strip("<>").rstrip(".,;:)]>") for part in parts if "@" in part), "")


def _is_id(mid: str) -> bool:
    left, _, right = mid.partition("@")
    plain = mid.isascii() and mid.isprintable() and not any(sign in mid for sign in ' <>"')
    return bool(left and right) and "@" not in right and plain and len(mid) <= _MAX_ID
