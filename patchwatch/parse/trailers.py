# SPDX-License-Identifier: GPL-2.0-or-later
"""
Trailers: git's own reading of the last paragraph, plus what git misses.

git-interpret-trailers(1) reads the last paragraph only, and takes it for a block when all its lines are
trailers, or when it holds a `Signed-off-by: ` or `(cherry picked from commit` line and at least a quarter
of its lines are trailers. Agents put their tag, a blank line, then the sign-off, so other paragraphs are
read too: there a line counts when its key is a known one, or when it stands in a run of trailer lines
with a known key among them.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from patchwatch.model.mail import Place, Trailer

MAX_TRAILERS = 1_000
MAX_LINE = 2_048
MAX_VALUE = 512
_USUAL_LINE = 120

_KEY_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
_KNOWN = frozenset(
    """fixes link closes cc bugzilla bug buglink resolves change-id message-id reported-and-tested-by
    assisted-with generated-with made-with llm claude-session agent agent-logs-url amp-thread-id
    entire-checkpoint coding-agent supersedes obsoletes based-on depends-on references upstream cve
    published-as fetch-it-via""".split()
)
_GIT_MARKS = ("Signed-off-by: ", "(cherry picked from commit ")


def split_trailer(line: str) -> tuple[str, str] | None:
    """
    Split `Key: value`, `Key:value` or `Key : value`; None when the line is no trailer.

    The key starts with a letter and holds letters, digits and dashes; `https://...` is none, and the
    value is not empty.
    """
    head, colon, value = line[:MAX_LINE].partition(":")
    key = head.rstrip(" \t")
    if not colon or not key or not key[0].isalpha() or not _KEY_CHARS.issuperset(key):
        return None
    value = value.strip()
    if not value or value.startswith("//"):
        return None
    return key, value[:MAX_VALUE]


_known_line = lru_cache(maxsize=4096)(split_trailer)


def _split(line: str) -> tuple[str, str] | None:
    """Split a line; people sign with the same one again and again."""
    return _known_line(line) if len(line) < _USUAL_LINE else split_trailer(line)


def is_known_key(key: str) -> bool:
    """Whether a key is one that people use as a trailer, so that a lone line of it counts anywhere."""
    lowered = key.lower()
    return lowered.endswith("-by") or lowered in _KNOWN or lowered.startswith(("ai-", "generated-", "llm-"))


def log_trailers(lines: Sequence[str], start: int, stop: int) -> list[Trailer]:
    """Read the trailers of the commit log `lines[start:stop]`; line numbers count from 1 in *lines*."""
    paragraphs = _paragraphs(lines, start, stop)
    while paragraphs and all(line.startswith("#") for line in lines[slice(*paragraphs[-1])]):
        paragraphs.pop()  # git does not count comments at the end
    found: list[Trailer] = []
    for number, (first, last) in enumerate(paragraphs):
        final = number == len(paragraphs) - 1
        if final and (None not in map(_split, lines[first:last]) or _is_git_block(lines[first:last])):
            found += _block(lines, first, last)
        else:
            found += loose_trailers(lines, first, last, Place.BODY)
        if len(found) > MAX_TRAILERS:
            return found[:MAX_TRAILERS]
    return found


def loose_trailers(lines: Sequence[str], start: int, stop: int, place: Place) -> list[Trailer]:
    """
    Read trailers that stand between other text: known keys, and runs of trailer lines around one.

    Quoted lines never count. Used for earlier paragraphs, below the cut, cover letters and replies.
    """
    # Most lines of most mails are no trailers: one cheap look at each, the rest only for what may be one.
    return trailers_at(
        [at for at in range(start, stop) if ":" in lines[at] and lines[at][0].isalpha()], lines, stop, place
    )


def trailers_at(candidates: Iterable[int], lines: Sequence[str], stop: int, place: Place) -> list[Trailer]:
    """Do the same for known indexes of all the lines that start with a letter and have a colon."""
    found: list[Trailer] = []
    run: list[Trailer] = []
    following = 0
    for at in candidates:
        line = lines[at]
        pair = _split(line)
        if pair is None:
            continue
        apart = run and not all(_continues(lines[between]) for between in range(following, at))
        if apart or len(run) > MAX_TRAILERS:
            found += _settle(run)
            run = []
            if len(found) > MAX_TRAILERS:
                break
        value = _folded(pair[1], lines, at, stop)
        run.append(Trailer(key=pair[0], value=value, line=at + 1, place=place, quote=line[:MAX_VALUE]))
        following = at + 1
    found += _settle(run)
    return found[:MAX_TRAILERS]


def _continues(line: str) -> bool:
    """Whether a line between two trailers belongs to them: a folded value, or a `[name: note]`."""
    return line[:1] in (" ", "\t", "[") and bool(line.strip())


def _settle(run: list[Trailer]) -> list[Trailer]:
    """Keep a run when one of its keys is known; a run of one only by its own key."""
    return run if any(is_known_key(trailer.key) for trailer in run) else []


def _paragraphs(lines: Sequence[str], start: int, stop: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    stripped = [*map(str.strip, lines[start:stop]), ""]
    begin = 0
    while begin < len(stripped):
        end = stripped.index("", begin)
        if end > begin:
            found.append((start + begin, start + end))
        begin = end + 1
    return found


def _is_git_block(paragraph: Sequence[str]) -> bool:
    """Whether git takes this last paragraph for a trailer block (it counts blank values as trailers too)."""
    trailers = others = 0
    marked = in_trailer = False
    for line in paragraph:
        if line.startswith("#"):
            in_trailer = False
            continue
        if line.startswith(_GIT_MARKS):
            marked = in_trailer = True
            trailers += 1
            continue
        head, colon, _ = line[:MAX_LINE].partition(":")
        if line[:1] in (" ", "\t"):
            others += 0 if in_trailer else 1
        elif colon and (key := head.rstrip(" \t")) and _KEY_CHARS.issuperset(key):
            trailers += 1
            in_trailer = True
        else:
            others += 1
            in_trailer = False
    return trailers > 0 and (others == 0 or (marked and trailers * 3 >= others))


def _block(lines: Sequence[str], first: int, last: int) -> list[Trailer]:
    found: list[Trailer] = []
    for at in range(first, last):
        line = lines[at]
        pair = _split(line) if line[:1] not in (" ", "\t") else None
        if len(found) > MAX_TRAILERS:
            break
        if pair is not None:
            value = _folded(pair[1], lines, at, last)
            found.append(Trailer(key=pair[0], value=value, line=at + 1, place=Place.TRAILERS, quote=line[:MAX_VALUE]))
    return found


def _folded(value: str, lines: Sequence[str], at: int, stop: int) -> str:
    """Join continuation lines (they start with a blank), and a bare `<address>` alone on the next line."""
    following = at + 1
    while following < stop and len(value) < MAX_VALUE:
        line = lines[following]
        continued = line[:1] in (" ", "\t") and line.strip() and split_trailer(line.lstrip()) is None
        lone = following == at + 1 and line.startswith("<") and line.rstrip().endswith(">") and "<" not in value
        if not continued and not lone:
            break
        value = f"{value} {line[:MAX_LINE].strip()}"
        following += 1
    return value[:MAX_VALUE]
