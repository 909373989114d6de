# SPDX-License-Identifier: GPL-2.0-or-later
"""Text from mail made harmless for a terminal."""

# C0 but tab and newline, DEL, C1, bidi controls, zero-width marks: shown as escapes, never obeyed.
_ODD = [*range(9), *range(11, 32), *range(127, 160), 0x61C, 0x200B, 0x200E, 0x200F, 0xFEFF]
_ODD += [*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000)]
_ESCAPES = {code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" for code in _ODD}


def clean(text: str) -> str:
    """Return *text* with control, bidi and zero-width characters as visible escapes."""
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPES)


def one_line(text: str) -> str:
    """Return *text* cleaned, line breaks and tabs as blanks."""
    return clean(text.replace("\n", " ").replace("\t", " "))


def width(text: str) -> int:
    """Return the columns that *text* takes on a terminal: wide East Asian characters count two."""
    if text.isascii():
        return len(text)
    import unicodedata  # only for text that needs it

    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def fit(text: str, columns: int) -> str:
    """Cut or pad *text* to exactly *columns*; a cut shows as `…`."""
    used = width(text)
    if used <= columns:
        return text + " " * (columns - used)
    kept = text[: max(0, columns - 1)]
    while kept and width(kept) > columns - 1:
        kept = kept[:-1]
    return kept + "…" + " " * (columns - 1 - width(kept))


def several(count: int, word: str) -> str:
    """Return `1 message`, `2 messages`, `1 reply`, `2 replies`."""
    if count == 1:
        return f"1 {word}"
    return f"{count} {word[:-1]}ies" if word.endswith("y") else f"{count} {word}s"
