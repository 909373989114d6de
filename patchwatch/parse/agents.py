# SPDX-License-Identifier: GPL-2.0-or-later
"""
Does a name, an address or a tag value name an AI agent? Answered from the table alone, in a fixed order.

1. a whole address in the table; 2. a GitHub account number or `[bot]` login; 3. agent or model vocabulary
where no personal address stands beside it (a name with model and version needs no look at the address);
else it is nobody we know. A wrong "yes" here is our worst bug, so every doubt is a "no".
"""

from dataclasses import dataclass
from functools import lru_cache

from patchwatch.model.mail import Person
from patchwatch.parse import identities as table


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as a value names it: spelling of the mail, model ("" when not said), further tools."""

    name: str
    model: str = ""
    tools: tuple[str, ...] = ()


def _squeeze(name: str) -> str:
    return name.lower().replace(" ", "").replace("-", "").replace("_", "")


_NAMES = frozenset(_squeeze(name) for name in (*table.AGENT_NAMES, *table.GENERIC_NAMES))


@lru_cache(maxsize=8192)
def agent_of_address(person: Person) -> str:
    """Return the agent whose listed address this is, else ""."""
    email = person.email.lower()
    if found := table.AGENT_EMAILS.get(email):
        return found
    local, _, domain = email.partition("@")
    if domain == "users.noreply.github.com":
        number, plus, login = local.partition("+")
        known = table.AGENT_GITHUB_IDS.get(number) if plus else None
        return known or table.AGENT_GITHUB_LOGINS.get(login or local, "")
    with_name = table.AGENT_EMAILS_WITH_NAME.get(email)
    if with_name and person.name.lower().startswith(with_name[0]):
        return with_name[1]
    return _named_with_model(person.name) if _has_digit(person.name) else ""


def _named_with_model(name: str) -> str:
    """Return a name that is a tool's with model and version, and nothing else: nobody is called Claude Opus 4.7."""
    described = _read_words(name) if " " in name else None
    if described is None or described.tools or not _has_digit(described.model):
        return ""
    return name if is_model(described.model) or _family(described.model.split()) else ""


_MAILERS = {_squeeze(name): agent for name, agent in table.AGENT_MAILERS.items()}


@lru_cache(maxsize=1024)
@lru_cache(maxsize=1024)
def agent_of_mailer(value: str) -> str:
    """
    Return the agent whose program an X-Mailer or User-Agent names, else "".

    Products stand as `name/version` or `Name 1.2` and apart by blanks (RFC 9110, section 10.1.5); what stands in
    brackets is a comment, which may be about anything.
    """
    plain = value.partition("(")[0].split()[:4]
    for word in plain:
        if found := _MAILERS.get(_squeeze(word.partition("/")[0])):
            return found
    return _MAILERS.get(_squeeze(" ".join(plain[:2]).partition("/")[0]), "")


@lru_cache(maxsize=8192)
def is_bot_address(email: str) -> bool:
    """Whether mail from this address is automatic: review bots, CI, trackers, mailer daemons."""
    lowered = email.lower()
    for pattern in table.BOT_ADDRESSES:
        head, star, tail = pattern.partition("*")
        if lowered == pattern or (star and lowered.startswith(head) and lowered.endswith(tail)):
            return True
    return False


def is_model(word: str) -> bool:
    """Whether one word is a model's id: `claude-opus-4-5`, `GPT-5.5`, `qwen3`."""
    lowered = word.lower()
    return lowered in table.MODEL_WORDS or lowered.startswith(table.MODEL_PREFIXES)


@lru_cache(maxsize=8192)
def read_value(key: str, value: str) -> Agent | None:
    """
    Return the agent that the value of trailer *key* (lower case) names, None when it names none.

    Accepts `Claude:claude-opus-4-8 sparse`, `kres (claude-opus-4-7)`, `Claude Opus 4.6`, `LLM [codegen]`,
    `GitHub Copilot <copilot@github.com>`, `Claude <claude-sonnet-4-6>`; a person's address beside a name
    makes it a person.
    """
    plain, _, comment = value.partition(" #")
    if "@" not in comment or "@" in plain:
        value = plain.strip()  # an address in a comment still says that this is a person
    name, address, rest = _split_address(value)
    if address:
        if "@" in address:
            listed = agent_of_address(Person(name, address))
            if listed:
                described = _read_words(name)
                if described is None:
                    return Agent(name or listed, _model_in(rest), ())
                return described if described.model else Agent(described.name, _model_in(rest), described.tools)
            described = _read_words(name)
            return described if described is not None and described.model and _has_digit(described.model) else None
        if not is_model(address.rpartition("/")[2]):
            return None
        return Agent(name, address) if name else Agent(address, address)
    described = _read_words(value)
    if described is None or described.model or key in table.STRONG_KEYS:
        return described
    squeezed = _squeeze(described.name)
    if key in table.HELP_KEYS:
        return described if squeezed != "pi" else None
    return described if squeezed not in table.AMBIGUOUS else None


