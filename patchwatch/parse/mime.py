# SPDX-License-Identifier: GPL-2.0-or-later
"""
The body of a mail as one text.

Taken, in order: all inline `text/plain` parts, then parts that hold a diff (by type or by name); HTML
only when there is nothing else. A nested `message/rfc822` is opaque: its lines are not this sender's.
The walk keeps a list of byte ranges instead of recursing, and never copies a part before it is decoded.
"""

from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from patchwatch.model.mail import Defect, DefectKind
from patchwatch.parse.charsets import decode, normal_charset
from patchwatch.parse.headers import Headers, parameters, split_headers

MAX_PARTS = 1_000
MAX_DEPTH = 20
MAX_BOUNDARY = 2_048
MAX_LINES = 500_000
_USUAL_LENGTH = 200  # of a Content-Type; other mails have the same
_LOOKALIKES = 10_000  # lines that begin with a boundary and are none

_PATCH_TYPES = frozenset({"text/x-patch", "text/x-diff", "application/x-patch", "application/mbox"})
_DIFF_MARKS = (b"\ndiff --git ", b"\n--- ", b"\nIndex: ")


@dataclass(slots=True)
class Body:
    """
    Decoded text with LF line ends, and what was odd on the way.

    *flowed* says that the text claims format=flowed; *encoding* is the charset that gives the bytes of the last
    text part back, for computing what git computes from the original bytes. *latin* is set when the text is in
    no charset as a whole: it has one character for each byte, while *text* is decoded line by line.
    *is_cut*: the mail has one part, and its last line no end, which mail in transport always has.
    *room* is how many lines more are taken.
    """

    text: str = ""
    flowed: bool = False
    encoding: str = "utf-8"
    latin: str = ""
    is_cut: bool = False
    room: int = MAX_LINES
    defects: list[Defect] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    headers: Headers
    start: int
    stop: int
    type: str
    params: Mapping[str, str]


def read_body(data: bytes, headers: Headers) -> Body:
    """Read the text of a mail whose header block was split before; any bytes give a Body."""
    body = Body()
    ctype, params = _content_type(headers)
    whole = _Part(headers, headers.end, len(data), ctype, params)
    if not ctype.startswith("multipart/"):
        body.text = _part_text(data, whole, body, html=ctype == "text/html", alone=True)
        body.is_cut = not body.text.endswith("\n")
        if ctype == "text/html":
            _note(body, DefectKind.HTML_ONLY, "the only text is HTML")
        return body
    texts, diffs, html = _sort_parts(data, whole, body)
    if texts or diffs:
        body.text = "\n".join(_part_text(data, part, body) for part in (*texts, *diffs))
        if len(texts) + len(diffs) > 1:
            body.latin = ""
    elif html:
        body.text = _part_text(data, html[0], body, html=True)
        _note(body, DefectKind.HTML_ONLY, "the only text is HTML")
    return body


def _sort_parts(data: bytes, whole: _Part, body: Body) -> tuple[list[_Part], list[_Part], list[_Part]]:
    """Return the parts that are text, that hold a diff, and that are HTML."""
    texts: list[_Part] = []
    diffs: list[_Part] = []
    html: list[_Part] = []
    for part in _leaves(data, whole, body):
        name = (_disposition(part)[1].get("filename") or part.params.get("name", "")).lower()
        if part.type in _PATCH_TYPES or name.endswith((".patch", ".diff")):
            diffs.append(part)
        elif part.type == "text/plain":
            if _disposition(part)[0] != "attachment":
                texts.append(part)
            elif any(data.find(mark, part.start, part.stop) >= 0 for mark in _DIFF_MARKS):
                diffs.append(part)
        elif part.type == "text/html":
            html.append(part)
        elif part.type == "message/rfc822" and data.find(b"\ndiff --git ", part.start, part.stop) >= 0:
            _note(body, DefectKind.NESTED_PATCH, "a forwarded mail inside holds a diff, which is not read")
        elif part.type in ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"):
            _note(body, DefectKind.ENCODING, f"a part of type {part.type} cannot be read")
    return texts, diffs, html


def _leaves(data: bytes, whole: _Part, body: Body) -> Iterator[_Part]:
    """Give the parts that are no multipart, in document order, within the caps on number and depth."""
    stack = [(whole, 1)]
    count = 0
    while stack:
        part, depth = stack.pop()
        if not part.type.startswith("multipart/"):
            yield part
            continue
        if depth > MAX_DEPTH:
            _note(body, DefectKind.MIME, f"parts nested deeper than {MAX_DEPTH} were not read")
            continue
        children = []
        for start, stop in _split_multipart(data, part, body):
            count += 1
            if count > MAX_PARTS:
                _note(body, DefectKind.MIME, f"parts beyond the first {MAX_PARTS} were not read")
                break
            children.append(_read_part(data, start, stop, part.type))
        stack.extend((child, depth + 1) for child in reversed(children))


def _read_part(data: bytes, start: int, stop: int, parent: str) -> _Part:
    headers = split_headers(data, start, stop)
    default = "message/rfc822" if parent == "multipart/digest" else "text/plain"
    ctype, params = _content_type(headers, default)
    return _Part(headers, min(headers.end, stop), stop, ctype, params)


