# SPDX-License-Identifier: GPL-2.0-or-later
"""
The grammar of subject lines: reply marks, bracket groups, counters, revisions, flags, tree tags.

Everything is decided token by token in one pass; the shapes are those of 283,295 real patches.
"""

from functools import lru_cache

from patchwatch.model.mail import Subject

MAX_GROUPS = 8
MAX_GROUP = 200

_NOISE = "subject"  # "Subject: [PATCH] x", pasted with its field name
_REPLY_MARKS = frozenset("re aw sv antw vs wg tr fwd fw 回复 答复 转发 撤回".split())
_FLAGS = frozenset("RFC RFT RESEND REPOST DRAFT WIP AUTOSEL POC PROTOTYPE".split())


@lru_cache(maxsize=4096)
def parse_subject(text: str) -> Subject:
    """Take a decoded, folded subject apart; any text gives a Subject."""
    is_reply, rest = _strip_reply_marks(text)
    groups: list[str] = []
    while rest.startswith("[") and len(groups) < MAX_GROUPS:
        group, rest = _split_group(rest)
        if group is None:
            break
        groups.append(group)
        more, rest = _strip_reply_marks(rest)
        is_reply = is_reply or more
    reader = _known_groups(tuple(groups))
    if not groups or (reader.is_patch and "/" in rest.partition(" ")[0]):
        reader = _read_groups(tuple(groups))  # one of its own: the title may add to it
        rest = reader.bare_counter(rest, had_group=bool(groups))
    return Subject(
        title=rest,
        is_reply=is_reply,
        is_patch=reader.is_patch,
        is_pull=reader.is_pull,
        is_patchset=reader.is_patchset,
        position=reader.position,
        total=reader.total,
        revision=reader.revision,
        title_revision=_title_revision(rest),
        flags=frozenset(reader.flags),
        tags=tuple(reader.tags),
        doubled=reader.doubled,
    )


def _read_groups(groups: tuple[str, ...]) -> "_Prefix":
    reader = _Prefix()
    for group in groups:
        reader.group(group)
    return reader


_known_groups = lru_cache(maxsize=1024)(_read_groups)


def match_key(title: str) -> str:
    """Return a title as revisions are compared: lower case, blanks folded, without `(vN)` or trailing `vN`."""
    words = title.lower().split()
    if words and _version(words[-1].strip("()")) is not None:
        words.pop()
    return " ".join(words)


def _strip_reply_marks(text: str) -> tuple[bool, str]:
    """Drop leading `Re:`, `AW:`, `Re[2]:`, `回复：` in any number; say whether there was one."""
    found = False
    text = text.strip()
    for _ in range(20):
        if text[:1] == "[":
            break
        head, colon, _ = text[:12].partition(":")
        if not colon:
            head, colon, _ = text[:12].partition("\uff1a")
        mark = head.strip().partition("[")[0].partition("^")[0].lower()
        if not colon or (mark not in _REPLY_MARKS and mark != _NOISE):
            break
        found = found or mark != _NOISE
        text = text[len(head) + 1 :].lstrip()
    return found, text


def _split_group(text: str) -> tuple[str | None, str]:
    """
    Return the content of the leading bracket group (nested ones flattened) and what follows it.

    With a bracket too many, as in `[[PATCH 1/3] x`, the first `]` ends it.
    """
    depth, end = 0, text.find("]", 0, MAX_GROUP)
    if end > 0 and text.find("[", 1, end) < 0:
        return text[1:end], text[end + 1 :].lstrip()
    for at, char in enumerate(text[:MAX_GROUP]):
        depth += (char == "[") - (char == "]")
        if depth == 0:
            end = at
            break
    if end < 0:
        return None, text
    return text[1:end].replace("[", " ").replace("]", " "), text[end + 1 :].lstrip()


def _version(token: str) -> int | None:
    """Read `v3`, `V3`, `-v3`; not `v6.15` nor `v2024`."""
    token = token.lstrip("-")
    digits = token[1:]
    if token[:1] in ("v", "V") and digits.isdecimal() and digits.isascii() and len(digits) <= 3:
        return int(digits)
    return None