def _split_address(value: str) -> tuple[str, str, str]:
    """Split `Name <address> rest`; no address gives (value, "", "")."""
    head, bracket, tail = value.partition("<")
    if not bracket or ">" not in tail:
        words = value.split()
        if len(words) == 1 and "@" in value and ":" not in value:
            return "", value, ""
        return value, "", ""
    address, _, rest = tail.partition(">")
    return head.strip().strip('"'), address.strip(), rest.strip()


def _read_words(text: str) -> Agent | None:
    """Read a value without address; None when its first words are neither an agent's name nor a model."""
    brackets: list[str] = []
    plain = _take_brackets(text, brackets)
    head, colon, tail = plain.partition(":")
    if colon and head.strip() and tail.strip():
        return _read_pair(head.strip(), tail.split(), brackets)
    words = [word.strip(",") for word in plain.split()]
    return _read_name(words, brackets)


def _read_pair(name: str, words: list[str], brackets: list[str]) -> Agent | None:
    """Read `agent:model tool...`: one of the two must be known."""
    known = _squeeze(name) in _NAMES
    model, tools = words[0], words[1:]
    if not known and not is_model(model) and not _family(words):
        return None
    if not _has_digit(model) and tools and _has_digit(tools[0]) and not tools[0][:1].isalpha():
        model, tools = f"{model} {tools[0]}", tools[1:]  # "Claude:Sonnet 4.6"
    return Agent(name, model, (*tools, *brackets))


def _read_name(words: list[str], brackets: list[str]) -> Agent | None:
    """Read `Claude Opus 4.6 tool`, `kres (model)`, `LLM`, `claude-opus-4-6 tool`, `Claude Code`."""
    if not words:
        return None
    for count in range(min(3, len(words)), 0, -1):
        if _squeeze(" ".join(words[:count])) in _NAMES:
            return _after_name(" ".join(words[:count]), words[count:], brackets)
    if (is_model(words[0]) and _has_digit(words[0])) or words[0].lower() == "big-pickle":
        return Agent(words[0], words[0], (*words[1:], *brackets))
    if _family(words):
        name = " ".join(words[:2])
        return Agent(name, name, (*words[2:], *brackets))
    return None


def _after_name(name: str, words: list[str], brackets: list[str]) -> Agent | None:
    """Read what follows a known name: a model with its version, or tools; other words make it a person."""
    if words and _family(words):
        return Agent(name, " ".join(words[:2]), (*words[2:], *brackets))
    if words and is_model(words[0]):
        return Agent(name, words[0], (*words[1:], *brackets))
    if words and words[0] in table.GENERIC_NAMES:
        return Agent(f"{name} {words[0]}", "", (*words[1:], *brackets))  # "Gemini LLM"
    if words and _squeeze(name) == "claude" and words[0][:1].isdigit():
        return Agent(name, words[0], (*words[1:], *brackets))
    model = next((inner for inner in brackets if _model_in(inner)), "")
    tools = tuple(inner for inner in brackets if inner != model)
    if words and _squeeze(name) in table.AMBIGUOUS and not model:
        return None  # "Claude Martin"
    return Agent(name, _model_in(model), (*words, *tools))


def _family(words: list[str]) -> bool:
    """Whether words begin with a model family and its version: `Opus 4.7`, `GLM 5.2`."""
    return len(words) > 1 and words[0].lower() in table.MODEL_FAMILIES and words[1][:1].isdigit()


def _model_in(text: str) -> str:
    """Return the model that a bracket or rest names: `(claude-opus-4-6)`, `openrouter/anthropic/claude-4`."""
    for word in text.replace("(", " ").replace(")", " ").split():
        if is_model(word.rpartition("/")[2].strip(",")):
            return word.strip(",")
    words = text.split()
    return " ".join(words[:2]) if _family(words) else ""


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _take_brackets(text: str, inner: list[str]) -> str:
    """Cut free-standing `(...)` and `[...]` out of *text* into *inner*; a glued `model[1m]` stays."""
    out: list[str] = []
    for word in text.replace(" (", "\0(").replace(" [", "\0[").split("\0"):
        closing = {"(": ")", "[": "]"}.get(word[:1])
        end = word.find(closing) if closing else -1
        if end > 0:
            inner.append(word[1:end].strip())
            out.append(word[end + 1 :].strip())
        else:
            out.append(word)
    return " ".join(part for part in out if part)
