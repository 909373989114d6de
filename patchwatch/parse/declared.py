# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a mail that declares AI tells besides: what the tool was given, which parts it made, how the result was tested.

Read by closed lists of words, one mark of each kind, so that a rule can say what is not told. That something is
told is not judged, and a word too many only makes the rule say less. Quoted lines are others' words.
"""

from collections.abc import Iterator, Sequence

from patchwatch.model.mail import Mark, MarkKind
from patchwatch.parse.layout import is_quoted
from patchwatch.parse.prose import may_name_tool
from patchwatch.parse.trailers import is_known_key, split_trailer

MAX_LINE = 2_000
MAX_QUOTE = 512
_PUNCTUATION = ".,;:!?()[]{}\"'`*"
MAX_LINES = 5_000  # of one text; people write some hundred

_PROMPT = frozenset(
    """prompt prompts prompted prompting asked instructed instructions instruction conversation transcript
    input inputs query queries told""".split()
)
_CODES = frozenset(("claude", "kimi", "qwen", "augment"))
# A prompt of a shell, a boot loader or a firmware is typed at, not given to a tool.
_TYPED_AT = frozenset("shell command boot grub bash u-boot root login password dos".split())
_PORTION = frozenset(
    """part parts portion portions function functions test tests testcase testcases file files patch patches series
    commit commits code comment comments documentation docs changelog message description draft everything whole
    entire all most implementation boilerplate review analysis helper helpers script""".split()
)
_TESTING = frozenset(
    """tested testing untested boot-tested build-tested compile-tested runtime-tested smoke-tested booted boots
    kselftest kselftests selftest selftests kunit syzkaller fstests xfstests blktests ltp qtest kasan lockdep""".split()
)


def declared_marks(lines: Sequence[str], start: int, stop: int) -> Iterator[Mark]:
    """
    Yield the first PROMPT, PORTION and TESTING line of `lines[start:stop]`, in the order of the lines.

    *lines* are those of the decoded body of a mail that has a disclosure, without its diff. What a prompt or a
    portion is about must be told beside the tool: on its line or on the one before or after. Trailers tell neither
    of these, and what they say of tests is read from them. Line numbers count from 1 in *lines*.
    """
    missing = {MarkKind.PROMPT, MarkKind.PORTION, MarkKind.TESTING}
    own = [at for at in range(start, min(stop, start + MAX_LINES, len(lines))) if _is_prose(lines[at])]
    tools = {at for at in own if may_name_tool(lines[at][:MAX_LINE])}
    for at in own:
        words = [word.strip(_PUNCTUATION) for word in lines[at][:MAX_LINE].lower().replace("/", " ").split()]
        beside = not tools.isdisjoint((at - 1, at, at + 1))
        for kind in _told(words, beside=beside):
            if kind in missing:
                missing.discard(kind)
                yield Mark(kind, line=at + 1, quote=lines[at][:MAX_QUOTE])
        if not missing:
            return


def _is_prose(line: str) -> bool:
    """Whether a line is the sender's own text: no quote, no blank line, no diffstat, no trailer."""
    if not line.strip() or is_quoted(line) or " | " in line[:MAX_LINE]:
        return False
    pair = split_trailer(line) if ":" in line[:MAX_LINE] else None
    return pair is None or not is_known_key(pair[0])


def _told(words: Sequence[str], *, beside: bool) -> Iterator[MarkKind]:
    """Yield what the words of one line tell; *beside* says that a tool is named next to them."""
    if _gives(words, beside=beside):
        yield MarkKind.PROMPT
    if beside and any(word in _PORTION and not _is_name(words, at) for at, word in enumerate(words)):
        yield MarkKind.PORTION
    if not _TESTING.isdisjoint(words):
        yield MarkKind.TESTING


def _gives(words: Sequence[str], *, beside: bool) -> bool:
    """Whether words tell of a prompt; the word itself needs no tool beside it, unless something else has one."""
    for at, word in enumerate(words):
        if word not in _PROMPT or (at and words[at - 1] in _TYPED_AT):
            continue
        if beside or word in ("prompts", "prompted") or (word == "prompt" and at == 0):
            return True
    return False


def _is_name(words: Sequence[str], at: int) -> bool:
    """Whether a word is the second one of a tool's name: "Claude Code" says nothing about code."""
    return at > 0 and words[at] == "code" and words[at - 1] in _CODES