def _counter(token: str) -> tuple[int | None, int | None] | None:
    """Read `3/7`; `1.1/15` has no position; `3/n` no total. Kernel versions (`5.10/5.15`) are no counter."""
    left, slash, right = token.partition("/")
    if not slash or not left or not right or not left.isascii() or not right.isascii():
        return None
    total = int(right) if right.isdecimal() and len(right) <= 4 else None
    if left.isdecimal() and len(left) <= 4:
        return (int(left), total) if total is not None or (len(right) == 1 and right.isalpha()) else None
    whole, dot, part = left.partition(".")
    if dot and whole.isdecimal() and part.isdecimal() and total is not None and len(left) <= 9:
        return None, total
    return None


def _title_revision(title: str) -> int | None:
    """Read a `(v2)` anywhere in a title, or a `v2` that ends it."""
    if "(" not in title and not title[-1:].isdecimal():
        return None  # as nearly all
    words = title.split()
    for word in words:
        if word.startswith("(") and word.endswith(")"):
            found = _version(word[1:-1])
            if found is not None:
                return found
    return _version(words[-1]) if words and words[-1][:1] in "vV" else None


class _Prefix:
    """What the bracket groups said so far; the first value of a doubled prefix wins."""

    def __init__(self) -> None:
        self.is_patch = self.is_pull = self.is_patchset = self.doubled = False
        self.position: int | None = None
        self.total: int | None = None
        self.revision: int | None = None
        self.has_counter = False
        self.flags: set[str] = set()
        self.tags: list[str] = []

    def group(self, text: str) -> None:
        """Read one bracket group."""
        tokens = text.replace(",", " ").replace("(", " ").replace(")", " ").split()
        at = 0
        while at < len(tokens):
            if at + 2 < len(tokens) and tokens[at + 1].lower() == "of" and tokens[at].isdecimal():
                self._count(_counter(f"{tokens[at]}/{tokens[at + 2]}"))
                at += 3
                continue
            self._token(tokens[at])
            at += 1

    def bare_counter(self, rest: str, *, had_group: bool) -> str:
        """Take `PATCH n/m:` without brackets, or a counter right after the brackets, off the title."""
        words = rest.split(" ", 2)
        if not had_group:
            if words[0].upper() == "PATCH" and len(words) > 1:
                counter = _counter(words[1].rstrip(":"))
                if counter is not None:
                    self.is_patch = True
                    self._count(counter)
                    return words[2] if len(words) > 2 else ""
            return rest
        counter = _counter(words[0].rstrip(":")) if self.is_patch and not self.has_counter else None
        if counter is not None:
            self._count(counter)
            return rest[len(words[0]) :].lstrip()
        return rest

    def _token(self, token: str) -> None:
        upper = token.upper()
        version = _version(token)
        counter = _counter(token) if "/" in token else None
        if upper == "PATCH":
            self.is_patch = True
        elif version is not None:
            self._revise(version)
        elif counter is not None:
            self._count(counter)
        elif upper == "PULL":
            self.is_pull = True
        elif upper in ("PATCHSET", "SERIES"):
            self.is_patchset = self.is_patch = True
        elif upper in _FLAGS:
            self.flags.add(upper)
        elif upper.startswith("PATCH"):
            self._glued(token[5:])
        elif upper.startswith("RFC") and _version(token[3:]) is not None:
            self.flags.add("RFC")
            self._revise(_version(token[3:]) or 0)
        elif upper not in ("GIT", "SUBSET"):
            self.tags.append(token)

    def _glued(self, rest: str) -> None:
        """Read what is glued to PATCH: `v3`, `3/7`, `-next`, `-v3`, `v6,19/24` was split before."""
        self.is_patch = True
        version = _version(rest)
        counter = _counter(rest)
        if version is not None:
            self._revise(version)
        elif counter is not None:
            self._count(counter)
        elif rest.strip("-:"):
            self.tags.append(rest.strip("-:"))

    def _revise(self, version: int) -> None:
        if self.revision is None:
            self.revision = version
        elif self.revision != version:
            self.doubled = True

    def _count(self, counter: tuple[int | None, int | None] | None) -> None:
        if counter is None:
            return
        if not self.has_counter:
            self.has_counter = True
            self.position, self.total = counter
        elif (self.position, self.total) != counter:
            self.doubled = True