def _split_multipart(data: bytes, part: _Part, body: Body) -> list[tuple[int, int]]:
    """
    Return the byte ranges of the parts between boundary lines.

    A second block after the closing boundary is ignored (RFC 2046 calls it epilogue); without any
    boundary the whole content is one part.
    """
    boundary = part.params.get("boundary", "")
    if not boundary or len(boundary) > MAX_BOUNDARY:
        _note(body, DefectKind.MIME, "a multipart without a usable boundary was read as text")
        return [(part.start, part.stop)]
    mark = b"--" + boundary.rstrip().encode("utf-8", "surrogatepass")
    ranges: list[tuple[int, int]] = []
    begin = -1
    odd = 0
    at = part.start
    while (at := data.find(mark, at, part.stop)) >= 0:
        after = at + len(mark)
        if at != part.start and data[at - 1 : at] != b"\n":
            at = data.find(b"\n", after, part.stop)  # `--b--b--b` in one line is no boundary anywhere
            if at < 0:
                break
            continue
        eol = data.find(b"\n", after, part.stop)
        eol = part.stop if eol < 0 else eol
        tail = data[after:eol].strip() if eol - after < MAX_BOUNDARY else b"x"
        if tail not in (b"", b"--"):
            at, odd = eol, odd + 1
            if odd > _LOOKALIKES:
                _note(body, DefectKind.MIME, f"more than {_LOOKALIKES} lines that look like boundaries")
                break
            continue
        if begin >= 0:
            if len(ranges) > MAX_PARTS:
                return ranges
            ranges.append((begin, max(begin, at - (2 if data[at - 2 : at] == b"\r\n" else 1))))
        begin = min(eol + 1, part.stop)
        if tail == b"--":
            return ranges
        at = begin
    if begin < 0:
        _note(body, DefectKind.MIME, "the boundary of a multipart never appears; read as text")
        return [(part.start, part.stop)]
    return [*ranges, (begin, part.stop)]


def _content_type(headers: Headers, default: str = "text/plain") -> tuple[str, Mapping[str, str]]:
    value = headers.plain("content-type")
    if not value:
        return default, {}
    ctype, params = _usual_parameters(value) if len(value) < _USUAL_LENGTH else parameters(value)
    return (ctype if "/" in ctype else "text/plain"), params


@lru_cache(maxsize=512)
def _usual_parameters(value: str) -> tuple[str, Mapping[str, str]]:
    return parameters(value)


def _disposition(part: _Part) -> tuple[str, dict[str, str]]:
    value = part.headers.plain("content-disposition")
    return parameters(value) if value else ("", {})


def _part_text(data: bytes, part: _Part, body: Body, *, html: bool = False, alone: bool = False) -> str:
    """Decode one part to text with LF line ends; what was wrong goes to *body*."""
    raw = data[part.start : part.stop]
    encoding = part.headers.plain("content-transfer-encoding").strip().lower()
    if encoding == "quoted-printable":
        raw = a2b_qp(raw)
    elif encoding == "base64":
        raw = _base64(raw, body)
    elif encoding not in ("", "7bit", "8bit", "binary"):
        _note(body, DefectKind.ENCODING, f"unknown transfer encoding {encoding[:40]!r}; text taken as it is")
    charset = part.params.get("charset", "")
    text, problem = decode(raw, charset)
    spoilt = False
    if problem:
        _note(body, DefectKind.CHARSET, problem)
        spoilt = text.encode("utf-8", "surrogatepass") != raw
        body.encoding = "iso-8859-1" if spoilt else "utf-8"
    elif charset:
        body.encoding = normal_charset(charset) or "utf-8"
    count = text.count("\n") if not alone or len(text) > body.room else 0
    if count > body.room:
        _note(body, DefectKind.LIMIT, f"more than {MAX_LINES} lines: the rest was not read")
        text = "\n".join(text.split("\n", body.room)[: body.room])
    body.room = max(0, body.room - count)
    if part.params.get("format", "").lower() == "flowed":
        body.flowed = True
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if spoilt:
        body.latin = text
        text = "\n".join([_as_utf8(line) for line in text.split("\n")])
    return _strip_tags(text) if html else text


def _as_utf8(line: str) -> str:
    """Read a line that came as latin-1 as UTF-8 if it is that: one odd byte in a diff must not garble every name."""
    if line.isascii():
        return line
    try:
        return line.encode("latin-1").decode()
    except UnicodeError:
        return line


def _base64(raw: bytes, body: Body) -> bytes:
    """Decode what decodes: up to the padding; the rest (a list's footer) is kept as it is when it is text."""
    try:
        return a2b_base64(raw)
    except (Base64Error, ValueError):
        pass
    kept = raw[: len(raw) - len(raw) % 4]
    for cut in range(4):
        try:
            decoded = a2b_base64(kept[: len(kept) - cut] + b"=" * cut)
        except (Base64Error, ValueError):
            continue
        _note(body, DefectKind.CHARSET, "broken base64; what could be decoded was")
        return decoded
    _note(body, DefectKind.ENCODING, "base64 that cannot be decoded")
    return b""


def _strip_tags(text: str) -> str:
    """Drop what stands between `<` and `>`: for showing only, never a source of trailers."""
    return "".join(piece.rpartition(">")[2] for piece in text.split("<", MAX_LINES))


def _note(body: Body, kind: DefectKind, detail: str) -> None:
    if not any(defect.kind is kind and defect.detail == detail for defect in body.defects):
        body.defects.append(Defect(kind=kind, detail=detail))
