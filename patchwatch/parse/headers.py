# SPDX-License-Identifier: GPL-2.0-or-later
"""
Header blocks: split, unfold, decode. One linear scan, nothing raises.

Semantics are those of the standard library's `compat32` policy, its oracle in the tests; that library is
3 to 60 times slower here and raises on odd encoded words, deep comments and 8-bit text.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby

from patchwatch.parse.charsets import decode, normal_charset

MAX_HEADER = 100_000
MAX_FIELDS = 1_000
MAX_FIELD = 32_000
MAX_WORDS = 500
_BLANKS = " \t\n\r\v\f"  # those of ASCII; str.strip() would take more

# The fields that anything here reads; a real mail has 39 to 100 others, which are only checked for shape.
_WANTED = {
    name.encode(): name
    for name in """message-id in-reply-to references from sender to cc reply-to subject date received list-id
    x-mailing-list x-original-from auto-submitted return-path x-autoreply
    x-auto-response-suppress x-mailer user-agent content-type content-transfer-encoding content-disposition""".split()
}
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,4000})\?=")  # =?utf-8?q?Jos=C3=A9?=


class Headers:
    """
    The fields of one header block; names compare without case.

    *found* are names and values in order, values as they stand there with one character for each byte (latin-1);
    of `Received` only the first may be there. *end* is the offset of the body in the data that was split;
    *problems* are sentences.
    """

    __slots__ = ("_first", "end", "found", "problems")

    def __init__(self, found: list[tuple[str, str]], end: int, problems: list[str]) -> None:
        self.found = found
        self.end = end
        self.problems = problems
        self._first = {name.lower(): value for name, value in reversed(found)}

    def raw(self, name: str) -> bytes:
        """Return the first value of lower-case *name*, unfolded; b"" when absent."""
        value = self._first.get(name)
        return _unfolded(value).encode("latin-1") if value is not None else b""

    def text(self, name: str) -> str:
        """Return the first value decoded for people: RFC 2047 words read, white space folded to one blank."""
        text = self.plain(name)
        if "=?" in text:
            text = decode_words(text)
        return " ".join(text.split())

    def plain(self, name: str) -> str:
        """Return the first value as text without reading encoded words: for addresses, ids, parameters."""
        value = self._first.get(name)
        if value is None:
            return ""
        value = _unfolded(value)
        return value if value.isascii() and "\0" not in value else eight_bit(value.encode("latin-1"))

    def all(self, name: str) -> list[str]:
        """Return all values of lower-case *name* as text; what is no UTF-8 is replaced."""
        if len(self.found) == len(self._first):
            values = [self._first[name]] if name in self._first else []
        else:
            values = [value for other, value in self.found if other.lower() == name]
        return [
            _unfolded(value if value.isascii() else value.encode("latin-1").decode("utf-8", "replace"))
            for value in values
        ]


def split_headers(data: bytes, start: int = 0, stop: int | None = None) -> Headers:
    """
    Split the header block that begins at *start* (no `From ` line is taken for a field).

    A line that is no header is skipped with a problem; the block ends at the first empty line.
    """
    stop = len(data) if stop is None else stop
    block = _sound_block().match(data, start, stop)
    if block is None or block.end() - start > MAX_FIELD:
        return _split_odd(data, start, stop)
    text = "\n" + block.group().decode("latin-1")
    found = _wanted_field().findall(text)
    if received := _received_field().search(text):
        found.append(received.groups())
    return Headers(found, block.end() + 1, [])


@cache
def _sound_block() -> re.Pattern[bytes]:
    """Match a header block in which every line belongs to a field, up to its empty line: nearly all mail has one."""
    return re.compile(rb"(?:[!-9;-~]++:[^\n]*+\n(?:[ \t][^\n]*+\n)*+){1,%d}+(?=\n)" % MAX_FIELDS)


@cache
def _wanted_field() -> re.Pattern[str]:
    """Match a field that is read, with its continuation lines; the first letter is looked at before all else."""
    names = sorted({*_WANTED.values()} - {"received"})
    letters = "".join(sorted({name[0] for name in names}))
    names_by_case = _tree([name.replace("-", "\0") for name in names]).replace("\0", "-")
    return re.compile(rf"\n(?=[{letters}{letters.upper()}])({names_by_case}):([^\n]*+(?:\n[ \t][^\n]*+)*+)")


@cache
def _received_field() -> re.Pattern[str]:
    """Match the first of the many `Received` fields, the only one that is read."""
    return re.compile(rf"\n({_tree(['received'])}):([^\n]*+(?:\n[ \t][^\n]*+)*+)")


def _tree(words: Sequence[str]) -> str:
    """
    Return a regular expression for all of *words*, letters in either case, alike beginnings taken together.

    With the flag for ignoring case each of the words would be tried one after the other at each line.
    """
    if words == [""]:
        return ""
    found = []
    for first, group in groupby(words, key=lambda word: word[:1]):
        found.append((f"[{first}{first.upper()}]" if first.isalpha() else first) + _tree([word[1:] for word in group]))
    return found[0] if len(found) == 1 else f"(?:{'|'.join(found)})"


def _split_odd(data: bytes, start: int, stop: int) -> Headers:
    """Split a header block of any form: over-long, without an end, or with lines that are no fields."""
    end, body = _block_end(data, start, stop)
    problems: list[str] = []
    block = data[start:end]
    if len(block) > MAX_HEADER:
        block = block[: block.rfind(b"\n", 0, MAX_HEADER) + 1]
        problems.append(f"header block of {end - start} bytes: only the first {len(block)} were read")
    found: list[tuple[str, str]] = []
    unfolded = _field_start().split(block)
    if len(unfolded) > MAX_FIELDS:
        problems.append(f"{len(unfolded)} header fields: only the first {MAX_FIELDS} were read")
        del unfolded[MAX_FIELDS:]
    for field in unfolded:
        name, colon, value = field.partition(b":")
        wanted = _WANTED.get(name.lower())
        if wanted is not None and colon:
            if len(value) > MAX_FIELD:
                problems.append(f"field {wanted} was cut at {MAX_FIELD} bytes")
            found.append((wanted, value[:MAX_FIELD].decode("latin-1")))
        elif not colon or b" " in name:
            _odd_line(field, name, found, problems)
    return Headers(found, body, problems)


@lru_cache(maxsize=1)
def _field_start() -> re.Pattern[bytes]:
    """Match the line end before a field: continuation lines begin with a blank (RFC 5322 section 2.2.3)."""
    return re.compile(rb"\n(?![ \t])")


def _unfolded(value: str) -> str:
    """Join the lines of a value and strip it."""
    if "\n" in value:
        value = value.replace("\r\n", "").replace("\n", "")
    return value.strip(_BLANKS)


def _odd_line(line: bytes, name: bytes, found: list[tuple[str, str]], problems: list[str]) -> None:
    """Take `Subject : x`; note what is no field, except an mbox separator that came along on top."""
    wanted = _WANTED.get(name.rstrip(b" \t").lower())
    if wanted is not None and name != line:
        found.append((wanted, line.partition(b":")[2].strip()[:MAX_FIELD].decode("latin-1")))
    elif line.strip() and not line.startswith((b"From ", b">From ")):
        problems.append("a line in the header block is no header field")


def _block_end(data: bytes, start: int, stop: int) -> tuple[int, int]:
    """Return where the header block ends and where the body begins (the empty line is part of neither)."""
    if data.startswith((b"\n", b"\r\n"), start):
        return start, start + (1 if data[start : start + 1] == b"\n" else 2)
    bare = data.find(b"\n\n", start, stop)
    near = stop if bare < 0 else bare + 1
    crlf = data.find(b"\n\r\n", start, near) if data.find(b"\r", start, near) >= 0 else -1
    if crlf >= 0 and (bare < 0 or crlf < bare):
        return crlf + 1, crlf + 3
    return (bare + 1, bare + 2) if bare >= 0 else (stop, stop)


def eight_bit(value: bytes) -> str:
    """Decode raw header bytes: ASCII, else UTF-8, else latin-1; NUL becomes U+FFFD."""
    text = value.decode("ascii") if value.isascii() else decode(value)[0]
    return text.replace("\0", "\ufffd") if "\0" in text else text


def decode_header(value: bytes) -> str:
    """Decode a whole field for people: encoded words read, control characters as blanks, blanks folded."""
    text = eight_bit(value)
    if "=?" in text:
        text = decode_words(text)
    return " ".join(text.split())


def decode_words(text: str) -> str:
    """
    Read RFC 2047 encoded words leniently.

    Adjacent words are joined, also inside a multi-byte character; a word that cannot be read stays as it
    is; more than 500 words leave the text as it is. A decoded line break or NUL becomes a blank.
    """
    if text.count("=?") > MAX_WORDS:
        return text
    out: list[str] = []
    pending: tuple[str, bytes] | None = None  # charset and bytes of a run of words
    at = 0
    for match in _WORD.finditer(text):
        between = text[at : match.start()]
        word = _word_bytes(match)
        if pending is not None and (between.strip() or word is None or word[0] != pending[0]):
            out.append(_clean(decode(pending[1], pending[0])[0]))
            pending = None
            between = between if between.strip() or word is None else ""
        elif pending is not None:
            between = ""
        out.append(between)
        at = match.end()
        if word is None:
            out.append(match.group())
        else:
            pending = word if pending is None else (word[0], pending[1] + word[1])
    if pending is not None:
        out.append(_clean(decode(pending[1], pending[0])[0]))
    return "".join(out) + text[at:]


def _word_bytes(match: re.Match[str]) -> tuple[str, bytes] | None:
    charset = match[1].partition("*")[0].lower()
    if normal_charset(charset) is None:
        return None
    payload = match[3].encode("utf-8", "surrogatepass")
    if match[2] in "qQ":
        return charset, a2b_qp(payload.replace(b"_", b" "), header=True)
    try:
        return charset, a2b_base64(payload + b"=" * (-len(payload) % 4), strict_mode=True)
    except (Base64Error, ValueError):
        return None


def _clean(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ").replace("\0", " ")


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """
    Split `text/plain; charset="x"; name*0=a; name*1=b` into the lower-case word and its parameters.

    RFC 2231 continuations and `charset''%41` values are joined and decoded; names are lower-case.
    """
    word, _, rest = value.partition(";")
    found: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, str]]] = {}
    for part in _split_quoted(rest, ";"):
        name, equals, content = part.partition("=")
        if not equals:
            continue
        key, content = name.strip().lower(), _unquote(content.strip())
        base, star, tail = key.partition("*")
        if not star:
            found.setdefault(key, content)
        else:
            digits = tail.rstrip("*")
            number = int(digits) if digits.isdecimal() and digits.isascii() and len(digits) < 4 else 0
            pieces.setdefault(base, []).append((number, _percent(content) if key.endswith("*") else content))
    for base, parts in pieces.items():
        found.setdefault(base, "".join(text for _, text in sorted(parts, key=lambda item: item[0])))
    return word.strip().lower(), found


def _percent(value: str) -> str:
    charset, quote, rest = value.partition("'")
    if quote:
        _, _, value = rest.partition("'")
    else:
        charset = ""
    head, *chunks = value.split("%")
    data = head.encode("utf-8", "replace")
    for chunk in chunks:
        try:
            data += bytes.fromhex(chunk[:2]) + chunk[2:].encode("utf-8", "replace")
        except ValueError:
            data += b"%" + chunk.encode("utf-8", "replace")
    return decode(data, charset)[0]


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == '"' == value[-1]:
        value = value[1:-1]
        if "\\" in value:
            value = re.sub(r"\\(.)", r"\1", value)
    return value


def _split_quoted(text: str, separator: str) -> Iterator[str]:
    """Split at *separator* outside double quotes; linear, an unclosed quote runs to the end."""
    if '"' not in text:
        yield from text.split(separator)
        return
    part: list[str] = []
    quoted = False
    for piece in re.split(rf'("|\\.|{separator})', text):
        if piece == '"':
            quoted = not quoted
        if piece == separator and not quoted:
            yield "".join(part)
            part.clear()
        else:
            part.append(piece)
    yield "".join(part)
