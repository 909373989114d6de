# SPDX-License-Identifier: GPL-2.0-or-later
"""
Header fields of a draft, built by hand: ASCII bytes, LF line ends, folded at 76 columns.

The email package is not used: its output depends on global state that importing b4 changes, and its modern
policies encode long Message-IDs, which loses the thread.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from patchwatch.drafts.text import clean_header, shorten
from patchwatch.model.mail import Person

_COLUMNS = 76
_MAX_ID = 900  # "In-Reply-To: <...>" must fit into the 998 bytes of one line
_MAX_ADDRESS = 320  # RFC 5321 section 4.5.3.1: 64 for the local part, 255 for the domain
_MAX_NAME = 128
_MAX_SUBJECT = 500
_MAX_REFERENCES = 30
_WORD_ROOM = 75 - len("=?utf-8?q??=")  # RFC 2047 section 2
_ALNUM = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_PLAIN_IN_WORD = _ALNUM | frozenset("!*+-/")  # RFC 2047 section 5 (3): safe also inside a phrase
_ATEXT = _ALNUM | frozenset("!#$%&'*+-/=?^_`{|}~")  # RFC 5322 section 3.2.3
_REPLY_MARKS = ("re", "aw", "sv", "antw")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def fold(name: str, tokens: Sequence[str]) -> str:
    """Return one field with its final LF; a line may break before any token but the first, never inside one."""
    lines = [f"{name}: {tokens[0]}"]
    for token in tokens[1:]:
        if len(lines[-1]) + 1 + len(token) > _COLUMNS:
            lines.append(f" {token}")
        else:
            lines[-1] += f" {token}"
    return "\n".join(lines) + "\n"


def encoded_words(text: str) -> list[str]:
    """Encode *text* as RFC 2047 words (UTF-8, Q) of at most 75 characters; no character is split between two."""
    words = [""]
    for char in text:
        piece = "_" if char == " " else char
        if char != " " and char not in _PLAIN_IN_WORD:
            piece = "".join(f"={byte:02X}" for byte in char.encode())
        if len(words[-1]) + len(piece) > _WORD_ROOM:
            words.append("")
        words[-1] += piece
    return [f"=?utf-8?q?{word}?=" for word in words]


def subject_field(subject: str) -> str:
    """Return the Subject field of a reply to *subject* (decoded, foreign)."""
    words = ["Re:", *reply_title(subject).split()]
    odd = [i for i, word in enumerate(words) if _needs_encoding(word)]
    if odd:
        # One run from the first to the last such word: a reader drops blanks between two encoded words.
        first, last = odd[0], odd[-1] + 1
        words[first:last] = encoded_words(" ".join(words[first:last]))
    return fold("Subject", words)


def reply_title(subject: str) -> str:
    """Return *subject* on one line without any leading reply marks (`Re:`, `RE[2]:`, `AW:`, `SV:`, `Antw:`)."""
    rest = clean_header(subject[: 8 * _MAX_SUBJECT])  # a subject may be a thousand "Re:" long
    while True:
        mark, colon, after = rest.partition(":")
        if not colon or mark.rstrip("]0123456789[ ").lower() not in _REPLY_MARKS or len(mark) > 12:
            return shorten(rest, _MAX_SUBJECT) or "(no subject)"
        rest = after.strip()


def _needs_encoding(word: str) -> bool:
    """Whether *word* is not ASCII, would be taken for an encoded word, or is too long for a line."""
    return not word.isascii() or "=?" in word or len(word) > _COLUMNS


def address_field(name: str, people: Sequence[Person]) -> str:
    """Return an address field; each of *people* has a usable address (see `usable_address`)."""
    tokens: list[str] = []
    for i, person in enumerate(people):
        comma = "," if i + 1 < len(people) else ""
        words = _mailbox(person)
        words[-1] += comma
        whole = " ".join(words)
        tokens.extend([whole] if len(whole) < _COLUMNS else words)
    return fold(name, tokens)


def _mailbox(person: Person) -> list[str]:
    name = shorten(clean_header(person.name), _MAX_NAME)
    if not name:
        return [person.email]
    return [*_phrase(name), f"<{person.email}>"]


def _phrase(name: str) -> list[str]:
    """Return a display name as atoms, a quoted string or encoded words (RFC 5322 section 3.2.5)."""
    if not name.isascii() or "=?" in name:
        return encoded_words(name)
    if all(char in _ATEXT or char == " " for char in name):
        return name.split()
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"']


def usable_address(person: Person) -> Person | None:
    """
    Return *person* with an address that can be written in ASCII, None when there is none.

    An international domain becomes its ASCII form (RFC 5891); a local part beyond ASCII cannot be written.
    """
    local, at, domain = person.email.strip().rpartition("@")
    if not at or not local or not domain or len(person.email) > _MAX_ADDRESS or not _is_local(local):
        return None
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return None
    inner = domain[1:-1] if domain[0] == "[" and domain[-1] == "]" else domain
    if not inner or any(char not in _ALNUM and char not in ".-_:" for char in inner) or "" in domain.split("."):
        return None
    return Person(person.name, f"{local}@{domain}")


def _is_local(local: str) -> bool:
    if len(local) > 2 and local[0] == local[-1] == '"':
        return all(" " < char < "\x7f" and char not in '"\\' for char in local[1:-1])
    return all(char in _ATEXT or char == "." for char in local)


def usable_id(message_id: str) -> bool:
    """Whether a bare Message-ID can be written as it is: printable ASCII without blanks and `<>`, within a line."""
    return 0 < len(message_id) <= _MAX_ID and all("!" <= char <= "~" and char not in "<>" for char in message_id)


def thread_fields(message_id: str, references: Iterable[str], in_reply_to: Sequence[str]) -> str:
    """
    Return In-Reply-To and References of a reply to *message_id* (RFC 5322 section 3.6.4), one id a line.

    The parent's *references* (without any, its single *in_reply_to*) go first. Of more than 30 ids the root
    and the last 29 stay. Ids are never encoded; those that cannot be written as they are go missing.
    """
    parents = list(references) or (list(in_reply_to) if len(in_reply_to) == 1 else [])
    ids = [i for i in dict.fromkeys(parents) if usable_id(i) and i != message_id]
    ids.append(message_id)
    if len(ids) > _MAX_REFERENCES:
        ids = [ids[0], *ids[1 - _MAX_REFERENCES :]]
    chain = "\n ".join(f"<{i}>" for i in ids)
    return f"In-Reply-To: <{message_id}>\nReferences: {chain}\n"


def zone(when: datetime) -> str:
    """Return the zone of an aware *when* as `+0100`."""
    offset = when.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def date_value(when: datetime) -> str:
    """Return an aware *when* as RFC 5322 writes it, with English names whatever the locale."""
    return (
        f"{_DAYS[when.weekday()]}, {when.day:02} {_MONTHS[when.month - 1]} {when.year:04} {when:%H:%M:%S} {zone(when)}"
    )


def mutt_date(when: datetime) -> str:
    """Return *when* as mutt's attribution line has it: `Sun, Nov 01, 2026 at 10:00:00AM +0100`."""
    hour, half = (when.hour % 12) or 12, "AM" if when.hour < 12 else "PM"
    day = f"{_DAYS[when.weekday()]}, {_MONTHS[when.month - 1]} {when.day:02}, {when.year:04}"
    return f"{day} at {hour:02}:{when:%M:%S}{half} {zone(when)}"
