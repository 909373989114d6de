# SPDX-License-Identifier: GPL-2.0-or-later
"""
Sentences in which a submitter says that an AI tool was used.

A sentence counts only with a verb of using or making, then a name from the table, and no negation. Names
that people or things carry too (Claude, Cursor, Gemini) need a word beside them that only a tool has.
What a sentence does not say is `unknown`; the style of a text is never looked at.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from patchwatch.parse.agents import is_model
from patchwatch.parse.layout import is_quoted

MAX_LINE = 2_000
MAX_READ = 400_000  # characters of lines that name a tool: people write some hundred
_WINDOW = 8  # words looked at before a name

_MAKING = frozenset(
    """generated written wrote created drafted developed made produced authored coauthored co-authored implemented coded
    assisted aided prepared refactored translated reviewed found identified discovered spotted debugged analysed
    analyzed diagnosed polished reworded ported converted researched co-developed built""".split()
)
_BY_TOOL = frozenset("with using via".split())
_BY = _BY_TOOL | frozenset("by from through".split())
_USING = frozenset("used using use utilized utilised leveraged employed".split())
_HELP = frozenset("help assistance aid support".split())
_NEGATIVE = frozenset("no not without never neither nor isn't wasn't don't didn't cannot".split())
# What somebody might do, or what others do, is no statement about this patch.
_GENERAL = frozenset(
    "if would could should might may can whether unless everyone people someone they others you".split()
)
_TOOL_WORDS = frozenset(
    """ai llm llms agent agents assistant model chatbot anthropic openai code opus sonnet haiku cli ide
    ai-assisted pro flash""".split()
)
_OWN = frozenset("this these patch patches series commit commits change changes code fix i we".split())
_ACTING = frozenset("wrote generated created drafted implemented produced".split())
_DESCRIBED = frozenset("policy policies guideline guidelines documents documentation rule rules".split())

# After the bare words AI and LLM: what may follow when a tool is meant, not a product for AI.
_AFTER_GENERIC = frozenset(
    [
        "",
        *"to for in on and with while during as but".split(),
        *"assistant assistants agent agents assistance help tool tools".split(),
    ]
)

# GPT is a partition table nearly always; one that helped the writer is no table.
_HELPED_SOMEBODY = (["to", "help", "me"], ["to", "help", "us"])
_PARTITIONING = frozenset("partition partitions disk disks device boot table tables header efi uefi mbr".split())

# Names that no person and no device has.
_PLAIN = {"chatgpt": "ChatGPT", "llm": "LLM", "llms": "LLM", "opencode": "OpenCode", "antigravity": "Antigravity"}
_NEED_TOOL_WORD = frozenset("claude devin jules cody gemini cursor codex copilot kiro aider".split())

_USE_OF = {
    **dict.fromkeys("found identified discovered spotted".split(), "bug-finding"),
    **dict.fromkeys("debugged diagnosed debugging diagnosing".split(), "debugging"),
    **dict.fromkeys("analysed analyzed analysis analysing analyzing".split(), "analysis"),
    **dict.fromkeys("reviewed review reviewing".split(), "review"),
    **dict.fromkeys("translated translation".split(), "translation"),
    **dict.fromkeys("polished reworded grammar wording".split(), "grammar"),
    **dict.fromkeys("researched research".split(), "research"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """An AI tool named in a sentence: *line* counts from 1; *uses* are words of the policy language."""

    line: int
    agent: str
    uses: tuple[str, ...]


@lru_cache(maxsize=1)
def _ai_word() -> re.Pattern[str]:
    """Match AI as a word: FAIL and MAINTAINERS hold it too."""
    return re.compile(r"\bAI\b")


@lru_cache(maxsize=1)
def _tool_name() -> re.Pattern[str]:
    """
    Match what every tool's or model's name has in lower case.

    Every line of prose comes by here, so each name is looked for by its rarest letter: half the cost of trying
    names at each first letter, a quarter of looking for one name after the other.
    """
    return re.compile(
        r"""
        x(?<=codex) | qwen | jules | y(?<=cody) | v(?:(?<=dev)in | (?<=antigrav)ity) | d(?<=aid)er
        | k(?:iro | imi- | (?<=seek)- | (?<=grok)-) | u(?:(?<=clau)de | (?<=cu)rsor)
        | p(?:(?<=cop)ilot | (?<=gp)t | (?<=op)encode) | m(?:(?<=llm) | (?<=gem)ini | (?<=glm)- | (?<=llam)a-)
        """,
        re.VERBOSE,
    )


def may_name_tool(text: str) -> bool:
    """Whether a tool's or a model's name can occur in *text* at all; nearly no text has one."""
    return _tool_name().search(text.lower()) is not None or ("AI" in text and _ai_word().search(text) is not None)


def tools_said(lines: Sequence[str], start: int, stop: int) -> Iterator[Said]:
    """
    Find the sentences of `lines[start:stop]` that say an AI tool was used; quoted lines are left out.

    After `MAX_READ` characters of lines that name a tool nothing more is read.
    """
    left = MAX_READ
    for at in range(start, stop):
        line = lines[at][:MAX_LINE]
        if is_quoted(line) or not may_name_tool(line):
            continue
        left -= len(line)
        if left < 0:
            return
        before = lines[at - 1] if at > start and not is_quoted(lines[at - 1]) else ""
        after = lines[at + 1] if at + 1 < stop and not is_quoted(lines[at + 1]) else ""
        said = _read(before[-MAX_LINE:], line, after[:MAX_LINE])
        if said is not None:
            yield Said(at + 1, *said)


def _read(before: str, line: str, after: str) -> tuple[str, tuple[str, ...]] | None:
    """Read one line in its sentence; the name must stand on *line* itself."""
    head = _last_sentence(before)
    for start, sentence in _sentences(line):
        first = start == 0
        prefix = head if first else []
        own = sentence.split()
        following: list[str] = []
        if line.rstrip().endswith(sentence.rstrip()) and not sentence.rstrip().endswith((".", "!", ";")):
            following = _first_sentence(after)
        if sentence.rstrip().endswith("?"):
            continue
        found = _judge(_bare(prefix), _bare(own), _bare(following))
        if found is not None:
            return found
    return None


def _bare(words: list[str]) -> list[str]:
    """Strip punctuation and possessive endings."""
    return [stripped for word in words if (stripped := word.strip(".,;:!()[]\"'`*").removesuffix("'s"))]


def _judge(before: list[str], own: list[str], after: list[str]) -> tuple[str, tuple[str, ...]] | None:
    """Decide on one sentence; names are looked for in the words of the line itself (*own*)."""
    bare = [*before, *own, *after]
    lowered = [word.lower() for word in bare]
    if _DESCRIBED.intersection(lowered):
        return None
    for at in range(len(before), len(before) + len(own)):
        agent = _name_at(bare, lowered, at)
        if not agent or not (_says_used(lowered, at) or _opens_with(lowered, at) or _acted(agent, lowered, at)):
            continue
        if _GENERAL.intersection(lowered[:at]) or _NEGATIVE.intersection(lowered[max(0, at - _WINDOW) : at]):
            continue
        return agent, _uses(lowered, at)
    return None


def _name_at(bare: list[str], lowered: list[str], at: int) -> str:
    """Return the tool named at word *at*, "" when the word may mean somebody or something else."""
    word = lowered[at]
    following = lowered[at + 1] if at + 1 < len(lowered) else ""
    if word in ("ai", "llm", "llms") and not (_AFTER_GENERIC.issuperset([following]) or _opens_with(lowered, at)):
        return ""  # "using AI accelerators", "LLM model files"
    if word in _PLAIN and bare[at][:1].isupper():
        return _PLAIN[word] if word != "opencode" or bare[at].startswith("OpenCode") else ""
    if word == "ai" and bare[at].startswith("AI"):
        return "AI"
    if word == "gpt" and lowered[at + 1 : at + 4] in _HELPED_SOMEBODY and not _PARTITIONING.intersection(lowered):
        return "GPT"
    if word == "github" and following == "copilot":
        return "GitHub Copilot"
    if is_model(word) and any(char.isdigit() for char in word):
        return bare[at]
    if word not in _NEED_TOOL_WORD or not bare[at][:1].isupper():
        return ""
    nearby = lowered[max(0, at - 4) : at] + lowered[at + 1 : at + 5]
    if following in _TOOL_WORDS or following[:1].isdigit() or _TOOL_WORDS.intersection(nearby):
        return f"{bare[at]} {bare[at + 1]}" if following == "code" else bare[at]
    if word in ("claude", "copilot", "codex") and lowered[at - 1 : at] and lowered[at - 1] in _BY_TOOL | _USING:
        named_on = bare[at + 1][:1].isupper() if at + 1 < len(bare) else False
        return "" if named_on else bare[at]  # "with Claude Martin" is somebody
    return ""


def _says_used(lowered: list[str], at: int) -> bool:
    """Whether the words before a name say that it was used: a making verb and "with", "using", "help of"."""
    near = lowered[max(0, at - _WINDOW) : at]
    if _USING.intersection(near[-4:]):
        return True
    if _HELP.intersection(near[-4:]) and {"of", "from", "by"}.intersection(near[-3:]):
        return True
    following = lowered[at + 1 : at + 3]
    if _HELP.intersection(following) and _BY_TOOL.intersection(near[-3:]):
        return True  # "with AI assistance"
    return any(word in _MAKING and _BY.intersection(near[index + 1 :]) for index, word in enumerate(near))


def _acted(agent: str, lowered: list[str], at: int) -> bool:
    """Whether the sentence begins with the tool as the one who did it: "Claude Code wrote the tests"."""
    after = at + len(agent.split())
    return at == 0 and lowered[after : after + 1] != [] and lowered[after] in _ACTING


def _opens_with(lowered: list[str], at: int) -> bool:
    """Whether a sentence opens as a label does: "LLM generated explanations follow"."""
    return at == 0 and lowered[1:2] in (["generated"], ["assisted"], ["written"])


def _uses(lowered: list[str], at: int) -> tuple[str, ...]:
    """Return what the sentence says the tool was used for; ("unknown",) when it does not say."""
    uses = dict.fromkeys(_USE_OF[word] for word in lowered if word in _USE_OF)
    if uses:
        return tuple(uses)
    making = lowered[0] in _MAKING or _OWN.intersection(lowered[:4])
    return ("content",) if making and _MAKING.intersection(lowered[:at]) else ("unknown",)


def _sentences(line: str) -> Iterator[tuple[int, str]]:
    """Split one line at `. `, `! `, `? `, `; `; gives (offset, text)."""
    start = 0
    for match in re.finditer(r"[.!?;] ", line):
        yield start, line[start : match.end()]
        start = match.end()
    yield start, line[start:]


def _last_sentence(line: str) -> list[str]:
    """Words of the unfinished sentence at the end of the line before; [] when it ended there."""
    if not line.strip() or line.rstrip().endswith((".", "!", "?", ";", ":")):
        return []
    return list(_sentences(line))[-1][1].split()


def _first_sentence(line: str) -> list[str]:
    return next(_sentences(line))[1].split() if line.strip() else []
