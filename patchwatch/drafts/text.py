# SPDX-License-Identifier: GPL-2.0-or-later
"""Foreign text made fit for one line of a draft, and lines wrapped without making trailers of them."""

WIDTH = 72
_KEPT_TOGETHER = 60  # a quoted tag up to this length is never broken
_BYTES = 990  # RFC 5322 section 2.1.1: a line has at most 998 bytes

_CONTROLS = (*range(9), *range(10, 32), *range(127, 160), 0x2028, 0x2029)
# Marks that turn the direction of text, and the byte order mark: what is shown would not be what is there.
_UNSEEN = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
_IN_BODY = dict.fromkeys((*_CONTROLS, *_UNSEEN), "?")
_IN_HEADER = {**_IN_BODY, **dict.fromkeys(_CONTROLS, " ")}


def clean(text: str) -> str:
    """Return foreign *text* as one line for a body: control, direction and lone surrogate characters become `?`."""
    return text.encode("utf-8", "replace").decode().translate(_IN_BODY)


def clean_header(text: str) -> str:
    """Return foreign *text* for a header: controls are blanks, runs of blanks one blank, direction marks `?`."""
    return " ".join(text.encode("utf-8", "replace").decode().translate(_IN_HEADER).split())


def shorten(text: str, limit: int) -> str:
    """Cut *text* to *limit* characters, with a visible mark."""
    return text if len(text) <= limit else text[: limit - 6] + " [...]"


def fit_line(line: str) -> str:
    """Cut one line of a body so that it stays within the 998 bytes of RFC 5322."""
    data = line.encode()
    return line if len(data) <= _BYTES else data[: _BYTES - 6].decode(errors="ignore") + " [...]"


def wrap(text: str, width: int = WIDTH) -> list[str]:
    """
    Wrap each line of *text* by itself at *width*; no word, URL or path is broken.

    Lines that start with two blanks (tables) or `>` (quotes) stay as they are; what follows `- ` is
    indented. A piece in double quotes stays on one line: broken before `Some-tag:` it would start a line.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith(("  ", ">")) or len(line) <= width:
            lines.append(line.rstrip())
        else:
            lines.extend(_fill(line, width, "  " if line.startswith("- ") else ""))
    return lines


def _fill(line: str, width: int, indent: str) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in _words(line):
        if current.strip() and len(current) + 1 + len(word) > width:
            lines.append(current)
            current = indent + word
        else:
            current = f"{current} {word}" if current.strip() else indent + word if lines else word
    return [*lines, current]


def _words(line: str) -> list[str]:
    """Split at blanks; quoted pieces stay whole up to a length, so does the `-` of a list with its first word."""
    words: list[str] = []
    quoted = False
    for word in line.split():
        together = (quoted and len(words[-1]) + len(word) < _KEPT_TOGETHER) or words == ["-"]
        if together:
            words[-1] += " " + word
        else:
            words.append(word)
        quoted ^= word.count('"') % 2 == 1
    return words
