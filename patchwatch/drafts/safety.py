# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a draft must not contain: lines that a program, not the reader, would act on.

b4 and liblore take follow-up trailers from any unquoted line above the signature mark, at any indentation;
git-send-email adds a Cc for `Some-by:` and `Cc:` at the start of every line, signature included; list robots
obey commands; git-am takes what looks like a patch.
"""

# Keys that b4 takes without any address in the value.
_BARE_KEYS = frozenset(
    {
        "link",
        "buglink",
        "closes",
        "fixes",
        "change-id",
        "base-commit",
        "obsoleted-by",
        "message-id",
        "based-on",
        "subject",
        "date",
        "from",
    }
)
_ROBOTS = ("pw-bot:", "#syz", "#regzbot", "@syzbot")
_PATCH_STARTS = ("diff --git", "diff -", "--- ", "+++ ", "@@ ", "Index: ")


def unsafe_line(body: str) -> str | None:
    """Return the first line of the final, wrapped *body* that a program would act on, None when all are safe."""
    lines = body.split("\n")
    end = lines.index("-- ") if "-- " in lines else len(lines)
    for number, line in enumerate(lines):
        if _adds_a_recipient(line):
            return line
        if number < end and (_is_trailer(lines, number) or _is_command(line) or _is_patch(line)):
            return line
    return None


def _is_trailer(lines: list[str], number: int) -> bool:
    """Whether b4 or liblore would read `Word: value` in this line, also after undoing what they take for wrapping."""
    key, value = _split(lines[number])
    if not key or not (key[0].isalnum() or key[0] == "_"):
        return False
    # Both join a line that ends a bracket, then `<address>`, to the line before, wherever the bracket began.
    following = [*lines[number + 1 : number + 3], "", ""]
    if ")" in following[0]:
        value += " " + following.pop(0)
    if following[0].startswith("<"):
        value += " " + following[0]
    return "@" in value or key.lower() in _BARE_KEYS


def _split(line: str) -> tuple[str, str]:
    """Return key and value when the first word ends with a colon and something follows, else two empty texts."""
    words = line.split(None, 1)
    if len(words) < 2 or not words[0].endswith(":"):
        return "", ""
    return words[0][:-1], words[1]


def _adds_a_recipient(line: str) -> bool:
    """Whether git-send-email would copy this line's address: `Cc:` or `Word-by:` at the very start, in any case."""
    key, colon, _ = line.partition(":")
    if not colon or not key.replace("-", "").isalpha():
        return False
    return key.lower() == "cc" or key.lower().endswith("-by")


def _is_command(line: str) -> bool:
    return line.lstrip().lower().startswith(_ROBOTS)


def _is_patch(line: str) -> bool:
    """Whether git-mailinfo would see the start of a patch or a scissors line."""
    if line.startswith(_PATCH_STARTS) or line.rstrip() == "---":
        return True
    return ("8<" in line or ">8" in line or "%<" in line or ">%" in line) and not line.startswith(">") and "-" in line
